"""Whose visits are whose, as the book says it, from its beginning or as it grows."""

from __future__ import annotations

from pathlib import Path

from edge.ledger import Book
from edge.records import LedgerEntry
from edge.web.shopper.whose import Whose


def entry(kind: str, visit: str, **body: object) -> LedgerEntry:
    return LedgerEntry(f"{kind}:{visit}", 1.0, kind, visit, body)


BEFORE = (
    entry("visit", "1", subject="ana"), entry("visit", "2", subject="ben"), entry("expired", "2", subject="ben"),
    entry("settlement", "1"), entry("payment-declined", "1"), entry("visit", "3", subject="ana"),
)  # fmt: skip


def test_a_book_that_grew_reads_as_one_that_was_there(tmp_path: Path) -> None:
    whose, grown = Whose(), Whose()
    with Book(tmp_path / "ledger.db") as book:
        assert grown.look(book) == set()
        told = []
        for each in BEFORE:
            book.append([each])
            told.append(grown.look(book))
        assert told == [{"ana"}, {"ben"}, {"ben"}, {"ana"}, {"ana"}, {"ana"}]
        assert whose.look(book) == set(), "what was there already is no news"
        assert grown.look(book) == set()
    for one in (whose, grown):
        assert (one.visits("ana"), one.visits("ben"), one.visits("eve")) == (["1", "3"], [], [])
        assert (one.inside("ana"), one.inside("ben"), one.inside("")) == ("3", "", "")
        assert (one.declined("ana"), one.declined("ben")) == (["1"], [])
        assert (one.is_of("1", "ana"), one.is_of("1", "ben"), one.is_of("9", ""), one.is_of("1", "")) == (
            True, False, False, False,
        )  # fmt: skip


def test_shelf_events_are_nobody_s_news_and_another_book_is_read_anew(tmp_path: Path) -> None:
    whose = Whose()
    with Book(tmp_path / "ledger.db") as book:
        book.append(BEFORE)
        whose.look(book)
        book.append([entry("shelf-event", "3")])
        assert whose.look(book) == set()
    with Book(tmp_path / "other.db") as book:
        book.append(BEFORE[:1])
        whose.look(book)
    assert (whose.visits("ana"), whose.inside("ana")) == (["1"], "1")
