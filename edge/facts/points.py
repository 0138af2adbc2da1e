"""Members' points: what each has, when the next of them end, and what happened to them.

Enters: the book. Leaves: JSON-ready facts. Points are whole numbers; days are ISO 8601, empty for those that never end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.members import NEVER, Wallet, account_of, balance, next_expiry, wallets_of
from edge.members.retold import as_told

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]

WORDS = {
    "points-earned": "earned",
    "points-spent": "spent",
    "points-returned": "returned",
    "points-expired": "ended",
    "points-adjusted": "adjusted",
}
"""What changes a member's points -> as facts name it."""


def subjects(book: Book) -> list[str]:
    """Everybody who ever had points."""
    begins = account_of("")
    return [account.removeprefix(begins) for account in book.balances(begins)]


def points_in(book: Book) -> list[Row]:
    """Each member who has points, by name."""
    begins = account_of("")
    held = [account for account, points in book.balances(begins).items() if points]
    return [row_of(account.removeprefix(begins), _wallet(book, account)) for account in held]


def points_of(book: Book, subject: str) -> Row:
    """What one member has; nothing where they never had any."""
    return row_of(subject, _wallet(book, account_of(subject)))


def row_of(subject: str, wallet: Wallet) -> Row:
    """A wallet as facts: its lots, those that end first standing first."""
    soon = next_expiry(wallet)
    return {
        "subject": subject,
        "points": balance(wallet),
        "next_points": soon.points if soon is not None else 0,
        "next_until": soon.until.isoformat() if soon is not None else "",
        "lots": [
            {"points": lot.points, "until": "" if lot.until == NEVER else lot.until.isoformat()} for lot in wallet
        ],
    }


def statement_of(book: Book, subject: str) -> Row:
    """What one member has, and all that ever happened to it, the newest last: ``points`` of a line is by how much it
    changed, ``balance`` what they had then.
    """
    wallet: Wallet = ()
    lines = []
    for written in book.moving(account_of(subject)):
        entry, body = written.entry, written.entry.body
        before, wallet = balance(wallet), as_told(wallet, entry)
        until = str(body.get("until", ""))
        lines.append(
            {
                "at_s": entry.at_s,
                "what": WORDS[entry.kind],
                "visit": entry.visit,
                "points": balance(wallet) - before,
                "balance": balance(wallet),
                "until": "" if until == NEVER.isoformat() else until,
                "by": str(body.get("decided_by", "")),
                "reason": str(body.get("reason", "")),
                "forgiven": body.get("forgiven", 0),
            }
        )
    return row_of(subject, wallet) | {"lines": lines}


def _wallet(book: Book, account: str) -> Wallet:
    subject = account.removeprefix(account_of(""))
    return wallets_of(written.entry for written in book.moving(account)).get(subject, ())
