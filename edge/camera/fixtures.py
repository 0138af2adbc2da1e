"""What looks like somebody, and never moves: a ball on a shelf, a poster, a helmet on its hook.

Enters: what was found in one camera's frames, one after the other. Leaves: the same without what belongs to the shop's
furniture. Whatever is found within some millimetres of the same place for a whole minute is a fixture, and stays one
until nothing was found there for an hour; nobody holds head or hand so still. A person who walks past is found there
for a moment only, and a little larger or smaller.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.camera.detect import Detections

Array = NDArray[np.float64]

SAME = 0.06
"""It is at the same place if it is off by no more than this share of its box: of a head, 14 mm."""
CLOSE = 0.5
SETTLED_S = 60.0
MISSED_S = 10.0
"""Before it is settled, it must be found again within this time."""
FORGOTTEN_S = 3600.0
ELSEWHERE = 1e6
"""So many pixels aside of the next class everything of a class is."""
DRIFT = 0.05
"""How much each sighting moves what is remembered of the place."""


class Fixtures:
    """One camera's furniture."""

    def __init__(self) -> None:
        self._places = np.empty((0, 5))
        """Where things were found: x, y, width, height in pixels, and of which class (`_told`)."""
        self._first_s = self._last_s = np.empty(0)

    def without(self, found: Detections, at_s: float) -> Detections:
        """Those of ``found`` that are no furniture; times go on from call to call."""
        boxes = _told(found)
        since_s = at_s - self._last_s
        self._keep((since_s >= 0.0) & (since_s < np.where(self._settled, FORGOTTEN_S, MISSED_S)))
        near = self._off(boxes) < SAME
        there = near.any(axis=1)
        spot = near[there].argmax(axis=1) if there.any() else np.empty(0, int)
        self._places[spot] += DRIFT * (boxes[there] - self._places[spot])
        self._last_s[spot] = at_s
        alive = np.ones(len(boxes), np.bool_)
        alive[there] = ~self._settled[spot]
        # What is found close by instead has moved.
        new = boxes[~there]
        moved = (self._off(new) <= CLOSE).any(axis=0)
        self._keep(self._settled | (self._last_s == at_s) | ~moved)
        self._add(new, at_s)
        classes = iter(np.split(alive, np.cumsum([len(kind) for kind in found.kinds])))
        return found.each(lambda _, __: next(classes))

    @property
    def _settled(self) -> NDArray[np.bool_]:
        return np.asarray(self._last_s - self._first_s >= SETTLED_S)

    def _off(self, boxes: Array) -> Array:
        """How far things (n, 5) lie from places (n, places), as a share of the size found there."""
        apart: Array = np.abs(boxes[:, None] - self._places).max(axis=2)
        return np.asarray(apart / self._places[:, 2:4].mean(axis=1))

    def _keep(self, which: NDArray[np.bool_]) -> None:
        self._places = self._places[which]
        self._first_s, self._last_s = self._first_s[which], self._last_s[which]

    def _add(self, boxes: Array, at_s: float) -> None:
        now = np.full(len(boxes), at_s)
        self._places = np.concatenate([self._places, boxes])
        self._first_s, self._last_s = np.concatenate([self._first_s, now]), np.concatenate([self._last_s, now])


def _told(found: Detections) -> Array:
    """Everything that was found (n, 5), with its class in place of its score: as a place far from that of any other."""
    counts = [len(kind) for kind in found.kinds]
    boxes = np.vstack(found.kinds)
    boxes[:, 4] = np.repeat(ELSEWHERE * np.arange(len(counts)), counts)
    return boxes
