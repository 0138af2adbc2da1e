"""Export of eyes on a backbone: weights -> the ONNX file that the camera node reads, of the form of `models.export`.

Enters: `eyes.pt` of a run, the size of the picture, and pictures to measure the ranges of bytes with. Leaves: one file:
input `images`, uint8 (N, H, W, 4), 0 to 255, or without ``int8`` float32 (N, 4, H, W), 0 to 1; output `people`. Refuses
(`CannotTrain`): weights that cannot be read, pictures that are none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from edge.camera.networks.form import CLASSES
from models.backbone import SAYS
from models.export import IN_BYTES, SEEN, Exported, compared, given, inputs, made_in_bytes, sign, slim, written
from models.eyes import PATCH, Eyes, load, rows
from models.glimpses import LOOKS_AT

LICENCE = "Apache-2.0"
KINDS = (*IN_BYTES, "Clip", "Pad")
"""What becomes bytes; ReLUs end at six here, and every second layer is padded on one side."""
IN_FLOATS = ("blocks.0", "deepest", "rises", *SAYS)
"""Layers of the backbone that bytes are too coarse for: the pyramid, where no ReLU bounds what is added up, and the
first block. In bytes they cost a tenth of the heads.
"""
COLOURS = 4


class People(nn.Module):  # type: ignore[misc, unused-ignore]
    """Eyes with the node's output. ``pixels``: width and height of pictures that go in pixel by pixel, 0…255."""

    def __init__(self, eyes: Eyes, pixels: tuple[int, int] | None = None) -> None:
        super().__init__()
        whole = eyes.float().eval()
        self.eyes: Any = whole if pixels is None else _InBlocks(whole, *pixels)

    def forward(self, images: Any) -> Any:
        return rows(*self.eyes(images))


class _InBlocks(nn.Module):  # type: ignore[misc, unused-ignore]
    """The same for pictures (N, height, width, 4): what looks at pixels first is over blocks of 2x2 of them, of which
    sixteen numbers fill a vector (`models.lean`), and knows what white is.
    """

    def __init__(self, eyes: Eyes, width: int, height: int) -> None:
        super().__init__()
        self.rest, self.width, self.height = eyes, width, height
        old, backbone = eyes.backbone.stem.conv, eyes.backbone
        # A block is one pixel of the half as large picture: each of its four counts a quarter, and what is new nothing.
        quarter = functional.pad(old.weight.data * backbone.times / (255.0 * 4), (0, 0, 0, 0, 0, 1))
        self.stem = nn.Conv2d(4 * COLOURS, old.out_channels, 3, 2)
        self.stem.weight.data = quarter.repeat(1, 4, 1, 1).contiguous()
        self.stem.bias.data = old.bias.data + (old.weight.data * backbone.darkest).sum((1, 2, 3))
        patch = eyes.near.patch
        self.patch = nn.Conv2d(4 * COLOURS, patch.out_channels, PATCH // 2, PATCH // 2)
        self.patch.weight.data = _blocks(patch.weight.data / 255.0)
        self.patch.bias.data = patch.bias.data
        self.act = backbone.stem.act

    def forward(self, images: Any) -> Any:
        high, wide = self.height // 2, self.width // 2
        pairs = images.reshape(-1, high, 2, wide, 2, COLOURS).permute(0, 1, 3, 2, 4, 5)
        blocks = pairs.reshape(-1, high, wide, 4 * COLOURS).permute(0, 3, 1, 2)
        seen = self.act(self.stem(functional.pad(blocks, (0, 1, 0, 1))))
        return self.rest.told(self.rest.backbone.after(seen), self.rest.near.rest(self.patch(blocks)))


def _stays(name: str) -> bool:
    """What is no byte's matter: boxes of cells, and the pyramid, where nothing bounds what is added up."""
    return not name.startswith("/eyes/") or any(f"/{layer}" in name for layer in IN_FLOATS)


def _blocks(weights: Any) -> Any:
    """A kernel (out, colours, 2a, 2b) as one over blocks (out, 4 colours, a, b): row, column and colour of each."""
    out, colours, high, wide = weights.shape
    parts = weights.reshape(out, colours, high // 2, 2, wide // 2, 2).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(out, 4 * colours, high // 2, wide // 2).contiguous()


def export(
    weights: Path,
    out: Path,
    *,
    width: int = LOOKS_AT[0],
    height: int = LOOKS_AT[1],
    int8: bool = False,
    data: Path | None = None,
) -> Exported:
    """Write the file, and compare it with the weights on the pictures that were kept to choose by."""
    learned, chosen = (None, None) if data is None else (data / "images" / "train", data / "images" / "val")
    network = People(load(weights), (width, height) if int8 else None).eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        made = Path(scratch) / "plain.onnx"
        written(network, made, given(np.zeros((height, width, COLOURS), np.uint8), int8))
        slim(made)
        if int8:
            assert learned is not None  # the command asks for it
            seen = (given(picture, True) for picture in inputs(learned, COLOURS, width, height, SEEN))
            made = made_in_bytes(made, seen, _stays, KINDS)
        sign(made, {"names": str(dict(enumerate(CLASSES))), "imgsz": str([height, width]), "license": LICENCE})
        differences = compared(network, made, inputs(chosen, COLOURS, width, height, 8), int8)
        os.replace(made, out)
    content = out.read_bytes()
    return Exported(out, hashlib.sha256(content).hexdigest(), len(content), *differences, None)


def holds_eyes(weights: Path) -> bool:
    """Whether a file is `models.teach`'s, and not ultralytics'."""
    try:
        return "form" in torch.load(weights, map_location="cpu", weights_only=True)
    except Exception:  # whatever it is, `models.export` says what is wrong with it
        return False
