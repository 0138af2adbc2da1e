"""RTMO, as MMDeploy exports it: two outputs, people (N, K, 5) and their joints (N, K, 17, 3).

People are x1 y1 x2 y2 score in pixels of the input, joints x, y, score. The input is (N, 3, height, width), blue,
green, red from 0 to 255: RTMO's own pictures are neither normalised nor put in another order (its `data_preprocessor`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.form import POSED, Answer, Form, Intake, Unfit, planes
from edge.camera.networks.poses import JOINTS, Poses, least_body

SIZE: Final = (640, 640)
LEAST: Final = {"head": 0.35, "hand": 0.5}
"""Not chosen on pictures: no weights of this family were at hand."""


class Rtmo:
    """A network of that form."""

    poses = True
    speaks = False
    most = None
    what = "RTMO"
    classes: Mapping[str, int] = POSED

    def __init__(self, form: Form) -> None:
        if len(form.inputs) != 1 or len(form.outputs) < 2:
            raise Unfit("")
        ends = [port.shape[2:] if len(port.shape) in (3, 4) else () for port in form.outputs]
        if (5,) not in ends or (JOINTS, 3) not in ends:
            raise Unfit("")
        self._people, self._joints = ends.index((5,)), ends.index((JOINTS, 3))
        self.intake: Intake = replace(planes(form, open_as=SIZE, brightest=255.0), blue_first=True)
        self.least: Mapping[str, float] = LEAST

    def loudest(self, outputs: Sequence[NDArray[Any]]) -> float:
        return float(outputs[self._people][0, :, 4].max(initial=0.0))

    def answer(self, outputs: Sequence[NDArray[Any]], width: int, height: int, least: float) -> Answer:
        scores = outputs[self._people][0][:, 4].astype(np.float64).clip(0.0, 1.0)
        joints = outputs[self._joints][0].astype(np.float64) - [0.5, 0.5, 0.0]
        joints[..., 2] = joints[..., 2].clip(0.0, 1.0)
        return Poses(scores, joints).chosen(scores >= least_body(least))
