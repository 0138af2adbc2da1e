"""Where people stood, as a heat map on the floor plan, and when they came, as a week of hours.

Enters: cells with their seconds, hours with their visits. Leaves: SVG without colours: whoever draws it brings a style
sheet for the classes `h1` (little) to `h6` (most), and `cold`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from edge.drawing.markup import Markup, number, tag
from edge.drawing.plan import extent, ground, place, signs
from edge.store import Layout

TILE_M: Final = 0.2
"""A tile of the picture: half a step."""
LEVELS: Final = 6

FIRST_HOUR, LAST_HOUR = 7, 21
"""Shown at least."""
HOUR_WIDE, HOUR_HIGH, DAY_WIDE = 22.0, 22.0, 44.0


def level_of(value: float, most: float) -> int:
    """1 to `LEVELS`, by the square root: where few stand is seen, too."""
    return min(LEVELS, max(1, math.ceil(LEVELS * math.sqrt(value / most)))) if most > 0 else 1


def heat_map(layout: Layout, cells: Iterable[Mapping[str, Any]], label: str) -> Markup:
    """The floor with how long shoppers stood where. ``cells``: ``x_m``, ``y_m`` and ``seconds``."""
    tiles: defaultdict[tuple[int, int], float] = defaultdict(float)
    for cell in cells:
        tiles[int(cell["x_m"] // TILE_M), int(cell["y_m"] // TILE_M)] += float(cell["seconds"])
    most = max(tiles.values(), default=0.0)
    left, top, width, height = extent(layout)
    size = number(TILE_M * 100)
    shapes = []
    for (column, row), seconds in sorted(tiles.items()):
        x, y = place(column * TILE_M, (row + 1) * TILE_M)
        level = f"h{level_of(seconds, most)}"
        shapes.append(tag("rect", x=number(x), y=number(y), width=size, height=size, class_=level))
    return tag(
        "svg",
        tag("title", label),
        ground(layout),
        tag("g", *shapes, class_="heat"),
        signs(layout),
        viewBox=f"{number(left)} {number(top)} {number(width)} {number(height)}",
        class_="plan heat-map",
        role="img",
    )


def week(hours: Iterable[Mapping[str, Any]], days: Sequence[str], label: str) -> Markup:
    """A square an hour of the week. ``hours``: ``weekday`` (0: the first of ``days``), ``hour`` and ``visits``."""
    known = {(row["weekday"], row["hour"]): int(row["visits"]) for row in hours}
    most = max(known.values(), default=0)
    first = min((FIRST_HOUR, *(hour for _, hour in known)))
    last = max((LAST_HOUR, *(hour for _, hour in known)))
    shapes = [
        tag("text", hour, x=number(DAY_WIDE + (hour - first + 0.5) * HOUR_WIDE), y=number(14), class_="hour")
        for hour in range(first, last + 1)
    ]
    for day, name in enumerate(days):
        y = HOUR_HIGH * (day + 1)
        shapes.append(tag("text", name, x=0, y=number(y + HOUR_HIGH * 0.7)))
        for hour in range(first, last + 1):
            visits = known.get((day, hour), 0)
            shapes.append(tag(
                "rect", tag("title", f"{name} {hour}: {visits}"), x=number(DAY_WIDE + (hour - first) * HOUR_WIDE + 1),
                y=number(y + 1), width=number(HOUR_WIDE - 2), height=number(HOUR_HIGH - 2),
                class_=f"h{level_of(visits, most)}" if visits else "cold",
            ))  # fmt: skip
    wide, high = DAY_WIDE + HOUR_WIDE * (last - first + 1), HOUR_HIGH * (len(days) + 1)
    box = f"0 0 {number(wide)} {number(high)}"
    return tag("svg", tag("title", label), *shapes, viewBox=box, class_="week", role="img")
