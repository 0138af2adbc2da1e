"""Pose networks that need no training: each finds the six clearest red spots of a picture, and says that somebody's
head is there, with a body of fixed shape below it.

They are real ONNX networks in the forms that people export, written by `spot_net`; the node's own code runs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

PEOPLE = 6
SURE = 0.9
SPOT = 13
"""How large a spot should be in the network's input, pixels."""

BODY: NDArray[np.float64] = np.array(
    [
        *[[0, 0]] * 5, [-9, 12], [9, 12], [-14, 24], [14, 24], [-14, 33], [17, 30], [-6, 38], [6, 38],
        [-6, 52], [6, 52], [-6, 66], [6, 66],
    ]
)  # fmt: skip
"""Where each joint is beside the spot, pixels of the input."""
HANDS: NDArray[np.float64] = BODY[[9, 10]] + 0.33 * (BODY[[9, 10]] - BODY[[7, 8]])

FORMS = ("movenet", "movenet-open", "rtmo", "yolo-raw", "yolo-told", "yolo-two-numbers")


def spot_net(
    path: Path, form: str, *, width: int = 320, height: int = 256, names: str | None = "{0: 'person'}",
    sure: float = SURE, extra: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    """One of `FORMS`; ``sure``: how sure it is of people and joints."""
    shares, blue_first = form.startswith("movenet"), form == "rtmo"
    constants: dict[str, NDArray[np.generic]] = {}
    nodes: list[onnx.NodeProto] = []

    def constant(value: object, kind: type) -> str:
        name = f"c{len(constants)}"
        constants[name] = np.array(value, kind)
        return name

    def node(kind: str, *inputs: str, count: int = 1, **options: Any) -> str:
        name = f"n{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [name, *(f"{name}_{i}" for i in range(1, count))], **options))
        return name

    def number(value: float) -> str:
        return constant(value, np.float32)

    planes = node("Cast", "picture", to=TensorProto.FLOAT)
    planes = node("Transpose", planes, perm=[0, 3, 1, 2]) if shares else planes
    weights = np.array([1.0, -1.0, -1.0]) / (1.0 if form.startswith("yolo") else 255.0)
    weights = weights[::-1] if blue_first else weights
    red = node("Relu", node("Conv", planes, constant(weights.reshape(1, 3, 1, 1), np.float32)))
    for _ in range(2):
        red = node("AveragePool", red, kernel_shape=[9, 9], pads=[4] * 4, count_include_pad=1)
    # Of two pixels that are equally bright the later one is the spot, and not both.
    shape = node("Shape", red)
    ramp = node("Range", constant(0, np.int64), node("Size", red), constant(1, np.int64))
    ramp = node("Mul", node("Cast", node("Reshape", ramp, shape), to=TensorProto.FLOAT), number(1e-7))
    red = node("Add", red, ramp)
    peak = node("MaxPool", red, kernel_shape=[21, 21], pads=[10] * 4)
    clear = node("And", node("GreaterOrEqual", red, peak), node("Greater", red, number(0.05)))
    spots = node("Where", clear, red, number(0.0))
    flat = node("Reshape", spots, constant([-1], np.int64))
    best = node("TopK", flat, constant([PEOPLE], np.int64), count=2)
    there = node("Cast", node("Greater", best, number(0.0)), to=TensorProto.FLOAT)
    scores = node("Add", node("Mul", there, number(sure)), number(0.01 if sure else 0.0))
    wide, high = (node("Gather", shape, constant(i, np.int64)) for i in (3, 2))
    row = node("Div", f"{best}_1", wide)
    column = node("Sub", f"{best}_1", node("Mul", row, wide))
    at = [node("Add", node("Cast", v, to=TensorProto.FLOAT), number(0.5)) for v in (column, row)]
    people = constant([PEOPLE, 1, 1], np.int64)
    joints = []
    for i, side in enumerate((wide, high)):
        place = node("Add", node("Reshape", at[i], people), constant(BODY[None, :, i, None], np.float32))
        joints.append(node("Div", place, node("Cast", side, to=TensorProto.FLOAT)) if shares else place)
    certain = node("Expand", node("Reshape", scores, people), constant([PEOPLE, 17, 1], np.int64))
    score = node("Reshape", scores, constant([PEOPLE, 1], np.int64))
    two = form == "yolo-two-numbers"
    order = [joints[1], joints[0], certain] if shares else [*joints, certain][: 2 if two else 3]
    body = node("Concat", *order, axis=2)
    row_of = node("Reshape", body, constant([PEOPLE, -1], np.int64))
    box = constant(np.tile([1.0, 1.0, 50.0, 50.0], (PEOPLE, 1)), np.float32)
    outputs: dict[str, str] = {}
    if shares:
        outputs["output_0"] = node("Concat", row_of, box, score, axis=1)
    elif form == "rtmo":
        outputs["dets"], outputs["keypoints"] = node("Concat", box, score, axis=1), body
    elif form == "yolo-raw":
        outputs["output0"] = node("Transpose", node("Concat", box, score, row_of, axis=1), perm=[1, 0])
    else:
        classes = constant(np.zeros((PEOPLE, 1)), np.float32)
        outputs["output0"] = node("Concat", box, score, classes, row_of, axis=1)
    ends = []
    for name, value in outputs.items():
        nodes.append(helper.make_node("Unsqueeze", [value, constant([0], np.int64)], [name]))
        ends.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    sides: list[str | int | None] = ["height", "width"] if form == "movenet-open" else [height, width]
    sides = [1, *sides, 3] if shares else [1, 3, *sides]
    kind = TensorProto.INT32 if shares else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, form, [helper.make_tensor_value_info("picture", kind, sides)], ends,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    told = ({"names": names} if names is not None and form.startswith("yolo") else {}) | (extra or {})
    helper.set_model_props(model, told)
    onnx.save(model, path)
    return path
