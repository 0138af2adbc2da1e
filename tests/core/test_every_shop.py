"""What must hold in every shop, whoever shops there and however badly its sensors work."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import sale_of
from edge.ledger.book import Book
from edge.records import LedgerEntry
from edge.store import Store
from edge.wire import open_recording
from simulator.shops import random_shop
from tests.core.mornings import SHOP, busy, entries_of, hear_all


@st.composite
def shops(draw: st.DrawFn) -> Store:
    """The demo shop, or one that nobody ever built."""
    return SHOP if draw(st.booleans()) else random_shop(draw(st.integers(0, 10_000)))


@settings(deadline=None, max_examples=5, derandomize=True)
@given(store=shops(), seed=st.integers(0, 10_000), roughness=st.sampled_from([0.3, 1.0, 1.5]))
def test_money_is_in_order(store: Store, seed: int, roughness: float) -> None:
    with TemporaryDirectory() as folder, Book() as book:
        recording = busy(Path(folder) / "busy.mcap", 3, seed, store, roughness)
        driver = hear_all(store, open_recording(recording), book)
        assert book.prove() == []
        assert sum(book.balances().values()) == 0
        nobody_settles_twice(book)
        every_charge_has_shelf_events_before_it(book)
        assert all(not e.postings or sum(p.amount_minor for p in e.postings) == 0 for e in entries_of(book))
        assert driver.state.refused == {}


def decided(book: Book) -> list[LedgerEntry]:
    return [e for e in entries_of(book) if e.kind in ("settlement", "review")]


def nobody_settles_twice(book: Book) -> None:
    visits = Counter(e.visit for e in decided(book))
    admitted = {e.visit for e in entries_of(book, "visit")}
    assert all(n == 1 for n in visits.values())
    assert set(visits) <= admitted
    paid = Counter(e.visit for e in entries_of(book, "payment-approved"))
    assert all(n == 1 for n in paid.values())


def every_charge_has_shelf_events_before_it(book: Book) -> None:
    """Each charged line names shelf events that stand earlier in the book."""
    known: dict[str, LedgerEntry] = {}
    for entry in entries_of(book):
        if entry.kind == "shelf-event":
            known[entry.key.removeprefix("shelf-event:")] = entry
        if entry.kind in ("settlement", "review"):
            for line in sale_of(entry.body).lines:
                assert line.events
                assert set(line.events) <= set(known)
                assert all(known[event].at_s <= entry.at_s + 1.0 for event in line.events)
