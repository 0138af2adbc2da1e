"""What was learned of a shop's past: a small file in the state folder, made anew every night.

Enters: a `Past`, and how products come. Leaves: for each product and each half-hour its `Demand`, what each sold on the
last of each weekday, and how forecasts did on the last weeks (`edge.forecast.tried`). Pages read it and fit nothing
themselves. It can be deleted: the next night makes it again, from the shop's own events.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.forecast.demand import Day, Demand, demand_of
from edge.forecast.history import HALF_HOURS, Past
from edge.forecast.orders import Supply
from edge.forecast.tried import TRIED_DAYS, as_a_week_ago, demands_of, tried

FILE: Final = "forecast.json"
"""In the state folder."""
VERSION: Final = 1


class Product(msgspec.Struct, frozen=True):
    """One product. ``lately``: weekday -> units sold on the last one; ``off``: by how many units a day forecasts missed
    the last weeks, and doing as last week did; ``tried``: see `edge.forecast.tried.tried`.
    """

    demand: Demand
    days: int
    sold_out_days: int
    lately: dict[int, int]
    off: float | None = None
    off_last_week: float | None = None
    tried: dict[str, Any] | None = None


class Learned(msgspec.Struct, frozen=True):
    """``before``: the day before which everything was known; ``entries``: half-hour of the day (0 to 47) -> demand."""

    version: int
    store: str
    made_s: float
    before: date
    days: int
    products: dict[str, Product]
    entries: dict[int, Demand]
    tried_days: int = TRIED_DAYS


def learned(store: str, past: Past, before: date, supplies: Mapping[str, Supply], made_s: float) -> Learned:
    """From everything that is behind; seconds for a year."""
    products = {sku: _product(days, supplies.get(sku)) for sku, days in past.products.items()}
    entries = {
        half: demand_of([Day(d.weekday(), e[half]) for d, e in zip(past.dates, past.entries, strict=True)])
        for half in range(HALF_HOURS)
        if any(e[half] for e in past.entries)
    }
    return Learned(VERSION, store, made_s, before, len(past.dates), products, entries)


def _product(days: tuple[Day, ...], supply: Supply | None) -> Product:
    demands = demands_of(days)
    off, off_last_week = off_by(days, demands)
    return Product(
        demand_of(days), len(days), sum(d.censored for d in days), {d.weekday: d.sold for d in days}, off,
        off_last_week, tried(days, demands, supply) if supply is not None else None,
    )  # fmt: skip


def off_by(days: tuple[Day, ...], demands: Mapping[int, Demand]) -> tuple[float | None, float | None]:
    """By how many units a day forecasts missed the last days that did not sell out, and doing as last week did."""
    judged = [i for i in demands if not days[i].censored]
    if not judged:
        return None, None
    ours = sum(abs(demands[i].mean(days[i].weekday) - days[i].sold) for i in judged) / len(judged)
    last = sum(abs(as_a_week_ago(days[:i], days[i].weekday, 1) - days[i].sold) for i in judged) / len(judged)
    return round(ours, 2), round(last, 2)


def keep(folder: Path, found: Learned) -> None:
    """Beside the old one, which it replaces when it is whole."""
    new = folder / f"{FILE}.new"
    new.write_bytes(msgspec.json.encode(found))
    os.replace(new, folder / FILE)


def read(folder: Path, store: str) -> Learned | None:
    """What was learned of this shop; None where nothing was yet, or another version has written it."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=Learned)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.version == VERSION and found.store == store else None
