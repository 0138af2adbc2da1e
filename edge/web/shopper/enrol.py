"""How a phone becomes a member's: one-time codes that staff give out, and the way back for a phone that lost its key.

Enters: invitations of staff; codes and public keys of phones; recovery secrets, which a browser keeps longer than keys.
Leaves: enrolments in the register of members. Refuses: a code that is unknown, used or too old; too many tries from one
address; a secret that was used up, or whose member has another key by now or may not come in.

Its own database in the state folder; only digests of codes and secrets stand in it. A code has 50 random bits, lives
for minutes and is tried ten times in five minutes from one address: a fast digest suffices. A secret is bound to the
key that it replaces, so that a new key by whatever way (staff, another code) ends it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from edge.adapters.members import Enrolment, Members, UnusableMembers
from edge.records import Role
from edge.told import phrase, told

FILE: Final = "enrolment.db"
"""Its name in a shop's state folder."""

LIFE_S: Final = 15 * 60.0
"""So long a code is good, unless whoever gives it out says otherwise."""
LONGEST_LIFE_S: Final = 7 * 86400.0

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is taken for something else when it is read out or typed."""
SIGNS: Final = 10
_READ_AS: Final = str.maketrans("OIL", "011")

SECRET_BYTES: Final = 32
AGAIN_S: Final = 600.0
"""A phone that did not hear the answer may say the same again for so long."""
SECRET_LIFE_S: Final = 400 * 86400.0
"""No browser keeps a cookie for longer (RFC 6265bis)."""

TRIES: Final = 10
TRIES_WITHIN_S: Final = 300.0
MOST_ADDRESSES: Final = 10_000

Why: TypeAlias = Literal["too-many", "no-such-code", "no-way-back", "key-taken", "bad-key"]

TABLES = """
CREATE TABLE IF NOT EXISTS invitation (
    digest   BLOB PRIMARY KEY,
    subject  TEXT NOT NULL CHECK (subject <> ''),
    role     TEXT NOT NULL CHECK (role IN ('member', 'staff')),
    by_whom  TEXT NOT NULL,
    issued_s REAL NOT NULL,
    until_s  REAL NOT NULL,
    used_s   REAL
) STRICT;
CREATE TABLE IF NOT EXISTS recovery (
    digest   BLOB PRIMARY KEY,
    subject  TEXT NOT NULL,
    key      BLOB NOT NULL,
    since_s  REAL NOT NULL,
    used_s   REAL,
    used_for BLOB
) STRICT;
"""
"""``key``: the public key that a secret may replace; ``used_for``: the one that has."""


class NotEnrolled(Exception):
    """Nobody was enrolled; ``why`` is one of a few."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A phone is a member's from now on. ``secret``: brings it back when its key is lost."""

    enrolment: Enrolment
    secret: str


def shown(code: str) -> str:
    """A code as people read it."""
    return f"{code[:5]}-{code[5:]}"


def typed(text: str) -> str:
    """A code as somebody typed it; empty where it can be none."""
    plain = re.sub(r"[\s-]", "", text[:40]).upper().translate(_READ_AS)
    return plain if len(plain) == SIGNS and all(sign in ALPHABET for sign in plain) else ""


def link(address: str, code: str) -> str:
    """Where a phone redeems a code. It stands behind ``#``, which no server and no log ever sees."""
    return f"{address.rstrip('/')}/m/#join={code}"


class Tries:
    """Who has failed how often. In memory: whoever restarts the process to guess on has other ways in. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str, now_s: float) -> None:
        """`NotEnrolled` where an address has failed too often of late."""
        with self._lock:
            failed = self._failed.get(address)
            while failed and failed[0] < now_s - TRIES_WITHIN_S:
                failed.popleft()
            if failed is not None and len(failed) >= TRIES:
                raise NotEnrolled("too-many")

    def failed(self, address: str, now_s: float) -> None:
        """… once more."""
        with self._lock:
            self._failed.setdefault(address, deque(maxlen=TRIES)).append(now_s)
            self._failed.move_to_end(address)
            while len(self._failed) > MOST_ADDRESSES:
                self._failed.popitem(last=False)


class Enrolments:
    """Codes and secrets of a state folder, which must be there. `UnusableMembers` where its file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def invite(self, subject: str, role: Role, by: str, now_s: float, life_s: float = LIFE_S) -> str:
        """A new code for somebody. Those that they had and did not use are no good any more."""
        if not 60.0 <= life_s <= LONGEST_LIFE_S:
            what = phrase("a code that lives for {life_s:g} s: from a minute to seven days")
            raise UnusableMembers(told(what, life_s=life_s))
        code = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
        with self._writing() as db:
            db.execute("DELETE FROM invitation WHERE until_s < ? OR (subject = ? AND used_s IS NULL)", [now_s, subject])
            row = [_digest(code), subject, role, by, now_s, now_s + life_s]
            db.execute("INSERT INTO invitation VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
        return code

    def waits(self, code: str, now_s: float) -> bool:
        """Whether a code can still be redeemed."""
        with self._writing() as db:
            asked = "SELECT 1 FROM invitation WHERE digest = ? AND used_s IS NULL AND until_s >= ?"
            return bool(code) and db.execute(asked, [_digest(code), now_s]).fetchone() is not None

    def redeem(self, code: str, public_key: bytes, members: Members, now_s: float) -> Enrolled:
        """A phone shows a code and its key. `NotEnrolled`; a code is used up only by whoever is enrolled by it."""
        with self._writing() as db:
            found = db.execute(
                "SELECT subject, role, issued_s FROM invitation WHERE digest = ? AND used_s IS NULL AND until_s >= ?",
                [_digest(code), now_s],
            ).fetchone()
            if not code or found is None:
                raise NotEnrolled("no-such-code")
            subject, role, issued_s = found
            before = _found(members, subject)
            if before is not None and before.revoked_s is not None and before.revoked_s > issued_s:
                raise NotEnrolled("no-such-code")
            enrolment = _added(members, subject, public_key, role, now_s)
            db.execute("UPDATE invitation SET used_s = ? WHERE digest = ?", [now_s, _digest(code)])
            db.execute("DELETE FROM recovery WHERE subject = ?", [subject])
            return Enrolled(enrolment, _new_secret(db, enrolment, now_s))

    def again(self, secret: str, public_key: bytes, members: Members, now_s: float) -> Enrolled:
        """A phone lost its key, and shows its secret and a new key. `NotEnrolled`. The secret is used up by it; a used
        one that comes back with another key was copied, and ends the way back for both.
        """
        with self._writing() as db:
            row = db.execute(
                "SELECT subject, key, since_s, used_s, used_for FROM recovery WHERE digest = ?", [_digest(secret)]
            ).fetchone()
            if not secret or row is None:
                raise NotEnrolled("no-way-back")
            subject, key, since_s, used_s, used_for = row
            said_again = used_s is not None and used_for == public_key and now_s - used_s <= AGAIN_S
            stolen = used_s is not None and not said_again
            if stolen:
                db.execute("DELETE FROM recovery WHERE subject = ?", [subject])
            member = _found(members, subject)
            now_has = None if member is None or member.revoked_s is not None else member.key
            good = not stolen and now_s - since_s <= SECRET_LIFE_S and now_has == (used_for if said_again else key)
            if good:
                assert member is not None
                enrolment = member if said_again else _added(members, subject, public_key, member.role, now_s)
                db.execute(
                    "UPDATE recovery SET used_s = ?, used_for = ? WHERE digest = ?",
                    [used_s or now_s, public_key, _digest(secret)],
                )
                return Enrolled(enrolment, _new_secret(db, enrolment, now_s))
        raise NotEnrolled("no-way-back")

    def knows(self, secret: str) -> bool:
        """Whether a secret may still bring a phone back; for a page that offers it."""
        with self._writing() as db:
            asked = "SELECT 1 FROM recovery WHERE digest = ? AND used_s IS NULL"
            return bool(secret) and db.execute(asked, [_digest(secret)]).fetchone() is not None

    def revoke(self, subject: str) -> None:
        """No phone comes back as this member by itself."""
        with self._writing() as db:
            db.execute("DELETE FROM recovery WHERE subject = ?", [subject])
            db.execute("DELETE FROM invitation WHERE subject = ? AND used_s IS NULL", [subject])

    def forget(self, subject: str) -> None:
        """Somebody was deleted: no code and no secret was ever theirs."""
        if not self._path.is_file():
            return
        with self._writing() as db:
            db.execute("DELETE FROM recovery WHERE subject = ?", [subject])
            db.execute("DELETE FROM invitation WHERE subject = ?", [subject])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that has the file to itself; whatever raises in it leaves the file as it was."""
        try:
            new = not self._path.exists()
            if new:
                self._path.touch(mode=0o600)
            db = sqlite3.connect(self._path, isolation_level=None, timeout=5.0)
        except (OSError, sqlite3.Error) as error:
            what = phrase(
                "{file}: cannot be opened ({error}). Check that the folder exists and that this user may write to it"
            )
            raise UnusableMembers(told(what, file=self._path, error=error)) from error
        try:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is nowhere in the file any more
            db.executescript(TABLES)
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        except sqlite3.Error as error:
            what = phrase(
                "{file}: cannot be used ({error}). Look at the disk, or move the file away: open "
                "invitations are lost with "
                "it, and no member"
            )
            raise UnusableMembers(told(what, file=self._path, error=error)) from error
        finally:
            db.close()


def _added(members: Members, subject: str, public_key: bytes, role: Role, now_s: float) -> Enrolment:
    if any(e.key == public_key and e.subject != subject for e in members.everybody()):
        raise NotEnrolled("key-taken")
    try:
        return members.add(subject, public_key, role, now_s)
    except UnusableMembers as error:
        raise NotEnrolled("bad-key") from error


def _new_secret(db: sqlite3.Connection, enrolment: Enrolment, now_s: float) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = [_digest(secret), enrolment.subject, enrolment.key, now_s]
    db.execute("INSERT INTO recovery VALUES (?, ?, ?, ?, NULL, NULL)", row)
    return secret


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _found(members: Members, subject: str) -> Enrolment | None:
    return next((e for e in members.everybody() if e.subject == subject), None)
