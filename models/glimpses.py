"""What eyes on a backbone are taught: parts of pictures, in every light, turned and mirrored.

Enters: data sets as `models.render` makes them. Leaves: windows (4, SIDE, SIDE) uint8 (red, green, blue, how new), and
rows (n, 5): class, x, y, width, height in pixels of the window, `models.peaks.FAINT` added to the class of what need
not be found. Each data set is drawn from equally often. Refuses (`CannotTrain`): folders without pictures.

Nothing of ultralytics is needed here, so that nothing of its licence clings to what is taught.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge.camera.background import NEW, exposure
from models.background import beside, doubted
from models.offline import CannotTrain
from models.peaks import FAINT
from models.windows import in_other_light

SIDE = 320
"""Pixels of a window, each way; a multiple of the backbone's largest cell (32, of halved pixels)."""
LOOKS_AT = (640, 512)
"""Width and height of what the network is given of a whole picture."""
LARGER = (-0.35, 0.45)
"""Logarithms of how much larger than so a window shows things: cameras hang lower and higher than rendered ones."""
ANYWHERE = 0.12
NOTHING_KNOWN = 0.35
"""So often the shop has never been seen empty, beside what `doubtful` doubts anyway."""
GREY_OUTSIDE = 114
"""What lies outside of a picture, as on the node's paper."""
GREY, SOFT, ROUGH = 0.1, 0.15, 0.3
"""So often a window is without colours, blurred, noisy."""


class Glimpses:
    """Endless windows. All pictures are kept in memory (0.9 MB each of 640x480): to read them costs most."""

    def __init__(self, data: Sequence[Path], seed: int) -> None:
        known = {folder: [_read(path) for path in pictures_in(folder)] for folder in set(data)}
        self.data = [known[folder] for folder in data]
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.seed)
        while True:
            among = self.data[rng.integers(len(self.data))]
            yield glimpse(among[rng.integers(len(among))], rng)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A picture, its empty shop, and rows (n, 5) of what is in it, pixels. Series share one memory of their shop."""

    picture: NDArray[np.uint8]
    empty: NDArray[np.uint8] | None
    rows: NDArray[np.float64]


def glimpse(known: Known, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A window of one picture, and what is in it."""
    height, width = known.picture.shape[:2]
    scale = LOOKS_AT[0] / width * math.exp(rng.uniform(*LARGER))
    moved = _turn(rng, scale, _middle(rng, known.rows, width, height, SIDE / scale))
    part = _cut(known.picture, moved, GREY_OUTSIDE)
    new = np.full((SIDE, SIDE), NEW, np.uint8)
    if known.empty is not None and rng.random() >= NOTHING_KNOWN:
        gain = exposure(known.picture, known.empty)
        new = doubted(part, _cut(known.empty, moved, GREY_OUTSIDE), gain, rng)
    at = np.column_stack([known.rows[:, 1:3], np.ones(len(known.rows))]) @ moved.T
    sides = known.rows[:, 3:] @ np.abs(moved[:, :2]).T
    told = np.column_stack([known.rows[:, 0], at, sides]).astype(np.float32)
    inside = ((told[:, 1:3] >= 0) & (told[:, 1:3] < SIDE)).all(axis=1)
    blue, green, red = cv2.split(_as_another_camera(part, rng))
    return np.stack([red, green, blue, new]).astype(np.uint8, copy=False), told[inside]


def batch(
    some: Sequence[tuple[NDArray[np.uint8], NDArray[np.float32]]],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch: pictures (b, 4, SIDE, SIDE) 0…1, rows (b, n, 5), and which of the n are there (b, n)."""
    most = max(1, *(len(rows) for _, rows in some))
    rows = np.zeros((len(some), most, 5), np.float32)
    there = np.zeros((len(some), most), np.bool_)
    for i, (_, told) in enumerate(some):
        rows[i, : len(told)], there[i, : len(told)] = told, True
    pictures = torch.from_numpy(np.stack([picture for picture, _ in some])).float() / 255
    return pictures, torch.from_numpy(rows), torch.from_numpy(there)


def _read(path: Path) -> Known:
    picture = cv2.imread(str(path))
    if picture is None:
        raise CannotTrain(f"{path}: this is no picture: take it away, or render again")
    height, width = picture.shape[:2]
    place = beside(path, "empty").resolve()
    empty = _empty(os.stat(place).st_ino, place) if place.is_file() else None
    if empty is not None and empty.shape != picture.shape:
        empty = None
    return Known(np.asarray(picture, np.uint8), empty, _labels(path, width, height))


@lru_cache(maxsize=4)
def _empty(_: int, path: Path) -> NDArray[np.uint8]:
    """The memory of a series, which lies there once under many names."""
    return np.asarray(cv2.imread(str(path)), np.uint8)


def _cut(picture: NDArray[np.uint8], moved: NDArray[np.float64], outside: int) -> NDArray[np.uint8]:
    """A window of a picture."""
    part = cv2.warpAffine(picture, moved, (SIDE, SIDE), borderValue=(outside, outside, outside))
    return np.asarray(part, np.uint8)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a data set that are learned from, by name; `CannotTrain` where there are none."""
    found = sorted((folder / "images" / "train").glob("*.jpg"))
    if not found:
        raise CannotTrain(f"{folder / 'images' / 'train'}: there are no pictures: draw some with `render`")
    return found


def _labels(path: Path, width: int, height: int) -> NDArray[np.float64]:
    """Rows (n, 5) in pixels of the picture, what is faint among them."""
    found = []
    for kind, more in (("labels", 0), ("faint", FAINT)):
        place = beside(path, kind).with_suffix(".txt")
        text = place.read_text(encoding="utf-8") if place.is_file() else ""
        rows = np.array([line.split() for line in text.splitlines() if line.strip()], np.float64).reshape(-1, 5)
        rows[:, 0] += more
        found.append(rows * (1, width, height, width, height))
    return np.concatenate(found)


def _middle(
    rng: np.random.Generator, rows: NDArray[np.float64], width: int, height: int, side: float
) -> tuple[float, float]:
    """Where in the picture a window ``side`` pixels wide has its middle: mostly near somebody."""
    if len(rows) and rng.random() >= ANYWHERE:
        x, y = rows[rng.integers(len(rows)), 1:3]
        return float(x + rng.uniform(-0.4, 0.4) * side), float(y + rng.uniform(-0.4, 0.4) * side)
    return float(rng.uniform(0, width)), float(rng.uniform(0, height))


def _turn(rng: np.random.Generator, scale: float, middle: tuple[float, float]) -> NDArray[np.float64]:
    """From the picture's pixels to the window's (2, 3): a quarter turn or none, often mirrored, as large as asked."""
    c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[rng.integers(4)]
    mirror = -1 if rng.random() < 0.5 else 1
    matrix = scale * np.array([[c, -s], [s, c]], float) @ np.diag([mirror, 1])
    return np.column_stack([matrix, np.full(2, SIDE / 2) - matrix @ np.array(middle)])


def _as_another_camera(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """In other light, perhaps without colours, soft, or noisy."""
    seen = in_other_light(picture, rng)
    if rng.random() < GREY:
        seen = np.repeat(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2).astype(np.uint8)
    if rng.random() < SOFT:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.5, 1.6))), np.uint8)
    if rng.random() < ROUGH:
        noise = rng.normal(0.0, rng.uniform(2.0, 12.0), seen.shape[:2]).astype(np.int16)
        seen = np.asarray(cv2.add(seen, cv2.merge([noise] * 3), dtype=cv2.CV_8U), np.uint8)
    return seen
