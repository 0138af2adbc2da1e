"""What can be seen of a shelf beside the work: a walk takes minutes, and most plates stand still meanwhile.

Enters: every batch of a walk, and which channels are being worked on. Leaves, in the walk's progress: how far each
channel wanders by itself, whether it jumps with nobody there, what was lost on the line, and how the controller's clock
runs against the PC's. A network delays and never advances: of many batches the one that came soonest tells the clock.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.shelf.progress import Progress, Quiet
from calibration.steady import Bools, Watch
from edge.records import WeightBatch

JUMPS = 4
"""A channel that jumped so often with nobody there has a loose wire, and is not worked on."""
SECONDS = 5
"""Second means that are compared: the oldest and the newest lie four seconds apart."""
ENVELOPE_S = 10.0
"""The soonest batch of so many seconds stands for them."""
LOST_WITHIN_S = 1.5
"""A longer hole is a cable that was pulled, not a loss."""


class Witness:
    """Looks on; what it sees is kept in ``progress``."""

    def __init__(self, watch: Watch, progress: Progress) -> None:
        self._watch, self._progress = watch, progress
        channels = watch.channels
        if len(progress.quiet) != channels:
            progress.quiet = [Quiet() for _ in range(channels)]
        self._means = np.full((channels, SECONDS), np.nan)
        self._second_s = -math.inf
        self._steps = watch.steps.copy()
        self._next_s = math.nan
        self._part_from_s = -math.inf
        self._soonest = (0.0, math.inf)

    def hear(self, batch: WeightBatch, busy: Bools) -> None:
        """``busy`` (channels,): somebody works on it, or may."""
        self._line(batch)
        watch = self._watch
        free = watch.still & ~busy
        self._means[~free] = np.nan
        self._jumps(busy)
        if watch.now_s < self._second_s + 1.0:
            return
        hole = watch.now_s > self._second_s + 1.0 + LOST_WITHIN_S
        self._second_s = watch.now_s
        _, said = watch.recent(1.0)
        if hole or said.shape[1] == 0:
            self._means[:] = np.nan
            return
        self._means[:, :-1] = self._means[:, 1:]
        self._means[:, -1] = np.where(free, said.mean(axis=1), np.nan)
        far2 = (self._means[:, -1] - self._means[:, 0]) ** 2
        near2 = (self._means[:, -1] - self._means[:, -2]) ** 2
        for channel in np.flatnonzero(np.isfinite(far2)).tolist():
            quiet = self._progress.quiet[channel]
            quiet.far += float(far2[channel])
            quiet.near += float(near2[channel])
            quiet.count += 1

    def _jumps(self, busy: Bools) -> None:
        """A channel that went to another level alone, with nobody at it. Several at once: a knock, a truck outside."""
        moved = (self._watch.steps > self._steps) & ~busy
        self._steps = self._watch.steps.copy()
        if moved.sum() == 1:
            self._progress.quiet[int(np.argmax(moved))].jumps += 1

    def _line(self, batch: WeightBatch) -> None:
        line, samples = self._progress.line, batch.mass_g.shape[1]
        hole_s = batch.at_s - self._next_s
        if 0.5 * samples / batch.hz < hole_s < LOST_WITHIN_S:
            line.missing += hole_s * batch.hz
        self._next_s = batch.at_s + samples / batch.hz
        line.samples += samples
        line.unread += int(np.isnan(batch.mass_g).all(axis=0).sum())
        late_s = batch.received_s - self._next_s
        if late_s < self._soonest[1]:
            self._soonest = (batch.at_s, late_s)
        if batch.at_s - self._part_from_s >= ENVELOPE_S:
            if math.isfinite(self._part_from_s):
                line.first = line.first or self._soonest
                line.last = self._soonest
            self._part_from_s, self._soonest = batch.at_s, (batch.at_s, late_s)


def drift_of(quiet: Quiet) -> tuple[float, float]:
    """How far a channel wanders by itself, unit/√s, and what noise alone may add to its square, from quiet seconds.

    White noise is in both differences alike: what the far ones have more is the wandering of three more seconds.
    """
    if quiet.count < 8:
        return 0.0, math.inf
    far, near = quiet.far / quiet.count, quiet.near / quiet.count
    # Differences over four seconds overlap: a quarter of them is independent.
    return math.sqrt(max(0.0, far - near) / 3), near * math.sqrt(8 / quiet.count) / 3


def clock_ppm(progress: Progress) -> float:
    """How much too fast the controller's clock runs; NaN before there is enough."""
    first, last = progress.line.first, progress.line.last
    if first is None or last is None or last[0] - first[0] < 3 * ENVELOPE_S:
        return math.nan
    return (first[1] - last[1]) / (last[0] - first[0]) * 1e6
