"""The picture that solids are drawn on: nearest wins, and everybody's pixels are known.

Enters: a `View`, solids with their paint and an owner. Leaves: light (h, w, 3) float32, linear, BGR; who owns each
pixel; how much of what an owner covers is hidden by others. One ray goes through the centre of each pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.optics import View
from models.render.light import Light
from models.render.paint import Paint
from models.render.solids import FAR, Array, Solid

MARGIN_PX = 2
BESIDE = 0.03 * np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], np.float32)
INSIDE_M = 0.08
"""A joint lies no deeper in its own limb than this."""
NOBODY = 0
CLOSE_M, ROOM_M = 0.08, 6.0
"""What lies this far before something takes light from it; what lies several times as far before it, none. Nothing is
further away than a room is deep."""
RINGS = ((0.02, 0.0), (0.08, 0.4))
"""Around each pixel it is looked so far aside, from this angle on every quarter turn …"""
TYPICAL_M = 2.0
"""… as metres are seen from here."""
DIMMED = 0.8
"""How much darker it is where there is something close before it on all sides."""


class Painted(NamedTuple):
    """A solid, what covers it, whose it is (0: nobody's), and how much of the light reaches it."""

    solid: Solid
    paint: Paint
    owner: int = NOBODY
    lit: float = 1.0


@dataclass
class Film:
    """What a camera's pixels have seen so far."""

    view: View
    light: Light
    rays: Array = field(init=False)
    """(h, w, 3): unit vectors, store frame."""
    depth: Array = field(init=False)
    """(h, w): metres along the ray."""
    colour: Array = field(init=False)
    owner: NDArray[np.int32] = field(init=False)
    covers: dict[int, NDArray[np.bool_]] = field(init=False, default_factory=dict)
    """Owner -> which pixels (h, w) they would cover alone."""

    def __post_init__(self) -> None:
        lens = self.view.lens
        grid = np.stack(np.meshgrid(np.arange(lens.width), np.arange(lens.height)), axis=-1).reshape(-1, 2)
        rays = self.view.rays(grid).reshape(lens.height, lens.width, 3)
        self.rays = np.nan_to_num(rays).astype(np.float32)
        self.depth = np.full((lens.height, lens.width), FAR, np.float32)
        self.colour = np.zeros((lens.height, lens.width, 3), np.float32)
        self.owner = np.zeros((lens.height, lens.width), np.int32)

    def copy(self) -> Film:
        """The same scene so far, which nobody owns yet, to draw people on."""
        other = object.__new__(Film)
        other.view, other.light, other.rays = self.view, self.light, self.rays
        other.depth, other.colour, other.owner = self.depth.copy(), self.colour.copy(), self.owner.copy()
        other.covers = {}
        return other

    def draw(self, things: Sequence[Painted]) -> None:
        """Draw solids; the order does not matter."""
        if not things:
            return
        corners = np.stack([t.solid.corners() for t in things])
        spots = self.view.pixels(corners.reshape(-1, 3)).reshape(len(things), 8, 2)
        for thing, seen in zip(things, spots, strict=True):
            window = self.window(seen)
            if window is not None:
                self._draw(thing, window)

    def window(self, seen: NDArray[np.float64]) -> tuple[slice, slice] | None:
        """Rows and columns that hold what is seen at pixels (n, 2); all if a part of it is outside the lens' field."""
        height, width = self.depth.shape
        known = seen[~np.isnan(seen[:, 0])]
        if not len(known):
            return None
        if len(known) < len(seen):
            return slice(0, height), slice(0, width)
        # Straight edges are bent by the lens: the longer they are the more.
        spare = MARGIN_PX + 0.06 * float(np.ptp(known, axis=0).max())
        (left, top), (right, bottom) = known.min(axis=0) - spare, known.max(axis=0) + spare
        columns = slice(max(0, int(left)), min(width, int(right) + 1))
        rows = slice(max(0, int(top)), min(height, int(bottom) + 1))
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None

    def _draw(self, thing: Painted, window: tuple[slice, slice]) -> None:
        origin = np.asarray(self.view.position, np.float32)
        rays = self.rays[window]
        flat = rays.reshape(-1, 3)
        far = thing.solid.meet(origin, flat)
        met = far < FAR
        if thing.owner != NOBODY:
            if thing.owner not in self.covers:
                self.covers[thing.owner] = np.zeros(self.depth.shape, np.bool_)
            self.covers[thing.owner][window] |= met.reshape(rays.shape[:2])
        nearer = far < self.depth[window].reshape(-1)
        if not nearer.any():
            return
        far, hit = far[nearer], nearer.reshape(rays.shape[:2])
        points = origin + flat[nearer] * far[:, None]
        normals, own = thing.solid.surface(points)
        colours = thing.paint.colours(own) * (self.light.on(points, normals) * thing.lit)[:, None]
        self.depth[window][hit] = far
        self.colour[window][hit] = colours
        self.owner[window][hit] = thing.owner

    def exposure(self) -> Array:
        """The light (h, w, 3), less what is missing where something is close before it: in corners, between fingers,
        around an arm that lies on a body (ambient occlusion in the picture's own plane: Mittring 2007).
        """
        near = self.depth.clip(max=ROOM_M)
        hidden = np.zeros_like(near)
        for far_m, turn in RINGS:
            far_px = far_m / TYPICAL_M * self.view.lens.fx
            for angle in turn + np.arange(4) * (np.pi / 2):
                shift = np.array([[1, 0, far_px * np.cos(angle)], [0, 1, far_px * np.sin(angle)]])
                beside = cv2.warpAffine(
                    near, shift, near.shape[::-1], flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
                )
                before = np.subtract(near, beside, out=beside)
                before /= np.float32(CLOSE_M)
                less = 3.0 - before / 2
                np.clip(before, 0.0, 1.0, out=before)
                before *= np.clip(less, 0.0, 1.0, out=less)
                hidden += before
        dimmed: Array = self.colour * (1.0 - DIMMED * hidden / (4 * len(RINGS)))[..., None]
        return dimmed

    def visible(self, owner: int) -> tuple[int, float]:
        """Pixels that an owner shows, and which share that is of what they would show if nothing stood before them."""
        alone = self.covers.get(owner)
        if alone is None:
            return 0, 0.0
        shown = int(np.count_nonzero(self.owner == owner))
        return shown, shown / max(1, int(np.count_nonzero(alone)))

    def clear(self, point: Array) -> float:
        """Which share of the rays to a joint (3,) and close beside it end there, and at nothing before."""
        spots = self.view.pixels(point + BESIDE)
        on = self.view.lens.inside(spots)
        if not on.any():
            return 0.0
        far = np.linalg.norm(point + BESIDE[on] - self.view.position, axis=1)
        columns, rows = np.rint(spots[on]).astype(int).T
        return float((self.depth[rows, columns] >= far - INSIDE_M).mean())

    def points(self, window: tuple[slice, slice]) -> Array:
        """Where each pixel's ray ended: (h, w, 3), store frame."""
        points: Array = np.asarray(self.view.position, np.float32) + self.rays[window] * self.depth[window][..., None]
        return points
