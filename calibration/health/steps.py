"""What steps and touches say about plates: creep after a step, jumps with nobody there, the sign, and the span.

Enters: moments, and what `edge.shelf.sense` settled. Leaves: per plate the evidence. A thing that somebody puts down
takes some samples to arrive and rings; a loose wire is at another level from one sample to the next, and rests there.
A hand presses before it lifts and while it puts down: a plate on which pressing makes less is wired backwards.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from calibration.health.moments import BEFORE, Floats, Moment
from edge.records import ShelfEvent, Touch

REMEMBERED = 400
"""Steps of a plate: the oldest are forgotten."""

LEAPS_SIGMA = 10.0
LEAPS_G = 6.0
"""A leap from one sample to the next is looked at beyond so many standard deviations and grams."""
AFTER = 6
"""Samples that must stay behind a jump."""
SUDDEN = 0.75
"""Share of a jump that happens from one sample to the next; a thing that is put down: a third at most."""

CREEP_FROM_G = 60.0
EARLY_S, LATE_S = (1.5, 5.5), (20.0, 30.0)
"""Creep is what comes between these times after a step."""

PRESSED_G, PRESSED_SHARE = 25.0, 0.35
"""A hand is felt beyond both levels by more than this and this share of the change: a plate rings by less."""


@dataclass(slots=True)
class Plate:
    """What one plate's steps say."""

    steps: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """(when, change, its error)."""
    crept: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """(change, what came afterwards)."""
    jumps: int = 0
    pressed_up: int = 0
    pressed_down: int = 0
    touches: int = 0


@dataclass(slots=True)
class _Creep:
    """A step whose level is watched."""

    plate: int
    change_g: float
    ended_s: float
    early: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


class Steps:
    """One shelf."""

    def __init__(self, plates: int) -> None:
        self.plates = [Plate() for _ in range(plates)]
        self._creeps: list[_Creep] = []
        self._low = np.full(plates, np.inf)
        self._high = np.full(plates, -np.inf)
        self._before_g = np.full(plates, np.nan)
        self._stirred = np.zeros(plates, dtype=bool)
        self._any = False

    def settled(self, told: ShelfEvent | Touch) -> None:
        if isinstance(told, Touch):
            for plate in told.plates:
                self.plates[plate - 1].touches += 1
            return
        for plate in told.plates:
            change_g, error_g = float(told.change_g[plate - 1]), float(told.error_g[plate - 1])
            if not told.blind:
                self.plates[plate - 1].steps.append((told.step_s, change_g, error_g))
                if abs(change_g) >= CREEP_FROM_G and len(told.plates) <= 3:
                    self._creeps.append(_Creep(plate - 1, change_g, told.ended_s))

    def hear(self, moment: Moment, noise_g2: Floats) -> None:
        leaps = moment.leap_g - LEAPS_G
        for plate in np.flatnonzero(np.maximum(leaps, 0.0) ** 2 > LEAPS_SIGMA**2 * noise_g2):
            self.plates[plate].jumps += _jumps(moment.said_g[plate], float(noise_g2[plate]))
        self._follow_hands(moment)
        if self._creeps:
            self._follow_creep(moment)

    def _follow_hands(self, moment: Moment) -> None:
        stirred = moment.stirred
        if not self._any and not stirred.any():
            self._before_g = (
                moment.mean_g if moment.rest.all() else np.where(moment.rest, moment.mean_g, self._before_g)
            )
            return
        if stirred.any():
            self._low[stirred] = np.minimum(self._low, moment.low_g)[stirred]
            self._high[stirred] = np.maximum(self._high, moment.high_g)[stirred]
        for plate in np.flatnonzero(self._stirred & moment.rest):
            before_g, after_g = float(self._before_g[plate]), float(moment.mean_g[plate])
            over_g = float(self._high[plate]) - max(before_g, after_g)
            under_g = min(before_g, after_g) - float(self._low[plate])
            least_g = PRESSED_G + PRESSED_SHARE * abs(after_g - before_g)
            self.plates[plate].pressed_up += over_g > least_g and over_g > 2 * under_g
            self.plates[plate].pressed_down += under_g > least_g and under_g > 2 * over_g
            self._low[plate], self._high[plate] = math.inf, -math.inf
        self._before_g = np.where(moment.rest, moment.mean_g, self._before_g)
        self._stirred = (self._stirred | stirred) & ~moment.rest
        self._any = bool(self._stirred.any())

    def _follow_creep(self, moment: Moment) -> None:
        kept = []
        for creep in self._creeps:
            since_s = moment.at_s - creep.ended_s
            if since_s > EARLY_S[0] + 1.0 and not moment.rest[creep.plate]:
                continue  # somebody is at it again
            mean_g = float(moment.mean_g[creep.plate])
            if EARLY_S[0] <= since_s <= EARLY_S[1] and moment.rest[creep.plate]:
                creep.early.append(mean_g)
            elif LATE_S[0] <= since_s <= LATE_S[1]:
                creep.late.append(mean_g)
            elif since_s > LATE_S[1]:
                if creep.early and creep.late:
                    came_g = float(np.mean(creep.late) - np.mean(creep.early))
                    self.plates[creep.plate].crept.append((creep.change_g, came_g))
                continue
            kept.append(creep)
        self._creeps = kept


def creep_of(plate: Plate) -> tuple[float, float]:
    """Share of a step that came late, and its standard error from how much it scatters; NaN: too few steps."""
    if len(plate.crept) < 3:
        return math.nan, math.nan
    change_g, came_g = np.array(plate.crept).T
    weight = float(change_g @ change_g)
    share = float(change_g @ came_g) / weight
    rest_g = came_g - share * change_g
    return share, math.sqrt(float(rest_g @ rest_g) / (len(came_g) - 1) / weight)


def _jumps(said_g: Floats, noise_g2: float) -> int:
    """How often a plate's samples go to another level at once, and stay there without ringing."""
    leaps = np.abs(np.diff(said_g))
    noise_g = math.sqrt(noise_g2)
    count, next_ = 0, 0
    for i in np.flatnonzero(leaps > LEAPS_SIGMA * noise_g + LEAPS_G):
        before, after = said_g[max(0, i - BEFORE + 3) : i + 1], said_g[i + 1 : i + 1 + AFTER]
        if i < next_ or len(before) < 3 or len(after) < AFTER:
            continue
        change_g = abs(float(after.mean() - before.mean()))
        calm = max(float(before.std()), float(after.std())) < 3 * noise_g + 0.02 * change_g
        if calm and leaps[i] > SUDDEN * change_g and change_g > SUDDEN * leaps[i]:
            count += 1
            next_ = int(i) + AFTER
    return count
