"""Visits that do not end without a person, by the book alone: in review, declined, unanswered or disputed, or with
a refund that failed.

Enters: a book. Leaves: where each such visit's money stands. Nothing here depends on how long ago it was: who waits for
a year is found like who waits since this morning.
"""

from __future__ import annotations

from edge.ledger.book import Book
from edge.payment import Settlement, needs_staff, settlement_of

UNHAPPY = ("payment-declined", "payment-unanswered", "payment-contradiction")
"""Kinds of entries after which a person may have to decide."""


def settlement_in(book: Book, visit: str) -> Settlement | None:
    """Where a visit's money stands; None where it has not ended, or never was."""
    return settlement_of(written.entry for written in book.entries(visit=visit))


def who_waits(book: Book) -> dict[str, Settlement]:
    """Visit -> its settlement, of all that wait for a person; the oldest first."""
    settled = set(book.visits("settlement"))
    visits = [v for v in book.visits("review") if v not in settled]
    for kind in UNHAPPY:
        visits += book.visits(kind)
    found = {visit: settlement_in(book, visit) for visit in dict.fromkeys(visits)}
    return {v: s for v, s in sorted(found.items()) if s is not None and needs_staff(s)}
