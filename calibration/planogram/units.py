"""What one unit weighs: put down and lifted again, a few times.

Enters: batches of one shelf, as its controller says them, and how they become grams. Leaves: what was felt, unit by
unit, and in the end a weight with its error and how much units differ. Refuses: a lift that weighs something else than
what was put down, and a unit that weighs nothing like the others.

A unit is weighed twice, by the step down and by the step up, each as long as its plate's noise asks for; drift between
the two falls out of their mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec.structs import replace

from calibration.steady import BLOCK_S, Floats, Watch
from edge.records import WeightBatch
from edge.store import Conversion

REST_S = 4.0
"""Hands off for so long first: what the plates' noise is."""

ERROR_G = 0.12
LONGEST_S = 5.0
"""A level is watched until it is known this well, but no longer than that."""

BEFORE_S = 3.0
GUARD_S = 0.4
"""The level before a step: so long a stretch, ending so long before anything moved."""

FELT_SIGMA = 5.0
FELT_G = 2.0
"""A plate took part where its level changed by more than so many standard errors, and grams."""

STOOD_G, STOOD_S = 10.0, 1.0
"""What weighed so much for so long was no touch."""

SAME_SIGMA = 5.0
SAME_G = 0.8
SAME_SHARE = 0.006
"""Step up and step down are the same unit when they differ by no more than this."""

UNLIKE_SHARE = 0.15
"""A unit that differs so much from the others is two of them, or another product."""

USUAL_SPREAD = 0.01
BELIEVED = 3
"""Units differ by about a percent: believed like so many units' worth of evidence."""

MOST_UNITS = 12
"""Who is still not sure after so many has a shelf that is too noisy for this product."""

GOOD_G, GOOD_SHARE = 0.5, 0.005
"""A weight is known well enough when its error is within half of either."""


@dataclass(frozen=True, slots=True)
class Felt:
    """Something that a shelf felt, in words too; of ``weighed``, ``mass_g`` is one unit's."""

    kind: Literal["ready", "put", "weighed", "refused"]
    text: str
    mass_g: float = 0.0
    error_g: float = 0.0


@dataclass(frozen=True, slots=True)
class UnitWeight:
    """What a product's unit weighs: mean with its standard error, and how much units differ."""

    weight_g: float
    error_g: float
    weight_sd_g: float
    units: int

    @property
    def good(self) -> bool:
        """Whether it is known to half a gram or half a percent."""
        return 2 * self.error_g <= max(GOOD_G, GOOD_SHARE * self.weight_g)


class UnitScale:
    """Weighs units on one shelf of so many plates; `hear` every batch, and read ``masses_g``."""

    def __init__(self, plates: int, conversion: Conversion | None) -> None:
        self._conversion = conversion
        self._watch = Watch(plates)
        self._began_s = math.nan
        self._learned = False
        self._gaps = 0
        self._before: tuple[Floats, Floats] | None = None
        """(plates,) levels and errors before the present step."""
        self._left_s = math.nan
        self._put: tuple[float, float] | None = None
        """What stands there to be lifted again: grams and error."""
        self.masses_g: list[float] = []
        self.errors_g: list[float] = []

    def hear(self, batch: WeightBatch) -> list[Felt]:
        """One batch; what was felt with it."""
        if self._conversion is not None:
            batch = replace(batch, mass_g=self._conversion.grams(batch.mass_g))
        watch = self._watch
        if math.isnan(self._began_s):
            self._began_s = batch.at_s
        watch.hear(batch)
        if not self._learned:
            self._rest()
            return []
        if watch.gaps > self._gaps:
            self._gaps, self._before, self._left_s, self._put = watch.gaps, None, math.nan, None
            return [Felt("refused", "nothing came from the shelf for a while: begin with this unit again")]
        return self._step()

    def _rest(self) -> None:
        if self._watch.now_s - self._began_s >= REST_S:
            self._watch.learn(self._began_s)
            self._learned = True

    def _step(self) -> list[Felt]:
        """Follow the shelf from stillness to stillness."""
        watch = self._watch
        readable = np.isfinite(watch.noise)
        still = bool(watch.still[readable].all())
        if not still:
            if math.isnan(self._left_s) and self._before is not None:
                self._left_s = watch.now_s
            return []
        since_s = float(np.nanmax(watch.since_s[readable]))
        if math.isnan(self._left_s):
            first = self._before is None
            self._before = self._levels(max(since_s, watch.now_s - BEFORE_S), watch.now_s - GUARD_S, self._before)
            return [Felt("ready", "Put one unit down.")] if first and self._before is not None else []
        if watch.now_s - since_s < self._needed_s():
            return []
        after = self._levels(since_s, watch.now_s, None)
        before, self._before, left_s, self._left_s = self._before, after, self._left_s, math.nan
        if before is None or after is None:
            return []
        return self._weigh(before, after) or self._too_short(before[0], left_s)

    def _needed_s(self) -> float:
        needed = self._watch.needs_s(np.full(self._watch.channels, ERROR_G))
        return min(LONGEST_S, max(1.0, float(needed[np.isfinite(needed)].max(initial=0.0))))

    def _levels(
        self, from_s: float, to_s: float, otherwise: tuple[Floats, Floats] | None
    ) -> tuple[Floats, Floats] | None:
        """Levels and errors of a stretch, or what was known where it is too short."""
        if to_s - from_s < 0.5:
            return otherwise
        levels = self._watch.levels(from_s, to_s)
        return np.array([x.mean for x in levels]), np.array([x.error for x in levels])

    def _weigh(self, before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> list[Felt]:
        """A step from stillness to stillness: something was put there, or lifted."""
        change_g = np.nan_to_num(after[0] - before[0])
        error_g = np.nan_to_num(np.hypot(after[1], before[1]), posinf=0.0)
        moved = np.abs(change_g) > np.maximum(FELT_G, FELT_SIGMA * error_g)
        if not moved.any():
            return []
        near = moved.copy()
        near[1:] |= moved[:-1]
        near[:-1] |= moved[1:]
        mass_g, sure_g = float(change_g[near].sum()), float(np.sqrt((error_g[near] ** 2).sum()))
        return self._put_down(mass_g, sure_g) if mass_g > 0 else self._lifted(-mass_g, sure_g)

    def _too_short(self, before_g: Floats, left_s: float) -> list[Felt]:
        """Nothing has changed; but something stood there for a while, and was lifted before it was weighed."""
        _, said = self._watch.recent(self._watch.now_s - left_s)
        away_s = float((np.nanmax(np.abs(said - before_g[:, None]), axis=0) > STOOD_G).sum()) * BLOCK_S
        if away_s < STOOD_S or self._put is not None:
            return []
        return [Felt("refused", "That was too short. Put it down, and lift it when you are told to")]

    def _put_down(self, mass_g: float, error_g: float) -> list[Felt]:
        if self._put is not None:
            both_g = self._put[0] + mass_g
            self._put = None
            return [Felt("refused", f"{both_g:.0f} g stand there by now: lift everything, then one unit at a time")]
        self._put = mass_g, error_g
        return [Felt("put", f"{mass_g:.1f} g. Lift it again.", mass_g, error_g)]

    def _lifted(self, mass_g: float, error_g: float) -> list[Felt]:
        if self._put is None:
            return [Felt("ready", "Now put one unit down.")]
        down_g, down_error_g = self._put
        self._put = None
        allowed_g = max(SAME_SIGMA * math.hypot(error_g, down_error_g), SAME_G, SAME_SHARE * down_g)
        if abs(mass_g - down_g) > allowed_g:
            text = f"{down_g:.1f} g were put down and {mass_g:.1f} g lifted: begin with this unit again"
            return [Felt("refused", text)]
        unit_g, sure_g = (mass_g + down_g) / 2, math.hypot(error_g, down_error_g) / 2
        if self.masses_g and abs(unit_g / float(np.median(self.masses_g)) - 1) > UNLIKE_SHARE:
            usual_g = float(np.median(self.masses_g))
            return [
                Felt("refused", f"{unit_g:.1f} g, and the others {usual_g:.1f} g: is it one unit of the same product?")
            ]
        self.masses_g.append(unit_g)
        self.errors_g.append(sure_g)
        return [Felt("weighed", f"unit {len(self.masses_g)}: {unit_g:.1f} g", unit_g, sure_g)]


def enough(scale: UnitScale, least: int) -> bool:
    """Whether more units would tell nothing that matters, or would not help on a shelf as noisy as this."""
    count = len(scale.masses_g)
    return count >= least and (count >= MOST_UNITS or unit_weight(scale.masses_g, scale.errors_g).good)


def unit_weight(masses_g: Sequence[float], errors_g: Sequence[float]) -> UnitWeight:
    """What a few units say of all: their mean, and a spread that few units cannot talk down."""
    masses, errors = np.array(masses_g), np.array(errors_g)
    count = len(masses)
    weight_g = float(masses.mean())
    seen = float(((masses - weight_g) ** 2).sum()) - float((errors**2).sum()) * (count - 1) / count
    usual = (USUAL_SPREAD * weight_g) ** 2
    variance = (BELIEVED * usual + max(0.0, seen)) / (BELIEVED + count - 1)
    error_g = math.sqrt(float((errors**2).sum()) / count**2 + max(0.0, seen) / max(1, count - 1) / count)
    return UnitWeight(weight_g, error_g, math.sqrt(variance), count)
