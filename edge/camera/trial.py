"""What detectors see in pictures, side by side, for whoever chooses one.

Enters: pictures and folders of pictures, detectors, and whether the camera looks straight down. Leaves: what each
detector finds in each picture, a table of it, JSON; `edge.camera.sheet` draws it. Refuses (`NoPicture`): what cannot be
read as a picture, and folders without any.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.table import Table

from edge.camera.detect import Array, Detections, Detector, surest
from edge.camera.picture import Picture

ENDINGS: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


class NoPicture(ValueError):
    """Something that was named shows nothing; the text says what, and what to name."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What detectors found in pictures. ``found[detector][picture]``, and how long each took, in ms."""

    files: tuple[Path, ...]
    detectors: tuple[Detector, ...]
    found: Sequence[Sequence[Detections]]
    took_ms: Sequence[Sequence[float]]
    sizes: Sequence[tuple[int, int]]
    """How wide and high each picture is."""


def pictures(named: Sequence[Path]) -> list[Path]:
    """The pictures among files and folders that somebody named, each folder's in the order of their names."""
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS)
            if not inside:
                raise NoPicture(f"{path} has no pictures in it. Name a folder with files like *.jpg or *.png")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise NoPicture(f"there is no picture {path}. Name files, or folders of them")
    return list(dict.fromkeys(found))


def read(path: Path) -> Picture:
    """One picture."""
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise NoPicture(f"{path} cannot be read ({' '.join(str(error).split())[:80]}). Name another picture") from error
    if picture is None:
        raise NoPicture(f"{path} is no picture that can be read. Save it as JPEG or PNG")
    return picture.astype(np.uint8, copy=False)


def tried(
    files: Sequence[Path], detectors: Sequence[Detector], *, down: bool, least: float | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Trial:  # fmt: skip
    """Look through all of them. ``least``: heads and hands of such a score are told, not only what is believed."""
    found: list[list[Detections]] = [[] for _ in detectors]
    took_ms: list[list[float]] = [[] for _ in detectors]
    sizes: list[tuple[int, int]] = []
    for file in files:
        picture = read(file)
        sizes.append((picture.shape[1], picture.shape[0]))
        for i, detector in enumerate(detectors):
            began_s = time.perf_counter()
            if least is None:
                seen = detector.detect(picture, down=down)
            else:
                seen = _with_believed_bodies(detector, detector.suspect(picture, least, down=down), down)
            took_ms[i].append(1000.0 * (time.perf_counter() - began_s))
            found[i].append(seen)
    for detector in detectors:
        if detector.silence:
            told(detector.silence)
    return Trial(tuple(files), tuple(detectors), found, took_ms, sizes)


def as_json(trial: Trial) -> Mapping[str, Any]:
    """Picture -> heads and hands, each x, y in the picture's pixels and score; of several detectors, file -> that."""
    names = unlike(trial.files)
    tables = [
        {name: {"heads": _marks(seen.heads), "hands": _marks(surest(seen.hands))}
         for name, seen in zip(names, found, strict=True)}
        for found in trial.found
    ]  # fmt: skip
    if len(tables) == 1:
        return tables[0]
    return dict(zip(unlike([d.path for d in trial.detectors]), tables, strict=True))


def table(trial: Trial) -> Table:
    """How many each detector found in each picture, and how long it took."""
    shown = Table("picture", box=None)
    for name in unlike([d.path for d in trial.detectors]):
        shown.add_column(f"{name}\nheads", justify="right")
        shown.add_column("\nhands", justify="right")
        shown.add_column("\nms", justify="right")
    for row, name in enumerate(unlike(trial.files)):
        cells = [
            (str(len(found[row].heads)), str(len(surest(found[row].hands))), f"{took[row]:.0f}")
            for found, took in zip(trial.found, trial.took_ms, strict=True)
        ]
        shown.add_row(name, *(cell for three in cells for cell in three))
    sums = [
        (str(sum(len(f.heads) for f in found)), str(sum(len(surest(f.hands)) for f in found)), f"{np.median(took):.0f}")
        for found, took in zip(trial.found, trial.took_ms, strict=True)
    ]
    shown.add_row("all (ms: median)", *(cell for three in sums for cell in three), style="bold")
    return shown


def unlike(files: Sequence[Path]) -> list[str]:
    """A name for each: its own, with as many of its folders as it takes to tell it from the others."""
    depth = 1
    while True:
        names = ["/".join(file.parts[-depth:]) for file in files]
        if len(set(names)) == len(set(files)) or depth >= max(len(file.parts) for file in files):
            return names
        depth += 1


def _with_believed_bodies(detector: Detector, seen: Detections, down: bool) -> Detections:
    """Hands of low scores are told only of heads that are believed: of others they mean nothing."""
    if seen.bodies is None:
        return seen
    heads = detector.believed(seen, down=down).bodies
    assert heads is not None
    theirs = np.isin(seen.bodies.hands[:, 0], heads.heads)
    return seen.each(lambda name, boxes: theirs if name == "hand" else np.ones(len(boxes), np.bool_))


def _marks(boxes: Array) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1), round(float(score), 3)] for x, y, _, _, score in boxes]
