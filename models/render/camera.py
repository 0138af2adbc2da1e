"""Cameras as shops have them: lenses from narrow to fisheye, hung not quite straight, in good and in bad light.

Enters: chance; light on the film. Leaves: a `View`; a picture (h, w, 3) uint8 BGR with the sensor's noise, blur and
colours, as it comes out of a JPEG or video stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.optics import Distortion, Lens, View, looking_down, turn_of, turned
from edge.records import Point
from models.render.light import Light
from models.render.solids import Array

Picture = NDArray[np.uint8]

_STEPS = 4096
GRAIN_PX = 128


def a_lens(rng: np.random.Generator, width: int, height: int) -> Lens:
    """Between 75° and 130° across, anything between a straight picture and an equidistant fisheye."""
    across = math.radians(rng.uniform(75.0, 130.0))
    bend = float(np.clip(rng.normal(0.8, 0.3), 0.0, 1.0)) if across > 1.75 else float(rng.uniform(0.0, 1.0))
    distortion = bent(bend, rng.normal(0, 0.0006, 2).tolist())
    focal = focal_of(width, across, distortion)
    cx = (width - 1) / 2 + rng.normal(0, 0.01) * width
    cy = (height - 1) / 2 + rng.normal(0, 0.01) * width
    return Lens(width, height, focal, focal * float(rng.normal(1, 0.002)), float(cx), float(cy), distortion)


def focal_of(width: int, across: float, distortion: Distortion) -> float:
    """The focal length, pixels, at which ``width`` pixels see ``across`` radians."""
    edge = math.tan(across / 2)
    q = edge * edge
    k1, k2, _, _, _, k4, k5, _ = distortion
    reach = edge * (1 + q * (k1 + q * k2)) / (1 + q * (k4 + q * k5))
    return width / 2 / reach


def bent(bend: float, askew: list[float]) -> Distortion:
    """Distortion of a lens: ``bend`` 0 pinhole … 1 equidistant (r' = arctan(bend r) / bend, as its Padé form)."""
    q = bend * bend
    return 7 / 9 * q, 64 / 945 * q * q, askew[0], askew[1], 0.0, 10 / 9 * q, 5 / 21 * q * q, 0.0


def hang(rng: np.random.Generator, lens: Lens, at: Point) -> View:
    """A camera at a place under the ceiling: mostly looking down, sometimes into the room."""
    level = looking_down(lens, at, float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 8)))
    tilt = rng.normal(0, math.radians(4), 2) if rng.random() < 0.8 else rng.normal(0, math.radians(14), 2)
    matrix = turned((float(tilt[0]), float(tilt[1]), 0.0)) @ level.camera_from_store
    return View(lens, at, turn_of(matrix))


def hang_aside(rng: np.random.Generator, lens: Lens, at: Point, middle: tuple[float, float]) -> View:
    """A camera at a wall that looks into the room: 25° to 60° from straight down, towards the room's middle."""
    tilt, roll = math.radians(rng.uniform(25.0, 60.0)), rng.normal(0.0, math.radians(4.0))
    way = math.atan2(middle[1] - at[1], middle[0] - at[0]) + rng.normal(0.0, 0.4)
    forward = np.array([math.sin(tilt) * math.cos(way), math.sin(tilt) * math.sin(way), -math.cos(tilt)])
    right = np.array([math.sin(way), -math.cos(way), 0.0])
    level = np.stack([right, np.cross(forward, right), forward])
    return View(lens, at, turn_of(turned((0.0, 0.0, float(roll))) @ level))


def a_light(rng: np.random.Generator, kept_back: bool = False) -> Light:
    """Light as shops have it; ``kept_back``: one-sided and patchy as no training picture is."""
    angle, up = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 1.2)
    towards = np.array([math.cos(angle), math.sin(angle), up], np.float32)
    side = rng.uniform(0.5, 0.8) if kept_back else rng.uniform(0.0, 0.5)
    pools = rng.uniform(0.3, 0.45) if kept_back and rng.random() < 0.5 else rng.uniform(0.0, 0.3)
    return Light(float(rng.uniform(0.1, 0.35)), float(rng.uniform(0.4, 0.9)), float(side),
                 (towards / np.linalg.norm(towards)).astype(np.float32), float(pools), float(rng.uniform(1.2, 3.0)),
                 (float(rng.uniform(0, 3)), float(rng.uniform(0, 3))))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sensor:
    """What makes a picture of light: ``bright`` is the mean that auto-exposure aims at, 0…1 of the coded range."""

    bright: float
    tint: tuple[float, float, float]
    gamma: float
    saturation: float
    vignette: float
    blur_px: float
    noise: float
    jpeg: int

    def develop(self, light: Array, rng: np.random.Generator) -> Picture:
        """A picture (h, w, 3) uint8 of linear light (h, w, 3)."""
        light = light * np.array(self.tint, np.float32)
        if self.vignette:
            light *= _falloff(light.shape[0], light.shape[1], self.vignette)[..., None]
        if self.blur_px > 0.2:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), self.blur_px), np.float32)
        light *= np.float32(self.bright**self.gamma / max(1e-4, float(light.mean())))
        np.clip(light, 0.0, 1.0, out=light)
        light += _grain(light.shape[:2], rng) * (0.6 * self.noise * (0.35 + np.sqrt(light)))
        np.clip(light, 0.0, 1.0, out=light)
        coded = _curve(self.gamma)[(light * (_STEPS - 1)).astype(np.uint16)]
        if self.saturation != 1.0:
            # Ten times as fast as `mean` over so short an axis, and the same to the last bit.
            grey = (coded[..., :1] + coded[..., 1:2] + coded[..., 2:]) / np.float32(3)
            coded -= grey
            coded *= self.saturation
            coded += grey
            np.clip(coded, 0, 1, out=coded)
        picture: Picture = (coded * 255).astype(np.uint8)
        if self.jpeg < 100:
            squeezed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])[1]
            return np.asarray(cv2.imdecode(squeezed, cv2.IMREAD_COLOR), np.uint8)
        return picture


def a_sensor(rng: np.random.Generator, kept_back: bool = False) -> Sensor:
    """A camera's temper, from a good one by day to a cheap one by night."""
    warm = rng.uniform(-0.18, 0.18) * (1.5 if kept_back else 1.0)
    return Sensor(
        bright=float(rng.uniform(0.28, 0.62)),
        tint=(1.0 - float(warm), float(rng.uniform(0.94, 1.06)), 1.0 + float(warm)),
        gamma=float(rng.uniform(1.9, 2.5)),
        saturation=float(rng.uniform(0.0, 0.2)) if rng.random() < 0.05 else float(rng.uniform(0.6, 1.25)),
        vignette=float(rng.uniform(0.0, 0.5)),
        blur_px=float(rng.uniform(0.3, 0.9)),
        noise=float(rng.uniform(0.002, 0.05)),
        jpeg=int(rng.integers(45, 98)),
    )


def _grain(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """Noise (h, w, 3) of standard deviation 1: cut out of one sheet anywhere, for drawing it anew is slow."""
    sheet = _noise(size[0] + GRAIN_PX, size[1] + GRAIN_PX)
    y, x = rng.integers(0, GRAIN_PX, 2)
    return sheet[y : y + size[0], x : x + size[1]]


@lru_cache(maxsize=4)
def _noise(height: int, width: int) -> Array:
    return np.random.default_rng(0).standard_normal((height, width, 3), np.float32)


@lru_cache(maxsize=256)
def _curve(gamma: float) -> Array:
    """Coded brightness of linear light, in `_STEPS` steps."""
    curve: Array = (np.linspace(0.0, 1.0, _STEPS) ** (1.0 / gamma)).astype(np.float32)
    return curve


@lru_cache(maxsize=16)
def _falloff(height: int, width: int, vignette: float) -> Array:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall: Array = (1.0 - vignette * (x * x + y * y) / 2.0).astype(np.float32)
    return fall
