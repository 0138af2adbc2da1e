"""People of joints: what a pose network that errs a little would tell of somebody in the shop."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.camera.detect import Bodies, Detections
from edge.camera.networks.form import SIZES_M
from edge.camera.networks.poses import Poses, things
from edge.optics import Lens, View, turn_of

Array = NDArray[np.float64]

LENS = Lens(1280, 960, 640.0, 640.0, 639.5, 479.5)
"""90° wide."""


def tilted(tilt_deg: float, height_m: float, lens: Lens = LENS) -> View:
    """A camera above the origin that looks so far from straight down, towards +y; the upper edge of its picture is
    away from it."""
    t = math.radians(tilt_deg)
    right, ahead = np.array([1.0, 0.0, 0.0]), np.array([0.0, math.sin(t), -math.cos(t)])
    return View(lens, (0.0, 0.0, height_m), turn_of(np.stack([right, np.cross(ahead, right), ahead])))


def person(
    x: float, y: float, head_m: float, facing_deg: float = 0.0, *, left: tuple[float, float, float] = (0.3, 0.2, 0.3),
    size: float = 1.0,
) -> Array:  # fmt: skip
    """The joints (17, 3) of somebody who stands upright, store frame, with the middle of the head at ``head_m``.
    ``left``: from the left shoulder to the left elbow, and as far again to the wrist: forward, aside, down; the right
    arm hangs. ``size``: of shoulders and head, against what most people have.
    """
    a = math.radians(facing_deg)
    ahead, aside = np.array([math.cos(a), math.sin(a), 0.0]), np.array([-math.sin(a), math.cos(a), 0.0])
    up, head = np.array([0.0, 0.0, 1.0]), np.array([x, y, head_m])
    shoulders = [head - 0.25 * up + side * 0.18 * size * aside for side in (1, -1)]
    reach = np.array(left) / np.linalg.norm(left)
    way = reach[0] * ahead + reach[1] * aside - reach[2] * up
    elbows = [shoulders[0] + 0.30 * way, shoulders[1] - 0.30 * up]
    wrists = [elbows[0] + 0.25 * way, elbows[1] - 0.25 * up]
    hips = [np.array([x, y, 0.55 * head_m]) + side * 0.13 * aside for side in (1, -1)]
    knees = [np.array([x, y, 0.29 * head_m]) + side * 0.11 * aside for side in (1, -1)]
    ankles = [np.array([x, y, 0.08]) + side * 0.10 * aside for side in (1, -1)]
    face = [
        head + 0.10 * ahead,
        *(head + 0.08 * ahead + side * 0.03 * aside + 0.03 * up for side in (1, -1)),
        *(head + side * 0.08 * size * aside for side in (1, -1)),
    ]
    return np.array([*face, *shoulders, *elbows, *wrists, *hips, *knees, *ankles])


def seen(view: View, *bodies: Array, sure: float = 0.9, off_m: float = 0.0, seed: int = 0) -> Poses:
    """What a network tells of them that puts every joint ``off_m`` aside (standard deviation, across its ray)."""
    points = np.stack(bodies)
    px = view.pixels(points.reshape(-1, 3)).reshape(len(points), -1, 2)
    per_m = view.balls(points.reshape(-1, 3), 1.0).reshape(len(points), -1, 2)
    px = px + np.random.default_rng(seed).standard_normal(px.shape) * off_m * per_m
    return Poses(np.full(len(points), sure), np.concatenate([px, np.full((*px.shape[:2], 1), sure)], axis=2))


def detections(poses: Poses) -> Detections:
    """What the detector makes of it."""
    told = things(poses, (SIZES_M["head"], SIZES_M["hand"], SIZES_M["feet"], SIZES_M["elbow"]), 0.2)
    bodies = Bodies(poses.joints, told.heads_of, told.hands_of)
    return Detections(told.heads, told.hands, told.feet, told.elbows, None, bodies)
