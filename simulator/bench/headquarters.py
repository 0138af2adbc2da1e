"""`tebura bench --headquarters SHOPS`: so many shops' lines on real servers; how late entries arrive, how fast a cut
is made good.

Enters: how many shops, entries a second in all, for how long. Leaves: figures on stdout. The lines are
`edge.uplink`'s own, some hundred in a process, each over a connection and with credentials of its own; the books are
in memory, made of a simulated morning's entries again and again. PostgreSQL waits for its disk. At the end what it
has is held against the books.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Final

import psycopg
import typer

from edge.headquarters import schema
from edge.headquarters.users import new_seed, write_users
from edge.ledger import Book, Written
from edge.ledger.canon import FIRST_HASH, chained, export_line
from edge.records import LedgerEntry
from edge.store import load_store
from edge.told import Sentence
from edge.uplink.contract import Heard
from edge.uplink.line import Door
from edge.uplink.sender import Sender
from edge.uplink.source import fitting
from edge.wire import open_recording
from simulator.commands import DEMO, simulate_busy
from simulator.replay import replay
from simulator.servers import Nats, Postgres

PROCESSES: Final = 2
WORKERS: Final = 2
VISITS: Final = 14
CUT_S: Final = 20.0
"""So long NATS is away while the hour's worth is written."""
WINDOW_S: Final = 5.0
BIG: Final = 20_000
"""Entries that one shop alone has to catch up with."""


@dataclass(slots=True)
class Memory:
    """A shop's book, and when each entry was written and heard of."""

    store: str
    pattern: Sequence[LedgerEntry]
    lines: list[bytes] = field(default_factory=list)
    hashes: list[str] = field(default_factory=lambda: [FIRST_HASH])
    at_s: list[float] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)
    has: int = 0

    def write(self, how_many: int, at_s: float) -> None:
        for _ in range(how_many):
            seq = len(self.lines) + 1
            again, which = divmod(seq - 1, len(self.pattern))
            old = self.pattern[which]
            visit = f"{old.visit}-{again}" if old.visit else ""
            entry = replace(old, key=f"{again}:{old.key}", visit=visit)
            self.hashes.append(chained(self.hashes[-1], seq, entry))
            self.lines.append(export_line(Written(seq, entry, self.hashes[-1])))
            self.at_s.append(at_s)

    def head(self) -> tuple[int, str]:
        return len(self.lines), self.hashes[-1]

    def hash_at(self, seq: int) -> str:
        return self.hashes[seq] if seq < len(self.hashes) else ""

    def after(self, seq: int) -> list[bytes]:
        return fitting(iter(self.lines[seq : seq + 2000]))

    def heard(self, answer: Heard, behind: int) -> None:
        now_s = time.monotonic()
        self.lag_s += [now_s - at_s for at_s in self.at_s[self.has : answer.has]]
        self.has = max(self.has, answer.has)

    def away(self, why: str) -> None:
        """Counted by what it does to the lag."""

    def trouble(self, what: Sentence) -> None:
        if what:
            raise RuntimeError(what)


def bench(shops: int, rate: float, seconds: float) -> None:
    """`OSError`, `simulator.servers.Missing`."""
    pattern = _pattern()
    size = sum(len(json.dumps(e.body)) for e in pattern) / len(pattern)
    typer.echo(f"{shops} shops in {PROCESSES} processes, {WORKERS} workers, {os.cpu_count()} cores; "
               f"a body has {size:.0f} bytes on average")  # fmt: skip
    with ExitStack() as stack:
        folder = Path(mkdtemp(prefix="tebura-hq-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres, nats, names = _servers(folder, shops, stack)
        for _ in range(WORKERS):
            _worker(folder, stack)
        crowds = [_Crowd(folder, nats.address, names[i::PROCESSES], pattern, i) for i in range(PROCESSES)]
        for crowd in crowds:
            stack.callback(crowd.end)
        began_s = time.monotonic()
        _together(crowds, "connect", 0.0, 0.0)
        typer.echo(f"all are connected and have asked after {time.monotonic() - began_s:.1f} s")
        found = _together(crowds, "live", rate / PROCESSES, seconds)
        _lags(f"live, {rate:g} entries/s for {seconds:g} s", found)
        _cut(crowds, nats, rate, postgres)
        _one_alone(crowds)
        _check(crowds, postgres)


def _cut(crowds: Sequence[_Crowd], nats: Nats, rate: float, postgres: Postgres) -> None:
    """An hour's worth of entries while NATS is away, its folder gone; then all of it, with live entries beside."""
    nats.stop(roughly=True)
    shutil.rmtree(nats.folder)
    backlog = int(rate * 3600)
    _together(crowds, "write", backlog / PROCESSES, 0.0)
    time.sleep(CUT_S)
    nats.start()
    back_s = time.monotonic()
    for crowd in crowds:
        crowd.begin("live-until-caught-up", rate / PROCESSES, 0.0)
    first_s, last_s, best = _rows(postgres, backlog)
    found = [crowd.result() for crowd in crowds]
    typer.echo(
        f"cut: {backlog} entries were there {last_s - back_s:.1f} s after NATS was back, {first_s - back_s:.1f} s of "
        f"them until the first shop came back; {backlog / (last_s - first_s):.0f} entries/s, {best:.0f} in the best "
        f"{WINDOW_S:g} s (shops come back one after the other)"
    )
    _lags("entries written meanwhile, in shops that are still away too", found)
    _lags("… in shops that were back", found, "back")


def _rows(postgres: Postgres, more: int) -> tuple[float, float, float]:
    """When the first and the last of so many more entries were there, and how many a second in the best seconds."""
    with psycopg.connect(postgres.address, autocommit=True) as conn:

        def count() -> int:
            row = conn.execute("SELECT coalesce(sum(has), 0)::bigint FROM shop").fetchone()
            return int(row[0]) if row else 0

        before, first_s, best = count(), 0.0, 0.0
        seen: deque[tuple[float, int]] = deque()
        while True:
            now = count()
            seen.append((time.monotonic(), now))
            while seen[-1][0] - seen[0][0] > WINDOW_S:
                best = max(best, (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]))
                seen.popleft()
            if not first_s and now > before:
                first_s = time.monotonic()
            if now >= before + more:
                return first_s, time.monotonic(), best
            time.sleep(0.1)


def _one_alone(crowds: Sequence[_Crowd]) -> None:
    began_s = time.monotonic()
    crowds[0].ask("one", float(BIG), 0.0)
    spent_s = time.monotonic() - began_s
    typer.echo(f"one shop that was away for long: {BIG} entries in {spent_s:.1f} s, {BIG / spent_s:.0f} entries/s")


def _check(crowds: Sequence[_Crowd], postgres: Postgres) -> None:
    heads: dict[str, tuple[int, str]] = {}
    for found in _together(crowds, "heads", 0.0, 0.0):
        heads |= found["heads"]
    query = "SELECT shop.store, has, shop.hash, count(*) FROM shop JOIN entry USING (store) GROUP BY 1, 2, 3"
    with psycopg.connect(postgres.address) as conn:
        there = {store: (has, digest, n) for store, has, digest, n in conn.execute(query).fetchall()}
        size = conn.execute("SELECT pg_database_size(current_database())").fetchone()
    wanted = {store: (seq, digest, seq) for store, (seq, digest) in heads.items() if seq}
    total = sum(seq for seq, _, _ in wanted.values())
    typer.echo(f"lost or doubled: {'nothing' if there == wanted else 'SOMETHING'} of {total} entries")
    if size is not None:
        typer.echo(f"the database has {size[0] / 2**20:.0f} MiB, {size[0] / total:.0f} bytes an entry")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    typer.echo(f"the largest process had {peak:.0f} MiB at most")
    if there != wanted:
        raise OSError("headquarters has other books than the shops")


def _lags(what: str, found: Sequence[dict[str, Any]], which: str = "lags") -> None:
    lags = sorted(lag for each in found for lag in each[which])
    if not lags:
        typer.echo(f"{what}: nothing was written")
        return
    at = [lags[min(len(lags) - 1, int(len(lags) * share))] for share in (0.5, 0.99)]
    typer.echo(f"{what}: {len(lags)} entries, lag p50 {at[0]:.2f} s, p99 {at[1]:.2f} s, at most {lags[-1]:.2f} s")


def _together(crowds: Sequence[_Crowd], *what: Any) -> list[dict[str, Any]]:
    for crowd in crowds:
        crowd.begin(*what)
    return [crowd.result() for crowd in crowds]


class _Crowd:
    """Some hundred shops in a process of their own, which does one thing after another."""

    def __init__(self, folder: Path, address: str, names: list[str], pattern: Sequence[LedgerEntry], seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_live, args=(there, folder, address, names, list(pattern), seed))
        self._process.start()

    def begin(self, what: str, rate: float, seconds: float) -> None:
        self._here.send((what, rate, seconds))

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = self._here.recv()
        return found

    def ask(self, what: str, rate: float, seconds: float) -> dict[str, Any]:
        self.begin(what, rate, seconds)
        return self.result()

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def _live(pipe: Any, folder: Path, address: str, names: list[str], pattern: Sequence[LedgerEntry], seed: int) -> None:
    with suppress(EOFError, KeyboardInterrupt):
        asyncio.run(_shops(pipe, folder, address, names, pattern, random.Random(seed)))


async def _shops(
    pipe: Any, folder: Path, address: str, names: list[str], pattern: Sequence[LedgerEntry], chance: random.Random
) -> None:
    books = [Memory(name, pattern) for name in names]
    status = b'{"state":"open"}'
    sending = [
        asyncio.create_task(
            Sender(Door(address, book.store, folder / f"{book.store}.nk"), book, book, lambda: status).work()
        )
        for book in books
    ]
    while True:
        what, rate, seconds = await asyncio.to_thread(pipe.recv)
        told: dict[str, Any] = {}
        if what == "connect":
            for book in books:
                book.write(1, time.monotonic())
            await _until_heard(books)
        elif what == "write":
            for i in range(int(rate)):
                books[i % len(books)].write(1, time.monotonic())
        elif what == "one":
            books[0].write(int(rate), time.monotonic())
            await _until_heard(books[:1])
        elif what == "heads":
            told["heads"] = {book.store: book.head() for book in books}
        else:
            told |= await _written(books, what, rate, seconds, chance)
        pipe.send(told)
        if any(task.done() for task in sending):
            raise RuntimeError("a line has ended")


async def _written(
    books: list[Memory], what: str, rate: float, seconds: float, chance: random.Random
) -> dict[str, list[float]]:
    """Write at a rate, as long as that is wanted; the lags of what was written meanwhile, and of that what was written
    in shops that had nothing else to send.
    """
    marks = {book.store: len(book.lines) for book in books}
    end_s = time.monotonic() + seconds
    next_s, back = time.monotonic(), list[tuple[Memory, int]]()
    behind = [book for book in books if book.has < len(book.lines)]
    while time.monotonic() < end_s or (what != "live" and any(b.has < marks[b.store] for b in behind)):
        next_s += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        book = chance.choice(books)
        if book.has == len(book.lines):
            back.append((book, len(book.lines)))
        book.write(1, time.monotonic())
    await _until_heard(books)
    lags = [lag for book in books for lag in book.lag_s[marks[book.store] :]]
    return {"lags": lags, "back": [book.lag_s[i] for book, i in back]}


async def _until_heard(books: Sequence[Memory]) -> None:
    while any(book.has < len(book.lines) for book in books):
        await asyncio.sleep(0.05)


def _pattern() -> list[LedgerEntry]:
    """A morning's entries."""
    with TemporaryDirectory() as name, Book() as book:
        recording = Path(name) / "morning.mcap"
        store = load_store(DEMO)
        simulate_busy(store, VISITS, recording, 1)
        replay(open_recording(recording), store=store, book=book)
        return [written.entry for written in book.entries()]


def _servers(folder: Path, shops: int, stack: ExitStack) -> tuple[Postgres, Nats, list[str]]:
    postgres = Postgres(folder)
    stack.callback(postgres.stop, roughly=True)
    postgres.start()
    names = [f"shop-{number:05}" for number in range(shops)]
    keys = {name: new_seed(folder / f"{name}.nk") for name in names}
    with psycopg.connect(postgres.address, autocommit=True) as conn:
        schema.migrate(conn)
        rows = [(name, key, FIRST_HASH) for name, key in keys.items()]
        with conn.cursor() as cursor:
            cursor.executemany("INSERT INTO shop (store, nkey, hash) VALUES (%s, %s, %s)", rows)
    nats = Nats(folder, write_users(folder, keys))
    stack.callback(nats.stop)
    nats.start()
    told = f'database = "{postgres.address}"\nnats = "{nats.address}"\n'
    (folder / "headquarters.toml").write_text(told, encoding="utf-8")
    return postgres, nats, names


def _worker(folder: Path, stack: ExitStack) -> None:
    with (folder / "log.txt").open("ab") as log:
        command = [sys.executable, "-m", "edge.cli", "hq", "work", "--folder", str(folder)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.kill)
