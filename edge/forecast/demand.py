"""How many units of a product people would take on a day, learned from days of which some ended early.

Enters: a product's days, with how much of each its shelf had something on it. Leaves: a `Demand`, of which any number
of days ahead can be asked for its mean and its quantiles. A day without a unit sold while the shelf was empty says
nothing, and one that sold out at noon says as much as half a day does: the shop knows the minute. Where only *that*
it sold out is known, the demand was at least what was sold, and is filled in by what the rest of the days say
(expectation and maximisation, a few rounds).

The model is a Poisson rate that is itself uncertain (Gamma), with factors of the weekdays, an excess variance of the
days, and a memory that fades: the negative binomial that the facts of retail data ask for, in a page of numpy (M5: at
product and store level nothing elaborate is worth its trouble).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WEEK: Final = 7
HALF_LIVES_DAYS: Final = (21.0, 60.0, 365.0)
"""How fast old days may be forgotten; what fitted the past best is taken."""
SHRINK_DAYS: Final = 4.0
"""Weekdays differ as far as so many of each say so; fewer are drawn towards all."""
FIRST_DAYS: Final = 7
"""Of a product's first days nothing is judged: there was nothing to forecast them from."""
ROUNDS: Final = 8
"""Of filling in what was not seen."""
WIDEST: Final = 1e6
"""A size of the negative binomial beyond this is a Poisson distribution."""
LEAST: Final = 1e-9

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one product: ``sold`` units. ``open_share``: the share of a usual day's shoppers for whom there was
    something (0 to 1; NaN: it sold out, and nobody knows when). ``weekday``: Monday is 0.
    """

    weekday: int
    sold: int
    open_share: float = 1.0

    @property
    def censored(self) -> bool:
        """Somebody may have wanted more than there was."""
        return not self.open_share >= 1.0


@dataclass(frozen=True, slots=True)
class Demand:
    """Units a day: ``rate``, times ``weekdays`` (7,); ``known_days``: how many days the rate is worth; ``excess``: by
    how much days differ beyond chance, squared and relative (0: Poisson).
    """

    rate: float
    weekdays: tuple[float, ...]
    known_days: float
    excess: float

    def mean(self, first_weekday: int, days: int = 1) -> float:
        """Expected units on so many days from a weekday on."""
        return float(self._means(first_weekday, days).sum())

    def quantile(self, level: float, first_weekday: int, days: int = 1) -> int:
        """So many units are enough with this probability, on so many days."""
        return quantile(self.mean(first_weekday, days), self._size(first_weekday, days), level)

    def leftover(self, units: int, first_weekday: int, days: int = 1) -> tuple[float, float]:
        """Of so many units: how many are left over, and how many more are wanted than there are; means."""
        mean, size = self.mean(first_weekday, days), self._size(first_weekday, days)
        below = probabilities(mean, size, units)
        left = float(((units - np.arange(units + 1)) * below).sum())
        return left, mean - units + left

    def _means(self, first_weekday: int, days: int) -> Array:
        factors = [self.weekdays[(first_weekday + day) % WEEK] for day in range(days)]
        means: Array = np.array(factors) * self.rate
        return means

    def _size(self, first_weekday: int, days: int) -> float:
        """Of the negative binomial with the same mean and variance as all of these days together."""
        means = self._means(first_weekday, days)
        mean = float(means.sum())
        known = max(self.rate * self.known_days, LEAST)
        over = float((means**2).sum()) * self.excess + mean**2 / known
        return min(WIDEST, mean**2 / over) if over > 0 and mean > 0 else WIDEST


def demand_of(days: Sequence[Day]) -> Demand:
    """The demand that a product's days tell of, oldest first; of none: nothing is sold."""
    if not days:
        return Demand(0.0, (1.0,) * WEEK, 0.0, 0.0)
    return max((_fit(days, half_life) for half_life in HALF_LIVES_DAYS), key=lambda fitted: fitted[0])[1]


def probabilities(mean: float, size: float, most: int) -> Array:
    """Of 0 … ``most`` units, shape (most + 1,): a negative binomial by its mean and size."""
    units = np.arange(most + 1)
    if mean <= 0:
        nobody: Array = np.zeros(most + 1)
        nobody[0] = 1.0
        return nobody
    logs = np.concatenate([[0.0], np.cumsum(np.log((units[:-1] + size) / units[1:]))]) if most else np.zeros(1)
    first = -size * math.log1p(mean / size)
    step = math.log(mean / (mean + size))
    found: Array = np.exp(first + logs + units * step)
    return found


def quantile(mean: float, size: float, level: float) -> int:
    """The least number of units that is enough with this probability."""
    most = max(8, int(mean + 12 * math.sqrt(mean + mean**2 / size) + 12))
    enough = np.cumsum(probabilities(mean, size, most)) >= min(level, 1 - 1e-9)
    return int(np.argmax(enough)) if enough.any() else most


def _fit(days: Sequence[Day], half_life: float) -> tuple[float, Demand]:
    """How well it would have foretold the days (a mean log-likelihood), and what it says now."""
    sold = np.array([day.sold for day in days], dtype=np.float64)
    weekday = np.array([day.weekday for day in days])
    share = np.array([day.open_share for day in days])
    blind = np.isnan(share)
    share = np.where(blind, 1.0, np.clip(share, 0.0, 1.0))
    weight = 0.5 ** (np.arange(len(days))[::-1] / half_life)
    wanted = sold.copy()
    demand = Demand(0.0, (1.0,) * WEEK, 0.0, 0.0)
    for _ in range(ROUNDS if blind.any() else 1):
        demand = _estimate(wanted, share, weekday, weight)
        means = demand.rate * np.array(demand.weekdays)[weekday]
        for i in np.flatnonzero(blind):
            wanted[i] = _wanted(means[i], 1 / max(demand.excess, 1 / WIDEST), int(sold[i]))
    return _score(wanted, share, blind, weekday, demand, half_life), demand


def _estimate(wanted: Array, share: Array, weekday: NDArray[np.intp], weight: Array) -> Demand:
    seen = float((weight * share).sum())
    if seen <= 0:
        return Demand(0.0, (1.0,) * WEEK, 0.0, 0.0)
    rate = float((weight * wanted).sum()) / seen
    factors = np.ones(WEEK)
    if rate > 0:
        units = np.bincount(weekday, weight * wanted, WEEK)
        usual = np.bincount(weekday, weight * share, WEEK) * rate
        prior = SHRINK_DAYS * rate
        factors = (units + prior) / (usual + prior)
        rate *= float((weight * wanted).sum()) / max(float((weight * share * factors[weekday]).sum()) * rate, LEAST)
    means = rate * factors[weekday] * share
    over = float((weight * ((wanted - means) ** 2 - means)).sum())
    square = float((weight * means**2).sum())
    # A few days say little about how much days differ: a day's worth of Poisson stands beside them.
    excess = max(0.0, over) / (square + rate) if square > 0 else 0.0
    return Demand(rate, tuple(factors.tolist()), seen, excess)


def _wanted(mean: float, size: float, sold: int) -> float:
    """How many are wanted on a day on which at least so many were."""
    most = max(sold + 8, int(mean + 12 * math.sqrt(mean + mean**2 / size) + 12))
    chances = probabilities(mean, size, most)[sold:]
    total = float(chances.sum())
    return float((chances * np.arange(sold, most + 1)).sum()) / total if total > LEAST else float(sold)


def _score(
    wanted: Array, share: Array, blind: NDArray[np.bool_], weekday: NDArray[np.intp], demand: Demand, half_life: float
) -> float:
    """Mean log-likelihood of each day, foretold by the days before it alone; of days that were seen in part as well."""
    fades = 0.5 ** (1 / half_life)
    factors = np.array(demand.weekdays)[weekday] * share
    size = 1 / max(demand.excess, 1 / WIDEST)
    units = days = told = 0.0
    judged = 0
    for i, (want, seen) in enumerate(zip(wanted.tolist(), factors.tolist(), strict=True)):
        if days > 0 and i >= FIRST_DAYS and seen > 0 and not blind[i]:
            mean = max(units / days * seen, LEAST)
            told += math.lgamma(want + size) - math.lgamma(size) - math.lgamma(want + 1)
            told += want * math.log(mean / (mean + size)) - size * math.log1p(mean / size)
            judged += 1
        units, days = units * fades + want, days * fades + seen
    return told / judged if judged else 0.0
