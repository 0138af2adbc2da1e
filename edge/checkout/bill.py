"""What a cart costs: charged quantities and the day of the sale -> lines, tax groups and a total.

Enters: the store, ``{sku: units}`` and the local date of the sale. Leaves: a `Bill`, all of it integers in the
currency's minor unit. Refuses: a negative quantity or an unknown product (`ValueError`: whoever filled the cart is
broken), a product whose tax class has no rate yet on that day, and a sum that no cart costs (`UnpricedSale`: a person
has to look).

Tax is rounded **once per rate and receipt**, never per line: that is what Japan's qualified invoices, the simplified
ones of shops included, ask for (National Tax Agency, Q&A on the qualified invoice system, "rounding of the amount
of consumption tax"). The tax table says whether down, half-up or up. Where prices include tax, a rate's tax is
taken out of the sum of its lines: ``sum * rate / (100 % + rate)``; where they do not, it is put on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from edge.store import Store

Rounding: TypeAlias = Literal["down", "half-up", "up"]

WHOLE_PPM = 1_000_000
"""100 % in parts per million."""


MOST_MINOR = 10**15
"""A bill above this is nobody's: some file or some sensor is wrong."""


class UnpricedSale(ValueError):
    """What is sold cannot be priced on that day; the message says which product and what to add."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """So many units of one product. ``amount_minor`` is their price as the shelf label states it."""

    sku: str
    quantity: int
    price_minor: int
    amount_minor: int
    rate_ppm: int
    reduced: bool


@dataclass(frozen=True, slots=True)
class RateGroup:
    """All lines of one tax rate together: ``net_minor + tax_minor == gross_minor``.

    A reduced rate is a rate of its own, also where a standard rate has the same percentage.
    """

    rate_ppm: int
    reduced: bool
    net_minor: int
    tax_minor: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a cart costs. Lines stand in the order of their skus, groups from the lowest rate up."""

    lines: tuple[BillLine, ...] = ()
    groups: tuple[RateGroup, ...] = ()
    total_minor: int = 0


def share_of(amount_minor: int, part_ppm: int, whole_ppm: int, rounding: Rounding) -> int:
    """``amount_minor * part_ppm / whole_ppm`` as a whole number; ``amount_minor`` is not negative."""
    down, rest = divmod(amount_minor * part_ppm, whole_ppm)
    if rounding == "down" or rest == 0:
        return down
    if rounding == "up":
        return down + 1
    return down + (1 if 2 * rest >= whole_ppm else 0)


def make_bill(store: Store, charged: Mapping[str, int], day: date) -> Bill:
    """What ``charged`` (sku -> units; zero units are nothing) costs on ``day`` in the store's own time zone."""
    lines = tuple(_line(store, sku, charged[sku], day) for sku in sorted(charged) if charged[sku])
    groups = tuple(
        _group(
            sum(line.amount_minor for line in lines if (line.rate_ppm, line.reduced) == rate),
            *rate,
            store.prices_include_tax,
            store.tax.rounding,
        )
        for rate in sorted({(line.rate_ppm, line.reduced) for line in lines})
    )
    total_minor = sum(group.gross_minor for group in groups)
    if total_minor > MOST_MINOR:
        raise UnpricedSale(f"it comes to {total_minor} minor units, which nobody owes: look at the catalogue's prices")
    return Bill(lines, groups, total_minor)


def _line(store: Store, sku: str, quantity: int, day: date) -> BillLine:
    if quantity < 0:
        raise ValueError(f"{quantity} units of {sku}: a bill charges, it never pays out")
    product = store.catalogue.get(sku)
    if product is None:
        raise ValueError(f"sku {sku} is not in the catalogue of {store.id}")
    try:
        rate = store.tax.rate(product.tax_class, day)
    except KeyError:
        remedy = f'add a [[tax]] with class = "{product.tax_class}" whose since is not later'
        raise UnpricedSale(f"{sku} had no tax rate on {day}: {remedy}") from None
    amount_minor = product.price_minor * quantity
    return BillLine(sku, quantity, product.price_minor, amount_minor, rate.rate_ppm, rate.reduced)


def _group(sum_minor: int, rate_ppm: int, reduced: bool, includes_tax: bool, rounding: Rounding) -> RateGroup:
    """The one place where tax is rounded."""
    whole_ppm = WHOLE_PPM + rate_ppm if includes_tax else WHOLE_PPM
    tax_minor = share_of(sum_minor, rate_ppm, whole_ppm, rounding)
    net_minor = sum_minor - tax_minor if includes_tax else sum_minor
    return RateGroup(rate_ppm, reduced, net_minor, tax_minor, net_minor + tax_minor)
