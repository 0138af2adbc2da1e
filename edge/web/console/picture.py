"""The floor as it is at this moment: people, gondolas and gates, as an SVG.

Enters: a layout, and the desk's answer to ``floor``. Leaves: markup with classes and presentation attributes alone;
what colours they have is the style sheet's. Whoever is not sure to be who they are called is drawn with a broken ring.
"""

from __future__ import annotations

from typing import Any, Final

from edge.drawing.markup import Markup, number, tag
from edge.drawing.plan import extent, ground, place, signs
from edge.store import Layout

BODY_CM: Final = 17
SURE: Final = 0.9
"""Whoever is less surely who they are called has a broken ring."""
UNSEEN_S: Final = 1.5
"""Whom no camera has shown for so long is drawn faintly, where they were seen last."""

COLOURS: Final = 8
"""So many people can be told apart by colour; their numbers tell everybody apart."""


def number_of(visit: str) -> str:
    """What a visit is called on the picture and beside it: the day's running number."""
    tail = visit.rpartition("-")[2]
    return str(int(tail)) if tail.isascii() and tail.isdigit() else visit[-4:]


def colour_of(visit: str) -> str:
    """The class that gives a visit its colour."""
    name = number_of(visit)
    return f"c{int(name) % COLOURS}" if name.isdigit() else "c0"


def floor_picture(layout: Layout, told: dict[str, Any], title: str) -> Markup:
    """``told``: who is where; see `edge.daemon.floor`. An empty one is an empty floor."""
    left, top, width, height = extent(layout)
    people = [_person(person, told["at_s"]) for person in told.get("people", ())]
    return tag(
        "svg",
        tag("title", title),
        ground(layout),
        tag("g", *people, class_="people"),
        signs(layout),
        viewBox=" ".join(number(x) for x in (left, top, width, height)),
        role="img",
        class_="plan",
    )


def _person(person: dict[str, Any], at_s: float) -> Markup:
    visit, share = next(iter(person["who"].items()), ("", 1.0))
    x, y = place(person["x"], person["y"])
    marks = ["person", colour_of(visit) if visit else "stranger"]
    marks += ["unsure"] if share < SURE else []
    marks += ["unseen"] if person["lost"] or at_s - person["seen_s"] > UNSEEN_S else []
    name = number_of(visit) if visit else "?"
    others = [number_of(v) if v else "?" for v in person["who"]]
    return tag(
        "g",
        tag("title", " / ".join(others) or "?"),
        tag("circle", r=BODY_CM),
        tag("text", name),
        class_=" ".join(marks),
        transform=f"translate({number(x)} {number(y)})",
    )
