"""Any provider behind the contract of docs/payment-http.md, against the smallest one that keeps it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.http import HttpProvider
from edge.adapters.payment.provider import Contrary, KeyReused, PaymentProvider
from edge.records import PaymentReply, PaymentRequest
from tests.providers.reference import SECRET, ReferenceProvider


@pytest.fixture(params=[False, True], ids=["bearer", "hmac"])
def other(request: pytest.FixtureRequest) -> Iterator[ReferenceProvider]:
    with ReferenceProvider(signed=request.param) as it:
        yield it


def provider_of(other: ReferenceProvider, wallet: str = "card-1", **more: Any) -> HttpProvider:
    return HttpProvider(other.url, SECRET, lambda _: (wallet,), signs=other.signed, pay_within_s=2.0, **more)


def ask(provider: PaymentProvider, operation: Any = "charge", amount: int = 500, **more: Any) -> PaymentReply:
    key = more.pop("key", f"corner:v1:1/{operation}")
    request = PaymentRequest("v1", key, "ana", amount, "JPY", operation=operation, asked_s=1.5, **more)
    (reply,) = provider.answer(request, 100.0)
    assert (reply.settlement, reply.key, reply.operation) == ("v1", request.key, operation)
    assert reply.at_s >= 100.0
    return reply


def test_everything_from_a_hold_to_a_refund(other: ReferenceProvider) -> None:
    provider = provider_of(other)
    held = ask(provider, "hold", 2000)
    assert (held.outcome, held.amount_minor, held.reference) == ("approved", 2000, "ref-0")
    assert held.until_s is not None
    assert held.until_s > time.time()
    taken = ask(provider, "capture", 700, of=held.key, reference=held.reference)
    assert taken.outcome == "approved"
    assert ask(provider, "refund", 200, of=taken.key).outcome == "approved"
    assert other.kept_minor() == 500
    asked, _ = other.operations[taken.key]
    assert asked == {
        "key": taken.key, "operation": "capture", "visit": "v1", "amount": 700, "currency": "JPY", "asked": 1.5,
        "wallet": "card-1", "of": held.key, "reference": "ref-0",
    }  # fmt: skip


@pytest.mark.parametrize("tries_out", [False, True])
def test_whether_it_was_only_tried_out_is_told(other: ReferenceProvider, tries_out: bool) -> None:
    other.tries_out = tries_out
    assert ask(provider_of(other)).test is tries_out
    assert ask(provider_of(other), look_up=True).test is tries_out


def test_a_reference_that_looks_like_one_of_a_tab_is_none(other: ReferenceProvider) -> None:
    other.names = "tab-"
    provider = provider_of(other)
    taken = ask(provider, "charge", 700)
    assert taken.reference == "http:tab-0"
    ask(provider, "refund", 200, of=taken.key, reference=taken.reference)
    asked, _ = other.operations["corner:v1:1/refund"]
    assert asked["reference"] == "tab-0"


def test_declines_have_names_and_keys_one_meaning(other: ReferenceProvider) -> None:
    poor = provider_of(other, "empty")
    assert (ask(poor).outcome, ask(poor).why) == ("declined", "insufficient")
    assert len(other.operations) == 1
    with pytest.raises(KeyReused, match="another payment"):
        ask(poor, amount=501)
    assert ask(provider_of(other, ""), key="k").why == "no-wallet"
    assert "k" not in other.operations


def test_what_got_lost_is_looked_up_by_its_key(other: ReferenceProvider) -> None:
    provider = provider_of(other)
    assert ask(provider, key="k 1/&?=", look_up=True).outcome == "absent"
    other.lost = 1
    lost = ask(provider, key="k 1/&?=")
    assert (lost.outcome, lost.why) == ("unknown", "away")
    assert ask(provider, key="k 1/&?=", look_up=True).outcome == "approved"
    assert other.kept_minor() == 500


@pytest.mark.parametrize(
    ("status", "outcome", "why"),
    [
        (500, "unknown", "fault"), (503, "unknown", "fault"), (302, "unknown", "fault"), (429, "unknown", "busy"),
        (401, "unknown", "key"), (403, "unknown", "key"), (400, "unknown", "fault"), (404, "unknown", "fault"),
    ],
)  # fmt: skip
def test_what_a_status_means(other: ReferenceProvider, status: int, outcome: str, why: str) -> None:
    other.status = [status]
    reply = ask(provider_of(other))
    assert (reply.outcome, reply.why) == (outcome, why)
    assert len(other.asked) == 1, "nobody is followed elsewhere, and nothing is sent twice"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"key": 1}', b"[" * 1000, b"x" * (1 << 21)])
def test_what_nobody_can_read_is_unknown(other: ReferenceProvider, body: bytes) -> None:
    other.body = body
    assert ask(provider_of(other)).outcome == "unknown"
    with pytest.raises(ConnectionError):
        provider_of(other).news(1.0)


def test_a_404_of_a_proxy_is_no_absence(other: ReferenceProvider) -> None:
    other.status = [404]
    other.body = b"<html>no such page</html>"
    assert ask(provider_of(other), look_up=True).outcome == "unknown"


def test_an_answer_about_something_else_is_none(other: ReferenceProvider) -> None:
    other.body = b'{"key": "other", "operation": "charge", "visit": "v", "outcome": "approved"}'
    with pytest.raises(Contrary, match="speaks of other"):
        ask(provider_of(other))


def test_another_secret_and_nobody_there(other: ReferenceProvider) -> None:
    wrong = HttpProvider(other.url, "wrong", lambda _: ("c",), signs=other.signed)
    assert ask(wrong).why == "key"
    nobody = HttpProvider("http://127.0.0.1:9", SECRET, lambda _: ("c",))
    assert ask(nobody).why == "away"
    with pytest.raises(ConnectionError):
        nobody.news(0.0)


def test_news_are_told_from_where_the_last_look_ended(other: ReferenceProvider, tmp_path: Path) -> None:
    cursor = tmp_path / "news"
    provider = provider_of(other, cursor=cursor)
    ask(provider, "hold", 2000)
    hold = {"key": "corner:v1:1/hold", "operation": "hold", "visit": "v1", "outcome": "declined", "why": "expired"}
    other.news.append(hold)
    (ended,) = provider.news(7.0)
    assert (ended.key, ended.outcome, ended.why, ended.at_s) == (hold["key"], "declined", "expired", 7.0)
    assert len(provider_of(other, cursor=cursor).news(8.0)) == 1, "told again rather than missed"
    assert provider.news(9.0) == []
    assert provider_of(other, cursor=cursor).news(9.0) == []


def test_an_answer_that_drips_is_not_waited_for() -> None:
    """Each byte comes in time, and the whole never."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line, contextlib.suppress(OSError):
                while not stop.wait(0.05):
                    line.sendall(b"H" if line.recv(1, socket.MSG_PEEK) else b"")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        provider = HttpProvider(
            f"http://127.0.0.1:{server.getsockname()[1]}", SECRET, lambda _: ("c",), pay_within_s=1.0
        )
        began_s = time.monotonic()
        assert ask(provider).why == "away"
        assert time.monotonic() - began_s < 1.0
        stop.set()
        thread.join(5.0)
