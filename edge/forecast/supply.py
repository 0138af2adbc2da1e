"""``supply.csv``: what a product costs the shop, how long it keeps, and how it comes. It stands beside the catalogue,
and nothing but orders reads it.

Enters: its text, and the store. Leaves: a `Supply` for each sku. Refuses what is no such number and products that are
not sold, every fault with its line.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from edge.forecast.orders import Supply
from edge.store import Fault, Product, Store
from edge.store.tables import price_in, rows_of, why_no_price
from edge.told import Sentence, told

FILE: Final = "supply.csv"
COLUMNS: Final = ("sku", "cost", "keeps_days")
MOST_DAYS: Final = 3650
MOST_PACK: Final = 10_000
WHOLE_PPM: Final = 1_000_000


def read_supply(text: str, store: Store, day: date, faults: list[Fault]) -> dict[str, Supply]:
    """Columns ``every_days`` (from one delivery to the next) and ``pack`` may be left out, and are 1 then."""

    def note(where: str, what: Sentence, remedy: Sentence) -> None:
        faults.append(Fault(FILE, where, what, remedy))

    found: dict[str, Supply] = {}
    for where, row in rows_of(text, COLUMNS, note):
        before = len(faults)
        sku = row["sku"].strip()
        if sku not in store.catalogue:
            what = told("sku {sku!r} is not in the catalogue", sku=sku[:40])
            note(where, what, told("Add it to catalogue.csv, or take the row out"))
        elif sku in found:
            note(where, told("sku {sku} stands twice", sku=sku), told("Remove one of the two rows"))
        cost_minor = price_in(row["cost"], store.currency_digits)
        if cost_minor is None:
            note(where, *why_no_price(row["cost"], store.currency_digits))
        numbers = {}
        for column, most in (("keeps_days", MOST_DAYS), ("every_days", MOST_DAYS), ("pack", MOST_PACK)):
            said = (row.get(column) or ("" if column == "keeps_days" else "1")).strip()
            if said.isascii() and said.isdecimal() and len(said) < 6 and 1 <= int(said) <= most:
                numbers[column] = int(said)
            else:
                what = told("{key} {said!r} is no such number", key=column, said=said[:40])
                note(where, what, told("Write a whole number from 1 to {most}", most=most))
        if len(faults) == before and cost_minor is not None:
            margin = net_minor(store, store.catalogue[sku], day) - cost_minor
            if margin <= 0:
                what = told("{sku} costs the shop as much as it is sold for, or more", sku=sku)
                note(
                    where,
                    what,
                    told("Write the cost of one unit, without tax; or leave the row out: it is not ordered"),
                )
            else:
                found[sku] = Supply(margin, cost_minor, numbers["keeps_days"], numbers["every_days"], numbers["pack"])
    return found


def supplies_in(folder: Path, store: Store, day: date) -> tuple[dict[str, Supply], list[Fault]]:
    """Of a shop's folder: nothing where there is no such file; with faults, no order at all."""
    path, faults = folder / FILE, list[Fault]()
    if not path.exists():
        return {}, []
    try:
        found = read_supply(path.read_text(encoding="utf-8"), store, day, faults)
    except (OSError, UnicodeDecodeError) as error:
        what = told("it cannot be read ({error})", error=error)
        return {}, [Fault(FILE, told("line {number}", number=1), what, told("Save it as plain UTF-8 CSV"))]
    return ({}, faults) if faults else (found, [])


def net_minor(store: Store, product: Product, day: date) -> float:
    """What the shop has of a unit's price on a day: what is left without tax."""
    if not store.prices_include_tax:
        return product.price_minor
    rate_ppm = store.tax.rate(product.tax_class, day).rate_ppm
    return product.price_minor * WHOLE_PPM / (WHOLE_PPM + rate_ppm)
