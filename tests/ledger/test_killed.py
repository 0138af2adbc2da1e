"""Processes that write a book: killed at any instant, or run twice; the book is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.ledger import Book
from tests.ledger.days import a_day

ROOT = Path(__file__).parents[2]
VISITS = 120


@contextmanager
def scribe(path: Path, size: int, *rest: str, seed: str = "0") -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.ledger.scribe", str(path), str(VISITS), str(size), *rest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    """The export of a book that was written in one go."""
    book = Book()
    book.append(a_day(VISITS))
    return list(book.export())


def test_a_writer_that_is_killed_again_and_again_loses_nothing(tmp_path: Path, whole: list[bytes]) -> None:
    path = tmp_path / "kiosk.ledger"
    acknowledged = 0
    for lines in (1, 9, 30):
        with scribe(path, 3) as process:
            assert process.stdout is not None
            for _ in range(lines):
                acknowledged = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        with Book(path) as book:
            assert book.head()[0] >= acknowledged
            assert book.prove() == []
            assert list(book.export()) == whole[: book.head()[0]]
    with scribe(path, 3) as process:
        assert process.wait() == 0
    with Book(path) as book:
        assert list(book.export()) == whole


def test_a_writer_that_is_killed_while_it_seals_leaves_a_whole_book(tmp_path: Path, whole: list[bytes]) -> None:
    path = tmp_path / "kiosk.ledger"
    with scribe(path, 50, "checkpoint", "seal") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "sealing\n":
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
    with Book(path) as book:
        assert list(book.export()) == whole
        assert book.prove() == []
        book.seal()
    with Book() as other:
        other.append(a_day(VISITS))
        assert list(other.export()) == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kiosk.ledger"]


def test_equal_ledgers_are_equal_files(tmp_path: Path) -> None:
    """Written in two processes with other hash seeds, in transactions of another size, with checkpoints or without,
    and one of them interrupted, sealed and continued."""
    one, two, three = (tmp_path / name for name in ("one.ledger", "two.ledger", "three.ledger"))
    with (
        scribe(one, 1, "checkpoint", "seal", seed="1") as first,
        scribe(two, 37, "seal", seed="4242") as second,
    ):
        assert (first.wait(), second.wait()) == (0, 0)
    entries = a_day(VISITS)
    for part in (entries[:100], entries[50:300], entries):
        book = Book(three, durable=False)
        book.append(part)
        book.save_checkpoint(len(part), bytes(20_000))
        book.seal()
    assert one.read_bytes() == two.read_bytes() == three.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.ledger", "three.ledger", "two.ledger"]
