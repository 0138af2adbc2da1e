"""A recording that breaks off, or is damaged in the middle: everything that can be read is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.wire import open_recording
from simulator.replay import replay
from tests.core.mornings import SHOP


def export_of(recording: Path, messages: int | None = None) -> list[bytes]:
    """The book after a replay, or after so many messages of it and no more."""
    with Book() as book:
        if messages is None:
            replay(open_recording(recording), book=book)
        else:
            driver = Driver(SHOP, book=book, provider=LocalProvider())
            for heard, _ in zip(open_recording(recording), range(messages), strict=False):
                driver.hear(heard)
        return list(book.export())


@pytest.mark.parametrize("share", [0.35, 0.6, 0.85, 0.99])
def test_what_stands_before_the_break_gives_the_same_book(busy_morning: Path, tmp_path: Path, share: float) -> None:
    data = busy_morning.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(data[: int(len(data) * share)])
    recording = open_recording(cut)
    done = replay(recording)
    assert done.loss is not None
    assert 0 < done.messages == done.loss.messages
    so_far = export_of(busy_morning, done.messages)
    assert export_of(cut)[: len(so_far)] == so_far


def test_a_damaged_part_is_left_out_and_the_rest_is_used(busy_morning: Path, tmp_path: Path) -> None:
    data = bytearray(busy_morning.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data)
    whole, done = replay(open_recording(busy_morning)), replay(open_recording(broken))
    assert done.loss is not None
    assert "damaged" in done.loss.reason
    assert 0 < done.messages < whole.messages
    assert done.span_s > 0.9 * whole.span_s
