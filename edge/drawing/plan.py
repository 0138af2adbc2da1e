"""The shop from above: floor, gondolas, gates and cameras, as shapes of an SVG.

Enters: a layout. Leaves: shapes in centimetres (y down, the store's y up), without colours: whoever draws them brings a
style sheet for their classes (`floor`, `gondola`, `front`, `gate entry`, `gate exit`, `camera`, `label`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from edge.drawing.markup import Markup, join, number, tag
from edge.store import Camera, Gate, Gondola, Layout

MARGIN_CM = 35.0
LETTER_CM, NAME_GAP_CM = 11.0, 3.0
"""What a letter of a name takes on the plan, and how far a name stays from its gondola."""

Spot = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, width and height."""


def place(x_m: float, y_m: float) -> Spot:
    """A point of the store frame on the plan."""
    return x_m * 100.0, -y_m * 100.0


def extent(layout: Layout) -> Box:
    """What a plan shows: all that stands in the layout, and a margin."""
    corners = [place(x, y) for x, y in layout.floor]
    for gondola in layout.gondolas:
        corners += corners_of(gondola)
    corners += [place(*g.position) for g in layout.gates]
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    left, top = min(xs) - MARGIN_CM, min(ys) - MARGIN_CM
    return left, top, max(xs) + MARGIN_CM - left, max(ys) + MARGIN_CM - top


def ground(layout: Layout) -> Markup:
    """What lies under everything: the floor, gondolas and cameras."""
    return join(
        tag("polygon", points=points([place(x, y) for x, y in layout.floor]), class_="floor"),
        tag("g", *(_gondola(g) for g in layout.gondolas), class_="gondolas"),
        tag("g", *(_camera(c) for c in layout.cameras)),
    )


def signs(layout: Layout) -> Markup:
    """What is read: gates, and gondolas' names."""
    return join(
        tag("g", *(_gate(g) for g in layout.gates)),
        tag("g", *(_name(g, layout) for g in layout.gondolas), class_="names"),
    )


def corners_of(gondola: Gondola) -> list[Spot]:
    """Of a gondola on the plan: its front from left to right, then its back from right to left."""
    width = max(s.plates * s.plate_width for s in gondola.shelves)
    depth = max(s.depth for s in gondola.shelves)
    found = []
    for x, y in ((0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)):
        px, py, _ = gondola.outward((x, y, 0.0))
        found.append(place(px, py))
    return found


def shelf_spot(layout: Layout, shelf: str, plates: Sequence[int]) -> Spot:
    """Where on the plan a change of some plates is marked: lower shelves nearer to the shopper."""
    gondola, board = layout.gondola_of(shelf), layout.shelf(shelf)
    middle = sum(plates) / len(plates)
    heights = sorted({s.height for s in gondola.shelves})
    depth = (heights.index(board.height) + 0.7) / (len(heights) + 0.4) * board.depth
    x, y, _ = gondola.outward(((middle - 0.5) * board.plate_width, depth, 0.0))
    return place(x, y)


def points(spots: Iterable[Spot]) -> str:
    """Spots as polygons and lines take them."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in spots)


def _gondola(gondola: Gondola) -> Markup:
    corners = corners_of(gondola)
    (x1, y1), (x2, y2) = corners[0], corners[1]
    count = len(gondola.shelves)
    return tag(
        "g",
        tag("title", f"{gondola.id}: {count} {'shelf' if count == 1 else 'shelves'}"),
        tag("polygon", points=points(corners), class_="gondola"),
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


def _gate(gate: Gate) -> Markup:
    x, y = place(*gate.position)
    return tag(
        "g",
        tag("title", f"{gate.id} ({gate.kind})"),
        tag("circle", r=15, class_=f"gate {gate.kind}"),
        tag("text", "in" if gate.kind == "entry" else "out", class_="gate-label"),
        transform=f"translate({number(x)} {number(y)})",
    )


def _camera(camera: Camera) -> Markup:
    x, y = place(*camera.position[:2])
    return tag(
        "g",
        tag("title", camera.id),
        tag("path", d="M-6 -4h8v8h-8z M2 -1l4 -3v8l-4 -3z", class_="camera"),
        transform=f"translate({number(x)} {number(y)})",
    )
