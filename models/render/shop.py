"""Shops to stand in: floor, walls, gondolas full of products, and what else stands about.

Enters: chance, or the `Layout` of a real store. Leaves: solids that nobody owns. Layouts are those of `edge.store`, so
that a shop that exists is drawn by the same hand as the ones that the detector learns from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from edge.store import Gondola, Layout, Shelf
from models.render.film import Painted
from models.render.paint import Paint, Pattern, a_colour
from models.render.solids import Array, Box, Ellipsoid, Limb, upright

BOARD_M = 0.025
FLOORS: tuple[Pattern, ...] = (*("plain", "tiles", "tiles", "mottled", "mottled", "stripes") * 2, "print")
FLOORS_KEPT_BACK: tuple[Pattern, ...] = ("checks", "tiles", "mottled", "hoops")


@dataclass(frozen=True, slots=True)
class Dressing:
    """What a shop is made of. ``full``: how much of the shelves holds products."""

    floor: Paint
    walls: Paint
    boards: Paint
    backs: Paint
    full: float
    sheet: Array
    wall_m: float = 2.4


def a_dressing(rng: np.random.Generator, sheet: Array, kept_back: bool = False) -> Dressing:
    """Materials and colours."""
    floors = FLOORS_KEPT_BACK if kept_back else FLOORS
    pattern = floors[rng.integers(len(floors))]
    base = np.array(a_colour(rng, 0.25)) * 0.7 + 0.12 if pattern != "print" else np.array([0.5, 0.5, 0.5])
    floor = (float(base[0]), float(base[1]), float(base[2]))
    second = a_colour(rng, 0.25) if pattern in ("checks", "hoops") and rng.random() < 0.3 else _near(rng, floor)
    scale = rng.uniform(0.3, 0.6) if pattern in ("tiles", "checks") else rng.uniform(0.1, 0.3)
    return Dressing(
        floor=Paint(floor, pattern, second, float(scale), sheet),
        walls=Paint(a_colour(rng, 0.2)),
        boards=Paint(a_colour(rng, 0.25)),
        backs=Paint(a_colour(rng, 0.25)),
        full=float(rng.uniform(0.4, 1.0)),
        sheet=sheet,
    )


def _near(rng: np.random.Generator, colour: tuple[float, float, float]) -> tuple[float, float, float]:
    b, g, r = (float(np.clip(c * rng.uniform(0.55, 1.3), 0.01, 1.0)) for c in colour)
    return b, g, r


def a_layout(rng: np.random.Generator) -> Layout:
    """A small shop: shelves along some walls, islands where there is room."""
    wide, deep = float(rng.uniform(3.0, 8.0)), float(rng.uniform(3.0, 7.0))
    heights = np.sort(rng.uniform(0.15, rng.uniform(1.1, 1.75), int(rng.integers(3, 6))))
    depth = float(rng.uniform(0.3, 0.5))
    gondolas = []
    walls = [((0.1, deep - depth), 0.0, wide), ((depth, 0.1), 90.0, deep), ((wide - depth, deep - 0.1), -90.0, deep),
             ((wide - 0.1, depth), 180.0, wide)]  # fmt: skip
    for i, (origin, yaw, room) in enumerate(walls):
        if rng.random() < 0.6:
            long = float(rng.uniform(0.4, 0.95)) * (room - 2 * depth - 0.2)
            gondolas.append(_gondola(f"w{i}", origin, yaw, long, heights, depth))
    for i in range(int(rng.integers(0, 3))):
        long, yaw = float(rng.uniform(0.9, 2.4)), float(rng.choice([0.0, 90.0, 180.0, -90.0]))
        at = (float(rng.uniform(1.3, max(1.4, wide - 1.3))), float(rng.uniform(1.3, max(1.4, deep - 1.3))))
        low = heights[heights < 1.45]
        gondolas.append(_gondola(f"i{i}", at, yaw, long, low if len(low) else heights[:1], depth))
    return Layout(((0.0, 0.0), (wide, 0.0), (wide, deep), (0.0, deep)), (), (), tuple(gondolas))


def _gondola(name: str, origin: tuple[float, float], yaw: float, long: float, heights: Array, depth: float) -> Gondola:
    plates = max(2, round(long / 0.12))
    shelves = tuple(
        Shelf(f"{name}-s{i + 1}", name, float(h), depth, plates, 0.12) for i, h in enumerate(heights.tolist())
    )
    return Gondola(name, (*origin, 0.0), yaw, shelves)


class Stretch(NamedTuple):
    """Some centimetres of a shelf that hold one kind of thing: from its left end, metres."""

    begin: float
    wide: float
    high: float


Stock: TypeAlias = Mapping[str, Sequence[Stretch]]
"""Shelf -> what stands on it."""


def furnish(
    rng: np.random.Generator, layout: Layout, dressing: Dressing, *, walls: bool = True, stock: Stock | None = None
) -> list[Painted]:
    """Everything of a shop that does not walk. ``stock``: what stands on its shelves; anything without it."""
    things = _room(layout, dressing)[: None if walls else 1]
    for gondola in layout.gondolas:
        things += _rack(rng, gondola, dressing, stock)
    return things


def clutter(rng: np.random.Generator, layout: Layout, sheet: Array) -> list[Painted]:
    """What stands about and hangs around: boxes, bins, posts, mats, signs; seldom a ball, which is no head."""
    low, high = np.min(layout.floor, axis=0), np.max(layout.floor, axis=0)
    things = []
    for _ in range(int(rng.integers(0, 6))):
        x, y = rng.uniform(low + 0.2, high - 0.2)
        paint = Paint(a_colour(rng, 0.7), "print" if rng.random() < 0.4 else "plain", sheet=sheet)
        turned = upright(float(rng.uniform(0, math.pi)))
        kind = rng.choice(5, p=[0.3, 0.25, 0.03, 0.22, 0.2])
        if kind == 0:
            size = rng.uniform(0.2, 0.6, 3).astype(np.float32)
            things.append(Painted(Box(np.array([x, y, 0], np.float32), size, turned), paint))
        elif kind == 1:
            r, h = rng.uniform(0.05, 0.2), rng.uniform(0.3, 1.3)
            foot = np.array([x, y, 0], np.float32)
            things.append(Painted(Limb(foot, foot + np.array([0, 0, h], np.float32), r, r), paint))
        elif kind == 2:
            r = rng.uniform(0.06, 0.16)
            at = np.array([x, y, r], np.float32)
            things.append(Painted(Ellipsoid(at, np.array([r, r, r], np.float32), turned), paint))
        elif kind == 3:
            size = np.array([rng.uniform(0.4, 1.2), rng.uniform(0.4, 0.9), 0.01], np.float32)
            things.append(Painted(Box(np.array([x, y, 0], np.float32), size, turned), paint))
        else:
            size = np.array([rng.uniform(0.2, 0.7), 0.02, rng.uniform(0.1, 0.3)], np.float32)
            things.append(Painted(Box(np.array([x, y, rng.uniform(1.9, 2.2)], np.float32), size, turned), paint))
    return things


def _room(layout: Layout, dressing: Dressing) -> list[Painted]:
    low, high = np.min(layout.floor, axis=0).astype(np.float32), np.max(layout.floor, axis=0).astype(np.float32)
    (x0, y0), (x1, y1) = low.tolist(), high.tolist()
    level = upright(math.pi / 2)
    far = 6.0
    sides = [((x0 - 0.1, y0 - far), (0.1, y1 - y0 + 2 * far)), ((x1, y0 - far), (0.1, y1 - y0 + 2 * far)),
             ((x0 - far, y0 - 0.1), (x1 - x0 + 2 * far, 0.1)), ((x0 - far, y1), (x1 - x0 + 2 * far, 0.1))]  # fmt: skip
    ground = Box(np.array([x0 - far, y0 - far, -0.1], np.float32),
                 np.array([x1 - x0 + 2 * far, y1 - y0 + 2 * far, 0.1], np.float32), level)  # fmt: skip
    walls = [Box(np.array([*at, 0.0], np.float32), np.array([*size, dressing.wall_m], np.float32), level)
             for at, size in sides]  # fmt: skip
    return [Painted(ground, dressing.floor), *(Painted(w, dressing.walls, lit=0.85) for w in walls)]


def _rack(rng: np.random.Generator, gondola: Gondola, dressing: Dressing, stock: Stock | None) -> list[Painted]:
    axes = gondola.gondola_from_store.astype(np.float32)
    origin = np.asarray(gondola.origin, np.float32)
    tallest = max(s.height for s in gondola.shelves)
    things = []

    def box(at: tuple[float, float, float], size: tuple[float, float, float], paint: Paint, lit: float) -> None:
        corner = origin + np.array(at, np.float32) @ axes
        things.append(Painted(Box(corner, np.array(size, np.float32), axes), paint, lit=lit))

    for i, shelf in enumerate(gondola.shelves):
        long = shelf.plates * shelf.plate_width
        lit = 1.0 - 0.13 * (len(gondola.shelves) - 1 - i)
        box((0.0, 0.0, shelf.height - BOARD_M), (long, shelf.depth, BOARD_M), dressing.boards, lit)
        above = next((s.height for s in gondola.shelves[i + 1 :]), shelf.height + 0.4)
        room_m = above - shelf.height - BOARD_M
        stretches = _anything(rng, long, room_m, dressing.full) if stock is None else stock.get(shelf.id, ())
        things += _goods(rng, gondola, shelf, stretches, dressing, lit)
    deepest, longest = gondola.shelves[0].depth, gondola.shelves[0].plates * gondola.shelves[0].plate_width
    box((0.0, deepest, 0.0), (longest, 0.03, tallest + 0.15), dressing.backs, 0.7)
    for x in (-0.03, longest):
        box((x, 0.0, 0.0), (0.03, deepest, tallest + 0.1), dressing.backs, 0.8)
    return things


def _anything(rng: np.random.Generator, long: float, room_m: float, full: float) -> Iterator[Stretch]:
    """Whatever may stand on a shelf of this length, under the next one."""
    x = 0.0
    while x < long - 0.05:
        wide = float(rng.uniform(0.06, 0.2))
        if rng.random() < full and x + wide < long:
            yield Stretch(x, wide, float(min(rng.uniform(0.06, 0.32), max(0.04, room_m - 0.04))))
        x += wide + float(rng.uniform(0.0, 0.02))


def _goods(
    rng: np.random.Generator, gondola: Gondola, shelf: Shelf, stretches: Iterable[Stretch], dressing: Dressing,
    lit: float,
) -> list[Painted]:  # fmt: skip
    """Facings from left to right, each a row of equal things towards the back."""
    axes, origin, things = gondola.gondola_from_store.astype(np.float32), np.asarray(gondola.origin, np.float32), []
    for x, wide, high in stretches:
        front, deep = float(rng.uniform(0.0, 0.12)), float(rng.uniform(0.3, 1.0)) * shelf.depth
        colours = a_colour(rng, 0.9), a_colour(rng, 0.9)
        pattern: Pattern = "print" if rng.random() < 0.7 else "plain"
        at = (int(rng.integers(512)), int(rng.integers(512)))
        paint = Paint(colours[0], pattern, colours[1], 0.05, dressing.sheet, at)
        rows = max(1, int((deep - front) / max(wide, 0.08)))
        if rng.random() < 0.35:
            for j in range(min(rows, 3)):
                bottle = _bottle(origin, axes, (x + wide / 2, front + (j + 0.5) * wide, shelf.height), wide, high)
                things.append(Painted(bottle, paint, lit=lit))
        else:
            corner = origin + np.array([x, front, shelf.height], np.float32) @ axes
            size = np.array([wide * 0.93, max(0.05, deep - front), high], np.float32)
            things.append(Painted(Box(corner, size, axes), paint, lit=lit))
    return things


def _bottle(origin: Array, axes: Array, at: tuple[float, float, float], wide: float, high: float) -> Limb:
    foot = origin + np.array(at, np.float32) @ axes
    radius = wide * 0.42
    low = foot + np.array([0, 0, radius * 0.6], np.float32)
    return Limb(low, foot + np.array([0, 0, max(radius, high - radius * 0.5)], np.float32), radius, radius * 0.7)
