"""A whole store on one sheet: the floor from above, to scale, and below it each gondola as a shopper sees it."""

from __future__ import annotations

import math

from edge.drawing.front import Front, front
from edge.drawing.markup import Markup, join, number, tag
from edge.drawing.plan import extent, ground, signs
from edge.store import Store

WIDE = 1000.0
"""Units that the sheet is wide."""
MARGIN, GAP = 40.0, 34.0
BOARD_NAME = 60.0
"""Room for a board's name at its right end."""
MOST_PLAN = 620.0
"""The floor is drawn no higher than this."""

STYLE = Markup("""
svg { background: #fff; font-family: system-ui, "Noto Sans CJK JP", "Noto Sans JP", sans-serif; color: #222; }
text { fill: #222; }
.title { font-size: 22px; font-weight: 700; } .told { font-size: 12px; fill: #666; }
.floor { fill: #f4f1ea; stroke: #999; stroke-width: 2; } .gondola { fill: #ddd5c5; }
.front { stroke: #7d7360; stroke-width: 4; stroke-linecap: round; }
.plan text { font-size: 15px; text-anchor: middle; dominant-baseline: central; }
.label { font-weight: 600; paint-order: stroke; stroke: #f4f1ea; stroke-width: 5px; stroke-linejoin: round; }
.gate { fill: #fff; stroke: #555; stroke-width: 2; } .gate.entry { stroke: #1f7a4d; } .gate.exit { stroke: #c23b22; }
.plan .gate-label { font-size: 12px; font-weight: 600; } .camera { fill: #888; }
.scale { stroke: #555; stroke-width: 2; } .scale-name { font-size: 12px; text-anchor: middle; }
.front-name { font-size: 16px; font-weight: 700; } .board-name { font-size: 11px; fill: #666; }
.room { fill: #faf8f4; } .goods { fill: #e8eef5; stroke: #b9c7d8; }
.goods-name { font-size: 11px; text-anchor: middle; dominant-baseline: central; }
.tick { stroke: #9a9384; } .board { stroke: #7d7360; stroke-width: 3; stroke-linecap: round; }
""")


def sheet(store: Store, language: str = "") -> str:
    """The store as an SVG file. ``language``: of the products' names, the shop's first without one."""
    language = language or store.languages[0]
    plan, plan_high = _plan(store)
    fronts, fronts_high = _fronts([front(store, g, language) for g in store.layout.gondolas])
    top = 90.0
    high = top + plan_high + GAP + fronts_high + MARGIN
    shelves = store.layout.shelves
    told = f"{len(store.catalogue)} products, {len(shelves)} shelves, {sum(s.plates for s in shelves)} plates"
    drawn = tag(
        "svg",
        tag("style", STYLE),
        tag("text", store.name, x=number(MARGIN), y=42, class_="title"),
        tag("text", f"{store.id}: {told}", x=number(MARGIN), y=64, class_="told"),
        tag("g", plan, transform=f"translate({number(MARGIN)} {number(top)})"),
        tag("g", fronts, transform=f"translate({number(MARGIN)} {number(top + plan_high + GAP)})"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(WIDE)} {number(high)}",
        width=number(WIDE),
        height=number(high),
        role="img",
        aria_label=f"{store.name}: floor plan and shelves",
    )
    return f"{drawn}\n"


def _plan(store: Store) -> tuple[Markup, float]:
    """The floor, as large as fits, with a bar that says how large it is."""
    left, top, width, height = extent(store.layout)
    factor = min((WIDE - 2 * MARGIN) / width, MOST_PLAN / height)
    metre = 100.0 * factor
    bar_m = 10 ** max(0, math.floor(math.log10(width / 400.0))) if width > 400.0 else 1
    y = height * factor + 8
    bar = tag(
        "g",
        tag("line", x1=0, x2=number(bar_m * metre), y1=number(y), y2=number(y), class_="scale"),
        tag("text", f"{bar_m} m", x=number(bar_m * metre / 2), y=number(y + 16), class_="scale-name"),
    )
    drawn = tag(
        "g",
        ground(store.layout),
        signs(store.layout),
        class_="plan",
        transform=f"scale({number(factor, 4)}) translate({number(-left)} {number(-top)})",
    )
    return join(drawn, bar), y + 24


def _fronts(fronts: list[Front]) -> tuple[Markup, float]:
    """One after the other, as many beside each other as fit; what is wider than the sheet is drawn smaller."""
    room = WIDE - 2 * MARGIN
    shapes, x, y, row = [], 0.0, 0.0, 0.0
    for one in fronts:
        factor = min(1.0, room / (one.width + BOARD_NAME))
        wide, high = (one.width + BOARD_NAME) * factor, one.height * factor
        if x and x + wide > room:
            x, y, row = 0.0, y + row + GAP, 0.0
        shapes.append(tag("g", one.shapes, transform=f"translate({number(x)} {number(y)}) scale({number(factor, 4)})"))
        x, row = x + wide + GAP / 2, max(row, high)
    return join(*shapes), y + row
