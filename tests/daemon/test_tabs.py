"""A shop whose members pay by the month: what they take goes on their tab, and what they pay of it is in the book."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from edge.checkout import receipt_json, receipt_text
from edge.daemon.shop import LEDGER, PAYMENTS, RECORDINGS
from edge.facts.tabs import statement_of
from edge.facts.visits import line_of
from edge.journal import segments
from edge.ledger import Book, receipt_of
from edge.ledger.sales import sold_on
from edge.paying import Payment
from edge.site import Site
from edge.web.shopper.told import Voice
from edge.wire import open_recording
from simulator.replay import replay
from tests.daemon.test_reviews import VISIT, Reviewed
from tests.typed import typed

ACCOUNTS = ("tab:ana", "receivable:ana", "refundable:ana", "provider:payments")
ON_THE_TAB = Site(payment=Payment(tab=True))


@pytest.fixture
def shop(tmp_path: Path) -> Reviewed:
    shop = Reviewed(tmp_path)
    shop.site = ON_THE_TAB
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    return shop


def stands(shop: Reviewed) -> list[int]:
    return [shop.shop.book.balance(account) for account in ACCOUNTS]


def settle(shop: Reviewed, amount: str, how: str = "payroll", by: str = "sato", who: str = "ana") -> dict[str, object]:
    return shop.order(do="settle", subject=who, amount=amount, how=how, by=by, note="November")


def test_what_she_takes_goes_on_her_tab_and_the_receipt_says_so(shop: Reviewed) -> None:
    assert stands(shop) == [356, 0, 0, 0]
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert receipt.reference.startswith("tab-")
    for language, told in (("en", "On your tab, to be paid by the month."), ("ja", "ツケ払いです。")):
        text = receipt_text(receipt, language)
        assert told in text
        assert "no money" not in text
        assert "代金は支払われていません" not in text
    assert (receipt_json(receipt)["on_tab"], receipt_json(receipt)["moved_money"]) == (True, False)
    assert Voice(shop.store, "ja")._state(receipt) == "ツケ払いです。月ごとにお支払いください。"
    sold = sold_on(shop.shop.book, receipt.sale.day, "Asia/Tokyo")
    assert (sold.tab_minor, sold.unmoved_minor) == (356, 0)
    row = line_of(shop.shop.book, VISIT)
    assert row is not None
    assert row["on_tab"]
    assert "members' tabs" in shop.order(do="status")["money"]
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(
    ("how", "account"),
    [("payroll", "payroll"), ("transfer", "bank"), ("cash", "cash"), ("written-off", "written-off:tabs")],
)
def test_what_she_pays_of_it_comes_off_and_a_replay_says_the_same(shop: Reviewed, how: str, account: str) -> None:
    answer = settle(shop, "300", how)
    assert (answer["amount_minor"], answer["open_minor"], answer["written"]) == (300, 56, True)
    assert (shop.shop.book.balance(account), stands(shop)) == (300, [56, 0, 0, 0])
    (entry,) = shop.entries("tab-settled")
    assert (entry.body["decided_by"], entry.body["note"]) == ("sato", "November")
    assert shop.shop.book.prove() == []
    shop.leave_as_killed()
    shop.open()
    assert shop.shop.book.balance("tab:ana") == 56
    live = list(shop.shop.book.export())
    shop.shop.close()
    with Book() as again:
        replay(open_recording(segments(shop.state / RECORDINGS)[0]), book=again)
        assert [line for line in again.export() if b'"tab' in line] == [line for line in live if b'"tab' in line]
        assert again.balance("tab:ana") == 56


def test_a_refund_goes_back_onto_the_tab_also_when_the_shop_keeps_none_any_more(shop: Reviewed) -> None:
    shop.shop.close()
    shop.site = Site()
    shop.open()
    shop.order(do="decide", visit=VISIT, verdict="refund", reason="return", by="sato", lines={"onigiri-salmon": 1})
    shop.settle()
    assert stands(shop) == [178, 0, 0, 0]
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert "Taken off your tab" in receipt_text(receipt, "en")
    told = statement_of(shop.shop.book, "ana")
    assert [(line["what"], line["amount_minor"]) for line in told["lines"]] == [("visit", 356), ("refund", -178)]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_what_was_only_written_down_is_not_on_the_tab_that_comes_later(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    shop.site = ON_THE_TAB
    shop.open()
    shop.order(do="decide", visit=VISIT, verdict="refund", reason="return", by="sato", lines={})
    shop.settle()
    assert stands(shop) == [0, 0, 0, 0]
    assert (shop.state / PAYMENTS).read_bytes().count(b'"tab":false') == 2
    shop.shop.close()


def test_what_is_written_off_has_a_reason_and_a_sum_of_its_own(shop: Reviewed) -> None:
    order = {"do": "settle", "subject": "ana", "amount": "56", "how": "written-off", "by": "sato"}
    assert "for a reason" in str(shop.order(**order, note=" ")["error"])
    assert shop.entries("tab-settled") == []
    settle(shop, "300")
    assert shop.order(**order, note="moved away")["open_minor"] == 0
    told = statement_of(shop.shop.book, "ana")
    assert (told["settled_minor"], told["written_off_minor"], told["open_minor"]) == (300, 56, 0)
    assert [(line["what"], line["note"]) for line in told["lines"]][1:] == [
        ("settlement", "November"), ("write-off", "moved away"),
    ]  # fmt: skip
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(
    ("amount", "how", "by", "who", "told"),
    [
        ("357", "cash", "sato", "ana", "356 JPY are open on ana's tab, and this is more"),
        ("1", "cash", "sato", "bo", "0 JPY are open on bo's tab, and this is more"),
        ("0", "cash", "sato", "ana", "more than nothing"),
        ("1", "barter", "sato", "ana", "Say payroll or transfer or cash or written-off"),
        ("1", "cash", "", "ana", "has a name"),
        ("3.5", "cash", "sato", "ana", "0 digits behind the point"),
        ("-3", "cash", "sato", "ana", "is no amount"),
        ("much", "cash", "sato", "ana", "Write it like 12345"),
    ],
)
def test_what_cannot_be_is_not_booked(shop: Reviewed, amount: str, how: str, by: str, who: str, told: str) -> None:
    assert told in str(settle(shop, amount, how, by, who)["error"])
    assert shop.entries("tab-settled") == []
    shop.shop.close()


def test_it_is_not_paid_twice(shop: Reviewed) -> None:
    settle(shop, "356")
    assert "0 JPY are open" in str(settle(shop, "356")["error"])
    assert len(shop.entries("tab-settled")) == 1
    shop.shop.close()


@pytest.mark.parametrize(
    ("fact", "value", "told"),
    [
        ("amount_minor", 200, "its postings should be payroll +200"),
        ("how", "cash", "its postings should be cash +300"),
        ("subject", "bo", "tab:bo -300"),
        ("how", "barter", "tells no settlement of a tab"),
        ("amount_minor", 0, "tells no settlement of a tab"),
    ],
)
def test_a_changed_settlement_is_found(shop: Reviewed, fact: str, value: object, told: str) -> None:
    settle(shop, "300")
    shop.shop.close()
    with Book() as forged:
        for written in Book(shop.state / "ledger.db", read_only=True).entries():
            if written.entry.kind == "tab-settled":
                written.entry.body[fact] = value
            forged.append([written.entry])
        assert any(told in str(fault) for fault in forged.prove())


def test_who_paid_more_than_was_open_is_found(shop: Reviewed) -> None:
    settle(shop, "356")
    (entry,) = shop.entries("tab-settled")
    shop.shop.close()
    with Book() as forged:
        forged.append([entry])
        assert any("pays more than was open on tab:ana" in str(fault) for fault in forged.prove())


def test_the_month_is_told_by_the_shops_own_clock(shop: Reviewed, tmp_path: Path) -> None:
    settle(shop, "300")
    shop.shop.close()
    where = ("--store", str(tmp_path / "store"), "--state", str(shop.state))
    (row,) = json.loads(typed("payment", "tab", *where, "--month", "2023-11", "--json").stdout)
    sums = {
        "brought_minor": 0,
        "put_on_minor": 356,
        "given_back_minor": 0,
        "settled_minor": 300,
        "written_off_minor": 0,
    }
    sums["open_minor"] = 56
    assert row == {"subject": "ana", "currency": "JPY", **sums}
    (row,) = json.loads(typed("payment", "tab", *where, "--month", "2023-12", "--json").stdout)
    assert (row["brought_minor"], row["put_on_minor"], row["open_minor"]) == (56, 0, 56)
    assert "Nobody has anything" in typed("payment", "tab", *where, "--month", "2023-10").stdout
    assert typed("payment", "tab", *where, "--csv").stdout == (
        "subject,currency,brought,put_on,given_back,settled,written_off,open\nana,JPY,0,356,0,300,0,56\n"
    )
    lines = typed("payment", "tab", "ana", *where, "--csv").stdout.splitlines()
    assert lines[0] == "when,what,visit,amount,how,by,note"
    assert [line.split(",")[1:] for line in lines[1:]] == [
        ["visit", VISIT, "356", "", "", ""], ["settlement", "", "-300", "payroll", "sato", "November"],
    ]  # fmt: skip
    text = typed("payment", "tab", "ana", *where).stdout
    assert VISIT in text
    assert "56 JPY" in text
    for words, told in (
        (("bo",), "nothing was ever put on a tab of bo's"),
        (("--month", "2023-13"), "is no month"),
        (("--json", "--csv"), "not both"),
    ):
        assert told in typed("payment", "tab", *words, *where).stderr
    assert "no shop" in typed("payment", "settle", "ana", "1", "--how", "cash", *where).stderr.lower()


def test_what_waits_for_the_disk_is_not_paid_a_second_time(shop: Reviewed) -> None:
    """What is open is told by the book, and the book does not know yet of what was paid last."""
    other = sqlite3.connect(shop.state / LEDGER, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    shop.shop.book._db.execute("PRAGMA busy_timeout = 0")
    assert settle(shop, "356")["written"] is False
    assert "the disk does not take the book" in str(settle(shop, "356")["error"])
    other.execute("ROLLBACK")
    other.close()
    shop.settle()
    assert len(shop.entries("tab-settled")) == 1
    assert stands(shop) == [0, 0, 0, 0]
    assert shop.shop.book.prove() == []
    shop.shop.close()
