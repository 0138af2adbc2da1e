"""The official client against the double: it behaves as Stripe is known to, also at its worst."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from simulator.providers import KEY, StripeDouble
from tests.adapters.brokers import until

YEAR_2026 = 1_780_000_000.0


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(now_s=lambda: YEAR_2026) as it:
        yield it


def client_of(double: StripeDouble, timeout_s: float = 5.0, key: str = KEY) -> stripe.StripeClient:
    wire = stripe.RequestsClient(timeout=timeout_s)
    return stripe.StripeClient(key, base_addresses={"api": double.url}, http_client=wire, max_network_retries=0)


def bought(double: StripeDouble, card: str = "pm_card_visa", amount: int = 500, **more: Any) -> dict[str, Any]:
    """Parameters of a payment while the holder is away."""
    customer, method = double.customer() if card == "pm_card_visa" else (double.customer()[0], card)
    told = {"amount": amount, "currency": "jpy", "customer": customer, "payment_method": method}
    return {**told, "confirm": True, "off_session": True, "metadata": {"tebura": "k", "visit": "v"}, **more}


def pay(client: stripe.StripeClient, params: Any, key: str = "k1") -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(params, {"idempotency_key": key})


def refusal(deed: Callable[[], object]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as caught:
        deed()
    return caught.value


def intent_of(error: stripe.StripeError) -> stripe.PaymentIntent:
    assert error.error is not None
    assert error.error.payment_intent is not None
    return error.error.payment_intent


# --- what a payment goes through --------------------------------------------------------------------------------------


def test_a_hold_is_captured_in_part_and_the_rest_is_let_go(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, amount=2000, capture_method="manual", expand=["latest_charge"]))
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 2000, 0)
    charge: Any = held.latest_charge
    assert charge.payment_method_details.card.capture_before == YEAR_2026 + 30 * 86400
    assert double.kept_minor() == 0
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 700}, {"idempotency_key": "k2"})
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 700)
    assert double.kept_minor() == 700


def test_amex_is_held_for_a_week_and_so_is_what_is_no_yen(double: StripeDouble) -> None:
    client = client_of(double)
    week = YEAR_2026 + 7 * 86400
    for i, params in enumerate((bought(double, "pm_card_amex"), bought(double, currency="usd"))):
        held: Any = pay(client, {**params, "capture_method": "manual", "expand": ["latest_charge"]}, f"k{i}")
        assert held.latest_charge.payment_method_details.card.capture_before == week


def test_a_payment_is_taken_at_once_and_says_its_fee(double: StripeDouble) -> None:
    paid: Any = pay(client_of(double), bought(double, expand=["latest_charge.balance_transaction"]))
    assert (paid.status, paid.amount_received) == ("succeeded", 500)
    assert paid.latest_charge.balance_transaction.fee == 18


def test_what_was_captured_cannot_be_captured_again_nor_cancelled(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    client.v1.payment_intents.capture(held.id)
    again = refusal(lambda: client.v1.payment_intents.capture(held.id))
    assert again.code == "payment_intent_unexpected_state"
    assert intent_of(again).amount_received == 500
    assert "remaining amount" in str(again)
    late = refusal(lambda: client.v1.payment_intents.cancel(held.id))
    assert (late.code, intent_of(late).status) == ("payment_intent_unexpected_state", "succeeded")
    assert double.kept_minor() == 500


def test_what_was_cancelled_cannot_be_captured(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    assert client.v1.payment_intents.cancel(held.id).status == "canceled"
    late = refusal(lambda: client.v1.payment_intents.capture(held.id))
    assert late.code == "payment_intent_unexpected_state"
    assert "status of canceled" in str(late)


@pytest.mark.parametrize(("amount", "code"), [(501, "amount_too_large"), (0, "parameter_invalid_integer")])
def test_no_more_than_the_hold_and_no_less_than_something(double: StripeDouble, amount: int, code: str) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    assert refusal(lambda: client.v1.payment_intents.capture(held.id, {"amount_to_capture": amount})).code == code
    assert client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1}).amount_received == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"amount": 49}, "amount_too_small"),
        ({"amount": 100_000_000}, "amount_too_large"),
        ({"customer": "cus_nobody"}, "resource_missing"),
        ({"payment_method": "pm_none"}, "resource_missing"),
        ({"colour": "red"}, "parameter_unknown"),
        ({"amount": "12.5"}, "parameter_invalid_integer"),
    ],
)
def test_what_cannot_be_is_refused_and_the_key_is_free(double: StripeDouble, params: Any, code: str) -> None:
    client = client_of(double)
    error = refusal(lambda: pay(client, {**bought(double), **params}))
    assert (error.http_status, error.code) == (400, code)
    assert double.of("payment_intent") == []
    assert pay(client, bought(double)).status == "succeeded", "validation errors are not stored under the key"


def test_a_card_of_somebody_else_is_refused(double: StripeDouble) -> None:
    params = bought(double)
    _, method = double.customer()
    assert refusal(lambda: pay(client_of(double), {**params, "payment_method": method})).http_status == 400


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_cards_that_decline(double: StripeDouble, card: str, code: str, decline: str | None) -> None:
    error = refusal(lambda: pay(client_of(double), bought(double, card, capture_method="manual")))
    assert isinstance(error, stripe.CardError)
    assert (error.http_status, error.code, getattr(error.error, "decline_code", None)) == (402, code, decline)
    assert intent_of(error).status == "requires_payment_method"
    assert double.kept_minor() == 0


def test_a_holder_who_is_there_can_be_asked(double: StripeDouble) -> None:
    params = {**bought(double, "pm_card_authenticationRequired"), "off_session": False}
    assert pay(client_of(double), params).status == "requires_action"


def test_a_card_that_declines_cannot_be_kept_but_one_that_will_can(double: StripeDouble) -> None:
    client = client_of(double)
    customer = client.v1.customers.create().id
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer})
    kept = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    assert kept.customer == customer
    assert client.v1.payment_methods.retrieve(kept.id).card is not None
    params = {**bought(double), "customer": customer, "payment_method": kept.id}
    assert refusal(lambda: pay(client, params)).code == "card_declined"


def test_a_hold_ends_by_itself_with_an_event(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    double.pass_s(30 * 86400 - 1)
    assert client.v1.payment_intents.retrieve(held.id).status == "requires_capture"
    double.pass_s(1)
    ended = client.v1.payment_intents.retrieve(held.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")
    assert client.v1.events.list({"limit": 1}).data[0].type == "payment_intent.canceled"


# --- refunds ----------------------------------------------------------------------------------------------------------


def test_refunds_of_a_part_of_too_much_and_once_too_often(double: StripeDouble) -> None:
    client = client_of(double)
    paid = pay(client, bought(double))
    given = client.v1.refunds.create({"payment_intent": paid.id, "amount": 200, "metadata": {"tebura": "r1"}})
    assert (given.status, given.amount, double.kept_minor()) == ("succeeded", 200, 300)
    much = refusal(lambda: client.v1.refunds.create({"payment_intent": paid.id, "amount": 301}))
    assert isinstance(much, stripe.InvalidRequestError)
    assert (much.code, much.param) == (None, "amount")
    client.v1.refunds.create({"payment_intent": paid.id})
    again = refusal(lambda: client.v1.refunds.create({"payment_intent": paid.id}))
    assert again.code == "charge_already_refunded"
    assert double.kept_minor() == 0


def test_a_hold_is_cancelled_instead_of_refunded(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    error = refusal(lambda: client.v1.refunds.create({"payment_intent": held.id}))
    assert error.code is None
    assert "cancel instead" in str(error)


def test_what_was_charged_back_is_not_refunded(double: StripeDouble) -> None:
    client = client_of(double)
    paid = pay(client, bought(double, "pm_card_createDispute"))
    assert refusal(lambda: client.v1.refunds.create({"payment_intent": paid.id})).code == "charge_disputed"
    assert client.v1.events.list({"limit": 1}).data[0].type == "charge.dispute.created"


def test_a_refund_may_fail_later(double: StripeDouble) -> None:
    client = client_of(double)
    paid = pay(client, bought(double, "pm_card_pendingRefund"))
    given = client.v1.refunds.create({"payment_intent": paid.id})
    assert (given.status, double.kept_minor()) == ("pending", 0)
    double.bank(lambda books, at_s: books.settle_refund(given.id, "failed", at_s))
    assert (client.v1.refunds.retrieve(given.id).status, double.kept_minor()) == ("failed", 500)
    assert {e.type for e in client.v1.events.list({"limit": 2})} == {"refund.failed", "refund.updated"}


# --- keys -------------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer_and_charges_once(double: StripeDouble) -> None:
    client, params = client_of(double), bought(double)
    first, again = pay(client, params), pay(client, params)
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert double.kept_minor() == 500


def test_a_key_is_bound_to_its_parameters(double: StripeDouble) -> None:
    client, params = client_of(double), bought(double)
    pay(client, params)
    error = refusal(lambda: pay(client, {**params, "amount": 501}))
    assert isinstance(error, stripe.IdempotencyError)
    assert (error.http_status, double.kept_minor()) == (400, 500)


def test_a_decline_and_a_500_come_again_under_their_key(double: StripeDouble) -> None:
    client = client_of(double)
    params = bought(double, "pm_card_visa_chargeDeclinedInsufficientFunds")
    ids = {intent_of(refusal(lambda: pay(client, params))).id for _ in range(2)}
    assert len(ids) == len(double.of("payment_intent")) == 1
    double.behave("fail", on="POST /v1/payment_intents")
    good = bought(double)
    assert [refusal(lambda: pay(client, good, "k2")).http_status for _ in range(2)] == [500, 500]
    assert pay(client, good, "k3").status == "succeeded"


def test_a_key_that_was_forgotten_charges_again(double: StripeDouble) -> None:
    client, params = client_of(double), bought(double)
    pay(client, params)
    double.forget_keys()
    pay(client, params)
    assert double.kept_minor() == 1000


def test_two_at_once_under_one_key_is_a_conflict(double: StripeDouble) -> None:
    params = bought(double)
    double.behave("slow", on="POST /v1/payment_intents", seconds=1.0)
    first: list[stripe.PaymentIntent] = []
    thread = threading.Thread(target=lambda: first.append(pay(client_of(double), params)))
    thread.start()
    until(lambda: "k1" in double.keys.working, "the first is being worked on")
    error = refusal(lambda: pay(client_of(double), params))
    thread.join()
    assert (error.http_status, error.error and error.error.code) == (409, "idempotency_key_in_use")
    assert (first[0].status, double.kept_minor()) == ("succeeded", 500)


def test_an_overlong_key_is_refused(double: StripeDouble) -> None:
    assert refusal(lambda: pay(client_of(double), bought(double), "k" * 256)).http_status == 400


# --- lists and events -------------------------------------------------------------------------------------------------


def test_payments_are_listed_by_customer_and_time_newest_first(double: StripeDouble) -> None:
    client, params = client_of(double), bought(double)
    ids = []
    for i in range(5):
        ids.append(pay(client, params, f"k{i}").id)
        double.pass_s(1)
    pay(client, bought(double), "other")
    of_her = client.v1.payment_intents.list({"customer": params["customer"], "limit": 2})
    assert [i.id for i in of_her.auto_paging_iter()] == ids[::-1]
    late = client.v1.payment_intents.list({"customer": params["customer"], "created": {"gte": int(YEAR_2026) + 3}})
    assert [i.id for i in late] == ids[:2:-1]


def test_events_tell_everything_and_charge_succeeded_is_no_money(double: StripeDouble) -> None:
    client = client_of(double)
    held = pay(client, bought(double, capture_method="manual"))
    kinds = [e.type for e in client.v1.events.list()]
    assert kinds == ["payment_intent.amount_capturable_updated", "charge.succeeded", "payment_intent.created"]
    client.v1.payment_intents.capture(held.id)
    page = client.v1.events.list({"ending_before": client.v1.events.list({"limit": 3}).data[2].id})
    assert [e.type for e in page] == ["payment_intent.succeeded", "charge.captured"]
    only = client.v1.events.list({"types": ["charge.captured", "payment_intent.canceled"]})
    assert [e.type for e in only] == ["charge.captured"]


def test_webhooks_are_signed_and_come_twice_in_any_order(double: StripeDouble) -> None:
    from tests.providers.ears import WebhookEar

    client = client_of(double)
    with WebhookEar() as ear:
        double.webhooks.send_to(ear.url, "whsec_1")
        double.webhooks.twice = double.webhooks.backwards = True
        pay(client, bought(double))
        until(lambda: len(ear.heard) == 6, "three events, twice")
    kinds = []
    for body, signed in ear.heard:
        stripe.WebhookSignature.verify_header(body, signed, "whsec_1", 300)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(body, signed, "whsec_2", 300)
        kinds.append(json.loads(body)["type"])
    assert kinds[::2] == kinds[1::2] == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


# --- misdeeds and death -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "done"),
    [
        ("drop", False), ("hang", False), ("busy", False), ("fail", False),
        ("lost", True), ("mute", True), ("garbage", True), ("fail-after", True),
    ],
)  # fmt: skip
def test_what_it_does_wrong_and_whether_the_money_moved(double: StripeDouble, deed: str, done: bool) -> None:
    double.behave(deed, on="POST /v1/payment_intents", seconds=0.5)
    error = refusal(lambda: pay(client_of(double, timeout_s=0.3), bought(double)))
    assert isinstance(error, stripe.APIConnectionError | stripe.APIError | stripe.RateLimitError)
    assert double.kept_minor() == (500 if done else 0)


def test_another_key_is_no_key(double: StripeDouble) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client_of(double, key="sk_test_other").v1.payment_intents.list()


def test_a_new_double_on_the_same_journal_remembers_all(tmp_path: Path) -> None:
    journal = tmp_path / "stripe.jsonl"
    with StripeDouble(journal, now_s=lambda: YEAR_2026) as first:
        params = bought(first)
        paid = pay(client_of(first), params)
        first.pass_s(60)
        before = [first.of(kind) for kind in ("payment_intent", "charge", "event", "customer")]
    with journal.open("ab") as file:
        file.write(b'{"put": [{"id"')
    with StripeDouble(journal, now_s=lambda: YEAR_2026) as again:
        assert [again.of(kind) for kind in ("payment_intent", "charge", "event", "customer")] == before
        assert again.now_s == YEAR_2026 + 60
        assert pay(client_of(again), params).id == paid.id
        assert again.kept_minor() == 500


def test_it_is_told_what_to_do_over_http(double: StripeDouble) -> None:
    def say(path: str, body: object = None) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", int(double.url.rsplit(":", 1)[1]))
        line.request("POST" if body is not None else "GET", path, json.dumps(body))
        answer = line.getresponse()
        told = json.loads(answer.read())
        line.close()
        return answer.status, told

    assert say("/double/behave", {"deed": "busy", "on": "GET"})[0] == 200
    assert say("/double/behave", {"deed": "explode"})[0] == 400
    assert refusal(lambda: client_of(double).v1.payment_intents.list()).http_status == 429
    paid = pay(client_of(double), bought(double))
    assert say("/double/dispute", {"id": paid.id})[0] == 200
    assert {one["object"] for one in say("/double/books")[1]["said"]} >= {"payment_intent", "dispute", "event"}
    assert say("/double/forget", {})[0] == 200
    assert double.keys.stored == {}
    assert say("/double/nothing", {})[0] == 400
