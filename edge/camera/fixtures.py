"""What looks like somebody, and never moves: a ball on a shelf, a poster, a helmet on its hook.

Enters: what was found in one camera's frames, one after the other. Leaves: the same without what belongs to the shop's
furniture. Whatever is found within some millimetres of the same place for a whole minute is a fixture, and stays one
until nothing was found there for an hour; nobody holds head or hand so still. A person who walks past is found there
for a moment only, and a little larger or smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

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
class _Spot:
    place: Array
    """x, y, width and height (4,), pixels."""
    first_s: float
    last_s: float

    @property
    def settled(self) -> bool:
        return self.last_s - self.first_s >= SETTLED_S

    def off(self, box: Array) -> float:
        """How far a box lies from here, as a share of its size."""
        return float(np.abs(box - self.place).max() / self.place[2:].mean())


class Fixtures:
    """One camera's furniture."""

    def __init__(self) -> None:
        self._spots: dict[str, list[_Spot]] = {}

    def without(self, found: Detections, at_s: float) -> Detections:
        """Those of ``found`` that are no furniture; times go on from call to call."""
        return found.each(lambda name, boxes: _alive(self._spots.setdefault(name, []), boxes, at_s))


def _alive(spots: list[_Spot], boxes: Array, at_s: float) -> Array:
    spots[:] = [s for s in spots if 0.0 <= at_s - s.last_s < (FORGOTTEN_S if s.settled else MISSED_S)]
    alive = np.ones(len(boxes), np.bool_)
    new: list[_Spot] = []
    for i, box in enumerate(boxes[:, :4]):
        near = next((s for s in spots if s.off(box) < SAME), None)
        if near is None:
            new.append(_Spot(box.copy(), at_s, at_s))
        else:
            near.place += DRIFT * (box - near.place)
            near.last_s = at_s
            alive[i] = not near.settled
    # What is found close by instead has moved.
    spots[:] = [s for s in spots if s.settled or s.last_s == at_s or all(s.off(n.place) > CLOSE for n in new)] + new
    kept: Array = boxes[alive]
    return kept
