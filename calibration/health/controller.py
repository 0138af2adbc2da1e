"""A controller's timekeeping: what it loses, how fast it really samples, and how its clock runs.

Enters: when each batch says that it was measured, and when it was received. A network delays and never advances, so of
all delays only the shortest of each while says something about clocks: their lower envelope is the clock's offset, and
its slope the clock's drift. The envelope is of the moment after a batch's last sample: no batch can be sent earlier.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.records import WeightBatch

WHILE_S = 2.0
"""The shortest delay of so long stands for all of it, and of twice as long whenever there are `MOST`."""
MOST = 400
HIDES_S = 0.35
"""A pause longer than this hides what happened meanwhile (`edge.shelf.sense`)."""
ABSENT_S = 10.0
"""A longer one is an absence, not a loss: a restart, a cable, the end of a recording."""
SLOPE_AFTER = 8
"""A clock's drift is not told before so many: delays vary by milliseconds."""


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """``lost``: share of samples that never came; ``gaps``: pauses that hide something, ``absent_s``: longer ones.

    ``offset_s``: by how much the controller's time is behind the PC's, negative ahead, with the network's shortest
    delay in it. ``ppm``: how fast it loses, NaN while that cannot be told. ``hz`` is what the samples' times say.
    """

    heard_s: float
    batches: int
    late: int
    hz_said: float
    hz: float
    lost: float
    gaps: int
    absent_s: float
    offset_s: float
    ppm: float
    ppm_error: float


class Timing:
    """Follows one controller's batches, in the order in which they came."""

    def __init__(self) -> None:
        self.batches = self.late = self._gaps = 0
        self._hz_said = self._lasts_s = 0.0
        self._heard_s = self._lost_s = self._absent_s = 0.0
        self._steps_s = self._samples = 0.0
        self._ends_s = math.nan
        self._envelope: list[tuple[float, float]] = []
        self._while, self._while_s = -math.inf, WHILE_S

    def part(self) -> None:
        """Another recording begins: what is between is nobody's loss."""
        self._ends_s = math.nan

    def hear(self, batch: WeightBatch) -> None:
        samples = batch.mass_g.shape[1]
        lasts_s = samples / batch.hz
        pause_s = batch.at_s - self._ends_s
        if pause_s < -0.5 * lasts_s:
            self.late += 1
            return
        self.batches += 1
        self._hz_said, self._lasts_s = batch.hz, lasts_s
        self._heard_s += lasts_s
        if pause_s > ABSENT_S:
            self._absent_s += pause_s
        elif pause_s > 0.5 * lasts_s:
            self._lost_s += pause_s
            self._gaps += pause_s > HIDES_S
        elif not math.isnan(pause_s):  # whole: its clock and its rate agree, or do not
            self._steps_s += lasts_s + pause_s
            self._samples += samples
        self._ends_s = batch.at_s + lasts_s
        delay_s = batch.received_s - self._ends_s
        if batch.received_s >= self._while + self._while_s:
            self._while = batch.received_s
            self._envelope.append((batch.received_s, delay_s))
            if len(self._envelope) >= MOST:
                self._while_s *= 2
                pairs = zip(self._envelope[::2], self._envelope[1::2], strict=True)
                self._envelope = [min(pair, key=lambda e: e[1]) for pair in pairs]
        elif delay_s < self._envelope[-1][1]:
            self._envelope[-1] = batch.received_s, delay_s

    def told(self) -> Timekeeping:
        """All of it so far."""
        offset_s, ppm, error = self._clock()
        expected_s = self._heard_s + self._lost_s
        return Timekeeping(
            heard_s=self._heard_s,
            batches=self.batches,
            late=self.late,
            hz_said=self._hz_said,
            hz=self._samples / self._steps_s if self._steps_s > 0 else self._hz_said,
            lost=self._lost_s / expected_s if expected_s > 0 else 0.0,
            gaps=self._gaps,
            absent_s=self._absent_s,
            offset_s=offset_s,
            ppm=ppm,
            ppm_error=error,
        )

    def _clock(self) -> tuple[float, float, float]:
        """Offset now, drift and its error; a line through the envelope without its latecomers (Theil–Sen)."""
        if not self._envelope:
            return math.nan, math.nan, math.nan
        at_s, delay_s = np.array(self._envelope).T
        recent_s = float(delay_s[-10:].min())
        if len(at_s) < SLOPE_AFTER:
            return recent_s, math.nan, math.nan
        thinned = np.linspace(0, len(at_s) - 1, min(len(at_s), 200)).astype(int)
        t, d = at_s[thinned], delay_s[thinned]
        i, j = np.triu_indices(len(t), 1)
        slope = float(np.median((d[j] - d[i]) / (t[j] - t[i])))
        rest = d - slope * (t - t[0])
        scatter_s = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
        error = scatter_s / (float(np.std(t)) * math.sqrt(len(t)))
        # Who looks for batches as often as they come sends them later and later, for a while, by up to one of them; two
        # thirds of the pairs may see that and nothing of how it begins anew.
        beat = self._lasts_s / float(t[-1] - t[0]) / 2
        return recent_s, slope * 1e6, math.hypot(error, beat) * 1e6
