"""The book: an append-only double-entry ledger in one SQLite file.

Enters: ledger entries in the order of their effects. Leaves: the same entries, balances, a proof, an export. Refuses:
an entry that does not balance, a key whose content differs from what stands there, any change. An entry that is there
already changes nothing: after a crash the runtime says everything since its checkpoint once more, and it is a no-op.

Durability: write-ahead log with ``synchronous=FULL``, so that a committed append survives a power cut, and a killed
process loses at most the append that was not acknowledged. Two ledgers with the same entries become the same *file*,
to the byte, by `Book.seal` (see `edge.ledger.seal`).
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import msgspec
from sqlite_utils import Database

from edge.ledger.canon import FIRST_HASH, Written, canonical, chained, content_of, export_line, read_back
from edge.ledger.faults import BookFault, ContradictoryEntry, UnbalancedEntry, UnusableLedger, reported
from edge.ledger.proof import Proof
from edge.ledger.schema import APPLICATION_ID, SHOP_TABLE, TABLES, VERSION
from edge.ledger.seal import sealed_copy, take_the_place_of
from edge.records import LedgerEntry
from edge.told import phrase, told

_COLUMNS = "seq, key, at_s, kind, visit, currency, body, hash"


class Book:
    """A ledger file, created where there is none; without a path one in memory. One writer at a time.

    ``durable=False`` leaves it to the operating system when bytes reach the disk: for replays, which can be had again.
    ``read_only`` opens a book beside its writer. `UnusableLedger` says what is wrong with a file, and the remedy.
    """

    def __init__(self, path: Path | None = None, *, durable: bool = True, read_only: bool = False) -> None:
        self.path = path
        self._currency = ""
        with reported(path):
            self._db = self._opened(read_only)
            try:
                self._prepare(durable, read_only)
            except BaseException:
                self._db.close()
                raise

    def _opened(self, read_only: bool) -> Database:
        if self.path is None:
            return Database(memory=True, execute_plugins=False)
        if read_only:
            conn = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            return Database(conn, execute_plugins=False)
        return Database(self.path, execute_plugins=False)

    def _prepare(self, durable: bool, read_only: bool) -> None:
        application, version = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if application == 0 and self._one("SELECT count(*) FROM sqlite_schema") == 0 and not read_only:
            with self._db.atomic():
                for statement in TABLES:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION_ID:
            what = phrase(
                "{file}: is not a ledger (it is some other database). Name another file; this one was left as it is"
            )
            raise UnusableLedger(told(what, file=self.path))
        elif version != VERSION:
            what = phrase(
                "{file}: is a ledger of version {is_}, not {must}. Open it with the version of Tebura that wrote it"
            )
            raise UnusableLedger(told(what, file=self.path, is_=version, must=VERSION))
        self._db.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")

    # --- writing ---------------------------------------------------------------------------------------------------

    def append(self, entries: Iterable[LedgerEntry]) -> int:
        """Write entries in their order, all of them or none; how many were new.

        `ContradictoryEntry`, `UnbalancedEntry` and `UnusableLedger` leave the book as it was.
        """
        waiting = list(entries)
        if not waiting:
            return 0
        with reported(self.path), self._db.atomic():
            seq, previous = self.head()
            new = 0
            for entry in waiting:
                if self._stands(entry):
                    continue
                self._check(entry)
                seq, new = seq + 1, new + 1
                previous = chained(previous, seq, entry)
                self._write(seq, entry, previous)
        return new

    def _stands(self, entry: LedgerEntry) -> bool:
        """Whether the entry is in the book; `ContradictoryEntry` where its key has something else behind it."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM entry WHERE key = ?", [entry.key]).fetchone()
        if row is None:
            return False
        stands, wanted = content_of(self._read(row).entry), content_of(entry)
        if canonical(stands) != canonical(wanted):
            differs = ", ".join(sorted(k for k in wanted if canonical(stands[k]) != canonical(wanted[k])))
            raise ContradictoryEntry(f"{entry.key} stands in the book (entry {row[0]}) with a different {differs}")
        return True

    def _check(self, entry: LedgerEntry) -> None:
        total = sum(posting.amount_minor for posting in entry.postings)
        if total:
            raise UnbalancedEntry(f"{entry.key}: its postings sum to {total}, not to zero")
        if entry.postings and entry.currency != (self.currency or entry.currency):
            raise UnbalancedEntry(f"{entry.key}: is in {entry.currency}, the book is kept in {self.currency}")

    def _write(self, seq: int, entry: LedgerEntry, digest: str) -> None:
        """Postings first: the entry's own trigger adds them up."""
        legs = [(seq, leg, p.account, p.amount_minor) for leg, p in enumerate(entry.postings, start=1)]
        self._db.conn.executemany("INSERT INTO posting (entry, leg, account, amount_minor) VALUES (?, ?, ?, ?)", legs)
        self._db.execute(
            f"INSERT INTO entry ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [seq, entry.key, float(entry.at_s), entry.kind, entry.visit, entry.currency, canonical(entry.body), digest],
        )

    # --- reading ---------------------------------------------------------------------------------------------------

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry, ``(0, FIRST_HASH)`` in an empty book. Note it elsewhere at closing time:
        it tells whether entries at the end were cut off, which the chain itself cannot.
        """
        row = self._db.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, FIRST_HASH)

    def entries(self, since_seq: int = 0, kind: str = "", visit: str | None = None) -> Iterator[Written]:
        """Entries with a number above ``since_seq``, in order, optionally of one kind or visit."""
        where, values = ["seq > ?"], cast("list[object]", [since_seq])
        if kind:
            where, values = [*where, "kind = ?"], [*values, kind]
        if visit is not None:
            where, values = [*where, "visit = ?"], [*values, visit]
        query = f"SELECT {_COLUMNS} FROM entry WHERE {' AND '.join(where)} ORDER BY seq"
        with reported(self.path):
            for row in self._db.execute(query, values):
                yield self._read(row)

    def told(
        self, kinds: Sequence[str], since_seq: int = 0, most: int = -1
    ) -> Iterator[tuple[int, float, str, str, dict[str, Any]]]:
        """(number, at_s, kind, visit, body) of entries of some kinds, in order: for projections, which read years of
        them and no postings.
        """
        where = f"seq > ? AND kind IN ({', '.join('?' * len(kinds))})"
        query = f"SELECT seq, at_s, kind, visit, body FROM entry WHERE {where} ORDER BY seq LIMIT ?"
        with reported(self.path):
            for seq, at_s, kind, visit, body in self._db.execute(query, [since_seq, *kinds, most]):
                yield seq, at_s, kind, visit, msgspec.json.decode(body)

    def moving(self, account: str) -> Iterator[Written]:
        """Entries with a posting on an account, in order."""
        within = "seq IN (SELECT entry FROM posting WHERE account = ?)"
        with reported(self.path):
            for row in self._db.execute(f"SELECT {_COLUMNS} FROM entry WHERE {within} ORDER BY seq", [account]):
                yield self._read(row)

    def visits(self, kind: str, since_seq: int = 0) -> list[str]:
        """Visits that have an entry of one kind, in the order of their first; bodies are not read."""
        query = "SELECT visit FROM entry WHERE kind = ? AND seq > ? ORDER BY seq"
        with reported(self.path):
            return list(dict.fromkeys(visit for (visit,) in self._db.execute(query, [kind, since_seq])))

    def facts(self, kind: str, name: str, since_seq: int = 0) -> list[tuple[str, object]]:
        """(visit, what its body says under a name) of all entries of one kind, in order; None where it says nothing."""
        query = "SELECT visit, json_extract(body, ?) FROM entry WHERE kind = ? AND seq > ? ORDER BY seq"
        with reported(self.path):
            return [(visit, said) for visit, said in self._db.execute(query, [f"$.{name}", kind, since_seq])]

    def ended(
        self,
        since_s: float = 0.0,
        until_s: float = math.inf,
        text: str = "",
        amount_minor: int | None = None,
        most: int = 100,
    ) -> list[str]:
        """Visits that left within a time (UNIX seconds), the newest first, ``most`` at most. ``text``: stands anywhere
        in one of their entries, be it a subject, a product or a provider's reference; ``amount_minor``: came to that.
        """
        where, values = ["kind IN ('settlement', 'review')"], cast("list[object]", [])
        if text:
            # The whole body first: most entries need not be taken apart. Names of facts are no facts.
            values_say = "SELECT 1 FROM json_tree(body) WHERE type = 'text' AND instr(lower(atom), lower(?))"
            says = (
                f"SELECT visit FROM entry WHERE (instr(lower(body), lower(?)) AND EXISTS ({values_say})) OR visit = ?"
            )
            where, values = [*where, f"visit IN ({says})"], [*values, text, text, text]
        if amount_minor is not None:
            where, values = [*where, "json_extract(body, '$.total_minor') = ?"], [*values, amount_minor]
        query = (
            f"SELECT visit, min(at_s) AS left_s FROM entry WHERE {' AND '.join(where)} GROUP BY visit "
            "HAVING left_s >= ? AND left_s < ? ORDER BY left_s DESC, visit DESC LIMIT ?"
        )
        with reported(self.path):
            found = self._db.execute(query, [*values, since_s, min(until_s, 1e12), most]).fetchall()
        return [visit for visit, _ in found]

    def last(self, kind: str) -> Written | None:
        """The last entry of a kind."""
        with reported(self.path):
            query = f"SELECT {_COLUMNS} FROM entry WHERE kind = ? ORDER BY seq DESC LIMIT 1"
            row = self._db.execute(query, [kind]).fetchone()
        return self._read(row) if row else None

    def balance(self, account: str) -> int:
        """What an account stands at, minor units: positive is debit."""
        amount: int = self._one("SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE account = ?", account)
        return amount

    def balances(self, begins: str = "") -> dict[str, int]:
        """Each account -> minor units, in the order of the names; accounts that stand at zero included. ``begins``:
        those alone whose names begin so.
        """
        where, values = ("WHERE account >= ? AND account < ?", [begins, f"{begins}\U0010ffff"]) if begins else ("", [])
        query = f"SELECT account, sum(amount_minor) FROM posting {where} GROUP BY account ORDER BY account"
        with reported(self.path):
            return dict(self._db.execute(query, values).fetchall())

    @property
    def currency(self) -> str:
        """The one currency that the book is kept in; empty until money moves."""
        if not self._currency:
            query = "SELECT currency FROM entry WHERE seq = (SELECT min(entry) FROM posting)"
            row = self._db.execute(query).fetchone()
            self._currency = row[0] if row else ""
        return self._currency

    def prove(self) -> list[BookFault]:
        """Everything that does not hold: see `edge.ledger.proof`. Empty: the book is sound."""
        proof = Proof()
        try:
            with reported(self.path):
                self._prove(proof)
        except (UnusableLedger, sqlite3.DatabaseError, ValueError) as error:
            proof.faults.append(BookFault(proof.seq, "", f"the book cannot be read any further: {error}"))
        return proof.faults

    def _prove(self, proof: Proof) -> None:
        for (line,) in self._db.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                proof.faults.append(BookFault(0, "", f"the file is damaged: {line}"))
        for written in self.entries():
            proof.take(written)
        for seq, key, body in self._db.execute("SELECT seq, key, body FROM entry ORDER BY seq"):
            if canonical(json.loads(body)) != body:
                proof.faults.append(BookFault(seq, key, "its body is not in canonical form: the book was changed"))
        orphans = self._one("SELECT count(*) FROM posting WHERE entry NOT IN (SELECT seq FROM entry)")
        if orphans:
            proof.faults.append(BookFault(0, "", f"{orphans} postings belong to no entry"))

    def export(self) -> Iterator[bytes]:
        """The book as canonical JSON lines; equal books give equal bytes."""
        for written in self.entries():
            yield export_line(written)

    # --- whose it is ------------------------------------------------------------------------------------------------

    @property
    def kept_for(self) -> str:
        """The id of the live shop whose book this is; empty of a replay's, and of one that an older version kept."""
        if not self._one("SELECT count(*) FROM sqlite_schema WHERE name = 'shop'"):
            return ""
        with reported(self.path):
            row = self._db.execute("SELECT store FROM shop").fetchone()
        return row[0] if row else ""

    def keep_for(self, store: str) -> None:
        """Mark the book as a live shop's, once and for all; see `edge.ledger.owner`."""
        with reported(self.path), self._db.atomic():
            self._db.execute(SHOP_TABLE)
            self._db.execute("INSERT INTO shop (id, store) VALUES (1, ?)", [store])

    # --- checkpoints -----------------------------------------------------------------------------------------------

    def save_checkpoint(self, position: int, state: bytes) -> None:
        """Keep the runtime's state after ``position`` records; append their entries before. Replaces the last one."""
        with reported(self.path), self._db.atomic():
            self._db.execute("INSERT OR REPLACE INTO checkpoint (id, position, state) VALUES (1, ?, ?)",
                             [position, state])  # fmt: skip

    def checkpoint(self) -> tuple[int, bytes] | None:
        """The last checkpoint, unless it was dropped or there never was one."""
        with reported(self.path):
            row = self._db.execute("SELECT position, state FROM checkpoint").fetchone()
        return (row[0], bytes(row[1])) if row else None

    def drop_checkpoint(self) -> None:
        with reported(self.path), self._db.atomic():
            self._db.execute("DELETE FROM checkpoint")

    # --- ending ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._db.close()

    def seal(self) -> None:
        """Drop the checkpoint and write the file in its one canonical form: same entries, same bytes. Closes the book;
        it may be opened and continued again. `UnusableLedger` where somebody else has it open.
        """
        self.drop_checkpoint()
        if self.path is None:
            self.close()
            return
        with reported(self.path):
            copy = sealed_copy(self._db.conn, self.path)
        self.close()
        take_the_place_of(copy, self.path)

    def __enter__(self) -> Book:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, row: tuple[int, str, float, str, str, str, str, str]) -> Written:
        query = "SELECT account, amount_minor FROM posting WHERE entry = ? ORDER BY leg"
        return read_back(row, self._db.execute(query, [row[0]]).fetchall())

    def _one(self, query: str, *values: object) -> int:
        with reported(self.path):
            return cast("int", self._db.execute(query, list(values)).fetchone()[0])
