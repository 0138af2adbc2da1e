"""The detector that stands on a backbone that has seen the world: its layers, what they are asked for, and its file.

Enters: pictures (N, 4, H, W), red, green, blue and how new each pixel is, 0…1, sides multiples of 64. Leaves: of each
cell of 8 pixels how sure it is of each class, and the box of a ball there; in `rows` what the node reads. Refuses
(`CannotTrain`): files that are no such weights.

The backbone is shown the picture at half its size: from above, MoveNet finds more heads in 320x256 pixels than in
512x384, and works half as much. What is small, a hand above all, and what is new in the shop, a few layers look at from
near.

A cell begins by saying what MoveNet says of faces, wrists, elbows and ankles there, and learns what to add to it. While
it learns, what is seen from near is often withheld: drawn people are known best by what is near and drawn, and real
ones are not. A cell tells a box for each class apart, since a hand may lie before an elbow.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edge.camera.networks.form import CLASSES
from models.backbone import JOINTS, Backbone, Conv
from models.offline import CannotTrain

CELL = 8
PATCH = 4
"""Pixels across what is looked at first from near."""
NEAR, WIDE = (32, 48), 64
"""Channels of what is seen from near, in cells of 4 and 8, and of the head."""
QUIETER = 0.25
"""What MoveNet says before its sigmoid reaches from -15 to 5: times this it is like other features."""
SAID_OF = {"head": slice(0, 5), "hand": slice(9, 11), "feet": slice(15, 17), "elbow": slice(7, 9)}
"""Which of COCO's joints are about where a class is."""
WITHHELD = 0.3
"""Of the windows that are learned from, what is seen from near."""
BOX = 4
"""Of a cell's box: how far its middle is from the cell's, right and down, in cells; logarithms of its sides, of
`USUAL_PX`.
"""
USUAL_PX = 24.0
LEAST, MOST = -3.0, 4.0
"""Logarithms of sides that can be told: 1 to 1300 pixels."""
ROWS = 100


class Near(nn.Module):  # type: ignore[misc, unused-ignore]
    """What is seen from near: (N, 4, H, W) -> (N, …, H/8, W/8)."""

    def __init__(self) -> None:
        super().__init__()
        first, second = NEAR
        self.patch = nn.Conv2d(4, first, PATCH, PATCH)
        self.rest = nn.Sequential(
            nn.ReLU(),
            Conv(first, first, 3, alone=True), Conv(first, first, 1, ends="relu"),
            Conv(first, second, 3, 2, ends="relu"),
            Conv(second, second, 3, alone=True), Conv(second, second, 1, ends="relu"),
        )  # fmt: skip

    def forward(self, images: Any) -> Any:
        return self.rest(self.patch(images))


class Eyes(nn.Module):  # type: ignore[misc, unused-ignore]
    """The whole network."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone, self.near = backbone, Near()
        known = backbone.fine + backbone.deep + backbone.said + NEAR[1]
        self.head = nn.Sequential(
            Conv(known, WIDE, 1, ends="relu"), Conv(WIDE, WIDE, 3, ends="relu"),
            Conv(WIDE, WIDE, 3, alone=True), Conv(WIDE, WIDE, 1, ends="relu"),
        )  # fmt: skip
        self.scores = nn.Conv2d(WIDE, len(CLASSES), 1)
        self.boxes = nn.Conv2d(WIDE, BOX * len(CLASSES), 1)
        self.times = nn.Parameter(torch.ones(1, len(CLASSES), 1, 1))
        for layer in (self.scores, self.boxes):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, images: Any) -> tuple[Any, Any]:
        """Scores before the sigmoid (N, classes, H/8, W/8), boxes (N, 4 classes, H/8, W/8)."""
        return self.told(self.backbone(halved(images)), self.near(images))

    def told(self, features: tuple[Any, Any, Any], near: Any) -> tuple[Any, Any]:
        """The head alone."""
        fine, deep, said = features
        seen = self.head(torch.cat([fine, deep, said * QUIETER, near], 1))
        joints = said[:, :JOINTS]
        begun = torch.cat([joints[:, SAID_OF[name]].amax(1, keepdim=True) for name in CLASSES], 1)
        return self.scores(seen) + begun * self.times, self.boxes(seen)


def halved(images: Any) -> Any:
    """The colours of pictures, half as large."""
    return functional.avg_pool2d(images[:, :3], 2)


def rows(scores: Any, boxes: Any) -> Any:
    """Of what a head tells the hundred surest (N, 100, 6): x1 y1 x2 y2 in pixels, score, class. A cell speaks only if
    no neighbour is surer of the same class.
    """
    high, wide = scores.shape[2:]
    cells = high * wide
    sure = scores.sigmoid()
    sure = sure * (sure == functional.max_pool2d(sure, 3, 1, 1))
    surest, at = sure.flatten(1).topk(ROWS, dim=1)
    kind, cell = at // cells, at % cells
    begin = kind * (BOX * cells) + cell
    told = boxes.flatten(1)
    right, down, broad, tall = (told.gather(1, begin + i * cells) for i in range(BOX))
    x, y = (right + cell % wide + 0.5) * CELL, (down + cell // wide + 0.5) * CELL
    half_x, half_y = (USUAL_PX / 2 * side.clamp(LEAST, MOST).exp() for side in (broad, tall))
    corners = [x - half_x, y - half_y, x + half_x, y + half_y]
    return torch.stack([*corners, surest, kind.to(surest.dtype)], 2)


def save(eyes: Eyes, path: Path) -> None:
    """Weights in 16 bits, beside the form of the backbone."""
    beside = path.with_suffix(".part")
    weights = {name: told.detach().half() for name, told in eyes.state_dict().items()}
    torch.save({"form": eyes.backbone.form, "weights": weights}, beside)
    beside.replace(path)


def load(path: Path) -> Eyes:
    """Eyes out of their file; `CannotTrain`."""
    try:
        told = torch.load(path, map_location="cpu", weights_only=True)
        eyes = Eyes(Backbone(**told["form"]))
        eyes.load_state_dict({name: weights.float() for name, weights in told["weights"].items()})
    except FileNotFoundError:
        raise CannotTrain(f"{path}: there are no such weights") from None
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise CannotTrain(f"{path}: holds no weights of eyes on a backbone ({error!s:.80})") from error
    return eyes
