"""A CSV file row by row, as Python's csv module reads it (RFC 4180), with where each row stands.

The one parser for every table that a shopkeeper writes and that commands write back: commas, quotes and line ends are
welcome between "quotes". A comment is a line that begins with ``#`` where a row could begin; a field that is quoted, or
goes on over several lines, is never one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets put one in front of UTF-8."""


class BrokenRow(ValueError):
    """Quotes that do not end, and the like; ``line`` is where the row begins."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """``text[start:end]`` of the file, its line end included; ``line``: the first of its lines, from 1."""

    line: int
    start: int
    end: int
    fields: tuple[str, ...]


def read_rows(text: str) -> Iterator[Row]:
    """Every row that is neither empty nor a comment, the header first; `BrokenRow` where none can be read. Spreadsheets
    write empty rows down as commas.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.row_begins()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BrokenRow(lines.line, str(error)) from error
        if any(field.strip() for field in fields):
            yield Row(lines.line, lines.start, lines.end, tuple(fields))


def cells_of(row: str) -> list[str]:
    """A row's fields as they are written, quotes included; ``row`` is without its line end."""
    cells: list[str] = []
    start = 0
    while True:
        at = start
        if row.startswith('"', at):
            at += 1
            while (at := row.find('"', at)) >= 0 and row.startswith('""', at):
                at += 2
        comma = row.find(",", at)
        if comma < 0:
            return [*cells, row[start:]]
        cells.append(row[start:comma])
        start = comma + 1


def cell(said: str) -> str:
    """A field as it is written: between quotes where that is needed, or where it would begin a comment."""
    return '"' + said.replace('"', '""') + '"' if said.startswith("#") or any(c in said for c in ',"\r\n') else said


class _Lines:
    """The file's lines for a csv reader, without the comments between rows."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")
        self._between = True
        self._count = 0
        self.line = 0
        self.start = self.end = len(text) - len(text.removeprefix(BYTE_ORDER_MARK))

    def row_begins(self) -> None:
        """The next line is the first of a row, or a comment."""
        self._between = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while line := self._lines.readline():
            start, self.end = self.end, self.end + len(line)
            self._count += 1
            if self._between:
                if line.startswith("#"):
                    continue
                self.line, self.start, self._between = self._count, start, False
            return line
        raise StopIteration
