"""The tables, by numbered files of SQL: each is applied once, in order, in a transaction of its own.

Enters: a connection. Leaves: a database of this program's version. Refuses (`OtherSchema`) to work on another one: a
worker that does not know a table would leave it behind the books.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg

HERE: Final = Path(__file__).parent / "migrations"
LOCK: Final = 0x54454255
"""Of PostgreSQL's advisory locks: two who migrate at once do so one after the other."""


class OtherSchema(RuntimeError):
    """The database is of another version; the message says what to do."""


def migrations() -> dict[int, Path]:
    """Number -> file, in order."""
    return {int(path.name.split("_")[0]): path for path in sorted(HERE.glob("[0-9]*.sql"))}


VERSION: Final = max(migrations())


def migrate(conn: psycopg.Connection) -> list[int]:
    """Bring the database up to this program's version; which numbers were applied. `OtherSchema` where it is ahead."""
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (number int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
    done = []
    for number, path in migrations().items():
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            stands = version_of(conn)
            if stands > VERSION:
                check(stands)
            if number > stands:
                conn.execute(path.read_text(encoding="utf-8").encode())
                conn.execute("INSERT INTO schema_version (number) VALUES (%s)", [number])
                done.append(number)
    return done


def version_of(conn: psycopg.Connection) -> int:
    """0 where nobody has migrated yet."""
    row = conn.execute("SELECT to_regclass('schema_version') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return 0
    found = conn.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
    return int(found[0]) if found is not None else 0


def check(stands: int) -> None:
    """`OtherSchema` unless it is this program's."""
    if stands < VERSION:
        raise OtherSchema(f"the database is of version {stands}, this program of {VERSION}. Run: tebura hq migrate")
    if stands > VERSION:
        what = f"the database is of version {stands}, newer than this program's {VERSION}"
        raise OtherSchema(f"{what}. Bring Tebura up to date on this machine; nothing was written")
