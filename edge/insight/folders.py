"""A folder a day, for whoever loads what happened overnight: every event as CSV and Parquet, what was sold as EPCIS.

Enters: the projection, the store, the day that has begun. Leaves: ``flat/<day>/`` for each day that is over, written
whole or not at all: a folder is made beside its place and then renamed. Days of before `KEPT_DAYS` are deleted, and so
is one in which somebody is named who does not allow it any more; it is written anew without them. Parquet needs the
extra ``parquet`` (DuckDB: it brings all that it needs, in half of pyarrow's size); without it there is no such file.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from contextlib import suppress
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Final

from edge.insight.epcis import NoPlace, document
from edge.insight.flat import COLUMNS, write_csv
from edge.insight.keeping import Insight
from edge.store import Store

FOLDER: Final = "flat"
"""In the state folder."""
CSV, PARQUET, EPCIS = "events.csv", "events.parquet", "sold.epcis.json"
KEPT_DAYS: Final = 35

TYPES: Final = {
    "time": "TIMESTAMPTZ", "until": "TIMESTAMPTZ", "first_plate": "INTEGER", "last_plate": "INTEGER", "count": "BIGINT",
    "certainty": "DOUBLE", "home": "BOOLEAN", "amount_minor": "BIGINT",
}  # fmt: skip
"""Columns that are no text, as Parquet has them."""


def write_days(folder: Path, insight: Insight, store: Store, address: str, today: date) -> list[str]:
    """Write the days that are missing, oldest first; which were written."""
    folder = folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(".*"):
        shutil.rmtree(left)  # somebody was killed while they wrote it
    oldest = today - timedelta(days=KEPT_DAYS)
    allowed = insight.consents()
    for there in folder.iterdir():
        day = _day(there.name)
        if day is not None and (day < oldest or not named_in(there) <= allowed):
            _gone(there)
    first = insight.rows("SELECT min(at_s) FROM event")[0][0]
    if first is None:
        return []
    day, written = max(oldest, datetime.fromtimestamp(first, store.timezone).date()), []
    while day < today:
        if not (folder / day.isoformat()).exists():
            _write(folder, insight, store, address, day)
            written.append(day.isoformat())
        day += timedelta(days=1)
    return written


def named_in(folder: Path) -> set[str]:
    """Members whose names stand in a day's table."""
    with suppress(OSError), (folder / CSV).open(encoding="utf-8", newline="") as file:
        return {row["member"] for row in csv.DictReader(file)} - {""}
    return set()


def _write(folder: Path, insight: Insight, store: Store, address: str, day: date) -> None:
    new = folder / f".{day.isoformat()}"
    new.mkdir(mode=0o700)
    since_s, until_s = (
        datetime.combine(of, clock(), store.timezone).timestamp() for of in (day, day + timedelta(days=1))
    )
    with (new / CSV).open("w", encoding="utf-8", newline="") as file:
        write_csv(file, insight, store, since_s, until_s)
    parquet(new / CSV, new / PARQUET)
    with suppress(NoPlace):
        sold = document(insight, store, address, time.time(), since_s, until_s)
        (new / EPCIS).write_text(json.dumps(sold, ensure_ascii=False), encoding="utf-8")
    new.rename(folder / day.isoformat())


def parquet(table: Path, out: Path) -> bool:
    """The same table as Parquet; whether there is somebody who can write it."""
    try:
        import duckdb
    except ImportError:
        return False
    columns = ", ".join(f"'{name}': '{TYPES.get(name, 'VARCHAR')}'" for name in COLUMNS)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as base:
        how = "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false"
        query = f"CREATE TABLE event AS SELECT * FROM read_csv($path, {how}, columns = {{{columns}}})"
        base.execute(query, {"path": str(table)})
        quoted = str(out).replace("'", "''")
        base.execute(f"COPY event TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    return True


def _gone(folder: Path) -> None:
    """At once: what is left half deleted has a name that nobody reads."""
    away = folder.with_name(f".{folder.name}")
    folder.rename(away)
    shutil.rmtree(away)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
