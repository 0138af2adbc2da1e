"""One picture of what detectors see in pictures (a contact sheet): a row a picture and a column a detector, or several
pictures a row where there is one detector.

Enters: a `Trial`, whose files are read once more. Leaves: the sheet.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from edge.camera.detect import Detections, surest
from edge.camera.networks.poses import ELBOWS, SHOULDERS
from edge.camera.picture import Picture
from edge.camera.trial import Trial, read, unlike

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


def drawn(trial: Trial) -> Picture:
    """The contact sheet: a row a picture and a column a detector, or several pictures a row where there is one."""
    files, several = trial.files[:MOST_SHOWN], len(trial.detectors) > 1
    across = len(trial.detectors) if several else min(ACROSS, len(files))
    wide, top = CELL[0], MARGIN + 2 * LINE + (LINE if several else 0)
    step = 1 if several else across
    heights = [_fitted(*of)[1] for of in trial.sizes[: len(files)]]
    tall = [max(heights[first : first + step]) for first in range(0, len(files), step)]
    tops = top + np.cumsum([0, *(part + CAPTION + GAP for part in tall)])
    size = (int(tops[-1]) + MARGIN, 2 * MARGIN + across * (wide + GAP) - GAP, 3)
    paper: Picture = np.full(size, PAPER, np.uint8)
    names = unlike([d.path for d in trial.detectors])
    title = "What detectors see" if several else f"What {names[0]} sees ({trial.detectors[0].what})"
    more = len(trial.files) - len(files)
    _write(paper, title + (f"; {more} more pictures are not shown" if more else ""), MARGIN, MARGIN + 14, 0.62, INK)
    x = MARGIN
    for colour, word in ((HEAD, "head, and how sure it is"), (HAND, "hand"), (ARM, "arm, from the shoulder")):
        cv2.circle(paper, (x + 6, MARGIN + LINE + 12), 5, colour, -1, cv2.LINE_AA)
        x = _write(paper, word, x + 18, MARGIN + LINE + 17, 0.45, FAINT) + 22
    for i, detector in enumerate(trial.detectors if several else ()):
        left = MARGIN + i * (wide + GAP)
        _write(paper, f"{names[i]} ({detector.what})", left, MARGIN + 2 * LINE + 15, 0.48, INK)
    for row, (file, name) in enumerate(zip(files, unlike(trial.files), strict=False)):
        picture = read(file)
        for i in range(len(trial.detectors)):
            column, line = (i, row) if several else (row % across, row // across)
            left, floor = MARGIN + column * (wide + GAP), int(tops[line]) + tall[line]
            _put(paper, picture, trial.found[i][row], left, floor, name)
    return paper


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
