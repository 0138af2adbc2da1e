"""Whose book it is: a live shop's is marked with the shop's id, and every sale says who sold in what money.

A book is one shop's, in one currency. Another shop's in our folder (a wrong ``--state``, a backup put back in the wrong
place, an id or a currency that somebody has edited) would mix two shops' visits, keys and balances without a word. A
book that is not marked yet, from an older version or before the first sale, is taken for whoever opens it, unless the
last sale in it says otherwise.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.checkout import sale_of
from edge.ledger.book import Book
from edge.ledger.faults import UnusableLedger
from edge.store import Store
from edge.told import told


@dataclass(frozen=True, slots=True)
class Owner:
    """Of whose shop and in what money a book is kept; ``currency`` is empty before the first sale."""

    store: str
    currency: str = ""
    currency_digits: int = 0


def owner_of(book: Book) -> Owner | None:
    """What mark and last sale say; None of a book in which neither is."""
    marked = book.kept_for
    last = max(filter(None, (book.last("settlement"), book.last("review"))), key=lambda w: w.seq, default=None)
    if last is not None:
        with suppress(msgspec.ValidationError):
            issuer = sale_of(last.entry.body).issuer
            return Owner(issuer.store, issuer.currency, issuer.currency_digits)
    return Owner(marked) if marked else None


def refuse_others(book: Book, store: Store) -> None:
    """`UnusableLedger` where the book is not this shop's, or not in its money."""
    owner = owner_of(book)
    if owner is None:
        return
    what = None
    if owner.store != store.id:
        what = told(
            "{file}: is the book of the shop {theirs!r}, and this is {ours!r}. Name another one (--state, "
                "--ledger), or "
            "put the id in store.toml back",
            file=book.path, theirs=owner.store, ours=store.id,
        )  # fmt: skip
    elif owner.currency and owner.currency != store.currency:
        what = told(
            "{file}: is kept in {theirs}, and store.toml says {ours}. Put the currency back, or begin "
                "another book with "
            "--state",
            file=book.path, theirs=owner.currency, ours=store.currency,
        )  # fmt: skip
    elif owner.currency and owner.currency_digits != store.currency_digits:
        what = told(
            "{file}: counts {currency} with {theirs} digits behind the point, and ISO 4217 says {ours}. Begin another "
            "book with --state",
            file=book.path, currency=owner.currency, theirs=owner.currency_digits, ours=store.currency_digits,
        )  # fmt: skip
    if what:
        raise UnusableLedger(what)


def take_for(book: Book, store: Store) -> None:
    """The book is this live shop's from now on; `UnusableLedger` where it is another's."""
    refuse_others(book, store)
    if book.kept_for != store.id:
        book.keep_for(store.id)


def is_a_live_shops(path: Path) -> bool:
    """Whether a shop keeps its book in this file: it is marked, or has a mirror beside it. `UnusableLedger`."""
    if path.with_suffix(".jsonl").exists():
        return True
    if not path.exists():
        return False
    with Book(path, read_only=True) as book:
        return bool(book.kept_for)
