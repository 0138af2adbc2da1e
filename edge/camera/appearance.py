"""What somebody looks like from the ceiling, as a few numbers: hair and clothes, in whatever light and wherever.

Enters: a picture, who was found in it and where, and the camera's `View`. Leaves: a unit vector for each of them; the
vectors of one person point in nearly the same direction, in other places, turned, and under other cameras. Who is at
the picture's edge or behind somebody's head has none.

*What others do.* Networks for re-identification look at whole upright people and are trained on photographs of
thousands of them. From above there is hair, a pair of shoulders and some cloth below them, and this is for minutes: it
only has to tell apart the few who are in the shop. So it is colours and how they are mixed (histograms as in Gray &
Tao 2008), weighed by a linear discriminant (Fisher 1936) that was learned on rendered people (models/README.md). It
knows no face, no gait and no body, and a coat that is taken off makes somebody else of its wearer.

*Where it looks.* At points of a body that stands below the head: on the head as it is seen, around the neck, down the
side that is turned to the camera, which the lens model puts into the picture. They are pooled region by region, so that
it matters little which way somebody faces.

*In whose light.* Colours are compared with what the camera shows on average (grey world: Buchsbaum 1980), in
logarithms, where exposure and the lamps' colour only add something.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from edge.camera.background import Newness
from edge.camera.picture import Picture
from edge.optics import View
from edge.records import PersonSeen

Array = NDArray[np.float64]

SHIPPED: Final = Path(__file__).parents[2] / "models" / "looks.npz"

GAMMA: Final = 2.2
LINEAR: Final = np.array([(level / 255.0) ** GAMMA for level in range(256)])
DARK: Final = 0.02
"""Of the grey that a camera shows on average: below that there is only noise."""
SAMPLE: Final = 8
"""The average is of one pixel in so many, across and down."""
REMEMBER_S: Final = 30.0
"""The average follows the light within so long."""

HEAD_M: Final = 0.115
"""So far around the middle of a head it covers what is behind it."""
OLD: Final = 0.1
"""What is not new in the picture counts so much: it may be cloth of the floor's colour, or the floor."""
LEAST: Final = np.array([0.75, 0.4, 0.4, 0.4, 0.4, 0.4])
"""A region of whose points a smaller share is to be seen says nothing; without crown or cloth there is no vector."""

BINS: Final = 7
RANGES: Final = ((-3.0, 1.5), (-0.8, 0.8), (-0.8, 0.8))
"""Of the histograms: brightness, red against green, blue against both; natural logarithms."""


def _ring(radius_m: float, count: int) -> list[tuple[float, float]]:
    angles = 2 * np.pi * (np.arange(count) + 0.5) / count
    return [(float(radius_m * np.cos(a)), float(radius_m * np.sin(a))) for a in angles]


def _side(wide_m: float, deep_m: float, degrees: Sequence[float], heights_m: Sequence[float]) -> list[list[float]]:
    turns = np.radians(degrees)
    return [[deep_m * np.cos(a), wide_m * np.sin(a), z] for z in heights_m for a in turns]


RIM_M: Final = 0.075
DISC: Final = np.array([(0.0, 0.0), *_ring(0.025, 6), *_ring(0.05, 10), *_ring(RIM_M, 14)])
"""On the head as the camera sees it: metres across, and up in the picture of somebody upright."""
DISC_RIM: Final = slice(17, 31)
BODY: Final = np.array(
    [
        *([x, y, -0.25] for r in (0.11, 0.15) for x, y in _ring(r, 16)),
        *([x, y, -0.28] for x, y in _ring(0.19, 16)),
        *_side(0.17, 0.13, (-60, -40, -20, 0, 20, 40, 60), (-0.32, -0.37, -0.42, -0.47, -0.52, -0.57)),
        *_side(0.15, 0.12, (-50, -25, 0, 25, 50), (-0.72, -0.79, -0.86, -0.93)),
    ]
)
"""Below the head: metres towards the camera, across, and up."""
_KINDS: Final = np.repeat(np.arange(5), [17, 14, 48, 42, 20])
REGIONS: Final = np.array([np.isin(_KINDS, kinds) for kinds in ((0,), (1,), (2,), (3,), (2, 3), (4,))])
"""Crown, rim of the hair, shoulders, trunk, both of these, legs: (regions, points)."""
CROWN, CLOTH = 0, 4


class Appearance:
    """One camera's. ``projection``: another file than the shipped one."""

    def __init__(self, projection: Path = SHIPPED) -> None:
        with np.load(projection) as told:
            self._middle, self._weights = told["middle"].astype(np.float64), told["weights"].astype(np.float64)
        self._colours = Colours()

    def seen(
        self, picture: Picture, people: Sequence[PersonSeen], new: Newness | None, view: View, at_s: float
    ) -> list[PersonSeen]:
        """The same people, with a vector for each of whom enough is to be seen."""
        self._colours.learn(picture, at_s)
        if not people:
            return []
        told = features(picture, np.array([person.head for person in people]), new, view, self._colours.grey)
        vectors = projected(told, self._middle, self._weights)
        return [
            person if np.isnan(vector[0]) else replace(person, embedding=tuple(vector.tolist()))
            for person, vector in zip(people, vectors, strict=True)
        ]


class Colours:
    """What one camera shows on average, which is taken for grey."""

    def __init__(self) -> None:
        self.grey: Array = np.ones(3)
        """Blue, green, red, linear."""
        self._last_s = -np.inf

    def learn(self, picture: Picture, at_s: float) -> None:
        """One more picture; one that is older than the last begins anew."""
        some = np.ascontiguousarray(picture[::SAMPLE, ::SAMPLE])
        shown = np.asarray(cv2.LUT(some, LINEAR)).mean(axis=(0, 1)) + 1e-4
        passed_s = at_s - self._last_s
        part = min(1.0, passed_s / REMEMBER_S) if passed_s >= 0.0 else 1.0
        self.grey, self._last_s = self.grey + (shown - self.grey) * part, at_s


def features(picture: Picture, heads: Array, new: Newness | None, view: View, grey: Array) -> Array:
    """What is to be seen of people with heads at (n, 3), store frame: (n, numbers). Of a region that is hidden NaN."""
    spots = view.pixels(_points(heads, view).reshape(-1, 3)).reshape(len(heads), -1, 2)
    flat = spots.reshape(-1, 2)
    inside = view.lens.inside(flat)  # not where no pixel shows it (NaN)
    columns, rows = np.rint(np.where(inside[:, None], flat, 0.0)).astype(int).T
    light = LINEAR[picture[rows.clip(0, picture.shape[0] - 1), columns.clip(0, picture.shape[1] - 1)]]
    blue, green, red = np.log((light / grey + DARK) / (1.0 + DARK)).reshape(*spots.shape[:2], 3).transpose(2, 0, 1)
    colours = np.stack([(blue + green + red) / 3, red - green, blue - (red + green) / 2], axis=2)
    shown = inside.reshape(spots.shape[:2]) & ~_covered(
        spots, np.linalg.norm(heads - np.asarray(view.position), axis=1)
    )
    newness = np.ones(shown.shape) if new is None else new.at(flat, around=False).reshape(shown.shape)
    return _pooled(np.asarray(colours, np.float64), shown * (OLD + newness), shown)


def projected(told: Array, middle: Array, weights: Array) -> Array:
    """Unit vectors (n, m) of features (n, numbers); NaN where the crown or the clothes are hidden."""
    known = ~np.isnan(told)
    vectors = np.where(known, told - middle, 0.0) @ weights
    regions = known.reshape(len(told), len(REGIONS), -1)[..., 0]
    length = np.linalg.norm(vectors, axis=1)
    enough = regions[:, CROWN] & regions[:, CLOTH] & (length > 0.0)
    unit: Array = vectors / np.where(enough, length, np.nan)[:, None]
    return unit


def _points(heads: Array, view: View) -> Array:
    """Where to look: (n, points, 3), store frame."""
    rays = heads - np.asarray(view.position)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    x, y, z = rays.T
    aside, nothing = np.hypot(x, y), np.zeros(len(heads))
    right_below = aside < 1e-6
    aside[right_below] = 1.0
    cos, sin = np.where(right_below, 1.0, -x / aside), np.where(right_below, 0.0, -y / aside)
    towards, across = np.stack([cos, sin, nothing], axis=1), np.stack([-sin, cos, nothing], axis=1)
    up = np.stack([cos * z, sin * z, -sin * y - cos * x], axis=1)  # across x rays
    upright = np.broadcast_to([0.0, 0.0, 1.0], heads.shape)
    disc = DISC @ np.stack([across, up], axis=1)
    body = BODY @ np.stack([towards, across, upright], axis=1)
    points: Array = heads[:, None] + np.concatenate([disc, body], axis=1)
    return points


def _covered(spots: Array, far_m: Array) -> NDArray[np.bool_]:
    """Which points (n, points, 2: pixels) are behind a head, somebody's own or one that is nearer: (n, points).
    ``far_m`` (n,): how far from the lens the heads are.
    """
    middles, rims = spots[:, 0], spots[:, DISC_RIM]
    sizes = np.linalg.norm(rims - middles[:, None], axis=2).mean(axis=1) * (HEAD_M / RIM_M)
    on = ((spots[:, :, None] - middles) ** 2).sum(axis=3) < sizes**2
    on &= (far_m <= far_m[:, None])[:, None]
    own = np.arange(len(spots))
    on[own, : len(DISC), own] = False
    covered: NDArray[np.bool_] = on.any(axis=2)
    return covered


def _pooled(colours: Array, weights: Array, shown: NDArray[np.bool_]) -> Array:
    """Each region's colours (n, points, 3): their means, how far they are spread, and histograms."""
    low, high = np.array(RANGES).T
    step = (high - low) / (BINS - 1)
    place = (colours.clip(low, high) - low) / step
    bins = np.maximum(0.0, 1.0 - np.abs(place[..., None] - np.arange(BINS)))
    told = np.concatenate([colours, colours**2, bins.reshape(*shown.shape, -1)], axis=2)
    each = weights[:, None] * REGIONS
    each /= np.maximum(each.sum(axis=2, keepdims=True), 1e-9)
    means = each @ told
    spread = np.log(np.sqrt(np.maximum(means[..., 3:6] - means[..., :3] ** 2, 0.0)) + 0.03)
    pooled = np.concatenate([means[..., :3], spread, np.sqrt(np.maximum(means[..., 6:], 0.0))], axis=2)
    clear = (shown[:, None] & REGIONS).sum(axis=2) >= LEAST * REGIONS.sum(axis=1)
    pooled[~clear] = np.nan
    whole: Array = pooled.reshape(len(shown), -1)
    return whole
