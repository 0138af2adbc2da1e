"""Cut-outs of hands at shelves, for shops that want any.

Enters: frames in which somebody was seen, and `evidence_hours` of the store's ``[policy]``. Leaves: small JPEG files in
the state folder, ``evidence/<camera>/<when>.jpg``, at most one a second and camera, deleted when they are older than
that. Without the policy nothing is ever written, and what an earlier policy left is deleted at the start.

It stands in the store's policy and not in a PC's ``site.toml``, because it is a promise to shoppers: one for the whole
shop, that a recording carries along.

Sharp is only what is within reach of a hand that is at a shelf. Everything else, and every head, is reduced to a
handful of colours *before* it is written: there is nothing to be restored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.picture import Picture
from edge.camera.source import Frame
from edge.optics import View
from edge.records import PersonSeen, Point
from edge.store import Gondola, Layout

Boxes: TypeAlias = NDArray[np.float64]
"""(n, 5): x, y of the centre, width, height in pixels, score (`edge.camera.detect`)."""

FOLDER: Final = "evidence"

REACH_M: Final = 0.25
"""Around a hand, this is what it can be about."""
HEAD_SIZES: Final = 0.92
"""So many sizes of a head's box (a ball of 24 cm) around its middle are the head, hair and hats included."""
BEFORE_M: Final = 0.10
"""A hand so far before the shelves is at them."""
ROUND: Final = 1.6
"""How much wider than the reach a cut-out is."""
BLOCK: Final = 24
"""Pixels of a blurred place become one."""
APART_S: Final = 1.0
TIDY_S: Final = 60.0
QUALITY: Final = 80
NAMED: Final = "%Y%m%dT%H%M%S.%f"


class Evidence:
    """One node's. ``tell`` is told when a file cannot be written or deleted."""

    def __init__(self, state_folder: Path, hours: float, layout: Layout, tell: Callable[[str], None]) -> None:
        self._folder, self._hours, self._layout, self._tell = state_folder / FOLDER, hours, layout, tell
        self._kept_s: dict[str, float] = {}
        self._tidied_s = -np.inf
        self._told = ""

    def keep(self, camera: str, frame: Frame, people: Sequence[PersonSeen], heads: Boxes, view: View) -> None:
        """A cut-out of every frame that shows a hand at a shelf, as the policy wants it. ``heads``: all that were found
        in it, also whose place is not known, and what was taken for furniture.
        """
        if not self._hours or 0.0 <= frame.at_s - self._kept_s.get(camera, -np.inf) < APART_S:
            return
        hands = [hand for person in people for hand in person.hands if self._is_at_a_shelf(hand)]
        if not hands:
            return
        self._kept_s[camera] = frame.at_s
        cut = cut_out(frame.picture, view, hands, heads)
        if cut.size:
            coded = cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
            self._write(camera, frame.at_s, coded.tobytes())

    def tidy(self, now_s: float | None = None) -> None:
        """Delete what is too old; without a policy, everything. Costs nothing more often than once a minute."""
        steady_s = time.monotonic()
        if steady_s < self._tidied_s + TIDY_S:
            return
        self._tidied_s = steady_s
        oldest_s = (time.time() if now_s is None else now_s) - self._hours * 3600.0
        try:
            for path in self._folder.glob("*/*.jpg*"):
                with suppress(FileNotFoundError):  # it was just being written, and has its own name by now
                    if not self._hours or path.stat().st_mtime < oldest_s:
                        path.unlink()
        except OSError as error:
            self._trouble(f"old cut-outs in {self._folder} cannot be deleted ({error.strerror}). Delete them by hand")

    def _is_at_a_shelf(self, hand: Point) -> bool:
        return any(_is_at(gondola, hand) for gondola in self._layout.gondolas)

    def _write(self, camera: str, at_s: float, coded: bytes) -> None:
        name = datetime.fromtimestamp(at_s, UTC).strftime(NAMED)[:-3] + "Z"
        path = self._folder / camera / f"{name}.jpg"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = path.with_suffix(".jpg.part")
            partial.write_bytes(coded)
            partial.replace(path)
        except OSError as error:
            self._trouble(f"cut-outs cannot be written to {path.parent} ({error.strerror}). Free some space there")

    def _trouble(self, what: str) -> None:
        if what != self._told:
            self._told = what
            self._tell(what)


def _is_at(gondola: Gondola, hand: Point) -> bool:
    x, y, z = gondola.local(np.array([hand]))[0]
    wide = max(s.plates * s.plate_width for s in gondola.shelves)
    deep, high = max(s.depth for s in gondola.shelves), max(s.height for s in gondola.shelves)
    return bool(-BEFORE_M < x < wide + BEFORE_M and -BEFORE_M < y < deep and z < high + REACH_M + BEFORE_M)


def cut_out(picture: Picture, view: View, hands: Sequence[Point], heads: Boxes) -> Picture:
    """The picture around some hands: sharp within their reach, blurred elsewhere, and wherever a head is (n, 5)."""
    height, width = picture.shape[:2]
    sharp = np.zeros((height, width), np.uint8)
    near = _discs(view, hands, REACH_M)
    for disc in near:
        cv2.circle(sharp, disc[:2], disc[2], 255, -1)
    for x, y, wide, high, _ in heads:
        cv2.circle(sharp, (round(x), round(y)), max(1, round(HEAD_SIZES * max(wide, high))), 0, -1)
    small = cv2.resize(picture, (max(1, width // BLOCK), max(1, height // BLOCK)), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    shown = np.where(sharp[..., None] > 0, picture, blurred).astype(np.uint8)
    low = np.array([[x - ROUND * r, y - ROUND * r] for x, y, r in near] or [[0, 0]]).min(axis=0).astype(int).clip(0)
    high = np.array([[x + ROUND * r, y + ROUND * r] for x, y, r in near] or [[0, 0]]).max(axis=0).astype(int).clip(0)
    return shown[low[1] : high[1], low[0] : high[0]]


def _discs(view: View, points: Sequence[Point], radius_m: float) -> list[tuple[int, int, int]]:
    """(x, y, radius) in pixels of balls around points of the store frame; those that no pixel shows are left out."""
    where = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    return [
        (round(float(x)), round(float(y)), max(1, round(float(r))))
        for (x, y), r in zip(view.pixels(where), view.balls(where, radius_m).max(axis=1), strict=True)
        if np.isfinite([x, y, r]).all()
    ]
