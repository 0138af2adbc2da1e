"""A visit in review says with whom it may have been exchanged, and what hangs on that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.checkout import LANGUAGES, in_words, sale_of
from edge.checkout.sale import body_of
from edge.checkout.words import WORDS
from edge.ledger.canon import FIRST_HASH, Written, chained
from edge.ledger.proof import Proof
from edge.payment import on_reviewed, review_settlement, settlement_of
from edge.payment.decisions import why_exactly, why_waits
from edge.records import Exchange, LedgerEntry, Units
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S, shop

CART = {"green-tea": 2, "umbrella": 1}
WITH_BEN = (Exchange("v7", (Units("umbrella", 1), Units("green-tea", 2))),)


def reviewed(exchanged: tuple[Exchange, ...] = WITH_BEN) -> LedgerEntry:
    _, (entry,) = review_settlement(
        shop(), "v1", "ana", CART, {}, traced(CART), "who left is only 60% sure", NOON_S, exchanged=exchanged
    )
    assert isinstance(entry, LedgerEntry)
    return entry


def faults(entry: LedgerEntry) -> list[str]:
    proof = Proof()
    proof.take(Written(1, entry, chained(FIRST_HASH, 1, entry)))
    return [fault.what for fault in proof.faults]


@pytest.mark.parametrize(
    ("exchanged", "english", "japanese"),
    [
        ((), "", ""),
        (
            WITH_BEN,
            "may have been exchanged with v7: umbrella ×1, green-tea ×2 hang on it",
            "v7と取り違えた可能性があります(対象: umbrella ×1、green-tea ×2)",
        ),
        (
            (Exchange("v7", (Units("umbrella", 1),)), Exchange("v9", (Units("umbrella", 1),))),
            "may have been exchanged with v7 or v9: umbrella ×1 hangs on it",
            "v7またはv9と取り違えた可能性があります(対象: umbrella ×1)",
        ),
        (
            (Exchange("v7", ()), Exchange("", (Units("umbrella", 2),))),
            "may have been exchanged with v7; may have been exchanged with a stranger: umbrella ×2 hang on it",
            "v7と取り違えた可能性があります。入店記録のない人と取り違えた可能性があります(対象: umbrella ×2)",
        ),
    ],
)
def test_it_is_said_in_both_languages(exchanged: tuple[Exchange, ...], english: str, japanese: str) -> None:
    assert (in_words(exchanged), in_words(exchanged, "ja")) == (english, japanese)


def test_staff_read_it_in_every_language_of_receipts_and_with_the_names_of_products() -> None:
    assert set(LANGUAGES) == set(WORDS)
    names = {"umbrella": "傘", "green-tea": ""}
    assert "傘 ×1、green-tea ×2" in in_words(WITH_BEN, "ja", names.__getitem__)


def test_the_book_keeps_it_and_tells_it_again() -> None:
    entry = reviewed()
    assert body_of(sale_of(entry.body)) == entry.body
    settlement = settlement_of([entry])
    assert settlement is not None
    assert settlement.exchanged == WITH_BEN
    assert faults(entry) == []
    assert "exchanged" not in reviewed(()).body, "an entry that says nothing of it reads as it always did"


def test_reasons_can_be_counted_still() -> None:
    settlement = settlement_of([reviewed()])
    assert settlement is not None
    assert why_waits(settlement) == "who left is only 60% sure"
    assert why_exactly(settlement) == f"who left is only 60% sure; {in_words(WITH_BEN)}"
    _, (decided, *_) = on_reviewed(settlement, shop(), CART, {}, settlement.cart, "sato", NOON_S + 9)
    assert isinstance(decided, LedgerEntry)
    assert "exchanged" not in decided.body, "a person has decided who it was"


@pytest.mark.parametrize(
    ("exchanged", "fault"),
    [
        ((Exchange("v1", ()),), "with itself"),
        ((Exchange("v7", ()), Exchange("v7", ())), "twice with the same visit"),
        ((Exchange("v7", (Units("umbrella", 2),)),), "more hangs on whether it was v7 than it lists"),
        ((Exchange("v7", (Units("moon", 1),)),), "more hangs on whether it was v7 than it lists"),
        ((Exchange("v7", (Units("umbrella", 0),)),), "more hangs on whether it was v7 than it lists"),
        ((Exchange("v7", (Units("umbrella", 1), Units("umbrella", 1))),), "more hangs on whether it was v7"),
    ],
)
def test_what_cannot_be_is_found(exchanged: tuple[Exchange, ...], fault: str) -> None:
    assert any(fault in told for told in faults(reviewed(exchanged)))


def test_a_settlement_that_says_so_is_found() -> None:
    settlement = settlement_of([reviewed()])
    assert settlement is not None
    _, (decided, *_) = on_reviewed(settlement, shop(), CART, {}, settlement.cart, "sato", NOON_S + 9)
    assert isinstance(decided, LedgerEntry)
    said = replace(decided, body={**decided.body, "exchanged": reviewed().body["exchanged"]})
    assert any("is no review" in told for told in faults(said))
