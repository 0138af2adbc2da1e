"""A shop whose money is Stripe's: paid once whatever happens, news that reach the book, secrets that reach nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
import structlog

from edge.adapters.members import Members
from edge.checkout import receipt_json, receipt_text
from edge.daemon.cashier import Cashier
from edge.daemon.clock import Clock
from edge.daemon.ear import Ear
from edge.daemon.run import Daemon
from edge.daemon.shop import MEMBERS
from edge.ledger import receipt_of
from edge.paying import Payment
from edge.records import PaymentReply, PaymentRequest
from edge.site import Site
from edge.store import load_store
from simulator.providers import KEY, StripeDouble
from tests.adapters.brokers import until
from tests.corner import OPENS_S, STORE, write_store
from tests.daemon.rehearsals import Rehearsal
from tests.providers.reference import SECRET, ReferenceProvider

WEBHOOK = "whsec_a_secret_of_the_endpoint"


@pytest.fixture
def shop(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


@pytest.fixture
def double(shop: Rehearsal) -> Iterator[StripeDouble]:
    with StripeDouble(now_s=lambda: shop.at_s) as it:
        yield it


def joined(shop: Rehearsal, double: StripeDouble, card: str = "pm_card_visa", webhook_port: int = 0) -> str:
    """Ana has a card at Stripe, and the shop is connected to it; her wallet."""
    wallet = ":".join(double.customer(card))
    shop.state.mkdir(parents=True)
    with Members(shop.state / MEMBERS) as members:
        members.add("ana", b"", "member", OPENS_S - 100.0)
        members.keep_wallet("ana", wallet, OPENS_S - 100.0)
    files = {"key": KEY, "hook": WEBHOOK}
    for name, secret in files.items():
        path = shop.state.parent / name
        path.write_text(secret, encoding="utf-8")
        path.chmod(0o600)
    payment = Payment(
        provider="stripe",
        url=double.url,
        secret_file=shop.state.parent / "key",
        news_s=86_400.0,
        webhook_listen="127.0.0.1" if webhook_port else "",
        webhook_port=webhook_port or 8322,
        webhook_secret_file=shop.state.parent / "hook",
    )
    shop.site = Site(payment=payment)
    return wallet


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def heard(shop: Rehearsal, kind: str) -> None:
    def there() -> bool:
        shop.pass_s(1)
        return bool(shop.entries(kind))

    until(there, f"{kind} is in the book")


@pytest.mark.parametrize("deed", ["", "lost", "drop", "fail", "fail-after", "busy"])
def test_whatever_stripe_does_ana_is_charged_once(shop: Rehearsal, double: StripeDouble, deed: str) -> None:
    joined(shop, double)
    if deed:
        double.behave(deed, on="POST /v1/payment_intents")
    shop.open()
    assert "test mode" in shop.shop.provider.caveat
    shop.play(0.0, 18.0)
    shop.settle(600.0)
    (line,) = shop.outcome()
    assert (line["state"], line["total"]) == ("settled", 356)
    assert double.kept_minor() == 356
    (entry,) = shop.entries("payment-approved")
    assert str(entry.body["reference"]).startswith("pi_")
    receipt = receipt_of(shop.shop.book, entry.visit)
    assert receipt is not None
    assert (receipt.test, receipt.moved_money, receipt_json(receipt)["test_mode"]) == (True, False, True)
    assert "No money was moved" in receipt_text(receipt, "en")
    assert "テストモード" in receipt_text(receipt, "ja")
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize("deed", ["", "lost", "drop", "fail", "fail-after"])
@pytest.mark.parametrize("on", ["", "capture"])
def test_what_is_held_at_the_entry_is_captured_to_the_yen_at_the_exit(
    shop: Rehearsal, double: StripeDouble, deed: str, on: str
) -> None:
    # Whoever waits at the gate while Stripe is slow comes in: seconds pass in no time here.
    holding = f'{STORE}\n[policy]\nhold = "fixed"\nhold_minor = 2000\noffline_limit_minor = 10000\n'
    shop.store = load_store(write_store(shop.state.parent / "holding", store_toml=holding))
    joined(shop, double)
    shop.open()
    if deed and not on:
        double.behave(deed, on="POST /v1/payment_intents")
    shop.play(0.0, 8.0)
    until(lambda: held(shop, double), "Stripe holds it, and the shop knows")
    shop.play(8.0, 10.0)
    if deed and on:
        double.behave(deed, on="POST /v1/payment_intents/")
    shop.play(10.0, 18.0)
    shop.settle(600.0)
    (intent,) = double.of("payment_intent")
    assert (intent["amount"], intent["amount_received"], intent["status"]) == (2000, 356, "succeeded")
    assert double.kept_minor() == 356
    book = shop.shop.book
    assert book.balance("provider:payments") + book.balance("fees:provider") == 356
    assert (book.balance("held-at-provider"), book.balance("receivable:ana")) == (0, 0)
    assert book.prove() == []
    shop.shop.close()


def held(shop: Rehearsal, double: StripeDouble) -> bool:
    shop.at_s += 0.005
    shop.work()
    holds = [i["status"] for i in double.of("payment_intent")] == ["requires_capture"]
    return holds and bool(shop.entries("payment-approved"))


def test_a_decline_is_told_by_name(shop: Rehearsal, double: StripeDouble) -> None:
    joined(shop, double, "pm_card_authenticationRequired")
    shop.open()
    shop.play(0.0, 18.0)
    heard(shop, "payment-declined")
    assert double.kept_minor() == 0
    reply = next(h for h in recorded(shop) if b'"declined"' in h)
    assert b'"needs-holder"' in reply
    shop.shop.close()


def recorded(shop: Rehearsal) -> list[bytes]:
    """Everything that providers said, as it stands in the recordings."""
    from edge.wire import open_recording

    shop.shop.recorder.flush()
    found = []
    for path in sorted((shop.state / "recordings").glob("*.mcap")):
        with suppress(ValueError):
            found += [h.payload for h in open_recording(path) if h.topic.startswith("payment/")]
    return found


def test_a_charge_back_comes_by_webhook_and_staff_are_told(shop: Rehearsal, double: StripeDouble) -> None:
    port = free_port()
    joined(shop, double, webhook_port=port)
    shop.open()
    until(lambda: "GET /v1/events" in double.requests, "it is known where the news begin")
    shop.play(0.0, 18.0)
    shop.settle(600.0)
    (paid,) = double.of("payment_intent")
    double.webhooks.send_to(f"http://127.0.0.1:{port}/stripe", "whsec_somebody_else")
    double.bank(lambda books, at_s: books.dispute(paid["id"], at_s))
    until(lambda: double.webhooks.answers == [400, 400, 400], "whoever has another secret is not believed")
    double.webhooks.secret = WEBHOOK
    double.bank(lambda books, at_s: books.dispute(paid["id"], at_s))
    heard(shop, "payment-contradiction")
    assert double.webhooks.answers[-1] == 200
    assert "payment-contradiction" in [p.payload["kind"] for p in shop.said if p.topic == "runtime/alert"]
    shop.shop.close()


def test_no_secret_and_no_wallet_is_left_anywhere_but_where_it_belongs(
    shop: Rehearsal, double: StripeDouble, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the register stands the wallet, in its file the key; a run with faults leaves neither in anything else."""
    wallet = joined(shop, double)
    double.behave("busy", on="POST /v1/payment_intents")
    with caplog.at_level("DEBUG"), structlog.testing.capture_logs() as logged:
        shop.open()
        shop.play(0.0, 18.0)
        shop.settle(600.0)
        double.behave("drop", on="GET")
        with pytest.raises(ConnectionError):
            shop.shop.provider.news(shop.at_s)
        shop.shop.close()
    assert double.kept_minor() == 356
    customer, method = wallet.split(":")
    said = capfd.readouterr()
    told = [said.out, said.err, caplog.text, repr(logged), repr(shop.said)]
    files = [p for p in shop.state.rglob("*") if p.is_file() and not p.name.startswith(MEMBERS)]
    assert {p.suffix for p in files} >= {".mcap", ".db", ".jsonl"}
    for secret in (customer, method, KEY, WEBHOOK):
        assert not any(secret in text for text in told)
        assert not [p for p in [*files, *shop.state.parent.glob("store/*")] if secret.encode() in p.read_bytes()]


@pytest.mark.parametrize("auth", ["bearer", "hmac"])
def test_any_provider_behind_the_contract_is_asked_once(shop: Rehearsal, auth: Literal["bearer", "hmac"]) -> None:
    key = shop.state.parent / "key"
    key.write_text(SECRET, encoding="utf-8")
    key.chmod(0o600)
    shop.state.mkdir(parents=True)
    with Members(shop.state / MEMBERS) as members:
        members.add("ana", b"", "member", OPENS_S - 100.0)
        members.keep_wallet("ana", "card-1", OPENS_S - 100.0)
    with ReferenceProvider(signed=auth == "hmac") as other:
        other.lost = 1
        shop.site = Site(payment=Payment(provider="http", url=other.url, secret_file=key, auth=auth, news_s=86_400.0))
        shop.open()
        shop.play(0.0, 18.0)
        shop.settle(600.0)
        shop.shop.close()
        assert other.kept_minor() == 356
        posts = [line for line in other.asked if line.startswith("POST")]
        assert len(posts) == 1, "what got lost was looked up"
    assert len(shop.entries_of_closed("payment-approved")) == 1


def test_a_port_that_is_taken_and_a_secret_that_went_are_told_at_the_start(
    shop: Rehearsal, double: StripeDouble
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        joined(shop, double, webhook_port=other.getsockname()[1])
        with pytest.raises(OSError, match=r"webhooks cannot be taken on .* Set another webhook_port"):
            shop.open()
    (shop.state.parent / "key").unlink()
    with pytest.raises(OSError, match=r"there is no file .*key"):
        shop.open()


def test_a_rehearsal_of_a_shop_with_a_real_provider_asks_nobody(shop: Rehearsal, tmp_path: Path) -> None:
    real = Site(payment=Payment(provider="stripe", secret_file=tmp_path / "nowhere"))
    daemon = Daemon(shop.store, real, tmp_path / "rehearsed", rehearsal=True)
    daemon.shop.open()
    assert "no money moves" in daemon.shop.provider.caveat
    daemon.shop.close()
    with pytest.raises(OSError, match="there is no file"):
        Daemon(shop.store, real, tmp_path / "real").shop.open()


# --- the cashier ------------------------------------------------------------------------------------------------------


class Gossip:
    """A provider that has something to say."""

    def __init__(self) -> None:
        self.due: list[PaymentReply] = []
        self.fails = False
        self.looks = 0

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        return []

    def news(self, at_s: float) -> list[PaymentReply]:
        self.looks += 1
        if self.fails:
            raise ConnectionError("nobody there")
        told, self.due = self.due, []
        return told


def test_news_are_asked_for_when_somebody_rings_and_become_messages() -> None:
    gossip, ear = Gossip(), Ear(Clock())
    cashier = Cashier(gossip, ear, lambda: True, news=gossip.news, news_s=3600.0)
    cashier.start()
    until(lambda: gossip.looks == 1, "it looks at once")
    gossip.due = [PaymentReply(0.0, 0.0, "v1", "declined", "r", "k/hold", "hold", why="expired")]
    cashier.ring()
    found = ear.next(5.0)
    assert found is not None
    assert found[0].topic == "payment/v1/reply"
    assert b"k/hold" in found[0].payload
    gossip.fails = True
    cashier.ring()
    until(lambda: "nobody there" in ear.troubles.get("payment", ""), "staff are told that no news come")
    gossip.fails = False
    cashier.ring()
    until(lambda: not ear.troubles.get("payment"), "all is well again")
    cashier.stop()


def test_news_are_asked_for_now_and_then_by_itself() -> None:
    gossip = Gossip()
    cashier = Cashier(gossip, Ear(Clock()), lambda: True, news=gossip.news, news_s=0.01)
    cashier.start()
    until(lambda: gossip.looks > 3, "it looks again and again")
    cashier.stop()


def test_who_waits_for_an_answer_comes_before_the_news() -> None:
    """While one request is being answered another comes, and somebody rings."""
    order: list[str] = []
    busy, go_on = threading.Event(), threading.Event()

    class Slow(Gossip):
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            order.append(request.key)
            busy.set()
            go_on.wait(5.0)
            return []

        def news(self, at_s: float) -> list[PaymentReply]:
            order.append("news")
            return []

    slow = Slow()
    cashier = Cashier(slow, Ear(Clock()), lambda: True, news=slow.news, news_s=3600.0)
    cashier.start()
    until(lambda: order == ["news"], "it has looked")
    cashier.answer(PaymentRequest("v1", "k1", "ana", 356, "JPY"), 0.0)
    assert busy.wait(5.0)
    cashier.ring()
    cashier.answer(PaymentRequest("v2", "k2", "bo", 356, "JPY"), 0.0)
    go_on.set()
    until(lambda: len(order) == 4, "all is done")
    assert order == ["news", "k1", "k2", "news"]
    cashier.stop()


def test_an_outcome_that_nobody_knows_is_a_trouble_with_a_remedy() -> None:
    class Away(Gossip):
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            return [PaymentReply(at_s, at_s, request.settlement, "unknown", key=request.key, why="away")]

    ear = Ear(Clock())
    cashier = Cashier(Away(), ear, lambda: True)
    cashier.start()
    cashier.answer(PaymentRequest("v1", "k1", "ana", 356, "JPY"), 0.0)
    until(lambda: "cannot be reached" in ear.troubles.get("payment", ""), "staff are told")
    assert ear.next(5.0) is not None
    cashier.stop()
