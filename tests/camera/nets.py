"""A detector that needs no training: it sees red squares as heads, green ones as hands, blue ones as feet.

It is a real ONNX network, run by the node's own code; `colour_net` writes it. What it says it says many times over, as
networks without a suppression of their own do.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEIGHT = 416, 320
SQUARE = 24
"""Pixels of the network's input: how large its squares are."""
SIZES = (24, 12, 24)
"""How large it says that a head, a hand and feet are: a hand is smaller than a head."""
STEP = 4
NEWS = 2.0
"""How much being new counts, against a colour."""
NAMES = "{0: 'head', 1: 'hand', 2: 'feet'}"


def colour_net(
    path: Path, *, names: str | None = NAMES, columns: int = 6, batch: int | str = 1, kind: int = TensorProto.FLOAT,
    colours: int = 3, sizes: tuple[float, ...] = SIZES, shares: bool = False, by_pixel: bool = False,
) -> Path:  # fmt: skip
    """Rows for all three classes at every step of the picture. With four ``colours``, squares must be new, too.
    ``shares``: boxes are told in shares of the picture, not in pixels. ``by_pixel``: a pixel's colours lie together.
    """
    across, down = (WIDTH - SQUARE) // STEP + 1, (HEIGHT - SQUARE) // STEP + 1
    x, y = np.meshgrid(np.arange(across) * STEP, np.arange(down) * STEP)
    middles = np.stack([x, y, x, y], axis=-1).reshape(-1, 4) + SQUARE / 2
    half = np.array([-1, -1, 1, 1]) / 2
    boxes = np.concatenate([middles + half * size for size in sizes])[None].astype(np.float32)
    boxes /= np.array([WIDTH, HEIGHT] * 2 if shares else [1] * 4, np.float32)
    classes = np.repeat(np.arange(3.0), len(middles))[None, :, None].astype(np.float32)
    apart = np.hstack([np.eye(3) * 2 - 1, np.full((3, 1), NEWS)])[:, :colours, None, None].astype(np.float32)
    sides = (HEIGHT, WIDTH, colours) if by_pixel else (colours, HEIGHT, WIDTH)
    brightest = 255.0 if kind == TensorProto.UINT8 else 1.0
    nodes = [
        helper.make_node("Transpose", ["picture"], ["planes"], perm=[0, 3, 1, 2] if by_pixel else [0, 1, 2, 3]),
        helper.make_node("Cast", ["planes"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("AveragePool", ["numbers"], ["means"], kernel_shape=[SQUARE] * 2, strides=[STEP] * 2),
        helper.make_node("Conv", ["means", "apart"], ["colour"]),
        helper.make_node("Div", ["colour", "brightest"], ["share"]),
        helper.make_node("Mul", ["share", "slope"], ["steep"]),
        helper.make_node("Sub", ["steep", "least"], ["clear"]),
        helper.make_node("Reshape", ["clear", "column"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores", "classes"][: 3 if columns == 6 else 2], ["people"], axis=2),
    ]
    constants = {
        "apart": apart, "boxes": boxes, "classes": classes, "column": np.array([1, -1, 1]),
        "brightest": np.array(brightest, np.float32), "slope": np.array(3.0, np.float32),
        "least": np.array(1.7 + (3.0 * NEWS if colours > 3 else 0.0), np.float32),
    }  # fmt: skip
    graph = helper.make_graph(
        nodes, "colours",
        [helper.make_tensor_value_info("picture", kind, [batch, *sides])],
        [helper.make_tensor_value_info("people", TensorProto.FLOAT, [1, 3 * len(middles), columns])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if names is not None:
        helper.set_model_props(model, {"names": names})
    onnx.save(model, path)
    return path
