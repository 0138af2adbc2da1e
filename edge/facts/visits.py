"""Visits that have ended: found by what is known of them, and the whole history of one.

Enters: the book. Leaves: JSON-ready facts. What they say of a visit's money is what `edge.facts.payments` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from edge.ledger.reprint import receipt_of
from edge.payment import papers_of, settlement_of, why_waits

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]

SILENT = ("shelf-event",)
"""Kinds of entries that are no step of a visit's history: its lines tell of them."""


def found(
    book: Book,
    *,
    since_s: float = 0.0,
    until_s: float = math.inf,
    text: str = "",
    amount_minor: int | None = None,
    most: int = 100,
) -> list[Row]:
    """Visits that left within a time, the newest first, in a line each; see `edge.ledger.Book.ended`."""
    rows = [line_of(book, visit) for visit in book.ended(since_s, until_s, text, amount_minor, most)]
    return [row for row in rows if row is not None]


def line_of(book: Book, visit: str) -> Row | None:
    """One visit in a line; None where it has not ended."""
    receipt = receipt_of(book, visit)
    settlement = settlement_of(written.entry for written in book.entries(visit=visit))
    if receipt is None or settlement is None:
        return None
    return {
        "visit": visit,
        "subject": receipt.sale.subject,
        "left_s": receipt.at_s,
        "state": receipt.state,
        "why": why_waits(settlement),
        "total_minor": receipt.sale.total_minor,
        "taken_back_minor": receipt.taken_back_minor,
        "open_minor": receipt.open_minor,
        "units": sum(line.quantity for line in receipt.sale.lines),
        "withheld": sum(line.quantity for line in receipt.sale.withheld),
        "reference": receipt.reference,
        "moved_money": receipt.moved_money,
        "on_tab": receipt.on_tab,
    }


def history_of(book: Book, visit: str) -> list[Row]:
    """What happened to a visit, and who did it, in order."""
    return [
        {
            "at_s": written.entry.at_s,
            "kind": written.entry.kind,
            "by": str(written.entry.body.get("decided_by", "") or written.entry.body.get("by", "")),
            "state": str(written.entry.body.get("state", "")),
            "operation": str(written.entry.body.get("operation", "")),
            "amount_minor": written.entry.body.get("amount_minor"),
            "reference": str(written.entry.body.get("reference", "")),
            "reason": str(written.entry.body.get("reason", "")),
        }
        for written in book.entries(visit=visit)
        if written.entry.kind not in SILENT
    ]


def papers_in(book: Book, visit: str) -> list[Any]:
    """Return invoices and corrected receipts of what was taken back (`edge.checkout.Paper`)."""
    return list(papers_of(written.entry for written in book.entries(visit=visit)))


Words: TypeAlias = Callable[[str, str], str]
"""(Whose words they are, as the book has them) -> as people read them; nothing where they went with a member."""


def as_written(_subject: str, text: str) -> str:
    """What is sealed stays sealed."""
    return text


def contests_of(book: Book, visit: str, words: Words = as_written) -> list[Row]:
    """What the shopper said against a visit, each with the answers of staff. ``words``: reads what is sealed."""
    said: dict[str, Row] = {}
    for written in book.entries(visit=visit):
        entry, body = written.entry, written.entry.body
        if entry.kind == "contested":
            message = words(str(body["subject"]), str(body["message"]))
            said[entry.key] = {"key": entry.key, "at_s": entry.at_s, **body, "message": message, "answers": []}
        elif entry.kind == "contest-answered" and body["contest"] in said:
            asked = said[str(body["contest"])]
            asked["answers"].append(
                {"at_s": entry.at_s, **body, "message": words(str(asked["subject"]), str(body["message"]))}
            )
    return list(said.values())


def unanswered(book: Book) -> list[str]:
    """Visits against which a shopper has said something that nobody has answered, the oldest first."""
    answered = {str(contest) for _, contest in book.facts("contest-answered", "contest")}
    visits = dict.fromkeys(w.entry.visit for w in book.entries(kind="contested") if w.entry.key not in answered)
    return list(visits)
