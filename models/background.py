"""The network's fourth colour: how new each pixel is, against the shop with nobody in it.

Enters: a picture (h, w, 3), and the picture of the same view without people that lies beside it: ``empty/train/7.jpg``
for ``images/train/7.jpg``; where there is none, everything may be new. Leaves: what `edge.camera.background` would tell
the node's network, for training with the doubts that a real memory deserves: some of it is not known yet, some of it
shows somebody who has left, some of whom it shows still stand there.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.background import NEW, Plane, exposure, novelty
from edge.camera.picture import Picture

UNKNOWN, PARTLY, LEFT, ABSORBED, MISJUDGED = 0.2, 0.15, 0.1, 0.1, 0.15
"""Shares of training's windows: nothing is known; some of it is not; somebody is remembered who left, or still stands
there; the exposure was misjudged.
"""
MISJUDGED_BY = 0.15


def beside(path: Path, kind: str) -> Path:
    """Where that lies which belongs to a picture under ``images``: under ``empty`` the same without people."""
    parts = list(path.parts)
    parts[len(parts) - 1 - parts[::-1].index("images")] = kind
    return Path(*parts)


def read_empty(path: Path, like: Picture) -> Picture | None:
    """The empty shop of a picture's file, in the size of the picture as it was read."""
    return _read(beside(path, "empty"), like)


def _read(path: Path, like: Picture) -> Picture | None:
    read = cv2.imread(str(path)) if path.is_file() else None
    if read is not None and read.shape != like.shape:
        read = cv2.resize(read, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_AREA)
    return None if read is None else np.asarray(read, np.uint8)


def plane(picture: Picture, empty: Picture | None) -> Plane:
    """How new each pixel is."""
    if empty is None:
        return np.full(picture.shape[:2], NEW, np.uint8)
    return novelty(picture, empty, exposure(picture, empty))


def doubtful(path: Path, picture: Picture, empty: Picture | None, rng: np.random.Generator) -> Plane:
    """The same as a memory with flaws would tell it."""
    if empty is None or rng.random() < UNKNOWN:
        return np.full(picture.shape[:2], NEW, np.uint8)
    gain = exposure(picture, empty)
    if rng.random() < MISJUDGED:
        gain *= 1.0 + float(rng.uniform(-MISJUDGED_BY, MISJUDGED_BY))
    if rng.random() < ABSORBED:
        _copy(picture, empty, rng)
    if rng.random() < LEFT:
        other = _same_place(path, empty, rng)
        if other is not None:
            _copy(other, empty, rng)
    new = novelty(picture, empty, gain)
    if rng.random() < PARTLY:
        for part in _parts(picture.shape[:2], rng):
            new[part] = NEW
    return new


def doubted(picture: Picture, empty: Picture, gain: float, rng: np.random.Generator) -> Plane:
    """The same of a window that shows the ``empty`` shop ``gain`` times as bright; the empty one is spoilt by it."""
    if rng.random() < MISJUDGED:
        gain *= 1.0 + float(rng.uniform(-MISJUDGED_BY, MISJUDGED_BY))
    if rng.random() < ABSORBED:
        _copy(picture, empty, rng)
    new = novelty(picture, empty, gain)
    if rng.random() < PARTLY:
        for part in _parts(picture.shape[:2], rng):
            new[part] = NEW
    return new


def stacked(picture: Picture, new: Plane) -> NDArray[np.uint8]:
    """(h, w, 4): red, green, blue, new."""
    return np.dstack([picture[..., ::-1], new])


def _copy(source: Picture, target: Picture, rng: np.random.Generator) -> None:
    for part in _parts(target.shape[:2], rng):
        target[part] = source[part]


def _parts(size: tuple[int, ...], rng: np.random.Generator) -> list[tuple[slice, slice]]:
    """A few places about as large as a person."""
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        high, wide = rng.integers(60, 200, 2)
        y, x = rng.integers(0, size[0]), rng.integers(0, size[1])
        parts.append((slice(max(0, y - high // 2), y + high // 2), slice(max(0, x - wide // 2), x + wide // 2)))
    return parts


def _same_place(path: Path, like: Picture, rng: np.random.Generator) -> Picture | None:
    """Another picture of a series with numbers for names, if that one has the same empty shop."""
    if not path.stem.isdecimal():
        return None
    other = path.with_stem(f"{int(path.stem) + int(rng.choice([-2, -1, 1, 2])):0{len(path.stem)}d}")
    try:
        if not beside(other, "empty").samefile(beside(path, "empty")):
            return None
    except OSError:
        return None
    return _read(other, like)
