"""What a price change did: how many units were sold an hour while it held, against the same hours of other weeks.

Enters: the projection, the rows of ``prices.csv``. Leaves: a row for each of them that held in a span of days. An hour
of a weekday is compared with the same hour of the same weekday at other times, up to eight weeks away, and with nothing
else: evenings with evenings, Fridays with Fridays. What holds for longer is judged by its first eight weeks. Hours in
which the product was sold out say nothing, nor do those in which another markdown held, nor days on which nobody came.
How far the same hour differs from week to week decides how surely it is no chance; with too few of them the verdict is
*undecided*, and so is what may well be chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

from edge.insight.days import date_of, sold_on
from edge.insight.keeping import Insight
from edge.insight.outs import EVER_S, sold_out
from edge.store import Store
from edge.store.offers import DatedPrice

Row: TypeAlias = dict[str, Any]
Cell: TypeAlias = tuple[int, int]
"""Weekday (0: Monday) and hour."""

AROUND_DAYS: Final = 56
"""Other weeks are so many days before it or after it at most."""
BESIDE_DAYS: Final = 28
"""*Before* and *after* are so many days."""
LEAST_UNITS: Final = 10
"""Fewer units than this, in it and in the other weeks together, decide nothing."""
LEAST_HOURS: Final = 4
"""… and fewer hours than this, on either side."""
SURE: Final = 0.95
KNOWN: Final = "SELECT (SELECT min(at_s) FROM event), (SELECT max(at_s) FROM event)"
"""One look into an index each; both in one would read all of it."""
HOUR_S: Final = 3600.0
AROUND_S: Final = AROUND_DAYS * 24 * HOUR_S


@dataclass(slots=True)
class Seen:
    """Units by the day, in so many ``hours``."""

    hours: int = 0
    units: int = 0
    cells: defaultdict[Cell, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    """Cell -> hours, units, squares of units."""

    def add(self, cell: Cell, units: int) -> None:
        self.hours += 1
        self.units += units
        of = self.cells[cell]
        of[0], of[1], of[2] = of[0] + 1, of[1] + units, of[2] + units**2

    @property
    def per_hour(self) -> float | None:
        return round(self.units / self.hours, 3) if self.hours else None


Hours: TypeAlias = Sequence[tuple[float, Cell, Mapping[str, int]]]
"""Of each hour in which the shop was open: its middle, its cell, product -> units."""


def markdowns(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = EVER_S) -> list[Row]:
    """Every dated price that held in a span, the latest first; the hours that speak for it may lie around it."""
    rows = [
        (sku, price)
        for sku, prices in store.offers.dated.items()
        for price in prices
        if (price.window.since_s or 0.0) < until_s and (price.window.until_s or EVER_S) > since_s
    ]
    known = insight.rows(KNOWN)[0] if rows else (None, None)
    if known[0] is None:
        return []
    needed: set[date] = set()
    for _, price in rows:
        begins_s, ends_s = _held(price, known)
        day, end = date_of(store, max(known[0], begins_s - AROUND_S)), date_of(store, min(known[1], ends_s + AROUND_S))
        needed.update(day + timedelta(days=number) for number in range((end - day).days + 1))
    hours = list(_hours(insight, store, sorted(needed), date_of(store, known[1])))
    outs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for out in sold_out(insight):
        outs[out["sku"]].append((out["from_s"], EVER_S if out["until_s"] is None else out["until_s"]))
    found = [_row(store, sku, price, hours, outs[sku], _held(price, known)) for sku, price in rows]
    return sorted((row for row in found if row["hours"]), key=lambda row: (-row["from_s"], row["sku"]))


def _held(price: DatedPrice, known: tuple[float, float]) -> tuple[float, float]:
    """When it held, as far as it is looked at: at first, where it does for long; lately, where it always did."""
    if price.window.since_s is None:
        return max(known[0], known[1] - AROUND_S), known[1]
    begins_s = max(known[0], price.window.since_s)
    return begins_s, min(price.window.until_s or EVER_S, known[1], begins_s + AROUND_S)


def _hours(insight: Insight, store: Store, days: Iterable[date], newest: date) -> Iterator[tuple[float, Cell, Row]]:
    """From the first hour in which somebody came on a day to the last in which somebody came or paid."""
    for day in days:
        counts = sold_on(insight, store, day, newest)
        came = [int(cell.split()[1]) for cell in counts.hours]
        sold: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for sku, by_hour in counts.sold_at.items():
            for paid, units in by_hour.items():
                sold[int(paid)][sku] = units
        if came:
            for hour in range(min(came), max(*came, *sold, 0) + 1):
                yield _middle_s(store, day, hour), (day.weekday(), hour), sold.get(hour, {})


def _middle_s(store: Store, day: date, hour: int) -> float:
    return datetime.combine(day, time(hour, 30), store.timezone).timestamp()


def _row(
    store: Store,
    sku: str,
    price: DatedPrice,
    hours: Hours,
    outs: Iterable[tuple[float, float]],
    held: tuple[float, float],
) -> Row:
    zone, window = store.timezone, price.window
    others = [p.window for p in store.offers.dated[sku] if p is not price and bool(p.why) == bool(price.why)]
    gone = [out for out in outs if out[1] - out[0] > HOUR_S / 2]
    during, usual, before, after = Seen(), Seen(), Seen(), Seen()
    (begins_s, ends_s), beside_s = held, BESIDE_DAYS * 24 * HOUR_S
    for at_s, cell, sold in hours:
        if any(since <= at_s < until for since, until in gone):
            continue
        if window.holds(at_s, zone):
            if begins_s - HOUR_S <= at_s <= ends_s + HOUR_S:
                during.add(cell, sold.get(sku, 0))
        elif begins_s - AROUND_S <= at_s < ends_s + AROUND_S and not any(w.holds(at_s, zone) for w in others):
            usual.add(cell, sold.get(sku, 0))
            if begins_s - beside_s <= at_s < begins_s:
                before.add(cell, sold.get(sku, 0))
            elif ends_s <= at_s < ends_s + beside_s:
                after.add(cell, sold.get(sku, 0))
    same = [_only(seen, during) for seen in (usual, before, after)]
    compared = _only(during, usual)
    expected, chance = _against(compared, same[0])
    units = compared.units
    enough = units + same[0].units >= LEAST_UNITS and min(compared.hours, same[0].hours) >= LEAST_HOURS
    decided = enough and chance is not None and chance >= SURE
    product = store.catalogue.get(sku)
    list_minor = product.price_minor if product else price.price_minor
    return {
        "sku": sku, "name": product.name() if product else sku, "from_s": begins_s, "until_s": window.until_s,
        "daily": _daily(window.daily), "why": next(iter(dict(price.why).values()), ""), "list_minor": list_minor,
        "price_minor": price.price_minor, "hours": during.hours, "units": during.units, "per_hour": during.per_hour,
        "before_per_hour": same[1].per_hour, "after_per_hour": same[2].per_hour, "usual_hours": same[0].hours,
        "usual_units": same[0].units, "usual_per_hour": round(expected / compared.hours, 3) if compared.hours else None,
        "change": round(units / expected - 1, 3) if expected > 0 else None,
        "certainty": chance if enough else None,
        "verdict": "undecided" if not decided else "more" if units > expected else "less",
    }  # fmt: skip


def _only(seen: Seen, like: Seen) -> Seen:
    """The part of it that lies in the same hours of the week as something else."""
    found = Seen()
    for cell, (hours, units, squares) in seen.cells.items():
        if cell in like.cells:
            found.hours, found.units = found.hours + hours, found.units + units
            found.cells[cell] = [hours, units, squares]
    return found


def _against(during: Seen, usual: Seen) -> tuple[float, float | None]:
    """Units that the same hours of other weeks would have brought; and how surely it was another number than that."""
    expected = variance = 0.0
    spread = over = 0.0
    for cell, (hours, *_) in during.cells.items():
        others, units, squares = usual.cells[cell]
        mean = units / others
        expected += hours * mean
        variance += hours * mean + hours**2 * mean / others
        if others > 1:
            spread += squares - units * mean
            over += mean * (others - 1)
    if not during.hours:
        return 0.0, None
    # How much more than by chance alone the same hour differs from week to week.
    bunched = max(1.0, spread / over) if over > 0 else 1.0
    z = (during.units - expected) / math.sqrt(bunched * max(variance, 1.0))
    return expected, round(math.erf(abs(z) / math.sqrt(2.0)), 4)


def _daily(hours: tuple[int, int] | None) -> str:
    if hours is None:
        return ""
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in hours)
