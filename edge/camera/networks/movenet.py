"""MoveNet multipose, as TensorFlow's hub has it: six people at most, in one output (1, 6, 56).

A row is 17 joints of y, x and score, in shares of the input, then y1 x1 y2 x2 of the person and a score. The input is
(1, height, width, 3), red, green, blue from 0 to 255, of any size whose sides are multiples of 32. The longer side is
made `LONG` pixels: on real pictures from ceilings 512 found most hands, 448 as many heads, 768 clearly fewer of both.

How sure it is of a person is the height of one peak, in the middle of a body; seen from above that is low for people
who are certainly there. The surest joint of the face is the better judge of whether there is a head (F1 0.89 against
0.84 on those pictures), so that is what a body's score is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.form import POSED, Answer, Form, Intake, Unfit, pixels
from edge.camera.networks.poses import FACE, JOINTS, Poses

PEOPLE, ROW = 6, 56
LONG: Final = 512
STEP: Final = 32
LEAST: Final = {"head": 0.27, "hand": 0.3}
"""Chosen on 25 real pictures from ceilings and corners."""


class MoveNet:
    """A multipose network."""

    poses = True
    speaks = True
    most = PEOPLE
    what = "MoveNet multipose"
    classes: Mapping[str, int] = POSED

    def __init__(self, form: Form) -> None:
        if len(form.inputs) != 1 or len(form.outputs) != 1:
            raise Unfit("")
        shape = form.outputs[0].shape
        if shape[-2:] == (JOINTS, 3):
            raise Unfit(
                "answers with the 17 joints of one person only (MoveNet lightning or thunder): take MoveNet multipose"
            )
        if shape[-2:] != (PEOPLE, ROW) or len(shape) != 3:
            raise Unfit("")
        self.intake: Intake = pixels(form, open_as=(LONG, LONG * 3 // 4), open_by=STEP)
        self.least: Mapping[str, float] = LEAST

    def loudest(self, outputs: Sequence[NDArray[Any]]) -> float:
        return float(outputs[0][0, :, 2 : 3 * JOINTS : 3].max(initial=0.0))

    def answer(self, outputs: Sequence[NDArray[Any]], width: int, height: int, least: float) -> Answer:
        rows = outputs[0][0].astype(np.float64)
        told = rows[:, : 3 * JOINTS].reshape(-1, JOINTS, 3)
        joints = np.stack(
            [told[..., 1] * width - 0.5, told[..., 0] * height - 0.5, told[..., 2].clip(0.0, 1.0)], axis=2
        )
        scores = joints[:, FACE, 2].max(axis=1)
        return Poses(scores, joints).chosen(scores >= least)
