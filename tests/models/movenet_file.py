"""A file like MoveNet's in TensorFlow.js' form, with little in it: the same layers, narrow, of weights by chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

STEM, LAST, VOICE, PYRAMID = 8, 24, 8, (8, 8, 8, 8)
OUT = (4, 6, 6, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 12, 12, 12, 16)
MODEL = "net/extractor/model_1"
VOICES = {"kpt_heatmap_0": 17, "center_0": 1, "box_scale_0": 2, "kpt_regress_0": 34}


def movenet_file(folder: Path, *, lacks: str = "", cut_by: int = 0) -> Path:
    """Its path. ``lacks``: layers with this in their names are left out; so many bytes are missing at the end."""
    rng = np.random.default_rng(0)
    nodes: list[dict[str, Any]] = []
    specs: list[dict[str, Any]] = []
    told = b""

    def weight(name: str, numbers: Any) -> str:
        nonlocal told
        half = np.asarray(numbers, np.float16)
        specs.append({
            "name": name, "shape": list(half.shape), "dtype": "float32", "quantization": {"dtype": "float16"},
        })  # fmt: skip
        told += half.tobytes()
        return name

    def layer(name: str, side: int, into: int, out: int, *, alone: bool = False, bias: bool = True) -> None:
        shape = (side, side, into, 1) if alone else (side, side, into, out)
        given = [
            "before",
            weight(f"{name}/w", rng.normal(0, 1.4 / np.sqrt(side * side * (1 if alone else into)), shape)),
        ]
        if bias:
            given.append(weight(f"{name}/b", rng.normal(0, 0.1, into if alone else out)))
        if not lacks or lacks not in name:
            nodes.append({"name": name, "op": "DepthwiseConv2dNative" if alone else "_FusedConv2D", "input": given})

    for name, number in (("sub", [0.0, 0.0, 0.0]), ("truediv_1", [2 / 255] * 3), ("sub_1", 1.0)):
        nodes.append({"name": f"net/{name}", "op": "Sub", "input": ["before", weight(f"{name}/c", number)]})
    layer(f"{MODEL}/model/Conv1_relu/Relu6", 3, 3, STEM)
    into = STEM
    for i, out in enumerate(OUT):
        name, wide = f"{MODEL}/model/block_{i}" if i else f"{MODEL}/model/expanded_conv", 2 * into if i else into
        if i:
            layer(f"{name}_expand_relu/Relu6", 1, into, wide)
        layer(f"{name}_depthwise/depthwise", 3, wide, wide, alone=True)
        layer(f"{name}_project_BN/FusedBatchNormV3", 1, wide, out)
        into = out
    layer(f"{MODEL}/model/out_relu/Relu6", 1, into, LAST)
    layer(f"{MODEL}/conv2d/BiasAdd", 1, LAST, PYRAMID[0])
    for i, tap in enumerate((9, 5, 2)):
        after = f"_{i}" if i else ""
        layer(f"{MODEL}/conv2d_{i + 1}/BiasAdd", 1, OUT[tap], PYRAMID[i])
        layer(f"{MODEL}/separable_conv2d{after}/separable_conv2d/depthwise", 3, PYRAMID[i], 0, alone=True, bias=False)
        layer(f"{MODEL}/re_lu{after}/Relu", 1, PYRAMID[i], PYRAMID[i + 1])
    for i, (name, out) in enumerate(VOICES.items()):
        layer(
            f"net/{name}/separable_conv2d_{i + 3}/separable_conv2d/depthwise", 3, PYRAMID[3], 0, alone=True, bias=False
        )
        layer(f"net/{name}/re_lu_{i + 3}/Relu", 1, PYRAMID[3], VOICE)
        layer(f"net/{name}/conv2d_{i + 4}/BiasAdd", 1, VOICE, out)
    (folder / "movenet.bin").write_bytes(told[: len(told) - cut_by])
    manifest = [{"paths": ["movenet.bin"], "weights": specs}]
    path = folder / "movenet.json"
    path.write_text(json.dumps({"modelTopology": {"node": nodes}, "weightsManifest": manifest}))
    return path
