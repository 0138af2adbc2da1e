"""Printed sheets under a ceiling camera: what calibration is tried on, since no camera is at hand.

Enters: a `View`, pages as they are printed (`calibration.camera.sheets`) and where they lie or are held. Leaves: the
picture, drawn through `edge.optics` exactly, then spoilt as cameras do: a lens that is not quite sharp, light that
comes from one side, noise, rounding. Also lenses and places drawn by chance, and a technician who holds a board
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.sheets import DOTS_PER_MM, Paper, board_page, marker_centre_mm, marker_page
from edge.optics import Distortion, Lens, View, looking_down, turn_of, turned
from edge.records import Point

Array = NDArray[np.float64]
Grey = NDArray[np.float32]
Picture = NDArray[np.uint8]

SUB = 3
"""Each pixel is drawn from so many rays along either side."""
SIZES = ((640, 480), (1280, 720), (1280, 960), (1920, 1080))
PAPER_WHITE, INK = 205.0, 28.0


@dataclass(frozen=True, eq=False)
class Laid:
    """A flat page in the shop: ``corner`` is its upper left, ``right`` and ``down`` unit vectors along its edges.

    ``page`` (height, width): light that it gives back, 0…255; a dot is ``pitch_m`` wide.
    """

    page: Grey
    pitch_m: float
    corner: Array
    right: Array
    down: Array

    @property
    def outline(self) -> Array:
        """Points around its edge, (n, 3)."""
        height, width = (n * self.pitch_m for n in self.page.shape)
        along = np.linspace(0.0, 1.0, 24)
        one, nought = np.ones(24), np.zeros(24)
        x = np.concatenate([along, one, along, nought]) * width
        y = np.concatenate([nought, along, one, along]) * height
        around: Array = self.corner + x[:, None] * self.right + y[:, None] * self.down
        return around


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What a camera adds: ``blur_px`` and ``noise`` are standard deviations, pixels and steps of 255."""

    blur_px: float = 0.6
    noise: float = 2.5
    uneven: float = 0.25
    """Light falls off by this share across the picture."""


def page_of(printed: Picture) -> tuple[Grey, float]:
    """A printed page as it gives light back, and its dots' pitch in metres; 150 dpi are more than is ever seen."""
    half = cv2.resize(printed, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32)
    return INK + half * np.float32((PAPER_WHITE - INK) / 255.0), 2 * 0.001 / DOTS_PER_MM


def lying(printed: Picture, held_at_mm: tuple[float, float], at: Sequence[float], yaw_deg: float) -> Laid:
    """A page flat on the floor (or at another height): its point ``held_at_mm`` lies at ``at``, its lines of text run
    towards ``yaw_deg``.
    """
    yaw = math.radians(yaw_deg)
    right = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    down = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    page, pitch_m = page_of(printed)
    where = np.array([*at, 0.0][:3])
    held = 0.001 * (held_at_mm[0] * right + held_at_mm[1] * down)
    return Laid(page, pitch_m, where - held, right, down)


def marker_lying(paper: Paper, number: int, at: Sequence[float], yaw_deg: float = 0.0) -> Laid:
    """A floor marker with its centre at ``at``."""
    return lying(marker_page(paper, number), marker_centre_mm(paper), at, yaw_deg)


# --- drawing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Camera:
    """A view and the ray of every pixel, worked out once: x/z and y/z (camera frame), one pixel beyond the edges."""

    view: View
    rays: tuple[Grey, Grey] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lens = self.view.lens
        u, v = np.meshgrid(np.arange(-1, lens.width + 1), np.arange(-1, lens.height + 1))
        rays = lens.rays(np.column_stack([u.ravel(), v.ravel()]))
        x, y = ((rays[:, i] / rays[:, 2]).reshape(u.shape).astype(np.float32) for i in (0, 1))
        object.__setattr__(self, "rays", (x, y))

    def moved(self, view: View) -> Camera:
        """The same lens elsewhere."""
        camera = object.__new__(Camera)
        object.__setattr__(camera, "view", view)
        object.__setattr__(camera, "rays", self.rays)
        return camera


def photograph(
    camera: Camera, laid: Sequence[Laid], seed: int, spoilt: Spoilt = Spoilt(), floor: Grey | None = None
) -> Picture:
    """What the camera shows of these pages, the later ones in front, (height, width)."""
    rng = np.random.default_rng(seed)
    lens = camera.view.lens
    ground = floor if floor is not None else _ground(lens, rng)
    light = np.where(np.isfinite(camera.rays[0][1:-1, 1:-1]), ground, 0.0).astype(np.float32)
    for one in laid:
        _draw(camera, one, light)
    if spoilt.blur_px > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), spoilt.blur_px), dtype=np.float32)
    u, v = np.meshgrid(np.linspace(-0.5, 0.5, lens.width), np.linspace(-0.5, 0.5, lens.height))
    turn = rng.uniform(0, 2 * math.pi)
    light = light * (1.0 - spoilt.uneven * (0.5 + u * math.cos(turn) + v * math.sin(turn))).astype(np.float32)
    light = light + rng.normal(0.0, spoilt.noise, light.shape).astype(np.float32)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def _ground(lens: Lens, rng: np.random.Generator) -> Grey:
    """A floor that is nothing in particular."""
    coarse = rng.normal(110.0, 14.0, (lens.height // 40 + 2, lens.width // 40 + 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (lens.width, lens.height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _draw(camera: Camera, laid: Laid, light: Grey) -> None:
    """In place."""
    view = camera.view
    turn, lens = view.camera_from_store, view.lens
    seen = view.pixels(laid.outline)
    if np.isnan(seen).all():
        return
    whole = np.isnan(seen).any()
    u0, v0 = (0, 0) if whole else np.maximum(np.floor(seen.min(axis=0)).astype(int), 0)
    last = np.array([lens.width, lens.height])
    u1, v1 = last if whole else np.minimum(np.ceil(seen.max(axis=0)).astype(int) + 1, last)
    if u1 <= u0 or v1 <= v0:
        return
    sub = (np.arange((u1 - u0) * SUB) + 0.5) / SUB - 0.5 + u0, (np.arange((v1 - v0) * SUB) + 0.5) / SUB - 0.5 + v0
    at_u, at_v = (a.astype(np.float32) + 1 for a in np.meshgrid(*sub))  # the rays begin one pixel further out
    x, y = (np.asarray(cv2.remap(rays, at_u, at_v, cv2.INTER_LINEAR), np.float32) for rays in camera.rays)
    # p/z = ray/z, so that (across, along, 1) is a fixed matrix times the ray, up to its length
    corner = turn @ (laid.corner - np.asarray(view.position))
    basis = np.column_stack([turn @ laid.right * laid.pitch_m, turn @ laid.down * laid.pitch_m, corner])
    h = [[float(v) for v in row] for row in np.linalg.inv(basis)]
    depth = h[2][0] * x + h[2][1] * y + h[2][2]
    depth[~(depth > 0)] = np.nan
    across = (h[0][0] * x + h[0][1] * y + h[0][2]) / depth
    along = (h[1][0] * x + h[1][1] * y + h[1][2]) / depth
    colour, cover = _sampled(laid.page, across.astype(np.float32), along.astype(np.float32))
    box = light[v0:v1, u0:u1]
    size = (u1 - u0, v1 - v0)
    share = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    box[:] = box * (1 - share) + cv2.resize(colour, size, interpolation=cv2.INTER_AREA)


def _sampled(page: Grey, across: Grey, along: Grey) -> tuple[Grey, Grey]:
    """The page where rays meet it (dots from its corner): its light, 0 beside it, and 1 where it is met."""
    height, width = page.shape
    met = (across >= 0) & (across < width) & (along >= 0) & (along < height)
    if not met.any():
        return np.zeros_like(across, dtype=np.float32), met.astype(np.float32)
    step = np.nanmedian(np.hypot(np.diff(across, axis=1)[:, :-1], np.diff(along, axis=1)[:, :-1])[met[:, 2:]])
    factor = max(1, 2 ** int(math.log2(max(1.0, float(step)))))
    coarse = cv2.resize(page, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    sx, sy = coarse.shape[1] / width, coarse.shape[0] / height
    at = [np.where(met, a * s - 0.5, -9.0).astype(np.float32) for a, s in ((across, sx), (along, sy))]
    sampled = cv2.remap(coarse, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(met, sampled, 0.0).astype(np.float32), met.astype(np.float32)


# --- by chance ----------------------------------------------------------------------------------------------------


def random_lens(rng: np.random.Generator, width: int, height: int, across_deg: float) -> Lens:
    """A lens whose picture is ``across_deg`` wide, of the family r = f k tan(θ/k): a pinhole with k = 1, a
    stereographic fisheye with 2, an equidistant one with many; put together not quite straight.
    """
    k = 1.0 / float(rng.uniform(0.1, 0.9))
    half = math.radians(across_deg) / 2
    f = (width / 2) / (k * math.tan(half / k))
    k1, k2, k4, k5 = _rational(k)
    p1, p2 = rng.normal(0.0, 2e-4, 2)
    distortion: Distortion = (k1, k2, float(p1), float(p2), 0.0, k4, k5, 0.0)
    cx, cy = (np.array([width, height]) - 1) / 2 + rng.normal(0.0, 0.008, 2) * width
    return Lens(width, height, f, f * float(rng.normal(1.0, 0.001)), float(cx), float(cy), distortion)


def _rational(k: float) -> tuple[float, float, float, float]:
    """k1 k2 k4 k5 that bend tan(θ) to k tan(θ/k), by least squares as far out as lenses are believed."""
    theta = np.linspace(1e-3, math.radians(75.5), 400)
    r = np.tan(theta)
    q, s = r * r, k * np.tan(theta / k) / r
    # s (1 + k4 q + k5 q²) = 1 + k1 q + k2 q²
    rows = np.column_stack([q, q**2, -s * q, -s * q**2]) / ((1 + q) ** 2)[:, None]
    k1, k2, k4, k5 = (float(v) for v in np.linalg.lstsq(rows, (s - 1) / (1 + q) ** 2, rcond=None)[0])
    return k1, k2, k4, k5


def random_view(rng: np.random.Generator, lens: Lens) -> View:
    """Under a ceiling of 2.4 to 3.4 m, somewhere in a shop, turned anyhow and up to 12° askew."""
    place: Point = (float(rng.uniform(2, 4)), float(rng.uniform(2, 4)), float(rng.uniform(2.4, 3.4)))
    view = looking_down(lens, place, float(rng.uniform(-180, 180)))
    tilt = np.radians(rng.uniform(0, 12)) * np.array([np.cos(a := rng.uniform(0, 2 * np.pi)), np.sin(a), 0.0])
    return View(lens, place, turn_of(turned(tilt) @ view.camera_from_store))


def boards_held(
    view: View, paper: Paper, rng: np.random.Generator, pictures: int, *, spread: float = 0.94
) -> Iterator[Laid]:
    """A technician holds the board under the camera, tilted this way and that, until every part of the picture has
    seen it. ``spread``: how far towards the edges.
    """
    printed = board_page(paper)
    page, pitch_m = page_of(printed)
    lens = view.lens
    width_m, height_m = 0.001 * paper.width_mm, 0.001 * paper.height_mm
    for i in range(pictures):
        cell = np.array([i % 4, (i // 4) % 4]) + rng.uniform(0.0, 1.0, 2)
        aim = (cell / 4 - 0.5) * spread + 0.5
        ray = lens.rays([aim * (lens.width, lens.height)])[0]
        if np.isnan(ray).any():
            continue
        # so far away that it is seen about a third of the picture wide
        near_m = max(0.22, width_m * lens.fx / (rng.uniform(0.26, 0.42) * lens.width))
        facing = _facing(ray, rng)
        turn = view.camera_from_store.T @ facing
        middle = np.asarray(view.position) + view.camera_from_store.T @ (ray * near_m)
        right, down = turn[:, 0], turn[:, 1]
        yield Laid(page, pitch_m, middle - right * width_m / 2 - down * height_m / 2, right, down)


def _facing(ray: Array, rng: np.random.Generator) -> Array:
    """camera_from_page, (3, 3): a page held towards the lens along ``ray``, turned anyhow, tilted by 10 to 40°."""
    away = np.cross([0.0, 0.0, 1.0], ray)
    size = float(np.linalg.norm(away))
    towards = turned(away / size * math.asin(min(1.0, size))) if size > 1e-9 else np.eye(3)
    tilt = np.radians(rng.uniform(10, 40)) * np.array([np.cos(a := rng.uniform(0, 2 * np.pi)), np.sin(a), 0.0])
    facing: Array = towards @ turned(tilt) @ turned([0.0, 0.0, rng.uniform(0, 2 * math.pi)])
    return facing
