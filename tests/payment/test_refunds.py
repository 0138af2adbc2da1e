"""Stories about taking back: to the last yen, never more than is left, and asked for once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import receipt_json, receipt_text
from edge.ledger import receipt_of
from edge.ledger.sales import sold_on
from edge.payment import WrongMoment, left_of, may, needs_staff, open_settlement, why_waits
from edge.payment.refunds import on_corrected
from edge.pricing import Stay
from edge.records import LedgerEntry, PaymentReply, RepaidHow
from tests.checkout.carts import carts, shops, traced
from tests.checkout.shops import NOON_S
from tests.payment.counter import KEY, VISIT, Counter
from tests.pricing.kiosk import BUNDLE, COUPON, LUNCH_SET, MEMBERS, kiosk


def paid(conducts: dict[str, str] | None = None, **cart: int) -> Counter:
    counter = Counter(conducts)
    counter.leave(**cart)
    return counter


def test_all_of_it_goes_back_and_nothing_is_left_of_the_sale() -> None:
    counter = paid(umbrella=1, green_tea=2)
    settlement = counter.decide("refund", "correction")
    assert (settlement.state, settlement.refunded_minor, left_of(settlement)) == ("paid", 1402, {})
    assert counter.accounts() == {}
    assert counter.asked()[-1] == ("refund/1", "refund", 1402)
    assert [r.amount_minor for r in counter.provider.refunds.values()] == [1402]
    with pytest.raises(ValueError, match="nothing is left"):
        counter.decide("refund", "correction")


def test_line_by_line_comes_to_exactly_the_whole() -> None:
    """151 yen at 8 % inside: the tax of two is 22, of one 11."""
    counter = paid(green_tea=3)
    for number in (1, 2, 3):
        counter.decide("refund", "return", green_tea=1)
        assert counter.settlement.refunded_minor == 151 * number
    assert counter.accounts() == {}
    assert [key for key, operation, _ in counter.asked() if operation == "refund"] == [
        "refund/1", "refund/2", "refund/3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "told"), [({"green_tea": 4}, "3 are left"), ({"moon": 1}, "0 are left"), ({"umbrella": 1}, "0 are left")]
)
def test_never_more_than_is_left(lines: dict[str, int], told: str) -> None:
    counter = paid(green_tea=3)
    with pytest.raises(ValueError, match=told):
        counter.decide("refund", "return", **lines)
    assert counter.settlement.refundable_minor == 0


def test_who_takes_back_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        paid(umbrella=1).decide("refund")


def test_a_refund_without_an_answer_is_looked_up() -> None:
    counter = paid({"ana refund": "lost"}, umbrella=1)
    assert counter.decide("refund", "return").refunded_minor == 1100
    assert counter.asked()[1:] == [("refund/1", "refund", 1100), ("refund/1", "refund?", 1100)]
    assert [r.amount_minor for r in counter.provider.refunds.values()] == [1100]


def test_a_refund_that_is_declined_stays_owed_and_a_person_has_it_tried_under_another_key() -> None:
    counter = paid({"ana refund": "decline"}, umbrella=1)
    settlement = counter.decide("refund", "return")
    assert (settlement.state, settlement.refundable_minor) == ("paid", 1100)
    assert counter.accounts() == {"provider:payments": 1100, "refundable:ana": -1100}
    assert needs_staff(settlement)
    assert "given back could not be" in why_waits(settlement)
    assert may(settlement) == ("retry", "repaid")
    counter.provider._conducts.clear()  # the provider is well again
    settlement = counter.decide("retry")
    assert (settlement.refunded_minor, needs_staff(settlement), counter.accounts()) == (1100, False, {})
    assert counter.asked()[-1] == ("refund/2", "refund", 1100)


@pytest.mark.parametrize(("how", "account"), [("cash", "cash"), ("transfer", "bank")])
def test_what_the_provider_cannot_give_back_a_person_does(how: RepaidHow, account: str) -> None:
    counter = paid({"ana refund": "decline"}, umbrella=1, green_tea=2)
    counter.decide("refund", "return", umbrella=1)
    with pytest.raises(ValueError, match="says how"):
        counter.repay("")
    settlement = counter.repay(how)
    assert (settlement.refundable_minor, settlement.repaid_minor, settlement.refunded_minor) == (0, 1100, 0)
    assert not needs_staff(settlement)
    assert counter.accounts()[account] == -1100
    assert "refundable:ana" not in counter.accounts()
    (entry,) = (w.entry.body for w in counter.book.entries(kind="payment-repaid"))
    assert (entry["how"], entry["decided_by"], entry["amount_minor"]) == (how, "sato", 1100)
    with pytest.raises(WrongMoment, match="no refund of it was declined"):
        counter.repay(how)
    counter.provider._conducts.clear()  # the provider is well again: the rest is its own
    settlement = counter.decide("refund", "return")
    assert (settlement.refunded_minor, settlement.repaid_minor, left_of(settlement)) == (302, 1100, {})
    assert counter.book.prove() == []


def test_what_may_have_been_given_back_nobody_pays_a_second_time() -> None:
    """The provider is silent about it: a person may ask again, and nothing else."""
    counter = paid({"ana refund": "silent"}, umbrella=1)
    settlement = counter.decide("refund", "return")
    assert may(settlement) == ("retry",)
    with pytest.raises(WrongMoment, match="may have been given back"):
        counter.repay("cash")


def test_of_a_refund_that_was_repaid_the_provider_says_later_that_it_went_through() -> None:
    counter = paid({"ana refund": "decline"}, umbrella=1)
    counter.decide("refund", "return")
    counter.repay("cash")
    at_s = counter.now_s
    counter.hear(PaymentReply(at_s, at_s, VISIT, "approved", "re_1", f"{KEY}/refund/1", "refund", 1100))
    assert counter.kinds()[-1] == "contradiction"
    assert counter.book.prove() == []


def test_a_refund_that_fails_after_it_was_approved_is_owed_again() -> None:
    counter = paid(umbrella=1)
    counter.decide("refund", "return")
    failed = PaymentReply(
        counter.now_s, counter.now_s, VISIT, "declined", key=f"{KEY}/refund/1", operation="refund", why="card"
    )
    settlement = counter.hear(failed)
    assert settlement.refundable_minor == 1100
    assert counter.accounts() == {"provider:payments": 1100, "refundable:ana": -1100}
    assert needs_staff(settlement)


def test_a_provider_that_moved_another_sum_is_believed_nothing_and_staff_are_told() -> None:
    counter = Counter({"ana": "silent"})
    counter.leave(umbrella=1)
    at_s = counter.now_s
    counter.hear(PaymentReply(at_s, at_s, VISIT, "approved", "r1", KEY, "charge", 1000))
    assert (counter.settlement.state, counter.settlement.paid_minor) == ("unanswered", 0)
    (told,) = (w.entry.body for w in counter.book.entries(kind="payment-contradiction"))
    assert (told["amount_minor"], told["told_minor"]) == (1100, 1000)
    assert counter.hear(PaymentReply(at_s, at_s, VISIT, "approved", "r2", KEY, "charge", 1100)).state == "paid"


def test_what_was_paid_in_two_goes_back_to_both() -> None:
    counter = Counter()
    counter.enter(300)
    counter.leave(umbrella=1)
    counter.decide("refund", "return")
    refunds = [request for request in counter.requests if request.operation == "refund"]
    assert [(r.of.removeprefix(KEY), r.amount_minor) for r in refunds] == [("/capture", 300), ("/remainder", 800)]
    assert all(r.reference.startswith("local-") for r in refunds)
    assert counter.accounts() == {}


def test_a_line_of_a_debt_lowers_the_debt_and_nothing_is_given_back() -> None:
    counter = paid({"ana": "decline"}, umbrella=1, green_tea=1)
    settlement = counter.decide("refund", "correction", umbrella=1)
    assert (settlement.state, settlement.open_minor, settlement.lowered_minor) == ("declined", 151, 1100)
    assert [operation for _, operation, _ in counter.asked()] == ["charge"]
    assert counter.accounts()["receivable:ana"] == 151
    assert counter.decide("refund", "correction").state == "void"
    assert counter.accounts() == {}


def test_of_a_debt_that_was_paid_in_part_the_rest_goes_first() -> None:
    counter = Counter({"ana charge": "decline"})
    counter.enter(300)
    counter.leave(umbrella=1, green_tea=1)
    settlement = counter.decide("refund", "correction", umbrella=1)
    assert (settlement.state, settlement.paid_minor, settlement.refunded_minor) == ("paid", 300, 149)
    assert settlement.lowered_minor == 951


def test_a_declined_payment_is_tried_again_under_a_new_key() -> None:
    counter = paid({"ana": "decline"}, umbrella=1)
    counter.provider._conducts.clear()
    settlement = counter.decide("retry")
    assert (settlement.state, settlement.open_minor) == ("paid", 0)
    assert counter.asked() == [("", "charge", 1100), ("retry/1", "charge", 1100)]
    with pytest.raises(WrongMoment, match="no refund of it has failed"):
        counter.decide("retry")


def test_a_declined_payment_is_tried_by_itself_three_times_at_most() -> None:
    counter = Counter({"ana": "decline"}, retry_after_days=1.0)
    counter.leave(umbrella=1)
    for day in range(10):
        counter.later(86_400.0 + day)
    assert [key for key, _, _ in counter.asked()] == ["", "retry/1", "retry/2", "retry/3"]


def test_what_a_dispute_has_taken_beyond_the_debt_is_given_back() -> None:
    counter = paid({"ana": "decline"}, umbrella=1, green_tea=1)
    counter.decide("refund", "correction", umbrella=1)
    late = PaymentReply(counter.now_s, counter.now_s, VISIT, "approved", "late-1", key=KEY)
    assert counter.hear(late).state == "disputed"
    counter.provider._conducts.clear()
    settlement = counter.decide("kept")
    assert (settlement.state, settlement.paid_minor) == ("paid", 1251)
    assert counter.asked()[-1] == ("refund/1", "refund", 1100)


def test_a_receipt_says_how_it_was_paid_and_what_was_taken_off() -> None:
    counter = Counter()
    counter.enter(300)
    counter.leave(umbrella=1, green_tea=2)
    counter.decide("refund", "return", green_tea=1)
    found = receipt_of(counter.book, VISIT)
    assert found is not None
    english, japanese = receipt_text(found, "en"), receipt_text(found, "ja")
    for text, words in (
        (english, ("Taken off this receipt", "Green tea 600 ml × 1", "-¥151", "Given back to you", "¥300", "¥1,102")),
        (japanese, ("取り消し・返品した商品", "緑茶 600ml × 1", "返金済み", "お支払い local-")),
    ):
        assert [word for word in words if word not in text] == []
    told = receipt_json(found)
    assert told["taken_back"] == [{"sku": "green-tea", "quantity": 1}]
    assert (told["taken_back_minor"], told["given_back_minor"], told["open_minor"]) == (151, 151, 0)
    assert [p["amount_minor"] for p in told["payments"]] == [300, 1102]  # type: ignore[attr-defined]


def test_the_days_sales_tell_what_is_owed_and_what_was_taken_back() -> None:
    counter = Counter({"ana charge": "decline"})
    counter.enter(300)
    counter.leave(umbrella=1, green_tea=1)
    counter.decide("refund", "correction", green_tea=1)
    day = sold_on(counter.book, date(2026, 4, 20), "Asia/Tokyo")
    assert dict(day.total_minor) == {"paid": 300, "declined": 800}
    assert (day.visits["declined"], day.taken_back_minor) == (1, 151)


@settings(max_examples=120, deadline=None)
@given(st.data(), st.booleans())
def test_whatever_is_taken_back_in_whatever_order_comes_to_the_sale(data: st.DataObject, promoted: bool) -> None:
    """Any shop, any cart, with tax in the prices or not, bundles, coupons: no leg is negative, the sum is exact."""
    store = kiosk(promotions=BUNDLE + LUNCH_SET + COUPON + MEMBERS) if promoted else data.draw(shops())
    charged = data.draw(carts(store))
    stay = Stay(NOON_S, NOON_S + 60, "ana")
    settlement, _ = open_settlement(store, "v1", "ana", charged, {}, traced(charged), NOON_S + 60, stay=stay)
    if settlement.state != "asked":
        return
    settlement = replace(settlement, state="paid", payments=())
    total = 0
    while left := left_of(settlement):
        sku = data.draw(st.sampled_from(sorted(left)))
        units = data.draw(st.integers(1, left[sku]))
        settlement, (entry,) = on_corrected(settlement, ((sku, units),), "return", "sato", NOON_S)
        assert isinstance(entry, LedgerEntry)
        assert all(p.amount_minor > 0 for p in entry.postings if p.account.startswith(("sales", "tax")))
        total += cast("int", entry.body["amount_minor"])
    assert total == settlement.total_minor == settlement.lowered_minor + settlement.refundable_minor
