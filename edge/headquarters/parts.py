"""What a visit adds to the sums of its day, counted as the shop's own report counts it.

Enters: all entries of a visit. Leaves: its `Told`: how it stands, the words by which it is found, and its parts, each
a number, an amount and a tax under a name. Sums of parts are the day's report (`edge.ledger.sales`) to the yen,
because it is that report's own counting, of one visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from edge.checkout import Receipt
from edge.checkout.sale import Issuer
from edge.ledger.reprint import receipt_among
from edge.ledger.sales import Sold, count
from edge.records import LedgerEntry

Part: TypeAlias = tuple[str, str, int, int, int]
"""What, its name, how many, minor units, tax of them."""


@dataclass(frozen=True, slots=True)
class Told:
    """A visit as it stands."""

    at_s: float
    day: date
    state: str
    total_minor: int
    words: str
    parts: tuple[Part, ...]
    issuer: Issuer


def told_of(visit: str, entries: Sequence[LedgerEntry]) -> Told | None:
    """None where the visit has no receipt. Whatever a body that nobody can read raises."""
    receipt = receipt_among(visit, entries)
    if receipt is None:
        return None
    sale = receipt.sale
    sold = Sold(sale.day, sale.issuer.timezone)
    count(sold, receipt)
    came_to_minor = sale.total_minor - receipt.lowered_minor
    return Told(receipt.at_s, sale.day, receipt.state, came_to_minor, _words(receipt), _parts(sold), sale.issuer)


def _parts(sold: Sold) -> tuple[Part, ...]:
    found: list[Part] = [
        ("visits", state, sold.visits[state], sold.total_minor[state], 0)
        for state in sorted({*sold.visits, *sold.total_minor})
    ]
    found += [("rate", rate_name(ppm, reduced), 0, rate.gross_minor, rate.tax_minor)
              for (ppm, reduced), rate in sold.rates.items()]  # fmt: skip
    found += [("product", sku, product.units, product.amount_minor, 0) for sku, product in sold.products.items()]
    others = (("unmoved", sold.unmoved_minor), ("tab", sold.tab_minor), ("taken-back", sold.taken_back_minor))
    return (*found, *((what, "", 0, minor, 0) for what, minor in others if minor))


def rate_name(ppm: int, reduced: bool) -> str:
    """``8 %*``: a reduced rate has the star that receipts give it."""
    return f"{ppm / 10_000:g} %{'*' if reduced else ''}"


def _words(receipt: Receipt) -> str:
    """Who it was stands nowhere here: a search is for whoever may look."""
    lines = [(line.sku, line.names) for line in receipt.sale.lines]
    lines += [(line.sku, line.names) for line in receipt.sale.withheld]
    products = {word for sku, names in lines for word in (sku, *names.values())}
    references = {receipt.reference, *(paid.reference for paid in receipt.payments)}
    return " ".join([receipt.visit, *sorted(products | references - {""})]).casefold()
