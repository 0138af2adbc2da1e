"""``catalogue.csv``, written by hands and by commands: single cells change, everything else stays as it was.

Enters: the file's text, a sku, and what some of its columns shall say. Leaves: the text, byte for byte the same but for
those cells: order, comments, quotes and line ends are the shopkeeper's.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge.store.rows import BrokenRow, cell, cells_of, read_rows


class NoSuchCell(ValueError):
    """The file has no row or column like that; the message says what to do."""


def rewritten(text: str, sku: str, cells: Mapping[str, str]) -> str:
    """The catalogue with new cells in the row of a product."""
    try:
        header, *rows = read_rows(text)
    except BrokenRow as error:
        raise NoSuchCell(f"line {error.line} cannot be read ({error}). Save the file as plain UTF-8 CSV") from error
    except ValueError:
        raise NoSuchCell("the catalogue is empty. Its first line must name its columns") from None
    columns = [name.strip() for name in header.fields]
    missing = [c for c in ("sku", *cells) if c not in columns]
    if missing:
        raise NoSuchCell(f"the catalogue has no column {', '.join(missing)}. Add it to the first line and to every row")
    for row in rows:
        if len(row.fields) == len(columns) and row.fields[columns.index("sku")].strip() == sku:
            raw = text[row.start : row.end].rstrip("\r\n")
            fields = cells_of(raw)
            for column, said in cells.items():
                fields[columns.index(column)] = cell(said)
            return text[: row.start] + ",".join(fields) + text[row.start + len(raw) :]
    raise NoSuchCell(f"the catalogue has no row of {sku}. Add one, with whatever weight for now")


def write_whole(path: Path, text: str) -> None:
    """The file as a whole or as it was; a stop in between leaves no half of it. A link stays a link."""
    path = path.resolve()
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, path.stat().st_mode & 0o777)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Nobody else of us changes files beside this one meanwhile."""
    folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
