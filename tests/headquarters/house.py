"""A headquarters as it is run: real servers, workers as processes, shops' lines as processes or in this one."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from edge.headquarters import schema
from edge.headquarters.users import new_seed, write_users
from edge.ledger import Book
from edge.ledger.canon import FIRST_HASH
from edge.told import Sentence
from edge.uplink.child import Orders
from edge.uplink.contract import Heard
from edge.uplink.line import Door
from edge.uplink.sender import Sender
from edge.uplink.source import BookSource
from simulator.servers import Nats, Postgres

CLI = [sys.executable, "-m", "edge.cli", "hq"]


class House:
    """One headquarters; its database is its own."""

    def __init__(self, folder: Path, postgres: Postgres, *shops: str) -> None:
        self.folder, self.postgres = folder, postgres
        name = "hq" + "".join(c for c in folder.name if c.isalnum()).lower()
        with psycopg.connect(postgres.address, autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{name}"'.encode())
        self.database = postgres.address.replace("/tebura?", f"/{name}?")
        with self.sql() as conn:
            schema.migrate(conn)
            for shop in shops:
                nkey = new_seed(folder / f"{shop}.nk")
                conn.execute("INSERT INTO shop (store, nkey, hash) VALUES (%s, %s, %s)", [shop, nkey, FIRST_HASH])
            keys: Any = conn.execute("SELECT store, nkey FROM shop").fetchall()
        self.nats = Nats(folder, write_users(folder, dict(keys)))
        self.nats.start()
        settings = f'database = "{self.database}"\nnats = "{self.nats.address}"\n[page]\nport = 8330\n'
        (folder / "headquarters.toml").write_text(settings, encoding="utf-8")
        self._running: list[subprocess.Popen[bytes]] = []

    def sql(self) -> psycopg.Connection:
        return psycopg.connect(self.database, autocommit=True)

    def worker(self) -> subprocess.Popen[bytes]:
        return self.runs([*CLI, "work", "--folder", str(self.folder)])

    def runs(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        with (self.folder / "out.txt").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **more)
        self._running.append(process)
        return process

    def line(self, shop: str, folder: Path) -> subprocess.Popen[bytes]:
        """The shop's child, as the shop starts it."""
        seed, book = str(self.folder / f"{shop}.nk"), str(folder / "ledger.db")
        orders = Orders(shop, book, str(folder), self.nats.address, seed, "", 15.0, "0", "")
        process = self.runs([sys.executable, "-m", "edge.uplink"], stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(orders) + b"\n{}\n")
        process.stdin.flush()
        return process

    def has(self, shop: str) -> tuple[int, str, str]:
        with self.sql() as conn:
            row = conn.execute("SELECT has, hash, fork_why FROM shop WHERE store = %s", [shop]).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def holds(self, shop: str) -> list[tuple[int, str, str]]:
        with self.sql() as conn:
            query = "SELECT seq, key, hash FROM entry WHERE store = %s ORDER BY seq"
            return [(a, b, c) for a, b, c in conn.execute(query, [shop]).fetchall()]

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self.nats.stop()


@contextmanager
def house(folder: Path, postgres: Postgres, *shops: str) -> Iterator[House]:
    found = House(folder, postgres, *shops)
    try:
        yield found
    finally:
        found.close()


class Ear:
    """What the shop's line says."""

    def __init__(self) -> None:
        self.answers: list[Heard] = []
        self.why: list[str] = []
        self.told: list[Sentence] = []

    def heard(self, answer: Heard, behind: int) -> None:
        self.answers.append(answer)

    def away(self, why: str) -> None:
        self.why.append(why)

    def trouble(self, what: Sentence) -> None:
        self.told.append(what)


def listen(door: Door, book: Path, enough: Callable[[Ear], bool], status: bytes | None = None) -> Ear:
    """A shop's line in this process, until that is enough."""
    ear = Ear()

    async def work() -> None:
        sending = asyncio.create_task(Sender(door, BookSource(book), ear, lambda: status).work())
        try:
            async with asyncio.timeout(20.0):
                while not enough(ear):
                    await asyncio.sleep(0.02)
        finally:
            sending.cancel()

    with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in the test's own thread
        pool.submit(lambda: asyncio.run(work())).result()
    return ear


def stands_as(book: Path) -> list[tuple[int, str, str]]:
    with Book(book, read_only=True) as opened:
        return [(w.seq, w.entry.key, w.hash) for w in opened.entries()]
