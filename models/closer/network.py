"""The second network, and what it sees of a suspect.

Enters: a picture as the first network gets it (1, 4, H, W), the first network's last features (1, F, H/8, W/8), and
suspects: boxes (n, 4), corners in pixels. Leaves: for each suspect how sure it is (a logit), and how far its box is
off, in sides of the box: aside, down, and the logarithm of its size.

Boxes have the size of a known ball (`models.render.dataset.SIZES_M`), so what is seen is cut out as so many of the
box's sides, which makes near and far hands alike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

KINDS = ("head", "hand")
"""Classes that are looked at again. Feet and elbows only help to place and to give these."""
SUSPECT = 0.12
"""From which score of the first network on."""
SEEN_PX = 40
"""What is cut out, the near and the wide, is drawn so many pixels wide."""
NEAR, WIDE = 2.6, 8.0
"""Sides of the box: a hand and its wrist; a person."""
KNOWN_CELLS = 10
"""The first network's features are read at so many points across the wide cut."""
ABOUT = 7
"""Numbers that are told beside the pictures, see `about`."""


class Looks(NamedTuple):
    """What is seen of n suspects."""

    near: torch.Tensor
    """(n, 4, SEEN_PX, SEEN_PX): red, green, blue, new; 0…1."""
    wide: torch.Tensor
    known: torch.Tensor
    """(n, F, KNOWN_CELLS, KNOWN_CELLS): the first network's features."""
    about: torch.Tensor
    """(n, ABOUT)"""


def looks(images: torch.Tensor, features: torch.Tensor, rows: torch.Tensor, kinds: torch.Tensor) -> Looks:
    """What is seen of the suspects ``rows`` (n, 5): corners and score; ``kinds`` (n,) counts within `KINDS`."""
    size = torch.tensor([images.shape[3], images.shape[2]], dtype=rows.dtype)
    middles, sides = (rows[:, :2] + rows[:, 2:4]) / 2, (rows[:, 2:4] - rows[:, :2]).mean(1, keepdim=True)
    coarse = functional.avg_pool2d(images, 2)
    return Looks(
        _cut(images, middles, sides * NEAR, SEEN_PX, size),
        _cut(coarse, middles, sides * WIDE, SEEN_PX, size),
        _cut(features, middles, sides * WIDE, KNOWN_CELLS, size),
        about(middles, sides, rows[:, 4:5], kinds, size),
    )


def about(
    middles: torch.Tensor, sides: torch.Tensor, scores: torch.Tensor, kinds: torch.Tensor, size: torch.Tensor
) -> torch.Tensor:
    """(n, ABOUT): where it is, from the middle of the picture, which is the way down along somebody's body; how large;
    how sure the first network is; and which kind.
    """
    where = (middles - size / 2) / (size[0] / 2)
    sure = scores.clamp(0.01, 0.99)
    is_hand = kinds.unsqueeze(1).to(middles.dtype)
    return torch.cat(
        [where, where.square().sum(1, keepdim=True).sqrt(), torch.log(sides.clamp(min=1.0)) - 3.0,
         torch.log(sure / (1.0 - sure)), is_hand, 1.0 - is_hand], 1,
    )  # fmt: skip


def _cut(
    plane: torch.Tensor, middles: torch.Tensor, wide: torch.Tensor, steps: int, size: torch.Tensor
) -> torch.Tensor:
    """Squares (n, C, steps, steps) of a plane (1, C, h, w) that shows the whole picture; black beside it."""
    on = (torch.arange(steps, dtype=middles.dtype) + 0.5) / steps - 0.5
    x = (middles[:, 0:1] + wide * on) / size[0] * 2.0 - 1.0
    y = (middles[:, 1:2] + wide * on) / size[1] * 2.0 - 1.0
    grid = torch.stack([x.unsqueeze(1).expand(-1, steps, -1), y.unsqueeze(2).expand(-1, -1, steps)], 3)
    cut = functional.grid_sample(plane, grid.reshape(1, -1, steps, 2), align_corners=False)
    return cut.reshape(plane.shape[1], -1, steps, steps).transpose(0, 1)


class Closer(nn.Module):  # type: ignore[misc, unused-ignore]
    """The network. ``features``: how many channels the first network's have."""

    def __init__(self, features: int, wide: int = 40) -> None:
        super().__init__()
        self.near = nn.Sequential(_layer(4, 24, 2), _layer(24, wide, 2), Block(wide), _layer(wide, 2 * wide, 2))
        self.around = nn.Sequential(_layer(4, 24, 2), _layer(24, wide, 2), Block(wide))
        self.known = _layer(features, wide, 1, 1)
        self.together = _layer(2 * wide, 2 * wide, 2)
        self.both = nn.Sequential(_layer(4 * wide, 2 * wide, 1, 1), Block(2 * wide), Block(2 * wide))
        self.about = nn.Sequential(nn.Linear(ABOUT, 32), nn.ReLU())
        cells = (SEEN_PX // 8) ** 2
        self.summed = nn.Sequential(nn.Linear(wide * cells + 32, 128), nn.ReLU())
        self.narrow = _layer(2 * wide, wide, 1, 1)
        self.said = nn.Linear(128, 2 * 4)
        nn.init.zeros_(self.said.weight)
        nn.init.zeros_(self.said.bias)

    def forward(self, near: torch.Tensor, wide: torch.Tensor, known: torch.Tensor, about: torch.Tensor) -> torch.Tensor:
        """(n, 4): the logit, and where the box lies, of the kind that each suspect is. Untrained it says what the first
        network said; it learns by how much that is wrong.
        """
        around = self.together(torch.cat([self.around(wide), self.known(known)], 1))
        seen = self.narrow(self.both(torch.cat([self.near(near), around], 1)))
        said = self.said(self.summed(torch.cat([seen.flatten(1), self.about(about)], 1)))
        is_hand = about[:, 5:6]
        chosen = said[:, :4] * (1.0 - is_hand) + said[:, 4:] * is_hand
        return torch.cat([chosen[:, :1] + about[:, 4:5], chosen[:, 1:]], 1)


def moved(rows: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
    """Boxes (n, 4), corners, as the closer look puts them."""
    sides = (rows[:, 2:4] - rows[:, :2]).mean(1, keepdim=True)
    middles = (rows[:, :2] + rows[:, 2:4]) / 2 + sides * said[:, 1:3]
    halves = sides * torch.exp(said[:, 3:4].clamp(-0.5, 0.5)) / 2
    return torch.cat([middles - halves, middles + halves], 1)


class Block(nn.Module):  # type: ignore[misc, unused-ignore]
    """Two layers, added to what came in."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.first, self.second = _layer(wide, wide, 1), _layer(wide, wide, 1)

    def forward(self, x: Any) -> Any:
        return x + self.second(self.first(x))


def _layer(inner: int, outer: int, stride: int, reach: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, reach, stride, reach // 2, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True)
    )
