"""Receipts as a shopper holds them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import Paid, Receipt, State, receipt_json, receipt_text, sale_of
from edge.checkout.reasons import kind_of
from edge.checkout.roll import COLUMNS, both_ends, centred, width, wrapped
from edge.checkout.sale import make_sale
from edge.checkout.words import WORDS
from edge.ledger import Book, receipt_of
from edge.payment import on_reply, on_resolved, open_settlement, review_settlement
from edge.records import Cart, CartLine, Effect, LedgerEntry, PaymentReply
from edge.store import Store
from edge.visit import outcome_of
from tests.checkout.carts import carts, shops, traced
from tests.checkout.shops import DOLLARS, NOON_S, shop

CART = (
    CartLine("green-tea", 1, 0.98, ("g1-s1:1",)),
    CartLine("milk-bread", 1, 0.97, ("g1-s1:2",)),
    CartLine("onigiri-salmon", 2, 0.995, ("g1-s1:3", "g1-s1:5")),
    CartLine("umbrella", 1, 0.999, ("g1-s1:6",)),
    CartLine("battery-aa", 1, 0.55, ("g1-s1:7",)),
)
CHARGED = {"green-tea": 1, "milk-bread": 1, "onigiri-salmon": 2, "umbrella": 1}


def receipt(
    store: Store, state: State = "paid", charged: dict[str, int] = CHARGED, withheld: dict[str, int] | None = None
) -> Receipt:
    withheld = {"battery-aa": 1} if withheld is None else withheld
    sale = make_sale(store, "ana", charged, withheld, CART, NOON_S, "asked")
    return Receipt("v-0012", NOON_S, state, sale, "psp-3fa9c01b22d4" if state == "paid" else "")


JAPANESE = """\
           てぶらマート 谷中店
          東京都台東区谷中 3-1-1
         登録番号 T1234567890123

         レシート(適格簡易請求書)

2026年4月20日(月) 12:00      来店 v-0012
------------------------------------------
緑茶 600ml                          ¥151※
ふんわり生クリーム入りのメロンパン
5個入り                             ¥398※
おにぎり 鮭                         ¥356※
    ¥178 × 2
ビニール傘                        ¥1,100
------------------------------------------
合計 5点                          ¥2,005

 税率        対象額(税込)   うち消費税等
 8% ※                ¥905            ¥67
 10%               ¥1,100           ¥100
※ 印は軽減税率対象商品です。
------------------------------------------
請求していない商品
  単三アルカリ乾電池 4本 × 1
  確信が持てないため請求しておりません。
------------------------------------------
お支払いが完了しました。
取引番号 psp-3fa9c01b22d4

       ご来店ありがとうございました
"""

ENGLISH_WITHOUT_TAX = """\
           てぶらマート 谷中店
          東京都台東区谷中 3-1-1
     Registration no. T1234567890123

  Receipt (simplified qualified invoice)

20 Apr 2026 12:00           visit v-0012
------------------------------------------
Green tea 600 ml                    ¥151※
Melon bread, a bag of five          ¥398※
Salmon onigiri                      ¥356※
    ¥178 × 2
Umbrella                          ¥1,100
------------------------------------------
Subtotal                          ¥2,005
Tax                                 ¥182
Total 5 items                     ¥2,187

 Tax rate      Before tax            Tax
 8% ※                ¥905            ¥72
 10%               ¥1,100           ¥110
※ reduced tax rate
------------------------------------------
Not charged
  AA batteries (4) × 1
  We are not sure enough that you took
  this, so you do not pay for it.
------------------------------------------
Payment declined.
The amount is still open.

         Thank you, see you soon
"""

DOUBT = """\
           てぶらマート 谷中店
          東京都台東区谷中 3-1-1

       Under review: not a receipt

19 Apr 2026 23:00           visit v-0012
------------------------------------------
Umbrella                       $1,100.00
------------------------------------------
Total, not charged 1 item      $1,100.00

 Tax rate       Incl. tax   of which tax
 10%            $1,100.00        $100.00
------------------------------------------
We are not sure that it was you who left.
Staff are looking at this visit.
Nothing has been charged.

         Thank you, see you soon
"""


def test_a_receipt_in_japanese() -> None:
    assert receipt_text(receipt(shop())) == JAPANESE


def test_a_receipt_in_english_in_a_shop_whose_prices_come_without_tax() -> None:
    assert receipt_text(receipt(shop(prices_include_tax="false"), "declined"), "en") == ENGLISH_WITHOUT_TAX


def test_a_visit_under_review_gets_no_invoice() -> None:
    under = receipt(shop(**DOLLARS), "review", {"umbrella": 1}, {})
    assert receipt_text(replace(under, sale=replace(under.sale, reason="who left is only 60% sure"))) == DOUBT


LINE = CartLine("umbrella", 1, 0.98, ("g1-s1:6",))
UNSURE = CartLine("umbrella", 1, 0.5, ("g1-s1:6",))


@pytest.mark.parametrize(
    ("cart", "identity", "lost", "told"),
    [
        (LINE, 0.6, False, "We are not sure that it was you who left."),
        (LINE, 1.0, True, "Nobody saw you leave."),
        (UNSURE, 1.0, False, "We are not sure enough that you took all of this."),
    ],
)
def test_the_reason_of_a_review_is_told_truthfully(cart: CartLine, identity: float, lost: bool, told: str) -> None:
    """A visit of whose lines nobody doubts is not told that they are in doubt."""
    policy = shop().policy.model_copy(update={"below": "review"})
    outcome = outcome_of(Cart((cart,)), identity, policy, lost=lost)
    _, (entry,) = review_settlement(
        shop(), "v1", "ana", outcome.charged, outcome.withheld, outcome.lines, outcome.review, NOON_S
    )
    assert isinstance(entry, LedgerEntry)
    under = Receipt("v1", NOON_S, "review", sale_of(entry.body))
    for language in ("en", "ja"):
        text = receipt_text(under, language)
        said = [why for why in WORDS[language].reviews.values() if why[:20] in " ".join(text.split())]
        assert said == [WORDS[language].reviews[kind_of(outcome.review)]]
    assert told in " ".join(receipt_text(under, "en").split())


def test_what_a_person_decided_is_told_as_such() -> None:
    decided = receipt(shop(), "paid")
    text = receipt_text(replace(decided, sale=replace(decided.sale, decided_by="sato")), "en")
    assert "Staff have looked at this" in text
    assert "not sure" not in text
    assert "Staff have waived it" in receipt_text(receipt(shop(), "void"), "en")
    assert "Nothing to pay" in receipt_text(receipt(shop(), "void", {}), "en")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("state", get_args(State))
def test_every_state_is_told_in_every_language(state: State, language: str) -> None:
    text = receipt_text(receipt(shop(), state), language)
    assert all(width(line) <= COLUMNS for line in text.splitlines())


def test_money_that_is_kept_after_a_dispute_is_told_with_the_reference_with_which_it_was_taken() -> None:
    store = shop()
    told: list[Effect] = []
    settlement, effects = open_settlement(store, "v1", "ana", CHARGED, {}, CART, NOON_S, "k1")
    told += effects
    outcomes: tuple[Literal["declined", "approved"], ...] = ("declined", "approved")
    for outcome in outcomes:
        reply = PaymentReply(NOON_S + 9, NOON_S + 9, "v1", outcome, f"{outcome}-7")
        settlement, effects = on_reply(settlement, reply, store)
        told += effects
    _, effects = on_resolved(settlement, "kept", "sato", NOON_S + 60)
    with Book() as book:
        book.append(e for e in (*told, *effects) if isinstance(e, LedgerEntry))
        found = receipt_of(book, "v1")
    assert found is not None
    assert (found.state, found.reference) == ("paid", "approved-7")
    assert "Payment ref. approved-7" in receipt_text(found, "en")


def test_certainty_is_for_programs_and_never_on_paper() -> None:
    one = receipt(shop())
    told = receipt_json(one, "en")
    assert told == json.loads(json.dumps(told))
    assert told["lines"][0] == {  # type: ignore[index]
        "sku": "green-tea", "name": "Green tea 600 ml", "quantity": 1, "price_minor": 151, "amount_minor": 151,
        "discounts": [],
        "rate_bp": 800, "reduced": True, "certainty": 0.98, "what": 1.0, "who": 1.0,
        "events": ["g1-s1:1"],
    }  # fmt: skip
    assert told["withheld"][0]["certainty"] == 0.55  # type: ignore[index]
    assert told["at"] == "2026-04-20T12:00:00+09:00"
    assert (told["state"], told["total_minor"], told["currency"]) == ("paid", 2005, "JPY")
    assert "0.9" not in receipt_text(one, "en")


def test_a_shop_without_taxes_prints_none() -> None:
    store = shop()
    untaxed = receipt(store, charged={})
    assert "Tax" not in receipt_text(untaxed, "en")
    assert "Receipt (" not in receipt_text(untaxed, "en")


def test_a_language_nobody_wrote_falls_back_to_the_shops_own() -> None:
    assert receipt_text(receipt(shop()), "tlh") == JAPANESE
    assert "Thank you" in receipt_text(receipt(shop(languages='["tlh"]')))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_receipt_is_wider_than_the_roll_and_none_leaves_anything_out(data: st.DataObject) -> None:
    store = data.draw(shops())
    charged, withheld = data.draw(carts(store)), data.draw(carts(store))
    sale = make_sale(store, "ana", charged, withheld, traced(charged, withheld), NOON_S, "asked")
    for language in ("ja", "en"):
        text = receipt_text(Receipt("v" * 60, NOON_S, "paid", sale, "r" * 70), language)
        assert all(width(line) <= COLUMNS for line in text.splitlines())
        for line in sale.lines:
            assert f"{line.amount_minor:,}" in text
        assert "".join(text.split()).count("v" * 60) == 1


@given(st.text("a bあ弁́　×", max_size=200), st.integers(8, 60))
def test_wrapping_loses_nothing_but_white_space(text: str, columns: int) -> None:
    lines = wrapped(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line and width(line) <= columns for line in lines)


@pytest.mark.parametrize("language", WORDS)
def test_no_line_begins_with_what_ends_a_sentence(language: str) -> None:
    words = WORDS[language]
    for text in (
        *words.states.values(),
        *words.reviews.values(),
        words.why_not_charged,
        words.why_waived,
        words.waived,
    ):
        for indent in range(12):
            assert not [line for line in wrapped(text, indent=indent) if line.strip()[0] in "。、)."]


def test_wide_characters_take_two_columns() -> None:
    assert (width("abc"), width("ｱｲｳ"), width("緑茶"), width("が"), width("か\u3099")) == (3, 3, 4, 2, 2)
    assert centred("緑茶") == [" " * 19 + "緑茶"]
    assert both_ends("緑茶", "¥1") == ["緑茶" + " " * 34 + "¥1"]


@pytest.mark.parametrize(
    ("language", "told", "part", "back"),
    [
        ("en", "On your tab, to be paid by the month.", "On your tab tab-1", "Taken off your tab"),
        ("ja", "ツケ払いです。", "ツケ払い tab-1", "ツケから差し引き済み"),
    ],
)
def test_what_is_on_a_tab_is_neither_paid_nor_only_written_down(language: str, told: str, part: str, back: str) -> None:
    paid = receipt(shop())
    parts = (Paid(100, "tab-1"), Paid(paid.sale.total_minor - 100, "tab-2"))
    tabbed = replace(paid, reference="tab-2", payments=parts, taken_back=(("x", 1),), given_back_minor=100)
    text = receipt_text(tabbed, language)
    assert all(words in text for words in (told, part, back))
    for wrong in ("Paid", "no money", "お支払いが完了しました", "代金は支払われていません", "返金済み"):
        assert wrong not in text
    assert (receipt_json(tabbed)["on_tab"], receipt_json(tabbed)["moved_money"]) == (True, False)
    assert receipt_json(paid)["on_tab"] is False


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Recorded, and no money was moved:"), ("ja", "代金は支払われていません。")]
)
def test_a_shop_without_a_payment_provider_says_that_nobody_has_paid(language: str, told: str) -> None:
    store = shop()
    local = replace(receipt(store), reference="local-3fa9c01b22d4")
    text = receipt_text(local, language)
    assert told in text
    assert "Paid" not in text
    assert "お支払いが完了しました" not in text
    assert receipt_json(local)["moved_money"] is False
    assert receipt_json(receipt(store))["moved_money"] is True
