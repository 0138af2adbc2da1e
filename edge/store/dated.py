"""``prices.csv``: what products cost from one day or hour to another, row by row, every fault with line and remedy.

A price is dated like a tax rate. Rows without a ``why`` are list prices, those with one are markdowns of them; no two
of a kind may hold for one product at one moment, and nothing is marked *up*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import combinations
from zoneinfo import ZoneInfo

from edge.store.catalogue import Catalogue
from edge.store.offers import DatedPrice
from edge.store.tables import Fault, Note, names_in, price_in, rows_of, why_no_price
from edge.store.window import BadWindow, Window, meeting, read_window
from edge.told import Sentence, told

FILE = "prices.csv"
COLUMNS = ("sku", "price", "from", "until", "why")

Placed = tuple[str, DatedPrice]
"""(where it stands, the row)."""


def read_prices(
    text: str, digits: int, zone: ZoneInfo, catalogue: Catalogue, known: Collection[str] | None, faults: list[Fault]
) -> dict[str, tuple[DatedPrice, ...]]:
    """Rows by sku, in file order. ``known``: skus of the catalogue, broken rows included; None where it is broken."""

    def note(where: str, what: Sentence, remedy: Sentence) -> None:
        faults.append(Fault(FILE, where, what, remedy))

    found: defaultdict[str, list[Placed]] = defaultdict(list)
    for where, row in rows_of(text, COLUMNS, note):
        before = len(faults)
        sku, why = row["sku"].strip(), names_in(row, "why")
        if known is not None and sku not in known:
            what = told("sku {sku!r} is not in the catalogue", sku=sku[:40])
            note(where, what, told("Add it to catalogue.csv, or take the row out"))
        price_minor = price_in(row["price"], digits)
        if price_minor is None:
            note(where, *why_no_price(row["price"], digits))
        window = _window(row, zone, where, note)
        if why and sku in catalogue and catalogue[sku].fixed_price:
            what = told("{sku} has a fixed price, and nothing marks that down", sku=sku)
            note(where, what, told("Take the row out, or its why"))
        if len(faults) == before and price_minor is not None and window is not None:
            found[sku].append((where, DatedPrice(price_minor, window, why)))
    for sku, rows in found.items():
        _contradictions(sku, rows, zone, note)
        if sku in catalogue:
            _markups(sku, rows, catalogue[sku].price_minor, zone, note)
    return {sku: tuple(price for _, price in rows) for sku, rows in found.items()}


def _window(row: dict[str, str], zone: ZoneInfo, where: str, note: Note) -> Window | None:
    try:
        return read_window(row["from"], row["until"], row.get("daily") or "", zone)
    except BadWindow as error:
        note(where, error.what, error.remedy)
        return None


def _contradictions(sku: str, rows: Iterable[Placed], zone: ZoneInfo, note: Note) -> None:
    """Two prices of one kind at one moment."""
    for (first, one), (where, other) in combinations(rows, 2):
        if bool(one.why) == bool(other.why) and meeting(one.window, other.window, zone) is not None:
            what = told("{sku} has another price at the same time, on {where}", sku=sku, where=first)
            remedy = told("End one before the other begins: until is the last day, or the moment of the end")
            note(where, what, remedy)


def _markups(sku: str, rows: list[Placed], price_minor: int, zone: ZoneInfo, note: Note) -> None:
    """Markdowns that cost as much as the list price, or more, at any moment at which they hold."""
    lists = [price for _, price in rows if not price.why]
    turns = [at_s for price in lists for at_s in (price.window.since_s, price.window.until_s) if at_s is not None]
    for where, row in rows:
        if not row.why:
            continue
        firsts = [row.window.first(at_s, zone) for at_s in (0.0, *turns)]
        firsts += [meeting(row.window, price.window, zone) for price in lists]
        costs = [list_price(lists, price_minor, at_s, zone) for at_s in firsts if at_s is not None]
        least = min(costs, default=None)
        if least is not None and row.price_minor >= least:
            what = told("{sku} is marked down to what it costs anyway, or more", sku=sku)
            note(where, what, told("Write a lower price; a new list price is a row without a why"))


def list_price(rows: Iterable[DatedPrice], price_minor: int, at_s: float, zone: ZoneInfo) -> int:
    """What the shelf's own label says at a moment, where the catalogue says ``price_minor``."""
    return next((r.price_minor for r in rows if not r.why and r.window.holds(at_s, zone)), price_minor)
