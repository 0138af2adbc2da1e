"""What is expected of a day, what to order for it and why, and how many people will come when.

Enters: what was `Learned`, how products come, and what stands on the shelves. Leaves: JSON-ready rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from edge.forecast.demand import WEEK
from edge.forecast.kept import Learned, Product
from edge.forecast.orders import MOST_SURE, Order, Supply, order_of
from edge.told import Sentence, told

LIKELY: Final = 0.9
SAME_MINOR: Final = 0.02
"""Two ways whose costs differ by less than this share cost the same."""

Row = dict[str, Any]


def products_on(
    known: Learned, day: date, supplies: Mapping[str, Supply], standing: Mapping[str, int] | None = None
) -> list[Row]:
    """One row a product that was ever sold: ``expected`` units on the day, up to how many on nine days of ten; with a
    `Supply` also ``order``, the days that it is for (``cover``) with what is ``wanted`` on them, what was sold on the
    same days a week ago, and ``why``. ``off`` and ``off_last_week``: by how many units a day this forecast, and the
    same day of the week before, missed what was sold on days that did not sell out (None: too few of them).
    """
    rows = []
    for sku, one in known.products.items():
        demand, supply = one.demand, supplies.get(sku)
        row: Row = {
            "sku": sku,
            "days": one.days,
            "expected": round(demand.mean(day.weekday()), 2),
            "likely": demand.quantile(LIKELY, day.weekday()),
            "sold_out_days": one.sold_out_days,
            "off": one.off,
            "off_last_week": one.off_last_week,
            "order": None,
            "tried": one.tried,
        }
        if supply is not None:
            there = (standing or {}).get(sku, 0)
            # How old it is nobody knows: what keeps for longer than a day is taken to have come with the last delivery.
            by_age = (*[0] * (supply.keeps_days - 2), there) if supply.keeps_days > 1 else ()
            order = order_of(demand, supply, day.weekday(), by_age)
            cover = min(supply.every_days, supply.keeps_days)
            row |= {
                "order": order.units, "level": order.level, "standing": there, "left": round(order.left, 1),
                "short": round(order.short, 1), "cover": cover, "wanted": round(order.expected, 1),
                "last_week": sum(one.lately.get((day.weekday() + n) % WEEK, 0) for n in range(cover)),
                "why": why(one, supply, order, there if by_age else 0, cover),
            }  # fmt: skip
        rows.append(row)
    return sorted(rows, key=lambda r: (r["order"] is None, -r["expected"], r["sku"]))


def why(one: Product, supply: Supply, order: Order, there: int, cover: int) -> list[Sentence]:
    """In words that a shopkeeper can argue with."""
    sure = round(100 * min(MOST_SURE, supply.critical if supply.keeps_days == cover else MOST_SURE))
    found = [
        told("{n:.0f} are wanted on the next day, as far as days like it tell", n=order.expected)
        if cover == 1
        else told("{n:.0f} are wanted within the next {days:d} days", n=order.expected, days=cover),
        told("{n:d} are enough on {sure:d} of 100 such days", n=order.level, sure=sure),
    ]
    if there:
        found.append(told("{n:d} stand there already", n=there))
    if supply.keeps_days == cover and order.left >= 0.5:
        found.append(
            told("about {n:.0f} of them may have to be thrown away, which costs less than to be without", n=order.left)
        )
    if supply.pack > 1 and order.units:
        found.append(told("it comes by {n:d}", n=supply.pack))
    if one.sold_out_days:
        found.append(
            told("it sold out on {n:d} of {days:d} days, and more was wanted then than was sold",
                 n=one.sold_out_days, days=one.days)
        )  # fmt: skip
    return found


def tried_in_all(known: Learned) -> Row | None:
    """What both ways of ordering came to on the last weeks, all products together; None where nothing was tried.
    ``better``: the share of the cost of *as last week* that forecasts save.
    """
    rows = [one.tried for one in known.products.values() if one.tried is not None]
    if not rows:
        return None
    ours, last = (_summed(row[way] for row in rows) for way in ("ours", "last_week"))
    saved = last["cost_minor"] - ours["cost_minor"]
    return {
        "products": len(rows), "days": max(row["days"] for row in rows), "ours": ours, "last_week": last,
        "better": round(saved / last["cost_minor"], 3) if last["cost_minor"] else None,
    }  # fmt: skip


def verdict(tried: Row) -> str:
    """``better``, ``worse`` or ``same``: whether forecasts would have cost less than doing as last week."""
    share = tried["better"] or 0.0
    return "same" if abs(share) < SAME_MINOR else "better" if share > 0 else "worse"


def _summed(rows: Iterable[Row]) -> Row:
    whole: Row = {}
    for row in rows:
        whole = {key: whole.get(key, 0) + value for key, value in row.items()}
    return whole


def entries_on(known: Learned, day: date, each: int) -> list[Row]:
    """Of each half-hour in which anybody ever came: visits that are expected, up to how many on nine days of ten, and
    how many people see to them if one can see to ``each``.
    """
    rows = []
    for half, demand in sorted(known.entries.items()):
        likely = demand.quantile(LIKELY, day.weekday())
        rows.append({
            "from": f"{half // 2:02d}:{half % 2 * 30:02d}", "expected": round(demand.mean(day.weekday()), 1),
            "likely": likely, "staff": max(1, math.ceil(likely / each)),
        })  # fmt: skip
    return rows


def standing_of(places: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Units of each product, by what the running shop says of its places."""
    found: dict[str, int] = {}
    for place in places:
        if place["quantity"] is not None:
            found[place["sku"]] = found.get(place["sku"], 0) + int(place["quantity"])
    return found


def order_csv(rows: Iterable[Row], day: date) -> list[list[Any]]:
    """The order for the supplier, its heads first."""
    heads = ["day", "sku", "name", "units"]
    return [heads, *([day.isoformat(), r["sku"], r["name"], r["order"]] for r in rows if r["order"])]
