"""What eyes on a backbone are taught: parts of pictures, in every light, turned and mirrored.

Enters: data sets as `models.render` makes them. Leaves: windows (4, SIDE, SIDE) uint8 (red, green, blue, how new), and rows
(n, 5): class, x, y, width, height in pixels of the window, `models.peaks.FAINT` added to the class of what need not be
found. Each data set is drawn from equally often. Refuses (`CannotTrain`): folders without pictures.

Nothing of ultralytics is needed here, so that nothing of its licence clings to what is taught.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.background import beside, doubtful, read_empty
from models.offline import CannotTrain
from models.peaks import FAINT
from models.windows import in_other_light

SIDE = 224
"""Pixels of a window, each way; a multiple of the backbone's largest cell (32)."""
LOOKS_AT = (512, 384)
"""Width and height of what the network is given of a whole picture."""
LARGER = (-0.35, 0.45)
"""Logarithms of how much larger than so a window shows things: cameras hang lower and higher than rendered ones."""
ANYWHERE = 0.12
NOTHING_KNOWN = 0.35
"""So often the shop has never been seen empty, beside what `doubtful` doubts anyway."""
GREY, SOFT, ROUGH = 0.1, 0.15, 0.3
"""So often a window is without colours, blurred, noisy."""


class Glimpses(torch.utils.data.IterableDataset[tuple[NDArray[np.uint8], NDArray[np.float32]]]):
    """Endless windows."""

    def __init__(self, data: Sequence[Path], seed: int) -> None:
        self.data = [_pictures(folder) for folder in data]
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.seed, (torch.utils.data.get_worker_info() or _Alone).id])
        while True:
            among = self.data[rng.integers(len(self.data))]
            yield glimpse(among[rng.integers(len(among))], rng)


class _Alone:
    id = 0


def glimpse(path: Path, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A window of one picture, and what is in it."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise CannotTrain(f"{path}: this is no picture: take it away, or render again")
    seen = np.asarray(picture, np.uint8)
    empty = None if rng.random() < NOTHING_KNOWN else read_empty(path, seen)
    stack = np.dstack([seen, doubtful(path, seen, empty, rng)])
    rows = _labels(path, seen.shape[1], seen.shape[0])
    scale = LOOKS_AT[0] / seen.shape[1] * math.exp(rng.uniform(*LARGER))
    moved = _turn(rng, scale, _middle(rng, rows, seen.shape[1], seen.shape[0], SIDE / scale))
    part = cv2.warpAffine(
        stack, moved, (SIDE, SIDE), flags=cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(114, 114, 114, 255),
    )  # fmt: skip
    at = np.column_stack([rows[:, 1:3], np.ones(len(rows))]) @ moved.T
    sides = rows[:, 3:] @ np.abs(moved[:, :2]).T if len(rows) else rows[:, 3:]
    told = np.column_stack([rows[:, 0], at, sides]).astype(np.float32)
    inside = ((told[:, 1:3] >= 0) & (told[:, 1:3] < SIDE)).all(axis=1)
    colours = _as_another_camera(np.ascontiguousarray(part[..., :3]), rng)
    return np.ascontiguousarray(np.dstack([colours[..., ::-1], part[..., 3]]).transpose(2, 0, 1)), told[inside]


def together(
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


def _pictures(folder: Path) -> list[Path]:
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
        noise = rng.normal(0.0, rng.uniform(2.0, 12.0), seen.shape[:2])[..., None]
        seen = (seen + noise).clip(0, 255).astype(np.uint8)
    return seen
