"""The detector that stands on a backbone that has seen the world: its layers, what they are asked for, and its file.

Enters: pictures (N, 4, H, W), red, green, blue and how new each pixel is, 0…1, sides multiples of 32. Leaves: of each
cell of 4 pixels how sure it is of each class, and the box of a ball there; in `rows` what the node reads. Refuses
(`CannotTrain`): files that are no such weights.

A cell tells a box for each class apart, since a hand may lie before an elbow. The empty shop comes in late, at the
head: the backbone knows pictures of three colours, and a camera that has never seen its shop empty says the same of all
of it.
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from edge.camera.networks.form import CLASSES
from models.backbone import CELL, Backbone, Conv
from models.offline import CannotTrain

WIDE = 48
"""Channels of the head."""
OF_NEW = 8
BOX = 4
"""Of a cell's box: how far its middle is from the cell's, right and down, in cells; logarithms of its sides, of
`USUAL_PX`.
"""
USUAL_PX = 16.0
DOUBT = 0.01
"""So sure is a head of anything before it has learned."""
LEAST, MOST = -3.0, 4.0
"""Logarithms of sides that can be told: 0.8 to 870 pixels."""
ROWS = 100


class Eyes(nn.Module):  # type: ignore[misc, unused-ignore]
    """The whole network."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.new = nn.Sequential(nn.Conv2d(1, OF_NEW, CELL, CELL), nn.ReLU())
        self.join = Conv(backbone.fine + backbone.deep + OF_NEW, WIDE, 3, ends="relu")
        self.more = nn.Sequential(*(
            layer for _ in range(2) for layer in (Conv(WIDE, WIDE, 3, alone=True), Conv(WIDE, WIDE, 1, ends="relu"))
        ))  # fmt: skip
        self.scores = nn.Conv2d(WIDE, len(CLASSES), 1)
        self.boxes = nn.Conv2d(WIDE, BOX * len(CLASSES), 1)
        nn.init.constant_(self.scores.bias, -math.log(1 / DOUBT - 1))
        nn.init.zeros_(self.boxes.bias)

    def forward(self, images: Any) -> tuple[Any, Any]:
        """Scores before the sigmoid (N, classes, H/4, W/4), boxes (N, 4 classes, H/4, W/4)."""
        return self.told(self.backbone(images[:, :3]), images[:, 3:])

    def told(self, features: tuple[Any, Any], new: Any) -> tuple[Any, Any]:
        """The head alone."""
        return self.joined(*features, self.new(new))

    def joined(self, fine: Any, deep: Any, new: Any) -> tuple[Any, Any]:
        """The same, with what it makes of what is new."""
        seen = self.more(self.join(torch.cat([fine, deep, new], 1)))
        return self.scores(seen), self.boxes(seen)


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
    try:
        told = torch.load(path, map_location="cpu", weights_only=True)
        eyes = Eyes(Backbone(**told["form"]))
        eyes.load_state_dict({name: weights.float() for name, weights in told["weights"].items()})
    except FileNotFoundError:
        raise CannotTrain(f"{path}: there are no such weights") from None
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise CannotTrain(f"{path}: holds no weights of eyes on a backbone ({error!s:.80})") from error
    return eyes
