"""A register in the state folder: one SQLite file that several processes may use at once.

Enters: a path, and which register it is. Leaves: a database to read and write in, one transaction at a time. Refuses a
file that cannot be used, with the remedy. Written ahead with ``synchronous=FULL``: what was said to be done survives a
power cut. The file is its owner's alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from sqlite_utils import Database

from edge.told import phrase, told

BUSY_MS = 5000
"""So long one process waits for another to finish writing."""

_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        "SQLITE_FULL",
        phrase("{file}: the disk is full ({error}). Free some space and do it again; what is in the register is whole"),
    ),
    ("SQLITE_READONLY", phrase("{file}: cannot be written to ({error}). Do it as the user that the runtime runs as")),
    (
        "SQLITE_CANTOPEN",
        phrase("{file}: cannot be opened ({error}). Check that the folder exists and that this user may write to it"),
    ),
    ("SQLITE_NOTADB", phrase("{file}: is no {what} ({error}). Name another folder; this file was left as it is")),
    (
        "SQLITE_CORRUPT",
        phrase("{file}: is damaged ({error}). Put the last backup in its place, or move it away and {anew}"),
    ),
    (
        "SQLITE_BUSY",
        phrase("{file}: is in use by another process ({error}). Do it again; if that does not help, end the other one"),
    ),
    (
        "SQLITE_LOCKED",
        phrase("{file}: is in use by another process ({error}). Do it again; if that does not help, end the other one"),
    ),
    ("SQLITE_IOERR", phrase("{file}: cannot be read or written ({error}). Look at the disk (dmesg, smartctl)")),
)


class UnusableRegister(ValueError):
    """A register, or what should be written to it, cannot be used; the message says why and what to do."""


class Register:
    """A file, created where there is none; its folder must be there. One thread at a time."""

    WHAT: ClassVar[str]
    """What it is called, like ``register of members``."""
    ANEW: ClassVar[str]
    """What has to be done where it is lost."""
    APPLICATION_ID: ClassVar[int]
    """In the file's header."""
    VERSION: ClassVar[int]
    TABLES: ClassVar[tuple[str, ...]]
    """What it begins with."""
    LATER: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Tables by name that a register of this version may lack: whoever does not know them does without."""
    UNUSABLE: ClassVar[type[UnusableRegister]]

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._told():
            _made_private(path)
            self._db = Database(path, execute_plugins=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if self._number("PRAGMA application_id") == 0:
            with self._writing():
                if self._number("SELECT count(*) FROM sqlite_schema") == 0:
                    for table in self.TABLES:
                        self._db.execute(table)
                    self._db.execute(f"PRAGMA application_id = {self.APPLICATION_ID}")
                    self._db.execute(f"PRAGMA user_version = {self.VERSION}")
        version = self._number("PRAGMA user_version")
        if self._number("PRAGMA application_id") != self.APPLICATION_ID:
            wrong = phrase("{file}: is some other database, not a {what}. Name another folder; it was left as it is")
            raise self.UNUSABLE(told(wrong, file=self.path, what=self.WHAT))
        if version != self.VERSION:
            wrong = phrase(
                "{file}: is a register of version {is_}, not {must}. Use the version of Tebura that wrote it"
            )
            raise self.UNUSABLE(told(wrong, file=self.path, is_=version, must=self.VERSION))
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is nowhere in the file any more
        for name, table in self.LATER:
            if not self._number(f"SELECT count(*) FROM sqlite_schema WHERE name = '{name}'"):
                with self._writing():
                    self._db.execute(table)

    def wipe(self, *, anew: bool = True) -> bool:
        """What was deleted stands nowhere in the file any more, nor in what is written ahead of it; whether nobody else
        was reading just then, for whom it had to stay. ``anew``: the file is written anew, which a large one takes long
        over, for what was deleted by a version that did not overwrite it.
        """
        with self._told():
            if anew:
                self._db.execute("VACUUM")
            return self._number("PRAGMA wal_checkpoint(TRUNCATE)") == 0

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction that has the file to itself from its first look on: what was read stays true."""
        self._db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.conn.execute("COMMIT")
        except BaseException:
            self._db.conn.rollback()
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's troubles with the file, with the remedy."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "") or ""
            for code, wrong in _REMEDIES:
                if name.startswith(code):
                    said = told(wrong, file=self.path, error=error, what=self.WHAT, anew=self.ANEW)
                    raise self.UNUSABLE(said) from error
            raise


def _made_private(path: Path) -> None:
    """A new file that others may not read; what SQLite writes beside it gets the same mode. SQLite tells why not."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return
