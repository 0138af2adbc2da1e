"""The book as the line to headquarters reads it: beside its writer, a bounded piece at a time.

Enters: the book's file. Leaves: its head, the hash of an entry, the entries behind a number, as many as fit into one
request. The file is opened for each look and left alone in between: a book that is sealed, repaired or put back from a
backup is another file under the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from edge.ledger import Book
from edge.ledger.canon import FIRST_HASH, export_line
from edge.uplink.contract import BATCH_BYTES


class Source(Protocol):
    """What is sent."""

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry."""

    def hash_at(self, seq: int) -> str:
        """The hash of an entry; empty where there is none."""

    def after(self, seq: int) -> list[bytes]:
        """The lines of what follows an entry, as many as fit into one request."""


class BookSource:
    """A shop's book. `edge.ledger.UnusableLedger` where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self) -> tuple[int, str]:
        with self._open() as book:
            return book.head() if book is not None else (0, FIRST_HASH)

    def hash_at(self, seq: int) -> str:
        if seq == 0:
            return FIRST_HASH
        with self._open() as book:
            found = next(book.entries(since_seq=seq - 1), None) if book is not None else None
            return found.hash if found is not None else ""

    def after(self, seq: int) -> list[bytes]:
        with self._open() as book:
            return fitting(map(export_line, book.entries(since_seq=seq))) if book is not None else []

    @contextmanager
    def _open(self) -> Iterator[Book | None]:
        if not self._path.is_file():  # a shop that has never been opened
            yield None
            return
        with Book(self._path, read_only=True) as book:
            yield book


def fitting(lines: Iterator[bytes]) -> list[bytes]:
    """The first of some lines, as many as fit into one request; one at least."""
    found: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line)
        if found and size > BATCH_BYTES:
            break
        found.append(line)
    return found
