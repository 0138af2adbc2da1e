"""How good a detector is: on pictures whose truth is known, through the very code that the camera node runs.

Enters: a rendered data set (its test pictures show shops, clothes, floors and lights that no training picture has) and
an ONNX file. Leaves: recall and precision of each class, and how far from the truth people and hands are put, in the
shop. Nothing of torch or ultralytics is needed.

A head or hand must be found where at least half of it is to be seen and its box is whole but for a quarter; it is found
when the middle of a detection lies in its box. What is seen less counts neither as missed nor as invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.detect import Detections, Detector
from edge.camera.networks.form import SIZES_M
from edge.camera.people import people
from edge.camera.picture import Picture
from edge.optics import Lens, View
from models.background import read_empty
from models.render.dataset import LEAST_AREA
from models.render.scene import Seen

Array = NDArray[np.float64]

WHOLE = 0.5
"""Who shows at least this share of it must be found."""
INSIDE = 0.5
"""Whose middle is at most so many sizes of a box beside its middle, each way, lies in it."""
LEAST_SURE = 0.05
"""Detections are read down to here; which of them count is what the curve decides."""


PRECISION = {"head": 0.97, "hand": 0.85}
"""So many must be right: an invented head is a shopper who may be charged, an invented hand one who reached. Of the
scores that give this the one is best that finds most.
"""


class OtherTruth(ValueError):
    """A data set of another version; the text says what to do."""


@dataclass
class Kind:
    """What was found of one class: scores and whether they were right, and how many there are."""

    scores: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    wanted: int = 0

    def at(self, score: float) -> tuple[float, float]:
        """(recall, precision) of what is at least so sure."""
        sure = np.array(self.scores) >= score
        hits = int(np.array(self.right)[sure].sum()) if len(self.scores) else 0
        return hits / max(1, self.wanted), hits / max(1, int(sure.sum()))

    def best(self, precision: float = 0.0) -> float:
        """The score at which recall and precision are worth most together (F1); or, where a precision is asked for and
        there are scores that have it, the one of them at which most is found.
        """
        steps = [float(s) for s in np.arange(LEAST_SURE, 0.9, 0.01)]
        right = [s for s in steps if precision and self.at(s)[1] >= precision]
        return max(right, key=lambda s: self.at(s)[0]) if right else max(steps, key=lambda s: _f1(*self.at(s)))


@dataclass
class Figures:
    """What `evaluate` found. Errors are in metres."""

    pictures: int = 0
    heads: Kind = field(default_factory=Kind)
    hands: Kind = field(default_factory=Kind)
    feet: Kind = field(default_factory=Kind)
    elbows: Kind = field(default_factory=Kind)
    floor_m: list[float] = field(default_factory=list)
    """From where somebody is put to where they are, along the floor."""
    height_m: list[float] = field(default_factory=list)
    hand_m: list[float] = field(default_factory=list)
    """From where a hand is put to where it is, along the shelf's plane (its own height)."""
    hand_free_m: list[float] = field(default_factory=list)
    """The same without knowing the hand's height."""
    owners: list[tuple[bool, bool]] = field(default_factory=list)
    """Of a hand that was given to somebody: whether its own person is among them, and whether others are."""

    @property
    def kinds(self) -> dict[str, Kind]:
        return {"head": self.heads, "hand": self.hands, "feet": self.feet, "elbow": self.elbows}

    def best(self) -> dict[str, float]:
        """Class -> the score from which on it is best believed."""
        best = {name: kind.best(PRECISION.get(name, 0.0)) for name, kind in self.kinds.items() if kind.wanted}
        return {name: round(score, 2) for name, score in best.items()}


def evaluate(data: Path, detector: Detector, split: str = "test", *, first_sight: bool = False) -> Figures:
    """Everything of one split. ``first_sight``: as if the cameras had never seen their shops empty."""
    figures = Figures()
    for picture, empty, view, seen in truths(data, split):
        figures.pictures += 1
        known = detector.knowing(empty) if empty is not None and not first_sight else None
        found = detector.suspect(picture, LEAST_SURE, known)
        count(figures.heads, found.heads, [(p.head, p.head_seen, p.head_area) for p in seen], view, SIZES_M["head"])
        count(figures.hands, found.hands, _hands(seen), view, SIZES_M["hand"])
        count(figures.feet, found.feet, [(p.feet, p.body_seen, 1.0) for p in seen], view, SIZES_M["feet"])
        count(figures.elbows, found.elbows, _elbows(seen), view, SIZES_M["elbow"])
        _place(figures, detector.believed(found), view, seen)
    return figures


def _hands(seen: list[Seen]) -> list[tuple[Any, float, float]]:
    return [part for p in seen for part in zip(p.hands, p.hands_seen, p.hands_area, strict=True)]


def _elbows(seen: list[Seen]) -> list[tuple[Any, float, float]]:
    return [(at, share, 1.0) for p in seen for at, share in zip(p.elbows, p.elbows_seen, strict=True)]


def truths(data: Path, split: str) -> Iterator[tuple[Picture, Picture | None, View, list[Seen]]]:
    """Pictures (h, w, 3), the same without people, their views, and everybody who is there."""
    for path in sorted((data / "truth" / split).glob("*.json")):
        told = json.loads(path.read_text())
        file = data / "images" / split / f"{path.stem}.jpg"
        picture = cv2.imread(str(file))
        if picture is not None:
            shown = np.asarray(picture, np.uint8)
            try:
                seen = [_seen(person) for person in told["people"]]
            except (KeyError, TypeError) as error:
                raise OtherTruth(f"{path} does not tell what is asked ({error}): draw it anew with `render`") from error
            yield shown, read_empty(file, shown), _view(told["view"]), seen


def _view(told: dict[str, Any]) -> View:
    lens = Lens(
        **{k: told[k] for k in ("width", "height", "fx", "fy", "cx", "cy")}, distortion=tuple(told["distortion"])
    )
    return View(lens, tuple(told["position"]), tuple(told["rotation"]))


def _seen(told: dict[str, Any]) -> Seen:
    points = {part: np.array(told[part], np.float64) for part in ("head", "feet", "hands", "elbows")}
    return Seen(**{**told, **points})


def count(kind: Kind, found: Array, parts: list[tuple[Any, float, float]], view: View, size_m: float) -> None:
    """Compare detections with the truth, in the picture."""
    points = np.array([point for point, _, _ in parts], np.float64).reshape(-1, 3)
    spots = view.pixels(points)
    sides = view.balls(points, size_m)
    cut = np.array([view.lens.width, view.lens.height])
    whole = ((spots > -0.25 * sides) & (spots < cut + 0.25 * sides)).all(axis=1)
    inside = ((spots > 0.25 * sides) & (spots < cut - 0.25 * sides)).all(axis=1)
    clear = np.array([share >= WHOLE and area >= LEAST_AREA for _, share, area in parts], np.bool_)
    wanted, spared = inside & clear, whole & ~(inside & clear)
    kind.wanted += int(wanted.sum())
    off: Array = (np.abs(found[:, None, :2] - spots[None]) / np.maximum(sides[None], 1.0)).max(axis=2)
    # The surest first, each takes what it fits best: at any score, what is less sure is as if it were not there.
    for i in np.argsort(-found[:, 4], kind="stable"):
        free = np.flatnonzero(wanted & (off[i] <= INSIDE))
        if len(free):
            wanted[free[off[i, free].argmin()]] = False
        if len(free) or not (off[i, spared] <= INSIDE).any():
            kind.scores.append(float(found[i, 4]))
            kind.right.append(bool(len(free)))


def _place(figures: Figures, found: Detections, view: View, seen: list[Seen]) -> None:
    """Compare where people and hands are put with where they are."""
    given: dict[int, set[int]] = {}
    for person in people(found, view):
        who = _nearest(view, person.head, [(p.head, p.head_seen) for p in seen], SIZES_M["head"])
        if who is not None:
            error = np.array(person.head) - seen[who].head
            figures.floor_m.append(float(np.hypot(error[0], error[1])))
            figures.height_m.append(float(error[2]))
        for hand in person.hands:
            parts = _hands(seen)
            which = _nearest(view, hand, [(point, share) for point, share, _ in parts], SIZES_M["hand"])
            if which is None:
                continue
            truth = parts[which][0]
            at = view.at_height(view.pixels([hand]), truth[2])[0]
            figures.hand_m.append(float(np.hypot(*(at - truth)[:2])))
            figures.hand_free_m.append(float(np.hypot(*(np.array(hand) - truth)[:2])))
            if who is not None:
                given.setdefault(which, set()).add(who)
    figures.owners += [(which // 2 in owners, bool(owners - {which // 2})) for which, owners in given.items()]


def _nearest(view: View, point: Any, parts: list[tuple[Any, float]], size_m: float) -> int | None:
    """Which of the parts that must be found is meant by a point: the one in whose box its pixel lies."""
    if not parts:
        return None
    truths = np.array([part for part, _ in parts], np.float64)
    off = np.abs(view.pixels(truths) - view.pixels([point])) / np.maximum(view.balls(truths, size_m), 1.0)
    off = off.max(axis=1)
    off[[share < WHOLE for _, share in parts]] = np.inf
    best = int(np.nanargmin(np.where(np.isnan(off), np.inf, off)))
    return best if off[best] <= INSIDE else None


def _f1(recall: float, precision: float) -> float:
    return 2 * recall * precision / max(1e-9, recall + precision)


def table(figures: Figures, least: Mapping[str, float]) -> str:
    """All figures, for people; ``least``: class -> the score from which on it is believed."""
    lines = [
        f"{figures.pictures} pictures",
        "",
        "| | in view | believed from | recall | precision |",
        "|---|---|---|---|---|",
    ]
    for name, kind in figures.kinds.items():
        if name in least:
            recall, precision = kind.at(least[name])
            lines.append(f"| {name} | {kind.wanted} | {least[name]:.2f} | {recall:.3f} | {precision:.3f} |")
    lines += ["", "| put down | median | 90 % within |", "|---|---|---|"]
    errors = {
        "people, along the floor": figures.floor_m,
        "their heads' height": np.abs(figures.height_m).tolist(),
        "hands, in the plane of their height": figures.hand_m,
        "hands, whatever their height": figures.hand_free_m,
    }
    for what, metres in errors.items():
        if metres:
            median, most = 100 * np.percentile(metres, [50, 90])
            lines.append(f"| {what} | {median:.1f} cm | {most:.1f} cm |")
    if figures.owners:
        right, both = (figures.owners.count(what) / len(figures.owners) for what in ((True, False), (True, True)))
        told = f"{right:.1%} of hands were given to the person whose they are, {both:.1%} to a neighbour as well"
        lines += ["", told]
    return "\n".join(lines)
