"""Any value in any place of store.toml: refused with its key and remedy, or a shop that carries a shopper through."""

from __future__ import annotations

import copy
import datetime
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.checkout import receipt_text
from edge.driver import Driver
from edge.ledger import Book, receipts
from edge.store import BrokenStore, Store, load_store
from edge.store.oddities import oddities
from edge.wire import Heard, open_recording
from tests.corner import STORE, errand, write_store

WHOLE = f"""{STORE}
since = 2019-10-01
reduced = true

[policy]
charge_at = 0.7
below = "withhold"
review_identity_at = 0.75
settle_within_s = 1.5
pass_within_s = 20.0
lost_after_s = 900.0
pay_within_s = 10.0
pay_attempts = 3
evidence_hours = 0.0
appearance = true
record_appearance = true
low_stock = 2
pair_within_s = 10.0
accept = [{{palm = 0.95}}]
"""
VALUES: tuple[Any, ...] = (
    float("nan"), float("inf"), -float("inf"), 0, -0.0, -1, 1, 1e-300, 1e20, 1e308, 2**31, 2**62, 0.5, True,
    "", " ", "x", "\x1b[2J", "[/b]", "x" * 100_000, "日本", "UTC", "KWD", "../x", "entry", "raw", "up",
    [], [1], [[0, 0]], [[0, 0]] * 2000, {}, {"a": 1},
    datetime.date(9999, 12, 31), datetime.date(1, 1, 1), datetime.datetime(2026, 1, 1),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a file, tables and lists included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from places(below, (*path, key))


PLACES = tuple(places(tomllib.loads(WHOLE)))


def with_value(path: tuple[Any, ...], value: Any) -> str:
    told = copy.deepcopy(tomllib.loads(WHOLE))
    at = told
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return tomlkit.dumps(told)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(errand(tmp_path_factory.mktemp("errand") / "errand.mcap")))


@settings(deadline=None, max_examples=150)
@given(path=st.sampled_from(PLACES), value=st.sampled_from(VALUES))
def test_any_value_in_any_place(path: tuple[Any, ...], value: Any, messages: list[Heard]) -> None:
    try:
        text = with_value(path, value)
        tomllib.loads(text)
    except (ValueError, TypeError, AttributeError):
        return  # nothing that TOML can say
    with tempfile.TemporaryDirectory() as folder:
        try:
            store = load_store(write_store(Path(folder) / "store", store_toml=text))
        except BrokenStore as error:
            told = [str(fault) for fault in error.faults]
        else:
            told = [went_through(store, messages), *map(str, oddities(store, datetime.date(2026, 11, 30)))]
    assert all(told)
    assert all(len(line) < 1000 for line in told), "nobody reads that"


def went_through(store: Store, messages: list[Heard]) -> str:
    """What she was told at the end; every shop comes to one, also one whose gate she could not pass."""
    with Book() as book:
        driver = Driver(store, book=book, provider=LocalProvider(), publish=lambda _: None)
        for heard in messages:
            driver.hear(heard)
        driver.finish()
        assert book.prove() == []
        return (
            "".join(receipt_text(r, language) for r in receipts(book) for language in ("en", "ja"))[:200] or "nothing"
        )
