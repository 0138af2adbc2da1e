"""What can be wrong with a book, told with the remedy. Nothing that was written is ever lost by any of it.

`UnusableLedger` is about the file and the machine (full disk, read-only, not a ledger, damaged, in use),
`ContradictoryEntry` and `UnbalancedEntry` about what somebody wanted to write, `BookFault` about what stands in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class UnusableLedger(OSError):
    """The file cannot be used as a ledger now; the message says why and what to do."""


class ContradictoryEntry(ValueError):
    """A key stands in the book already, with something else behind it."""


class UnbalancedEntry(ValueError):
    """An entry whose postings do not sum to zero, or are not in the book's currency."""


@dataclass(frozen=True, slots=True)
class BookFault:
    """One thing that does not hold in a book. ``seq`` is 0 where it is about the whole file."""

    seq: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq} ({self.key}): {self.what}" if self.seq else self.what


_REMEDIES: tuple[tuple[str, str, str], ...] = (
    ("SQLITE_FULL", "the disk is full", "Free some space; what is in the book is whole"),
    ("SQLITE_READONLY", "cannot be written to", "Give this user write access to the file and its folder"),
    ("SQLITE_CANTOPEN", "cannot be opened", "Check that the folder exists and that this user may use it"),
    ("SQLITE_NOTADB", "is not a ledger", "Name another file; this one was left as it is"),
    ("SQLITE_CORRUPT", "is damaged", "Keep the file, put back the last backup and replay the recordings since"),
    ("SQLITE_BUSY", "is in use by another process", "End the other one; a book has one writer"),
    ("SQLITE_LOCKED", "is in use by another process", "End the other one; a book has one writer"),
    ("SQLITE_IOERR", "cannot be read or written", "Look at the disk (dmesg, smartctl); what was written stays"),
)  # fmt: skip


@contextmanager
def told(path: Path | None) -> Iterator[None]:
    """SQLite's troubles with a file, as `UnusableLedger`; what a constraint or trigger refused stays as it is."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        for code, what, remedy in _REMEDIES:
            if name.startswith(code):
                raise UnusableLedger(f"{path or 'the book'}: {what} ({error}). {remedy}") from error
        raise
