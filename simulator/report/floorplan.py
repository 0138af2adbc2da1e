"""The shop from above: floor, gondolas, gates, cameras, everybody's way, and where things were taken.

Enters: the material. Leaves: an SVG in centimetres (y down, the store's y up), and the data that moves people when
the page plays: one list of points a walk, in tenths of a second and centimetres, each against the one before.
"""

from __future__ import annotations

import math

from edge.drawing.markup import Markup, number, tag
from edge.drawing.plan import extent, ground, place, points, shelf_spot, signs
from simulator.report.material import EventShown, Material, Walk

WAY_GAP_S = 2.0
"""A way is broken where nobody was seen for longer than this."""


def floor_plan(material: Material) -> Markup:
    """The whole drawing; people themselves are added by the page when it plays."""
    layout = material.store.layout
    left, top, width, height = extent(layout)
    return tag(
        "svg",
        ground(layout),
        tag("g", *(_way(walk, material) for walk in material.walks if walk.visit), class_="ways"),
        signs(layout),
        tag("g", *(_mark(e, material) for e in material.events), class_="marks"),
        tag("g", id="people"),
        tag("g", id="says"),
        viewBox=f"{number(left)} {number(top)} {number(width)} {number(height)}",
        class_="plan",
        role="img",
        aria_label="Floor plan with the ways of all visits",
    )


def walks_data(material: Material) -> list[dict[str, object]]:
    """Every walk for the player."""
    hues = {v.id: v.hue for v in material.visits}
    data: list[dict[str, object]] = []
    for walk in material.walks:
        if len(walk.points) < 2:
            continue
        steps: list[int] = []
        last = (0, 0, 0)
        for at_s, x_m, y_m in walk.points:
            x, y = place(x_m, y_m)
            here = (round((at_s - material.began_s) * 10), round(x), round(y))
            steps += [here[0] - last[0], here[1] - last[1], here[2] - last[2]]
            last = here
        data.append({"visit": walk.visit, "hue": hues.get(walk.visit), "steps": steps})
    return data


def _way(walk: Walk, material: Material) -> Markup:
    """A faint line, broken where the track was not seen."""
    visit = material.visit(walk.visit)
    runs: list[list[tuple[float, float]]] = [[]]
    last_s = -math.inf
    for at_s, x_m, y_m in walk.points:
        if at_s - last_s > WAY_GAP_S and runs[-1]:
            runs.append([])
        runs[-1].append(place(x_m, y_m))
        last_s = at_s
    return tag(
        "g",
        *(tag("polyline", points=points(run), class_="way") for run in runs if len(run) > 1),
        class_="v",
        style=f"--h:{visit.hue}" if visit else None,
        data_visit=walk.visit,
    )


def _mark(shown: EventShown, material: Material) -> Markup:
    """A dot where an event happened: full for a pick, hollow for a put-back, in the colour of who did it."""
    event = shown.explained.event
    x, y = shelf_spot(material.store.layout, event.shelf, event.plates)
    best = shown.explained.explanations[0] if shown.explained.explanations else None
    share = best.shares[0] if best and best.shares else None
    visit = material.visit(share.visit) if share else None
    taken = float(shown.explained.event.change_g.sum()) < 0
    return tag(
        "a",
        tag("circle", cx=number(x), cy=number(y), r=4.5, class_="pick" if taken else "back"),
        href=f"#e-{shown.id}",
        class_="v mark",
        style=f"--h:{visit.hue}" if visit else None,
        data_visit=share.visit if share else None,
    )
