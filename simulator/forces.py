"""What presses on the plates of one shelf, as functions of time.

Enters: when and how hard. Leaves: grams per plate at any times asked for; no force remembers anything, so a signal
can be made piece by piece. A `Step` stays, everything else passes. Where a hand trembles, it does so by a sum of
sines, not by noise: the same instant asked for twice gives the same grams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Grams = NDArray[np.float64]
"""Shape (plates,) or (plates, samples)."""

CREEP_SHARE = 4e-4
"""A load cell goes on yielding after a step: 0.02–0.05 % of the step, OIML R 60 class C3."""
CREEP_S = 25.0
ENDED = 5.0
"""After so many time constants nothing is left."""


class Force(Protocol):
    """Something that acts on a shelf from ``began_s``; from ``ended_s`` on it is the constant ``stays_g``."""

    @property
    def began_s(self) -> float: ...
    @property
    def ended_s(self) -> float: ...
    @property
    def stays_g(self) -> Grams | None: ...

    def load_g(self, at_s: Grams) -> Grams:
        """Shape (plates, samples) at the times ``at_s`` (samples,)."""
        ...


def _ringing(after_s: Grams, hz: float, tau_s: float) -> Grams:
    """A struck plate: a decaying sine from 0 on, shape of ``after_s``."""
    t = np.clip(after_s, 0.0, None)
    swing: Grams = np.where(after_s > 0, np.exp(-t / tau_s) * np.sin(2 * np.pi * hz * t), 0.0)
    return swing


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A load comes or goes: ``change_g`` (plates,), negative when it goes, over ``over_s`` from ``began_s``.

    With ``held`` the load first changes by that part, waits, and only then goes altogether: somebody who lifts a
    thing, holds it, and makes up their mind. The plate rings afterwards at ``ring_hz``.
    """

    began_s: float
    change_g: Grams
    over_s: float
    ring_hz: float = 12.0
    ring_share: float = 0.15
    ring_s: float = 0.09
    held: float = 0.0

    @property
    def ended_s(self) -> float:
        return self.began_s + self.over_s + ENDED * CREEP_S

    @property
    def stays_g(self) -> Grams:
        return self.change_g * (1 + CREEP_SHARE)

    def load_g(self, at_s: Grams) -> Grams:
        after = (at_s - self.began_s) / self.over_s
        edge = 0.15 if self.held else 1.0
        first = np.clip(after / edge, 0.0, 1.0)
        last = np.clip((after - (1 - edge)) / edge, 0.0, 1.0)
        smooth = [x * x * (3 - 2 * x) for x in (first, last)]
        done = self.held * smooth[0] + (1 - self.held) * smooth[1]
        since = at_s - self.began_s - self.over_s
        creep = CREEP_SHARE * (1 - np.exp(-np.clip(since, 0.0, None) / CREEP_S))
        ring = self.ring_share * _ringing(since + 0.2 * edge * self.over_s, self.ring_hz, self.ring_s)
        return np.outer(self.change_g, done + creep + ring)


@dataclass(frozen=True, slots=True, eq=False)
class Press:
    """A hand, an arm or a hip on the plates: a hill over ``for_s`` with its top at ``force_g`` (plates,).

    ``tremor`` is how much of the force trembles, ``phase`` how it does so.
    """

    began_s: float
    for_s: float
    force_g: Grams
    tremor: float = 0.15
    phase: float = 0.0

    @property
    def ended_s(self) -> float:
        return self.began_s + self.for_s

    @property
    def stays_g(self) -> None:
        return None

    def load_g(self, at_s: Grams) -> Grams:
        after = np.clip((at_s - self.began_s) / self.for_s, 0.0, 1.0)
        hill = np.sin(np.pi * after) ** 2
        t = at_s - self.began_s
        shake = sum(np.sin(2 * np.pi * hz * t + self.phase * (i + 1)) for i, hz in enumerate((6.1, 9.7, 17.3)))
        return np.outer(self.force_g, hill * (1 + self.tremor * shake))


@dataclass(frozen=True, slots=True, eq=False)
class Knock:
    """A footstep, or a cart against the gondola: the plates ring by ``force_g`` (plates,) and come to rest."""

    began_s: float
    force_g: Grams
    hz: float = 9.0
    tau_s: float = 0.12

    @property
    def ended_s(self) -> float:
        return self.began_s + 2 * ENDED * self.tau_s

    @property
    def stays_g(self) -> None:
        return None

    def load_g(self, at_s: Grams) -> Grams:
        return np.outer(self.force_g, _ringing(at_s - self.began_s, self.hz, self.tau_s))


def hill_over(plates: int, centre: float, breadth: float) -> Grams:
    """A smooth hill over the plates of a shelf, 1 at ``centre`` (1-based, fractional), ``breadth`` in plates."""
    numbers = np.arange(1, plates + 1)
    hill: Grams = np.exp(-0.5 * ((numbers - centre) / breadth) ** 2)
    return hill


def loads(forces: list[Force], rest_g: Grams, at_s: Grams) -> Grams:
    """All that presses on a shelf: ``rest_g`` (plates,) from the start, and what acts since.

    ``at_s`` (samples,) ascends; the answer has shape (plates, samples). Only forces that act within it are worked out.
    """
    total = np.repeat(rest_g[:, None], at_s.size, axis=1)
    for force in forces:
        if force.began_s >= at_s[-1]:
            continue
        if force.ended_s <= at_s[0]:
            if force.stays_g is not None:
                total += force.stays_g[:, None]
            continue
        start = int(np.searchsorted(at_s, force.began_s))
        total[:, start:] += force.load_g(at_s[start:])
    return total
