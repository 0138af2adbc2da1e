"""Who may read the feed, who is told by webhooks, and what is on its way to whom: a register in the state folder.

Enters: names, addresses, what became of a delivery. Leaves: keys (once), receivers that are due, bodies to send. A
body stands here, with its name, before it is sent: a kill between sending and its answer sends the same once more,
under the same name, and nothing is skipped. A receiver that answers nothing, or no, for `GIVEN_UP_S` is told no more
until somebody resumes it, and says why.

Of a key only its SHA-256 is kept. A receiver's signing secret has to be kept; the file is its owner's alone.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from edge.adapters.register import Register, UnusableRegister
from edge.insight.cloudevents import FORGOTTEN, batch
from edge.insight.keeping import Cursor, Insight
from edge.told import phrase

FILE: Final = "feed.db"
"""In the state folder."""

KEY: Final = """
CREATE TABLE key (
    name    TEXT PRIMARY KEY CHECK (name <> ''),
    token   BLOB NOT NULL UNIQUE,
    since_s REAL NOT NULL
) STRICT
"""
RECEIVER: Final = """
CREATE TABLE receiver (
    name      TEXT PRIMARY KEY CHECK (name <> ''),
    url       TEXT NOT NULL,
    secret    TEXT NOT NULL,
    cursor    TEXT NOT NULL,
    since_s   REAL NOT NULL,
    failing_s REAL,
    failures  INTEGER NOT NULL,
    next_s    REAL NOT NULL,
    told_s    REAL,
    why       TEXT NOT NULL,
    disabled  INTEGER NOT NULL
) STRICT
"""
"""``cursor``: what it has; ``failing_s``: since when nothing gets through, ``why``: the last reason."""
OUTBOX: Final = """
CREATE TABLE outbox (
    receiver TEXT PRIMARY KEY REFERENCES receiver (name),
    id       TEXT NOT NULL,
    cursor   TEXT NOT NULL,
    body     BLOB NOT NULL
) STRICT
"""
"""What is on its way: one body a receiver."""

BACKOFF_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""After so many failures it is tried again so long after; the last for all that follow."""
GIVEN_UP_S: Final = 3 * 86400.0
MOST: Final = 100
"""Events a body."""
HOME: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class UnusableFeed(UnusableRegister):
    """The register, or what should be written to it, cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told. ``failing_s``: None while it gets through."""

    name: str
    url: str
    secret: str
    cursor: str
    failing_s: float | None
    failures: int
    next_s: float
    told_s: float | None
    why: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """A body on its way: under the same ``id`` until it got through."""

    id: str
    body: bytes


_COLUMNS: Final = "name, url, secret, cursor, failing_s, failures, next_s, told_s, why, disabled"


class Feed(Register):
    """The register in its file. One thread at a time."""

    WHAT, ANEW = phrase("register of the feed"), phrase("name all keys and receivers again")
    APPLICATION_ID, VERSION = 0x54454246, 1  # ``TEBF``
    TABLES = (KEY, RECEIVER, OUTBOX)
    UNUSABLE = UnusableFeed

    # --- keys -------------------------------------------------------------------------------------------------------

    def add_key(self, name: str, at_s: float) -> str:
        """A new key, told once. `UnusableFeed` where the name is taken."""
        token = f"tebura_{secrets.token_urlsafe(32)}"
        with self._told(), self._writing():
            if self._db.execute("SELECT 1 FROM key WHERE name = ?", [name]).fetchone():
                raise UnusableFeed(f"there is a key {name} already. `tebura feed forget {name}` ends it")
            self._db.execute("INSERT INTO key VALUES (?, ?, ?)", [name, _kept(token), at_s])
        return token

    def whose_key(self, token: str) -> str:
        """The name of a key; empty for none of ours."""
        with self._told():
            row = self._db.execute("SELECT name FROM key WHERE token = ?", [_kept(token)]).fetchone()
        return row[0] if row else ""

    def keys(self) -> list[tuple[str, float]]:
        """(name, since when)."""
        with self._told():
            return self._db.execute("SELECT name, since_s FROM key ORDER BY name").fetchall()

    def forget(self, name: str) -> bool:
        """End a key or a receiver; whether there was one."""
        with self._told(), self._writing():
            self._db.execute("DELETE FROM outbox WHERE receiver = ?", [name])
            gone = [self._db.execute(f"DELETE FROM {t} WHERE name = ?", [name]).rowcount for t in ("key", "receiver")]
            return any(gone)

    # --- receivers --------------------------------------------------------------------------------------------------

    def add_receiver(self, name: str, url: str, at_s: float, cursor: str = "") -> str:
        """Somebody who is told from now on (of what is behind ``cursor``); their signing secret. `UnusableFeed`."""
        fault = _address_fault(url)
        if fault:
            raise UnusableFeed(fault)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        with self._told(), self._writing():
            if self._db.execute("SELECT 1 FROM receiver WHERE name = ?", [name]).fetchone():
                raise UnusableFeed(f"there is a receiver {name} already. `tebura feed forget {name}` ends it")
            self._db.execute(
                "INSERT INTO receiver VALUES (?, ?, ?, ?, ?, NULL, 0, 0, NULL, '', 0)",
                [name, url, secret, cursor, at_s],
            )
        return secret

    def receivers(self) -> list[Receiver]:
        """Everybody, by name."""
        with self._told():
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM receiver ORDER BY name").fetchall()
        return [_receiver(row) for row in rows]

    def due(self, at_s: float) -> list[Receiver]:
        """Those who may be told something now."""
        return [r for r in self.receivers() if not r.disabled and r.next_s <= at_s]

    def resume(self, name: str) -> bool:
        """Try again at once, also one that was given up; whether there is one."""
        with self._told(), self._writing():
            query = "UPDATE receiver SET disabled = 0, failing_s = NULL, failures = 0, next_s = 0 WHERE name = ?"
            return bool(self._db.execute(query, [name]).rowcount)

    # --- what is on its way -----------------------------------------------------------------------------------------

    def parcel(self, receiver: Receiver, store: str, insight: Insight) -> Parcel | None:
        """What is on its way to somebody, or goes on its way now; None where there is nothing to tell."""
        with self._told(), self._writing():
            row = self._db.execute("SELECT id, body FROM outbox WHERE receiver = ?", [receiver.name]).fetchone()
            if row is not None and _members(row[1]) <= insight.consents():
                return Parcel(*row)
            self._db.execute("DELETE FROM outbox WHERE receiver = ?", [receiver.name])  # somebody is not to be named
            since = Cursor.of(receiver.cursor)
            events = insight.events(since, MOST)
            if not events:
                return None
            body = batch(store, events)
            for event, _ in events:
                since = since.after(event)
            name = "msg_" + hashlib.sha256(f"{receiver.name}\0{since.text()}".encode() + body).hexdigest()[:32]
            self._db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", [receiver.name, name, since.text(), body])
            return Parcel(name, body)

    def drop(self, consents: set[str]) -> None:
        """What is on its way and names somebody who is not to be named is not on its way any more."""
        with self._told(), self._writing():
            for receiver, body in self._db.execute("SELECT receiver, body FROM outbox").fetchall():
                if not _members(body) <= consents:
                    self._db.execute("DELETE FROM outbox WHERE receiver = ?", [receiver])
        self.wipe(anew=False)

    def arrived(self, receiver: str, parcel: Parcel, at_s: float) -> None:
        """It got through: the next may go."""
        with self._told(), self._writing():
            row = self._db.execute("SELECT cursor FROM outbox WHERE receiver = ? AND id = ?", [receiver, parcel.id])
            found = row.fetchone()
            if found is None:
                return  # the receiver was ended meanwhile
            self._db.execute("DELETE FROM outbox WHERE receiver = ?", [receiver])
            query = (
                "UPDATE receiver SET cursor = ?, told_s = ?, failing_s = NULL, failures = 0, next_s = 0, why = '' "
                "WHERE name = ?"
            )
            self._db.execute(query, [found[0], at_s, receiver])

    def failed(self, receiver: str, why: str, at_s: float, *, gone: bool = False) -> bool:
        """It did not: when it is tried again, and whether it was given up. ``gone``: the receiver says for ever."""
        with self._told(), self._writing():
            row = self._db.execute("SELECT failing_s, failures FROM receiver WHERE name = ?", [receiver]).fetchone()
            if row is None:
                return False
            since_s, failures = at_s if row[0] is None else row[0], row[1] + 1
            given_up = gone or at_s - since_s >= GIVEN_UP_S
            next_s = at_s + BACKOFF_S[min(failures, len(BACKOFF_S)) - 1]
            query = "UPDATE receiver SET failing_s = ?, failures = ?, next_s = ?, why = ?, disabled = ? WHERE name = ?"
            self._db.execute(query, [since_s, failures, next_s, why[:300], int(given_up), receiver])
            if given_up:  # it may be resumed in a year: who is named in it may not want to be by then
                self._db.execute("DELETE FROM outbox WHERE receiver = ?", [receiver])
            return given_up


def _receiver(row: tuple[Any, ...]) -> Receiver:
    facts = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Receiver(**facts | {"disabled": bool(facts["disabled"])})


def _members(body: bytes) -> set[str]:
    """Who is named in a body."""
    events = msgspec.json.decode(body)
    return {e["data"]["member"] for e in events if "member" in e["data"] and e["type"] != FORGOTTEN}


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _address_fault(url: str) -> str:
    """Why nobody can be told there; empty where they can."""
    try:
        found = urlsplit(url)
        host, _ = found.hostname, found.port
    except ValueError:
        host, found = None, urlsplit("")
    if found.scheme not in ("http", "https") or not host or found.username or found.fragment:
        return f"{url!r} is no address. Write it like https://example.com/hook"
    if found.scheme == "http" and host not in HOME:
        return "what happened in the shop would go over the network in the clear. Write https://"
    return ""
