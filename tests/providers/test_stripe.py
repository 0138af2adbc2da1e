"""The adapter of Stripe against the double, over HTTP: every operation, every answer, and no yen twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.adapters.payment.provider import Contrary, KeyReused, PaymentProvider
from edge.adapters.payment.stripe import StripeProvider
from edge.records import PaymentReply, PaymentRequest
from simulator.providers import KEY, StripeDouble
from simulator.providers.refusal import Refusal

NOW_S = 1_780_000_000.0
STORE = "corner"


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble(now_s=lambda: NOW_S) as it:
        yield it


class Till:
    """A shop that asks a provider, and members with the cards that a test gives them."""

    def __init__(self, url: str, *, pay_within_s: float = 4.0, store: str = STORE, cursor: Path | None = None) -> None:
        self.wallets: dict[str, tuple[str, ...]] = {}
        self.provider = StripeProvider(
            KEY, store, lambda subject: self.wallets.get(subject, ()), pay_within_s=pay_within_s, url=url, cursor=cursor
        )
        self.store = store

    def gives(self, double: StripeDouble, card: str = "pm_card_visa", subject: str = "ana") -> None:
        """Somebody has a card on file; one that cannot be kept is used unattached."""
        try:
            customer, method = double.customer(card)
        except Refusal:
            customer, method = double.customer()[0], card
        self.wallets[subject] = (f"{customer}:{method}", *self.wallets.get(subject, ()))

    def asks(self, operation: Any = "charge", amount: int = 500, key: str = "", **more: Any) -> PaymentReply:
        name = key or f"{self.store}:v1:1/{operation}"
        asked = PaymentRequest("v1", name, "ana", amount, "JPY", operation=operation, asked_s=NOW_S, **more)
        (reply,) = self.provider.answer(asked, NOW_S)
        assert (reply.settlement, reply.key, reply.operation) == ("v1", name, operation)
        return reply

    def holds(self, amount: int = 2000) -> PaymentReply:
        held = self.asks("hold", amount)
        assert held.outcome == "approved"
        return held

    def looks_up(self, operation: Any = "charge", amount: int = 500, key: str = "", **more: Any) -> PaymentReply:
        return self.asks(operation, amount, key, look_up=True, **more)


@pytest.fixture
def till(double: StripeDouble) -> Till:
    till = Till(double.url)
    till.gives(double)
    return till


def told(reply: PaymentReply) -> tuple[str, int | None, str]:
    return reply.outcome, reply.amount_minor, reply.why


HOLD = f"{STORE}:v1:1/hold"
CHARGE = f"{STORE}:v1:1/charge"


# --- every operation --------------------------------------------------------------------------------------------------


def test_it_is_a_provider_and_says_what_it_can(till: Till) -> None:
    provider: PaymentProvider = till.provider
    can = provider.abilities
    assert (can.hold, can.partial_capture, can.refund, can.look_up) == (True, True, True, True)
    assert (can.increment, can.capture_above) == (False, False)
    assert can.least_minor == {"JPY": 50}
    assert "test mode" in provider.caveat


def test_a_charge_says_what_was_taken_and_what_stripe_keeps(double: StripeDouble, till: Till) -> None:
    paid = till.asks()
    assert told(paid) == ("approved", 500, "")
    assert (paid.fee_minor, paid.until_s) == (18, None)
    assert paid.at_s >= NOW_S
    (intent,) = double.of("payment_intent")
    assert paid.reference == intent["id"]
    assert intent["metadata"] == {"tebura": CHARGE, "visit": "v1", "store": STORE}
    assert double.sent_keys == [CHARGE]


def test_a_hold_says_until_when_and_is_captured_in_part(double: StripeDouble, till: Till) -> None:
    held = till.holds()
    assert (held.amount_minor, held.until_s, held.fee_minor) == (2000, NOW_S + 30 * 86400, None)
    taken = till.asks("capture", 700, of=HOLD, reference=held.reference)
    assert told(taken) == ("approved", 700, "")
    assert taken.fee_minor == 25
    assert double.kept_minor() == 700


def test_a_hold_is_found_by_its_key_where_nobody_knows_stripes_name(double: StripeDouble, till: Till) -> None:
    till.holds()
    double.pass_s(20 * 86_400)
    (reply,) = till.provider.answer(
        PaymentRequest("v1", "c", "ana", 700, "JPY", operation="capture", of=HOLD, asked_s=NOW_S + 20 * 86_400), NOW_S
    )
    assert told(reply) == ("approved", 700, "")
    assert double.kept_minor() == 700


def test_a_hold_is_let_go_of(double: StripeDouble, till: Till) -> None:
    held = till.holds()
    assert till.asks("release", 2000, of=HOLD, reference=held.reference).outcome == "approved"
    assert double.of("payment_intent")[0]["status"] == "canceled"
    assert till.asks("release", 2000, "again", of=HOLD, reference=held.reference).outcome == "approved"
    assert told(till.asks("capture", 700, of=HOLD, reference=held.reference)) == ("declined", None, "expired")


def test_what_was_captured_is_not_let_go_of(till: Till) -> None:
    held = till.holds()
    till.asks("capture", 700, of=HOLD, reference=held.reference)
    assert told(till.asks("release", 2000, of=HOLD, reference=held.reference)) == ("declined", None, "refused")


def test_what_is_not_held_need_not_be_let_go_of(till: Till) -> None:
    assert till.asks("release", 2000, of=HOLD).outcome == "approved"
    assert told(till.asks("capture", 700, of=HOLD)) == ("declined", None, "expired")
    assert told(till.asks("capture", 7, "k", of=HOLD, reference="pi_none")) == ("declined", None, "expired")
    assert till.asks("refund", 7, of=HOLD, reference="pi_none").outcome == "declined"


def test_a_refund_has_a_name_of_its_own(double: StripeDouble, till: Till) -> None:
    paid = till.asks()
    given = till.asks("refund", 200, of=CHARGE, reference=paid.reference)
    assert told(given) == ("approved", 200, "")
    assert given.reference.startswith("re_")
    assert double.kept_minor() == 300
    much = till.asks("refund", 400, "much", of=CHARGE, reference=paid.reference)
    assert told(much) == ("declined", None, "above-most")
    till.asks("refund", 300, "rest", of=CHARGE)
    again = till.asks("refund", 100, "again", of=CHARGE, reference=paid.reference)
    assert told(again) == ("declined", None, "above-most")
    assert double.kept_minor() == 0


def test_a_hold_is_not_refunded_nor_what_was_charged_back(double: StripeDouble, till: Till) -> None:
    held = till.holds()
    assert told(till.asks("refund", 200, of=HOLD, reference=held.reference)) == ("declined", None, "refused")
    till.gives(double, "pm_card_createDispute")
    paid = till.asks(key="disputed")
    assert told(till.asks("refund", 200, "r2", of="disputed", reference=paid.reference)) == (
        "declined",
        None,
        "refused",
    )


# --- declines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient"),
        ("pm_card_visa_chargeDeclined", "card"),
        ("pm_card_chargeDeclinedExpiredCard", "card"),
        ("pm_card_chargeCustomerFail", "card"),
        ("pm_card_authenticationRequired", "needs-holder"),
    ],
)
@pytest.mark.parametrize("operation", ["hold", "charge"])
def test_a_decline_has_a_name_and_is_final(
    double: StripeDouble, till: Till, card: str, why: str, operation: str
) -> None:
    till.gives(double, card)
    replies = [till.asks(operation), till.asks(operation), till.looks_up(operation)]
    assert {told(reply) for reply in replies} == {("declined", None, why)}
    assert len({reply.reference for reply in replies}) == len(double.of("payment_intent")) == 1
    assert double.kept_minor() == 0


@pytest.mark.parametrize(
    ("amount", "wallet", "why"),
    [
        (49, None, "below-least"), (100_000_000, None, "above-most"), (500, "cus_none:pm_card_visa", "no-wallet"),
        (500, "", "no-wallet"), (500, "a bank account", "no-wallet"), (500, "cus_1", "no-wallet"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_declined_by_name(
    double: StripeDouble, till: Till, amount: int, wallet: str | None, why: str
) -> None:
    if wallet is not None:
        till.wallets["ana"] = (wallet,)
    assert told(till.asks(amount=amount)) == ("declined", None, why)
    assert double.kept_minor() == 0


def test_who_has_no_wallet_is_declined_and_nobody_is_asked(double: StripeDouble, till: Till) -> None:
    till.wallets.clear()
    assert told(till.asks()) == ("declined", None, "no-wallet")
    assert double.requests == []


# --- nobody knows -----------------------------------------------------------------------------------------------------

LOST = {"lost", "mute", "garbage", "fail-after"}
WHY = {
    "lost": "away", "mute": "away", "drop": "away", "hang": "away", "garbage": "fault", "fail": "fault",
    "fail-after": "fault", "busy": "busy",
}  # fmt: skip


@pytest.mark.parametrize("deed", sorted(WHY))
def test_an_answer_that_says_nothing_is_unknown_and_looked_up(double: StripeDouble, deed: str) -> None:
    till = Till(double.url, pay_within_s=1.0)
    till.gives(double)
    double.behave(deed, on="POST /v1/payment_intents", seconds=0.8)
    began_s = time.monotonic()
    assert told(till.asks()) == ("unknown", None, WHY[deed])
    assert time.monotonic() - began_s < 1.0, "nobody waits longer than the policy does"
    assert double.requests.count("POST /v1/payment_intents") == 1, "nothing is sent again unseen"
    found = till.looks_up()
    assert found.outcome == ("approved" if deed in LOST else "absent")
    assert double.kept_minor() == (500 if deed in LOST else 0)


@pytest.mark.parametrize(
    ("operation", "on"),
    [
        ("hold", "POST /v1/payment_intents"), ("capture", "POST /v1/payment_intents/"),
        ("release", "POST /v1/payment_intents/"), ("refund", "POST /v1/refunds"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("deed", ["lost", "drop"])
@pytest.mark.parametrize("named", [True, False])
def test_every_operation_is_looked_up(
    double: StripeDouble, till: Till, operation: str, on: str, deed: str, named: bool
) -> None:
    more: dict[str, Any] = {}
    if operation in ("capture", "release"):
        more = {"of": HOLD, "reference": till.holds().reference if named else ""}
        if not named:
            till.holds()
    elif operation == "refund":
        more = {"of": CHARGE, "reference": till.asks().reference if named else ""}
        if not named:
            till.asks()
    double.behave(deed, on=on)
    assert till.asks(operation, 200, **more).outcome == "unknown"
    before = double.kept_minor()
    assert till.looks_up(operation, 200, **more).outcome == ("approved" if deed == "lost" else "absent")
    if deed == "drop":
        assert till.asks(operation, 200, **more).outcome == "approved"
        assert till.looks_up(operation, 200, **more).outcome == "approved"
    else:
        assert double.kept_minor() == before
    charged = {"hold": 0, "capture": 200, "release": 0, "refund": 300}
    assert double.kept_minor() == charged[operation]


def test_a_forgotten_key_is_no_second_charge_where_it_is_looked_up_first(double: StripeDouble, till: Till) -> None:
    double.behave("lost", on="POST /v1/payment_intents")
    assert till.asks().outcome == "unknown"
    double.forget_keys()
    double.pass_s(86_400)
    assert till.looks_up().outcome == "approved"
    assert double.kept_minor() == 500


def test_a_500_that_its_key_remembers_is_no_dead_end(double: StripeDouble, till: Till) -> None:
    """It was not done, is absent, and the same key would give the same 500 for a day."""
    double.behave("fail", on="POST /v1/payment_intents", times=3)  # the second is asked of the first key once more
    for outcome in ("unknown", "absent"):
        assert till.asks(look_up=outcome == "absent").outcome == outcome
    assert till.asks().outcome == "unknown", "the second key failed, too"
    assert till.looks_up().outcome == "absent"
    assert told(till.asks()) == ("approved", 500, "")
    assert double.sent_keys == [CHARGE, CHARGE, f"{CHARGE}~2", CHARGE, f"{CHARGE}~2", f"{CHARGE}~3"]
    assert told(till.asks()) == ("approved", 500, "")
    assert double.kept_minor() == 500


def test_a_500_although_it_was_done_is_found_before_another_key_is_taken(double: StripeDouble, till: Till) -> None:
    double.behave("fail-after", on="POST /v1/payment_intents")
    assert till.asks().outcome == "unknown"
    assert told(till.asks()) == ("approved", 500, "")
    assert double.sent_keys == [CHARGE, CHARGE]
    assert double.kept_minor() == 500


def test_a_payment_is_found_where_the_member_paid_before(double: StripeDouble, till: Till) -> None:
    double.behave("lost", on="POST /v1/payment_intents")
    till.asks()
    till.gives(double)
    assert till.looks_up().outcome == "approved"
    till.wallets["ana"] = ("", *till.wallets["ana"])
    assert till.looks_up().outcome == "approved", "who cannot pay any more has paid before"


def test_a_capture_that_was_done_before_is_approved_with_our_sum_alone(double: StripeDouble, till: Till) -> None:
    held = till.holds()
    double.behave("lost", on="POST /v1/payment_intents/")
    asked = {"of": HOLD, "reference": held.reference}
    assert till.asks("capture", 700, **asked).outcome == "unknown"
    double.forget_keys()
    assert told(till.asks("capture", 700, **asked)) == ("approved", 700, "")
    with pytest.raises(Contrary, match="was captured with 700, not 800"):
        till.asks("capture", 800, "other", **asked)
    assert double.kept_minor() == 700


def test_a_refund_that_was_done_before_is_approved(double: StripeDouble, till: Till) -> None:
    paid = till.asks()
    double.behave("lost", on="POST /v1/refunds")
    assert till.asks("refund", 500, of=CHARGE, reference=paid.reference).outcome == "unknown"
    double.forget_keys()
    assert told(till.asks("refund", 500, of=CHARGE, reference=paid.reference)) == ("approved", 500, "")


def test_a_key_for_another_sum_is_a_mistake_that_is_told(till: Till) -> None:
    till.asks()
    with pytest.raises(KeyReused, match="stands for another payment"):
        till.asks(amount=501)


def test_a_key_that_is_no_key_is_a_mistake_that_is_told(till: Till) -> None:
    for key in ("k" * 251, "店:v1"):
        with pytest.raises(ValueError, match="idempotency key"):
            till.asks(key=key)


def test_nobody_there_and_another_secret(double: StripeDouble, till: Till) -> None:
    away = Till("http://127.0.0.1:9", pay_within_s=1.0)
    away.wallets = till.wallets
    assert told(away.asks()) == ("unknown", None, "away")
    wrong = StripeProvider("sk_test_wrong", STORE, lambda _: ("cus_1:pm_1",), url=double.url)
    (reply,) = wrong.answer(PaymentRequest("v1", "k", "ana", 500, "JPY"), NOW_S)
    assert told(reply) == ("unknown", None, "key")


def test_a_refusal_that_cannot_be_understood_in_time_is_unknown(double: StripeDouble, till: Till) -> None:
    """The capture is refused, and whoever asks why gets no answer."""
    held = till.holds()
    till.asks("capture", 700, of=HOLD, reference=held.reference)
    double.behave("drop", on="GET /v1/payment_intents/")
    assert told(till.asks("capture", 700, "k", of=HOLD, reference=held.reference)) == ("unknown", None, "away")


def test_it_is_found_behind_a_hundred_others(double: StripeDouble, till: Till) -> None:
    first = till.asks(key="first")
    for i in range(120):
        till.asks(key=f"k{i}")
    assert till.looks_up(key="first").reference == first.reference
    assert till.looks_up(key="never").outcome == "absent"


# --- news -------------------------------------------------------------------------------------------------------------


def news(till: Till) -> list[tuple[str, str, str, str]]:
    return [(r.operation, r.key, r.outcome, r.why) for r in till.provider.news(NOW_S)]


def test_a_hold_that_ends_by_itself_is_told_once(double: StripeDouble, till: Till) -> None:
    assert news(till) == []
    till.holds()
    assert news(till) == []
    double.pass_s(30 * 86_400)
    assert news(till) == [("hold", HOLD, "declined", "expired")]
    assert news(till) == []


def test_a_refund_that_fails_and_a_charge_back_are_told(double: StripeDouble, till: Till) -> None:
    news(till)
    till.gives(double, "pm_card_pendingRefund")
    paid = till.asks()
    given = till.asks("refund", 200, of=CHARGE, reference=paid.reference)
    assert given.outcome == "pending"
    assert news(till) == []
    double.bank(lambda books, at_s: books.settle_refund(given.reference, "failed", at_s))
    double.bank(lambda books, at_s: books.dispute(paid.reference, at_s))
    assert sorted(news(till)) == [
        ("charge", CHARGE, "declined", "charged-back"),
        ("refund", f"{STORE}:v1:1/refund", "declined", "refused"),
    ]
    assert news(till) == []


def test_a_capture_that_nobody_answered_is_among_the_news(double: StripeDouble, till: Till) -> None:
    news(till)
    held = till.holds()
    double.behave("lost", on="POST /v1/payment_intents/")
    till.asks("capture", 700, of=HOLD, reference=held.reference)
    (reply,) = till.provider.news(NOW_S)
    assert (reply.operation, reply.key, reply.settlement) == ("capture", f"{STORE}:v1:1/capture", "v1")
    assert told(reply) == ("approved", 700, "")


def test_what_was_answered_is_not_asked_for_again_when_its_event_comes(double: StripeDouble, till: Till) -> None:
    """Whoever waits at the gate would wait behind that."""
    news(till)
    paid = till.asks()
    till.asks("refund", 200, of=CHARGE, reference=paid.reference)
    held = till.holds()
    till.asks("capture", 700, of=HOLD, reference=held.reference)
    till.asks("release", 1000, "let go", of="other", reference=till.asks("hold", 1000, "other").reference)
    till.gives(double, "pm_card_chargeCustomerFail")
    till.asks(key="declined")
    double.requests.clear()
    assert news(till) == []
    assert double.requests == ["GET /v1/events"]


def test_news_of_another_shop_with_the_same_account_are_not_ours(double: StripeDouble, till: Till) -> None:
    other = Till(double.url, store="kiosk")
    other.wallets = till.wallets
    assert (news(till), news(other)) == ([], [])
    double.behave("lost", on="POST /v1/payment_intents")
    other.asks()
    assert news(till) == []
    assert news(other) == [("charge", "kiosk:v1:1/charge", "approved", "")]


def test_news_survive_a_restart_and_are_told_again_rather_than_missed(
    double: StripeDouble, till: Till, tmp_path: Path
) -> None:
    def shop() -> Till:
        mine = Till(double.url, cursor=tmp_path / "news")
        mine.wallets = till.wallets
        return mine

    first = shop()
    assert news(first) == []
    first.holds()
    double.pass_s(30 * 86_400)
    ended = [("hold", HOLD, "declined", "expired")]
    assert news(first) == ended
    assert news(shop()) == ended, "the last look was not followed by another: it may not have been recorded"
    news(first)
    assert news(shop()) == []
    double.behave("busy", on="GET /v1/payment_intents", times=1)
    double.behave("lost", on="POST /v1/payment_intents", times=1)
    first.asks(key=f"{STORE}:v2")
    with pytest.raises(ConnectionError, match="busy"):
        first.provider.news(NOW_S)
    assert news(first) == [("charge", f"{STORE}:v2", "approved", "")], "what could not be looked at comes again"


def test_a_broken_cursor_begins_anew(double: StripeDouble, till: Till, tmp_path: Path) -> None:
    (tmp_path / "news").write_text("{", encoding="utf-8")
    mine = Till(double.url, cursor=tmp_path / "news")
    assert news(mine) == []


def test_webhooks_are_believed_by_their_signature_alone(double: StripeDouble, till: Till) -> None:
    from simulator.providers.webhooks import signature

    news(till)
    double.behave("lost", on="POST /v1/payment_intents")
    till.asks()
    event = next(e for e in double.of("event") if e["type"] == "payment_intent.succeeded")
    body, now_s = json.dumps(event).encode(), time.time()
    hear = till.provider.hear
    assert not hear(body, signature(body, "whsec_other", now_s), "whsec_1")
    assert not hear(body, signature(body, "whsec_1", now_s - 301), "whsec_1")
    assert not hear(body + b" ", signature(body, "whsec_1", now_s), "whsec_1")
    assert not hear(body, "", "whsec_1")
    assert not hear(b"{", signature(b"{", "whsec_1", now_s), "whsec_1")
    for _ in range(2):
        assert hear(body, signature(body, "whsec_1", now_s - 299), "whsec_1")
    assert news(till) == [("charge", CHARGE, "approved", "")]


# --- what the client must not do --------------------------------------------------------------------------------------


def test_nobody_is_followed_elsewhere(double: StripeDouble, till: Till) -> None:
    """A captive portal answers in Stripe's place, and would have the request somewhere else."""

    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", double.url + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as portal:
        threading.Thread(target=portal.serve_forever, args=(0.02,), daemon=True).start()
        lost = Till(f"http://127.0.0.1:{portal.server_address[1]}")
        lost.wallets = till.wallets
        assert told(lost.asks()) == ("unknown", None, "away")
        portal.shutdown()
    assert double.requests == []


def test_no_netrc_gives_another_password(double: StripeDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    till = Till(double.url)
    till.gives(double)
    assert till.asks().outcome == "approved"


def test_killed_between_doing_and_answering_it_is_looked_up(tmp_path: Path) -> None:
    """The double is a process of its own, and dies when the money has moved and nobody was told."""
    books = tmp_path / "books.jsonl"
    program = "import sys; from pathlib import Path; from simulator.providers.prompt import stripe; "
    command = [sys.executable, "-c", program + "stripe(int(sys.argv[2]), Path(sys.argv[1]))", str(books)]
    # Whoever pipes commands into it gets each answer at once, wherever they do.
    plain = {name: said for name, said in os.environ.items() if name != "PYTHONUNBUFFERED"}

    def begin(port: int) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*command, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for _ in range(6):
            process.stdout.readline()
        return process, url

    def types(process: subprocess.Popen[str], line: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    process, url = begin(0)
    port = int(url.rsplit(":", 1)[1])
    till = Till(url)
    till.wallets["ana"] = (types(process, "customer"),)
    assert process.stdin is not None
    process.stdin.write("die 1 POST /v1/payment_intents\n")
    assert types(process, "money") == "0"
    assert told(till.asks()) == ("unknown", None, "away")
    assert process.wait(10) == 9
    assert told(till.looks_up()) == ("unknown", None, "away"), "nobody is there who could know"
    process, _ = begin(port)
    try:
        found = till.looks_up()
        assert told(found) == ("approved", 500, "")
        assert types(process, "money") == "500"
        assert told(till.asks()) == ("approved", 500, ""), "its keys are as durable as its books"
        assert types(process, "money") == "500"
    finally:
        process.terminate()
        process.wait(10)


def test_a_reply_goes_onto_the_wire_and_back(till: Till) -> None:
    from edge.wire.codec import encode_reply

    held = till.holds()
    sent = msgspec.json.decode(encode_reply(held))
    assert (sent["amount"], sent["until"], sent["key"]) == (2000, held.until_s, HOLD)


def test_nothing_of_wallet_or_key_is_said_however_talkative_the_client_is(double: StripeDouble, tmp_path: Path) -> None:
    """Debug logs of the client print every parameter."""
    customer, method = double.customer()
    (tmp_path / "key").write_text(KEY, encoding="utf-8")
    (tmp_path / "key").chmod(0o600)
    program = f"""
import logging, sys
from pathlib import Path
logging.basicConfig(level=logging.DEBUG)
from edge.adapters.members import Members
from edge.adapters.payment.choose import provider_of
from edge.paying import Payment
from edge.records import PaymentRequest
from edge.store import load_store
from tests.corner import write_store
folder = Path({str(tmp_path)!r})
with Members(folder / "members.db") as members:
    members.add("ana", b"", "member", 0.0)
    members.keep_wallet("ana", "{customer}:{method}", 0.0)
payment = Payment(provider="stripe", url="{double.url}", secret_file=folder / "key")
provider = provider_of(payment, load_store(write_store(folder / "store")), folder)
for look_up in (False, True):
    print(provider.answer(PaymentRequest("v1", "k", "ana", 500, "JPY", look_up=look_up), 0.0)[0].outcome)
"""
    environment = {**os.environ, "STRIPE_LOG": "debug", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert done.stdout.split() == ["approved", "approved"]
    for secret in (customer, method, KEY):
        assert secret not in done.stdout + done.stderr
    assert not [*tmp_path.rglob("telemetry*")], "its telemetry gives every user a name of their own, in a file"
