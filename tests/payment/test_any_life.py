"""Any order of events: money is conserved, the book balances and proves, nothing happens outside the tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.ledger import Book, not_over, settlement_in
from tests.payment.lives import World

KINDS = {
    "settlement", "review", "payment-asked", "payment-approved", "payment-declined", "payment-pending",
    "payment-unanswered", "payment-corrected", "payment-gone", "payment-hold-ended", "payment-waived",
}  # fmt: skip


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
