"""What is expected of a day, what to order for it, and how far off the same way of forecasting was before.

Enters: a `Past`, how products come, and what stands on the shelves. Leaves: JSON-ready rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from edge.forecast.demand import Day, demand_of
from edge.forecast.history import HALF_HOURS, Past
from edge.forecast.orders import Supply, order_of

LIKELY: Final = 0.9
TRIED_DAYS: Final = 28
"""So many of the last days are foretold once more, each by those before it."""
FIRST_DAYS: Final = 14
"""… once there are so many before it."""

Row = dict[str, Any]


def products_on(
    past: Past, day: date, supplies: Mapping[str, Supply], standing: Mapping[str, int] | None = None
) -> list[Row]:
    """One row a product that was ever sold: ``expected`` units on the day, up to how many on nine days of ten; with a
    `Supply` also ``order``. ``off`` and ``off_last_week``: by how many units a day this forecast, and the same day of
    the week before, missed what was sold on days that did not sell out (None: too few of them).
    """
    rows = []
    for sku, days in past.products.items():
        demand = demand_of(days)
        row: Row = {
            "sku": sku,
            "days": len(days),
            "expected": round(demand.mean(day.weekday()), 2),
            "likely": demand.quantile(LIKELY, day.weekday()),
            "sold_out_days": sum(d.censored for d in days),
            "off": None,
            "off_last_week": None,
            "order": None,
        }
        row |= off_by(days)
        supply = supplies.get(sku)
        if supply is not None:
            there = (standing or {}).get(sku, 0)
            # How old it is nobody knows: what keeps for longer than a day is taken to have come with the last delivery.
            by_age = (*[0] * (supply.keeps_days - 2), there) if supply.keeps_days > 1 else ()
            order = order_of(demand, supply, day.weekday(), by_age)
            row |= {
                "order": order.units, "level": order.level, "standing": there, "left": round(order.left, 1),
                "short": round(order.short, 1),
            }  # fmt: skip
        rows.append(row)
    return sorted(rows, key=lambda r: (r["order"] is None, -r["expected"], r["sku"]))


def off_by(days: tuple[Day, ...]) -> Row:
    """How far off it was on the last days, beside doing as last week."""
    ours, last = [], []
    for i in range(max(FIRST_DAYS, len(days) - TRIED_DAYS), len(days)):
        if not days[i].censored:
            ours.append(abs(demand_of(days[:i]).mean(days[i].weekday) - days[i].sold))
            last.append(abs(days[i - 7].sold - days[i].sold))
    if not ours:
        return {"off": None, "off_last_week": None}
    return {"off": round(sum(ours) / len(ours), 2), "off_last_week": round(sum(last) / len(last), 2)}


def entries_on(past: Past, day: date, each: int) -> list[Row]:
    """Of each half-hour in which anybody ever came: visits that are expected, up to how many on nine days of ten, and
    how many people see to them if one can see to ``each``.
    """
    rows = []
    for half in range(HALF_HOURS):
        counts = [Day(d.weekday(), e[half]) for d, e in zip(past.dates, past.entries, strict=True)]
        if any(d.sold for d in counts):
            demand = demand_of(counts)
            likely = demand.quantile(LIKELY, day.weekday())
            rows.append({
                "from": f"{half // 2:02d}:{half % 2 * 30:02d}", "expected": round(demand.mean(day.weekday()), 1),
                "likely": likely, "staff": max(1, math.ceil(likely / each)),
            })  # fmt: skip
    return rows
