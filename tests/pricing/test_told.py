"""What is told of moved prices: on receipts, in the live cart, in the book, and by whoever decides a day later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.checkout import Receipt, receipt_json, receipt_text, sale_of, shown_sum
from edge.ledger.canon import FIRST_HASH, Written, chained
from edge.ledger.proof import Proof
from edge.payment import on_reviewed, open_settlement, review_settlement, settlement_of
from edge.pricing import Stay
from edge.records import LedgerEntry
from tests.checkout.carts import traced
from tests.pricing.kiosk import BUNDLE, COUPON, EVENING, at, kiosk

ENTERED, TAKEN, LEFT = at("2026-04-20 18:50"), at("2026-04-20 19:10"), at("2026-04-20 19:20")
STORE = kiosk(EVENING, BUNDLE + COUPON)
CART = {"onigiri-salmon": 3, "milk-bread": 1, "umbrella": 1, "tobacco": 1}
STAY = Stay(ENTERED, LEFT, "ana", taken={"milk-bread": ((TAKEN, 1),)})


def settled() -> LedgerEntry:
    _, (entry, *_) = open_settlement(STORE, "v1", "ana", CART, {}, traced(CART), LEFT, stay=STAY)
    assert isinstance(entry, LedgerEntry)
    return entry


def printed(language: str) -> list[str]:
    text = receipt_text(Receipt("v1", LEFT, "paid", sale_of(settled().body)), language)
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_receipt_says_what_is_off_and_why() -> None:
    told = printed("en")
    assert told[told.index("Melon bread, a bag of five ¥398※") + 1] == "Evening markdown -¥100"
    assert told[told.index("Salmon onigiri ¥534※") + 1 :][:2] == ["¥178 × 3", "Two onigiri for 300 -¥56"]
    assert "100 yen off -¥100" in told
    # 478 + 298 + 1100 + 600, less 100
    assert "Total 6 items ¥2,376" in told


def test_a_japanese_receipt_says_it_in_the_shops_own_words() -> None:
    told = printed("ja")
    assert {"夜の値引き -¥100", "おにぎり2個300円 -¥56", "100円引きクーポン -¥100"} <= set(told)


def test_programs_are_told_each_lines_part() -> None:
    lines = receipt_json(Receipt("v1", LEFT, "paid", sale_of(settled().body)), "en")["lines"]
    found = {line["sku"]: line["discounts"] for line in lines}  # type: ignore[attr-defined]
    assert found["tobacco"] == []
    assert found["milk-bread"] == [
        {"kind": "marked", "amount_minor": 100, "id": "", "name": "Evening markdown"},
        {"kind": "basket", "amount_minor": 16, "id": "hundred-off", "name": "100 yen off"},
    ]


def test_the_cart_that_is_shown_comes_to_what_the_bill_says() -> None:
    assert shown_sum(STORE, CART, STAY) == {"total": sale_of(settled().body).total_minor, "saved": 256}


def proof_of(*entries: LedgerEntry) -> list[str]:
    proof, before = Proof(), FIRST_HASH
    for seq, entry in enumerate(entries, start=1):
        before = chained(before, seq, entry)
        proof.take(Written(seq, entry, before))
    return [fault.what for fault in proof.faults]


@pytest.mark.parametrize(
    ("sku", "discount", "amount", "told"),
    [
        ("milk-bread", 0, 101, "milk-bread: 1 x 398 less 117 is not 282"),
        ("milk-bread", 1, 15, "what is off the whole basket is not split over its lines by what they cost"),
        ("onigiri-salmon", 0, -56, "onigiri-salmon: a discount pays out, or takes nothing off"),
    ],
)
def test_the_proof_finds_a_discount_that_was_changed(sku: str, discount: int, amount: int, told: str) -> None:
    entry = settled()
    assert proof_of(entry) == []
    (line,) = [line for line in entry.body["lines"] if line["sku"] == sku]  # type: ignore[attr-defined]
    line["discounts"][discount]["amount_minor"] = amount
    assert told in proof_of(entry)


def test_the_proof_finds_a_discount_on_goods_of_a_fixed_price() -> None:
    entry = settled()
    (line,) = [line for line in entry.body["lines"] if line["sku"] == "tobacco"]  # type: ignore[attr-defined]
    line["discounts"] = [{"kind": "promotion", "amount_minor": 10, "id": "x"}]
    assert "tobacco has a fixed price, and something is off it" in proof_of(entry)


@pytest.mark.parametrize("only_the_book", [False, True])
def test_who_decides_a_day_later_charges_what_it_cost_then(only_the_book: bool) -> None:
    """Meanwhile the shop has other files; and the shop's own memory may be lost, so that the book has to do."""
    settlement, (review,) = review_settlement(
        STORE, "v1", "ana", CART, {}, traced(CART), "who left is only 50% sure", LEFT, stay=STAY
    )
    assert isinstance(review, LedgerEntry)
    if only_the_book:
        told = settlement_of([review])
        assert told is not None
        settlement = told
    today = replace(kiosk(), catalogue={k: replace(p, price_minor=9999) for k, p in kiosk().catalogue.items()})
    for charged in (CART, {"onigiri-salmon": 2, "milk-bread": 1}):
        _, (entry, *_) = on_reviewed(settlement, today, charged, {}, settlement.cart, "eve", LEFT + 86400)
        assert isinstance(entry, LedgerEntry)
        _, (now, *_) = open_settlement(STORE, "v1", "ana", charged, {}, traced(CART), LEFT, stay=STAY)
        assert isinstance(now, LedgerEntry)
        assert sale_of(entry.body).lines == sale_of(now.body).lines
        assert proof_of(review, entry) == []


def test_a_book_without_discounts_is_written_as_it_always_was() -> None:
    _, (entry, *_) = open_settlement(kiosk(), "v1", "ana", CART, {}, traced(CART), LEFT, stay=STAY)
    assert isinstance(entry, LedgerEntry)
    assert not {"stay", "offers", "promised"} & entry.body.keys()
    assert [line for line in entry.body["lines"] if "discounts" in line] == []  # type: ignore[attr-defined]
