"""The shop from above: floor, gondolas, gates, cameras, everybody's way, and where things were taken.

Enters: the material. Leaves: an SVG in centimetres (y down, the store's y up), and the data that moves people when
the page plays: one list of points a walk, in tenths of a second and centimetres, each against the one before.
"""

from __future__ import annotations

import math

import numpy as np

from edge.store import Gondola, Layout
from simulator.report.markup import Markup, number, tag
from simulator.report.material import EventShown, Material, Walk

MARGIN_CM = 35.0
LETTER_CM, NAME_GAP_CM = 11.0, 3.0
"""What a letter of a name takes on the plan, and how far a name stays from its gondola."""
WAY_GAP_S = 2.0
"""A way is broken where nobody was seen for longer than this."""


def place(x_m: float, y_m: float) -> tuple[float, float]:
    """A point of the store frame on the plan."""
    return x_m * 100.0, -y_m * 100.0


def floor_plan(material: Material) -> Markup:
    """The whole drawing; people themselves are added by the page when it plays."""
    layout = material.store.layout
    left, top, width, height = _extent(layout)
    return tag(
        "svg",
        tag("polygon", points=_points([place(x, y) for x, y in layout.floor]), class_="floor"),
        tag("g", *(_gondola(g) for g in layout.gondolas), class_="gondolas"),
        tag("g", *(_camera(c.position[0], c.position[1], c.id) for c in layout.cameras)),
        tag("g", *(_way(walk, material) for walk in material.walks if walk.visit), class_="ways"),
        tag("g", *(_gate(g.position, g.kind, g.id) for g in layout.gates)),
        tag("g", *(_name(g, layout) for g in layout.gondolas), class_="names"),
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


def event_place(shown: EventShown, layout: Layout) -> tuple[float, float]:
    """Where on the plan an event is marked: at its plates, lower shelves nearer to the shopper."""
    event = shown.explained.event
    gondola, shelf = layout.gondola_of(event.shelf), layout.shelf(event.shelf)
    middle = sum(event.plates) / len(event.plates)
    heights = sorted({s.height for s in gondola.shelves})
    depth = (heights.index(shelf.height) + 0.7) / (len(heights) + 0.4) * shelf.depth
    x, y, _ = gondola.outward(((middle - 0.5) * shelf.plate_width, depth, 0.0))
    return place(x, y)


def _extent(layout: Layout) -> tuple[float, float, float, float]:
    corners = [place(x, y) for x, y in layout.floor]
    for gondola in layout.gondolas:
        corners += corners_of(gondola)
    corners += [place(*g.position) for g in layout.gates]
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    left, top = min(xs) - MARGIN_CM, min(ys) - MARGIN_CM
    return left, top, max(xs) + MARGIN_CM - left, max(ys) + MARGIN_CM - top


def corners_of(gondola: Gondola) -> list[tuple[float, float]]:
    """Of a gondola on the plan: its front from left to right, then its back from right to left."""
    width = max(s.plates * s.plate_width for s in gondola.shelves)
    depth = max(s.depth for s in gondola.shelves)
    found = []
    for x, y in ((0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)):
        px, py, _ = gondola.outward((x, y, 0.0))
        found.append(place(px, py))
    return found


def _gondola(gondola: Gondola) -> Markup:
    corners = corners_of(gondola)
    (x1, y1), (x2, y2) = corners[0], corners[1]
    count = len(gondola.shelves)
    return tag(
        "g",
        tag("title", f"{gondola.id}: {count} {'shelf' if count == 1 else 'shelves'}"),
        tag("polygon", points=_points(corners), class_="gondola"),
        tag("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_="front"),
    )


def _name(gondola: Gondola, layout: Layout) -> Markup:
    """A gondola's name at one of its ends, since marks lie on the gondola itself; there, where neither end has room."""
    corners = np.asarray(corners_of(gondola))
    middle = corners.mean(axis=0)
    half = np.array([len(gondola.id) * LETTER_CM / 2, LETTER_CM])
    floor = np.asarray([place(x, y) for x, y in layout.floor])
    others = [np.asarray(corners_of(g)) for g in layout.gondolas if g is not gondola]
    for end in (corners[[1, 2]].mean(axis=0), corners[[0, 3]].mean(axis=0)):
        away = (end - middle) / max(float(np.hypot(*(end - middle))), 1e-6)
        spot = end + away * (half + NAME_GAP_CM)
        low, high = spot - half, spot + half
        fits = (low >= floor.min(axis=0)).all() and (high <= floor.max(axis=0)).all()
        if fits and not any((low < o.max(axis=0)).all() and (high > o.min(axis=0)).all() for o in others):
            break
    else:
        spot = middle
    return tag("text", gondola.id, x=number(spot[0]), y=number(spot[1]), class_="label")


def _gate(position: tuple[float, float], kind: str, name: str) -> Markup:
    x, y = place(*position)
    return tag(
        "g",
        tag("title", f"{name} ({kind})"),
        tag("circle", r=15, class_=f"gate {kind}"),
        tag("text", "in" if kind == "entry" else "out", class_="gate-label"),
        transform=f"translate({number(x)} {number(y)})",
    )


def _camera(x_m: float, y_m: float, name: str) -> Markup:
    x, y = place(x_m, y_m)
    return tag(
        "g",
        tag("title", name),
        tag("path", d="M-6 -4h8v8h-8z M2 -1l4 -3v8l-4 -3z", class_="camera"),
        transform=f"translate({number(x)} {number(y)})",
    )


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
        *(tag("polyline", points=_points(run), class_="way") for run in runs if len(run) > 1),
        class_="v",
        style=f"--h:{visit.hue}" if visit else None,
        data_visit=walk.visit,
    )


def _mark(shown: EventShown, material: Material) -> Markup:
    """A dot where an event happened: full for a pick, hollow for a put-back, in the colour of who did it."""
    x, y = event_place(shown, material.store.layout)
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


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)
