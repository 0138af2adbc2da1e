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

from calibration.health.course import Estimate
from calibration.health.moments import BEFORE, MOMENT_S, Floats, Moment
from edge.records import Restarted, Touch
from edge.shelf import Told

REMEMBERED = 400
"""Steps of a plate: the oldest are forgotten."""

LEAPS_SIGMA = 10.0
LEAPS_G = 6.0
"""A leap from one sample to the next is looked at beyond so many standard deviations and grams."""
AFTER = 6
"""Samples that must stay behind a jump."""
SUDDEN = 0.75
"""Share of a jump that happens from one sample to the next; a thing that is put down: a third at most."""

CREEP_S = 20.0
"""Time constant of what is looked for: load cells and their glue take half a minute."""

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
    jumps: int = 0
    hands_up: int = 0
    """Hands that made it heavier before they made it lighter, as hands do …"""
    hands_down: int = 0
    """… and lighter before heavier."""
    touches: int = 0


class Steps:
    """One shelf."""

    def __init__(self, plates: int) -> None:
        self.plates = [Plate() for _ in range(plates)]
        self._creeping = np.zeros(plates)
        """How fast each level would go by now if all that is put there came late, g/s."""
        self._stepped: list[tuple[int, float, float]] = []
        self._expected_g2, self._went_g2 = np.zeros(plates), np.zeros(plates)
        self._edges_g2 = np.zeros(plates)
        self._rested, self._rested_g = np.zeros(plates, dtype=bool), np.zeros(plates)
        self._both = np.zeros(plates, dtype=bool)
        self._fresh: list[tuple[int, float, float, float]] = []
        """Steps whose beginning nobody has looked at: (plate, change, began, happened)."""
        self._past: deque[Moment] = deque(maxlen=PAST)

    def settled(self, told: Told) -> None:
        if isinstance(told, Touch):
            for plate in told.plates:
                self.plates[plate - 1].touches += 1
            return
        if isinstance(told, Restarted):
            return
        for plate in told.plates:
            change_g, error_g = float(told.change_g[plate - 1]), float(told.error_g[plate - 1])
            if not told.blind:
                self.plates[plate - 1].steps.append((told.step_s, change_g, error_g))
                if len(told.plates) == 1:
                    self.plates[plate - 1].alone.append((told.step_s, change_g, error_g))
                    self._fresh.append((plate - 1, change_g, told.began_s, told.step_s))
                self._stepped.append((plate - 1, change_g, told.step_s))

    def hear(self, moment: Moment, noise_g2: Floats) -> None:
        leaps = moment.leap_g - LEAPS_G
        for plate in np.flatnonzero(np.maximum(leaps, 0.0) ** 2 > LEAPS_SIGMA**2 * noise_g2):
            self.plates[plate].jumps += _jumps(moment.said_g[plate], float(noise_g2[plate]))
        self._past.append(moment)
        if self._fresh:
            self._look_at_hands(moment, noise_g2)
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
        """How a level goes on after steps, against how all of them together would let it creep."""
        self._creeping *= math.exp(-moment.lasts_s / CREEP_S)
        for plate, change_g, at_s in self._stepped:
            self._creeping[plate] += change_g / CREEP_S * math.exp(-max(0.0, moment.at_s - at_s) / CREEP_S)
        self._stepped.clear()
        both = moment.rest & self._rested if moment.joins else np.zeros_like(moment.rest)
        expected_g = np.where(both, self._creeping * moment.lasts_s, 0.0)
        went_g = np.where(both, moment.mean_g - self._rested_g, 0.0)
        self._expected_g2 += expected_g * expected_g
        self._went_g2 += expected_g * went_g
        edges = np.where(both != self._both, self._creeping * moment.lasts_s, 0.0)
        self._edges_g2 += edges * edges
        self._rested, self._rested_g, self._both = moment.rest, moment.mean_g, both

    def creep(self, plate: int, wander_g2: Estimate, noise_g: float, hz: float) -> tuple[float, float]:
        """Share of a step that comes late, of plate ``plate`` (0-based), and its standard error; NaN: too few steps.

        The error is that of a random walk, and of the noise where a quiet stretch begins and ends: in between, that
        of one moment is taken back by the next.
        """
        weight = float(self._expected_g2[plate])
        if len(self.plates[plate].steps) < 3 or weight <= 0.0 or not hz > 0.0:
            return math.nan, math.nan
        walk_g2 = max(0.0, wander_g2.value) + wander_g2.error
        noise_g2 = noise_g**2 / hz * (float(self._edges_g2[plate]) / weight + 1 / CREEP_S)
        return float(self._went_g2[plate]) / weight, math.sqrt((walk_g2 + noise_g2) / weight)


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
