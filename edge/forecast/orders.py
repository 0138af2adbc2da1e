"""What to order: as many units of a product as are worth their risk of being thrown away.

Enters: a product's `Demand`, how it comes and keeps (`Supply`), what stands on the shelf and how long that still keeps.
Leaves: an `Order`. One more unit is worth ordering while the chance that somebody takes it before it is too old,
times what it earns, is more than the chance that nobody does, times what it cost (the newsvendor's rule); and while
it can be needed before the next delivery, for else it can be ordered then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge.forecast.demand import Demand

MOST_SURE: Final = 0.98
"""Nobody orders for a rush that comes once in fifty times, however much a unit earns."""


@dataclass(frozen=True, slots=True)
class Supply:
    """How a product comes. ``margin_minor`` and ``cost_minor``: what a unit earns that is sold, and loses that is
    thrown away. ``keeps_days``: on how many days a fresh one is sold, the day that it comes included. ``every_days``:
    from one delivery to the next. ``pack``: units are ordered by so many.
    """

    margin_minor: float
    cost_minor: float
    keeps_days: int
    every_days: int = 1
    pack: int = 1

    @property
    def critical(self) -> float:
        """The share of days, of all alike, on which there should be enough."""
        return min(MOST_SURE, self.margin_minor / (self.margin_minor + self.cost_minor))


@dataclass(frozen=True, slots=True)
class Order:
    """``units`` to order for a day, of a demand of ``expected`` until the delivery after it, for which up to
    ``level`` is right; ``left`` and ``short``: how many are likely thrown away or missed.
    """

    units: int
    expected: float
    level: int
    left: float
    short: float


def order_of(demand: Demand, supply: Supply, weekday: int, standing: tuple[int, ...] = ()) -> Order:
    """For a delivery in the morning of a weekday. ``standing``: units that are there then, by the days on which they
    can still be sold: the first is what is sold today or never.
    """
    cover = min(supply.every_days, supply.keeps_days)
    # What is left at the next delivery is lost only if it is too old before somebody takes it.
    level = min(
        demand.quantile(MOST_SURE, weekday, cover), demand.quantile(supply.critical, weekday, supply.keeps_days)
    )
    there = sum(standing) - _too_old(demand, weekday, standing, cover)
    packs = math.ceil(max(0.0, level - there) / supply.pack)
    if packs and not _is_worth(demand, supply, weekday, there, packs):
        packs -= 1
    units = packs * supply.pack
    left, short = demand.leftover(max(0, round(there)) + units, weekday, supply.keeps_days)
    expected = demand.mean(weekday, cover)
    return Order(units, expected, level, left, min(short, expected))


def _too_old(demand: Demand, weekday: int, standing: tuple[int, ...], cover: int) -> float:
    """So many of the units there will be thrown away before the next delivery: the older ones are taken first."""
    gone = 0.0
    for days in range(1, min(cover, len(standing) + 1)):
        units = sum(standing[:days])
        if units:
            gone = max(gone, demand.leftover(units, weekday, days)[0])
    return gone


def _is_worth(demand: Demand, supply: Supply, weekday: int, there: float, packs: int) -> bool:
    """Whether the last pack earns more than it loses; a large one may be mostly for the bin."""
    if supply.pack == 1:
        return True
    base = max(0, round(there)) + (packs - 1) * supply.pack
    less, more = (demand.leftover(base + extra, weekday, supply.keeps_days) for extra in (0, supply.pack))
    return (less[1] - more[1]) * supply.margin_minor > (more[0] - less[0]) * supply.cost_minor
