"""Dated tax rates per class.

A rate is a whole number of parts per million (80,000 is 8 %, 88,750 is New York's 8.875 %), so that no float
ever touches money. A class may have several rates, each from a date on; a receipt uses the one in force on the
day of the sale, in the store's own time zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal

from edge.told import Sentence, told


@dataclass(frozen=True, slots=True)
class TaxRate:
    """``rate_ppm`` parts per million for ``tax_class`` from the day ``since`` on (``date.min``: always)."""

    tax_class: str
    rate_ppm: int
    since: date = date.min
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class TaxTable:
    """All rates of a shop and how a rate's tax is rounded, once per rate and receipt."""

    rates: tuple[TaxRate, ...]
    rounding: Literal["down", "half-up", "up"] = "down"

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(r.tax_class for r in self.rates)

    def rate(self, tax_class: str, day: date) -> TaxRate:
        """The rate in force; `KeyError` when the class has none yet on that day."""
        found = [r for r in self.rates if r.tax_class == tax_class and r.since <= day]
        if not found:
            raise KeyError(f"no rate for tax class {tax_class!r} on {day}")
        return max(found, key=lambda r: r.since)


def contradicting(tax: TaxTable) -> Iterator[tuple[str, Sentence, Sentence]]:
    """(key, what is wrong, remedy) of rates that are in force for the same goods from the same day on."""
    for (_, first), (i, rate) in combinations(enumerate(tax.rates, start=1), 2):
        if (rate.tax_class, rate.since) == (first.tax_class, first.since) and rate != first:
            what = told("class {name!r} has another rate from {since} already", name=rate.tax_class, since=rate.since)
            if rate.since == date.min:
                what = told("class {name!r} has another rate already", name=rate.tax_class)
            yield f"tax[{i}]", what, told("Give each its since, the day from which on it holds; or take one out")
