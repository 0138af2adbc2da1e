"""Visits' money: what was asked for, what became of it, who owes what.

Enters: the book. Leaves: JSON-ready facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edge.checkout import sale_of
from edge.payment import Settlement, debts, left_of, may, why_waits
from edge.payment.settlement import operations
from edge.records import TAB

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]

VERDICTS = ("retry", "refund", "release", "repaid")
"""What people decide about payments; the rest belongs to reviews."""


def digits_in(book: Book) -> int:
    """How many digits behind the point the book's currency has, by its last sale."""
    written = book.last("settlement") or book.last("review")
    return sale_of(written.entry.body).issuer.currency_digits if written is not None else 0


def payment_of(settlement: Settlement) -> Row:
    """All facts about a visit's money."""
    return {
        "visit": settlement.visit,
        "subject": settlement.subject,
        "state": settlement.state,
        "why": why_waits(settlement),
        "currency": settlement.currency,
        "total_minor": settlement.total_minor,
        "paid_minor": settlement.paid_minor,
        "on_tab": any(payment.reference.startswith(TAB) for payment in settlement.payments),
        "open_minor": settlement.open_minor,
        "held_minor": settlement.held_minor,
        "lowered_minor": settlement.lowered_minor,
        "refunded_minor": settlement.refunded_minor,
        "refundable_minor": settlement.refundable_minor,
        "repaid_minor": settlement.repaid_minor,
        "requests": [
            {
                "key": o.key,
                "operation": o.operation,
                "amount_minor": o.amount_minor,
                "state": o.state,
                "attempts": o.attempt,
                "first_s": o.first_s,
                "asked_s": o.asked_s,
                "reference": o.reference,
            }
            for o in operations(settlement)
        ],
        "left": left_of(settlement),
        "may": [verdict for verdict in may(settlement) if verdict in VERDICTS],
    }


def debts_in(book: Book, settlements: Iterable[Settlement]) -> list[Row]:
    """Who owes: what was declined, and all that the book says they have not paid yet."""
    owed = {debt.subject: debt for debt in debts(settlements)}
    open_ = {
        account.removeprefix("receivable:"): amount_minor
        for account, amount_minor in book.balances().items()
        if account.startswith("receivable:") and amount_minor
    }
    rows = [
        {
            "subject": subject,
            "currency": book.currency,
            "owed_minor": owed[subject].amount_minor if subject in owed else 0,
            "uncollected_minor": amount_minor,
            "visits": list(owed[subject].visits) if subject in owed else [],
        }
        for subject, amount_minor in open_.items()
    ]
    return sorted(rows, key=lambda row: (-row["owed_minor"], -row["uncollected_minor"], row["subject"]))
