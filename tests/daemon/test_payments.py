"""A payment provider at its worst, and a shop that asks for every yen once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.daemon.cashier import Cashier
from edge.daemon.clock import Clock
from edge.daemon.ear import Ear
from edge.daemon.shop import PAYMENTS
from edge.records import PaymentReply, PaymentRequest
from edge.wire import Heard, encode_scan
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal


class Moody:
    """A provider that fails so many times before it does what it should, and remembers what it was asked."""

    def __init__(self, journal: Path, fails: int) -> None:
        self.provider = LocalProvider(journal=journal)
        self.fails = fails
        self.asked: list[tuple[str, bool]] = []

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        self.asked.append((request.key, request.look_up))
        if len(self.asked) <= self.fails:
            raise ConnectionError("no route to the provider")
        return self.provider.answer(request, at_s)


@pytest.mark.parametrize(
    ("conduct", "asked"),
    [
        ("approve+approve", 0),
        ("silent, approve", 2),
        ("unknown, approve", 2),
        ("lost, approve", 1),
        ("silent, lost, approve", 3),
    ],
)
def test_whatever_the_provider_does_ana_is_charged_once(tmp_path: Path, conduct: str, asked: int) -> None:
    """Twice the same answer, none, an unknown one, and money that was taken while the answer got lost."""
    shop = Rehearsal(tmp_path)
    shop.open({"ana": conduct})
    shop.play(0.0, 18.0)
    shop.settle()
    shop.is_untouched()
    assert len(shop.entries("payment-asked")) == asked
    assert len(shop.entries("payment-approved")) == 1
    shop.shop.close()


def test_a_provider_that_never_answers_is_given_up_and_staff_are_told(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.open({"ana": "silent"})
    shop.play(0.0, 18.0)
    shop.settle(600.0)
    assert shop.charges() == []
    assert len(shop.entries("payment-unanswered")) == 1
    assert "payment-unanswered" in [p.payload["kind"] for p in shop.said if p.topic == "runtime/alert"]
    shop.shop.close()


def test_a_provider_that_contradicts_itself_is_reported_and_the_money_stays_where_it_was(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.open({"ana": "approve+decline"})
    shop.play(0.0, 18.0)
    shop.settle()
    shop.pass_s(5)
    until(lambda: _worked(shop) and bool(shop.entries("payment-contradiction")), "the second answer is heard")
    shop.is_untouched()
    assert "payment-contradiction" in [p.payload["kind"] for p in shop.said if p.topic == "runtime/alert"]
    shop.shop.close()


def _worked(shop: Rehearsal) -> bool:
    shop.pass_s(1)
    return True


def test_a_provider_that_raises_is_a_trouble_and_is_looked_up_before_it_is_asked_again(tmp_path: Path) -> None:
    provider = Moody(tmp_path / "state" / PAYMENTS, fails=2)
    shop = Rehearsal(tmp_path, provider)
    shop.open()
    shop.play(0.0, 18.0)
    until(lambda: _worked(shop) and "payment" in shop.status["troubles"], "staff see it")
    assert "no route to the provider" in shop.status["troubles"]["payment"]
    assert shop.status["state"] == "degraded"
    shop.settle(600.0)
    shop.is_untouched()
    assert [look_up for _, look_up in provider.asked] == [False, True, True, False]
    assert len({key for key, _ in provider.asked}) == 1
    until(lambda: _worked(shop) and "payment" not in shop.status["troubles"], "all is well again")
    shop.shop.close()


def test_killed_between_the_request_and_the_answer_it_is_looked_up(tmp_path: Path) -> None:
    """The provider took the money before the kill; its answer died with the process."""
    shop = Rehearsal(tmp_path)
    shop.open({"ana": "lost"})
    shop.play(0.0, 18.0)
    until(lambda: _worked(shop) and bool(shop.charges()), "the provider took the money")
    assert shop.entries("payment-approved") == []
    shop.leave_as_killed()
    shop.open()
    shop.settle()
    shop.is_untouched()
    assert len(shop.entries("payment-approved")) == 1
    shop.shop.close()


def test_nobody_is_asked_for_what_is_not_in_the_book() -> None:
    written = threading.Event()
    provider = LocalProvider(latency_s=0.0)
    ear = Ear(Clock())
    cashier = Cashier(provider, ear, written.is_set)
    cashier.start()
    assert cashier.answer(PaymentRequest("v1", "k1", "ana", 356, "JPY"), 0.0) == []
    cashier.look_again()
    assert ear.next(0.1) is None
    assert provider.charges == {}
    written.set()
    cashier.look_again()
    heard = ear.next(5.0)
    assert heard is not None
    assert heard[0].topic == "payment/v1/reply"
    assert list(provider.charges) == ["k1"]
    cashier.stop()
    cashier.stop()


def test_a_request_that_the_book_refused_is_never_sent() -> None:
    provider = LocalProvider(latency_s=0.0)
    ear = Ear(Clock())
    cashier = Cashier(provider, ear, lambda: True, lambda request: request.amount_minor == 356)
    cashier.start()
    cashier.answer(PaymentRequest("v1", "k1", "ana", 1000, "JPY"), 0.0)
    cashier.answer(PaymentRequest("v2", "k2", "bo", 356, "JPY"), 0.0)
    assert ear.next(5.0) is not None
    assert list(provider.charges) == ["k2"]
    cashier.stop()


def test_who_stands_at_the_gate_comes_before_who_has_left_and_that_before_what_happened_long_ago() -> None:
    asked: list[str] = []

    class Remembers:
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            asked.append(request.key)
            return []

    cashier = Cashier(Remembers(), Ear(Clock()), lambda: True, at_once=1)
    for key, operation, look_up in (
        ("old", "charge", True), ("left", "charge", False), ("gate", "hold", False), ("too", "capture", False),
    ):  # fmt: skip
        cashier.answer(PaymentRequest(key, key, "ana", 1, "JPY", operation=operation, look_up=look_up), 0.0)  # type: ignore[arg-type]
    cashier.start()
    until(lambda: len(asked) == 4, "all are asked")
    cashier.stop()
    assert asked == ["gate", "left", "too", "old"]


def test_an_answer_of_a_provider_whose_clock_is_ahead_is_heard(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.open({"ana": "silent"})
    shop.play(0.0, 18.0)
    until(lambda: _worked(shop) and bool(shop.entries("settlement")), "she has left")
    (visit,) = shop.shop.driver.state.settlements
    shop.shop.ear.paid(PaymentReply(shop.at_s + 60, shop.at_s + 60, visit, "approved", "r" * 5000))
    shop.work()
    assert len(shop.entries("payment-approved")) == 1
    shop.shop.close()


def test_money_that_was_taken_for_nobody_is_told(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.open()
    for outcome in ("approved", "declined", "approved"):
        shop.shop.ear.paid(PaymentReply(shop.at_s, shop.at_s, "20200101-0001", outcome, "r1"))
    shop.work()
    assert len(shop.entries("stray-payment")) == 2
    alerts = [p.payload for p in shop.said if p.topic == "runtime/alert"]
    assert {(a["kind"], a["visit"]) for a in alerts} == {("stray-payment", "20200101-0001")}
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(
    "subject", ["a\x00b", "a\nb", "receivable:bo", "棚\u202eb", "x" * 200, " ", "'; DROP TABLE entry"]
)
def test_whatever_somebody_is_called_they_pay_once_and_the_book_holds(tmp_path: Path, subject: str) -> None:
    shop = Rehearsal(tmp_path)
    shop.messages = [
        h
        if not h.topic.endswith("/scan")
        else Heard(h.topic, encode_scan(OPENS_S + 1.0, subject, "palm"), h.received_s)
        for h in shop.messages
    ]
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    assert shop.charges() == [356]
    assert shop.shop.book.prove() == []
    assert shop.shop.book.balance(f"receivable:{subject}") == 0
    shop.shop.close()


def test_a_provider_that_hangs_does_not_hold_up_the_end() -> None:
    stuck, forever = threading.Event(), threading.Event()

    class Hanging:
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            stuck.set()
            forever.wait(20.0)
            return []

    cashier = Cashier(Hanging(), Ear(Clock()), lambda: True)
    cashier.start()
    cashier.answer(PaymentRequest("v1", "k1", "ana", 356, "JPY"), 0.0)
    assert stuck.wait(5.0)
    clock = Clock()
    began_s = clock.now_s()
    cashier.stop()
    assert clock.now_s() - began_s < 1.5
    forever.set()
