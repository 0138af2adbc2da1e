"""What a cart costs: charged quantities and the day of the sale -> lines, tax groups and a total.

Enters: the store, ``{sku: units}``, the local date of the sale and the `Stay` of who pays. Leaves: a `Bill`, all of it
integers in the currency's minor unit. Refuses: a negative quantity or an unknown product (`ValueError`: whoever filled
the cart is broken), a product whose tax class has no rate yet on that day, and a sum that no cart costs
(`UnpricedSale`: a person has to look).

Tax is rounded **once per rate and receipt**, never per line: that is what Japan's qualified invoices, the simplified
ones of shops included, ask for (National Tax Agency, Q&A on the qualified invoice system, "rounding of the amount
of consumption tax"). The tax table says whether down, half-up or up. Where prices include tax, a rate's tax is
taken out of the sum of its lines: ``sum * rate / (100 % + rate)``; where they do not, it is put on top.

What units cost, and why less than their list price, `edge.pricing` says. A discount of the whole basket, and so are
points, is split over the rates by their sums (the same agency's Q&A, "discounts of several rates at once"), and inside
a rate over its lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal, TypeAlias

from edge.pricing import Discount, PricedLine, Stay, price_basket, shares
from edge.store import Store
from edge.store.tax import TaxRate

Rounding: TypeAlias = Literal["down", "half-up", "up"]

WHOLE_PPM = 1_000_000
"""100 % in parts per million."""


MOST_MINOR = 10**15
"""A bill above this is nobody's: some file or some sensor is wrong."""


class UnpricedSale(ValueError):
    """What is sold cannot be priced on that day; the message says which product and what to add."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """So many units of one product. ``price_minor`` is their list price, ``amount_minor`` what they cost: as the shelf
    labels state it, less the ``discounts``. ``fixed``: outside every promotion.
    """

    sku: str
    quantity: int
    price_minor: int
    amount_minor: int
    rate_ppm: int
    reduced: bool
    discounts: tuple[Discount, ...] = ()
    fixed: bool = False


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


def make_bill(store: Store, charged: Mapping[str, int], day: date, stay: Stay | None = None) -> Bill:
    """What ``charged`` (sku -> units; zero units are nothing) costs on ``day`` in the store's own time zone.

    ``stay``: whose it is, and when they took what; where nobody knows, prices are those with which the day began.
    """
    sold = {sku: charged[sku] for sku in sorted(charged) if charged[sku]}
    rates = {sku: _rate(store, sku, quantity, day) for sku, quantity in sold.items()}
    basket = price_basket(store, sold, stay or _stay_on(store, day))
    lines = tuple(_line(line, rates[line.sku]) for line in basket.lines)
    for off in (basket.off, basket.points):
        if off is not None:
            lines = _less(lines, off)
    groups = tuple(
        group_of(
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


def _stay_on(store: Store, day: date) -> Stay:
    began_s = datetime.combine(day, time(), store.timezone).timestamp()
    return Stay(began_s, began_s)


def _rate(store: Store, sku: str, quantity: int, day: date) -> TaxRate:
    if quantity < 0:
        raise ValueError(f"{quantity} units of {sku}: a bill charges, it never pays out")
    product = store.catalogue.get(sku)
    if product is None:
        raise ValueError(f"sku {sku} is not in the catalogue of {store.id}")
    try:
        return store.tax.rate(product.tax_class, day)
    except KeyError:
        remedy = f'add a [[tax]] with class = "{product.tax_class}" whose since is not later'
        raise UnpricedSale(f"{sku} had no tax rate on {day}: {remedy}") from None


def _line(line: PricedLine, rate: TaxRate) -> BillLine:
    return BillLine(
        line.sku, line.quantity, line.price_minor, line.amount_minor, rate.rate_ppm, rate.reduced, line.discounts,
        line.fixed,
    )  # fmt: skip


def _less(lines: Sequence[BillLine], off: Discount) -> tuple[BillLine, ...]:
    """The lines with their parts of what is off the whole basket."""
    parts = off_each(
        [(line.amount_minor, (line.rate_ppm, line.reduced), line.fixed) for line in lines], off.amount_minor
    )
    return tuple(
        replace(
            line,
            amount_minor=line.amount_minor - part,
            discounts=(*line.discounts, replace(off, amount_minor=part)) if part else line.discounts,
        )
        for line, part in zip(lines, parts, strict=True)
    )


def off_each(lines: Sequence[tuple[int, tuple[int, bool], bool]], off_minor: int) -> list[int]:
    """What is off the whole basket, split over the rates by what their lines cost, and inside a rate over these.

    ``lines``: of each what it costs, its rate, and whether it is outside every promotion.
    """
    open_ = [i for i, (_, _, fixed) in enumerate(lines) if not fixed]
    rates = sorted({lines[i][1] for i in open_})
    of = [[i for i in open_ if lines[i][1] == rate] for rate in rates]
    parts = [0] * len(lines)
    for same, part in zip(of, shares(off_minor, [sum(lines[i][0] for i in same) for same in of]), strict=True):
        for i, each in zip(same, shares(part, [lines[i][0] for i in same]), strict=True):
            parts[i] = each
    return parts


def group_of(sum_minor: int, rate_ppm: int, reduced: bool, includes_tax: bool, rounding: Rounding) -> RateGroup:
    """The one place where tax is rounded."""
    whole_ppm = WHOLE_PPM + rate_ppm if includes_tax else WHOLE_PPM
    tax_minor = share_of(sum_minor, rate_ppm, whole_ppm, rounding)
    net_minor = sum_minor - tax_minor if includes_tax else sum_minor
    return RateGroup(rate_ppm, reduced, net_minor, tax_minor, net_minor + tax_minor)
