"""The book once more, as lines: what it is made whole from when its file is damaged.

``ledger.jsonl`` holds the canonical export, a line an entry, synced after the book. Each line carries the chain's hash,
so that nothing in it has to be trusted. Opening a book looks whether it can be read and whether it agrees with its
mirror; one that does not is put aside, never overwritten, and a whole one takes its place. A line that is broken in
the middle hides itself and nothing behind it (`edge.ledger.lines`).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.ledger.book import Book
from edge.ledger.canon import Written, chained, export_line
from edge.ledger.faults import UnusableLedger, reported
from edge.ledger.lines import Lines, read_line, read_lines, whole
from edge.told import NOTHING, Sentence, joined, phrase, told

TAIL = 500
TAIL_BYTES = 1 << 20
"""How much of a book's end, and of its mirror's, is looked at when it is opened."""


class Mirror:
    """Follows a book into a file of lines."""

    def __init__(self, path: Path, seq: int) -> None:
        self._path = path
        self._seq = seq
        """The last entry that the mirror holds."""

    def follow(self, book: Book) -> None:
        """Write down every entry that the mirror does not hold yet, and wait for the disk."""
        lines = [export_line(written) for written in book.entries(since_seq=self._seq)]
        if not lines:
            return
        with self._path.open("ab", buffering=0) as file:  # unbuffered: nothing comes after what was cut away
            start, data = file.tell(), memoryview(b"".join(lines))
            try:
                while data:
                    data = data[file.write(data) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(start)
                raise
        self._seq += len(lines)


def open_mirrored(path: Path) -> tuple[Book, Mirror, Sentence]:
    """A book and its mirror, agreeing; and what had to be repaired, for staff (mostly nothing).

    SQLite looks at all pages, which takes it a fifth of a second for a hundred thousand entries. Hashes are computed at
    the end only: that is where a stop leaves traces. `tebura ledger prove` looks at all of them. `UnusableLedger` where
    the file cannot be used for another reason: in use, no access, full disk.
    """
    lines = path.with_suffix(".jsonl")
    book, last = _readable(path), _last(lines)
    if book is not None and last is not None and book.head() == (last.seq, last.hash):
        return book, Mirror(lines, last.seq), NOTHING
    found = read_lines(lines)
    repaired = NOTHING
    if book is not None and not _is_of(book, found):
        aside, found = _put_aside(lines), Lines()
        what = phrase("the ledger's mirror was that of another ledger: it is kept as {file}, and was made anew")
        repaired = told(what, file=aside.name)
    if book is None:
        aside = _put_aside(path)
        book = Book(path)
        entries, lost = whole(found, aside)
        book.append(entries)
        repaired = told(
            "the ledger was damaged and was made anew from its mirror: {n} entries. "
            "The damaged file is kept as {file}; compare the two before you delete it",
            n=len(entries), file=aside.name,
        )  # fmt: skip
    else:
        entries, lost = whole(found, path)
        entries = entries[book.head()[0] :]
        lost = sum(entry.kind == "lost" for entry in entries)
        if entries:
            what = phrase("the ledger lacked {n} entries that its mirror holds; it has them again")
            repaired = told(what, n=len(entries))
            book.append(entries)
    if lost:
        one = phrase("{n} of them stands nowhere any more: `tebura ledger prove {file}` says which")
        several = phrase("{n} of them stand nowhere any more: `tebura ledger prove {file}` says which")
        repaired = joined(repaired, told(one if lost == 1 else several, n=lost, file=path))
    return book, _mirror(lines, found, book), repaired


def _mirror(path: Path, found: Lines, book: Book) -> Mirror:
    """The mirror, going on behind what it holds; made anew where a line of it is broken, which is kept beside it."""
    if found.sound:
        if path.exists():
            os.truncate(path, found.sound_bytes)
        mirror = Mirror(path, found.last)
    else:
        _put_aside(path)
        mirror = Mirror(path, 0)
    mirror.follow(book)
    return mirror


def _readable(path: Path) -> Book | None:
    """The book; None where its file or its last entries are damaged, or are not what a ledger's should be."""
    book = None
    try:
        book = Book(path)
        _look_at(path, book)
    except UnusableLedger as error:
        if book is not None:
            book.close()
        if "damaged" in str(error) or ("is not a ledger" in str(error) and _was_ours(path)):
            return None
        raise
    except (ValueError, sqlite3.DatabaseError):
        if book is not None:
            book.close()
        return None
    return book


def _look_at(path: Path, book: Book) -> None:
    """Every page of the file, and the chain of the last entries; raises where they do not hold."""
    with reported(path), closing(sqlite3.connect(path)) as file:
        (verdict,) = file.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise ValueError(verdict)
    previous = None
    for written in book.entries(since_seq=max(0, book.head()[0] - TAIL)):
        if previous is not None and written.hash != chained(previous, written.seq, written.entry):
            raise ValueError("the chain is broken")
        previous = written.hash


def _is_of(book: Book, mirrored: Lines) -> bool:
    """Whether a mirror's entries are this book's, as far as both go."""
    common = [seq for seq in mirrored.held if seq <= book.head()[0]]
    if not common:
        return True
    last = max(common)
    return next(book.entries(since_seq=last - 1)).hash == mirrored.held[last].hash


def _was_ours(path: Path) -> bool:
    """Whether a mirror says that there was a ledger here."""
    return path.with_suffix(".jsonl").exists()


def _put_aside(path: Path) -> Path:
    """Rename a file that cannot be used, and what belongs to it; its name says which try it was."""
    n = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{n}{path.suffix}")).exists():
        n += 1
    for suffix in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def _last(path: Path) -> Written | None:
    """The last entry of a mirror; None where its end is torn, or there is none."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        lines = file.read().splitlines(keepends=True)
    return read_line(lines[-1]) if lines else None
