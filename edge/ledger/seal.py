"""The canonical file of a book: what lies in a SQLite file beside the rows, made the same for everybody.

A database file remembers how it came about: the order in which pages were taken and given back, how many transactions
and schema changes there were, whether it has a write-ahead log. None of it belongs to the book. ``VACUUM INTO`` writes
the rows anew in the order of their keys, into pages in order, with a change counter that starts afresh; only the schema
cookie (header, byte 40) still counts how often the file was vacuumed, so that is set by hand. What remains is the
version of the SQLite library (header, byte 96): equal bytes need equal libraries.

The copy takes the book's place by a rename. A process that is killed at any moment leaves the book as it was or sealed.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def sealed_copy(conn: sqlite3.Connection, path: Path) -> Path:
    """The canonical form of an open database, in a file beside it, on the disk.

    First the write-ahead log is folded in and given up, which SQLite allows only while nobody else has the file open:
    a log that stayed behind would be taken for one of the new file.
    """
    copy = path.with_name(path.name + ".sealing")
    copy.unlink(missing_ok=True)
    conn.execute("PRAGMA journal_mode = DELETE")
    conn.execute("VACUUM INTO ?", [str(copy)])
    other = sqlite3.connect(copy)
    try:
        other.execute("PRAGMA schema_version = 1")
    finally:
        other.close()
    _flush(copy)
    return copy


def take_the_place_of(copy: Path, path: Path) -> None:
    """``path`` is ``copy`` from now on, also after a power cut."""
    copy.replace(path)
    if os.name == "posix":
        _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
