"""What steps and touches say about plates: creep after a step, jumps with nobody there, the sign, and the span.

Enters: moments, and what `edge.shelf.sense` settled. Leaves: per plate the evidence. A thing that somebody puts down
takes some samples to arrive and rings; a loose wire is at another level from one sample to the next, and rests there.
A hand presses before it lifts: a plate that becomes lighter before it becomes heavier is wired backwards, for nothing
can be taken off before it is put there.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from calibration.health.moments import BEFORE, MOMENT_S, Floats, Moment
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
CREEPS_S = 12.0
"""From early to late, about."""
EARLY_S, LATE_S = (1.5, 4.5), (10.0, 30.0)
"""Creep is what comes between these times after a step, or until somebody comes."""

APPROACH_S = 0.2
"""A hand is there before a stir is noticed."""
LONG = 3
"""Samples that a press lasts, at least."""
HAND_SIGMA, HAND_G, HAND_SHARE = 2.5, 2.0, 0.03
"""A hand is felt beyond so many standard deviations (`LONG` samples in a row), grams, and this share of the step."""
PAST = 16
"""Moments that are remembered: longer than most stirs."""


@dataclass(slots=True)
class Plate:
    """What one plate's steps say."""

    steps: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """(when, change, its error)."""
    alone: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """Those that no other plate had a part in."""
    crept: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """(change, what came afterwards)."""
    jumps: int = 0
    hands_up: int = 0
    """Hands that made it heavier before they made it lighter, as hands do …"""
    hands_down: int = 0
    """… and lighter before heavier."""
    touches: int = 0


@dataclass(slots=True)
class _Creep:
    """A step whose level is watched."""

    plate: int
    change_g: float
    ended_s: float
    early: list[float] = field(default_factory=list)
    late: deque[float] = field(default_factory=lambda: deque(maxlen=5))


class Steps:
    """One shelf."""

    def __init__(self, plates: int) -> None:
        self.plates = [Plate() for _ in range(plates)]
        self._creeps: list[_Creep] = []
        self._fresh: list[tuple[int, float, float, float]] = []
        """Steps whose beginning nobody has looked at: (plate, change, began, happened)."""
        self._past: deque[Moment] = deque(maxlen=PAST)

    def settled(self, told: ShelfEvent | Touch) -> None:
        if isinstance(told, Touch):
            for plate in told.plates:
                self.plates[plate - 1].touches += 1
            return
        for plate in told.plates:
            change_g, error_g = float(told.change_g[plate - 1]), float(told.error_g[plate - 1])
            if not told.blind:
                self.plates[plate - 1].steps.append((told.step_s, change_g, error_g))
                if len(told.plates) == 1:
                    self.plates[plate - 1].alone.append((told.step_s, change_g, error_g))
                    self._fresh.append((plate - 1, change_g, told.began_s, told.step_s))
                if abs(change_g) >= CREEP_FROM_G and len(told.plates) <= 3:
                    self._creeps.append(_Creep(plate - 1, change_g, told.ended_s))

    def hear(self, moment: Moment, noise_g2: Floats) -> None:
        leaps = moment.leap_g - LEAPS_G
        for plate in np.flatnonzero(np.maximum(leaps, 0.0) ** 2 > LEAPS_SIGMA**2 * noise_g2):
            self.plates[plate].jumps += _jumps(moment.said_g[plate], float(noise_g2[plate]))
        self._past.append(moment)
        if self._fresh:
            self._look_at_hands(moment, noise_g2)
        if self._creeps:
            self._follow_creep(moment)

    def _look_at_hands(self, moment: Moment, noise_g2: Floats) -> None:
        """Steps whose moments are all here by now: what came before each."""
        waiting = []
        for plate, change_g, began_s, step_s in self._fresh:
            if step_s + MOMENT_S > moment.at_s:
                waiting.append((plate, change_g, began_s, step_s))
                continue
            said_g = self._between(plate, began_s - APPROACH_S, step_s)
            before_g = self._between(plate, began_s - APPROACH_S - 1.0, began_s - APPROACH_S)
            if len(said_g) < LONG or len(before_g) < LONG:
                continue
            against_g = -math.copysign(1.0, change_g) * (said_g - float(np.median(before_g)))
            held_g = np.min([against_g[i : len(against_g) - LONG + 1 + i] for i in range(LONG)], axis=0).max()
            if held_g > HAND_SIGMA * math.sqrt(float(noise_g2[plate])) + HAND_G + HAND_SHARE * abs(change_g):
                self.plates[plate].hands_up += change_g < 0
                self.plates[plate].hands_down += change_g > 0
        self._fresh = waiting

    def _between(self, plate: int, from_s: float, to_s: float) -> Floats:
        """What a plate said in this time, as far as it is remembered."""
        parts = []
        for moment in self._past:
            if moment.at_s < to_s and moment.at_s + moment.lasts_s > from_s:
                said_g = moment.said_g[plate, -round(moment.lasts_s * moment.hz) :]
                first = max(0, math.ceil((from_s - moment.at_s) * moment.hz))
                parts.append(said_g[first : max(first, math.ceil((to_s - moment.at_s) * moment.hz))])
        return np.concatenate(parts) if parts else np.zeros(0)

    def _follow_creep(self, moment: Moment) -> None:
        kept = []
        for creep in self._creeps:
            since_s = moment.at_s - creep.ended_s
            at_rest = bool(moment.rest[creep.plate])
            if since_s > LATE_S[1] or (since_s > EARLY_S[0] + 1.0 and not at_rest):
                if creep.early and creep.late:
                    came_g = float(np.mean(creep.late) - np.mean(creep.early))
                    self.plates[creep.plate].crept.append((creep.change_g, came_g))
                continue
            if at_rest and EARLY_S[0] <= since_s <= EARLY_S[1]:
                creep.early.append(float(moment.mean_g[creep.plate]))
            elif since_s >= LATE_S[0]:
                creep.late.append(float(moment.mean_g[creep.plate]))
            kept.append(creep)
        self._creeps = kept


def creep_of(plate: Plate, wander_g2: float) -> tuple[float, float]:
    """Share of a step that came late, and its standard error; NaN: too few steps.

    What came scatters at least as much as the level wanders meanwhile: three steps may agree by chance.
    """
    if len(plate.crept) < 3:
        return math.nan, math.nan
    change_g, came_g = np.array(plate.crept).T
    weight = float(change_g @ change_g)
    share = float(change_g @ came_g) / weight
    rest_g = came_g - share * change_g
    scatter_g2 = max(float(rest_g @ rest_g) / (len(came_g) - 1), max(0.0, wander_g2) * CREEPS_S)
    return share, math.sqrt(scatter_g2 / weight)


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
