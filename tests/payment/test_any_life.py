"""Any order of events: money is conserved, the book balances and proves, nothing happens outside the tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.facts.tabs import statement_of, subjects
from edge.ledger import Book, not_over, settlement_in
from tests.checkout.shops import NOON_S
from tests.payment.lives import World

KINDS = {
    "settlement", "review", "payment-asked", "payment-approved", "payment-declined", "payment-pending",
    "payment-unanswered", "payment-corrected", "payment-gone", "payment-hold-ended", "payment-waived",
}  # fmt: skip


OFF = ("given_back", "settled", "written_off")
"""What takes something off a tab."""


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), hostile=st.booleans(), steps=st.integers(1, 150))
def test_whatever_happens_in_whatever_order(seed: int, hostile: bool, steps: int) -> None:
    world = World(seed, hostile=hostile)
    for _ in range(steps):
        world.step()
    if not hostile:
        world.come_to_rest()
        world.provider_agrees(list(world.visits))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), hostile=st.booleans(), steps=st.integers(1, 150))
def test_the_book_alone_tells_what_is_not_over(seed: int, hostile: bool, steps: int) -> None:
    """Found without reading every visit, because a restart takes a second; and none is forgotten."""
    world = World(seed, hostile=hostile)
    for _ in range(steps):
        world.step()
    with Book() as book:
        book.append(world.entries)
        every = {visit: settlement_in(book, visit) for visit in {entry.visit for entry in world.entries}}
        assert not_over(book) == {v: s for v, s in every.items() if s is not None and not s.is_over}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), hostile=st.booleans(), steps=st.integers(1, 200))
@example(seed=168, hostile=False, steps=51)  # put on the tab before it was settled, and heard of after
def test_a_tab_is_what_its_statement_says(seed: int, hostile: bool, steps: int) -> None:
    """Month by month, too: what one leaves open is what the next begins with."""
    world = World(seed, hostile=hostile, tab=True)
    for _ in range(steps):
        world.step()
    if not hostile:
        world.come_to_rest()
        world.provider_agrees(list(world.visits))
        assert not any(posting.account == "provider:payments" for entry in world.entries for posting in entry.postings)
    half_s = (NOON_S + world.now_s) / 2
    with Book() as book:
        book.append(world.entries)
        for subject in subjects(book):
            told = statement_of(book, subject)
            assert book.balance(f"tab:{subject}") == told["open_minor"] == world.tabs[subject]
            assert told["open_minor"] == sum(line["amount_minor"] for line in told["lines"])
            assert told["open_minor"] == told["put_on_minor"] - sum(told[f"{of}_minor"] for of in OFF)
            first, then = (statement_of(book, subject, span) for span in ((-math.inf, half_s), (half_s, math.inf)))
            assert first["lines"] + then["lines"] == told["lines"]
            assert (then["brought_minor"], then["open_minor"]) == (first["open_minor"], told["open_minor"])


@pytest.mark.parametrize("hostile", [False, True])
def test_a_hundred_thousand_steps(hostile: bool) -> None:
    """Many lives of some thousand events each; everything that can happen to money has happened in them."""
    happened: set[str] = set()
    for seed in range(25):
        world = World(seed, hostile=hostile)
        for _ in range(2_500):
            world.step()
        if not hostile:
            world.come_to_rest()
            world.provider_agrees(list(world.visits))
        happened |= set(world.happened)
    assert happened >= KINDS
    assert not hostile or happened >= {"payment-contradiction", "payment-resolved"}
