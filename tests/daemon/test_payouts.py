"""What the provider has paid out stands in the book when a person says so, and never twice what it owes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.daemon.shop import LEDGER, RECORDINGS
from edge.journal import segments
from edge.ledger import Book
from edge.wire import open_recording
from simulator.replay import replay
from tests.daemon.test_reviews import Reviewed
from tests.typed import typed


@pytest.fixture
def shop(tmp_path: Path) -> Reviewed:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    return shop


def test_it_goes_from_the_provider_to_the_bank_and_a_replay_says_the_same(shop: Reviewed) -> None:
    answer = shop.order(do="payout", amount="300", fee="11", by="sato", note="STRIPE 1115")
    assert (answer["amount_minor"], answer["fee_minor"], answer["owed_minor"], answer["written"]) == (300, 11, 45, True)
    book = shop.shop.book
    assert [book.balance(a) for a in ("bank", "fees:provider", "provider:payments")] == [300, 11, 45]
    (entry,) = shop.entries("payout")
    assert (entry.body["decided_by"], entry.body["note"]) == ("sato", "STRIPE 1115")
    assert book.prove() == []
    shop.leave_as_killed()
    shop.open()
    assert shop.shop.book.balance("bank") == 300
    shop.shop.close()
    with Book() as again:
        replay(open_recording(segments(shop.state / RECORDINGS)[0]), book=again)
        assert again.balance("bank") == 300


@pytest.mark.parametrize(
    ("amount", "fee", "by", "told"),
    [
        ("357", "0", "sato", "the provider owes 356 JPY, and this is more"),
        ("350", "7", "sato", "the provider owes 356 JPY, and this is more"),
        ("0", "0", "sato", "more than nothing"),
        ("1", "0", "", "has a name"),
        ("3.5", "0", "sato", "0 digits behind the point"),
        ("-3", "0", "sato", "is no amount"),
        ("much", "0", "sato", "Write it like 12345"),
        ("NaN", "0", "sato", "is no amount"),
        ("1e999999", "0", "sato", "is no amount"),
    ],
)
def test_what_cannot_be_is_not_booked(shop: Reviewed, amount: str, fee: str, by: str, told: str) -> None:
    assert told in shop.order(do="payout", amount=amount, fee=fee, by=by)["error"]
    assert shop.entries("payout") == []
    shop.shop.close()


def test_a_changed_payout_is_found(shop: Reviewed) -> None:
    shop.order(do="payout", amount="300", by="sato")
    shop.shop.close()
    with Book() as forged:
        for written in Book(shop.state / "ledger.db", read_only=True).entries():
            entry = written.entry
            if entry.kind == "payout":
                entry.body["amount_minor"] = 200
            forged.append([entry])
        assert any("its postings should be bank +200" in str(fault) for fault in forged.prove())


def test_the_command_needs_a_shop_that_runs(shop: Reviewed, tmp_path: Path) -> None:
    shop.shop.close()
    where = ("--store", str(tmp_path / "store"), "--state", str(shop.state))
    assert "no shop" in typed("payment", "payout", "300", *where).stderr.lower()


def test_what_waits_for_the_disk_is_not_booked_a_second_time(shop: Reviewed) -> None:
    """What the provider owes is told by the book, and the book does not know yet of what was booked last."""
    other = sqlite3.connect(shop.state / LEDGER, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    shop.shop.book._db.execute("PRAGMA busy_timeout = 0")
    assert shop.order(do="payout", amount="356", by="sato")["written"] is False
    assert "the disk does not take the book" in str(shop.order(do="payout", amount="356", by="sato")["error"])
    other.execute("ROLLBACK")
    other.close()
    shop.settle()
    assert len(shop.entries("payout")) == 1
    assert shop.shop.book.balance("provider:payments") == 0
    assert shop.shop.book.prove() == []
    shop.shop.close()
