"""What stands on shelves and what is to be ordered, beside what will be wanted; what other prices did; a day's staff.

Enters: rows with numbers. Leaves: SVG without colours: whoever draws it brings a style sheet for the classes `there`,
`order` (bars), `wanted`, `lately` (marks), `likely`, `expected` (bars of the day) and `staff` (numbers above them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge.drawing.funnel import BAR, NAME, NUMBERS, ROW, WIDE, short
from edge.drawing.markup import Markup, join, number, tag

HALF_WIDE: Final = 22.0
DAY_HIGH: Final = 120.0
LEFT: Final = 28.0
LEAST: Final = 24
"""Half-hours that there is room for at least: a short day is no wide one."""
TOP: Final = 22.0


def orders(rows: Sequence[Mapping[str, Any]], words: Mapping[str, str], label: str) -> Markup:
    """A bar a product. ``rows``: ``name``, ``standing``, ``order``, ``wanted``, ``last_week``; ``words``: what each of
    the four is called, for whoever does not see the picture.
    """
    most = max((max(r["standing"] + r["order"], r["wanted"], r["last_week"]) for r in rows), default=0) or 1
    room = WIDE - NAME - NUMBERS
    shapes = []
    for index, row in enumerate(rows):
        y = index * ROW + 4
        told = ", ".join(f"{words[key]} {row[key]:g}" for key in ("standing", "order", "wanted", "last_week"))
        there, order = (room * row[key] / most for key in ("standing", "order"))
        wanted, week = (NAME + room * row[key] / most for key in ("wanted", "last_week"))
        shapes.append(tag(
            "g",
            tag("title", f"{row['name']}: {told}"),
            tag("text", short(row["name"]), x=number(NAME - 8), y=number(y + BAR * 0.75), text_anchor="end"),
            tag("rect", x=number(NAME), y=number(y + 3), width=number(there), height=number(BAR - 6), class_="there"),
            tag("rect", x=number(NAME + there), y=number(y + 3), width=number(order), height=number(BAR - 6),
                class_="order"),
            tag("line", x1=number(wanted), x2=number(wanted), y1=number(y), y2=number(y + BAR), class_="wanted"),
            tag("line", x1=number(week), x2=number(week), y1=number(y), y2=number(y + BAR), class_="lately"),
            tag("text", f"+ {row['order']}", x=number(WIDE - NUMBERS + 8), y=number(y + BAR * 0.75)),
        ))  # fmt: skip
    box = f"0 0 {number(WIDE)} {number(max(1, len(rows)) * ROW + 6)}"
    return tag("svg", tag("title", label), *shapes, viewBox=box, class_="orders", role="img")


def rates(rows: Sequence[tuple[str, float | None, float | None]], words: tuple[str, str], label: str) -> Markup:
    """Two bars a row, the usual above the other: ``rows``: a name, what is usual, what it was."""
    most = max((value or 0.0 for _, *values in rows for value in values), default=0.0) or 1.0
    shapes = []
    for index, (name, *values) in enumerate(rows):
        y = index * ROW + 4
        told = ", ".join(f"{word} {value or 0:.2f}" for word, value in zip(words, values, strict=True))
        bars = [
            tag("rect", x=number(NAME), y=number(y + step * BAR / 2), height=number(BAR / 2 - 1), class_=kind,
                width=number((WIDE - NAME - NUMBERS) * (value or 0.0) / most))
            for step, (kind, value) in enumerate(zip(("likely", "order"), values, strict=True))
        ]  # fmt: skip
        shapes.append(tag(
            "g",
            tag("title", f"{name}: {told}"),
            tag("text", short(name), x=number(NAME - 8), y=number(y + BAR * 0.75), text_anchor="end"),
            *bars,
            tag("text", " → ".join("–" if value is None else f"{value:.2f}" for value in values),
                x=number(WIDE - NUMBERS + 8), y=number(y + BAR * 0.75)),
        ))  # fmt: skip
    box = f"0 0 {number(WIDE)} {number(max(1, len(rows)) * ROW + 6)}"
    return tag("svg", tag("title", label), *shapes, viewBox=box, class_="orders", role="img")


def half_hours(entries: Sequence[Mapping[str, Any]], words: Mapping[str, str], label: str) -> Markup:
    """A bar a half-hour, as many as come on nine days of ten behind those that are expected; above them how many of the
    staff. ``entries``: ``from``, ``expected``, ``likely``, ``staff``.
    """
    most = max((row["likely"] for row in entries), default=0) or 1
    shapes = []
    for index, row in enumerate(entries):
        x = LEFT + index * HALF_WIDE
        told = ", ".join(f"{words[key]} {row[key]:g}" for key in ("expected", "likely", "staff"))
        bars = []
        for kind in ("likely", "expected"):
            high = DAY_HIGH * row[kind] / most
            bars.append(tag("rect", x=number(x + 2), y=number(TOP + DAY_HIGH - high), width=number(HALF_WIDE - 4),
                            height=number(high), class_=kind))  # fmt: skip
        middle = x + HALF_WIDE / 2
        shapes.append(tag(
            "g",
            tag("title", f"{row['from']}: {told}"),
            join(*bars),
            tag("text", row["staff"], x=number(middle), y=14, class_="staff"),
            tag("text", row["from"].removesuffix(":00") if row["from"].endswith(":00") else "", x=number(middle),
                y=number(TOP + DAY_HIGH + 14), class_="hour"),
        ))  # fmt: skip
    wide, high = LEFT + HALF_WIDE * max(LEAST, len(entries)), TOP + DAY_HIGH + 20
    return tag("svg", tag("title", label), *shapes, viewBox=f"0 0 {number(wide)} {number(high)}", class_="half-hours",
               role="img")  # fmt: skip
