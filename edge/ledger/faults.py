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

from edge.told import phrase, told


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


_REMEDIES: tuple[tuple[str, str], ...] = (
    ("SQLITE_FULL", phrase("{file}: the disk is full ({error}). Free some space; what is in the book is whole")),
    (
        "SQLITE_READONLY",
        phrase("{file}: cannot be written to ({error}). Give this user write access to the file and its folder"),
    ),
    (
        "SQLITE_CANTOPEN",
        phrase("{file}: cannot be opened ({error}). Check that the folder exists and that this user may use it"),
    ),
    ("SQLITE_NOTADB", phrase("{file}: is not a ledger ({error}). Name another file; this one was left as it is")),
    (
        "SQLITE_CORRUPT",
        phrase("{file}: is damaged ({error}). Keep the file, put back the last backup and replay the recordings since"),
    ),
    ("SQLITE_BUSY", phrase("{file}: is in use by another process ({error}). End the other one; a book has one writer")),
    (
        "SQLITE_LOCKED",
        phrase("{file}: is in use by another process ({error}). End the other one; a book has one writer"),
    ),
    (
        "SQLITE_IOERR",
        phrase(
            "{file}: cannot be read or written ({error}). Look at the disk (dmesg, smartctl); what was written stays"
        ),
    ),
)


@contextmanager
def reported(path: Path | None) -> Iterator[None]:
    """SQLite's troubles with a file, as `UnusableLedger`; what a constraint or trigger refused stays as it is."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        for code, what in _REMEDIES:
            if name.startswith(code):
                raise UnusableLedger(told(what, file=path or "the book", error=error)) from error
        raise
