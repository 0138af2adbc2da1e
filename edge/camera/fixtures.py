"""What looks like somebody, and never moves: a ball on a shelf, a poster, a helmet on its hook.

Enters: what was found in one camera's frames, one after the other. Leaves: the same without what belongs to the shop's
furniture. Whatever is found within some millimetres of the same place for a whole minute is a fixture, and stays one
until nothing was found there for an hour; nobody holds head or hand so still. A person who walks past is found there
for a moment only, and a little larger or smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
DRIFT = 0.05
"""How much each sighting moves what is remembered of the place."""


@dataclass(slots=True)
class _Spots:
    """Where things of one class were found."""

    places: Array = field(default_factory=lambda: np.empty((0, 4)))
    """x, y, width and height, pixels."""
    first_s: Array = field(default_factory=lambda: np.empty(0))
    last_s: Array = field(default_factory=lambda: np.empty(0))

    @property
    def settled(self) -> NDArray[np.bool_]:
        return np.asarray(self.last_s - self.first_s >= SETTLED_S)

    def off(self, boxes: Array) -> Array:
        """How far boxes (n, 4) lie from here (n, spots), as a share of the size found here."""
        apart: Array = np.abs(boxes[:, None] - self.places).max(axis=2)
        return np.asarray(apart / self.places[:, 2:].mean(axis=1))

    def keep(self, which: NDArray[np.bool_]) -> None:
        self.places, self.first_s, self.last_s = self.places[which], self.first_s[which], self.last_s[which]

    def add(self, boxes: Array, at_s: float) -> None:
        now = np.full(len(boxes), at_s)
        self.places = np.concatenate([self.places, boxes])
        self.first_s, self.last_s = np.concatenate([self.first_s, now]), np.concatenate([self.last_s, now])


class Fixtures:
    """One camera's furniture."""

    def __init__(self) -> None:
        self._spots: dict[str, _Spots] = {}

    def without(self, found: Detections, at_s: float) -> Detections:
        """Those of ``found`` that are no furniture; times go on from call to call."""
        return found.each(lambda name, boxes: _alive(self._spots.setdefault(name, _Spots()), boxes, at_s))


def _alive(spots: _Spots, boxes: Array, at_s: float) -> Array:
    since_s = at_s - spots.last_s
    spots.keep((since_s >= 0.0) & (since_s < np.where(spots.settled, FORGOTTEN_S, MISSED_S)))
    near = spots.off(boxes[:, :4]) < SAME
    there = near.any(axis=1)
    spot = near[there].argmax(axis=1) if there.any() else np.empty(0, int)
    spots.places[spot] += DRIFT * (boxes[there, :4] - spots.places[spot])
    spots.last_s[spot] = at_s
    alive = np.ones(len(boxes), np.bool_)
    alive[there] = ~spots.settled[spot]
    # What is found close by instead has moved.
    new = boxes[~there, :4]
    moved = (spots.off(new) <= CLOSE).any(axis=0)
    spots.keep(spots.settled | (spots.last_s == at_s) | ~moved)
    spots.add(new, at_s)
    return np.asarray(boxes[alive])
