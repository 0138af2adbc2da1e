"""The register of members: who they are, with which public key, and whether they may still come in.

Enters: what staff do with `tebura member`. Leaves: enrolments, for staff to read, and for the daemon those that changed
since it looked last, as standings of the wire. Refuses: a file, a folder or a key that cannot be used, with the remedy.
Whoever left is revoked, and a standing says so. Who is deleted leaves no row: only that the name was somebody's, as a
digest, so that it is never given to another.

What a member is *called* stands here and nowhere else: the wire and the book know them by their subject alone. What
they write is sealed with a secret of their own that stands here as well. So deleting them here ends what their subject
means and what they wrote, wherever that was copied to.

Several processes may use it at once. Each change has a number of its own, so that polling costs one look at an index.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass

import msgspec

from edge.adapters.ed25519 import is_key
from edge.adapters.register import Register, UnusableRegister
from edge.adapters.sealed import PREFIX, unseal
from edge.records import Role
from edge.told import joined, phrase, told
from edge.wire.payloads import StandingPayload

FILE = "members.db"
"""Its name in a shop's state folder."""

STANDING_TOPIC = "shop/members/standing"

KEY_BYTES, SUBJECT_AT_MOST = 32, 200
TABLE = """
CREATE TABLE member (
    subject   TEXT PRIMARY KEY CHECK (subject <> ''),
    key       BLOB UNIQUE CHECK (length(key) = 32),
    role      TEXT NOT NULL CHECK (role IN ('member', 'staff')),
    since_s   REAL NOT NULL,
    revoked_s REAL,
    change    INTEGER NOT NULL UNIQUE
) STRICT
"""
"""``key`` is null for those whom only a reader knows, ``revoked_s`` for those who may come in."""

PROOFS = """
CREATE TABLE IF NOT EXISTS age (
    subject TEXT PRIMARY KEY REFERENCES member (subject),
    years   INTEGER NOT NULL CHECK (years BETWEEN 1 AND 120),
    how     TEXT NOT NULL CHECK (how <> ''),
    by_whom TEXT NOT NULL CHECK (by_whom <> ''),
    at_s    REAL NOT NULL
) STRICT
"""
"""Who has proven to be how old, how, and who has looked at it."""
WALLETS = """
CREATE TABLE IF NOT EXISTS wallet (
    subject TEXT NOT NULL REFERENCES member (subject),
    value   TEXT NOT NULL,
    since_s REAL NOT NULL
) STRICT
"""
"""Ways to pay; a member's newest counts. Earlier ones stay: a payment whose outcome is not known is looked for where it
was asked for. Not in version 1 from its beginning: who does not know the table does without.
"""

CALLED = """
CREATE TABLE called (
    subject TEXT PRIMARY KEY REFERENCES member (subject),
    name    TEXT NOT NULL CHECK (name <> '')
) STRICT
"""
"""What staff call somebody."""
SECRETS = """
CREATE TABLE secret (
    subject TEXT PRIMARY KEY,
    key     BLOB NOT NULL CHECK (length(key) = 32)
) STRICT
"""
"""With what the words of somebody are sealed (`edge.adapters.sealed`); of readers' people too, who are not enrolled."""
GONE = """
CREATE TABLE gone (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    at_s   REAL NOT NULL,
    change INTEGER NOT NULL
) STRICT
"""
"""The SHA-256 of subjects that were deleted."""

WALLET_AT_MOST, CALLED_AT_MOST = 500, 100

_COLUMNS = "subject, key, role, since_s, revoked_s, change"
_READ = f"SELECT {_COLUMNS}, years, how, by_whom FROM member LEFT JOIN age USING (subject)"


class UnusableMembers(UnusableRegister):
    """The register, or what should be written to it, cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One member as the register has them. ``change`` grows with every change of the register."""

    subject: str
    key: bytes
    role: Role
    since_s: float
    revoked_s: float | None
    change: int
    age: int = 0
    """So old they have proven to be; 0: nothing is known."""
    age_how: str = ""
    age_by: str = ""

    def standing(self, at_s: float) -> bytes:
        """The payload of `STANDING_TOPIC` that tells it to the runtime."""
        told = StandingPayload(at_s, self.subject, self.key, self.role, self.revoked_s is not None)
        told.age, told.age_how, told.age_by = self.age, self.age_how, self.age_by
        return msgspec.json.encode(told)


def read_key(text: str) -> bytes:
    """A public key as apps show it: 32 bytes in base64, either alphabet."""
    plain = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        what = phrase("the key {key!r} is not base64. Copy the whole text that the app shows")
        raise UnusableMembers(told(what, key=text[:60])) from error
    _check_key(key)
    return key


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        what = phrase(
            "the key has {n} bytes; an Ed25519 public key has {must}. Give the raw public key alone, without any "
            "wrapping such as PEM or DER"
        )
        raise UnusableMembers(told(what, n=len(key), must=KEY_BYTES))
    if not is_key(key):
        what = phrase(
            "the key {key} is no Ed25519 public key. Let the app make another pair, and copy what it shows "
            "as its public "
            "key"
        )
        raise UnusableMembers(told(what, key=base64.b64encode(key).decode()))


def check_subject(subject: str) -> None:
    """`UnusableMembers` for what cannot be a name."""
    remedy = told("Use a name or number that means this one person, like member-17")
    if not subject.strip():
        raise UnusableMembers(joined(told("the subject is empty"), remedy))
    if len(subject) > SUBJECT_AT_MOST:
        what = phrase("the subject has {n} characters; {most} are allowed")
        raise UnusableMembers(joined(told(what, n=len(subject), most=SUBJECT_AT_MOST), remedy))
    if subject != subject.strip() or not subject.isprintable():
        what = phrase("the subject {subject!r} has spaces around it or signs that nobody sees")
        raise UnusableMembers(joined(told(what, subject=subject), remedy))


class Members(Register):
    """The register in a file, created where there is none; its folder must be there. One thread at a time."""

    WHAT, ANEW = phrase("register of members"), phrase("enrol everybody again")
    APPLICATION_ID, VERSION = 0x5445424D, 1  # ``TEBM``, in the file's header
    TABLES = (TABLE,)
    LATER = (("age", PROOFS), ("wallet", WALLETS), ("called", CALLED), ("secret", SECRETS), ("gone", GONE))
    UNUSABLE = UnusableMembers

    # --- writing ---------------------------------------------------------------------------------------------------

    def add(self, subject: str, public_key: bytes, role: Role, at_s: float) -> Enrolment:
        """Enrol somebody, or somebody again with another key or role. No key: only a reader knows them.

        A new key takes the old one's place. `UnusableMembers` where the key is another's, even a revoked one's.
        """
        check_subject(subject)
        if public_key:
            _check_key(public_key)
        with self._told(), self._writing():
            self._refuse_gone(subject)
            owner = self._db.execute("SELECT subject FROM member WHERE key = ?", [public_key]).fetchone()
            if owner is not None and owner[0] != subject:
                what = phrase(
                    "the key of {subject!r} is that of {owner!r} already. Every phone makes a key of its "
                    "own: make a new "
                    "one"
                )
                raise UnusableMembers(told(what, subject=subject, owner=owner[0]))
            self._db.execute(
                f"INSERT INTO member ({_COLUMNS}) VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT (subject) DO UPDATE SET "
                "key = excluded.key, role = excluded.role, since_s = excluded.since_s, revoked_s = NULL, "
                "change = excluded.change",
                [subject, public_key or None, role, at_s, self._newest() + 1],
            )
            return self._one(subject)

    def revoke(self, subject: str, at_s: float) -> Enrolment:
        """Let somebody in no more, by no method; a second time changes nothing. `UnusableMembers` for a stranger."""
        with self._told(), self._writing():
            self._expect(subject)
            self._db.execute(
                "UPDATE member SET revoked_s = ?, change = ? WHERE subject = ? AND revoked_s IS NULL",
                [at_s, self._newest() + 1, subject],
            )
            return self._one(subject)

    def prove_age(self, subject: str, years: int, how: str, by: str, at_s: float) -> Enrolment:
        """Somebody has shown that they are so old; 0 years: what was known is forgotten. `UnusableMembers` for a
        stranger, and where nobody says how it is known.
        """
        if years and not (how.strip() and by.strip()):
            what = phrase("how {subject!r} has proven it is not said. Write what you looked at, with --how")
            raise UnusableMembers(told(what, subject=subject))
        with self._told(), self._writing():
            self._expect(subject)
            self._db.execute("DELETE FROM age WHERE subject = ?", [subject])
            if years:
                self._db.execute("INSERT INTO age VALUES (?, ?, ?, ?, ?)", [subject, years, how, by, at_s])
            self._db.execute("UPDATE member SET change = ? WHERE subject = ?", [self._newest() + 1, subject])
            return self._one(subject)

    def keep_wallet(self, subject: str, value: str, at_s: float) -> None:
        """How somebody pays from now on, in the provider's own words; empty: in no way. `UnusableMembers` for a
        stranger, and for what no provider gives out.
        """
        if len(value) > WALLET_AT_MOST or not value.isascii() or value != "".join(value.split()):
            raise UnusableMembers(
                told(
                    "this is no way to pay that a provider gives out. Copy the provider's own names alone, "
                    "without spaces"
                )
            )
        with self._told(), self._writing():
            self._expect(subject)
            self._db.execute("INSERT INTO wallet (subject, value, since_s) VALUES (?, ?, ?)", [subject, value, at_s])

    def call(self, subject: str, name: str) -> None:
        """What staff call somebody; empty: nothing. `UnusableMembers` for a stranger, and for what is no name."""
        name = name.strip()
        if len(name) > CALLED_AT_MOST or not (name.isprintable() or not name):
            what = phrase("a name has {most} characters at most, and none that nobody sees")
            raise UnusableMembers(told(what, most=CALLED_AT_MOST))
        with self._told(), self._writing():
            self._expect(subject)
            self._db.execute("DELETE FROM called WHERE subject = ?", [subject])
            if name:
                self._db.execute("INSERT INTO called VALUES (?, ?)", [subject, name])

    def delete(self, subject: str, at_s: float) -> bool:
        """Nothing is known of somebody any more, and nobody is ever called so again; whether there was anything."""
        with self._told(), self._writing():
            change = self._newest() + 1
            tables = ("age", "wallet", "called", "secret", "member")
            there = sum(self._db.execute(f"DELETE FROM {t} WHERE subject = ?", [subject]).rowcount for t in tables)
            self._db.execute("INSERT OR IGNORE INTO gone VALUES (?, ?, ?)", [_digest(subject), at_s, change])
        return bool(there)

    def secret(self, subject: str, *, make: bool = False) -> bytes:
        """What the words of somebody are sealed with; empty where there is none. ``make``: then there is one."""
        with self._told():
            row = self._db.execute("SELECT key FROM secret WHERE subject = ?", [subject]).fetchone()
            if row is not None or not make:
                return bytes(row[0]) if row is not None else b""
            with self._writing():
                self._db.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", [subject, secrets.token_bytes(32)])
            return bytes(self._db.execute("SELECT key FROM secret WHERE subject = ?", [subject]).fetchone()[0])

    # --- reading ---------------------------------------------------------------------------------------------------

    def everybody(self) -> list[Enrolment]:
        """Everybody, by subject, those who were revoked included."""
        with self._told():
            rows = self._db.execute(f"{_READ} ORDER BY subject").fetchall()
        return [_read(row) for row in rows]

    def changed_since(self, version: int) -> tuple[int, list[Enrolment]]:
        """The register's version, and who stands differently since another one, oldest change first; 0: everybody.

        A register that is older than ``version`` was put back from a backup: then it is everybody as well.
        """
        with self._told():
            newest = self._newest()
            if newest == version:
                return version, []
            since = version if version < newest else 0
            query = f"{_READ} WHERE change > ? ORDER BY change"
            found = [_read(row) for row in self._db.execute(query, [since]).fetchall()]
        return max(newest, max((enrolment.change for enrolment in found), default=newest)), found

    def lost_since(self, version: int) -> bool:
        """Whether somebody was deleted since: whoever keeps what `changed_since` told begins anew."""
        with self._told():
            return bool(self._number(f"SELECT count(*) FROM gone WHERE change > {int(version)}"))

    def wallets(self, subject: str) -> tuple[str, ...]:
        """How somebody pays, and behind it how they paid before, newest first; the first is empty where they cannot."""
        with self._told():
            rows = self._db.execute("SELECT value FROM wallet WHERE subject = ? ORDER BY rowid DESC", [subject])
            return tuple(row[0] for row in rows.fetchall())

    def names(self) -> dict[str, str]:
        """Subject -> what staff call them, of those for whom that was said."""
        with self._told():
            return dict(self._db.execute("SELECT subject, name FROM called").fetchall())

    def words(self, subject: str, text: str) -> str:
        """What somebody wrote, as the book has it, to be read; nothing where they were deleted."""
        if not text.startswith(PREFIX):
            return text
        return unseal(self.secret(subject), text) or ""

    def expect_new(self, subject: str) -> None:
        """`UnusableMembers` where somebody was deleted who was called so: it is told before anybody gets a code."""
        with self._told():
            self._refuse_gone(subject)

    def _refuse_gone(self, subject: str) -> None:
        if self._db.execute("SELECT 1 FROM gone WHERE digest = ?", [_digest(subject)]).fetchone():
            what = phrase(
                "{subject!r} was deleted, and what the book knows of them must not become somebody else's. Take "
                "another name or number"
            )
            raise UnusableMembers(told(what, subject=subject))

    def _expect(self, subject: str) -> None:
        if not self._db.execute("SELECT 1 FROM member WHERE subject = ?", [subject]).fetchone():
            what = phrase(
                "nobody is enrolled as {subject!r}. `tebura member list` shows everybody; whom only a reader knows is "
                "added with --no-key first"
            )
            raise UnusableMembers(told(what, subject=subject))

    def _newest(self) -> int:
        newest = "SELECT max(change) AS change FROM member UNION ALL SELECT max(change) FROM gone"
        return self._number(f"SELECT coalesce(max(change), 0) FROM ({newest})")

    def _one(self, subject: str) -> Enrolment:
        return _read(self._db.execute(f"{_READ} WHERE subject = ?", [subject]).fetchone())


def _digest(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()


def _read(
    row: tuple[str, bytes | None, Role, float, float | None, int, int | None, str | None, str | None],
) -> Enrolment:
    subject, key, role, since_s, revoked_s, change, years, how, by = row
    return Enrolment(subject, key or b"", role, since_s, revoked_s, change, years or 0, how or "", by or "")
