"""``catalogue.csv`` and ``planogram.csv``, row by row, every fault with its line and remedy."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from edge.store.catalogue import Catalogue, Product
from edge.store.layout import Layout
from edge.store.planogram import Facing, Planogram

CATALOGUE_COLUMNS = ("sku", "gtin", "name", "price", "tax_class", "weight_g", "weight_sd_g")
PLANOGRAM_COLUMNS = ("shelf", "plates", "sku")
_PLATES = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a store folder, where, and what to do about it."""

    file: str
    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.what}. {self.remedy}"


Note: TypeAlias = Callable[[str, str, str], None]
"""Where, what, remedy: one more fault of the file at hand."""


def _rows(text: str, columns: tuple[str, ...], note: Note) -> Iterator[tuple[str, dict[str, str]]]:
    """("line N", row) for each row; notes a missing column once and stops there. Lines with # in front are comments."""
    told = re.sub(r"^#.*$", "", text.removeprefix("\ufeff"), flags=re.MULTILINE)
    reader = csv.DictReader(io.StringIO(told), strict=True)
    try:
        missing = [c for c in columns if c not in (reader.fieldnames or ())]
        if missing:
            note("line 1", f"no column {', '.join(missing)}", f"The first line must name {','.join(columns)}")
            return
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                note(where, "as many fields as columns were expected", 'Put a field with a comma between "quotes"')
                continue
            yield where, row
    except csv.Error as error:
        note(f"line {reader.line_num}", str(error), "Save the file as plain UTF-8 CSV")


def _price(text: str, digits: int) -> int | None:
    """A price in major units as a shopkeeper writes it, in minor units; None where it is not one."""
    try:
        price = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not price.is_finite():
        return None
    minor = price.scaleb(digits)
    return int(minor) if minor >= 0 and minor == minor.to_integral_value() else None


def _mass(text: str) -> float | None:
    try:
        mass = float(text)
    except ValueError:
        return None
    return mass if 0.0 < mass < 100_000.0 else None


def _few(text: str) -> int | None:
    """How many units are too few; None where nothing is said, -1 where that is no number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 6 else -1


def read_catalogue(text: str, digits: int, tax_classes: frozenset[str], faults: list[Fault]) -> Catalogue:
    """``catalogue.csv``; ``digits``: how many the currency has behind the point; no ``tax_classes``: any goes."""

    def note(where: str, what: str, remedy: str) -> None:
        faults.append(Fault("catalogue.csv", where, what, remedy))

    found: Catalogue = {}
    for where, row in _rows(text, CATALOGUE_COLUMNS, note):
        before = len(faults)
        sku, gtin = row["sku"].strip(), row["gtin"].strip()
        if not sku:
            note(where, "the sku is empty", "Give every product a sku of its own")
        elif sku in found:
            note(where, f"sku {sku} stands twice", "Remove one of the two rows")
        if gtin and not gtin.isdecimal():
            note(where, f"gtin {gtin!r} is not a number", "Write the digits below the bar code, or leave it empty")
        price = _price(row["price"], digits)
        if price is None:
            unit = "a whole number" if digits == 0 else f"a number with at most {digits} digits behind the point"
            note(where, f"price {row['price']!r} cannot be charged", f"Write {unit}, without a currency sign")
        weight, spread = _mass(row["weight_g"]), _mass(row["weight_sd_g"])
        if weight is None:
            note(where, f"weight_g {row['weight_g']!r} is not a mass", "Weigh one unit and write grams")
        if spread is None:
            note(where, f"weight_sd_g {row['weight_sd_g']!r} is not a mass", "Write how much units differ, in grams")
        tax_class = row["tax_class"].strip()
        if tax_classes and tax_class not in tax_classes:
            note(
                where, f"tax class {tax_class!r} has no rate", f"Use {', '.join(sorted(tax_classes))} or add a [[tax]]"
            )
        names = [("", row["name"].strip())]
        names += [(k.removeprefix("name_"), v.strip()) for k, v in row.items() if k.startswith("name_") and v.strip()]
        if not any(name for _, name in names):
            note(where, "the product has no name", "Fill in the name that the receipt shall show")
        low = _few(row.get("low_stock") or "")
        if low == -1:
            note(where, f"low_stock {row['low_stock']!r} is not a number of units", "Write a whole number, or nothing")
        if len(faults) == before and price is not None and weight is not None and spread is not None:
            found[sku] = Product(sku, gtin, tuple(names), price, tax_class, weight, spread, low)
    if not found and not faults:
        note("line 1", "the catalogue is empty", "Add a row for each product")
    return found


def read_planogram(text: str, layout: Layout | None, known: set[str] | None, faults: list[Fault]) -> Planogram:
    """``planogram.csv``; ``layout`` and ``known`` skus are None where their own file was broken."""

    def note(where: str, what: str, remedy: str) -> None:
        faults.append(Fault("planogram.csv", where, what, remedy))

    facings = []
    for where, row in _rows(text, PLANOGRAM_COLUMNS, note):
        shelf, sku = row["shelf"].strip(), row["sku"].strip()
        plates = _PLATES.match(row["plates"])
        if plates is None:
            note(where, f"plates {row['plates']!r}", "Write one plate as 4, or several as 4-6")
            continue
        first, last = int(plates[1]), int(plates[2] or plates[1])
        if known is not None and sku not in known:
            note(where, f"sku {sku!r} is not in the catalogue", "Add it to catalogue.csv, or correct it here")
        if layout is not None and not layout.has_shelf(shelf):
            note(where, f"there is no shelf {shelf!r}", "Use a [[gondola.shelf]] id of store.toml")
        elif layout is not None and not 1 <= first <= last <= layout.shelf(shelf).plates:
            count = layout.shelf(shelf).plates
            note(where, f"plates {row['plates']} are not on {shelf}", f"It has plates 1-{count}, left to right")
        else:
            facings.append(Facing(shelf, first, last, sku))
    return Planogram(tuple(facings))
