"""What plates said around a shelf event, and what each explanation of it would have weighed.

Enters: grams of each plate against its level before. Leaves: an SVG of a fixed size, without colours: whoever shows it
brings a style sheet for its classes (`grid`, `zero`, `plate p0`… , `total`, `guess`, `chosen`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from edge.drawing.markup import Markup, join, number, tag
from edge.drawing.scale import grams_shown, grid, nice_step

WIDTH, HEIGHT = 400.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 8.0, 8.0, 20.0

Row = Sequence[float | None]
Level = tuple[float, bool]
"""Grams, and whether it is the explanation that counts."""


def trace(step_s: float, rows: Sequence[Row], levels: Sequence[Level], label: str) -> Markup:
    """``rows``: one for each plate, ``step_s`` seconds between its numbers, None where it could not be read. ``label``
    says what is drawn to whoever does not see it.
    """
    total = [_sum([row[i] for row in rows]) for i in range(len(rows[0]))]
    values = [g for row in (*rows, total) for g in row if g is not None]
    reach = 1.25 * max((abs(g) for g, _ in levels), default=0.0) + 15.0
    low = max(min([0.0, *values]), -reach)
    high = min(max([0.0, *values]), reach)
    pad = 0.1 * max(high - low, 8.0)
    low, high = low - pad, high + pad

    def x(i: float) -> float:
        return LEFT + i / max(1, len(total) - 1) * (WIDTH - LEFT - RIGHT)

    def y(grams: float) -> float:
        return TOP + (high - min(max(grams, low), high)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def line(row: Row, kind: str) -> Markup:
        runs: list[list[str]] = [[]]
        for i, grams in enumerate(row):
            if grams is not None:
                runs[-1].append(f"{number(x(i))},{number(y(grams))}")
            elif runs[-1]:
                runs.append([])
        return join(*(tag("polyline", points=" ".join(run), class_=kind) for run in runs if len(run) > 1))

    def level(grams: float, kind: str) -> Markup:
        return tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=number(y(grams)), y2=number(y(grams)), class_=kind)

    def named(grams: float) -> Markup:
        return tag("text", grams_shown(grams), x=LEFT - 6, y=number(y(grams) + 4), text_anchor="end")

    marks = grid(low, high, nice_step(low, high))
    second = 1.0 / step_s if step_s > 0 else 1.0
    every = next((s for s in (1.0, 2.0, 5.0, 10.0, 30.0) if len(total) / second / s <= 8), 60.0)
    times = [i * every * second for i in range(1, int(len(total) / second / every) + 1)]
    return tag(
        "svg",
        tag("title", label),
        *(join(level(g, "zero" if g == 0 else "grid"), named(g)) for g in marks),
        *(tag("text", f"{i / second:.0f} s", x=number(x(i)), y=HEIGHT - 5, text_anchor="middle") for i in times),
        *(level(g, "guess chosen" if chosen else "guess") for g, chosen in levels if low <= g <= high),
        *(line(row, f"plate p{i % 4}") for i, row in enumerate(rows) if len(rows) > 1),
        line(total, "total"),
        viewBox=f"0 0 {number(WIDTH)} {number(HEIGHT)}",
        class_="trace",
        role="img",
    )


def _sum(grams: Sequence[float | None]) -> float | None:
    known = [g for g in grams if g is not None and math.isfinite(g)]
    return sum(known) if len(known) == len(grams) else None
