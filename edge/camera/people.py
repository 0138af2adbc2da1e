"""From boxes in a picture to people in the shop.

Enters: one frame's `Detections` and the camera's `View`. Leaves: people in the store frame, each with a head and the
hands that were seen. One picture does not say how far away a thing is; three things together do: how large it is (a box
is the image of a ball of known size, `SIZES_M`), how tall people are, and that they mostly stand above their feet. Each
head is weighed at every height that a head can have, with and without each pair of feet, and the pairing that explains
the picture best is taken; hands then go to the heads from whose shoulders they can be reached, to two of them where
both can.

One fixed height for everybody, as ceiling systems often have it, puts somebody who is 12 cm smaller 16 cm elsewhere
when they stand two metres aside of a lens at 3 m, and a child half a metre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge.camera.detect import Detections
from edge.optics import View
from edge.records import PersonSeen

Array = NDArray[np.float64]

HEAD_M, HAND_M = 0.24, 0.16
"""Diameters of the balls that boxes show; the detector is taught so (see models/README.md)."""
EDGE_PX = 2.0
"""A box that touches the picture's edge is cut, and says nothing about size."""

HEIGHTS_M = np.arange(0.36, 2.06, 0.03)
"""Where the middle of a head can be, above the floor."""
STATURES = ((0.66, 1.54, 0.10), (0.10, 1.10, 0.16), (0.24, 1.20, 0.27))
"""(share, mean, standard deviation) of head heights, metres: grown-ups who stand, children, who crouches or bends."""
_PRIOR = np.log(sum(share / sd * np.exp(-0.5 * ((HEIGHTS_M - mean) / sd) ** 2) for share, mean, sd in STATURES))
HEAD_SIZE_SD = 0.08
"""Of the logarithm of a head's distance by its size."""
HAND_SIZE_SD = 0.13
UNPLACED_M = 0.15
"""Whose place along the floor is known no better (standard deviation) is not told. At the far edge of a picture a head
may be anywhere on two metres of its ray; the camera above it knows, a guess beside that looks like somebody else."""
OVER_FEET = ((0.72, 0.08), (0.28, 0.22))
"""(share, standard deviation in metres, each way) of how far beside the feet a head is: upright, bent."""
NO_FEET = 0.15
"""Density of a head whose feet were not seen, against that of one whose feet may be anywhere within two metres."""
ARM_M, ARM_SD_M, LONGEST_ARM_M = 0.47, 0.15, 0.95
"""From the shoulders to a hand."""
SHOULDERS_M = 0.25
"""Below the middle of the head."""
HAND_HEIGHTS_M = np.arange(0.04, 2.1, 0.05)
NO_HAND = -7.0
"""Log-likelihood below which a hand belongs to nobody who was seen."""
EITHERS = 0.7
"""Where two people are so nearly as likely, the hand is told as both's: other frames and cameras may know better, and
whoever is charged for a guess may be charged wrongly."""


def people(found: Detections, view: View) -> list[PersonSeen]:
    """Everybody whose head was found, and whose place is known."""
    count = len(found.heads)
    if not count:
        return []
    rays, by_size = _judged(found, view)
    points, far = _along(rays[:count], view, HEIGHTS_M)
    weights = _PRIOR - 0.5 * np.nan_to_num((np.log(far) - by_size[:count, None]) / HEAD_SIZE_SD) ** 2
    weights = _over_feet(weights, points, found.feet, view)
    heads, off_m = _placed(weights, points)
    heads[off_m > UNPLACED_M] = np.nan
    hands = _hands(heads, rays[count:], by_size[count:], view)
    return [
        PersonSeen(
            head=(float(x), float(y), float(z)),
            hands=tuple((float(a), float(b), float(c)) for a, b, c in hands[i]),
            score=float(found.heads[i, 4]),
        )
        for i, (x, y, z) in enumerate(heads)
        if np.isfinite(x)
    ]


def _judged(found: Detections, view: View) -> tuple[Array, Array]:
    """Of heads and hands together: unit vectors (n, 3) of the store frame, and the log of how far away each is by its
    size (n,), NaN where an edge of the picture cuts it.
    """
    boxes, lens = np.vstack([found.heads, found.hands]), view.lens
    sizes_m = np.where(np.arange(len(boxes)) < len(found.heads), HEAD_M, HAND_M)
    centres, sides = boxes[:, :2], boxes[:, 2:4]
    rays = lens.rays(centres)
    low, high = centres - sides / 2, centres + sides / 2
    whole = (low > EDGE_PX - 0.5) & (high < np.array([lens.width, lens.height]) - 0.5 - EDGE_PX)
    logs = np.log(sizes_m[:, None] * lens.spread_along(rays) / np.maximum(sides, 1.0))
    known = whole.sum(axis=1)
    mean = np.where(whole, logs, 0.0).sum(axis=1) / np.where(known, known, np.nan)
    return rays @ view.camera_from_store, mean


def _along(rays: Array, view: View, heights_m: Array) -> tuple[Array, Array]:
    """Where n rays are at m heights: points (n, m, 3), and how far along the ray (n, m); NaN where they are not."""
    down = np.where(rays[:, 2] < -0.05, rays[:, 2], np.nan)
    far = (heights_m[None, :] - view.position[2]) / down[:, None]
    far = np.where(far > 0.1, far, np.nan)
    return np.asarray(view.position) + far[..., None] * rays[:, None, :], far


def _over_feet(weights: Array, points: Array, feet: Array, view: View) -> Array:
    """The same log-weights (heads, heights), with those feet that explain the picture best taken into account."""
    if not len(feet):
        return weights
    ground = view.at_height(feet[:, :2], 0.0)[:, :2]
    beside = ((points[:, None, :, :2] - ground[None, :, None, :]) ** 2).sum(axis=3)
    with np.errstate(under="ignore"):
        density = sum(share / sd**2 * np.exp(-0.5 * beside / sd**2) for share, sd in OVER_FEET)
    together = weights[:, None, :] + np.log(np.maximum(np.nan_to_num(density), 1e-12))
    gain = _total(together) - _total(weights)[:, None] - np.log(NO_FEET)
    rows, columns = linear_sum_assignment(np.nan_to_num(np.maximum(gain, 0.0)), maximize=True)
    paired = weights.copy()
    for i, j in zip(rows, columns, strict=True):
        if gain[i, j] > 0.0:
            paired[i] = together[i, j]
    return paired


def _hands(heads: Array, rays: Array, by_size: Array, view: View) -> list[Array]:
    """For each head (n, 3) its hands (0…2, 3), of those that lie on rays."""
    nobody = np.empty((0, 3))
    if not len(rays):
        return [nobody] * len(heads)
    points, along = _along(rays, view, HAND_HEIGHTS_M)
    shoulders = heads - np.array([0.0, 0.0, SHOULDERS_M])
    far = np.sqrt(((points[None] - shoulders[:, None, None, :]) ** 2).sum(axis=3))
    weights = -0.5 * ((far - ARM_M) / ARM_SD_M) ** 2
    weights -= 0.5 * np.nan_to_num((np.log(along) - by_size[:, None]) / HAND_SIZE_SD)[None] ** 2
    weights = np.where(far < LONGEST_ARM_M, weights, -50.0)
    best = weights.max(axis=2)
    rows, columns = linear_sum_assignment(np.vstack([best, best]), maximize=True)
    hands: list[list[Array]] = [[] for _ in heads]
    sure = [(row % len(heads), j) for row, j in zip(rows, columns, strict=True) if best[row % len(heads), j] > NO_HAND]
    maybe = [(k, j) for i, j in sure for k in range(len(heads)) if k != i and best[k, j] > best[i, j] - EITHERS]
    for i, j in sure + maybe:
        if len(hands[i]) < 2 and best[i, j] > NO_HAND:
            hands[i].append(_placed(weights[i, j][None], points[j][None])[0][0])
    return [np.array(mine) if mine else nobody for mine in hands]


def _total(weights: Array) -> Array:
    """Log of the sum of exponentials over the last axis; what is impossible counts nothing."""
    known = np.where(np.isnan(weights), -np.inf, weights)
    most = known.max(axis=-1)
    total: Array = most + np.log(np.exp(known - most[..., None]).sum(axis=-1))
    return total


def _placed(weights: Array, points: Array) -> tuple[Array, Array]:
    """The weighted mean (n, 3) of points (n, m, 3) by log-weights (n, m), and by how much it may be off along the floor
    (n,), a standard deviation; NaN where no point can be.
    """
    known = np.where(np.isnan(weights) | np.isnan(points[..., 0]), -np.inf, weights)
    most = known.max(axis=1, keepdims=True)
    share = np.exp(known - np.where(np.isfinite(most), most, np.nan))
    share /= share.sum(axis=1, keepdims=True)
    points = np.nan_to_num(points)
    middle: Array = (share[..., None] * points).sum(axis=1)
    off = ((points - middle[:, None])[..., :2] ** 2).sum(axis=2)
    return middle, np.sqrt((share * off).sum(axis=1))
