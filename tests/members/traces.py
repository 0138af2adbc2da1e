"""Where something about somebody still stands: every file under some folders, read to its last byte.

Plain bytes first, which covers the pages of a database that are free and what is written ahead of it. Then whatever can
be unpacked: recordings message by message, compressed files, and every value of every table.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from edge.wire import open_recording


def traces(folders: list[Path], needles: Mapping[str, list[bytes]]) -> dict[str, set[str]]:
    """What -> the files in which it stands, by their path within the folders. ``needles``: ways in which it could."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            for text in _read(path):
                lower = text.lower()
                for what, ways in needles.items():
                    if any(way in text or way.lower() in lower for way in ways):
                        found.setdefault(what, set()).add(path.relative_to(folder).as_posix())
    return found


def _read(path: Path) -> Iterator[bytes]:
    with suppress(FileNotFoundError):  # it went just now
        data = path.read_bytes()
        yield data
        for unpack in (gzip.decompress, zlib.decompress):
            with suppress(OSError, zlib.error, EOFError):
                yield unpack(data)
        if path.suffix == ".mcap":
            recording = open_recording(path)
            yield b"".join(recording.attachments.values())
            yield b"\n".join(heard.topic.encode() + b" " + heard.payload for heard in recording)
        if data.startswith(b"SQLite format 3"):
            yield from _tables(path)


def _tables(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        with suppress(zlib.error):
                            yield zlib.decompress(value)
                yield repr(row).encode()
