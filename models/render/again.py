"""The same people again and again: under several cameras of one shop, elsewhere, turned, and doing something else.

Enters: a split, a number, a seed. Leaves: camera by camera what it remembers of the empty shop, and pictures with who
is where. The cameras hang in one light and are of one make, each with a lens, an exposure and a white balance of its
own. Nobody changes dress or puts a bag down. Every other shop's customers dress soberly: dark hair, plain cloth, hardly
any colour; they are harder to tell apart, and more like people. The test's light and floors are of kinds that no other
picture has, and so is its cloth, where it is not plain (`models.render.dataset`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from edge.optics import View
from models.render.camera import Picture, a_light, a_sensor
from models.render.dataset import SPLITS, a_camera, stood
from models.render.figure import Hair, Looks
from models.render.film import Film
from models.render.paint import Paint, a_colour, a_sheet
from models.render.people import HAIRS, some_looks
from models.render.scene import Seen, draw_people
from models.render.shop import a_dressing, a_layout, clutter, furnish

SIZE = (640, 480)
PEOPLE, CAMERAS, SHOTS = 10, 3, 14
AT_ONCE = 4
"""At most so many are in one picture."""
COLOURFUL = 0.12
"""How lively sober cloth is (`models.render.paint.a_colour`)."""
DARK = 3
"""So many of `HAIRS`, the first, are black or nearly so."""
UNCOVERED: tuple[Hair, ...] = ("short", "short", "long", "bun")


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture, and everybody in it with their number."""

    picture: Picture
    people: list[tuple[int, Seen]]


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """One camera: its view, the shop with nobody in it, and what it saw then."""

    view: View
    empty: Picture
    shots: list[Shot]


def watches(
    split: str, number: int, seed: int, *, cameras: int = CAMERAS, shots: int = SHOTS, size: tuple[int, int] = SIZE
) -> Iterator[Watch]:
    """So many cameras of one shop, each with so many pictures of the same `PEOPLE`."""
    rng = np.random.default_rng([seed, SPLITS.index(split), number, 2])
    kept_back = split == "test"
    sheet, layout = a_sheet(rng), a_layout(rng)
    things = [*furnish(rng, layout, a_dressing(rng, sheet, kept_back)), *clutter(rng, layout, sheet)]
    light = a_light(rng, kept_back)
    everybody = [_bare_handed(some_looks(rng, sheet, kept_back)) for _ in range(PEOPLE)]
    if is_sober(number):
        everybody = [_sober(rng, looks) for looks in everybody]
    make = a_sensor(rng, kept_back)
    for _ in range(cameras):
        empty, other = Film(a_camera(rng, layout, size, kept_back), light), a_sensor(rng, kept_back)
        sensor = replace(make, bright=other.bright, tint=other.tint)
        empty.draw(things)
        memory = replace(sensor, noise=sensor.noise / 4).develop(empty.exposure(), rng)
        taken = []
        for _ in range(shots):
            some = rng.permutation(PEOPLE)[: rng.integers(1, AT_ONCE + 1)].tolist()
            people = stood(rng, layout, empty.view, [everybody[i] for i in some])
            film, seen = draw_people(empty, people)
            who = [next(i for i in some if everybody[i] is looks) for _, looks in people]
            taken.append(Shot(sensor.develop(film.exposure(), rng), list(zip(who, seen, strict=True))))
        yield Watch(empty.view, memory, taken)


def is_sober(number: int) -> bool:
    """Whether the people of this shop dress soberly."""
    return number % 2 == 0


def _sober(rng: np.random.Generator, looks: Looks) -> Looks:
    top, bottom, bag = (Paint(a_colour(rng, COLOURFUL)) for _ in range(3))
    return replace(
        looks, hair=UNCOVERED[rng.integers(len(UNCOVERED))], hair_paint=Paint(HAIRS[rng.integers(DARK)]), top=top,
        bottom=bottom, burden_paint=bag,
    )  # fmt: skip


def _bare_handed(looks: Looks) -> Looks:
    """What is in somebody's hands comes and goes."""
    return replace(looks, burden="none" if looks.burden == "box" else looks.burden, held=(None, None))
