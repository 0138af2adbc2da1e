"""The projection in its file: events, visits, where people stood.

Enters: what was noticed on the floor, with the memory that it goes on from, and the book, of which it remembers how far
it was read. Each is one transaction: a kill anywhere loses and doubles nothing, because what was told twice has the
same name. Leaves: events behind a `Cursor`, and the tables that figures are made of.

A subject stands in one column of one table, and only with consent: taking that back, or being deleted, blanks it. Whom
receivers should forget stands in another for a while.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from edge.adapters.register import Register, UnusableRegister
from edge.insight.booked import KINDS, Known, Visit, events_of
from edge.insight.events import Event
from edge.insight.floor import Noticed
from edge.told import phrase

if TYPE_CHECKING:
    from edge.ledger import Book
    from edge.store import Store

EVENT: Final = """
CREATE TABLE event (
    id           TEXT PRIMARY KEY,
    by           TEXT NOT NULL,
    told         REAL NOT NULL,
    kind         TEXT NOT NULL,
    at_s         REAL NOT NULL,
    until_s      REAL,
    visit        TEXT NOT NULL,
    sku          TEXT NOT NULL,
    shelf        TEXT NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    certainty    REAL NOT NULL,
    home         INTEGER,
    amount_minor INTEGER,
    rested       INTEGER NOT NULL DEFAULT 0,
    promotion    TEXT NOT NULL DEFAULT ''
) STRICT
"""
"""See `edge.insight.events.Event`. ``rested``: see `RESTED_S`; no figure counts it."""
PROMOTION: Final = "ALTER TABLE event ADD COLUMN promotion TEXT NOT NULL DEFAULT ''"
BY_TELLER: Final = "CREATE INDEX event_by_teller ON event (by, told, id)"
BY_KIND: Final = "CREATE INDEX event_by_kind ON event (kind, at_s)"
BY_VISIT: Final = "CREATE INDEX event_by_visit ON event (visit, kind, sku)"
BY_TIME: Final = "CREATE INDEX event_by_time ON event (at_s)"
VISIT: Final = """
CREATE TABLE visit (
    visit     TEXT PRIMARY KEY,
    subject   TEXT NOT NULL,
    party     INTEGER NOT NULL,
    entered_s REAL,
    left_s    REAL,
    staff     INTEGER NOT NULL
) STRICT
"""
"""``subject`` is empty without their consent; ``staff``: the shop's own people, and scans that nobody followed."""
BEFORE: Final = """
CREATE TABLE before (
    day   TEXT NOT NULL,
    visit TEXT NOT NULL,
    shelf TEXT NOT NULL,
    first INTEGER NOT NULL,
    sku   TEXT NOT NULL,
    ms    INTEGER NOT NULL,
    PRIMARY KEY (day, visit, shelf, first, sku)
) STRICT, WITHOUT ROWID
"""
"""How long a visit stood before a product's place."""
HEAT: Final = """
CREATE TABLE heat (
    day TEXT NOT NULL,
    x   INTEGER NOT NULL,
    y   INTEGER NOT NULL,
    ms  INTEGER NOT NULL,
    PRIMARY KEY (day, x, y)
) STRICT, WITHOUT ROWID
"""
"""How long shoppers stood in each cell of `edge.insight.floor.CELL_M`."""
ENTERED: Final = "CREATE INDEX visit_by_time ON visit (entered_s)"
KNOWN: Final = (
    "CREATE INDEX IF NOT EXISTS visit_of_known ON visit (subject, entered_s) WHERE subject <> '' AND NOT staff"
)
"""Files of before have it not, and get it."""
STAFF: Final = "CREATE INDEX visit_of_staff ON visit (visit) WHERE staff"
DAY: Final = "CREATE TABLE day (day TEXT PRIMARY KEY, counts BLOB NOT NULL) STRICT, WITHOUT ROWID"
"""What was counted of a day or a month that is over (`edge.insight.days`); it follows from the content."""
CONSENT: Final = "CREATE TABLE consent (subject TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
FORGOTTEN: Final = """
CREATE TABLE forgotten (
    id      TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    at_s    REAL NOT NULL
) STRICT, WITHOUT ROWID
"""
"""Whom an event tells receivers to forget; for `TOLD_S`, and then it tells nobody's name."""
FACT: Final = "CREATE TABLE fact (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID"
"""``seq``: the last entry of the book that was read; ``mode``: of the shop then; ``zone``: its clocks';
``memory``: of the floor."""

COLUMNS: Final = (
    "id, by, told, kind, at_s, until_s, visit, sku, shelf, first, last, count, certainty, home, amount_minor, promotion"
)
RESTED_S: Final = 1.5
"""What lay on a plate for less than this was a hand, or what a hand held: neither put back nor taken."""
RESTED: Final = """
WITH rests AS (
    SELECT p.id AS back, t.id AS took FROM event t JOIN event p ON p.kind = 'put-back' AND p.at_s <= t.at_s
        AND p.at_s > t.at_s - ? AND p.shelf = t.shelf AND p.first = t.first AND p.sku = t.sku AND p.count = t.count
    WHERE t.by = 'ledger' AND t.told > ? AND t.kind = 'picked-up'
)
UPDATE event SET rested = 1 WHERE id IN (SELECT back FROM rests UNION SELECT took FROM rests)
"""
DAY_S: Final = 86_400.0
TOLD_S: Final = 30 * DAY_S
"""So long receivers are told whom they should forget."""
CHUNK: Final = 5_000
"""So many entries of the book are one transaction: nobody else waits for long."""


class UnusableInsight(UnusableRegister):
    """The projection's file cannot be used; the message says why and what to do."""


class BadCursor(ValueError):
    """No cursor of ours."""


class Cursor(msgspec.Struct, frozen=True):
    """How far somebody has read: what the book says up to (``seq``, ``entry``), the floor up to (``told_s``, ``id``).
    Both only grow, and are the same after a rebuild.
    """

    seq: float = 0.0
    entry: str = ""
    told_s: float = 0.0
    noticed: str = ""

    def text(self) -> str:
        """As it stands in an address."""
        told = json.dumps([self.seq, self.entry, self.told_s, self.noticed], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Cursor:
        """`BadCursor`; an empty one is the beginning."""
        if not text:
            return cls()
        try:
            seq, entry, told_s, noticed = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            found = cls(float(seq), str(entry), float(told_s), str(noticed))
        except (ValueError, TypeError) as error:
            raise BadCursor(f"{text[:80]!r} is no cursor. Leave `after` away to begin at the beginning") from error
        if not (math.isfinite(found.seq) and math.isfinite(found.told_s)):
            raise BadCursor(f"{text[:80]!r} is no cursor. Leave `after` away to begin at the beginning")
        return found

    def after(self, event: Event) -> Cursor:
        """… and behind one more."""
        if event.by == "ledger":
            return Cursor(event.told, event.id, self.told_s, self.noticed)
        return Cursor(self.seq, self.entry, event.told, event.id)


class Insight(Register):
    """The file, created where there is none; its folder must be there. One thread at a time."""

    WHAT, ANEW = phrase("collection of events"), phrase("build it anew with `tebura insight --rebuild`")
    APPLICATION_ID, VERSION = 0x54454249, 1  # ``TEBI``, in the file's header
    TABLES = (
        EVENT, BY_TELLER, BY_KIND, BY_VISIT, BY_TIME, VISIT, ENTERED, STAFF, BEFORE, HEAT, DAY, CONSENT, FACT,
    )  # fmt: skip
    LATER = (("forgotten", FORGOTTEN),)
    UNUSABLE = UnusableInsight

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.forgot = False
        """What was read had somebody in it who is not to be named any more."""

    def _prepare(self) -> None:
        super()._prepare()
        self._db.execute(KNOWN)
        if not self._number("SELECT count(*) FROM pragma_table_info('event') WHERE name = 'promotion'"):
            self._db.execute(PROMOTION)  # a file of before there were coupons
        self._db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last seconds; they are told again

    # --- writing ----------------------------------------------------------------------------------------------------

    def note(self, noticed: Noticed) -> None:
        """Keep what was noticed, and the memory that goes with it."""
        with self._told(), self._writing():
            self._put(noticed.events)
            self._recount(sorted({day[:7] for day, *_ in noticed.heat}))
            self._db.conn.executemany(
                "INSERT INTO heat VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET ms = ms + excluded.ms",
                [(*cell, ms) for cell, ms in noticed.heat.items()],
            )
            self._db.conn.executemany(
                "INSERT INTO before VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ms = ms + excluded.ms",
                [(day, visit, shelf, first, sku, ms) for (visit, shelf, first, sku, day), ms in noticed.before.items()],
            )
            self._set("memory", noticed.memory)

    def read(self, book: Book, store: Store) -> int:
        """Keep what the book says since it was read last; how many entries that were."""
        count = 0
        while True:
            with self._told():
                seq = int(self.fact("seq") or 0)
            head = book.head()[0]  # first: what is written meanwhile is for the next time
            rows = list(book.told(KINDS, seq, CHUNK))
            head = rows[-1][0] if len(rows) == CHUNK else max(head, rows[-1][0] if rows else 0)
            if head <= seq:
                return count
            with self._told(), self._writing():
                if int(self.fact("seq") or 0) != seq:
                    continue  # somebody else has read it meanwhile
                known = Known(str(self.fact("mode") or "open"), self._consents())
                self._put(event for row in rows for event in events_of(row, known, store))
                self._db.execute(RESTED, [RESTED_S, seq])
                self._forget(sorted(known.withdrawn))
                self.forgot |= bool(known.withdrawn)
                self._db.conn.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", known.forgotten)
                if rows:
                    self._db.execute("DELETE FROM forgotten WHERE at_s < ?", [rows[-1][1] - TOLD_S])
                self._visits(known.visits.values())
                self._db.conn.executemany("INSERT OR IGNORE INTO consent VALUES (?)", [(s,) for s in known.consents])
                self._set("mode", known.mode)
                self._set("zone", store.timezone.key)
                self._set("seq", head)
            count += head - seq

    def days(self, first: str, last: str) -> dict[str, bytes]:
        """Day -> what was counted of it, from the first to the last."""
        return dict(self.rows("SELECT day, counts FROM day WHERE day >= ? AND day <= ?", [first, last]))

    def keep_day(self, day: str, counts: bytes) -> None:
        """Remember what was counted of a day that is over."""
        with self._told(), self._writing():
            self._db.execute("INSERT OR REPLACE INTO day VALUES (?, ?)", [day, counts])

    def _put(self, events: Iterable[Event]) -> None:
        """Days that something new is told of are counted anew: theirs, and all later ones."""
        events = list(events)
        if events:
            day = self._day(min(event.at_s for event in events))
            self._db.execute("DELETE FROM day WHERE day >= ?", [day])
            self._recount([day[:7]])
        self._db.conn.executemany(
            f"INSERT OR IGNORE INTO event ({COLUMNS}) VALUES ({', '.join('?' * 16)})",
            (
                (
                    e.id, e.by, e.told, e.kind, e.at_s, e.until_s, e.visit, e.sku, e.shelf, e.first, e.last, e.count,
                    e.certainty, e.home, e.amount_minor, e.promotion,
                )
                for e in events
            ),
        )  # fmt: skip

    def _day(self, at_s: float) -> str:
        """The day of a moment by the shop's clocks; before the book was ever read, none that is later."""
        zone = self.fact("zone")
        at = datetime.fromtimestamp(at_s, ZoneInfo(zone)) if zone else datetime.fromtimestamp(at_s - DAY_S, UTC)
        return at.date().isoformat()

    def _recount(self, months: Iterable[str]) -> None:
        """What is kept of whole months, ``2026-05`` and ``2026-05 …``, counts no more."""
        for month in months:
            self._db.execute("DELETE FROM day WHERE day = ? OR day LIKE ? || ' %'", [month, month])

    def _visits(self, visits: Iterable[Visit]) -> None:
        self._db.conn.executemany(
            "INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET left_s = coalesce(excluded.left_s, "
            "left_s), staff = max(staff, excluded.staff)",
            [(v.id, v.subject, v.party, v.entered_s, v.left_s, v.staff) for v in visits],
        )

    def consents(self) -> set[str]:
        """Who may be named."""
        with self._told():
            return self._consents()

    def _consents(self) -> set[str]:
        return {subject for (subject,) in self._db.execute("SELECT subject FROM consent")}

    def _forget(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._db.execute("DELETE FROM consent WHERE subject = ?", [subject])
            self._db.execute("UPDATE visit SET subject = '' WHERE subject = ?", [subject])

    def _set(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", [name, value])

    def settle(self) -> None:
        """All of it in the one file, which may be moved then."""
        with self._told():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA journal_mode = DELETE")

    # --- reading ----------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> Any:
        """See `FACT`; None where it is not known yet."""
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return row[0] if row else None

    def rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """What a question of this room's own finds."""
        with self._told():
            return self._db.execute(query, list(values)).fetchall()

    def events(self, after: Cursor | None = None, most: int = 100) -> list[tuple[Event, str]]:
        """(event, subject or nothing) behind a cursor, in an order that is the same after a rebuild: what the book says
        first, then what was noticed.
        """
        since = after or Cursor()
        told = (("ledger", since.seq, since.entry), ("floor", since.told_s, since.noticed))
        found: list[tuple[Event, str]] = []
        for by, told_, id_ in told:
            query = (
                f"SELECT {', '.join('e.' + c for c in COLUMNS.split(', '))}, coalesce(f.subject, v.subject, '') "
                "FROM event e LEFT JOIN visit v USING (visit) LEFT JOIN forgotten f USING (id) "
                "WHERE e.by = ? AND (e.told, e.id) > (?, ?) ORDER BY e.told, e.id LIMIT ?"
            )
            found += [_event(row) for row in self.rows(query, [by, told_, id_, most - len(found)])]
        return found

    def content(self) -> Iterator[str]:
        """Everything, in one order: two files that say the same give the same lines."""
        for table, order in (
            ("event", "id"), ("visit", "visit"), ("before", "day, visit, shelf, first, sku"), ("heat", "day, x, y"),
            ("consent", "subject"), ("forgotten", "id"), ("fact", "name"),
        ):  # fmt: skip
            for row in self.rows(f"SELECT * FROM {table} ORDER BY {order}"):
                yield f"{table} {row!r}"

    def close(self) -> None:
        with suppress(UnusableInsight):
            super().close()


def _event(row: tuple[Any, ...]) -> tuple[Event, str]:
    *facts, subject = row
    event = msgspec.convert(dict(zip(COLUMNS.split(", "), facts, strict=True)), Event, strict=False)
    return event, subject
