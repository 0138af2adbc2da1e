"""Coupons: given to one or to several, used at the exit by themselves, once; explained on the receipt."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.checkout import make_bill, receipt_text, sale_of
from edge.daemon.shop import RECORDINGS
from edge.journal import segments
from edge.ledger import Book, receipt_of
from edge.pricing import Coupon, Stay
from edge.records import LedgerEntry
from edge.store import BrokenStore
from edge.wire import encode_coupons_issued, open_recording
from simulator.replay import replay
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.daemon.test_reviews import VISIT
from tests.members.shops import Club, with_points
from tests.pricing.kiosk import BUNDLE, at, kiosk
from tests.typed import typed
from tests.web.shops import Corner

ONIGIRI = """
[[promotion]]
id = "onigiri-50"
name = "おにぎり50円引きクーポン"
name_en = "Onigiri coupon"
skus = ["onigiri-salmon"]
off = 50
coupon = true
per_member = 2
in_all = 3
"""
THANKS = """
[[promotion]]
id = "thanks"
name = "Thank you"
off = 30
coupon = true
issued_from = 300
days = 30
"""
DAY = at("2026-04-20 12:00")


@pytest.fixture
def shop(tmp_path: Path) -> Club:
    return Club(tmp_path, more=ONIGIRI)


def issue(shop: Club, *subjects: str, promotion: str = "onigiri-50", until: str = "", by: str = "sato") -> Any:
    return shop.order(
        do="coupon", what="issue", promotion=promotion, subjects=list(subjects), until=until, by=by, reason="spring"
    )


def held(shop: Club, subject: str = "ana") -> list[str]:
    return [coupon.promotion for coupon in shop.driver_coupons(subject)]


def test_it_is_used_at_the_exit_once_and_the_receipt_says_why(shop: Club) -> None:
    shop.open()
    assert issue(shop, "ana", until="2023-12-31")["written"]
    shop.play(0.0, 18.0)
    shop.settle()
    (settled,) = shop.entries("settlement")
    sale = sale_of(settled.body)
    assert (shop.charges(), sale.total_minor) == ([306], 306)  # one of the two onigiri: a coupon is good once
    (used,) = shop.entries("coupon-used")
    assert (used.body["coupon"], used.body["amount_minor"]) == (sale.coupons[0].id, 50)
    assert held(shop) == []
    receipt = receipt_of(shop.shop.book, VISIT)
    assert receipt is not None
    assert "Onigiri coupon" in receipt_text(receipt, "en")
    assert "おにぎり50円引きクーポン" in receipt_text(receipt, "ja")
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_without_one_it_costs_what_it_costs_and_one_that_is_over_is_none(shop: Club) -> None:
    shop.open()
    said = encode_coupons_issued(shop.at_s, "onigiri-50", ["ana"], "sato", "2023-11-14", "")  # the day before
    shop.shop.ear.hear("shop/coupon/issued", said)
    shop.work()
    shop.play(0.0, 18.0)
    shop.settle()
    assert (shop.charges(), held(shop)) == ([356], ["onigiri-50"])
    shop.shop.close()


def test_limits_strangers_and_what_is_no_coupon_are_refused_and_nothing_is_half_done(shop: Club) -> None:
    shop.open()
    before = shop.shop.book.head()
    for subjects, more, told in (
        (("ana", "bo"), {}, "bo is no member"),
        (("ana", "ana"), {}, "each once"),
        (("ana",), {"promotion": "moon"}, "no coupon of this shop"),
        (("ana",), {"until": "soon"}, "is no day"),
        (("ana",), {"until": "2023-11-14"}, "is over already"),
        (("ana",), {"by": ""}, "has a name"),
    ):
        assert told in issue(shop, *subjects, **more)["error"]
    assert shop.shop.book.head() == before
    issue(shop, "ana")
    issue(shop, "ana")
    assert "per_member" in issue(shop, "ana")["error"]
    (first, _) = shop.driver_coupons("ana")
    gone = shop.order(do="coupon", what="revoke", coupon=first.id, by="sato", reason="a mistake")
    assert (gone["subject"], held(shop)) == ("ana", ["onigiri-50"])
    assert "nobody holds" in shop.order(do="coupon", what="revoke", coupon=first.id, by="sato", reason="x")["error"]
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize("cut_s", [9.0, 13.2, 17.9])
def test_a_kill_uses_it_neither_twice_nor_not_at_all_and_a_replay_says_the_same(shop: Club, cut_s: float) -> None:
    shop.open()
    issue(shop, "ana")
    shop.play(0.0, cut_s)
    shop.leave_as_killed()
    shop.open()
    shop.play(cut_s, 18.0)
    shop.settle()
    if shop.stands() == "review":
        shop.decide("charge")
        shop.settle()
    assert (shop.charges(), held(shop), len(shop.entries("coupon-used"))) == ([306], [], 1)
    shop.leave_as_killed()
    shop.open()
    assert held(shop) == []
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_replay_comes_to_the_same_book_and_the_book_alone_knows_who_holds_what(shop: Club) -> None:
    shop.open()
    issue(shop, "ana")
    issue(shop, "ana")
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    again = Book()
    replay(open_recording(segment), book=again)
    with shop.closed_book() as kept:
        assert list(again.export()) == list(kept.export())
    for path in (shop.state / RECORDINGS).iterdir():
        path.unlink()
    shop.open()
    assert held(shop) == ["onigiri-50"]
    assert "per_member" in issue(shop, "ana")["error"]
    shop.shop.close()


def test_a_purchase_gives_one_and_takes_it_back_with_the_goods(tmp_path: Path) -> None:
    shop = Club(tmp_path, more=ONIGIRI + THANKS)
    shop.open()
    issue(shop, "ana")
    shop.play(0.0, 18.0)
    shop.settle()
    (coupon,) = shop.driver_coupons("ana")
    assert (coupon.promotion, coupon.until.isoformat()) == ("thanks", "2023-12-15")
    shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={"onigiri-salmon": 1}, reason="return")
    assert held(shop) == ["thanks"]
    shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={}, reason="return")
    assert held(shop) == ["onigiri-50"], "what was used is good once more, what was given is not"
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_who_holds_what_at_a_terminal(shop: Club, tmp_path: Path) -> None:
    shop.visit()
    issue(shop, "ana")
    where = ("--store", tmp_path / "store", "--state", shop.state)
    (row,) = json.loads(typed("coupon", "list", *where, "--json").stdout)
    assert (row["subject"], row["promotion"], row["until"]) == ("ana", "onigiri-50", "")
    assert "onigiri-50" in typed("coupon", "list", *where).stdout
    assert "say to whom" in typed("coupon", "issue", "onigiri-50", *where).stderr
    assert "has bought green-tea" in typed("coupon", "issue", "onigiri-50", "--bought", "green-tea", *where).stderr
    shop.shop.close()


def test_a_thousand_buyers_are_given_one_and_who_was_deleted_is_none_of_them(tmp_path: Path) -> None:
    """Through the desk, all in one go, from a book in which one of them is a member no more."""
    buyers = [f"member-{number:04}-{'x' * 50}" for number in range(1200)]
    bought = {"lines": [{"sku": "onigiri-salmon", "quantity": 1}]}
    with Corner(tmp_path, store_toml=with_points(more=ONIGIRI.replace("in_all = 3\n", ""))) as corner:
        with Members(corner.state / MEMBERS) as members:
            for who in buyers:
                members.add(who, b"", "member", OPENS_S)
        entries = [LedgerEntry(f"s:{who}", OPENS_S, "settlement", "", bought | {"subject": who}) for who in buyers]
        corner.do(lambda running: running.shop.book.append(entries))

        def known() -> bool:
            corner.do(lambda running: running.pass_s(1))
            return len(corner.running.shop.driver.state.gate.members) >= len(buyers)

        until(known, "the shop has heard of all of them")
        where = ("--store", corner.folder, "--state", corner.state)
        assert typed("member", "delete", buyers[7], "--yes", *where).returncode == 0
        done = typed("coupon", "issue", "onigiri-50", "--bought", "onigiri-salmon", *where)
        assert done.stdout.startswith("1199 members: a coupon"), done.stderr


def coupon(promotion: str) -> Coupon:
    return Coupon(f"coupon:{promotion}", promotion, date(2030, 1, 1))


def test_one_that_does_not_stack_is_had_with_no_other_promotion() -> None:
    """Three onigiri are 534; two for 300 make 478. The coupon of 100 off alone makes 434, and both would make 378."""
    for stacks, total in (("", 434), ("stacks = true\n", 378)):
        store = kiosk(promotions=BUNDLE + f'[[promotion]]\nid = "c"\nname = "c"\noff = 100\ncoupon = true\n{stacks}')
        stay = Stay(DAY, DAY, "ana", member=True, coupons=(coupon("c"),))
        day = date(2026, 4, 20)
        assert make_bill(store, {"onigiri-salmon": 3}, day, stay).total_minor == total
        assert make_bill(store, {"onigiri-salmon": 3}, day, Stay(DAY, DAY, "ben", member=True)).total_minor == 478
        assert make_bill(store, {"tobacco": 1}, day, stay).total_minor == 600, "none on goods of a fixed price"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("off = 50\ncoupon = true\nstacks = true\nleast = 500\n", "first and second are both for whole baskets"),
        ("off = 50\nstacks = true\n", "is for coupons"),
        ("off = 50\ncoupon = true\ndays = 3\n", "issued_from"),
        ('skus = ["green-tea"]\noff = 50\ncoupon = true\nmost = 3\n', "each is good once"),
        ('skus = ["tobacco"]\noff = 50\ncoupon = true\n', "fixed price"),
    ],
)
def test_what_contradicts_itself_or_another_is_refused_by_name(more: str, told: str) -> None:
    first = '[[promotion]]\nid = "first"\nname = "a"\npercent = 5\ncoupon = true\nstacks = true\n'
    with pytest.raises(BrokenStore, match=told):
        kiosk(promotions=f'{first}[[promotion]]\nid = "second"\nname = "b"\n{more}')
