"""More than a hundred thousand messages that nobody should have sent: counted by kind, no crash, no charge."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import LedgerEntry
from edge.wire import Heard, open_recording
from tests.core.garbage import KINDS, Garbage
from tests.core.mornings import ANA_AT_THE_FRIDGE, SHOP, entries_of, hear_all, story_of

AT_LEAST = 100_000
MONEY = ("settlement", "review", "payment-approved", "payment-declined", "payment-contradiction")


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(story_of(ANA_AT_THE_FRIDGE, tmp_path_factory.mktemp("fuzz") / "ana.mcap")))


def money(book: Book) -> list[LedgerEntry]:
    """Whatever charges, settles or pays."""
    return [e for e in entries_of(book) if e.kind in MONEY or e.postings]


@pytest.fixture(scope="module")
def undisturbed(ana: list[Heard]) -> list[LedgerEntry]:
    with Book() as book:
        hear_all(SHOP, ana, book)
        return money(book)


def test_ana_pays_for_what_she_took(undisturbed: list[LedgerEntry]) -> None:
    settlement, paid = undisturbed
    assert (settlement.kind, settlement.body["total_minor"], paid.kind) == ("settlement", 776, "payment-approved")


def test_a_hundred_thousand_wrong_messages(ana: list[Heard], undisturbed: list[LedgerEntry]) -> None:
    garbage, sent, refused = Garbage(20260101), Counter[str](), Counter[str]()
    each = AT_LEAST // len(ana) + 1
    with Book() as book, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, about 1e300 grams
        driver = Driver(SHOP, book=book, provider=LocalProvider())
        for real in ana:
            driver.hear(real)
            for kind, wrong in garbage.after(real, each, KINDS):
                sent[kind.name] += 1
                before = dict(driver.state.refused)
                driver.hear(wrong)
                new = {r for r, n in driver.state.refused.items() if n != before.get(r, 0)}
                refused.update(new)
                assert new <= set(kind.refused), (kind.name, wrong)
                assert new or not kind.refused, (kind.name, wrong)
        driver.finish()
        assert sent.total() >= AT_LEAST
        assert set(sent) == {kind.name for kind in KINDS}
        assert driver.state.refused == dict(refused), "every refusal is counted once, by kind"
        assert driver.state.floor.late > 1000
        assert sum(shelf.late for shelf in driver.state.shelves.values()) > 1000
        assert money(book) == undisturbed
        assert not book.prove()
