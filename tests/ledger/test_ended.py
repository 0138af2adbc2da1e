"""Visits of the book, found by when they left and by what stands in their entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.facts.visits import found, history_of, line_of
from edge.ledger import Book
from tests.corner import OPENS_S
from tests.daemon.test_reload import Running


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    """Ana came twice, and pays 356 JPY each time."""
    running = Running(tmp_path)
    running.open()
    running.play(0.0, 60.0)
    running.settle()
    running.again()
    yield running
    running.shop.close()


def test_visits_are_found_newest_first_by_time_person_product_reference_and_amount(shop: Running) -> None:
    book = shop.shop.book
    second, first = book.ended()
    assert (first, second) == ("20231115-0001", "20231115-0002")
    left_s = [row["left_s"] for row in found(book)]
    assert OPENS_S < left_s[1] < left_s[0]
    assert book.ended(until_s=left_s[0]) == [first]
    assert book.ended(since_s=left_s[0]) == [second]
    assert book.ended(most=1) == [second]
    assert book.ended(text="ANA") == [second, first]
    assert book.ended(text="Salmon Onigiri") == [second, first]
    assert book.ended(text=first) == [first]
    row = line_of(book, first)
    assert row is not None
    assert book.ended(text=row["reference"]) == [first]
    assert book.ended(text="nobody of this name") == []
    assert book.ended(text="%na") == [], "signs of a search language mean themselves"
    assert book.ended(text="explanations") == [], "names of facts are no facts"
    assert book.ended(amount_minor=row["total_minor"], text=first) == [first]
    assert book.ended(amount_minor=row["total_minor"] + 1, text=first) == []


def test_a_visit_is_told_in_a_line_and_as_a_history(shop: Running) -> None:
    book: Book = shop.shop.book
    row = line_of(book, "20231115-0001")
    assert row is not None
    told = {key: row[key] for key in ("subject", "state", "why", "total_minor", "units", "withheld", "open_minor")}
    assert told == {
        "subject": "ana", "state": "paid", "why": "", "total_minor": 356, "units": 2, "withheld": 0, "open_minor": 0,
    }  # fmt: skip
    assert [step["kind"] for step in history_of(book, "20231115-0001")] == ["visit", "settlement", "payment-approved"]
    assert line_of(book, "20231115-0099") is None
    assert history_of(book, "20231115-0099") == []
