"""``catalogue.csv`` and ``planogram.csv``, row by row, every fault with its line and remedy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from edge.store.catalogue import Catalogue, Product
from edge.store.layout import Layout
from edge.store.planogram import Facing, Planogram
from edge.store.rows import BrokenRow, Row, cell, read_rows
from edge.store.spelling import meant
from edge.told import NOTHING, Sentence, joined, phrase, told

CATALOGUE_COLUMNS = ("sku", "gtin", "name", "price", "tax_class", "weight_g", "weight_sd_g")
PLANOGRAM_COLUMNS = ("shelf", "plates", "sku")
_PLATES = re.compile(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", re.ASCII)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+", re.ASCII)
_PRICE = re.compile(r"\d{1,15}(?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)

MOST_MINOR = 10**12
"""A price above this is a slip of the hand. Nine million units of it still fit the book's 64 bits."""

LEAST_G, MOST_G = 0.1, 100_000.0
LEAST_SD_G = 0.001
SEPARATORS = {";": phrase("semicolons"), "\t": phrase("tabs"), "|": phrase("upright bars")}
COMMAS = phrase(
    "Save it as CSV with commas between the columns and points in the numbers (LibreOffice: tick 'Edit filter "
    "settings' as you save; Excel takes the list separator of the system's regional settings)"
)
YES = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
"""What a column of yes and no may say; spreadsheets write TRUE."""

OLDEST = 120
LONGEST_SKU = 200
"""Characters. A sku is part of topics on the wire and of keys in the book."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a store folder, or odd about it; where, and what to do about it."""

    file: str
    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.what}. {self.remedy}"


Note: TypeAlias = Callable[[str, Sentence, Sentence], None]
"""Where, what, remedy: one more fault of the file at hand."""


def line_of(number: int) -> Sentence:
    """Where in a table something stands; from 1."""
    return told("line {number}", number=number)


def rows_of(text: str, columns: tuple[str, ...], note: Note) -> Iterator[tuple[str, dict[str, str]]]:
    """("line N", row) for each row below the header; notes a broken header once and stops there, and rows of another
    length once for each length.
    """
    header: list[str] | None = None
    others: dict[int, list[Row]] = {}
    try:
        for row in read_rows(text):
            where = line_of(row.line)
            if header is None:
                header = [name.strip() for name in row.fields]
                if not _names(header, columns, where, note):
                    return
            elif len(row.fields) != len(header):
                others.setdefault(len(row.fields), []).append(row)
            else:
                yield where, dict(zip(header, row.fields, strict=True))
    except BrokenRow as error:
        unclosed = "unexpected end" in str(error)
        what = told('a field begins with " and never ends') if unclosed else Sentence(str(error))
        remedy = told('Close it with another "; a " inside a field is written twice')
        note(line_of(error.line), what, remedy if unclosed else told("Save the file as plain UTF-8 CSV"))
    else:
        if header is None:
            _names([], columns, line_of(1), note)
    for rows in others.values():
        _other_lengths(rows, header or (), note)


def _other_lengths(rows: Sequence[Row], named: Sequence[str], note: Note) -> None:
    """Rows that all have the same number of fields, and not that of the first line."""
    first, more = rows[0], len(rows) - 1
    has, names = len(first.fields), len(named)
    what = told("the row has {has} fields, and the first line names {names}", has=has, names=names)
    if has == 1:
        what = told("the row has 1 field, and the first line names {names}", names=names)
    remedy = told('A field with a comma in it stands between "quotes"')
    sign = next((sign for sign in SEPARATORS if first.fields[0].count(sign) == names - 1), "")
    if has == 1 and sign:
        what, remedy = told("{signs} stand between its fields, not commas", signs=SEPARATORS[sign]), told(COMMAS)
    if more:
        also = told("so it is in 1 more row") if more == 1 else told("so it is in {more} more rows", more=more)
        what = joined(what, also, by="; ")
    note(line_of(first.line), what, remedy)


def _names(header: list[str], columns: tuple[str, ...], where: str, note: Note) -> bool:
    """Whether the first row names the columns, each once."""
    if header and header[0].lower().startswith("sep="):
        what = told("{line!r} is what Excel writes for itself", line=",".join(header))
        remedy = told("Take that line out: the first line must name {columns}", columns=",".join(columns))
        note(where, what, remedy)
        return False
    for sign, name in SEPARATORS.items():
        if len(header) == 1 and {part.strip() for part in header[0].split(sign)} >= set(columns):
            note(where, told("{signs} stand between the columns", signs=name), told(COMMAS))
            return False
    missing = [c for c in columns if c not in header]
    twice = sorted({c for c in header if c and header.count(c) > 1})
    if missing:
        slips = {c: meant(c, [h for h in header if h not in columns]) for c in missing}
        remedy = told("The first line must name {columns}", columns=",".join(columns))
        if len(header) < 2:
            remedy = told("The first line must name {columns}, with commas between them", columns=",".join(columns))
        read = (told("write {name} for {slip}, if that is meant", name=c, slip=s) for c, s in slips.items() if s)
        note(where, told("no column {names}", names=", ".join(missing)), joined(remedy, *read, by="; "))
    if twice:
        what = told("column {names} stands twice", names=", ".join(twice))
        note(where, what, told("Give each column a name of its own"))
    return not missing and not twice


def skus_in(catalogue: str) -> dict[str, str] | None:
    """Every sku that stands in a catalogue, those of broken rows included, and its "line N": one mistake is told once.
    None where the file cannot be read to its end, or no row has the fields that the first line names.
    """
    found: dict[str, str] = {}
    at, named, whole = -1, 0, False
    try:
        for row in read_rows(catalogue):
            if not named:
                header = [name.strip() for name in row.fields]
                if "sku" not in header:
                    return None
                at, named = header.index("sku"), len(header)
            elif at < len(row.fields):
                found.setdefault(row.fields[at].strip(), line_of(row.line))
                whole |= len(row.fields) == named
    except BrokenRow:
        return None
    return found if whole else None


def price_in(text: str, digits: int) -> int | None:
    """A price in major units as a shopkeeper writes it, in minor units; None where it is not one."""
    if not _PRICE.fullmatch(text.strip()):
        return None
    minor = Decimal(text.strip()).scaleb(digits)
    return int(minor) if minor == minor.to_integral_value() and minor <= MOST_MINOR else None


def why_no_price(text: str, digits: int) -> tuple[Sentence, Sentence]:
    """What is wrong with a price that `price_in` cannot read, and the remedy."""
    most = f"{Decimal(MOST_MINOR).scaleb(-digits):f}"
    remedy = told("Write a whole number, at most {most}, without a currency sign", most=most)
    if digits:
        remedy = told(
            "Write a number with at most {digits} digits behind the point, at most {most}, without a currency sign",
            digits=digits, most=most,
        )  # fmt: skip
    return told("price {price!r} cannot be charged", price=text[:40]), remedy


def names_in(row: dict[str, str], column: str) -> tuple[tuple[str, str], ...]:
    """(language, what is said) of a column and those that say it in other languages, like ``name_ja``; none where all
    are empty.
    """
    others = ((k.removeprefix(f"{column}_"), _plain(v)) for k, v in row.items() if k.startswith(f"{column}_"))
    said = (("", _plain(row[column])), *((language, v) for language, v in others if v))
    return said if any(v for _, v in said) else ()


def _mass(text: str, least_g: float) -> float | None:
    try:
        mass = float(text)
    except ValueError:
        return None
    return mass if least_g <= mass < MOST_G else None


def _few(text: str) -> int | None:
    """How many units are too few; None where nothing is said, -1 where that is no number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 6 else -1


def _wrong_sku(sku: str) -> tuple[Sentence, Sentence] | None:
    """Why nothing can be called that, and the remedy. Commas, quotes, slashes and spaces are welcome."""
    if not sku:
        return told("the sku is empty"), told("Give every product a sku of its own")
    if len(sku) > LONGEST_SKU:
        return told("the sku has {count} characters", count=len(sku)), told("Give it at most {most}", most=LONGEST_SKU)
    if not sku.isprintable():
        what = told("sku {sku!r} has a sign that cannot be printed", sku=sku)
        return what, told("Take it out, in the planogram too")
    return None


def read_catalogue(text: str, digits: int, tax_classes: frozenset[str], faults: list[Fault]) -> Catalogue:
    """``catalogue.csv``; ``digits``: how many the currency has behind the point; no ``tax_classes``: any goes."""

    def note(where: str, what: Sentence, remedy: Sentence) -> None:
        faults.append(Fault("catalogue.csv", where, what, remedy))

    found: Catalogue = {}
    for where, row in rows_of(text, CATALOGUE_COLUMNS, note):
        before = len(faults)
        sku, gtin = row["sku"].strip(), row["gtin"].strip()
        wrong = _wrong_sku(sku)
        if wrong is not None:
            note(where, *wrong)
        elif sku in found:
            note(where, told("sku {sku} stands twice", sku=sku), told("Remove one of the two rows"))
        if gtin and not (gtin.isascii() and gtin.isdecimal() and len(gtin) <= 20):
            remedy = told("Write the digits below the bar code, or leave it empty")
            if _ROUNDED.fullmatch(gtin):
                remedy = told("A spreadsheet has rounded it: format the column as text, and write the digits anew")
            note(where, told("gtin {gtin!r} is not a number", gtin=gtin), remedy)
        price = price_in(row["price"], digits)
        if price is None:
            note(where, *why_no_price(row["price"], digits))
        weight, spread = _mass(row["weight_g"], LEAST_G), _mass(row["weight_sd_g"], LEAST_SD_G)
        if weight is None:
            what = told("weight_g {said!r} is not a mass", said=row["weight_g"])
            note(where, what, told("Weigh one unit and write grams, {least:g} or more", least=LEAST_G))
        if spread is None:
            what = told("weight_sd_g {said!r} is not a mass", said=row["weight_sd_g"][:40])
            note(where, what, told("Write how much units differ, in grams"))
        tax_class = row["tax_class"].strip()
        if tax_classes and tax_class not in tax_classes:
            what = told("tax class {name!r} has no rate", name=tax_class)
            note(where, what, told("Use {classes} or add a [[tax]]", classes=", ".join(sorted(tax_classes))))
        names = names_in(row, "name")
        if not names:
            note(where, told("the product has no name"), told("Fill in the name that the receipt shall show"))
        if any(unicodedata.category(c) == "Cc" for _, name in names for c in name):
            what = told("the name has a sign that no printer knows")
            note(where, what, told("Write it anew, without control characters"))
        low = _few(row.get("low_stock") or "")
        if low == -1:
            what = told("low_stock {said!r} is not a number of units", said=row["low_stock"])
            note(where, what, told("Write a whole number, or nothing"))
        fixed, age = YES.get((row.get("fixed_price") or "").strip().lower()), _few(row.get("age") or "")
        if fixed is None:
            what = told("fixed_price {said!r} is neither yes nor no", said=row["fixed_price"][:40])
            note(where, what, told("Write yes, or nothing"))
        if age is not None and not 0 <= age <= OLDEST:
            what = told("age {said!r} is no age", said=row["age"][:40])
            note(where, what, told("Write how old somebody must be, like 20, or nothing"))
        if len(faults) == before and price is not None and weight is not None and spread is not None:
            found[sku] = Product(sku, gtin, names, price, tax_class, weight, spread, low, bool(fixed), age or 0)
    if not found and not faults:
        note(line_of(1), told("the catalogue is empty"), told("Add a row for each product"))
    return found


def _plain(name: str) -> str:
    """A name on one line."""
    return " ".join(name.split())


def read_planogram(text: str, layout: Layout | None, known: Collection[str] | None, faults: list[Fault]) -> Planogram:
    """``planogram.csv``; ``layout`` and ``known`` skus are None where their own file was broken."""

    def note(where: str, what: Sentence, remedy: Sentence) -> None:
        faults.append(Fault("planogram.csv", where, what, remedy))

    facings = []
    for where, row in rows_of(text, PLANOGRAM_COLUMNS, note):
        shelf, sku = row["shelf"].strip(), row["sku"].strip()
        plates = _PLATES.fullmatch(row["plates"])
        if plates is None:
            what = told("plates {said!r} are none", said=row["plates"][:40])
            note(where, what, told("Write one plate as 4, or several as 4-6"))
            continue
        first, last = int(plates[1]), int(plates[2] or plates[1])
        if known is not None and sku not in known:
            comment = told('a row that begins with # is a comment: there, write the sku between "quotes"')
            remedy = told("Add it to catalogue.csv, or correct it here")
            remedy = joined(remedy, comment if sku.startswith("#") else NOTHING, by="; ")
            note(where, told("sku {sku!r} is not in the catalogue", sku=sku), remedy)
        if layout is not None and not layout.has_shelf(shelf):
            what = told("there is no shelf {shelf!r}", shelf=shelf)
            note(where, what, told("Use a [[gondola.shelf]] id of store.toml"))
        elif layout is not None and not 1 <= first <= last <= layout.shelf(shelf).plates:
            count = layout.shelf(shelf).plates
            what = told("plates {said} are not on {shelf}", said=row["plates"], shelf=shelf)
            note(where, what, told("It has plates 1-{count}, left to right", count=count))
        else:
            facings.append(Facing(shelf, first, last, sku))
    return Planogram(tuple(dict.fromkeys(facings)))


def planogram_text(facings: Iterable[Facing]) -> str:
    """``planogram.csv`` that says so, as `read_planogram` reads it."""
    rows = [f"{f.shelf},{f.first if f.first == f.last else f'{f.first}-{f.last}'},{cell(f.sku)}" for f in facings]
    return "\n".join([",".join(PLANOGRAM_COLUMNS), *rows]) + "\n"
