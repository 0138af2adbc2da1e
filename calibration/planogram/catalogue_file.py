"""``catalogue.csv``, written by hands and by commands: single cells change, everything else stays as it was.

Enters: the file's text, a sku, and what some of its columns shall say. Leaves: the text, byte for byte the same but for
those cells: order, comments, quotes and line ends are the shopkeeper's.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class NoSuchCell(ValueError):
    """The file has no row or column like that; the message says what to do."""


def rewritten(text: str, sku: str, cells: Mapping[str, str]) -> str:
    """The catalogue with new cells in the row of a product."""
    rows = list(_rows(text))
    header_at = next((i for i, (raw, _) in enumerate(rows) if raw.strip() and not raw.startswith("#")), None)
    if header_at is None:
        raise NoSuchCell("the catalogue is empty. Its first line must name its columns")
    columns = _read(rows[header_at][0].removeprefix("\ufeff"))
    missing = [c for c in ("sku", *cells) if c not in columns]
    if missing:
        raise NoSuchCell(f"the catalogue has no column {', '.join(missing)}. Add it to the first line and to every row")
    for i, (raw, end) in enumerate(rows[header_at + 1 :], start=header_at + 1):
        if raw.startswith("#") or not raw.strip():
            continue
        fields = _split(raw)
        if len(fields) == len(columns) and _read(fields[columns.index("sku")])[0].strip() == sku:
            for column, said in cells.items():
                fields[columns.index(column)] = _quoted(said)
            rows[i] = ",".join(fields), end
            return "".join(raw + end for raw, end in rows)
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


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """(row, its line end); a line end between quotes ends no row."""
    start, quoted = 0, False
    for i, char in enumerate(text):
        if char == '"' and not text.startswith("#", start):
            quoted = not quoted
        elif char == "\n" and not quoted:
            end = i - 1 if i > start and text[i - 1] == "\r" else i
            yield text[start:end], text[end : i + 1]
            start = i + 1
    if start < len(text):
        yield text[start:], ""


def _split(row: str) -> list[str]:
    """A row's fields as they are written, quotes included."""
    fields, start, quoted = [], 0, False
    for i, char in enumerate(row):
        if char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            fields.append(row[start:i])
            start = i + 1
    return [*fields, row[start:]]


def _read(row: str) -> list[str]:
    return next(csv.reader(io.StringIO(row)), [""])


def _quoted(said: str) -> str:
    return '"' + said.replace('"', '""') + '"' if any(c in said for c in ',"\r\n') else said
