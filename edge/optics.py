"""How a camera sees: from points of the shop to pixels, and from pixels back to rays.

Enters: points in metres, pixels. Leaves: the other ones. The model is OpenCV's pinhole with rational distortion
(https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html): calibration fits it, the camera node looks through it, and the
renderer draws with it, so that all three mean the same. It holds for lenses up to some 135° wide, which is what hangs
under a low ceiling: with k1, k2, k4, k5 = 7/9, 64/945, 10/9, 5/21 it is an equidistant fisheye (the Padé form of the
arc tangent).

Frames: *store* (metres, right-handed, z up, floor at z = 0); *camera* (metres, x to the right and y down in the
picture, z along the line of sight); *pixels* (the centre of the upper left pixel is 0, 0). A point that no pixel shows,
and a ray that meets nothing, is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.records import Point

Array = NDArray[np.float64]
Distortion = tuple[float, float, float, float, float, float, float, float]

STRAIGHT: Distortion = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

WIDEST = 4.0
"""Tangent of the steepest ray that is believed (76° off the axis): further out the model is no lens any more."""
_STEPS = 2048
_ROUNDS, _EXACT = 6, 1e-9


@dataclass(frozen=True)
class Lens:
    """A lens and the size of its picture. ``distortion``: k1 k2 p1 p2 k3 k4 k5 k6, as OpenCV orders them."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: Distortion = STRAIGHT

    @cached_property
    def matrix(self) -> Array:
        """Pixels from the undistorted picture plane, shape (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def pixels(self, points: ArrayLike) -> Array:
        """Where points of the camera frame (n, 3) are seen: (n, 2)."""
        x, y, z = np.asarray(points, dtype=np.float64).reshape(-1, 3).T
        ahead = np.where(z > 1e-6, z, np.nan)
        x, y = x / ahead, y / ahead
        r = np.hypot(x, y)
        scale = np.where(r <= _field(self.distortion)[0][-1], _radial(r, self.distortion), np.nan)
        dx, dy = _sideways(x, y, self.distortion)
        return np.column_stack([(x * scale + dx) * self.fx + self.cx, (y * scale + dy) * self.fy + self.cy])

    def rays(self, pixels: ArrayLike) -> Array:
        """The directions from which pixels (n, 2) see: unit vectors (n, 3) of the camera frame."""
        u, v = np.asarray(pixels, dtype=np.float64).reshape(-1, 2).T
        bent_x, bent_y = (u - self.cx) / self.fx, (v - self.cy) / self.fy
        x, y = _unbent(bent_x, bent_y, self.distortion)
        for _ in range(_ROUNDS if any(self.distortion[2:4]) else 0):
            dx, dy = _sideways(x, y, self.distortion)
            before, (x, y) = x, _unbent(bent_x - dx, bent_y - dy, self.distortion)
            if not (np.abs(x - before) > _EXACT).any():
                break
        rays = np.column_stack([x, y, np.ones_like(x)])
        unit: Array = rays / np.linalg.norm(rays, axis=1, keepdims=True)
        return unit

    def spread(self, pixels: ArrayLike) -> Array:
        """Pixels per radian at pixels (n, 2), to the right and downwards: (n, 2). A ball of radius r at distance d is
        seen about 2 r / d times as wide and as high as this.
        """
        return self.spread_along(self.rays(pixels))

    def spread_along(self, rays: Array) -> Array:
        """The same for unit vectors (n, 3) of the camera frame."""
        right = np.column_stack([rays[:, 2], np.zeros(len(rays)), -rays[:, 0]])
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        down = np.cross(rays, right)
        step = 1e-4
        there = self.pixels(
            np.vstack([rays + step * right, rays - step * right, rays + step * down, rays - step * down])
        )
        ahead_x, back_x, ahead_y, back_y = there.reshape(4, -1, 2) / (2 * step)
        per_radian: Array = np.hypot(ahead_x - back_x, ahead_y - back_y)
        return per_radian

    def scaled(self, width: int, height: int) -> Lens:
        """The same lens for a picture of another size of the same view."""
        sx, sy = width / self.width, height / self.height
        cx, cy = (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5
        return Lens(width, height, self.fx * sx, self.fy * sy, cx, cy, self.distortion)

    def inside(self, pixels: ArrayLike) -> NDArray[np.bool_]:
        """Which pixels (n, 2) are on the picture: (n,)."""
        u, v = np.asarray(pixels, dtype=np.float64).reshape(-1, 2).T
        on: NDArray[np.bool_] = (u >= -0.5) & (u < self.width - 0.5) & (v >= -0.5) & (v < self.height - 0.5)
        return on


@dataclass(frozen=True)
class View:
    """A lens at its place in the shop. ``rotation``: the rotation vector of `camera_from_store`, radians."""

    lens: Lens
    position: Point
    rotation: Point

    @cached_property
    def camera_from_store(self) -> Array:
        """Rotation, shape (3, 3): a direction of the store frame in the camera frame."""
        return turned(self.rotation)

    @cached_property
    def tilt_deg(self) -> float:
        """How far from straight down it looks: 0 at the floor below, 90 at the horizon."""
        return math.degrees(math.acos(min(1.0, max(-1.0, -float(self.camera_from_store[2, 2])))))

    def pixels(self, points: ArrayLike) -> Array:
        """Where points of the store frame (n, 3) are seen: (n, 2)."""
        moved = np.asarray(points, dtype=np.float64).reshape(-1, 3) - np.asarray(self.position)
        return self.lens.pixels(moved @ self.camera_from_store.T)

    def rays(self, pixels: ArrayLike) -> Array:
        """The directions from which pixels (n, 2) see: unit vectors (n, 3) of the store frame."""
        rays: Array = self.lens.rays(pixels) @ self.camera_from_store
        return rays

    def at_height(self, pixels: ArrayLike, z_m: ArrayLike) -> Array:
        """Where the rays of pixels (n, 2) meet the heights ``z_m`` (one, or (n,)): store frame, (n, 3)."""
        rays = self.rays(pixels)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = (np.asarray(z_m, dtype=np.float64) - self.position[2]) / rays[:, 2]
        far = np.where(np.isfinite(far) & (far > 0.0), far, np.nan)
        met: Array = np.asarray(self.position) + rays * far[:, None]
        return met

    def balls(self, points: ArrayLike, sizes_m: ArrayLike) -> Array:
        """How wide and high balls around points of the store frame (n, 3) are seen, pixels (n, 2). ``sizes_m``: their
        diameters, one or (n,).
        """
        where = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        far_m = np.linalg.norm(where - np.asarray(self.position), axis=1)
        sides: Array = self.lens.spread(self.pixels(where)) * (np.asarray(sizes_m) / far_m)[:, None]
        return sides

    def scaled(self, width: int, height: int) -> View:
        """The same camera with a picture of another size."""
        return View(self.lens.scaled(width, height), self.position, self.rotation)


def looking_down(lens: Lens, position: Point, yaw_deg: float = 0.0) -> View:
    """A camera that looks straight down; with ``yaw_deg`` 0 the upper edge of its picture is towards +y, and it is
    turned counter-clockwise seen from above.
    """
    yaw = math.radians(yaw_deg)
    c, s = math.cos(yaw), math.sin(yaw)
    return View(lens, position, turn_of(np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]])))


def turned(rotation: ArrayLike) -> Array:
    """The matrix (3, 3) of a rotation vector (Rodrigues)."""
    vector = np.asarray(rotation, dtype=np.float64)
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * (cross @ cross)
    return turn


def turn_of(matrix: Array) -> Point:
    """The rotation vector of a matrix (3, 3), its length at most π."""
    # By way of the quaternion, from whichever row of its outer product is largest: a camera that looks straight down
    # is turned by nearly π, where the antisymmetric part alone says nothing.
    m = matrix
    outer = np.array(
        [
            [1 + m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], 1 - m[0, 0] + m[1, 1] - m[2, 2], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 - m[0, 0] - m[1, 1] + m[2, 2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    x, y, z, w = outer[int(np.argmax(np.diag(outer)))]
    if w < 0.0:
        x, y, z, w = -x, -y, -z, -w
    length = math.sqrt(x * x + y * y + z * z)
    far = 2.0 * math.atan2(length, w) / length if length > 1e-15 else 0.0
    return float(x * far), float(y * far), float(z * far)


def _radial(r: Array, distortion: Distortion) -> Array:
    k1, k2, _, _, k3, k4, k5, k6 = distortion
    q = r * r
    scale: Array = (1.0 + q * (k1 + q * (k2 + q * k3))) / (1.0 + q * (k4 + q * (k5 + q * k6)))
    return scale


def _sideways(x: Array, y: Array, distortion: Distortion) -> tuple[Array, Array]:
    """What a lens that sits askew adds (tangential distortion)."""
    p1, p2 = distortion[2:4]
    q = x * x + y * y
    return 2.0 * p1 * x * y + p2 * (q + 2.0 * x * x), p1 * (q + 2.0 * y * y) + 2.0 * p2 * x * y


def _unbent(bent_x: Array, bent_y: Array, distortion: Distortion) -> tuple[Array, Array]:
    """Undo the radial distortion: look the radius up, then make it exact by a step of Newton's method."""
    straight, bent = _field(distortion)
    wanted = np.hypot(bent_x, bent_y)
    r = np.interp(wanted, bent, straight, right=np.nan)
    step = 1e-6
    here = r * _radial(r, distortion)
    slope = ((r + step) * _radial(r + step, distortion) - here) / step
    r = r - (here - wanted) / slope
    scale = np.where(wanted > 1e-12, r / np.where(wanted > 1e-12, wanted, 1.0), 1.0)
    return bent_x * scale, bent_y * scale


@lru_cache(maxsize=64)
def _field(distortion: Distortion) -> tuple[Array, Array]:
    """Radii before and after distortion, (n,) each, as far out as they still grow together."""
    r = np.linspace(0.0, WIDEST, _STEPS)
    bent = r * _radial(r, distortion)
    falls = np.flatnonzero(~(np.diff(bent) > 0.0))
    last = int(falls[0]) + 1 if falls.size else r.size
    return r[:last], bent[:last]
