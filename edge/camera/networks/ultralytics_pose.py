"""Pose networks as `yolo export` writes them: YOLOv8, 11, 12, 26 and whatever comes after them in this form.

*Raw*: (N, 4 + classes + 51, K), columns of x y width height of a person, a score for each class, and 17 joints of x, y
and how surely they are to be seen. *Told*: (N, K, 57), rows x1 y1 x2 y2 score class and the joints; so with `nms=True`,
and of networks that need no suppression (`end2end`). Networks whose joints are x and y alone (`kpt_shape` 17, 2) are
read, too: a joint is then as sure as its person.

Pixels are those of the input, colours are red, green, blue from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.form import POSED, Answer, Form, Intake, Unfit, planes, read
from edge.camera.networks.poses import JOINTS, Poses, least_body

SIZE: Final = (640, 480)
BOX, ROW = 4, 6
LEAST: Final = {"head": 0.35, "hand": 0.5}
"""Of the root of a person's score and the surest joint of a face; of a wrist's. Not chosen on pictures: no weights of
this family were at hand. `tebura camera --try` shows what they do with yours."""
MOST_READ: Final = 200
"""So many rows, the surest, are looked at: without a suppression there are dozens for each person."""
EXPORT: Final = "export a pose network of people (`yolo export model=yolo11n-pose.pt format=onnx`)"


class UltralyticsPose:
    """A network of one of both forms."""

    poses = True
    most = None
    classes: Mapping[str, int] = POSED

    def __init__(self, form: Form) -> None:
        if len(form.inputs) != 1 or len(form.outputs) != 1 or len(form.outputs[0].shape) != 3:
            raise Unfit("")
        _, rows, columns = form.outputs[0].shape
        names = dict(form.names) or {0: "person"}
        shape = read(form.metadata.get("kpt_shape", ""))
        widths = {3: 3 * JOINTS, 2: 2 * JOINTS}
        self._told, self._numbers = False, 0
        for numbers, wide in widths.items():
            if columns == ROW + wide:
                self._told, self._numbers = True, numbers
            elif rows == BOX + len(names) + wide:
                self._numbers = numbers
        if not self._numbers and form.metadata.get("task") == "pose":
            raise Unfit(f"is a pose network of other joints than the {JOINTS} of COCO (kpt_shape {shape}): {EXPORT}")
        if not self._numbers:
            raise Unfit("")
        persons = [number for number, name in names.items() if name == "person"]
        if not persons:
            raise Unfit(f"is a pose network that knows no class 'person', but {_brief(names)}: {EXPORT}")
        self._person, self._classes = persons[0], len(names)
        self.intake: Intake = planes(form, open_as=SIZE)
        self.least: Mapping[str, float] = LEAST
        self.speaks = not self._told
        self.what = "ultralytics pose" if self._told else "ultralytics pose, raw"

    def loudest(self, outputs: Sequence[NDArray[Any]]) -> float:
        told = outputs[0][0]
        return float((told[:, BOX] if self._told else told[BOX + self._person]).max(initial=0.0))

    def answer(self, outputs: Sequence[NDArray[Any]], width: int, height: int, least: float) -> Answer:
        if self._told:
            rows = outputs[0][0].astype(np.float64)
            rows = rows[np.rint(rows[:, 5]) == self._person]
            scores, joints = rows[:, 4], rows[:, ROW:]
        else:
            columns = outputs[0][0]
            sure = columns[BOX + self._person]
            kept = columns[:, sure >= least_body(least)].T.astype(np.float64)
            scores, joints = kept[:, BOX + self._person], kept[:, BOX + self._classes :]
        surest = np.argsort(-scores, kind="stable")[:MOST_READ]
        scores, joints = scores[surest].clip(0.0, 1.0), joints[surest].reshape(-1, JOINTS, self._numbers)
        if self._numbers == 2:
            joints = np.concatenate([joints, np.repeat(scores[:, None, None], JOINTS, axis=1)], axis=2)
        return Poses(scores, joints - [0.5, 0.5, 0.0])


def _brief(names: Mapping[int, str]) -> str:
    some = [repr(name) for name in list(names.values())[:3]]
    return ", ".join(some) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
