"""Members' tabs: what was put on each, given back, settled, written off, and what is open.

Enters: the book, a month in the shop's time zone or none. Leaves: JSON-ready facts; amounts in minor units.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from edge.payment import TAB_SETTLED
from edge.payment.postings import tab

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]
Span: TypeAlias = tuple[float, float]
"""From one moment until before another, UNIX seconds."""

What: TypeAlias = Literal["visit", "refund", "settlement", "write-off"]
"""What changes a tab. Of a refund that failed after all the amount is positive: it is on the tab again."""

ALWAYS: Span = (-math.inf, math.inf)


def month_of(typed: str, timezone: str) -> Span:
    """A month like ``2026-11`` in a time zone. `ValueError`."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", typed)
    year, month = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= year < 9999 and 1 <= month <= 12):
        raise ValueError(f"{typed!r} is no month. Write it like 2026-11")
    zone = ZoneInfo(timezone)
    begins, ends = datetime(year, month, 1, tzinfo=zone), datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return begins.timestamp(), ends.timestamp()


def tabs_in(book: Book, span: Span = ALWAYS) -> list[Row]:
    """Each member who has a tab, by name: sums over the span. Whose tab was even and did not change is left out."""
    rows = [statement_of(book, subject, span) for subject in subjects(book)]
    return [
        {name: value for name, value in row.items() if name != "lines"}
        for row in rows
        if row["lines"] or row["brought_minor"]
    ]


def subjects(book: Book) -> list[str]:
    """Everybody who ever had something on a tab."""
    begins = tab("")
    return [account.removeprefix(begins) for account in book.balances() if account.startswith(begins)]


def statement_of(book: Book, subject: str, span: Span = ALWAYS) -> Row:
    """What happened to one tab within a span, line by line in the order of time, and what it comes to:
    ``brought_minor`` was open before it, ``open_minor`` is when it ends. Amounts of lines are positive where the member
    owes more for it.
    """
    since_s, until_s = span
    lines = [line for line in _lines(book, subject) if line["at_s"] < until_s]
    within = [line for line in lines if line["at_s"] >= since_s]
    return {
        "subject": subject,
        "currency": book.currency,
        "brought_minor": sum(line["amount_minor"] for line in lines if line["at_s"] < since_s),
        "put_on_minor": _sum(within, "visit"),
        "given_back_minor": -_sum(within, "refund"),
        "settled_minor": -_sum(within, "settlement"),
        "written_off_minor": -_sum(within, "write-off"),
        "open_minor": sum(line["amount_minor"] for line in lines),
        "lines": within,
    }


def _lines(book: Book, subject: str) -> list[Row]:
    account, lines = tab(subject), list[Row]()
    for written in book.moving(account):
        entry, body = written.entry, written.entry.body
        what: What = "visit"
        if entry.kind == TAB_SETTLED:
            what = "write-off" if body.get("how") == "written-off" else "settlement"
        elif body.get("operation") == "refund":
            what = "refund"
        lines.append(
            {
                "at_s": entry.at_s,
                "what": what,
                "visit": entry.visit,
                "amount_minor": sum(p.amount_minor for p in entry.postings if p.account == account),
                "how": str(body.get("how", "")),
                "by": str(body.get("decided_by", "")),
                "note": str(body.get("note", "")),
            }
        )
    # What a provider is asked about weeks later was done when it did it: after what came into the book before.
    return sorted(lines, key=lambda line: float(line["at_s"]))


def _sum(lines: list[Row], what: What) -> int:
    return sum(line["amount_minor"] for line in lines if line["what"] == what)
