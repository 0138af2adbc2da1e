"""What one picture says of where on a ray a thing is.

Enters: boxes in a picture and the camera's `View`. Leaves: rays into the shop, how far away their boxes' size puts
things, and the place that log-weights of many places along a ray come to, with its error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.optics import View

Array = NDArray[np.float64]

EDGE_PX = 2.0
"""A box that touches the picture's edge is cut, and says nothing about size."""


def judged(boxes: Array, sizes_m: Array, view: View) -> tuple[Array, Array]:
    """Of boxes (n, 5), images of balls of sizes (n,): unit vectors (n, 3) of the store frame, and the log of how far
    away each is by its size (n,), NaN where an edge of the picture cuts it.
    """
    lens = view.lens
    centres, sides = boxes[:, :2], boxes[:, 2:4]
    rays = lens.rays(centres)
    low, high = centres - sides / 2, centres + sides / 2
    whole = (low > EDGE_PX - 0.5) & (high < np.array([lens.width, lens.height]) - 0.5 - EDGE_PX)
    logs = np.log(sizes_m[:, None] * lens.spread_along(rays) / np.maximum(sides, 1.0))
    known = whole.sum(axis=1)
    mean = np.where(whole, logs, 0.0).sum(axis=1) / np.where(known, known, np.nan)
    return rays @ view.camera_from_store, mean


def along(rays: Array, view: View, heights_m: ArrayLike) -> tuple[Array, Array]:
    """Where n rays are at m heights: points (n, m, 3), and how far along the ray (n, m); NaN where they are not."""
    down = np.where(rays[:, 2] < -0.05, rays[:, 2], np.nan)
    far = (np.asarray(heights_m)[None, :] - view.position[2]) / down[:, None]
    far = np.where(far > 0.1, far, np.nan)
    return np.asarray(view.position) + far[..., None] * rays[:, None, :], far


def filled(values: Array, unknown: float = 0.0) -> Array:
    """The same, with that where a value is NaN; takes a tenth of the time of `np.nan_to_num`."""
    known: Array = np.where(np.isnan(values), unknown, values)
    return known


def total(weights: Array) -> Array:
    """Log of the sum of exponentials over the last axis; what is impossible counts nothing."""
    known = filled(weights, -np.inf)
    most = known.max(axis=-1)
    summed: Array = most + np.log(np.exp(known - most[..., None]).sum(axis=-1))
    return summed


def placed(weights: Array, points: Array) -> tuple[Array, Array]:
    """The weighted mean (n, 3) of points (n, m, 3) by log-weights (n, m), and by how much it may be off along the floor
    (n,), a standard deviation; NaN where no point can be.
    """
    known = np.where(np.isnan(weights) | np.isnan(points[..., 0]), -np.inf, weights)
    most = known.max(axis=1, keepdims=True)
    share = np.exp(known - np.where(np.isfinite(most), most, np.nan))
    share /= share.sum(axis=1, keepdims=True)
    points = filled(points)
    middle: Array = (share[..., None] * points).sum(axis=1)
    off = ((points - middle[:, None])[..., :2] ** 2).sum(axis=2)
    return middle, np.sqrt((share * off).sum(axis=1))
