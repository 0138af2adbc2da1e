"""Mornings in the demo shop, simulated once and looked at by several tests; and the ways to replay them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import LedgerEntry
from edge.store import Store, load_store
from edge.wire import Heard
from simulator.commands import DEMO, simulate_busy, simulate_story

SHOP = load_store(DEMO)

ANA_AT_THE_FRIDGE = """\
shop demo
seed 5

09:00:00  ana enters
09:00:09  ana takes 1 onigiri-salmon
09:00:13  ana takes 1 bento-karaage
09:00:22  ana leaves
= ana pays 776 JPY: 1 onigiri-salmon, 1 bento-karaage
"""

THINKS_BETTER = """\
shop demo
seed 7

09:00:00  ana enters
09:00:10  ana takes 1 bento-karaage
09:00:14  ana puts back 1 bento-karaage
09:00:22  ana leaves
"""

BUYS_ONE = """\
shop demo
seed 8

09:00:00  ana enters
09:00:09  ana takes 1 onigiri-salmon
09:00:18  ana leaves
"""


def story_of(text: str, path: Path) -> Path:
    """A story of the demo shop as a recording."""
    simulate_story(SHOP, text, path)
    return path


def busy(path: Path, visits: int, seed: int, store: Store = SHOP, roughness: float = 1.0) -> Path:
    """Busy traffic as a recording."""
    simulate_busy(store, visits, path, seed, roughness=roughness)
    return path


def hear_all(store: Store, messages: Iterable[Heard], book: Book | None = None) -> Driver:
    """Every message, and time until nothing is pending."""
    driver = Driver(store, book=book, provider=LocalProvider())
    for heard in messages:
        driver.hear(heard)
    driver.finish()
    return driver


def entries_of(book: Book, kind: str = "") -> list[LedgerEntry]:
    """What stands in the book, all or of one kind."""
    return [written.entry for written in book.entries() if kind in ("", written.entry.kind)]
