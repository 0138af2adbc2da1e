"""Visits that wait for a person: what a list tells of them, and everything about one.

Enters: the book, and the state folder in which its recordings lie. Leaves: JSON-ready facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from edge.checkout import LANGUAGES, Sale, in_words, sale_of
from edge.facts.money import money
from edge.payment import Settlement, may, why_waits

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]

AROUND_S = 60.0
"""What happened so long before a visit and after it may matter."""


def lines_of(book: Book, visit: str, settlement: Settlement) -> Row:
    """What a list tells of a visit."""
    came_s, left_s, sale = _when(book, visit)
    return {
        "visit": visit,
        "subject": settlement.subject,
        "state": settlement.state,
        "why": why_waits(settlement),
        "exchanged": msgspec.to_builtins(sale.exchanged),
        "exchanged_in_words": {
            language: in_words(sale.exchanged, language, _names(sale, language)) for language in LANGUAGES
        },
        "came_s": came_s,
        "left_s": left_s,
        "left": _clock(left_s, sale),
        "total_minor": settlement.total_minor,
        "currency": settlement.currency,
        "total": money(settlement.total_minor, settlement.currency, sale.issuer.currency_digits),
        "listed": settlement.listed,
        "may": list(may(settlement)),
    }


def story_of(book: Book, visit: str, folder: Path) -> Row:
    """Everything about one visit that the book and the folder of recordings tell."""
    from edge.ledger import settlement_in

    settlement = settlement_in(book, visit)
    assert settlement is not None
    came_s, left_s, sale = _when(book, visit)
    lines = [(line, True) for line in sale.lines] + [(line, False) for line in sale.withheld]
    return lines_of(book, visit, settlement) | {
        "reason": sale.reason,
        "party": _party(book, visit),
        "came": _clock(came_s, sale) if came_s is not None else "",
        "lines": [
            {"sku": line.sku, "name": next(iter(line.names.values()), line.sku), "quantity": line.quantity,
             "certainty": line.certainty, "what": line.what, "who": line.who, "rival": line.rival, "charged": charged,
             "events": list(line.events)}
            for line, charged in lines
        ],
        "happened": [
            {"at": _clock(w.entry.at_s, sale), "kind": w.entry.kind, "by": w.entry.body.get("decided_by", ""),
             "state": w.entry.body.get("state", "")}
            for w in book.entries(visit=visit) if w.entry.kind != "shelf-event"
        ],
        "recordings": [str(path) for path in _recordings(folder, came_s, left_s)],
    }  # fmt: skip


def _names(sale: Sale, language: str) -> Callable[[str], str]:
    """What a sale calls its products in a language, else as there is."""
    told = {line.sku: line.names for line in sale.withheld} | {line.sku: line.names for line in sale.lines}
    return lambda sku: told.get(sku, {}).get(language) or next(iter(told.get(sku, {}).values()), sku)


def _party(book: Book, visit: str) -> int:
    """How many people their scan let in."""
    scans = (written.entry for written in book.entries(visit=visit) if written.entry.kind == "visit")
    return next((int(str(entry.body.get("party", 1))) for entry in scans), 1)


def _when(book: Book, visit: str) -> tuple[float | None, float, Sale]:
    """When a visit came and left, and what the book says of its sale by now."""
    came_s: float | None = None
    left_s = 0.0
    sale: Sale | None = None
    for written in book.entries(visit=visit):
        entry = written.entry
        if entry.kind == "visit":
            came_s = entry.at_s
        elif entry.kind in ("review", "settlement"):
            left_s = left_s or entry.at_s
            before, sale = sale, sale_of(entry.body)
            if before is not None and not sale.reason:
                sale = replace(sale, reason=before.reason, exchanged=before.exchanged)
    assert sale is not None, "who waits has a sale"
    return came_s, left_s, sale


def _recordings(folder: Path, came_s: float | None, left_s: float) -> list[Path]:
    from edge.journal import segments_between

    from_s = left_s if came_s is None else came_s
    return segments_between(folder / "recordings", from_s - AROUND_S, left_s + AROUND_S)


def _clock(at_s: float, sale: Sale) -> str:
    return f"{datetime.fromtimestamp(at_s, ZoneInfo(sale.issuer.timezone)):%Y-%m-%d %H:%M:%S}"
