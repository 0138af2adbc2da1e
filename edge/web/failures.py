"""Wrong passwords: counted for each name and each address, and from a number of them on everybody has to wait.

Enters: the staff register's database, inside a transaction of its own; who tried, from where, when. Leaves: how long
nobody is looked at any more. A failure is counted before the password is looked at, and taken back where it was right:
whoever tries many at once is counted as often. From the fifth of a name (the twentieth of an address) on each makes the
next one wait twice as long.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from sqlite_utils import Database

TRIES_OF_A_NAME: Final = 5
TRIES_OF_AN_ADDRESS: Final = 20
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
FORGOTTEN_S: Final = 24 * 3600.0
"""Failures that are so old count no more."""

KEPT: Final = 1000
"""Failures of so many names and addresses are remembered at least; of more only those that still wait."""

SIGNS_AT_MOST: Final = 60

TABLE: Final = """
CREATE TABLE failure (
    of     TEXT PRIMARY KEY,
    times  INTEGER NOT NULL,
    last_s REAL NOT NULL
) STRICT
"""
"""``of``: ``name aki`` or ``address 192.0.2.7``."""


class Failures:
    """The table, in a database that others open and close."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def wait_s(self, name: str, address: str, at_s: float) -> float:
        """So long nobody is looked at who comes with this name from this address."""
        return max(self.name_waits_s(name, at_s), self._wait_s(_of_address(address), TRIES_OF_AN_ADDRESS, at_s))

    def name_waits_s(self, name: str, at_s: float) -> float:
        """… with this name, from anywhere."""
        return self._wait_s(_of_name(name), TRIES_OF_A_NAME, at_s)

    def count(self, name: str, address: str, at_s: float) -> None:
        """Once more, until it turns out to have been right."""
        for of in (_of_name(name), _of_address(address)):
            self._db.execute(
                "INSERT INTO failure VALUES (?, 1, ?) ON CONFLICT (of) DO UPDATE SET last_s = excluded.last_s, "
                "times = iif(last_s < ?, 1, times + 1)",
                [of, at_s, at_s - FORGOTTEN_S],
            )

    def was_right(self, name: str, address: str) -> None:
        """One right password clears its name and washes no address clean: else an account of one's own were the way to
        try others'.
        """
        self.forget(name)
        self._db.execute("UPDATE failure SET times = times - 1 WHERE of = ?", [_of_address(address)])

    def forget(self, name: str) -> None:
        """Those of a name."""
        self._db.execute("DELETE FROM failure WHERE of = ?", [_of_name(name)])

    def forget_addresses(self) -> None:
        """Those of all addresses."""
        self._db.execute("DELETE FROM failure WHERE of LIKE 'address %'")

    def tidy(self, at_s: float) -> None:
        """Names that nobody has do not fill the disk."""
        if self._db.execute("SELECT count(*) FROM failure").fetchone()[0] > KEPT:
            self._db.execute("DELETE FROM failure WHERE last_s < ?", [at_s - LONGEST_WAIT_S])

    def _wait_s(self, of: str, tries: int, at_s: float) -> float:
        row = self._db.execute("SELECT times, last_s FROM failure WHERE of = ?", [of]).fetchone()
        times, last_s = (int(row[0]), float(row[1])) if row else (0, 0.0)
        if times < tries or last_s < at_s - FORGOTTEN_S:
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(times - tries, 20))
        return max(0.0, min(wait_s, last_s + wait_s - at_s))


def _of_name(name: str) -> str:
    return f"name {name[:SIGNS_AT_MOST]}"


def _of_address(address: str) -> str:
    """A whole /64 of IPv6 counts as one: it is one household's."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address[:SIGNS_AT_MOST]}"
    return f"address {ipaddress.ip_network((known, 64), strict=False) if known.version == 6 else known}"
