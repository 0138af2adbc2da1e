"""What goes on a tab, and comes off it, from the entry to the refund."""

from __future__ import annotations

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.facts.tabs import month_of, statement_of
from edge.records import PaymentReply
from tests.payment.counter import Counter


def at_a_tab(conducts: dict[str, str] | None = None) -> Counter:
    counter = Counter()
    counter.provider = LocalProvider(conducts, tab=True)
    return counter


def moved(counter: Counter) -> dict[str, int]:
    """Without what was sold."""
    return {a: minor for a, minor in counter.accounts().items() if not a.startswith(("sales:", "tax:"))}


@pytest.mark.parametrize("held_minor", [0, 500, 1100, 3000])
def test_all_of_it_goes_on_the_tab_whatever_was_reserved(held_minor: int) -> None:
    counter = at_a_tab()
    if held_minor:
        counter.enter(held_minor)
    assert counter.leave(umbrella=1).state == "paid"
    assert moved(counter) == {"tab:ana": 1100}


def test_who_takes_nothing_has_nothing_on_it() -> None:
    counter = at_a_tab()
    counter.enter(3000)
    counter.leave()
    assert counter.accounts() == {}


def test_what_is_declined_is_owed_as_ever_and_not_on_the_tab() -> None:
    counter = at_a_tab({"ana": "decline"})
    assert counter.leave(umbrella=1).state == "declined"
    assert moved(counter) == {"receivable:ana": 1100}
    counter.provider = LocalProvider(tab=True)
    counter.decide("retry")
    assert moved(counter) == {"tab:ana": 1100}


def test_what_is_taken_back_comes_off_and_where_that_is_refused_a_person_gives_it_back() -> None:
    counter = at_a_tab({"ana refund": "decline"})
    counter.leave(umbrella=1)
    counter.decide("refund", reason="return")
    assert moved(counter) == {"tab:ana": 1100, "refundable:ana": -1100}
    counter.repay("cash")
    assert moved(counter) == {"tab:ana": 1100, "cash": -1100}


def test_a_refund_that_failed_after_all_is_on_the_tab_again() -> None:
    counter = at_a_tab()
    counter.leave(umbrella=1)
    counter.decide("refund", reason="return")
    assert moved(counter) == {}
    refund = counter.requests[-1]
    counter.hear(
        PaymentReply(counter.now_s, counter.now_s, counter.visit, "declined", "", refund.key, "refund", why="refused")
    )
    assert moved(counter) == {"tab:ana": 1100, "refundable:ana": -1100}
    told = statement_of(counter.book, "ana")
    assert [line["amount_minor"] for line in told["lines"]] == [1100, -1100, 1100]
    assert (told["put_on_minor"], told["given_back_minor"], told["open_minor"]) == (1100, 0, 1100)


def test_money_that_was_first_declined_and_is_kept_is_on_the_tab() -> None:
    counter = at_a_tab({"ana": "decline+approve"})
    assert counter.leave(umbrella=1).state == "disputed"
    assert moved(counter) == {"receivable:ana": 1100}
    assert counter.decide("kept").state == "paid"
    assert moved(counter) == {"tab:ana": 1100}


@pytest.mark.parametrize(
    ("typed", "zone", "days", "begins_s"),
    [
        ("2026-11", "Asia/Tokyo", 30.0, 1793458800.0),
        ("2026-12", "UTC", 31.0, 1796083200.0),
        ("2026-03", "Europe/Berlin", 31.0 - 1.0 / 24.0, 1772319600.0),
    ],
)
def test_a_month_is_the_shops_own(typed: str, zone: str, days: float, begins_s: float) -> None:
    since_s, until_s = month_of(typed, zone)
    assert since_s == begins_s
    assert (until_s - since_s) / 86_400.0 == pytest.approx(days)


@pytest.mark.parametrize("typed", ["", "2026", "2026-13", "2026-00", "0000-01", "9999-12", "11-2026", "２０２６-11"])
def test_what_is_no_month_is_told(typed: str) -> None:
    with pytest.raises(ValueError, match="Write it like 2026-11"):
        month_of(typed, "UTC")
