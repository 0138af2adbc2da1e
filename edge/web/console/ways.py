"""One visit on the floor: the ways of its people and of whom they may have been exchanged with, and where things moved.

Enters: a layout, the diary's evidence. Leaves: the picture that stands without a script, and what a script moves.
"""

from __future__ import annotations

from typing import Any

from edge.drawing.markup import Markup, number, tag
from edge.drawing.plan import extent, ground, place, points, shelf_spot, signs
from edge.evidence import Evidence, Happened
from edge.store import Layout
from edge.web.console.picture import colour_of, number_of

EVERY_CM = 4.0
"""A point of a way that is nearer to the one before it than this is left out of the picture."""


def ways_picture(layout: Layout, evidence: Evidence, title: str) -> Markup:
    """Each visit's way as a line in its colour, the visit's own on top; a mark where a shelf changed."""
    left, top, width, height = extent(layout)
    parts = sorted(evidence.parts, key=lambda part: part.visit == evidence.visit)
    return tag(
        "svg",
        tag("title", title),
        ground(layout),
        tag("g", *(_way(part.points, part.visit, evidence) for part in parts if len(part.points) > 1)),
        tag("g", *(_mark(h, evidence, layout) for h in evidence.happened)),
        signs(layout),
        tag("g", id="people"),
        tag("g", id="says"),
        viewBox=" ".join(number(x) for x in (left, top, width, height)),
        role="img",
        class_="plan",
    )


def moving(layout: Layout, evidence: Evidence, zone: str) -> dict[str, Any]:
    """For the script: seconds from the first moment, centimetres on the plan, and how surely it is who it is called."""
    moments = [part.points[0][0] for part in evidence.parts] + [h.at_s for h in evidence.happened]
    began_s = min(moments, default=0.0)
    ended_s = max([part.points[-1][0] for part in evidence.parts] + [h.at_s for h in evidence.happened], default=0.0)
    return {
        "zone": zone,
        "began_s": began_s,
        "ended_s": ended_s,
        "ways": [
            {
                "name": number_of(part.visit) if part.visit else "?",
                "colour": colour_of(part.visit) if part.visit else "stranger",
                "own": part.visit == evidence.visit,
                "points": [[round(t - began_s, 2), *map(round, place(x, y)), p] for t, x, y, p in part.points],
            }
            for part in evidence.parts
        ],
        "events": [
            {"id": h.id, "t": round(h.at_s - began_s, 2), "at": list(map(round, shelf_spot(layout, h.shelf, h.plates)))}
            for h in evidence.happened
        ],
    }


def _way(found: tuple[tuple[float, float, float, float], ...], visit: str, evidence: Evidence) -> Markup:
    spots = [place(found[0][1], found[0][2])]
    for _, x_m, y_m, _ in found:
        x, y = place(x_m, y_m)
        if abs(x - spots[-1][0]) + abs(y - spots[-1][1]) >= EVERY_CM:
            spots.append((x, y))
    own = "own" if visit == evidence.visit else "other"
    return tag("polyline", points=points(spots), class_=f"way {own} {colour_of(visit) if visit else 'stranger'}")


def _mark(happened: Happened, evidence: Evidence, layout: Layout) -> Markup:
    x, y = shelf_spot(layout, happened.shelf, happened.plates)
    shares = happened.guesses[0].shares if happened.guesses else ()
    visit = next((v for v, _, _ in shares if v == evidence.visit), shares[0][0] if shares else "")
    kind = "pick" if happened.change_g < 0 else "back"
    return tag(
        "circle", cx=number(x), cy=number(y), r=5, class_=f"mark {kind} {colour_of(visit) if visit else 'stranger'}"
    )
