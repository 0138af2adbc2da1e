"""``lots.csv``: where what stands on the shelves comes from, lot by lot; and what the catalogue says for its page.

Enters: the text of the files. Leaves: `Lot`s, and a product's allergens and origin out of extra columns of
``catalogue.csv``. Refuses a row about a product that is not sold and days that are none, every fault with its line and
column. Nothing of it decides about money: it stands on product pages alone, and no recording carries it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from edge.store.offers import Names
from edge.store.tables import Fault, names_in, rows_of
from edge.told import Sentence, told

FILE: Final = "lots.csv"
COLUMNS: Final = ("sku", "lot", "best_before", "harvested", "origin", "route")


@dataclass(frozen=True, slots=True)
class Lot:
    """One delivery of a product: its number, days where they are known, where it comes from and which way it came."""

    sku: str
    lot: str
    best_before: date | None
    harvested: date | None
    origin: Names
    route: Names


@dataclass(frozen=True, slots=True)
class Details:
    """What a product's page says beside name and price."""

    allergens: Names = ()
    origin: Names = ()


def read_lots(text: str, known: Collection[str] | None, faults: list[Fault]) -> tuple[Lot, ...]:
    """All lots in file order. ``known``: skus of the catalogue, None where that is broken."""

    def note(where: str, what: Sentence, remedy: Sentence) -> None:
        faults.append(Fault(FILE, where, what, remedy))

    found: dict[tuple[str, str], str] = {}
    lots = []
    for where, row in rows_of(text, COLUMNS, note):
        before = len(faults)
        sku, number = row["sku"].strip(), row["lot"].strip()
        if known is not None and sku not in known:
            what = told("sku {sku!r} is not in the catalogue", sku=sku[:40])
            note(where, what, told("Add it to catalogue.csv, or take the row out"))
        if not number or len(number) > 20 or not number.isprintable():
            what = told("lot {number!r} is no number of a lot", number=number[:40])
            note(where, what, told("Write what stands on the box, 1 to 20 signs"))
        elif (sku, number) in found:
            at = found[sku, number]
            what = told("lot {number} of {sku} stands on {where} already", number=number, sku=sku, where=at)
            note(where, what, told("Take one of the two out"))
        found.setdefault((sku, number), where)
        days: dict[str, date | None] = {}
        for column in ("best_before", "harvested"):
            said = row[column].strip()
            try:
                days[column] = date.fromisoformat(said) if said else None
            except ValueError:
                what = told("{key} {said!r} is no day", key=column, said=said[:40])
                note(where, what, told("Write it like 2026-12-01, or nothing"))
        if len(faults) == before:
            lots.append(Lot(sku, number, days["best_before"], days["harvested"], names_in(row, "origin"),
                            names_in(row, "route")))  # fmt: skip
    return tuple(lots)


def details_in(catalogue: str) -> dict[str, Details]:
    """What the catalogue says beyond what is charged, by sku; its columns ``allergens`` and ``origin`` may be left out,
    and ``allergens_en`` and the like say it in other languages.
    """
    found = {}
    for _, row in rows_of(catalogue, ("sku",), lambda *_: None):
        said = {column: names_in({column: "", **row}, column) for column in ("allergens", "origin")}
        found[row["sku"].strip()] = Details(said["allergens"], said["origin"])
    return found


def said_in(names: Names, language: str) -> str:
    """In a language, else plainly, else at all; empty where nothing is said."""
    table = dict(names)
    return table.get(language) or table.get("") or next(iter(table.values()), "")
