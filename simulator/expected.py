"""What a story expects: the lines that begin with ``=``.

::

    = ana pays 356 JPY: 2 onigiri-salmon          (or less, or review: where sensors fail)
    = ben is reviewed: 1 cola-500                 (without products: whatever is in it)
    = nobody pays
    = the gate stays shut for dan: expired        (a reason of docs/gate.md)
    = the gate opens for dan
    = the scan of eve expires
    = staff are told: tailgate, low-stock of milk-500          (each as often as it is told)
    = stock onigiri-salmon 5                      (what the shop believes to stand in its places)
    = stock onigiri-salmon 5 and 1 astray         (… and elsewhere)
    = stock onigiri-salmon 0, really 4            (where somebody has counted wrongly)

Enters: a line. Leaves: one of the classes below. Refuses: what cannot be expected, as `Misspelt`, with the remedy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias, get_args

from edge.gate import WAITING, Reason
from edge.runtime import health, supply
from edge.store import Store
from simulator.grammar import NAME, SKU, Misspelt

PAYS = re.compile(
    rf"=\s*(?P<name>{NAME})\s+pays\s+(?P<amount>\d+(?:\.\d+)?)\s+(?P<currency>[A-Z]{{3}})"
    r"(?P<less>\s+or less)?(?P<review>\s+or review)?\s*(?::\s*(?P<lines>.+?))?\s*$"
)
REVIEWED = re.compile(rf"=\s*(?P<name>{NAME})\s+is reviewed\s*(?::\s*(?P<lines>.+?))?\s*$")
ALERT = rf"[a-z-]+(?:\s+of\s+{SKU})?"
NOBODY = re.compile(r"=\s*nobody pays\s*$")
SHUT = re.compile(rf"=\s*the gate stays shut for (?P<name>{NAME}):\s*(?P<reason>[a-z-]+)\s*$")
OPENS = re.compile(rf"=\s*the gate opens for (?P<name>{NAME})\s*$")
EXPIRES = re.compile(rf"=\s*the scan of (?P<name>{NAME}) expires\s*$")
TOLD = re.compile(rf"=\s*staff are told:\s*(?P<kinds>{ALERT}(?:,\s*{ALERT})*)\s*$")
STOCK = re.compile(
    rf"=\s*stock\s+(?P<sku>{SKU})\s+(?P<units>\d+)(?:\s+and\s+(?P<astray>\d+)\s+astray)?"
    r"(?:,\s*really\s+(?P<really>\d+))?\s*$"
)
LINE = re.compile(rf"(\d+)\s+({SKU})$")

OF_THE_SHOP = tuple(health.ALERTS)
OF_A_PRODUCT = tuple(kind for kind, _ in supply.ALERTS.values())

REASONS = (*get_args(Reason), WAITING, "closed", "restocking", "cannot-see", "cannot-weigh", "cannot-keep-books")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a visitor pays. ``or_less``: lines may be withheld; ``or_review``: a person may have to look first."""

    subject: str
    total_minor: int
    items: dict[str, int]
    or_less: bool
    or_review: bool
    line: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A person has to look at somebody's visit; ``items`` is what would be charged, None where that is not told."""

    subject: str
    items: dict[str, int] | None
    line: int


@dataclass(frozen=True, slots=True)
class NobodyPays:
    """No visit is charged anything, and none is reviewed."""

    line: int


@dataclass(frozen=True, slots=True)
class AtGate:
    """The answer to what somebody showed; ``reason`` is empty where the gate opens."""

    who: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Expires:
    """Nobody came in on a scan."""

    subject: str
    line: int


@dataclass(frozen=True, slots=True)
class Told:
    """What staff are alerted of, besides reviews: a kind, and the product where it is of one."""

    kinds: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class InStock:
    """How many units of a product the shop believes to stand in its places, and how many ``really`` do."""

    sku: str
    quantity: int
    astray: int
    really: int
    line: int


Expectation: TypeAlias = Expected | Reviewed | NobodyPays | AtGate | Expires | Told | InStock


def read_expected(text: str, line: int, store: Store) -> Expectation:
    """What a line expects."""
    if found := PAYS.match(text):
        return _pays(found, line, store)
    if found := REVIEWED.match(text):
        return Reviewed(found["name"], _items(found["lines"], store) if found["lines"] else None, line)
    if NOBODY.match(text):
        return NobodyPays(line)
    if found := SHUT.match(text):
        if found["reason"] not in REASONS:
            raise Misspelt(f"no gate says {found['reason']!r}", f"Write one of {', '.join(REASONS)}")
        return AtGate(found["name"], found["reason"], line)
    if found := OPENS.match(text):
        return AtGate(found["name"], "", line)
    if found := EXPIRES.match(text):
        return Expires(found["name"], line)
    if found := TOLD.match(text):
        return Told(tuple(_alert(told, store) for told in re.split(r",\s*", found["kinds"])), line)
    if found := STOCK.match(text):
        units = int(found["units"])
        really = units if found["really"] is None else int(found["really"])
        return InStock(_sold(found["sku"], store), units, int(found["astray"] or 0), really, line)
    remedy = "Write = ana pays 356 JPY: 2 SKU, 1 SKU (or ... pays 0 JPY), or see simulator/expected.py for what else"
    raise Misspelt(f"{text[:60]!r} cannot be expected", remedy)


def _alert(told: str, store: Store) -> str:
    kind, _, sku = re.sub(r"\s+", " ", told).partition(" of ")
    if sku and kind in OF_A_PRODUCT:
        return f"{kind} of {_sold(sku.strip(), store)}"
    if sku or kind not in OF_THE_SHOP:
        known = ", ".join((*OF_THE_SHOP, *(f"{kind} of SKU" for kind in OF_A_PRODUCT)))
        raise Misspelt(f"staff are never told {told!r}", f"Write some of {known}")
    return kind


def _sold(sku: str, store: Store) -> str:
    if sku not in store.catalogue:
        raise Misspelt(f"the shop sells no {sku!r}", "Use a sku of catalogue.csv")
    return sku


def _pays(found: re.Match[str], line: int, store: Store) -> Expected:
    items = _items(found["lines"] or "", store)
    total = round(float(found["amount"]) * 10**store.currency_digits)
    if found["currency"] != store.currency:
        raise Misspelt(f"the shop takes no {found['currency']}", f"Write {store.currency}")
    cost = sum(store.catalogue[sku].price_minor * n for sku, n in items.items())
    cheaper = bool(store.offers.only(items)) and total < cost  # by what, the shop's receipt says
    if store.prices_include_tax and cost != total and not cheaper:
        raise Misspelt(f"{found['name']} pays {total} for what costs {cost}", f"Write {cost}, or correct the products")
    return Expected(found["name"], total, items, bool(found["less"]), bool(found["review"]), line)


def _items(lines: str, store: Store) -> dict[str, int]:
    items: dict[str, int] = {}
    for part in lines.split(","):
        line = LINE.match(part.strip())
        if line and line[2] in store.catalogue:
            items[line[2]] = items.get(line[2], 0) + int(line[1])
        elif part.strip():
            raise Misspelt(f"{part.strip()!r} is no receipt line", "Write a number and a sku of catalogue.csv")
    return items
