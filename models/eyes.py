"""The detector that stands on a backbone that has seen the world: its layers, what they are asked for, and its file.

Enters: pictures (N, 4, H, W), red, green, blue and how new each pixel is, 0…1, sides multiples of 32. Leaves: of each cell
of 4 pixels how sure it is of each class, and the box of a ball there; in `Eyes.rows` what the node reads. Refuses
(`CannotTrain`): files that are no such weights.

A cell tells a box for each class apart, since a hand may lie before an elbow. The empty shop comes in late, at the head: the
backbone knows pictures of three colours, and a camera that has never seen its shop empty says the same of all of it.
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
"""Of a cell's box: how far its middle is from the cell's, right and down, in cells; logarithms of its sides, of `USUAL`."""
USUAL_PX = 16.0
DOUBT = 0.01
"""So sure is a head of anything before it has learned."""
ROWS = 100


class Eyes(nn.Module):
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
        return self.told(*self.backbone(images[:, :3]), images[:, 3:])

    def told(self, fine: Any, deep: Any, new: Any) -> tuple[Any, Any]:
        """The head alone."""
        seen = self.more(self.join(torch.cat([fine, deep, self.new(new)], 1)))
        return self.scores(seen), self.boxes(seen)


def corners(boxes: Any) -> Any:
    """Of what a head tells (N, 4 classes, h, w): x1 y1 x2 y2 in pixels (N, classes, 4, h, w)."""
    high, wide = boxes.shape[2:]
    told = boxes.reshape(-1, len(CLASSES), BOX, high, wide)
    across = torch.arange(wide, dtype=boxes.dtype, device=boxes.device) + 0.5
    down = (torch.arange(high, dtype=boxes.dtype, device=boxes.device) + 0.5)[:, None]
    x, y = (told[:, :, 0] + across) * CELL, (told[:, :, 1] + down) * CELL
    half_x, half_y = (USUAL_PX / 2 * told[:, :, i].clamp(-3.0, 4.0).exp() for i in (2, 3))
    return torch.stack([x - half_x, y - half_y, x + half_x, y + half_y], 2)


def rows(scores: Any, boxes: Any) -> Any:
    """The hundred surest (N, 100, 6): x1 y1 x2 y2 score class. A cell speaks only if no neighbour is surer of the same
    class.
    """
    sure = scores.sigmoid()
    sure = sure * (sure == functional.max_pool2d(sure, 3, 1, 1))
    cells = sure.shape[2] * sure.shape[3]
    surest, at = sure.flatten(1).topk(ROWS, dim=1)
    where = corners(boxes).permute(0, 1, 3, 4, 2).reshape(-1, len(CLASSES) * cells, BOX)
    chosen = where.gather(1, at.unsqueeze(2).expand(-1, -1, BOX))
    return torch.cat([chosen, surest.unsqueeze(2), (at // cells).to(chosen.dtype).unsqueeze(2)], 2)


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
        raise CannotTrain(f"{path}: holds no weights of eyes on a backbone ({str(error):.80})") from error
    return eyes
