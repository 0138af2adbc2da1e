"""What detectors see in pictures, side by side, for whoever chooses one.

Enters: pictures and folders of pictures, detectors, and whether the camera looks straight down. Leaves: what each
detector finds in each picture, a table of it, JSON, and one picture of all (a contact sheet). Refuses (`NoPicture`):
what cannot be read as a picture, and folders without any. Nothing is written but the sheet that was asked for.
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
from edge.camera.networks.poses import ELBOWS, SHOULDERS
from edge.camera.picture import Picture

ENDINGS: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

CELL: Final = (420, 300)
"""Width and height of one picture on the sheet, pixels."""
CAPTION, GAP, MARGIN, LINE = 24, 12, 18, 26
ACROSS: Final = 4
"""So many pictures stand beside each other where there is one detector."""
MOST_SHOWN: Final = 80
"""More pictures than this make a sheet that nobody can open."""
PAPER, INK, FAINT = (250, 250, 248), (40, 40, 40), (125, 125, 120)
HEAD: Final = (60, 190, 40)
HAND: Final = (0, 130, 255)
ARM: Final = (230, 190, 90)
"""Blue, green, red."""
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


class NoPicture(ValueError):
    """Something that was named shows nothing; the text says what, and what to name."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
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
) -> Sheet:  # fmt: skip
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
    return Sheet(tuple(files), tuple(detectors), found, took_ms, sizes)


def as_json(sheet: Sheet) -> Mapping[str, Any]:
    """Picture -> heads and hands, each x, y in the picture's pixels and score; of several detectors, file -> that."""
    names = unlike(sheet.files)
    tables = [
        {name: {"heads": _marks(seen.heads), "hands": _marks(surest(seen.hands))}
         for name, seen in zip(names, found, strict=True)}
        for found in sheet.found
    ]  # fmt: skip
    if len(tables) == 1:
        return tables[0]
    return dict(zip(unlike([d.path for d in sheet.detectors]), tables, strict=True))


def table(sheet: Sheet) -> Table:
    """How many each detector found in each picture, and how long it took."""
    shown = Table("picture", box=None)
    for name in unlike([d.path for d in sheet.detectors]):
        shown.add_column(f"{name}\nheads", justify="right")
        shown.add_column("\nhands", justify="right")
        shown.add_column("\nms", justify="right")
    for row, name in enumerate(unlike(sheet.files)):
        cells = [
            (str(len(found[row].heads)), str(len(surest(found[row].hands))), f"{took[row]:.0f}")
            for found, took in zip(sheet.found, sheet.took_ms, strict=True)
        ]
        shown.add_row(name, *(cell for three in cells for cell in three))
    sums = [
        (str(sum(len(f.heads) for f in found)), str(sum(len(surest(f.hands)) for f in found)), f"{np.median(took):.0f}")
        for found, took in zip(sheet.found, sheet.took_ms, strict=True)
    ]
    shown.add_row("all (ms: median)", *(cell for three in sums for cell in three), style="bold")
    return shown


def drawn(sheet: Sheet) -> Picture:
    """The contact sheet: a row a picture and a column a detector, or several pictures a row where there is one."""
    files, several = sheet.files[:MOST_SHOWN], len(sheet.detectors) > 1
    across = len(sheet.detectors) if several else min(ACROSS, len(files))
    wide, top = CELL[0], MARGIN + 2 * LINE + (LINE if several else 0)
    step = 1 if several else across
    heights = [_fitted(*of)[1] for of in sheet.sizes[: len(files)]]
    tall = [max(heights[first : first + step]) for first in range(0, len(files), step)]
    tops = top + np.cumsum([0, *(part + CAPTION + GAP for part in tall)])
    size = (int(tops[-1]) + MARGIN, 2 * MARGIN + across * (wide + GAP) - GAP, 3)
    paper: Picture = np.full(size, PAPER, np.uint8)
    names = unlike([d.path for d in sheet.detectors])
    title = "What detectors see" if several else f"What {names[0]} sees ({sheet.detectors[0].what})"
    more = len(sheet.files) - len(files)
    _write(paper, title + (f"; {more} more pictures are not shown" if more else ""), MARGIN, MARGIN + 14, 0.62, INK)
    x = MARGIN
    for colour, word in ((HEAD, "head, and how sure it is"), (HAND, "hand"), (ARM, "arm, from the shoulder")):
        cv2.circle(paper, (x + 6, MARGIN + LINE + 12), 5, colour, -1, cv2.LINE_AA)
        x = _write(paper, word, x + 18, MARGIN + LINE + 17, 0.45, FAINT) + 22
    for i, detector in enumerate(sheet.detectors if several else ()):
        left = MARGIN + i * (wide + GAP)
        _write(paper, f"{names[i]} ({detector.what})", left, MARGIN + 2 * LINE + 15, 0.48, INK)
    for row, (file, name) in enumerate(zip(files, unlike(sheet.files), strict=False)):
        picture = read(file)
        for i in range(len(sheet.detectors)):
            column, line = (i, row) if several else (row % across, row // across)
            left, floor = MARGIN + column * (wide + GAP), int(tops[line]) + tall[line]
            _put(paper, picture, sheet.found[i][row], left, floor, name)
    return paper


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


def _put(paper: Picture, picture: Picture, seen: Detections, left: int, floor: int, name: str) -> None:
    """One picture that stands on ``floor`` with what was found in it, and its caption."""
    inner = _fitted(picture.shape[1], picture.shape[0])
    wide, scale = CELL[0], inner[0] / picture.shape[1]
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    small: Picture = cv2.resize(picture, inner, interpolation=how).astype(np.uint8, copy=False)
    if seen.bodies is not None:
        for body, side in seen.bodies.hands:
            joints = seen.bodies.joints[body]
            hand = seen.hands[np.flatnonzero((seen.bodies.hands == (body, side)).all(axis=1))[0], :2]
            way = np.stack([joints[SHOULDERS[side], :2], joints[ELBOWS[side], :2], hand]) * scale
            cv2.polylines(small, [np.rint(way).astype(np.int32)], False, ARM, 1, cv2.LINE_AA)
    hands, heads = surest(seen.hands), seen.heads
    for x, y, *_ in hands:
        _dot(small, x * scale, y * scale, 4, HAND, -1)
    for x, y, size, _, score in heads:
        _dot(small, x * scale, y * scale, max(5, round(size * scale / 2)), HEAD, 2)
        _label(small, f"{score:.2f}", round(x * scale), round(y * scale), max(5, round(size * scale / 2)))
    x0, y0 = left + (wide - inner[0]) // 2, floor - inner[1]
    paper[y0 : y0 + inner[1], x0 : x0 + inner[0]] = small
    counts = f"{len(heads)} head{'s' * (len(heads) != 1)}, {len(hands)} hand{'s' * (len(hands) != 1)}"
    room = wide - _width(counts, 0.42) - 16
    while _width(name, 0.42) > room and len(name) > 4:
        name = f"..{name[3:]}"
    _write(paper, name, x0, floor + 17, 0.42, INK)
    _write(paper, counts, x0 + inner[0] - _width(counts, 0.42), floor + 17, 0.42, FAINT)


def _fitted(width: int, height: int) -> tuple[int, int]:
    """How wide and high a picture of that size is on the sheet."""
    scale = min(CELL[0] / width, CELL[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _dot(picture: Picture, x: float, y: float, radius: int, colour: tuple[int, int, int], thick: int) -> None:
    """A circle that shows on bright and on dark."""
    at = (round(x), round(y))
    cv2.circle(
        picture, at, radius + 1 if thick < 0 else radius, (20, 20, 20), thick if thick < 0 else thick + 2, cv2.LINE_AA
    )
    cv2.circle(picture, at, radius, colour, thick, cv2.LINE_AA)


def _label(picture: Picture, text: str, x: int, y: int, beside: int) -> None:
    """A number beside a place, white on dark, within the picture."""
    wide, high = _width(text, 0.38) + 6, 14
    left = x + beside + 3 if x + beside + 3 + wide <= picture.shape[1] else max(0, x - beside - 3 - wide)
    top = min(max(0, y - high // 2), max(0, picture.shape[0] - high))
    cv2.rectangle(picture, (left, top), (left + wide, top + high), (40, 40, 40), -1)
    cv2.putText(picture, text, (left + 3, top + high - 3), FONT, 0.38, (255, 255, 255), 1, cv2.LINE_AA)


def _write(paper: Picture, text: str, x: int, y: int, size: float, colour: tuple[int, int, int]) -> int:
    """Text in one line; where it ends. The font has no other letters than ASCII's."""
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(paper, plain, (x, y), FONT, size, colour, 1, cv2.LINE_AA)
    return x + _width(plain, size)


def _width(text: str, size: float) -> int:
    return int(cv2.getTextSize(text, FONT, size, 1)[0][0])
