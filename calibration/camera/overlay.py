"""What a technician looks at to see that it fits: the shop's plan drawn over the camera's own picture.

Enters: a picture, a view, the layout. Leaves: the picture with the floor's grid, its walls, gates, every gondola's
shelves and the sheets that lay there, drawn through the same lens that the node will look through. Where a line leaves
the edge that it belongs to, the calibration is wrong there, by as much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.pose import BOARD, PoseFit, named
from edge.optics import View
from edge.records import Point
from edge.store import Gondola, Layout

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red."""

GRID_M: Final = 0.5
STEP_M: Final = 0.03
"""Lines are bent by the lens: they are drawn in such pieces."""
GRID: Final[Colour] = (214, 214, 214)
METRES: Final[Colour] = (255, 255, 255)
WALL: Final[Colour] = (70, 190, 255)
SHELF: Final[Colour] = (255, 190, 60)
GATE: Final[Colour] = (110, 225, 110)
SHEET: Final[Colour] = (90, 90, 255)
SHADE: Final = 16
"""OpenCV draws at sixteenths of a pixel."""
LEGEND: Final = (
    ("floor, 0.5 m", METRES),
    ("walls", WALL),
    ("shelves", SHELF),
    ("gates", GATE),
    ("where sheets were laid", SHEET),
)


def overlay(picture: Picture, view: View, layout: Layout, title: str, fit: PoseFit | None = None) -> Picture:
    """The plan over the picture, (height, width, 3)."""
    out = picture.copy() if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR).astype(np.uint8)
    drawn = _Drawing(out, view)
    _floor(drawn, layout)
    corners = [(x, y, 0.0) for x, y in layout.floor]
    drawn.line([*corners, corners[0]], WALL, 2)
    for gondola in layout.gondolas:
        _gondola(drawn, gondola)
    for gate in layout.gates:
        x, y = gate.position
        drawn.line(
            [(x + 0.12 * math.cos(a), y + 0.12 * math.sin(a), 0.0) for a in np.linspace(0, 2 * np.pi, 25)], GATE, 2
        )
        drawn.word(f"{gate.id} ({gate.kind})" if gate.id != gate.kind else gate.id, (x, y, 0.0), GATE)
    if fit is not None:
        _sheets(drawn, fit)
    drawn.legend(title)
    return drawn.out


def _floor(drawn: _Drawing, layout: Layout) -> None:
    """The grid inside the floor's outline; every second line is a full metre and says which."""
    outline = np.array(layout.floor)
    low, high = np.floor(outline.min(axis=0) / GRID_M), np.ceil(outline.max(axis=0) / GRID_M)
    for axis in (0, 1):
        for i in range(int(low[axis]), int(high[axis]) + 1):
            at = i * GRID_M
            for one, other in _inside(outline, axis, at):
                ends = [(at, one, 0.0), (at, other, 0.0)] if axis == 0 else [(one, at, 0.0), (other, at, 0.0)]
                drawn.line(ends, METRES if i % 2 == 0 else GRID, 1, 0.55 if i % 2 == 0 else 0.35)
    for x in range(math.ceil(outline[:, 0].min()), math.floor(outline[:, 0].max()) + 1):
        for y in range(math.ceil(outline[:, 1].min()), math.floor(outline[:, 1].max()) + 1):
            if cv2.pointPolygonTest(outline.astype(np.float32), (float(x), float(y)), False) >= 0:
                drawn.word(f"{x},{y}", (x, y, 0.0), METRES, 0.7)


def _inside(outline: Array, axis: int, at: float) -> list[tuple[float, float]]:
    """Where the line ``axis = at`` runs inside the outline."""
    crossed = []
    for one, other in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        a, b = one[axis], other[axis]
        if (a <= at < b) or (b <= at < a):
            crossed.append(float(one[1 - axis] + (at - a) / (b - a) * (other[1 - axis] - one[1 - axis])))
    crossed.sort()
    return list(zip(crossed[::2], crossed[1::2], strict=False))


def _gondola(drawn: _Drawing, gondola: Gondola) -> None:
    """Its footprint, the outline of every board, the edges between them; the name on the uppermost."""
    widest = max(s.plates * s.plate_width for s in gondola.shelves)
    deepest = max(s.depth for s in gondola.shelves)
    top = max(s.height for s in gondola.shelves)
    drawn.line([gondola.outward((x, y, 0.0)) for x, y in _round(widest, deepest)], SHELF, 1, 0.6)
    for shelf in gondola.shelves:
        around = [
            gondola.outward((x, y, shelf.height)) for x, y in _round(shelf.plates * shelf.plate_width, shelf.depth)
        ]
        drawn.line(around, SHELF, 2 if shelf.height == top else 1)
    for x, y in _round(widest, deepest)[:4]:
        drawn.line([gondola.outward((x, y, 0.0)), gondola.outward((x, y, top))], SHELF, 1, 0.6)
    drawn.word(gondola.id, gondola.outward((widest / 2, deepest / 2, top)), SHELF, 1.15)


def _round(width: float, depth: float) -> Sequence[tuple[float, float]]:
    return ((0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth), (0.0, 0.0))


def _sheets(drawn: _Drawing, fit: PoseFit) -> None:
    """A cross where each was laid, and how far the view sees it from there."""
    for thing in fit.points.things:
        x, y, z = fit.points.places[fit.points.of == thing].mean(axis=0).tolist()
        for dx, dy in ((0.06, 0.0), (0.0, 0.06)):
            drawn.line([(x - dx, y - dy, z), (x + dx, y + dy, z)], SHEET, 2)
        drawn.word(f"{named(thing)}: {fit.off_cm[thing]:.1f} cm", (x, y, z), SHEET, 0.85, below=True)


class _Drawing:
    """A picture and the view through which things of the shop are drawn on it."""

    def __init__(self, out: Picture, view: View) -> None:
        self.out, self._view = out, view
        self._scale = max(0.8, out.shape[1] / 1280)

    def line(self, corners: Sequence[Point], colour: Colour, thick: int, strength: float = 1.0) -> None:
        """Straight in the shop, bent in the picture; what cannot be seen is left out."""
        points = [np.array(corners[0])[None]]
        for one, other in pairwise(corners):
            a, b = np.array(one, dtype=float), np.array(other, dtype=float)
            pieces = max(1, math.ceil(float(np.linalg.norm(b - a)) / STEP_M))
            points.append(a + (b - a) * (np.arange(1, pieces + 1) / pieces)[:, None])
        pixels = self._view.pixels(np.concatenate(points))
        far = 4.0 * max(self.out.shape[:2])
        seen = np.isfinite(pixels).all(axis=1) & (np.abs(np.nan_to_num(pixels)) < far).all(axis=1)
        starts = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
        runs = [pixels[i:j] for i, j in zip(starts[::2], starts[1::2], strict=True) if j - i > 1]
        if not runs:
            return
        paths = [np.rint(run * SHADE).astype(np.int32).reshape(-1, 1, 2) for run in runs]
        width = max(1, round(thick * self._scale))
        layer = self.out if strength >= 1 else self.out.copy()
        if strength >= 1:  # a dark rim, so that it is seen on white floors as well
            rim = self.out.copy()
            cv2.polylines(rim, paths, False, (20, 20, 20), width + 2, cv2.LINE_AA, 4)
            cv2.addWeighted(rim, 0.45, self.out, 0.55, 0, self.out)
        cv2.polylines(layer, paths, False, colour, width, cv2.LINE_AA, 4)
        if strength < 1:
            cv2.addWeighted(layer, strength, self.out, 1 - strength, 0, self.out)

    def word(self, text: str, at: Point, colour: Colour, size: float = 1.0, *, below: bool = False) -> None:
        """Beside a point of the shop."""
        u, v = self._view.pixels([at])[0].tolist()
        height, width = self.out.shape[:2]
        if not (math.isfinite(u) and 0 <= u < width and 0 <= v < height):
            return
        scale = 0.42 * size * self._scale
        shift = round(16 * self._scale) if below else -round(5 * self._scale)
        self._text(text, (round(u + 5 * self._scale), round(v) + shift), colour, scale)

    def legend(self, title: str) -> None:
        """Below the picture, so that it covers nothing."""
        step = round(20 * self._scale)
        strip = np.full((round(2.9 * step), self.out.shape[1], 3), 32, np.uint8)
        below = self.out.shape[0]
        self.out = np.vstack([self.out, strip])
        self._text(title, (step // 2, below + round(1.1 * step)), METRES, 0.46 * self._scale)
        x = step // 2
        for what, colour in LEGEND:
            y = below + round(2.2 * step)
            cv2.line(self.out, (x, y - step // 4), (x + step, y - step // 4), colour, max(2, step // 8), cv2.LINE_AA)
            self._text(what, (x + round(1.3 * step), y), METRES, 0.4 * self._scale)
            (wide, _), _ = cv2.getTextSize(what, cv2.FONT_HERSHEY_SIMPLEX, 0.4 * self._scale, 1)
            x += round(2.2 * step) + wide

    def _text(self, text: str, where: tuple[int, int], colour: Colour, scale: float) -> None:
        # A rim of the same letters: thicker ones are wider in OpenCV 5.
        rim = round(max(1.0, self._scale))
        around = [(dx, dy, (20, 20, 20)) for dx in (-rim, 0, rim) for dy in (-rim, 0, rim) if dx or dy]
        for dx, dy, ink in (*around, (0, 0, colour)):
            at = where[0] + dx, where[1] + dy
            cv2.putText(self.out, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)


def caption(camera: str, when: str, fit: PoseFit, residual_px: float) -> str:
    """What stands below the picture."""
    x, y, z = fit.view.position
    told = f"{camera}  {when}   hangs at {x:.2f}, {y:.2f}, {z:.2f} m"
    things = len([t for t in fit.points.things if t != BOARD])
    laid = f"{things} markers" if things else "the board"
    return f"{told}   lens {residual_px:.2f} px   floor {fit.residual_cm:.1f} cm by {laid}"
