"""Funnels as bars: of all who passed, how many stopped, touched, took and bought.

Enters: rows, each with a name and a number for each step. Leaves: SVG without colours: bars lie one upon the other in
the classes `f0` (all who passed) and on, the narrower the later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge.checkout.roll import width as letters
from edge.drawing.markup import Markup, join, number, tag

WIDE, NAME, NUMBERS = 640.0, 190.0, 150.0
ROW, BAR = 26.0, 18.0
LETTERS: Final = 26
"""Narrow letters of a name that have room."""

Row = tuple[str, Sequence[int]]


def funnels(rows: Sequence[Row], steps: Sequence[str], label: str) -> Markup:
    """``steps``: what each number counts, for whoever does not see the picture."""
    most = max((max(values, default=0) for _, values in rows), default=0)
    shapes = [_row(name, values, steps, most, i) for i, (name, values) in enumerate(rows)]
    high = max(1, len(rows)) * ROW + 6
    box = f"0 0 {number(WIDE)} {number(high)}"
    return tag("svg", tag("title", label), *shapes, viewBox=box, class_="funnels", role="img")


def _row(name: str, values: Sequence[int], steps: Sequence[str], most: int, index: int) -> Markup:
    y, room = index * ROW + 4, WIDE - NAME - NUMBERS
    told = ", ".join(f"{step} {value}" for step, value in zip(steps, values, strict=True))
    bars = []
    for step, value in enumerate(values):
        thin = step * BAR / 12
        bars.append(tag(
            "rect", x=number(NAME), y=number(y + thin), width=number(room * value / most if most else 0),
            height=number(BAR - 2 * thin), class_=f"f{step}",
        ))  # fmt: skip
    return tag(
        "g",
        tag("title", f"{name}: {told}"),
        tag("text", short(name), x=number(NAME - 8), y=number(y + BAR * 0.75), text_anchor="end"),
        join(*bars),
        tag("text", " · ".join(str(value) for value in values), x=number(WIDE - NUMBERS + 8), y=number(y + BAR * 0.75)),
    )


def short(name: str) -> str:
    """As much of a name as there is room for."""
    if letters(name) <= LETTERS:
        return name
    while letters(name) > LETTERS - 1:
        name = name[:-1]
    return f"{name}…"
