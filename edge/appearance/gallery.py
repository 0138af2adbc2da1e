"""What one person looks like, camera by camera: the mean of the vectors that each camera sent.

A gallery is never changed in place: many stories share one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]

Gallery: TypeAlias = dict[str, tuple[Vector, float]]
"""Camera -> (mean of unit vectors, of how many)."""

NOBODY: Gallery = {}
"""Nothing is known of how somebody looks."""

MOST = 24.0
"""A mean of more is one of the latest: people take off a jacket, and put on a hood."""


def unit(embedding: Sequence[float]) -> Vector | None:
    """A vector of length one in the direction of ``embedding``; None where it has none."""
    vector: Vector = np.asarray(embedding, dtype=np.float64)
    with np.errstate(over="ignore"):
        square = float(vector.dot(vector))
    if not 1e-24 < square < 1e24:  # nothing, or so large that squares of it overflow
        most = float(np.abs(vector).max(initial=0.0))
        if not 0.0 < most < math.inf:
            return None
        vector = vector / most
        square = float(vector.dot(vector))
    found: Vector = vector / math.sqrt(square)
    return found


def merged(a: Gallery, b: Gallery) -> Gallery:
    """One gallery of two of the same person. A camera that sends other vectors than before begins anew."""
    if not a or not b:
        return a or b
    found = dict(a)
    for camera, (vector, more) in b.items():
        mean, count = found.get(camera, (vector, 0.0))
        if mean.shape != vector.shape:
            mean, count = vector, 0.0
        found[camera] = (mean + (vector - mean) * (more / (count + more)), min(count + more, MOST))
    return found
