"""What hums in a plate, and whether a filter sits in front of it: the mean power spectrum of its quiet stretches.

Enters: moments. Leaves: per plate the strongest line that stands out, and how much less power the fast half of the
spectrum has than the slow one: a converter's own noise is white, and a filter with a long tail takes its fast part.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from calibration.health.moments import Bools, Floats, Moment

STRETCH = 8
"""Moments of one spectrum: a line is told apart to an eighth of a hertz."""
REMEMBERED = 500
"""Stretches."""
SLOW_FROM_HZ = 0.375
HUM_FROM_HZ = 1.5
"""Below, a hand and a wandering level look like a hum."""
STANDS_OUT = 8.0
"""A line has so many times the power of what is around it, on the mean of all stretches."""
AROUND = 24
"""Bins to either side that are its surroundings; the louder side counts, for a wandering level rises towards 0 Hz."""


@dataclass(frozen=True, slots=True)
class Lines:
    """``hum_g``: amplitude of the strongest line at ``hum_hz``, 0 where none stands out. ``fast``: power of the fast
    half for that of the slow end, 1 where noise has no memory, NaN where nobody knows.
    """

    hum_g: Floats
    hum_hz: Floats
    fast: Floats


class Spectrum:
    """One shelf's plates."""

    def __init__(self, plates: int) -> None:
        self._plates = plates
        self._cut: list[Floats] = []
        self._rest = np.ones(plates, dtype=bool)
        self._ever = np.zeros(plates)
        self._moments = 0
        self._hz = 0.0
        self._power: Floats | None = None
        self._stretches = np.zeros(plates)
        self._fast: deque[Floats] = deque(maxlen=REMEMBERED)

    def hear(self, moment: Moment) -> None:
        if not moment.joins or (self._hz and moment.hz != self._hz):
            self._cut = []
        if self._hz and moment.hz != self._hz:
            self._power, self._stretches[:] = None, 0.0
        self._hz = moment.hz
        self._moments += 1
        self._ever += moment.rest
        if not self._cut:
            self._rest[:] = True
        self._rest &= moment.rest
        size = round(moment.lasts_s * moment.hz)
        self._cut.append(moment.said_g[:, -size:] if moment.said_g.shape[1] > size else moment.said_g)
        if len(self._cut) == STRETCH:
            self._add(np.concatenate(self._cut, axis=1))
            self._cut = []

    def _add(self, said_g: Floats) -> None:
        restless = (self._moments > 4 * STRETCH) & (self._ever < 0.05 * self._moments)
        use = self._rest | restless
        if not use.any():
            return
        window = np.hanning(said_g.shape[1])
        ramp = np.linspace(-0.5, 0.5, said_g.shape[1])
        slope = (said_g @ ramp) / (ramp @ ramp)
        flat = said_g - said_g.mean(axis=1, keepdims=True) - slope[:, None] * ramp
        power = np.abs(np.fft.rfft(flat * window, axis=1)) ** 2 * (4.0 / (said_g.shape[1] * (window @ window)))
        self._fast.append(self._share(power, use))
        power[~use] = 0.0
        self._power = power if self._power is None else self._power + power
        self._stretches += use

    def told(self) -> Lines:
        """Of all stretches so far. ``power`` is scaled so that the bins of a sine of amplitude A sum to A²."""
        nothing = np.zeros(self._plates)
        if self._power is None:
            return Lines(nothing, nothing, np.full(self._plates, np.nan))
        with np.errstate(invalid="ignore", divide="ignore"):
            power = self._power / self._stretches[:, None]
        hertz = np.asarray(np.fft.rfftfreq(2 * (power.shape[1] - 1), 1 / self._hz), dtype=np.float64)
        found = [self._line(row, hertz, n) if n else (0.0, 0.0) for row, n in zip(power, self._stretches, strict=True)]
        shares = np.array(self._fast)
        fast = np.array([np.median(s[np.isfinite(s)]) if np.isfinite(s).any() else np.nan for s in shares.T])
        return Lines(np.array([g for g, _ in found]), np.array([hz for _, hz in found]), fast)

    def _share(self, power: Floats, use: Bools) -> Floats:
        """Power of the fast half for that of the slow end, of one stretch: a median over stretches forgives a crumb."""
        hertz = np.fft.rfftfreq(2 * (power.shape[1] - 1), 1 / self._hz)
        slow = (hertz >= SLOW_FROM_HZ) & (hertz <= max(1.0, self._hz / 30))
        fast = (hertz >= self._hz / 4) & (hertz < hertz[-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.median(power[:, fast], axis=1) / np.median(power[:, slow], axis=1)
        return np.where(use, share, np.nan)

    def _line(self, power: Floats, hertz: Floats, stretches: float) -> tuple[float, float]:
        looks = np.flatnonzero(hertz >= HUM_FROM_HZ)
        if looks.size < 8:
            return 0.0, 0.0
        top = int(looks[np.argmax(power[looks])])
        sides = power[max(3, top - AROUND) : max(3, top - 2)], power[top + 3 : top + AROUND]
        floor = max(float(np.median(side)) for side in sides if side.size > 2)
        if power[top] < (STANDS_OUT + 12 / math.sqrt(stretches)) * floor:
            return 0.0, 0.0
        near = power[max(0, top - 2) : top + 3]
        return math.sqrt(max(0.0, float(near.sum()) - floor * near.size)), float(hertz[top])
