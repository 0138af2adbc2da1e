"""Visits that do not end without a person, by the book alone: in review, declined, unanswered or disputed, or with
a refund that failed.

Enters: a book. Leaves: where each such visit's money stands. Nothing here depends on how long ago it was: who waits for
a year is found like who waits since this morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.ledger.book import Book
from edge.payment import Settlement, needs_staff, settlement_of

UNHAPPY = ("payment-declined", "payment-unanswered", "payment-contradiction")
"""Kinds of entries after which a person may have to decide."""


PAYS = (None, "charge", "capture")
"""Operations that pay for a visit; older books say none."""


def settlement_in(book: Book, visit: str) -> Settlement | None:
    """Where a visit's money stands; None where it has not ended, or never was."""
    return settlement_of(written.entry for written in book.entries(visit=visit))


def payments(book: Book) -> dict[str, Settlement]:
    """Visit -> its settlement, of every visit that has ended."""
    visits = dict.fromkeys((*book.visits("review"), *book.visits("settlement")))
    found = {visit: settlement_in(book, visit) for visit in visits}
    return {v: s for v, s in sorted(found.items()) if s is not None}


def not_over(
    book: Book, since_seq: int = 0, known: Mapping[str, Settlement | None] | None = None
) -> dict[str, Settlement]:
    """Visit -> its settlement, of all whose money is not where it belongs yet: asked for, reserved, to be given back.
    What waits for a person is found however long ago it was, the rest behind entry ``since_seq``. ``known``: what was
    read in this book already (`settlement_in`), and is not read again.
    """
    told = dict(known or {})
    paid = {v for v, operation in book.facts("payment-approved", "operation", since_seq) if operation in PAYS}
    visits = [v for v in book.visits("settlement", since_seq) if v not in paid]
    done = set(book.facts("payment-approved", "key", since_seq))
    asked = book.facts("payment-asked", "key", since_seq)
    ended = {v for kind in ("settlement", "review", "payment-gone") for v in book.visits(kind)} if asked else set()
    visits += [visit for visit, key in asked if (visit, key) not in done or visit not in ended]
    found = _read(book, visits, told)
    return _who_waits(book, told) | {v: s for v, s in sorted(found.items()) if not s.is_over}


def who_waits(book: Book) -> dict[str, Settlement]:
    """Visit -> its settlement, of all that wait for a person; the oldest first."""
    return _who_waits(book, {})


def _who_waits(book: Book, told: dict[str, Settlement | None]) -> dict[str, Settlement]:
    settled = set(book.visits("settlement"))
    visits = [v for v in book.visits("review") if v not in settled]
    for kind in UNHAPPY:
        visits += book.visits(kind)
    return {v: s for v, s in sorted(_read(book, visits, told).items()) if needs_staff(s)}


def _read(book: Book, visits: Iterable[str], told: dict[str, Settlement | None]) -> dict[str, Settlement]:
    """The settlements of some visits; each is told by the book once, and ``told`` keeps it."""
    found: dict[str, Settlement] = {}
    for visit in visits:
        if visit not in told:
            told[visit] = settlement_in(book, visit)
        settlement = told[visit]
        if settlement is not None:
            found[visit] = settlement
    return found
