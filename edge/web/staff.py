"""The staff register: who works with the screens, what they may do, and who did what.

Enters: names, passwords and roles from `tebura staff` and from the pages; logins; what was done. Leaves: people,
sessions, and the audit. Refuses, with a sentence that helps: bad names and passwords, a wrong password, somebody who
has to wait.

A session is an opaque token that the browser keeps; here is its SHA-256 alone, so that a stolen file logs nobody in. It
has a new token after each login, ends after half an hour without use and after twelve hours, and with every change of
its person's password or roles. It is *fresh* for five minutes after the password was typed: money moves in a fresh one
only.

Whoever types wrong passwords has to wait: `edge.web.failures`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from edge.adapters.register import Register, UnusableRegister
from edge.told import Sentence, phrase, told
from edge.web.failures import TABLE as FAILURES
from edge.web.failures import Failures
from edge.web.passwords import hashed, is_right
from edge.web.rights import ROLES, Right, rights_of

FILE = "staff.db"
"""Its name in a shop's state folder."""

LONGEST_S, IDLE_S, FRESH_S = 12 * 3600.0, 1800.0, 300.0
SEEN_EVERY_S = 30.0
"""A session's use is written down no more often."""

NAME_AT_MOST, DETAIL_AT_MOST = 60, 500

PERSON = """
CREATE TABLE person (
    name       TEXT PRIMARY KEY CHECK (name <> ''),
    password   TEXT NOT NULL,
    roles      TEXT NOT NULL,
    since_s    REAL NOT NULL,
    revoked_s  REAL,
    handed     INTEGER NOT NULL
) STRICT
"""
"""``password``: argon2id in PHC form; ``roles``: their names, with spaces between; ``handed``: 1 where somebody else
has chosen the password.
"""
SESSION = """
CREATE TABLE session (
    token    BLOB PRIMARY KEY CHECK (length(token) = 32),
    mark     TEXT NOT NULL,
    name     TEXT NOT NULL REFERENCES person (name),
    address  TEXT NOT NULL,
    begun_s  REAL NOT NULL,
    seen_s   REAL NOT NULL,
    proven_s REAL NOT NULL
) STRICT
"""
"""``token``: the SHA-256 of what the browser keeps; ``mark``: what forms of this login are bound to; ``proven_s``: when
the password was typed last.
"""
AUDIT = """
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s    REAL NOT NULL,
    name    TEXT NOT NULL,
    address TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what <> ''),
    visit   TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT
"""
"""Who did or looked at what, when and from where."""
FORGOTTEN = "…"
"""Stands where the name of somebody stood who was deleted."""
NO_CHANGE = "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit only grows'); END"
NO_LOSS = "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit only grows'); END"


class UnusableStaff(UnusableRegister):
    """The staff register, or what should be written to it, cannot be used; the message says why and what to do."""


class NameTaken(UnusableStaff):
    """Somebody is called so already."""


class LastOwner(UnusableStaff):
    """Nobody could change the staff any more."""


class NotLoggedIn(ValueError):
    """Name and password do not belong together; which of them is wrong is nobody's business."""


class MustWait(NotLoggedIn):
    """Too many failures: nothing is looked at before ``wait_s`` are over."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many wrong passwords. Wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff. ``revoked_s`` is None for whoever may log in; ``handed``: their password was chosen by
    somebody else, and they choose another before they do anything.
    """

    name: str
    roles: tuple[str, ...]
    since_s: float
    revoked_s: float | None
    handed: bool

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do."""
        return rights_of(self.roles)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in. ``mark`` is what forms are bound to: it stays when the token is renewed."""

    person: Person
    mark: str
    address: str
    begun_s: float
    seen_s: float
    proven_s: float

    def fresh(self, at_s: float) -> bool:
        """Whether the password was typed just now."""
        return self.proven_s <= at_s < self.proven_s + FRESH_S

    def over(self, at_s: float) -> bool:
        """Whether it has ended by itself."""
        return at_s >= self.begun_s + LONGEST_S or at_s >= self.seen_s + IDLE_S


@dataclass(frozen=True, slots=True)
class Noted:
    """One line of the audit."""

    number: int
    at_s: float
    name: str
    address: str
    what: str
    visit: str
    detail: str


class Staff(Register):
    """The register in a file, created where there is none; its folder must be there. One thread at a time."""

    WHAT, ANEW = phrase("register of staff"), phrase("add everybody again")
    APPLICATION_ID, VERSION = 0x54454253, 1  # ``TEBS``, in the file's header
    TABLES = (PERSON, SESSION, FAILURES, AUDIT, NO_CHANGE, NO_LOSS)
    UNUSABLE = UnusableStaff

    # --- people ----------------------------------------------------------------------------------------------------

    def add(self, name: str, password: str, roles: Iterable[str], at_s: float, *, handed: bool = False) -> Person:
        """Somebody new, or somebody who was revoked. `UnusableStaff` for a name that is taken, `WeakPassword`."""
        _check_name(name)
        told = _roles(roles)
        kept = hashed(password, name)
        with self._told(), self._writing():
            known = self._person(name)
            if known is not None and known.revoked_s is None:
                remedy = f"`tebura staff password {name}` and `tebura staff role {name}` change what is there"
                raise NameTaken(f"{name} is there already. {remedy}")
            self._db.execute(
                "INSERT INTO person VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT (name) DO UPDATE SET password = "
                "excluded.password, roles = excluded.roles, since_s = excluded.since_s, revoked_s = NULL, "
                "handed = excluded.handed",
                [name, kept, told, at_s, int(handed)],
            )
            return self._expected(name)

    def set_password(self, name: str, password: str, *, handed: bool = False) -> Person:
        """Another password; everybody who is logged in as ``name`` has to do so again."""
        kept = hashed(password, name)
        with self._told(), self._writing():
            self._expected(name)
            self._db.execute("UPDATE person SET password = ?, handed = ? WHERE name = ?", [kept, int(handed), name])
            self._end_sessions(name)
            self._failures.forget(name)
            return self._expected(name)

    def set_roles(self, name: str, roles: Iterable[str]) -> Person:
        """Other roles, in place of all that there were; who is logged in as ``name`` has to do so again."""
        told = _roles(roles)
        with self._told(), self._writing():
            self._expected(name)
            self._db.execute("UPDATE person SET roles = ? WHERE name = ?", [told, name])
            self._expect_owner()
            self._end_sessions(name)
            return self._expected(name)

    def revoke(self, name: str, at_s: float) -> Person:
        """Let somebody log in no more, and end what they are logged in with; a second time changes nothing."""
        with self._told(), self._writing():
            self._expected(name)
            self._db.execute("UPDATE person SET revoked_s = ? WHERE name = ? AND revoked_s IS NULL", [at_s, name])
            self._expect_owner()
            self._end_sessions(name)
            return self._expected(name)

    def unlock(self, name: str) -> Person:
        """Forget the failures of a name, and those of all addresses: somebody at the PC vouches for them."""
        with self._told(), self._writing():
            person = self._expected(name)
            self._failures.forget(name)
            self._failures.forget_addresses()
            return person

    def everybody(self) -> list[Person]:
        """Everybody, by name, those who were revoked included."""
        with self._told():
            rows = self._db.execute(
                "SELECT name, roles, since_s, revoked_s, handed FROM person ORDER BY name"
            ).fetchall()
        return [_person(row) for row in rows]

    def waits_s(self, name: str, at_s: float) -> float:
        """So long nobody can log in as ``name`` yet, from any address."""
        with self._told():
            return self._failures.name_waits_s(name, at_s)

    # --- sessions --------------------------------------------------------------------------------------------------

    def log_in(self, name: str, password: str, address: str, at_s: float, before: str = "") -> str:
        """The token of a new session. ``before``: the one that the browser had, which ends. Raises `NotLoggedIn`."""
        self._prove(name, password, address, at_s)
        with self._told(), self._writing():
            self._end(before)
            token = self._begin(name, secrets.token_urlsafe(16), address, at_s, at_s)
            self._note(at_s, name, address, told("logged in"), "", "")
            return token

    def prove(self, token: str, password: str, address: str, at_s: float) -> str:
        """Somebody who is logged in types their password again: the session is fresh, under a new token."""
        session = self.session(token, at_s)
        if session is None:
            raise NotLoggedIn("nobody is logged in any more")
        self._prove(session.person.name, password, address, at_s)
        with self._told(), self._writing():
            self._end(token)
            token = self._begin(session.person.name, session.mark, address, session.begun_s, at_s)
            self._note(at_s, session.person.name, address, told("typed the password again"), "", "")
            return token

    def session(self, token: str, at_s: float, *, used: bool = True) -> Session | None:
        """Whose session a token is; None for one that nobody has, or that is over. ``used``: somebody did something,
        and it lasts; a page that looks by itself is no use.
        """
        with self._told():
            row = self._db.execute(
                "SELECT p.name, p.roles, p.since_s, p.revoked_s, p.handed, mark, address, begun_s, seen_s, proven_s "
                "FROM session JOIN person p USING (name) WHERE token = ?",
                [_kept(token)],
            ).fetchone()
            if row is None:
                return None
            found = Session(_person(row[:5]), *row[5:])
            if found.over(at_s) or found.person.revoked_s is not None:
                return None
            if used and at_s >= found.seen_s + SEEN_EVERY_S:
                with self._writing():
                    self._db.execute("UPDATE session SET seen_s = ? WHERE token = ?", [at_s, _kept(token)])
            return found

    def sessions(self, name: str, at_s: float) -> list[Session]:
        """Where somebody is logged in, the newest first."""
        with self._told():
            rows = self._db.execute(
                "SELECT p.name, p.roles, p.since_s, p.revoked_s, p.handed, mark, address, begun_s, seen_s, proven_s "
                "FROM session JOIN person p USING (name) WHERE name = ? ORDER BY begun_s DESC",
                [name],
            ).fetchall()
        found = [Session(_person(row[:5]), *row[5:]) for row in rows]
        return [session for session in found if not session.over(at_s)]

    def log_out_everywhere(self, name: str) -> Person:
        """End everything that somebody is logged in with."""
        with self._told(), self._writing():
            self._end_sessions(name)
            return self._expected(name)

    def log_out(self, token: str, at_s: float) -> None:
        """End a session; one that is over already ends once more."""
        session = self.session(token, at_s, used=False)
        with self._told(), self._writing():
            self._end(token)
            if session is not None:
                self._note(at_s, session.person.name, session.address, told("logged out"), "", "")

    # --- the audit -------------------------------------------------------------------------------------------------

    def note(self, at_s: float, name: str, address: str, what: Sentence, visit: str = "", detail: str = "") -> None:
        """Write down what somebody did or looked at; it stays."""
        with self._told(), self._writing():
            self._note(at_s, name, address, what, visit, detail)

    def audit(self, *, name: str = "", visit: str = "", before: int = 0, most: int = 100) -> list[Noted]:
        """What was done, newest first. ``before``: older than this number."""
        wanted = [("name = ?", name), ("visit = ?", visit), ("number < ?", before)]
        asked = [(part, value) for part, value in wanted if value]
        where = f"WHERE {' AND '.join(part for part, _ in asked)}" if asked else ""
        query = (
            f"SELECT number, at_s, name, address, what, visit, detail FROM audit {where} ORDER BY number DESC LIMIT ?"
        )
        with self._told():
            rows = self._db.execute(query, [*(value for _, value in asked), most]).fetchall()
        return [Noted(*row) for row in rows]

    def forget(self, name: str) -> None:
        """What a member was called stands in no line of the audit any more. All else in it stays as it is: longer words
        in which a name happens to stand, and what was done to accounts of the staff, whatever a member was called.
        """
        with self._told(), self._writing():
            self._db.execute("DROP TRIGGER audit_stays")
            found = self._db.execute("SELECT number, detail FROM audit WHERE detail <> ''").fetchall()
            accounts = {str(row[0]).casefold() for row in self._db.execute("SELECT name FROM person").fetchall()}
            part = re.escape(name)
            if name.isascii() or len(name) == 1:  # in Japanese a title stands right behind a name
                part = rf"(?<!\w){part}(?!\w)"
            called = re.compile(part, re.IGNORECASE)
            changed = [
                (called.sub(FORGOTTEN, detail), number)
                for number, detail in found
                if called.search(detail) and detail.partition(":")[0].casefold() not in accounts
            ]
            self._db.conn.executemany("UPDATE audit SET detail = ? WHERE number = ?", changed)
            self._db.execute(NO_CHANGE)
        self.wipe()

    # --- within ----------------------------------------------------------------------------------------------------

    def _prove(self, name: str, password: str, address: str, at_s: float) -> None:
        """Whether a password is right; counted as a failure until it is."""
        name = name[:NAME_AT_MOST]
        with self._told(), self._writing():
            wait_s = self._failures.wait_s(name, address, at_s)
            if wait_s > 0:
                raise MustWait(wait_s)
            self._failures.count(name, address, at_s)
            row = self._db.execute(
                "SELECT password FROM person WHERE name = ? AND revoked_s IS NULL", [name]
            ).fetchone()
        if not is_right(password, row[0] if row else None):
            with self._told(), self._writing():
                # Nobody's name may be a password that was typed in the wrong field.
                self._note(at_s, name if row else "", address, told("wrong password"), "", "")
                self._tidy(at_s)
            raise NotLoggedIn("name and password do not belong together")
        with self._told(), self._writing():
            self._failures.was_right(name, address)

    @property
    def _failures(self) -> Failures:
        return Failures(self._db)

    def _tidy(self, at_s: float) -> None:
        """Names that nobody has do not fill the disk, nor do sessions that are over."""
        self._db.execute("DELETE FROM session WHERE begun_s <= ? OR seen_s <= ?", [at_s - LONGEST_S, at_s - IDLE_S])
        self._failures.tidy(at_s)

    def _begin(self, name: str, mark: str, address: str, begun_s: float, at_s: float) -> str:
        token = secrets.token_urlsafe(32)
        row = [_kept(token), mark, name, address, begun_s, at_s, at_s]
        self._db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return token

    def _end(self, token: str) -> None:
        self._db.execute("DELETE FROM session WHERE token = ?", [_kept(token)])

    def _end_sessions(self, name: str) -> None:
        self._db.execute("DELETE FROM session WHERE name = ?", [name])

    def _note(self, at_s: float, name: str, address: str, what: Sentence, visit: str, detail: str) -> None:
        told = [text[:DETAIL_AT_MOST] for text in (name, address, what, visit, detail)]
        self._db.execute("INSERT INTO audit (at_s, name, address, what, visit, detail) VALUES (?, ?, ?, ?, ?, ?)",
                         [at_s, *told])  # fmt: skip

    def _person(self, name: str) -> Person | None:
        query = "SELECT name, roles, since_s, revoked_s, handed FROM person WHERE name = ?"
        row = self._db.execute(query, [name]).fetchone()
        return None if row is None else _person(row)

    def _expected(self, name: str) -> Person:
        found = self._person(name)
        if found is None:
            raise UnusableStaff(f"nobody of the staff is called {name!r}. `tebura staff list` shows everybody")
        return found

    def _expect_owner(self) -> None:
        if not any("people" in rights_of(roles.split()) for (roles,) in self._db.execute(
            "SELECT roles FROM person WHERE revoked_s IS NULL").fetchall()):  # fmt: skip
            raise LastOwner("then nobody could change the staff any more. Make somebody else owner first")


def _roles(roles: Iterable[str]) -> str:
    told = sorted(set(roles), key=lambda role: (list(ROLES).index(role) if role in ROLES else len(ROLES), role))
    unknown = [role for role in told if role not in ROLES]
    if unknown or not told:
        what = f"there is no role {unknown[0]!r}" if unknown else "no role is named"
        raise UnusableStaff(f"{what}. Use {', '.join(ROLES)}")
    return " ".join(told)


def _check_name(name: str) -> None:
    remedy = "Use what colleagues call this person, like aki"
    if not name.strip() or len(name) > NAME_AT_MOST:
        raise UnusableStaff(f"a name has 1 to {NAME_AT_MOST} characters. {remedy}")
    if name != name.strip() or not name.isprintable():
        raise UnusableStaff(f"the name {name!r} has spaces around it or signs that nobody sees. {remedy}")


def _kept(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _person(row: tuple[str, str, float, float | None, int]) -> Person:
    name, roles, since_s, revoked_s, handed = row
    return Person(name, tuple(roles.split()), since_s, revoked_s, bool(handed))
