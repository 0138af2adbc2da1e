"""The local payment provider: what it does on demand, and that a key is charged once."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.payment.local import WORDS, LocalProvider, read_conduct
from edge.adapters.payment.provider import KeyReused, PaymentProvider
from edge.records import PaymentReply, PaymentRequest


def request(subject: str = "ana", key: str = "kiosk:v1", amount_minor: int = 178, attempt: int = 1) -> PaymentRequest:
    return PaymentRequest("v1", key, subject, amount_minor, "JPY", attempt)


def outcomes(replies: list[PaymentReply]) -> list[str]:
    return [reply.outcome for reply in replies]


def test_it_approves_what_nobody_said_anything_about() -> None:
    provider: PaymentProvider = LocalProvider()
    (reply,) = provider.answer(request(), 100.0)
    assert (reply.outcome, reply.settlement, reply.at_s, reply.received_s) == ("approved", "v1", 100.8, 100.8)
    assert reply.reference.startswith("local-")


def test_the_first_pattern_that_fits_counts() -> None:
    provider = LocalProvider({"member-13": "decline", "member-*": "silent"})
    assert outcomes(provider.answer(request("member-13", "a"), 0.0)) == ["declined"]
    assert provider.answer(request("member-14", "b"), 0.0) == []
    assert outcomes(provider.answer(request("guest", "c"), 0.0)) == ["approved"]


def test_answers_come_one_after_another() -> None:
    replies = LocalProvider({"*": "approve+decline+unknown"}, latency_s=2.0).answer(request(), 10.0)
    assert outcomes(replies) == ["approved", "declined", "unknown"]
    assert [reply.at_s for reply in replies] == [12.0, 14.0, 16.0]


def test_a_lost_answer_was_charged_and_comes_back_on_asking() -> None:
    provider = LocalProvider({"*": "lost"})
    assert provider.answer(request(), 0.0) == []
    assert len(provider.charges) == 1
    assert outcomes(provider.answer(request(attempt=2), 10.0)) == ["approved"]
    assert len(provider.charges) == 1


def test_a_key_that_stands_for_something_else_is_refused() -> None:
    provider = LocalProvider()
    provider.answer(request(), 0.0)
    with pytest.raises(KeyReused, match="178"):
        provider.answer(request(amount_minor=179), 0.0)


def test_a_word_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="cannot 'explode'"):
        LocalProvider({"ana": "silent, explode"})


def test_the_journal_survives_a_restart_and_a_line_that_broke_off(tmp_path: Path) -> None:
    journal = tmp_path / "payments.jsonl"
    first = LocalProvider({"*": "lost", "bo": "decline"}, journal=journal)
    first.answer(request("ana", "a"), 0.0)
    LocalProvider({"bo": "decline"}, journal=journal).answer(request("bo", "b"), 0.0)
    with journal.open("ab") as file:
        file.write(b'{"request":{"settle')
    again = LocalProvider(journal=journal)
    assert list(again.charges) == ["a"]
    assert outcomes(again.answer(request("ana", "a"), 5.0)) == ["approved"]
    assert outcomes(again.answer(request("bo", "b"), 5.0)) == ["declined"]
    again.answer(request("cy", "c"), 5.0)
    assert list(LocalProvider(journal=journal).charges) == ["a", "c"]


def test_a_full_disk_tears_nothing_and_decides_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "payments.jsonl"
    provider = LocalProvider(journal=journal)
    provider.answer(request("ana", "a"), 0.0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 40, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            provider.answer(request("bo", "b"), 1.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(LocalProvider(journal=journal).charges) == ["a"], "nobody is charged for what was not written down"
    provider.answer(request("bo", "b"), 2.0)
    assert list(LocalProvider(journal=journal).charges) == ["a", "b"]


STEPS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("+".join)


@given(st.lists(STEPS, min_size=1, max_size=4).map(", ".join), st.integers(1, 6))
def test_whatever_is_asked_how_often_a_key_is_charged_at_most_once(conduct: str, times: int) -> None:
    provider = LocalProvider({"*": conduct})
    said = [outcomes(provider.answer(request(attempt=n), float(n))) for n in range(times)]
    assert len(provider.charges) <= 1
    decided = next((n for n, step in enumerate(read_conduct(conduct)) if {"approve", "lost", "decline"} & set(step)), 9)
    assert all(answers == said[-1] and len(answers) == 1 for answers in said[decided + 1 :])
