"""Networks that find heads, hands, feet and elbows by themselves, each as a box: Tebura's own, and what ultralytics'
detection training makes of labels like its.

Two forms of output, both float32. *Told*: (N, K, 6), rows x1 y1 x2 y2 score class; so answers the shipped detector,
and what `yolo export` writes with `nms=True` or of a network that needs no suppression (`end2end`). *Raw*: (N, 4 +
classes, K), columns of x y width height of the box and a score for each class; so answers a plain `yolo export`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.form import CLASSES, COLOURS, Answer, Balls, Form, Intake, Unfit, pixels, planes, read

WITH_NEW: Final = (COLOURS, COLOURS + 1)
SIZE: Final = (640, 480)
"""Width and height for networks that take any."""
LEAST: Final = 0.25
"""From which score on a class is believed, where the network does not say (metadata `least`)."""
CORNERS, ROW = 4, 6


class Boxes:
    """A network of one of both forms."""

    poses = False
    most = None

    def __init__(self, form: Form) -> None:
        if len(form.inputs) != 1 or len(form.outputs) != 1:
            raise Unfit("")
        self.intake: Intake = _intake(form)
        shape, names = form.outputs[0].shape, form.names
        self.raw = len(shape) == 3 and shape[2] != ROW and bool(names) and shape[1] == CORNERS + len(names)
        if form.outputs[0].kind != "tensor(float)" or not (self.raw or (len(shape) == 3 and shape[2] == ROW)):
            raise Unfit("")
        numbers = {name: number for number, name in names.items()}
        if "head" not in numbers and "person" in numbers:
            raise Unfit(
                "finds whole people, and what is wanted are heads and hands: export a pose network "
                "(`yolo export model=yolo11n-pose.pt format=onnx`)"
            )
        if "head" not in numbers:
            raise Unfit("")
        self.classes: Mapping[str, int] = {name: numbers[name] for name in CLASSES if name in numbers}
        self.least: Mapping[str, float] = dict.fromkeys(self.classes, LEAST) | _asked(form, self.classes)
        self.speaks = self.raw
        self.what = "boxes of heads and hands, raw" if self.raw else "boxes of heads and hands"

    def loudest(self, outputs: Sequence[NDArray[Any]]) -> float:
        told = outputs[0][0]
        return float((told[CORNERS:] if self.raw else told[:, CORNERS]).max(initial=0.0))

    def answer(self, outputs: Sequence[NDArray[Any]], width: int, height: int, least: float) -> Answer:
        if not self.raw:
            rows = outputs[0][0]
            return Balls(rows[rows[:, 4] >= least])
        columns, found = outputs[0][0], []
        # A column is one thing: of whatever class it is most.
        most = columns[CORNERS:].argmax(axis=0)
        for number in self.classes.values():
            x, y, wide, high = (mine := columns[:, (most == number) & (columns[CORNERS + number] >= least)])[:CORNERS]
            corners = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]
            found.append(np.column_stack([*corners, mine[CORNERS + number], np.full(len(x), number, np.float32)]))
        return Balls(np.concatenate(found))


def _intake(form: Form) -> Intake:
    try:
        return planes(form, open_as=SIZE, colours=WITH_NEW)
    except Unfit:
        if form.inputs[0].kind != "tensor(uint8)":
            raise
        return pixels(form, open_as=SIZE, colours=WITH_NEW)


def _asked(form: Form, classes: Mapping[str, int]) -> dict[str, float]:
    """Class -> the score that the network's own metadata asks for."""
    told = form.metadata.get("least", "{}")
    try:
        least = {name: float(score) for name, score in read(told).items() if name in classes}
    except (ValueError, TypeError, AttributeError) as error:
        raise Unfit(f"has a `least` that is no JSON object of class and score ({told:.60})") from error
    if not all(0.0 <= score <= 1.0 for score in least.values()):
        raise Unfit(f"has a `least` with a score that is not from 0 to 1 ({told:.60})")
    return least
