"""The passwords of the embedded broker: one file, made at first start, that the engineer reads and may change.

Enters: the users that there must be. Leaves: ``passwords.toml``, readable only by the runtime's own user, with a random
password of 144 bits for each; whoever is new in the store is appended. The broker reads the same file, and reads it
again when it changes. There is no second, hashed file: the hash of a password that stands next to it protects nothing,
and checking forty slow hashes would keep the shop waiting when all devices come back after a power cut.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

HEAD: Final = """\
# Who may connect to this shop's embedded broker. One line a device; its user name is its id.
# Change a password here and in the device; no restart is needed. An empty password locks a user out.

"""


class BrokenPasswords(ValueError):
    """The file cannot be used; the text says why, and what to do."""


class Passwords:
    """The file and what stands in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (0, 0)
        self._known: dict[str, str] = {}

    def provide(self, users: Iterable[str]) -> None:
        """Have a password for each of these users. `BrokenPasswords` where the file cannot be made or read."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._path.exists():
                self._append(HEAD)
            self._path.chmod(0o600)
            self.read()
            missing = [user for user in users if user not in self._known]
            if missing:
                self._append("".join(f'"{user}" = "{secrets.token_urlsafe(18)}"\n' for user in missing))
                self.read()
        except OSError as error:
            remedy = "Make it readable and writable for the runtime"
            raise BrokenPasswords(f"{self._path}: {error.strerror or error}. {remedy}") from error

    def of(self, user: str) -> str:
        """`KeyError` for somebody whom the store does not know."""
        return self._known[user]

    def accepts(self, user: str, password: str) -> bool:
        """Whether somebody is who they say. A file that cannot be read lets nobody else in than before."""
        with contextlib.suppress(OSError, BrokenPasswords):
            self.read()
        known = self._known.get(user, "")
        return hmac.compare_digest(known.encode(), password.encode()) and bool(known)

    def read(self) -> None:
        """Read it, if it has changed. `OSError`, `BrokenPasswords`."""
        status = self._path.stat()
        seen = (status.st_mtime_ns, status.st_size)
        if seen == self._seen:
            return
        try:
            table = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            remedy = "Correct it, or delete it to have all passwords made anew"
            raise BrokenPasswords(f"{self._path}: {error}. {remedy}") from error
        self._known = {user: password for user, password in table.items() if isinstance(password, str)}
        self._seen = seen

    def _append(self, text: str) -> None:
        """At its end, and never readable for others, not even at its beginning."""
        before = self._path.read_bytes()[-1:] if self._path.exists() else b""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "a", encoding="utf-8") as file:
            file.write(text if before in (b"", b"\n") else "\n" + text)
