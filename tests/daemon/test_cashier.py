"""The cashier asks for several visits at once: what hangs holds nobody up, and of one visit nothing is overtaken."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

import edge.daemon.cashier as cashiers
from edge.daemon.cashier import MOST_AT_ONCE, MOST_PAYING, Cashier
from edge.daemon.clock import Clock
from edge.daemon.ear import Ear
from edge.records import PaymentOperation, PaymentReply, PaymentRequest
from tests.adapters.brokers import until


def request(visit: str, key: str, operation: PaymentOperation = "charge", *, look_up: bool = False) -> PaymentRequest:
    return PaymentRequest(visit, key, "ana", 356, "JPY", operation=operation, look_up=look_up)


class Hanging:
    """Answers nothing until it is let go; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go_on = threading.Event()

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        self.asked.append(request.key)
        self.go_on.wait(20.0)
        return []


def test_calls_that_hang_hold_up_nobody_at_the_gate() -> None:
    provider = Hanging()
    cashier = Cashier(provider, Ear(Clock()), lambda: True)
    cashier.start()
    for i in range(10):
        cashier.answer(request(f"v{i}", f"charge {i}"), 0.0)
        cashier.answer(request(f"w{i}", f"look-up {i}", "hold", look_up=True), 0.0)
    until(lambda: len(provider.asked) == MOST_PAYING, "they hang")
    for i in range(MOST_AT_ONCE - MOST_PAYING):
        cashier.answer(request(f"new{i}", f"gate {i}", "hold"), 0.0)
    until(lambda: len(provider.asked) == MOST_AT_ONCE, "whoever stands at the gate is asked for")
    assert {key for key in provider.asked if key.startswith("gate")} == {"gate 0", "gate 1", "gate 2"}
    provider.go_on.set()
    until(lambda: len(provider.asked) == 20 + MOST_AT_ONCE - MOST_PAYING, "all are asked in the end")
    assert set(Counter(provider.asked).values()) == {1}
    cashier.stop()


def test_no_more_are_under_way_than_it_was_told() -> None:
    provider, ear = Hanging(), Ear(Clock())
    cashier = Cashier(provider, ear, lambda: True, at_once=2)
    cashier.start()
    for i in range(4):
        cashier.answer(request(f"v{i}", f"charge {i}"), 0.0)
    until(lambda: len(provider.asked) == 2, "two hang")
    assert len(cashier._threads) == 2, "and nobody is left to ask for more"
    provider.go_on.set()
    until(lambda: len(provider.asked) == 4, "all are asked in the end")
    cashier.stop()


def test_news_do_not_wait_for_ever_for_a_call_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cashiers, "QUIET_S", 0.05)
    provider, looks = Hanging(), list[float]()

    def news(at_s: float) -> list[PaymentReply]:
        looks.append(at_s)
        return []

    cashier = Cashier(provider, Ear(Clock()), lambda: True, news=news, news_s=3600.0)
    cashier.start()
    until(lambda: len(looks) == 1, "it looks at once")
    cashier.answer(request("v", "charge"), 0.0)
    until(lambda: provider.asked == ["charge"], "it hangs")
    cashier.ring()
    until(lambda: len(looks) == 2, "it looks all the same")
    provider.go_on.set()
    cashier.stop()


def test_an_answer_that_is_due_later_is_told_in_time_while_another_call_hangs() -> None:
    """Whoever asked for it has its hands full meanwhile."""
    go_on, asked = threading.Event(), list[str]()

    class Provider:
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            asked.append(request.key)
            if request.key == "hangs":
                go_on.wait(20.0)
                return []
            when_s = at_s + 0.3
            return [PaymentReply(when_s, when_s, request.settlement, "approved", "r", request.key)]

    ear = Ear(Clock())
    cashier = Cashier(Provider(), ear, lambda: True, at_once=2)
    cashier.start()
    cashier.answer(request("v", "later"), 0.0)
    until(lambda: asked == ["later"], "it is asked for")
    cashier.answer(request("w", "hangs"), 0.0)
    until(lambda: asked == ["later", "hangs"], "the other hangs")
    found = ear.next(5.0)
    assert found is not None
    assert found[0].topic == "payment/v/reply"
    go_on.set()
    cashier.stop()


def test_of_two_visits_at_once_of_one_in_order() -> None:
    """The first requests of two visits wait for each other; those of one visit never meet."""
    both = threading.Barrier(2)
    order: dict[str, list[str]] = {"v": [], "w": []}
    busy: Counter[str] = Counter()
    met: list[str] = []

    class Provider:
        def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
            visit = request.settlement
            busy[visit] += 1
            if busy[visit] > 1:
                met.append(request.key)
            if not order[visit]:
                both.wait(10.0)
            order[visit].append(request.key)
            busy[visit] -= 1
            return [PaymentReply(at_s, at_s, visit, "approved", "r", request.key, request.operation)]

    ear = Ear(Clock())
    cashier = Cashier(Provider(), ear, lambda: True)
    for visit in ("v", "w"):
        cashier.answer(request(visit, "hold", "hold", look_up=True), 0.0)
        cashier.answer(request(visit, "capture", "capture"), 0.0)
        cashier.answer(request(visit, "remainder"), 0.0)
    cashier.start()
    until(lambda: ear.waiting >= 6, "all have been answered")
    cashier.stop()
    assert order == {visit: ["hold", "capture", "remainder"] for visit in ("v", "w")}
    assert met == []
