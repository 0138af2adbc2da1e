"""Weight traces around shelf events, out of a short memory of what every shelf said.

Enters: weight batches as they come, and shelf events when they are explained. Leaves: one trace an event. Bounded: a
shelf's batches are forgotten after `KEEP_S`, so that a week of recording needs no more memory than a minute.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import ShelfEvent, WeightBatch

KEEP_S = 60.0
BEFORE_S = 2.0
AFTER_S = 1.5
"""A trace shows this much before an event began and after it settled."""

LEVEL_GUARD_S = 0.2
"""The level before is the median of what was said until so long before the event began."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What the plates that moved said around a shelf event.

    ``at_s`` has shape (samples,), ``change_g`` (plates, samples): each plate against its level before, NaN where
    it could not be read. ``plates`` are their 1-based numbers.
    """

    at_s: NDArray[np.float64]
    change_g: NDArray[np.float64]
    plates: tuple[int, ...]


class RecentWeights:
    """What every shelf said in the last minute.

    ``grams`` turns a batch's numbers into grams, where a shelf says others; shape (plates, samples).
    """

    def __init__(self, grams: Callable[[WeightBatch], NDArray[np.float64]] = lambda batch: batch.mass_g) -> None:
        self._grams = grams
        self._batches: dict[str, deque[WeightBatch]] = {}

    def heard(self, batch: WeightBatch) -> None:
        kept = self._batches.setdefault(batch.shelf, deque())
        kept.append(batch)
        while kept[0].received_s < batch.received_s - KEEP_S:
            kept.popleft()

    def complete(self, event: ShelfEvent) -> bool:
        """Whether everything that the event's trace shows has been heard."""
        kept = self._batches.get(event.shelf)
        return not kept or kept[-1].at_s >= event.settled_s + AFTER_S

    def cut(self, event: ShelfEvent) -> Trace | None:
        """The trace of an event, each plate against its level before."""
        start, end = event.began_s - BEFORE_S, event.settled_s + AFTER_S
        near = [b for b in self._batches.get(event.shelf, ()) if b.at_s <= end and _end_s(b) >= start]
        if not near:
            return None
        near.sort(key=lambda b: b.at_s)
        rows = [p - 1 for p in event.plates]
        at_s = np.concatenate([b.at_s + np.arange(b.mass_g.shape[1]) / b.hz for b in near])
        mass_g = np.concatenate([self._grams(b)[rows] for b in near], axis=1)
        inside = (at_s >= start) & (at_s <= end)
        if not inside.any():
            return None
        at_s, mass_g = at_s[inside], mass_g[:, inside]
        before = at_s < event.began_s - LEVEL_GUARD_S
        levels = [_level(mass_g[i, before], mass_g[i], float(event.change_g[row])) for i, row in enumerate(rows)]
        return Trace(at_s, mass_g - np.asarray(levels)[:, None], event.plates)


def _end_s(batch: WeightBatch) -> float:
    return float(batch.at_s + batch.mass_g.shape[1] / batch.hz)


def _level(before: NDArray[np.float64], whole: NDArray[np.float64], change_g: float) -> float:
    """A plate's level before: the median of what it said then, or reckoned back from what it said last."""
    said = before[np.isfinite(before)]
    if said.size:
        return float(np.median(said))
    late = whole[np.isfinite(whole)][-20:]
    return float(np.median(late)) - change_g if late.size else 0.0
