"""A mirror's lines as they lie on the disk: what can be believed of them, and where something is missing.

Enters: the file, and where the book beside it is damaged, that too. Leaves: entries by their numbers, as far as the
chain of hashes speaks for them, and what stands in the place of those that nobody has any more. One broken line hides
itself and nothing behind it: the next one that holds says with its number how many are missing. Nothing is deleted.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge.ledger.canon import FIRST_HASH, Written, chained, read_back
from edge.records import LedgerEntry, Posting

_STATED = re.compile(rb'"hash":"([0-9a-f]{64})"')

LONGEST = 2000
"""Characters of a broken line that are kept where its entry should stand."""


@dataclass(slots=True)
class Lines:
    """``held``: number -> an entry that holds; ``broken``: number -> what stands there instead, if anything."""

    held: dict[int, Written] = field(default_factory=dict)
    broken: dict[int, bytes] = field(default_factory=dict)
    sound: bool = True
    """Every line holds, but for a last one that breaks off: that was being written, and nobody was told of it."""
    sound_bytes: int = 0
    """Up to there every line holds."""

    @property
    def last(self) -> int:
        """The number of the last entry that holds."""
        return max(self.held, default=0)


def read_lines(path: Path) -> Lines:
    """All lines of a mirror; none where there is no file."""
    found = Lines()
    if not path.exists():
        return found
    last, previous = 0, FIRST_HASH
    waiting: list[bytes] = []
    for line in path.read_bytes().splitlines(keepends=True):
        written = read_line(line)
        if written is None or not _follows(written, last, previous, waiting):
            waiting.append(line)
            continue
        missing = range(last + 1, written.seq)
        found.broken |= dict.fromkeys(missing, b"") | dict(zip(missing, waiting, strict=False))
        found.sound = found.sound and not waiting and not missing
        found.held[written.seq] = written
        last, previous, waiting = written.seq, written.hash, []
        if found.sound:
            found.sound_bytes += len(line)
    torn = len(waiting) == 1 and not waiting[0].endswith(b"\n")
    found.sound = found.sound and (not waiting or torn)
    return found


def read_line(line: bytes) -> Written | None:
    """The entry that a whole line tells, believed or not; None where it tells none."""
    try:
        found = json.loads(line)
        postings = tuple(Posting(account, amount) for account, amount in found["postings"])
        entry = LedgerEntry(
            found["key"], found["at_s"], found["kind"], found["visit"], found["body"], postings, found["currency"]
        )
        return Written(found["seq"], entry, found["hash"]) if line.endswith(b"\n") else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _follows(written: Written, last: int, previous: str, broken: list[bytes]) -> bool:
    """Whether an entry is a later one, and its hash follows from what stands before it, as far as that is known: a
    broken line may still state its hash. Of one behind a line that does not, its own form has to do.
    """
    if type(written.seq) is not int or written.seq <= last:
        return False
    if written.seq > last + 1:
        stated = _STATED.search(broken[-1]) if len(broken) == written.seq - last - 1 else None
        if stated is None:
            return sum(posting.amount_minor for posting in written.entry.postings) == 0
        previous = stated[1].decode()
    return written.hash == chained(previous, written.seq, written.entry)


def whole(lines: Lines, damaged: Path) -> tuple[list[LedgerEntry], int]:
    """Every entry in its order, and how many are lost. What a line lacks is looked for in the damaged book; an entry
    that nobody has is told by one of kind ``lost`` in its place, so that the others keep their numbers.
    """
    entries: list[LedgerEntry] = []
    lost, previous, at_s = 0, FIRST_HASH, 0.0
    for seq in range(1, lines.last + 1):
        written = lines.held.get(seq) or _in_book(damaged, seq, previous, lines.held.get(seq + 1))
        if written is None:
            lost += 1
            told = lines.broken.get(seq, b"").decode(errors="replace")[:LONGEST]
            entries.append(LedgerEntry(f"lost:{seq}", at_s, "lost", "", {"seq": seq, "line": told}))
            previous = ""
            continue
        entries.append(written.entry)
        previous, at_s = written.hash, written.entry.at_s
    return entries, lost


def _in_book(path: Path, seq: int, previous: str, after: Written | None) -> Written | None:
    """One entry out of a damaged book, if its page can be read and its hash fits to its neighbours'."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as book:
            columns = "seq, key, at_s, kind, visit, currency, body, hash"
            row = book.execute(f"SELECT {columns} FROM entry WHERE seq = ?", [seq]).fetchone()
            query = "SELECT account, amount_minor FROM posting WHERE entry = ? ORDER BY leg"
            legs = book.execute(query, [seq]).fetchall()
            found = read_back(row, legs) if row is not None else None
    except (sqlite3.DatabaseError, ValueError, TypeError):
        return None
    if found is None or (previous and found.hash != chained(previous, seq, found.entry)):
        return None
    fits = after is None or after.hash == chained(found.hash, after.seq, after.entry)
    return found if fits and (previous or after is not None) else None
