"""Whether a floor's outline can be one: a line around a place, that never crosses itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from edge.store.layout import Layout, area_m2
from edge.told import Sentence, told

LEAST_M2 = 0.5
"""Nobody fits into a smaller shop."""

Spot = tuple[float, float]


def impossible(layout: Layout) -> Iterator[tuple[str, Sentence, Sentence]]:
    """(key, what is wrong, remedy)."""
    corners = list(dict.fromkeys(layout.floor))
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    inside_m2 = area_m2(corners)
    crossing = next((pair for pair in combinations(sides, 2) if _cross(*pair)), None)
    if crossing is not None:
        (a, b), (c, d) = crossing
        what = told(
            "the side from {a} to {b} crosses the one from {c} to {d}", a=_told(a), b=_told(b), c=_told(c), d=_told(d)
        )
        yield "floor.polygon", what, told("Name the corners in the order in which one walks around the floor")
    elif inside_m2 < LEAST_M2:
        what = told("it encloses {size_m2:.2g} m²", size_m2=inside_m2)
        yield "floor.polygon", what, told("Name the floor's corners, in metres")


def _cross(one: tuple[Spot, Spot], other: tuple[Spot, Spot]) -> bool:
    """Whether two sides share a point that is inside both."""
    (a, b), (c, d) = one, other
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Spot, b: Spot, c: Spot) -> float:
    """On which side of the line from a to b a point lies; 0 on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _told(spot: Spot) -> str:
    return f"[{spot[0]:g}, {spot[1]:g}]"
