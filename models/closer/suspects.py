"""What the first network suspects in pictures, on disk, with whether it is right.

Enters: a data set in ultralytics' form, a split of it, and the first network with what cuts suspects out
(`models.closer.join.suspecting`). Leaves files of `SHARE` pictures each in ``<folder>/<split>``, named after the first
of them, with rows of `row`; what is there already stays, so a run that was stopped goes on. Training's pictures are
seen several times, under other lights, mirrored, and with the doubts that a memory of the empty shop deserves.

What `render` knows to be there but hidden from the label's view (a hand of which a tenth shows) is neither right nor
wrong to suspect: such rows have no truth (NaN).
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.background import doubtful, plane, read_empty, stacked
from models.closer.network import ABOUT, KINDS, KNOWN_CELLS, SEEN_PX
from models.windows import in_other_light

Array = NDArray[np.float64]

SHARE = 120
"""Pictures a file."""
TIMES = {"train": 3}
"""So often each picture of a split is seen, by chance otherwise each time; where nothing is said, once and as it is."""
WITHIN = 0.5
"""A suspect whose middle is no further from a label's middle, in sides of its box, is right."""
OUTPUTS = ("near", "wide", "known", "about", "suspects")


@dataclass(frozen=True, slots=True)
class Share:
    """Some pictures, their ``names`` by the class numbers of the labels, and the file they become."""

    network: Path
    pictures: tuple[Path, ...]
    names: tuple[tuple[int, str], ...]
    size: tuple[int, int]
    """Width and height of the network's input."""
    times: int
    out: Path


def row(features: int) -> np.dtype[Any]:
    """One suspect: what is seen of it, and the truth: whether it is right (1, 0 or NaN), and where its box lies
    (`models.closer.network.moved`).
    """
    seen = (4, SEEN_PX, SEEN_PX)
    return np.dtype([
        ("near", np.uint8, seen), ("wide", np.uint8, seen),
        ("known", np.float16, (features, KNOWN_CELLS, KNOWN_CELLS)),
        ("about", np.float32, (ABOUT,)), ("truth", np.float32, (4,)),
    ])  # fmt: skip


def collect(
    pictures: list[Path], split: str, names: dict[int, str], network: Path, size: tuple[int, int], folder: Path,
    told: Callable[[int, int], None],
) -> list[Path]:  # fmt: skip
    """The files of a split; ``told`` hears (pictures done, in all)."""
    (folder / split).mkdir(parents=True, exist_ok=True)
    shares = [
        Share(network, tuple(pictures[i : i + SHARE]), tuple(names.items()), size, TIMES.get(split, 0),
              folder / split / f"{pictures[i].stem}-{len(pictures[i : i + SHARE])}.npy")
        for i in range(0, len(pictures), SHARE)
    ]  # fmt: skip
    done = 0
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for count in pool.imap_unordered(_share, shares):
            done += count
            told(done, len(pictures))
    return [share.out for share in shares]


def _share(share: Share) -> int:
    if not share.out.exists():
        import onnxruntime

        cv2.setNumThreads(1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(share.network, options, providers=["CPUExecutionProvider"])
        rows = [_rows(share, session, path, time) for path in share.pictures for time in range(max(1, share.times))]
        beside = share.out.with_suffix(".part")
        with beside.open("wb") as file:
            np.save(file, np.concatenate(rows))
        os.replace(beside, share.out)
    return len(share.pictures)


def _rows(share: Share, session: Any, path: Path, time: int) -> NDArray[Any]:
    """Everything that is suspected in one picture."""
    picture = np.asarray(cv2.imread(str(path)), np.uint8)
    empty, boxes = read_empty(path, picture), expected(path, dict(share.names), picture.shape[:2])
    if share.times:
        rng = np.random.default_rng([int.from_bytes(path.stem.encode()), time])
        new = doubtful(path, picture, empty, rng)
        picture, flips = in_other_light(picture, rng), rng.random(2) < 0.5
    else:
        new, flips = plane(picture, empty), np.zeros(2, np.bool_)
    height, width = picture.shape[:2]
    seen = stacked(picture, new)
    for axis, flip in enumerate(flips):
        if flip:
            seen = np.flip(seen, 1 - axis)
            boxes[:, 1 + axis] = (width, height)[axis] - boxes[:, 1 + axis]
    scale = np.array(share.size) / (width, height)
    fitted = cv2.resize(np.ascontiguousarray(seen), share.size, interpolation=cv2.INTER_LINEAR)
    boxes[:, 1:5] *= np.tile(scale, 2)
    images = np.ascontiguousarray(fitted.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    near, wide, known, about, suspects = session.run(list(OUTPUTS), {"images": images})
    rows = np.empty(len(suspects), row(known.shape[1]))
    rows["near"], rows["wide"] = np.rint(near * 255), np.rint(wide * 255)
    rows["known"], rows["about"] = known, about
    rows["truth"] = truth(suspects.astype(np.float64), np.rint(about[:, 5]).astype(int), boxes)
    return rows


def truth(suspects: Array, kinds: NDArray[np.int_], boxes: Array) -> Array:
    """(n, 4) of suspects (n, 6), by ``boxes`` (m, 6): kind, middle, width, height, and whether it must be found."""
    told = np.zeros((len(suspects), 4))
    sides = (suspects[:, 2:4] - suspects[:, :2]).mean(axis=1)
    middles = (suspects[:, :2] + suspects[:, 2:4]) / 2
    for i in range(len(suspects)):
        like = boxes[boxes[:, 0] == kinds[i]]
        off = (np.abs(like[:, 1:3] - middles[i]) / like[:, 3:5]).max(axis=1)
        like, off = like[off <= WITHIN], off[off <= WITHIN]
        asked = like[:, 5] > 0
        if asked.any():
            best = like[asked][off[asked].argmin()]
            told[i] = 1.0, *(best[1:3] - middles[i]) / sides[i], np.log(best[3:5].mean() / sides[i])
        elif len(like):
            told[i] = np.nan
    return told


def expected(path: Path, names: dict[int, str], size: tuple[int, int]) -> Array:
    """Boxes (m, 6) of a picture's file, by its labels, and of what `render` knows to be hidden; pixels."""
    parts = list(path.parts)
    at = len(parts) - 1 - parts[::-1].index("images")
    labels = Path(*parts[:at], "labels", *parts[at + 1 :]).with_suffix(".txt")
    lines = labels.read_text().split("\n") if labels.is_file() else []
    rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
    height, width = size
    boxes: list[tuple[float, ...]] = [
        (KINDS.index(names[int(kind)]), x * width, y * height, w * width, h * height, 1.0)
        for kind, x, y, w, h in rows if names.get(int(kind)) in KINDS
    ]  # fmt: skip
    told = Path(*parts[:at], "truth", *parts[at + 1 :]).with_suffix(".json")
    if told.is_file():
        boxes += _hidden(json.loads(told.read_text()))
    return np.array(boxes, np.float64).reshape(-1, 6)


def _hidden(told: dict[str, Any]) -> list[tuple[float, ...]]:
    """Heads and hands of which a little is to be seen, but less than a label asks for."""
    from models.evaluate import view_of
    from models.render.dataset import HAND_SEEN, HEAD_SEEN, SIZES_M

    parts = [(0, p["head"], p["head_seen"], HEAD_SEEN) for p in told["people"]]
    parts += [
        (1, at, seen, HAND_SEEN) for p in told["people"] for at, seen in zip(p["hands"], p["hands_seen"], strict=True)
    ]
    parts = [part for part in parts if 0.0 < part[2] < part[3]]
    if not parts:
        return []
    view = view_of(told["view"])
    points = np.array([at for _, at, _, _ in parts], np.float64)
    spots = view.pixels(points)
    near = np.linalg.norm(points - view.position, axis=1)
    sides = view.lens.spread(np.nan_to_num(spots)) * (np.array(SIZES_M)[[k for k, *_ in parts]] / near)[:, None]
    return [(kind, *(spot + 0.5), *side, 0.0) for (kind, *_), spot, side in zip(parts, spots, sides, strict=True)]
