"""What was sold on a day of the shop's: units and money a product, and what became of the visits.

Enters: the book, and a day in the shop's own time (a visit belongs to the day on which it left, by the clocks of then).
Leaves: `Sold`. Visits that wait for a person are counted and not sold; what staff have written off is sold and not
earned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from edge.checkout import Receipt, State, sale_of
from edge.checkout.sale import Issuer
from edge.ledger.book import Book
from edge.ledger.reprint import receipt_of

ENDS = ("settlement", "review")

FURTHEST_S = 86_400.0
"""No clock of the world is further from UTC."""


@dataclass(slots=True)
class Product:
    """What was sold of one. The names are those of its last receipt."""

    names: dict[str, str]
    units: int = 0
    amount_minor: int = 0


@dataclass(slots=True)
class Rate:
    """What was sold at one tax rate, before anything was taken back."""

    gross_minor: int = 0
    tax_minor: int = 0


@dataclass(slots=True)
class Sold:
    """A day. ``visits`` and ``total_minor`` by the state of their settlement (of a declined one: what is still owed;
    what was paid of it counts as paid); ``unmoved_minor``: what of the paid is only written down as paid, because no
    payment provider was there; ``tab_minor``: what of it is on members' tabs; ``taken_back_minor``: what was taken off
    these sales since, on whatever day.
    """

    day: date
    timezone: str
    issuer: Issuer | None = None
    products: dict[str, Product] = field(default_factory=dict)
    rates: dict[tuple[int, bool], Rate] = field(default_factory=dict)
    visits: Counter[State] = field(default_factory=Counter)
    total_minor: Counter[State] = field(default_factory=Counter)
    unmoved_minor: int = 0
    tab_minor: int = 0
    taken_back_minor: int = 0


def timezone_of(book: Book) -> str:
    """Where the shop stands, by its last sale; empty in a book without one."""
    written = book.last("settlement") or book.last("review")
    return sale_of(written.entry.body).issuer.timezone if written is not None else ""


def sold_on(book: Book, day: date, timezone: str) -> Sold:
    """Everything that left on this day."""
    sold = Sold(day, timezone)
    since_s = datetime.combine(day, time(), UTC).timestamp() - FURTHEST_S
    ended = [w.entry for kind in ENDS for w in book.entries(kind=kind)]
    for visit in dict.fromkeys(entry.visit for entry in ended if entry.at_s >= since_s):
        receipt = receipt_of(book, visit)
        if receipt is not None and receipt.sale.day == day:
            count(sold, receipt)
    return sold


def count(sold: Sold, receipt: Receipt) -> None:
    """One more visit of the day, as it stands."""
    sale = receipt.sale
    sold.issuer = sale.issuer
    sold.visits[receipt.state] += 1
    came_to_minor = sale.total_minor - receipt.lowered_minor
    if receipt.state == "declined" and receipt.open_minor < came_to_minor:
        sold.total_minor["paid"] += came_to_minor - receipt.open_minor
        came_to_minor = receipt.open_minor
    sold.total_minor[receipt.state] += came_to_minor
    sold.taken_back_minor += receipt.taken_back_minor
    if receipt.state == "review":
        return
    if receipt.on_tab:
        sold.tab_minor += sale.total_minor
    elif receipt.state == "paid" and not receipt.moved_money:
        sold.unmoved_minor += sale.total_minor
    for group in sale.rates:
        rate = sold.rates.setdefault((group.rate_ppm, group.reduced), Rate())
        rate.gross_minor += group.gross_minor
        rate.tax_minor += group.tax_minor
    for line in sale.lines:
        product = sold.products.setdefault(line.sku, Product(line.names))
        product.names = line.names
        product.units += line.quantity
        product.amount_minor += line.amount_minor
