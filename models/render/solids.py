"""What a ray can meet: limbs, ellipsoids and boxes.

Enters: one origin (3,) and directions (n, 3), unit vectors, float32, store frame, metres. Leaves: how far along each
ray the solid begins (n,), infinite where it is missed; and for points on it the outward normals (n, 3) and where they
are in the solid's own frame (n, 3), which is what patterns are painted by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""Single precision throughout: it is plenty for a pixel, and twice as fast."""

FAR = np.float32(1e9)


class Solid(Protocol):
    """Anything that can be drawn."""

    def corners(self) -> Array:
        """Points (8, 3) whose hull holds the solid."""
        ...

    def meet(self, origin: Array, rays: Array) -> Array:
        """Distances (n,) to where rays (n, 3) enter."""
        ...

    def surface(self, points: Array) -> tuple[Array, Array]:
        """Normals and own coordinates, (n, 3) each, of points (n, 3) on it."""
        ...


@dataclass(frozen=True, slots=True)
class Limb:
    """From ``a`` to ``b``, round at both ends, as thick as ``a_m`` and ``b_m`` (radii) there.

    The intersection is the rounded cone of I. Quilez (https://iquilezles.org/articles/intersectors/).
    """

    a: Array
    b: Array
    a_m: float
    b_m: float

    def corners(self) -> Array:
        low = np.minimum(self.a - self.a_m, self.b - self.b_m)
        high = np.maximum(self.a + self.a_m, self.b + self.b_m)
        return _corners(low, high)

    def meet(self, origin: Array, rays: Array) -> Array:
        along, from_a, from_b = self.b - self.a, origin - self.a, origin - self.b
        thinner = self.a_m - self.b_m
        slant = float(along @ along) - thinner * thinner
        start = float(along @ from_a)
        climb, near_a, near_b = rays @ along, rays @ from_a, rays @ from_b
        met = np.minimum(
            _ball(near_a, float(from_a @ from_a), self.a_m), _ball(near_b, float(from_b @ from_b), self.b_m)
        )
        if slant <= 1e-9:
            return met
        k2 = slant - climb * climb
        k1 = slant * near_a - start * climb + climb * (thinner * self.a_m)
        k0 = slant * float(from_a @ from_a) - start * start + 2 * start * thinner * self.a_m
        k0 -= float(along @ along) * self.a_m * self.a_m
        under = k1 * k1 - k0 * k2
        with np.errstate(invalid="ignore", divide="ignore"):
            far = (-np.sqrt(under) - k1) / k2
            height = start - self.a_m * thinner + far * climb
            side = (under > 0) & (height > 0) & (height < slant) & (far > 0)
        return np.where(side, np.minimum(far, met), met).astype(np.float32)

    def surface(self, points: Array) -> tuple[Array, Array]:
        along = self.b - self.a
        length = max(float(np.linalg.norm(along)), 1e-6)
        part = np.clip((points - self.a) @ along / length**2, 0.0, 1.0)
        out = points - (self.a + part[:, None] * along)
        normals = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
        round_it = np.arctan2(out[:, 1], out[:, 0]) * max(self.a_m, self.b_m)
        own = np.column_stack([round_it, part * length, out[:, 2]])
        return normals.astype(np.float32), own.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """Around ``centre``, with half axes ``half_m`` (3,) along the rows of ``axes`` (3, 3)."""

    centre: Array
    half_m: Array
    axes: Array

    def corners(self) -> Array:
        reach = np.sqrt(((self.axes * self.half_m[:, None]) ** 2).sum(axis=0))
        return _corners(self.centre - reach, self.centre + reach)

    def meet(self, origin: Array, rays: Array) -> Array:
        squeezed = (self.axes / self.half_m[:, None]).T
        start, way = (origin - self.centre) @ squeezed, rays @ squeezed
        a = np.einsum("ij,ij->i", way, way)
        b = way @ start
        under = b * b - a * (float(start @ start) - 1.0)
        with np.errstate(invalid="ignore"):
            far = (-b - np.sqrt(under)) / a
        return np.where((under > 0) & (far > 0), far, FAR).astype(np.float32)

    def surface(self, points: Array) -> tuple[Array, Array]:
        own = (points - self.centre) @ self.axes.T
        normals = (own / self.half_m**2) @ self.axes
        return normals / np.linalg.norm(normals, axis=1, keepdims=True), own


@dataclass(frozen=True, slots=True)
class Box:
    """From ``corner`` along the rows of ``axes`` (3, 3), as long as ``size_m`` (3,)."""

    corner: Array
    size_m: Array
    axes: Array

    def corners(self) -> Array:
        return _corners(np.zeros(3, np.float32), self.size_m) @ self.axes + self.corner

    def meet(self, origin: Array, rays: Array) -> Array:
        enters, leaves = np.full(len(rays), -FAR), np.full(len(rays), FAR)
        # One axis after the other: numpy is slow along an axis of three.
        for axis, start, long in zip(self.axes, self.axes @ (self.corner - origin), self.size_m, strict=True):
            way = rays @ axis
            with np.errstate(divide="ignore", invalid="ignore"):
                first, second = start / way, (start + long) / way
            np.maximum(enters, np.minimum(first, second), out=enters)
            np.minimum(leaves, np.maximum(first, second), out=leaves)
        return np.where((enters < leaves) & (enters > 0), enters, FAR).astype(np.float32)

    def surface(self, points: Array) -> tuple[Array, Array]:
        own = (points - self.corner) @ self.axes.T
        half = self.size_m / 2
        part = (own - half) / np.maximum(half, 1e-6)
        face = np.abs(part).argmax(axis=1)
        sign = np.sign(np.take_along_axis(part, face[:, None], 1))
        return (self.axes[face] * sign).astype(np.float32), own.astype(np.float32)


def _ball(near: Array, apart: float, radius: float) -> Array:
    """Distances to a ball: ``near`` is ray · (origin - centre), ``apart`` the square of the latter."""
    under = near * near - (apart - radius * radius)
    with np.errstate(invalid="ignore"):
        far = -near - np.sqrt(under)
    return np.where((under > 0) & (far > 0), far, FAR).astype(np.float32)


_UNIT = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float32)


def _corners(low: Array, high: Array) -> Array:
    return (low + _UNIT * (high - low)).astype(np.float32)


def upright(heading: float) -> Array:
    """Axes (3, 3) of something that stands: its right, its front (along ``heading``, radians), up."""
    c, s = np.cos(heading), np.sin(heading)
    return np.array([[s, -c, 0.0], [c, s, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)


def along(way: Array, aside: Array) -> Array:
    """Axes (3, 3) of something whose third axis points along ``way``; its first is as near to ``aside`` as can be."""
    up = way / max(float(np.linalg.norm(way)), 1e-9)
    right = aside - up * float(aside @ up)
    size = float(np.linalg.norm(right))
    if size < 1e-6:
        right = np.cross(up, np.array([0.0, 0.0, 1.0] if abs(up[2]) < 0.9 else [1.0, 0.0, 0.0]))
        size = float(np.linalg.norm(right))
    right = right / size
    return np.array([right, np.cross(up, right), up], dtype=np.float32)
