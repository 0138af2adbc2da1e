"""What ordering by forecasts would have cost on the shop's own last weeks, beside ordering what was sold a week ago.

Enters: a product's days, and how it comes. Leaves: for each way of ordering what would have been sold, thrown away and
missed. Both ways know what was known on each morning and no more; each has a shelf of its own, which it fills itself.
How many people wanted a unit on a day that sold out is told by how much of the day the shelf was open for; a day on
which there was nothing of it at all says nothing, and counts for neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.forecast.demand import Day, Demand, demand_of
from edge.forecast.orders import Supply, order_of

TRIED_DAYS: Final = 28
"""So many of the last days are lived through once more."""
FIRST_DAYS: Final = 14
"""… once there are so many before them: two of each weekday."""
WEEK: Final = 7

Ordered = Callable[[int, tuple[int, ...]], int]
"""The number of a day, and what stands on its shelf by age -> units that are ordered for its morning."""


@dataclass(slots=True)
class Came:
    """What a way of ordering came to. ``wanted``: what was asked for, the same for every way."""

    days: int = 0
    wanted: int = 0
    sold: int = 0
    thrown: int = 0
    missed: int = 0

    def told(self, supply: Supply) -> dict[str, Any]:
        """As facts: waste, lost margin, and their sum, minor units."""
        waste, lost = self.thrown * supply.cost_minor, self.missed * supply.margin_minor
        return {
            "wanted": self.wanted, "sold": self.sold, "thrown": self.thrown, "missed": self.missed,
            "waste_minor": round(waste), "lost_minor": round(lost), "cost_minor": round(waste + lost),
        }  # fmt: skip


def demands_of(days: Sequence[Day]) -> dict[int, Demand]:
    """The number of each day that is tried -> the demand that the days before it tell of."""
    return {i: demand_of(days[:i]) for i in range(max(FIRST_DAYS, len(days) - TRIED_DAYS), len(days))}


def tried(days: Sequence[Day], demands: dict[int, Demand], supply: Supply) -> dict[str, Any] | None:
    """``days``, and under ``ours`` and ``last_week`` what each came to; None where too little is behind."""
    if not demands:
        return None

    def by_forecast(number: int, standing: tuple[int, ...]) -> int:
        return order_of(demands[number], supply, days[number].weekday, standing).units

    def as_last_week(number: int, standing: tuple[int, ...]) -> int:
        """What was sold a week ago on the days until the next delivery, less what stands there, in whole packs."""
        until = min(supply.every_days, supply.keeps_days)
        sold = as_a_week_ago(days[:number], days[number].weekday, until)
        return math.ceil(max(0, sold - sum(standing)) / supply.pack) * supply.pack

    ours, last = (lived(days, list(demands), supply, way) for way in (by_forecast, as_last_week))
    return {"days": ours.days, "ours": ours.told(supply), "last_week": last.told(supply)}


def lived(days: Sequence[Day], numbers: Sequence[int], supply: Supply, ordered: Ordered) -> Came:
    """Some days in a row, the shelf empty before the first."""
    came, standing = Came(), [0] * supply.keeps_days
    for turn, number in enumerate(numbers):
        standing = [*standing[1:], 0]
        if turn % supply.every_days == 0:
            standing[-1] = ordered(number, tuple(standing[:-1]))
        wanted = wanted_on(days[number])
        if wanted is not None:
            left = sold = min(sum(standing), wanted)
            for age, units in enumerate(standing):  # the oldest are taken first
                taken = min(units, left)
                standing[age] -= taken
                left -= taken
            came.days += 1
            came.wanted, came.sold = came.wanted + wanted, came.sold + sold
            came.missed += wanted - sold
        came.thrown += standing[0]
    return came


def as_a_week_ago(days: Sequence[Day], weekday: int, ahead: int) -> int:
    """Units that were sold on the last days that were the same weekdays as so many from this one on."""
    lately = {day.weekday: day.sold for day in days}  # the last of each
    return sum(lately.get((weekday + number) % WEEK, 0) for number in range(ahead))


def wanted_on(day: Day) -> int | None:
    """How many wanted one; None where nobody knows."""
    if not day.censored:
        return day.sold
    return round(day.sold / day.open_share) if day.open_share > 0 else None
