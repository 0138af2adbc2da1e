"""How far away somebody is whose joints were found.

Enters: joints in a picture (`edge.camera.networks.poses`) and the camera's `View`. Leaves: how well each height of a
head goes with them, as log-likelihoods, and where hands are. No ball's size says anything here: a network that was
taught joints tells boxes as it likes. What joints say, at each height that a head could have on its ray:

*Shoulders and ears* of people who stand are level. Put on one plane below the head, they are as far apart as shoulders
are at the right height alone, whichever way somebody faces. How much an error of a joint changes that depends on the
direction of the line between them: along the floor away from the camera it is stretched by the slant of the ray.
*The plumb line*: the head is above the middle between the shoulders. *Feet* are on the floor, below the head, or aside
of it where somebody bends.

Any of these may be wrong altogether: networks guess joints that are hidden. So each has a share of being about nothing.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.poses import ANKLES, BEYOND, EARS, ELBOWS, FORE_M, SHOULDERS, SHOULDERS_M, UPPER_M, WRISTS
from edge.camera.rays import along, filled, placed
from edge.optics import View

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

SEEN: Final = 0.15
"""A joint of a lower score is not believed to be there at all."""
BELOW_M: Final = 0.25
"""The shoulders are so far below the middle of the head."""
EARS_M: Final = 0.16
SPREAD: Final = 0.10
"""Standard deviation of the logarithm of how wide people's shoulders and heads are, children among them."""
JOINT_M: Final = 0.03
"""… and of where a network puts a joint, metres across the ray; of an ankle and of a head, see below."""
HEAD_M: Final = 0.025
ANKLE_M: Final = 0.08
"""Ankles are so far above the floor."""
PLUMB: Final = ((0.8, 0.08), (0.2, 0.22))
"""(share, standard deviation in metres, each way) of how far beside the middle of the shoulders a head is."""
OVER_ANKLES: Final = ((0.75, 0.09), (0.25, 0.22))
"""… and beside the middle of the feet."""
WRONG: Final = 0.12
"""So many of each of these are about joints that are somewhere else."""
FLAT: Final = 1.0
"""Their density in the plane, a square metre …"""
FLAT_LOG: Final = 0.5
"""… and in the logarithm of a width."""
LEAST_SLANT: Final = 0.05

HEIGHTS_M: Final = np.arange(0.04, 2.2, 0.05)
"""Where a hand or an elbow can be, above the floor."""
UPPER_SD_M: Final = 0.045
FORE_SD_M: Final = 0.045
DOWN_M: Final = 0.17
"""An elbow is so far below its shoulder, and a hand about as high as that …"""
DOWN_SD_M: Final = 0.16
HAND_DOWN_M: Final = 0.36
HAND_SD_M: Final = 0.30
"""… or lower. An arm that points at the lens looks alike reaching up and hanging down; people seldom reach up."""
ARM_M: Final = 0.47
ARM_SD_M: Final = 0.16
"""From a shoulder to the hand, where no elbow was seen."""


def by_joints(joints: Array, heads: Array, heights_m: Array, view: View) -> Array:
    """Log-likelihoods (n, heights) of the heights of heads, of bodies (n, 17, 3). ``heads`` (n, heights, 3): where each
    head is at each of ``heights_m``; NaN where it cannot be.
    """
    rays = view.rays(joints[..., :2].reshape(-1, 2)).reshape(len(joints), -1, 3)
    there = joints[..., 2] >= SEEN
    weights = _level(rays[:, EARS], _both(there, EARS), heights_m, EARS_M, view)
    weights = weights + _level(rays[:, SHOULDERS], _both(there, SHOULDERS), heights_m - BELOW_M, SHOULDERS_M, view)
    middle = _plane(rays[:, SHOULDERS], heights_m - BELOW_M, view).mean(axis=1)
    weights = weights + _beside(heads, middle, _both(there, SHOULDERS), PLUMB)
    feet = _plane(rays[:, ANKLES], np.array([ANKLE_M]), view).mean(axis=1)
    weights = weights + _beside(heads, feet, _both(there, ANKLES), OVER_ANKLES)
    return np.asarray(weights)


def across(rays: Array) -> Array:
    """How far along the floor a head may be off because its joints are, of rays (n, 3): (n,), a standard deviation."""
    slant = np.maximum(-rays[:, 2], LEAST_SLANT)
    off: Array = HEAD_M * np.sqrt(1.0 + 1.0 / slant**2)
    return off


def hands_of(joints: Array, heads: Array, hands: Indices, view: View) -> list[list[Array]]:
    """For each head (n, 3) its hands, each (3,), none where its place is NaN. ``joints`` (n, 17, 3) are those of the
    heads; ``hands`` (m, 2) which head's each is, and whether its left (0) or right (1).
    """
    told: list[list[Array]] = [[] for _ in heads]
    for head, side in hands:
        if np.isfinite(heads[head]).all():
            hand = _reached(joints[head], heads[head], int(side), view)
            if hand is not None:
                told[head].append(hand)
    return told


def _reached(joints: Array, head: Array, side: int, view: View) -> Array | None:
    """Where one hand is: on its ray, an arm from the shoulder by way of the elbow; None where that cannot be."""
    shoulder, elbow, wrist = (joints[pair[side]] for pair in (SHOULDERS, ELBOWS, WRISTS))
    at = wrist[:2] + BEYOND * (wrist[:2] - elbow[:2])
    rays = view.rays(np.stack([shoulder[:2], elbow[:2], at]))
    root = along(rays[:1], view, [head[2] - BELOW_M])[0][0, 0]
    if shoulder[2] < SEEN or not np.isfinite(root).all():
        root = head - np.array([0.0, 0.0, BELOW_M])
    points = along(rays[2:], view, HEIGHTS_M)[0][0]
    joint = along(rays[1:2], view, HEIGHTS_M)[0][0]
    usual = -0.5 * ((HEIGHTS_M - (root[2] - HAND_DOWN_M)) / HAND_SD_M) ** 2
    if elbow[2] >= SEEN:
        upper = -0.5 * ((np.linalg.norm(joint - root, axis=1) - UPPER_M) / UPPER_SD_M) ** 2
        upper = upper - 0.5 * ((HEIGHTS_M - (root[2] - DOWN_M)) / DOWN_SD_M) ** 2
        apart = np.linalg.norm(points[:, None] - joint[None], axis=2)
        fore = -0.5 * ((apart - (1.0 + BEYOND) * FORE_M) / FORE_SD_M) ** 2
        weights = filled(upper[None] + fore, -np.inf).max(axis=1)
    else:
        weights = -0.5 * ((np.linalg.norm(points - root, axis=1) - ARM_M) / ARM_SD_M) ** 2
    weights = weights + usual
    place = placed(weights[None], points[None])[0][0]
    return place if np.isfinite(place).all() and np.isfinite(weights).any() else None


def _both(there: NDArray[np.bool_], pair: list[int]) -> NDArray[np.bool_]:
    """Of which bodies (n, 17) both joints of a pair are there: (n,)."""
    left, right = pair
    return np.asarray(there[:, left] & there[:, right], np.bool_)


def _plane(rays: Array, heights_m: Array, view: View) -> Array:
    """Where rays (n, k, 3) meet heights: (n, k, heights, 3)."""
    points, _ = along(rays.reshape(-1, 3), view, heights_m)
    return points.reshape(*rays.shape[:2], len(heights_m), 3)


def _level(rays: Array, there: NDArray[np.bool_], heights_m: Array, wide_m: float, view: View) -> Array:
    """Log-likelihoods (n, heights) of a pair of joints on rays (n, 2, 3) being ``wide_m`` apart at a height."""
    left, right = np.moveaxis(_plane(rays, heights_m, view), 1, 0)
    line = (left - right)[..., :2]
    wide = np.maximum(np.hypot(line[..., 0], line[..., 1]), 1e-6)
    middle = rays.mean(axis=1)
    away = middle[:, :2] / np.maximum(np.hypot(*middle[:, :2].T), 1e-9)[:, None]
    slant = np.maximum(-middle[:, 2], LEAST_SLANT)[:, None]
    along_it = np.abs((line * away[:, None]).sum(axis=2)) / wide
    off = JOINT_M * np.sqrt(2.0) * np.sqrt(1.0 - along_it**2 + (along_it / slant) ** 2)
    # An error makes a short line longer, never shorter than nothing: what is expected is the root of both squares.
    expected = np.sqrt(wide_m**2 + (0.5 * off) ** 2)
    sd = np.hypot(SPREAD, off / expected)
    density = np.exp(-0.5 * (np.log(wide / expected) / sd) ** 2) / (sd * np.sqrt(2.0 * np.pi))
    weights = np.log((1.0 - WRONG) * density + WRONG * FLAT_LOG)
    return np.where(there[:, None], filled(weights), 0.0)


def _beside(heads: Array, below: Array, there: NDArray[np.bool_], shares: tuple[tuple[float, float], ...]) -> Array:
    """Log-likelihoods (n, heights) of heads (n, heights, 3) above points (n, heights or 1, 3)."""
    apart = ((heads - below)[..., :2] ** 2).sum(axis=2)
    with np.errstate(under="ignore"):
        density = np.sum([share * np.exp(-0.5 * apart / sd**2) / (2.0 * np.pi * sd**2) for share, sd in shares], axis=0)
    weights = np.log((1.0 - WRONG) * density + WRONG * FLAT)
    return np.where(there[:, None], filled(weights), 0.0)
