"""A shelf of bento for many days: so many people want one on each, at their hours; it is filled in the morning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.forecast.demand import Day
from edge.forecast.orders import Supply

BUSY = (1.0, 1.0, 1.05, 1.1, 1.4, 0.7, 0.5)
"""By weekday, a shop among offices."""

Policy = Callable[[Sequence[Day], int, tuple[int, ...]], int]
"""Days so far, the weekday, what is left over by its age -> units that are ordered."""


@dataclass(slots=True)
class Came:
    """``thrown`` away, ``missed`` by somebody who wanted one, ``sold``."""

    sold: int = 0
    thrown: int = 0
    missed: int = 0

    def cost(self, supply: Supply) -> float:
        """Minor units."""
        return self.thrown * supply.cost_minor + self.missed * supply.margin_minor


def lived(policy: Policy, supply: Supply, seed: int, days: int = 200, mean: float = 9.0, settle: int = 28) -> Came:
    """What a policy comes to; the first weeks are for everybody to learn from, and do not count."""
    rng = np.random.default_rng((seed, 24))
    came, told, standing = Came(), list[Day](), [0] * supply.keeps_days
    for number in range(days + settle):
        weekday, trend = number % 7, 1.0 + 0.3 * np.sin(2 * np.pi * number / 150)
        wanted = int(rng.poisson(mean * BUSY[weekday] * trend * rng.gamma(12.0) / 12.0))
        hours = np.sort(rng.beta(2.0, 2.5, wanted))
        old = tuple(standing[1:])
        standing = [*old, 0]
        standing[-1] += max(0, policy(told, weekday, old))
        there = sum(standing)
        sold = min(there, wanted)
        # Half of those who come have come by the hour at which half of the day's customers have.
        share = 1.0 if there > wanted else float(_come_by(hours[sold - 1])) if sold else 0.0
        told.append(Day(weekday, sold, share))
        left = sold
        for age, units in enumerate(standing):
            taken = min(units, left)
            standing[age] -= taken
            left -= taken
        if number >= settle:
            came.sold += sold
            came.missed += wanted - sold
            came.thrown += standing[0]
        standing[0] = 0
    return came


def _come_by(hour: float) -> float:
    from scipy.special import betainc

    return float(betainc(2.0, 2.5, hour))


def as_last_week(told: Sequence[Day], weekday: int, standing: tuple[int, ...]) -> int:
    """What was sold on this weekday a week ago; before, ten."""
    return (told[-7].sold if len(told) >= 7 else 10) - sum(standing)
