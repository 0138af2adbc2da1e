"""A network that has seen the world: MoveNet's, as what comes before our own head.

Enters: one of MoveNet's files in TensorFlow.js' form (`movenet-multipose.json` or `movenet-lightning.json` with its
`.bin` beside it; models/README.md says where they can be had). Leaves: the same layers in torch, to be trained on.
Refuses (`CannotTrain`): files that are not there, of other layers, or cut off.

It is a MobileNetV2 (Sandler et al. 2018) with a feature pyramid (Lin et al. 2017) down to cells of 4 pixels.
Normalisation is folded into the convolutions there, and stays so: batches are too small here to measure it anew.
TensorFlow pads a layer that looks at every second pixel to the right and below only, and so does this one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.offline import CannotTrain

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRIDES = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
"""Of the seventeen blocks."""
TAPPED = (2, 5, 9)
"""After these blocks the pyramid takes what it adds to the way back up."""
CELL = 4
"""Pixels of the finest cells that come out."""
JOINTS = 17
SAYS = {"kpt_heatmap_0": JOINTS, "center_0": 1, "box_scale_0": 2}
"""MoveNet's own answers that are of use, and their channels."""


class Conv(nn.Module):  # type: ignore[misc, unused-ignore]
    """A convolution as TensorFlow pads it, and what follows it."""

    def __init__(self, into: int, out: int, side: int, stride: int = 1, *, alone: bool = False, ends: str = "") -> None:
        super().__init__()
        padding = 0 if stride == 2 else side // 2
        self.conv = nn.Conv2d(into, out, side, stride, padding, groups=into if alone else 1)
        self.act: nn.Module = {"six": nn.ReLU6(), "relu": nn.ReLU(), "": nn.Identity()}[ends]
        self.uneven = stride == 2

    def forward(self, seen: Any) -> Any:
        return self.act(self.conv(functional.pad(seen, (0, 1, 0, 1)) if self.uneven else seen))


class Block(nn.Module):  # type: ignore[misc, unused-ignore]
    """An inverted residual."""

    def __init__(self, into: int, wide: int, out: int, stride: int) -> None:
        super().__init__()
        self.expand = Conv(into, wide, 1, ends="six") if wide != into else nn.Identity()
        self.depth = Conv(wide, wide, 3, stride, alone=True, ends="six")
        self.project = Conv(wide, out, 1)
        self.same = stride == 1 and into == out

    def forward(self, seen: Any) -> Any:
        made = self.project(self.depth(self.expand(seen)))
        return seen + made if self.same else made


class Rise(nn.Module):  # type: ignore[misc, unused-ignore]
    """One step of the pyramid: what was found in larger cells joins what was seen in smaller ones."""

    def __init__(self, lateral: int, deep: int, out: int) -> None:
        super().__init__()
        self.lateral = Conv(lateral, deep, 1)
        self.depth = Conv(deep, deep, 3, alone=True)
        self.point = Conv(deep, out, 1, ends="relu")

    def forward(self, deep: Any, fine: Any) -> Any:
        large = functional.interpolate(deep, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.point(self.depth(large + self.lateral(fine)))


class Voice(nn.Module):  # type: ignore[misc, unused-ignore]
    """What MoveNet says of one matter."""

    def __init__(self, deep: int, wide: int, out: int) -> None:
        super().__init__()
        self.depth = Conv(deep, deep, 3, alone=True)
        self.point = Conv(deep, wide, 1, ends="relu")
        self.last = Conv(wide, out, 1)

    def forward(self, deep: Any) -> Any:
        return self.last(self.point(self.depth(deep)))


class Backbone(nn.Module):  # type: ignore[misc, unused-ignore]
    """Pictures (N, 3, H, W), red, green, blue, 0…1, sides multiples of 32 -> what is seen in cells of 4 pixels (N, …,
    H/4, W/4): early (`fine`), in the light of everything around (`deep`), and what MoveNet says (`said`): before their
    sigmoids the heat maps of its 17 joints and of bodies' middles, then how high and wide a body is.
    """

    def __init__(
        self,
        stem: int,
        blocks: list[tuple[int, int, int]],
        last: int,
        pyramid: tuple[int, int, int, int],
        voice: int,
    ) -> None:
        """``blocks``: channels into, within and out of each; ``pyramid``: the channels of its cells of 32, 16, 8, 4."""
        super().__init__()
        self.form = {"stem": stem, "blocks": blocks, "last": last, "pyramid": pyramid, "voice": voice}
        self.stem = Conv(3, stem, 3, 2, ends="six")
        self.blocks = nn.ModuleList(Block(*block, stride) for block, stride in zip(blocks, STRIDES, strict=True))
        self.last = Conv(blocks[-1][2], last, 1, ends="six")
        self.deepest = Conv(last, pyramid[0], 1)
        taps = [blocks[i][2] for i in reversed(TAPPED)]
        self.rises = nn.ModuleList(Rise(t, a, b) for t, a, b in zip(taps, pyramid, pyramid[1:], strict=False))
        self.fine, self.deep, self.said = taps[-1], pyramid[-1], sum(SAYS.values())
        self.voices = nn.ModuleDict({name: Voice(self.deep, voice, out) for name, out in SAYS.items()})
        self.register_buffer("darkest", torch.zeros(1, 3, 1, 1))
        self.register_buffer("times", torch.ones(1, 3, 1, 1))

    def forward(self, images: Any) -> tuple[Any, Any, Any]:
        return self.after(self.stem(images * self.times + self.darkest))

    def after(self, seen: Any) -> tuple[Any, Any, Any]:
        """The same from what the first layer saw."""
        taps = []
        for i, block in enumerate(self.blocks):
            seen = block(seen)
            if i in TAPPED:
                taps.append(seen)
        deep = self.deepest(self.last(seen))
        for rise, fine in zip(self.rises, reversed(taps), strict=True):
            deep = rise(deep, fine)
        return taps[0], deep, torch.cat([voice(deep) for voice in self.voices.values()], 1)


def movenet(path: Path) -> Backbone:
    """The layers of a file, with its weights."""
    nodes, weights = _read(path)
    layers = [(n, weights[n["input"][1]]) for n in nodes if "Conv" in n["op"]]
    named = {n["name"].split("model_1/")[1].split("/")[-2]: w for n, w in layers if "model_1/" in n["name"]}
    try:
        blocks = []
        for i in range(len(STRIDES)):
            name = f"block_{i}" if i else "expanded_conv"
            project = named[f"{name}_project_BN"]
            into = named[f"{name}_expand_relu"].shape[2] if i else project.shape[2]
            blocks.append((int(into), int(project.shape[2]), int(project.shape[3])))
        pyramid = [int(named["conv2d"].shape[3]), *(int(named[r].shape[3]) for r in ("re_lu", "re_lu_1", "re_lu_2"))]
        voice = next(w for n, w in layers if n["name"].endswith("/Relu") and f"/{next(iter(SAYS))}/" in n["name"])
        sizes = (int(named["Conv1_relu"].shape[3]), blocks, int(named["out_relu"].shape[3]), tuple(pyramid))
        made = Backbone(*sizes, int(voice.shape[3]))  # type: ignore[arg-type]
        _fill(made, nodes, weights)
    except (KeyError, IndexError, RuntimeError, StopIteration) as error:
        raise CannotTrain(f"{path}: has other layers than MoveNet's: take movenet-multipose.json ({error})") from error
    return made


def _fill(made: Backbone, nodes: list[dict[str, Any]], weights: dict[str, NDArray[np.float32]]) -> None:
    by_name = {n["name"].split("model_1/")[-1]: n for n in nodes if "Conv" in n["op"]}

    def put(layer: Any, name: str) -> None:
        told = by_name[name]["input"]
        kernel = weights[told[1]]
        order = (2, 3, 0, 1) if layer.conv.groups > 1 else (3, 2, 0, 1)
        layer.conv.weight.data.copy_(torch.from_numpy(np.ascontiguousarray(kernel.transpose(order))))
        if len(told) > 2:
            layer.conv.bias.data.copy_(torch.from_numpy(weights[told[2]]))
        else:
            layer.conv.bias.data.zero_()

    for name, voice in made.voices.items():
        mine = [n["name"] for n in nodes if "Conv" in n["op"] and f"/{name}/" in n["name"]]
        for layer, ending in ((voice.depth, "/depthwise"), (voice.point, "/Relu"), (voice.last, "/BiasAdd")):
            put(layer, next(whole for whole in mine if whole.endswith(ending)))
    put(made.stem, "model/Conv1_relu/Relu6")
    for i, block in enumerate(made.blocks):
        name = f"model/block_{i}" if i else "model/expanded_conv"
        if i:
            put(block.expand, f"{name}_expand_relu/Relu6")
        put(block.depth, f"{name}_depthwise/depthwise")
        put(block.project, f"{name}_project_BN/FusedBatchNormV3")
    put(made.last, "model/out_relu/Relu6")
    put(made.deepest, "conv2d/BiasAdd")
    for i, rise in enumerate(made.rises):
        after = f"_{i}" if i else ""
        put(rise.lateral, f"conv2d_{i + 1}/BiasAdd")
        put(rise.depth, f"separable_conv2d{after}/separable_conv2d/depthwise")
        put(rise.point, f"re_lu{after}/Relu")
    # (picture - a) * b - c of 0…255, in that order.
    first, times, last = (
        next(n for n in nodes if n["name"].split("/")[-1] == w) for w in ("sub", "truediv_1", "sub_1")
    )
    a, b, c = (weights[n["input"][1]].reshape(-1) for n in (first, times, last))
    made.times.copy_(torch.from_numpy(255.0 * b * np.ones(3, np.float32)).reshape(1, 3, 1, 1))
    made.darkest.copy_(torch.from_numpy((-a * b - c) * np.ones(3, np.float32)).reshape(1, 3, 1, 1))


def _read(path: Path) -> tuple[list[dict[str, Any]], dict[str, NDArray[np.float32]]]:
    """The nodes of a graph, and its weights by name."""
    try:
        graph = json.loads(path.read_text(encoding="utf-8"))
        nodes, groups = graph["modelTopology"]["node"], graph["weightsManifest"]
        told = b"".join((path.parent / name).read_bytes() for group in groups for name in group["paths"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotTrain(f"{path}: cannot be read as a TensorFlow.js network ({error})") from error
    weights, at = {}, 0
    for told_of in (w for group in groups for w in group["weights"]):
        kind = told_of.get("quantization", {}).get("dtype", told_of["dtype"])
        if kind not in ("float16", "float32", "int32"):
            raise CannotTrain(f"{path}: has weights of {kind}: take a file with float16 or float32")
        many = int(np.prod(told_of["shape"], dtype=int))
        size = many * np.dtype(kind).itemsize
        if at + size > len(told):
            raise CannotTrain(f"{path}: its .bin is cut off: fetch it again")
        weights[told_of["name"]] = np.frombuffer(told, kind, many, at).astype(np.float32).reshape(told_of["shape"])
        at += size
    return nodes, weights
