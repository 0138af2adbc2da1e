"""Ana's points: what she earns and spends by what she takes, and what becomes of it when something is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members
from edge.checkout import receipt_json, receipt_text, sale_of
from edge.daemon.shop import RECORDINGS
from edge.facts.points import statement_of
from edge.journal import segments
from edge.ledger import Book, receipt_of
from edge.wire import open_recording
from simulator.replay import replay
from tests.corner import OPENS_S
from tests.daemon.test_reload import Running
from tests.daemon.test_reviews import VISIT
from tests.members.shops import KEY, Club, with_points


@pytest.fixture
def shop(tmp_path: Path) -> Club:
    return Club(tmp_path)


def printed(shop: Club, language: str) -> str:
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    return receipt_text(receipt, language)


def test_she_earns_a_point_for_every_hundred_yen_and_the_receipt_says_so(shop: Club) -> None:
    shop.visit()
    assert (shop.points(), shop.charges()) == (3, [356])
    (entry,) = shop.entries("points-earned")
    assert (entry.key, entry.body) == (
        f"points-earned:{VISIT}", {"subject": "ana", "points": 3, "balance": 3, "until": "2024-11-14"},
    )  # fmt: skip
    assert shop.shop.book.balance("points-issued") == 3
    english, japanese = printed(shop, "en"), printed(shop, "ja")
    assert all(text in english for text in ("Points earned", "+3 pt", "good until", "Nov 14, 2024", "Points you have"))
    assert all(text in japanese for text in ("今回のポイント", "+3 P", "2024/11/14", "ポイント残高"))
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert receipt_json(receipt)["points"] == {
        "spent": 0, "earned": 3, "until": "2024-11-14", "given_back": 0, "taken_back": 0, "balance": 3,
    }  # fmt: skip
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_whoever_the_shop_does_not_know_earns_nothing(tmp_path: Path) -> None:
    shop = Club(tmp_path)
    (shop.state / FILE).unlink()
    shop.visit()
    assert (shop.points(), shop.charges(), shop.entries("points-earned")) == (0, [356], [])
    shop.shop.close()


def test_what_she_has_comes_off_at_the_exit_as_a_discount(shop: Club) -> None:
    shop.open()
    assert shop.adjust(100)["balance"] == 100
    shop.play(0.0, 18.0)
    shop.settle()
    (settled,) = shop.entries("settlement")
    sale = sale_of(settled.body)
    assert (sale.total_minor, sale.spent) == (256, 100)
    assert [(group.gross_minor, group.tax_minor) for group in sale.rates] == [(256, 18)]
    assert (shop.charges(), shop.points()) == ([256], 2)
    english = printed(shop, "en")
    assert "Discount for points" in english
    assert "-¥100" in english
    assert "ポイント値引き" in printed(shop, "ja")
    lines = statement_of(shop.shop.book, "ana")["lines"]
    assert [(line["what"], line["points"], line["balance"]) for line in lines] == [
        ("adjusted", 100, 100), ("spent", -100, 0), ("earned", 2, 2),
    ]  # fmt: skip
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_something_is_left_to_pay_that_a_provider_can_move(shop: Club) -> None:
    shop.open()
    shop.adjust(1000)
    shop.play(0.0, 18.0)
    shop.settle()
    assert (shop.charges(), shop.points()) == ([50], 1000 - 306)
    shop.shop.close()


def test_what_goes_back_brings_points_back_and_takes_off_what_it_earned(shop: Club) -> None:
    shop.open()
    shop.adjust(100)
    shop.play(0.0, 18.0)
    shop.settle()
    shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={"onigiri-salmon": 1}, reason="return")
    assert shop.points() == 2 + 50 - 1
    shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={}, reason="return")
    shop.settle()
    assert shop.points() == 100
    assert [e.body["given_back"] for e in shop.entries("points-returned")] == [50, 50]
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert (receipt.given_back_minor, receipt.points and receipt.points.taken_back) == (256, 2)
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_nobody_is_below_nothing_what_is_missing_is_forgiven(shop: Club) -> None:
    shop.visit()
    assert shop.adjust(-3, reason="a prize")["balance"] == 0
    shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={}, reason="correction")
    (entry,) = shop.entries("points-returned")
    assert (entry.body["taken_back"], entry.body["forgiven"], shop.points()) == (0, 3, 0)
    assert "takes off more" in shop.adjust(-1)["error"]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_what_is_not_spent_in_time_ends_at_midnight(tmp_path: Path) -> None:
    shop = Club(tmp_path, days=1)
    shop.visit()
    assert shop.points() == 3
    shop.at_s += 86_400.0 + 3600.0  # it was a quarter past seven in the morning: the next day is not over
    shop.pass_s(2)
    assert shop.points() == 3
    shop.at_s += 86_400.0
    shop.pass_s(2)
    (entry,) = shop.entries("points-expired")
    assert (shop.points(), entry.body) == (0, {"subject": "ana", "points": 3, "balance": 0, "until": "2023-11-16"})
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_review_earns_when_somebody_has_decided_and_a_write_off_earns_nothing(shop: Club) -> None:
    shop.leave()
    assert shop.points() == 0
    shop.adjust(100)
    shop.decide("charge")
    shop.settle()
    assert (shop.charges(), shop.points()) == ([256], 2)
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_debt_that_is_written_off_earned_nothing_and_debtors_spend_nothing(shop: Club) -> None:
    shop.open({"ana": "decline"})
    shop.adjust(100)
    shop.play(0.0, 18.0)
    shop.settle()
    assert (shop.points(), shop.stands()) == (2, "declined")
    shop.decide("waive")
    assert (shop.points(), shop.stands()) == (0, "void")
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize("cut_s", [0.7, 9.0, 13.2, 15.0, 17.9])
def test_a_kill_neither_loses_nor_doubles_a_point(shop: Club, cut_s: float) -> None:
    shop.open()
    shop.adjust(100)
    shop.play(0.0, cut_s)
    shop.leave_as_killed()
    shop.open()
    shop.play(cut_s, 18.0)
    shop.settle()
    if shop.stands() == "review":  # nobody looked for a second
        shop.decide("charge")
        shop.settle()
    assert (shop.charges(), shop.points()) == ([256], 2)
    assert [e.key for e in shop.entries("points-earned", "points-spent")] == [
        f"points-spent:{VISIT}", f"points-earned:{VISIT}",
    ]  # fmt: skip
    shop.leave_as_killed()
    shop.open()
    assert shop.points() == 2
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_who_has_only_the_book_knows_every_point(shop: Club) -> None:
    shop.visit()
    shop.adjust(40)
    shop.shop.close()
    for path in (shop.state / RECORDINGS).iterdir():
        path.unlink()
    for path in shop.state.glob("*checkpoint*"):
        path.unlink()
    shop.open()
    assert shop.points() == 43
    shop.shop.close()


def test_a_replay_comes_to_the_same_book(shop: Club) -> None:
    shop.visit()
    shop.adjust(40)
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    again = Book()
    replay(open_recording(segment), book=again)
    with shop.closed_book() as kept:
        assert list(again.export()) == list(kept.export())


def test_a_reload_begins_to_give_points_and_whoever_is_inside_keeps_what_they_were_promised(tmp_path: Path) -> None:
    shop = Running(tmp_path)
    shop.state.mkdir(exist_ok=True)
    with Members(shop.state / FILE) as members:
        members.add("ana", KEY, "member", OPENS_S - 60.0)
    shop.open()
    shop.play(0.0, 5.0)
    assert shop.reload(store_toml=with_points())["changed"] == ["store.toml"]
    shop.play(5.0, 18.0)
    shop.settle()
    assert shop.entries("points-earned") == []
    assert shop.shop.store.offers.points is not None
    assert shop.shop.book.prove() == []
    shop.shop.close()
