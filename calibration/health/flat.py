"""Plates that say the same number again and again: stuck, at the end of their range, or only slower than they claim.

Enters: moments. Leaves: per plate for how long it did not move, at which number, whether that is the end of what it
ever said, for how many samples a number stands, and how much of it could be read at all. Whether a plate *ought* to
tremble is not known here: a good scale at rest prints one number for hours.
"""

from __future__ import annotations

import numpy as np

from calibration.health.moments import Bools, Floats, Moment

STUCK_AFTER_S = 5.0
"""As `edge.shelf.sense` sees it."""
FINEST = 0.4
"""Where more samples than this repeat themselves, it is worth looking how fine the plate reads."""


class Flat:
    """One shelf's plates; arrays are (plates,)."""

    def __init__(self, plates: int) -> None:
        self.flat_s = np.zeros(plates)
        """For so long the same number, in stretches of at least `STUCK_AFTER_S`."""
        self.moved_s = np.zeros(plates)
        self.heard_s = np.zeros(plates)
        self.read_s = np.zeros(plates)
        self.still: Bools = np.zeros(plates, dtype=bool)
        """It has not moved yet."""
        self._flat = False
        self._same_s = np.zeros(plates)
        self._run_s = np.zeros(plates)
        self._at = np.full(plates, np.nan)
        self._low, self._high = np.full(plates, np.inf), np.full(plates, -np.inf)
        self._fine = np.full(plates, np.inf)
        self._leap: list[list[float]] = [[] for _ in range(plates)]

    def hear(self, moment: Moment) -> None:
        self.heard_s += moment.lasts_s
        self.read_s += moment.lasts_s * moment.read
        flat = moment.high_g == moment.low_g
        if not flat.any() and not self._flat and float(moment.read.min()) > 0.5:  # the usual case
            self.moved_s += moment.lasts_s
            self._span(moment.low_g, moment.high_g)
            self._same_s += moment.same * moment.lasts_s
        else:
            self._stand(moment, flat)
        for plate in np.flatnonzero(moment.same > FINEST):
            self._look_closely(int(plate), moment.said_g[plate])

    def _stand(self, moment: Moment, flat: Bools) -> None:
        """Some plate says one number, or nothing."""
        readable = moment.read > 0.5
        flat &= readable
        if moment.joins:
            flat &= (moment.said_g[:, 0] == moment.high_g) | (self._run_s == 0)
        run_s = np.where(flat, self._run_s + moment.lasts_s, 0.0)
        long = run_s >= STUCK_AFTER_S
        self.flat_s += np.where(long, np.where(self._run_s >= STUCK_AFTER_S, moment.lasts_s, run_s), 0.0)
        self._at = np.where(long, moment.high_g, self._at)
        self._run_s, self.still, self._flat = run_s, long, bool(flat.any())
        moving = readable & ~flat
        self.moved_s += np.where(moving, moment.lasts_s, 0.0)
        self._same_s += np.where(moving, moment.same * moment.lasts_s, 0.0)
        self._span(np.where(readable, moment.low_g, np.inf), np.where(readable, moment.high_g, -np.inf))

    def _span(self, low_g: Floats, high_g: Floats) -> None:
        np.minimum(self._low, low_g, out=self._low)
        np.maximum(self._high, high_g, out=self._high)

    def _look_closely(self, plate: int, said_g: Floats) -> None:
        leaps = np.abs(np.diff(said_g))
        leaps = leaps[leaps > 0]
        if leaps.size:
            self._fine[plate] = min(self._fine[plate], float(leaps.min()))
            self._leap[plate] = [*self._leap[plate][-200:], float(np.median(leaps))]

    def at_its_end(self) -> Bools:
        """It moved, and where it stands still nothing ever went beyond."""
        ends: Bools = (self.moved_s > STUCK_AFTER_S) & ((self._at >= self._high) | (self._at <= self._low))
        return ends

    def repeats(self) -> Floats:
        """For how many samples a number stands; 1 where it reads too coarsely to tell."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(self.moved_s > 0, self._same_s / self.moved_s, 0.0)
        usual = np.array([float(np.median(leaps)) if leaps else 0.0 for leaps in self._leap])
        fine = (usual >= 3 * self._fine) & (share > FINEST)
        told: Floats = np.where(fine, 1 / np.maximum(1 - share, 1e-3), 1.0)
        return told
