"""What a camera that looks down from 3 m would find of points in the shop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.camera.background import Newness
from edge.camera.detect import Detections
from edge.camera.networks.form import SIZES_M
from edge.optics import Lens, View, looking_down

FISHEYE = (7 / 9, 64 / 945, 0.0, 0.0, 0.0, 10 / 9, 5 / 21, 0.0)
VIEW = looking_down(Lens(640, 480, 300.0, 300.0, 319.5, 239.5, FISHEYE), (0.0, 0.0, 3.0), 20.0)

Array = NDArray[np.float64]


def boxes(points: list[list[float]], kind: str, view: View = VIEW, wrong: float = 1.0) -> Array:
    """What a detector that errs by the factor ``wrong`` in size makes of balls in the shop."""
    return np.column_stack([view.pixels(points), view.balls(points, SIZES_M[kind]) * wrong, np.full(len(points), 0.9)])


def found(
    heads: list[list[float]], hands: list[list[float]] | None = None, feet: list[list[float]] | None = None,
    elbows: list[list[float]] | None = None, wrong: float = 1.0, new: Newness | None = None,
) -> Detections:  # fmt: skip
    nothing = np.empty((0, 5))
    return Detections(
        boxes(heads, "head", wrong=wrong) if heads else nothing,
        boxes(hands, "hand", wrong=wrong) if hands else nothing,
        boxes(feet, "feet") if feet else nothing,
        boxes(elbows, "elbow", wrong=wrong) if elbows else nothing,
        new,
    )
