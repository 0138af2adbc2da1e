"""Prices that change again and again in a busy shop: everybody pays what stood on the shelves as they came in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import sale_of
from edge.driver import Driver
from edge.ledger import Book
from edge.records import Effect, LedgerEntry, Record
from edge.runtime.changeover import change_over
from edge.state import State
from edge.store import Store
from edge.wire import open_recording
from tests.core.mornings import SHOP, busy


def repriced(number: int) -> Store:
    """The shop with every price marked by when it held: … 00007, 00008."""
    catalogue = {sku: replace(p, price_minor=p.price_minor * 100_000 + number) for sku, p in SHOP.catalogue.items()}
    return replace(SHOP, catalogue=catalogue)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busy(tmp_path_factory.mktemp("promises") / "busy.mcap", 8, seed=5)


@pytest.mark.parametrize("seed", range(3))
def test_everybody_pays_the_prices_of_the_moment_at_which_they_were_let_in(morning: Path, seed: int) -> None:
    """With a stop every few seconds, also while they are in a gate, hold something, or leave."""
    chance, numbers = random.Random(seed), count(1)
    book = Book()
    promised: dict[str, int] = {}
    number, most_lists = 0, 0

    def looked(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, LedgerEntry) and effect.kind == "visit":
                promised[effect.visit] = number

    driver = Driver(repriced(0), book=book, provider=LocalProvider(), observers=[looked])
    for heard in open_recording(morning):
        if chance.random() < 0.004:
            number = next(numbers)
            frozen = driver.freeze()
            driver = Driver(repriced(number), book=book, provider=LocalProvider(), observers=[looked])
            driver.thaw(frozen)
            change_over(driver.state, driver.store)
        driver.hear(heard)
        most_lists = max(most_lists, len(driver.state.prices))
    driver.finish()
    sales = {w.entry.visit: sale_of(w.entry.body) for kind in ("settlement", "review") for w in book.entries(kind=kind)}
    assert len(promised) == len(sales) == 8
    assert number > 20
    for visit, sale in sales.items():
        assert {line.price_minor % 100_000 for line in sale.lines} <= {promised[visit]}, visit
    assert sum(bool(sale.lines) for sale in sales.values()) >= 6
    assert most_lists <= len(promised), "no more lists than visits"
    assert driver.state.prices == {}
    assert book.prove() == []
