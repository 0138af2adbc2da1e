"""A visit that waits for a person, as people read it.

Enters: the book, and the state folder in which its recordings lie. Leaves: rows of a table, and one visit's whole story
as JSON-ready facts and as text. What shops and readers call things is not trusted to be printable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from edge.checkout import LANGUAGES, Sale, in_words, sale_of
from edge.payment import Settlement, may, why_waits
from edge.records import Exchange
from edge.shown import shown
from edge.store.policy import MOST_SURE

if TYPE_CHECKING:
    from rich.table import Table

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
        "may": list(may(settlement)),
    }


def table_of(rows: list[Row]) -> Table:
    """All that wait, one a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("visit", "who", "left", box=None, header_style="dim", pad_edge=False)
    table.add_column("total", justify="right")
    table.add_column("state")
    table.add_column("why")
    for row in rows:
        why = "; ".join(part for part in (row["why"], _by_sku(row)) if part)
        cells = (row["visit"], row["subject"], row["left"], row["total"], row["state"], why)
        table.add_row(*(Text(shown(str(cell))) for cell in cells))
    return table


def story_of(book: Book, visit: str, folder: Path) -> Row:
    """Everything about one visit that the book and the folder of recordings tell."""
    from edge.ledger import settlement_in

    settlement = settlement_in(book, visit)
    assert settlement is not None
    came_s, left_s, sale = _when(book, visit)
    lines = [(line, True) for line in sale.lines] + [(line, False) for line in sale.withheld]
    return lines_of(book, visit, settlement) | {
        "reason": sale.reason,
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


def _by_sku(row: Row) -> str:
    """With whom it may have been exchanged, products by what is typed for them."""
    return in_words(msgspec.convert(row["exchanged"], tuple[Exchange, ...]))


def _names(sale: Sale, language: str) -> Callable[[str], str]:
    """What a sale calls its products in a language, else as there is."""
    told = {line.sku: line.names for line in sale.withheld} | {line.sku: line.names for line in sale.lines}
    return lambda sku: told.get(sku, {}).get(language) or next(iter(told.get(sku, {}).values()), sku)


def _weak(line: Row) -> str:
    """Which half of a doubtful line is the weak one, and whose it may be."""
    if line["certainty"] >= MOST_SURE:
        return ""
    rival = f", or {line['rival']}" if line["rival"] else ""
    return f": what {line['what']:.0%}, who {line['who']:.0%}{rival}"


def told(story: Row, shop: str) -> str:
    """One visit's story, for who has to decide; ``shop``: the options that name it in what they type next."""
    lines = [f"{story['visit']}: {story['subject']}, {story['state']}"]
    if story["why"]:
        lines.append(f"why    {story['why']}")
    elif story["reason"]:
        lines.append(f"was in review because {story['reason']}")
    if story["exchanged"]:
        lines.append(f"       {_by_sku(story)}")
    lines += [f"came   {story['came'] or 'unknown'}", f"left   {story['left']}", ""]
    for line in story["lines"]:
        doubt = f"{line['certainty']:.0%} sure{_weak(line)}" if line["certainty"] else "a person says so"
        held = "" if line["charged"] else ", not charged"
        lines.append(f"  {line['quantity']:>3} {line['sku']:<24} {line['name']}  ({doubt}{held})")
    lines += [f"      {story['total']} in all" if story["lines"] else "      nothing is known of what they took", ""]
    for happened in story["happened"]:
        by = f" by {happened['by']}" if happened["by"] else ""
        state = f" -> {happened['state']}" if happened["state"] not in ("", happened["kind"]) else ""
        lines.append(f"{happened['at']}  {happened['kind']}{state}{by}")
    if story["recordings"]:
        lines += ["", "To look at it:"]
        lines += [f"  tebura replay {path} --report look.html" for path in story["recordings"]]
    if story["may"]:
        lines += ["", "To decide it:"]
        for verdict in story["may"]:
            does = f"resolve {story['visit']} {verdict}" if verdict in ("kept", "returned") else None
            lines.append(f"  tebura review {does or f'{verdict} ' + story['visit']} {shop}")
    return "\n".join(shown(line) for line in lines)


def money(amount_minor: int, currency: str, digits: int) -> str:
    """An amount for whoever types commands: no signs that terminals print in other widths."""
    return f"{Decimal(amount_minor).scaleb(-digits):,} {currency}"


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
