"""Where things stand that nobody would build so: what is odd about a layout, and may be meant all the same.

Enters: a `Layout`. Leaves: (key, what is odd, remedy) for each thing that is likely a slip of the hand: a gondola that
faces a wall, a gate far from the floor, a camera at 260 m. Refuses nothing: floors are drawn roughly, and a shop that
ran yesterday runs tomorrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

from edge.store.layout import Gondola, Layout, area_m2

Spot: TypeAlias = tuple[float, float]

IN_FRONT_M = (0.10, 0.30, 0.55, 0.80)
"""So much room at least is before a shelf for somebody who takes something, with nothing in between."""
GATE_OFF_M = 1.5
CAMERA_OFF_M = 3.0
"""So far beside the floor a gate, or a camera that looks in from the side, may be."""
CAMERA_LEAST_M, CAMERA_MOST_M = 1.9, 8.0
SAME_M = 0.05
"""What is nearer to another of its kind was copied."""
INTO_M = 0.05
"""So far two gondolas may stand in one another: nobody measures better."""
LARGEST_M2 = 2500.0
HIGHEST_SHELF_M = 2.2
SHALLOWEST_M, DEEPEST_M = 0.08, 1.5
NARROWEST_M, WIDEST_M = 0.03, 2.0
FLOOR_M = 0.3
"""A gondola's origin is on the floor."""
RADIANS = tuple(sign * n * math.pi / 2 for n in (1, 2, 3) for sign in (1, -1))

Told: TypeAlias = tuple[str, str, str]


def odd_places(layout: Layout) -> Iterator[Told]:
    """(key, what is odd, remedy)."""
    size_m2 = area_m2(layout.floor)
    if size_m2 > LARGEST_M2:
        yield "floor.polygon", f"it encloses {size_m2:,.0f} m²", "Is it in metres?"
    yield from _gates(layout)
    yield from _cameras(layout)
    for i, gondola in enumerate(layout.gondolas, start=1):
        yield from _gondola(f"gondola[{i}]", gondola, layout)
    for (i, one), (_, other) in combinations(enumerate(layout.gondolas, start=1), 2):
        into_m = _into_m(_footprint(one), _footprint(other))
        if into_m > INTO_M:
            what = f"{one.id} and {other.id} stand {into_m:.2f} m in one another"
            yield f"gondola[{i}].origin", what, "Measure where both stand, and how wide and deep they are"


def _gates(layout: Layout) -> Iterator[Told]:
    for i, gate in enumerate(layout.gates, start=1):
        key, where = f"gate[{i}].position", f"{gate.id} is at {_told(gate.position)}"
        off_m = _off_m(layout.floor, gate.position)
        stands = next((g for g in layout.gondolas if _off_m(_footprint(g), gate.position) == 0.0), None)
        remedy = "Write where people walk through it, in metres: they are looked for there"
        if off_m > GATE_OFF_M:
            yield key, f"{where}, {off_m:.1f} m from the floor", remedy
        elif stands is not None:
            yield key, f"{where}, where gondola {stands.id} stands", remedy
        for other in layout.gates[: i - 1]:
            if other.kind == gate.kind and math.dist(other.position, gate.position) < SAME_M:
                what = f"{gate.id} is where {other.id} is, and both are of kind {gate.kind}"
                yield key, what, "Give each its own place: who went through which is told by where people are"


def _cameras(layout: Layout) -> Iterator[Told]:
    if not layout.cameras:
        yield "camera", "there is none: nobody sees who takes what", "Add a [[camera]] for each; docs/cameras.md"
    for i, camera in enumerate(layout.cameras, start=1):
        key, height_m = f"camera[{i}].position", camera.position[2]
        if not CAMERA_LEAST_M <= height_m <= CAMERA_MOST_M:
            what = f"{camera.id} hangs {height_m:g} m above the floor"
            remedy = f"Write where its lens is, in metres; ceilings are {CAMERA_LEAST_M:g} to {CAMERA_MOST_M:g} m high"
            yield key, what, remedy
        off_m = _off_m(layout.floor, camera.position[:2])
        if off_m > CAMERA_OFF_M:
            yield key, f"{camera.id} hangs {off_m:.1f} m beside the floor", "Write where its lens is, in metres"
        for other in layout.cameras[: i - 1]:
            if math.dist(other.position, camera.position) < SAME_M:
                yield key, f"{camera.id} hangs where {other.id} hangs", "Give each its own place"


def _gondola(key: str, gondola: Gondola, layout: Layout) -> Iterator[Told]:
    if any(abs(gondola.yaw_deg - turn) < 0.01 for turn in RADIANS):
        degrees = math.degrees(gondola.yaw_deg)
        yield f"{key}.yaw_deg", f"{gondola.id} is turned by {gondola.yaw_deg:g} degrees", f"Is that {degrees:.0f}?"
    if abs(gondola.origin[2]) > FLOOR_M:
        what = f"{gondola.id} begins {gondola.origin[2]:g} m above the floor"
        yield f"{key}.origin", what, "Its third number is 0 on the floor; heights are the shelves' own"
    yield from _front(key, gondola, layout)
    for i, shelf in enumerate(gondola.shelves, start=1):
        inner, above_m = f"{key}.shelf[{i}]", gondola.origin[2] + shelf.height
        if above_m > HIGHEST_SHELF_M:
            yield f"{inner}.height", f"{shelf.id} is {above_m:g} m high, where nobody reaches", "Write it in metres"
        if not SHALLOWEST_M <= shelf.depth <= DEEPEST_M:
            yield f"{inner}.depth", f"{shelf.id} is {shelf.depth:g} m deep", "Write it in metres"
        if not NARROWEST_M <= shelf.plate_width <= WIDEST_M:
            yield f"{inner}.plate_width", f"a plate of {shelf.id} is {shelf.plate_width:g} m wide", "Write it in metres"
        for other in gondola.shelves[: i - 1]:
            if abs(other.height - shelf.height) < SAME_M:
                what = f"{shelf.id} is as high as {other.id}, and in the same place"
                remedy = "Shelves of one gondola stand above one another; what is beside them is another gondola"
                yield f"{inner}.height", what, remedy


def _front(key: str, gondola: Gondola, layout: Layout) -> Iterator[Told]:
    """Can people stand before most of it?"""
    longest = max(gondola.shelves, key=lambda s: s.plates * s.plate_width)
    spots = [(p + 0.5) * longest.plate_width for p in range(longest.plates)]
    fronts = {x: [gondola.outward((x, -y, 0.0))[:2] for y in IN_FRONT_M] for x in spots}
    outside = {x for x, front in fronts.items() if _off_m(layout.floor, front[-1]) > 0.0}
    blocked = {
        other.id: {x for x, front in fronts.items() if any(_off_m(_footprint(other), s) == 0.0 for s in front)}
        for other in layout.gondolas
        if other is not gondola
    }
    if 2 * len(outside.union(*blocked.values())) <= len(fronts):
        return
    middle = gondola.outward((longest.plates * longest.plate_width / 2, 0.0, 0.0))[:2]
    off_m = _off_m(layout.floor, middle)
    inside = max(blocked, key=lambda g: len(blocked[g]), default="")
    if off_m > IN_FRONT_M[-1]:
        what = f"{gondola.id} stands {off_m:.1f} m outside of the floor"
        yield f"{key}.origin", what, "Write where its front-left corner is, in metres"
        return
    what = "the floor ends there" if outside else f"gondola {inside} stands there"
    remedy = "Does it face the other way? origin is its front-left corner, as somebody sees it who looks into it; at " \
             "yaw_deg = 0 they look along y"  # fmt: skip
    yield f"{key}.yaw_deg", f"there are not {IN_FRONT_M[-1]:g} m of free floor before {gondola.id}: {what}", remedy


def _footprint(gondola: Gondola) -> tuple[Spot, ...]:
    """Its corners on the floor."""
    wide = max(s.plates * s.plate_width for s in gondola.shelves)
    deep = max(s.depth for s in gondola.shelves)
    corners = ((0.0, 0.0), (wide, 0.0), (wide, deep), (0.0, deep))
    return tuple(gondola.outward((x, y, 0.0))[:2] for x, y in corners)


def _off_m(corners: Sequence[Spot], spot: Spot) -> float:
    """How far a spot is from what the corners enclose; 0 inside."""
    x, y = spot
    inside, nearest_m = False, math.inf
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = min(1.0, max(0.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) if length else 0.0
        nearest_m = min(nearest_m, math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    return 0.0 if inside else nearest_m


def _into_m(one: Sequence[Spot], other: Sequence[Spot]) -> float:
    """How far two rectangles would have to be moved so that they part; 0 where they do not touch."""
    least_m = math.inf
    for a, b in [(r[i], r[i + 1]) for r in (one, other) for i in (0, 1)]:
        length = math.dist(a, b)
        nx, ny = (a[1] - b[1]) / length, (b[0] - a[0]) / length
        first, second = ([x * nx + y * ny for x, y in r] for r in (one, other))
        least_m = min(least_m, max(first) - min(second), max(second) - min(first))
    return max(0.0, least_m)


def _told(spot: Spot) -> str:
    return f"[{spot[0]:g}, {spot[1]:g}]"
