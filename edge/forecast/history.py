"""A shop's past as forecasts want it: of each product its days, with how much of each there was something on the shelf;
and who came in when.

Enters: the events of `edge.insight`. Leaves: a `Past`. Days count from the first on which anybody came in, until before
today; one on which nobody did is a day on which the shop was closed, and says nothing. How much of a day a product was
there for is told in shoppers, not in hours: a shelf that empties at noon has missed the evening's half.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from edge.forecast.demand import Day
from edge.insight import Insight
from edge.insight.outs import sold_out

HALF_HOURS: Final = 48


@dataclass(frozen=True, slots=True)
class Past:
    """``dates``: those on which the shop was open, oldest first. ``products``: sku -> a day for each of them from its
    first sale on. ``entries``: for each of the dates so many visits in each half-hour, (days, 48).
    """

    dates: tuple[date, ...]
    products: dict[str, tuple[Day, ...]]
    entries: tuple[tuple[int, ...], ...]


def past_of(insight: Insight, timezone: ZoneInfo, today: date) -> Past:
    """Everything before a day."""
    came: defaultdict[date, list[float]] = defaultdict(list)
    for (at_s,) in insight.rows("SELECT at_s FROM event WHERE kind = 'entered' ORDER BY at_s"):
        came[_date(at_s, timezone)].append(at_s)
    dates = tuple(sorted(day for day in came if day < today))
    sold: defaultdict[str, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    for sku, at_s, count in insight.rows("SELECT sku, at_s, count FROM event WHERE kind = 'bought'"):
        sold[sku][_date(at_s, timezone)] += count
    out = _out(insight)
    products = {
        sku: tuple(_day(day, days[day], came[day], out.get(sku, ())) for day in dates if day >= min(days))
        for sku, days in sorted(sold.items())
    }
    return Past(dates, products, tuple(_by_half_hour(came[day], timezone) for day in dates))


def _out(insight: Insight) -> dict[str, list[tuple[float, float]]]:
    """Sku -> from when until when it was sold out."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for row in sold_out(insight):
        until_s = math.inf if row["until_s"] is None else row["until_s"]
        spans.setdefault(row["sku"], []).append((row["from_s"], until_s))
    return spans


def _day(day: date, sold: int, came: list[float], out: Iterable[tuple[float, float]]) -> Day:
    """One product's day; ``came``: when each of its visits began."""
    missed = sum(bisect_left(came, until_s) - bisect_right(came, from_s) for from_s, until_s in out)
    # Who took the last one was there as well: with nobody before it, a day of one sale would be worth nothing.
    seen = max(len(came) - max(0, missed), 1 if sold else 0)
    return Day(day.weekday(), sold, seen / len(came))


def _by_half_hour(came: Iterable[float], timezone: ZoneInfo) -> tuple[int, ...]:
    counts = [0] * HALF_HOURS
    for at_s in came:
        local = datetime.fromtimestamp(at_s, timezone)
        counts[local.hour * 2 + local.minute // 30] += 1
    return tuple(counts)


def _date(at_s: float, timezone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_s, timezone).date()


def tomorrow_of(at_s: float, timezone: ZoneInfo) -> date:
    """The day after a moment's, by the shop's clocks."""
    return _date(at_s, timezone) + timedelta(days=1)
