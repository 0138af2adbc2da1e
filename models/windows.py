"""What training sees of a picture: a window around somebody.

Enters: a picture with its boxes. Leaves: a part of it, of a size that is the same for all of them, and the boxes whose
middles lie in it, whole even where the window's edge cuts them. Most of what a ceiling camera shows is floor: a window
holds almost as many people as its picture, and costs a quarter of the work. One in a few lies anywhere, so that floors
and products without anybody near are learned, too. In the shop the network, which has only convolutions, looks at the
whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from models.background import beside, doubtful, plane, read_empty, stacked
from models.peaks import FAINT

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (320, 256)
"""Width and height of a window, pixels; multiples of the network's largest cell (32)."""
NEARER = 0.15
"""The logarithm of how much larger or smaller than in its picture a window shows things, at most: as another lens."""
ANYWHERE = 0.15
"""Share of the windows that lie just anywhere."""
MARGIN = 0.1
"""Whom a window is for stands at least this share of it away from its edges, where the picture allows."""
WARM, GREEN, CONTRAST = 0.12, 0.04, 0.15
"""Standard deviations of logarithms: red brighter and blue darker, green brighter, and the exponent of all."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture: its corner and size there, pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def larger(self) -> NDArray[np.float32]:
        """So many times as large as in the picture everything in it is shown, to the right and downwards."""
        return np.array([SIZE[0] / self.width, SIZE[1] / self.height], np.float32)


def window(size: tuple[int, int], middles: NDArray[np.float32], rng: np.random.Generator) -> Window:
    """A window in a picture of ``size`` (width, height), for one of the ``middles`` (n, 2)."""
    part = np.round(np.array(SIZE) / np.exp(rng.uniform(-NEARER, NEARER))).astype(int)
    room = np.maximum(np.array(size) - part, 0)
    corner = rng.integers(0, room + 1)
    if len(middles) and rng.random() >= ANYWHERE:
        whom = middles[rng.integers(len(middles))]
        inside = rng.uniform(MARGIN, 1 - MARGIN, 2) * part
        corner = np.clip(np.round(whom - inside).astype(int), 0, room)
    return Window(*corner.tolist(), *part.tolist())


def cut(picture: NDArray[np.uint8], to: Window) -> NDArray[np.uint8]:
    """What lies in a window, in its size (`SIZE`); what a smaller picture lacks is a mirror of the rest."""
    part = picture[to.y : to.y + to.height, to.x : to.x + to.width]
    missing = to.height - part.shape[0], to.width - part.shape[1]
    if any(missing):
        part = np.asarray(cv2.copyMakeBorder(part, 0, missing[0], 0, missing[1], cv2.BORDER_REFLECT), np.uint8)
    return np.asarray(cv2.resize(part, SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)


def in_other_light(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The same under warmer or colder lamps, by a sensor of other contrast."""
    steps = np.linspace(0.0, 1.0, 256)[:, None] ** np.exp(rng.normal(0.0, CONTRAST))
    warm, green = rng.normal(0.0, WARM), rng.normal(0.0, GREEN)
    table = 255.0 * steps * np.exp([-warm, green, warm])
    return np.asarray(cv2.LUT(picture, table.clip(0, 255).astype(np.uint8)[:, None]), np.uint8)


def read_faint(path: Path) -> NDArray[np.float32]:
    """Rows (n, 5) of what can hardly be seen in a picture, as labels are: class, x, y, width, height in shares."""
    place = beside(path, "faint").with_suffix(".txt")
    text = place.read_text(encoding="utf-8") if place.is_file() else ""
    return np.array([line.split() for line in text.splitlines()], np.float32).reshape(-1, 5)


def windowed(hyper: Any) -> Any:
    """Ultralytics' transforms for training: a window, other light and colours, how new each pixel is, flips."""
    from ultralytics.data.augment import Compose, Format, RandomFlip, RandomHSV
    from ultralytics.utils.instance import Instances

    def to_window(labels: dict[str, Any]) -> dict[str, Any]:
        picture, path = labels["img"], Path(labels["im_file"])
        height, width = picture.shape[:2]
        there = labels["instances"]
        there.convert_bbox("xywh")
        there.denormalize(width, height)
        rng = np.random.default_rng(np.random.randint(2**31))  # the loader seeds each worker's np.random
        part = window((width, height), there.bboxes[:, :2], rng)
        faint = read_faint(path)
        kinds = np.concatenate([labels["cls"], faint[:, :1] + FAINT])
        rows = np.concatenate([there.bboxes, faint[:, 1:] * (width, height, width, height)])
        rows = (rows - (part.x, part.y, 0, 0)) * np.tile(part.larger, 2)
        outlines = np.zeros((0, 1000, 2), np.float32)
        there = Instances(rows.astype(np.float32), outlines, bbox_format="xywh", normalized=False)
        inside = ((rows[:, :2] >= 0) & (rows[:, :2] < SIZE)).all(axis=1)
        return labels | {
            "img": in_other_light(cut(picture, part), rng), "instances": there[inside], "cls": kinds[inside],
            "new": cut(doubtful(path, picture, read_empty(path, picture), rng), part),
            "resized_shape": SIZE[::-1],
        }  # fmt: skip

    def stack(labels: dict[str, Any]) -> dict[str, Any]:
        return labels | {"img": stacked(labels["img"], labels.pop("new"))}

    return Compose([
        to_window,
        RandomHSV(hgain=hyper.hsv_h, sgain=hyper.hsv_s, vgain=hyper.hsv_v),
        stack,
        RandomFlip(direction="vertical", p=hyper.flipud),
        RandomFlip(direction="horizontal", p=hyper.fliplr),
        Format(bbox_format="xywh", normalize=True, batch_idx=True),
    ])  # fmt: skip


def whole(labels: dict[str, Any]) -> dict[str, Any]:
    """Ultralytics' picture for validation, as the network sees it: with how new each pixel is."""
    picture = labels["img"]
    return labels | {"img": stacked(picture, plane(picture, read_empty(Path(labels["im_file"]), picture)))}
