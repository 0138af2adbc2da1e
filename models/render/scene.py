"""A moment in a shop: people drawn on an empty scene, and the truth about them.

Enters: a film with the shop on it, people with looks and postures. Leaves: light (h, w, 3), and a `Seen` for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.render.figure import HEAD, LEFT, PARTS, RIGHT, Looks, Posture, elbow, figure, palm
from models.render.film import Film
from models.render.solids import Array

SHADE = 0.45
"""How much darker the floor is right under somebody."""
SHADE_M = 0.32


@dataclass(frozen=True, slots=True)
class Seen:
    """One person of a picture: head centre, palms, elbows, the floor between the feet, store frame, metres. ``…_seen``:
    which share of it nothing hides; ``…_area``: which share of the picture shows it.
    """

    head: Array
    head_seen: float
    head_area: float
    hands: tuple[Array, Array]
    hands_seen: tuple[float, float]
    hands_area: tuple[float, float]
    elbows: tuple[Array, Array]
    elbows_seen: tuple[float, float]
    feet: Array
    body_seen: float


def draw_people(
    empty: Film, people: Sequence[tuple[Posture, Looks]], moved: Sequence[Array] | None = None
) -> tuple[Film, list[Seen]]:
    """Everybody on a copy of the empty film; ``moved`` (3,) each: how far they go while the shutter is open."""
    film = empty.copy()
    _shade(film, [posture for posture, _ in people])
    for i, (posture, looks) in enumerate(people):
        film.draw(figure(posture, looks, i + 1))
    seen = [_seen(film, posture, looks, i + 1) for i, (posture, looks) in enumerate(people)]
    if moved is not None:
        light = film.colour.copy()
        for part in (-0.5, 0.5):
            later = empty.copy()
            shifted = [
                Posture(p.head + d * part, p.hips + d * part, p.feet + d * part, p.wrists + d * part * 1.3, p.heading)
                for (p, _), d in zip(people, moved, strict=True)
            ]
            _shade(later, shifted)
            for i, (posture, (_, looks)) in enumerate(zip(shifted, people, strict=True)):
                later.draw(figure(posture, looks, i + 1))
            light += later.colour
        film.colour = light / 3
    return film, seen


def _seen(film: Film, posture: Posture, looks: Looks, person: int) -> Seen:
    owner = person * PARTS
    head_px, head_seen = film.visible(owner + HEAD)
    left_px, left = film.visible(owner + LEFT)
    right_px, right = film.visible(owner + RIGHT)
    whole = film.depth.size
    elbows = elbow(posture, looks, 0), elbow(posture, looks, 1)
    return Seen(
        head=posture.head,
        head_seen=head_seen,
        head_area=head_px / whole,
        hands=(palm(posture, looks, 0), palm(posture, looks, 1)),
        hands_seen=(left, right),
        hands_area=(left_px / whole, right_px / whole),
        elbows=elbows,
        elbows_seen=(film.clear(elbows[0]), film.clear(elbows[1])),
        feet=posture.feet.mean(axis=0),
        body_seen=film.visible(owner)[1],
    )


def _shade(film: Film, postures: Sequence[Posture]) -> None:
    """The floor is darker where somebody stands."""
    for posture in postures:
        middle = posture.feet.mean(axis=0)[:2] * 0.6 + posture.head[:2] * 0.4
        corners = [[*(middle + 3 * SHADE_M * np.array(way)), 0.0] for way in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
        window = film.window(film.view.pixels(corners))
        if window is None:
            continue
        points = film.points(window)
        far = ((points[..., :2] - middle) ** 2).sum(axis=2) / SHADE_M**2
        shade = np.where(points[..., 2] < 0.05, SHADE * np.exp(-far), 0.0)
        film.colour[window] *= (1.0 - shade)[..., None]
