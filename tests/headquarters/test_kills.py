"""Whatever dies, at whatever moment, and comes back: headquarters has each shop's book, once, to the byte.

``TEBURA_KILLS=200`` kills so often; without it a few times, as quick as tests have to be.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.ledger import Book
from simulator.servers import Missing, Postgres, binaries
from tests.headquarters.house import House, house, stands_as
from tests.headquarters.test_shop import until
from tests.ledger.days import a_day, handfuls

KILLS = int(os.environ.get("TEBURA_KILLS", "12"))
SHOPS = ("a", "b")
CALM_S = 60.0


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """One that waits for its disk, and may be killed."""
    try:
        binaries()
    except Missing as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="tebura-hq-") as name:
        Path(name).chmod(0o755)
        server = Postgres(Path(name))
        server.start()
        yield server
        server.stop(roughly=True)


class Storm:
    """Kills one of four things after another, and brings it back."""

    def __init__(self, hq: House, folders: dict[str, Path], seed: int) -> None:
        self.hq, self.folders, self.chance = hq, folders, random.Random(seed)
        self.workers = [hq.worker(), hq.worker()]
        self.lines = {shop: hq.line(shop, folder) for shop, folder in folders.items()}
        self.done: dict[str, int] = {}

    def strike(self) -> None:
        what = self.chance.choices(["worker", "line", "nats", "postgres"], [6, 4, 2, 1])[0]
        self.done[what] = self.done.get(what, 0) + 1
        if what == "worker":
            number = self.chance.randrange(len(self.workers))
            _kill(self.workers[number])
            self.workers[number] = self.hq.worker()
        elif what == "line":
            shop = self.chance.choice(SHOPS)
            _kill(self.lines[shop])
            self.lines[shop] = self.hq.line(shop, self.folders[shop])
        elif what == "nats":
            self.hq.nats.stop(roughly=True)
            shutil.rmtree(self.hq.nats.folder)
            self.hq.nats.start()
        else:
            self.hq.postgres.stop(roughly=True)
            self.hq.postgres.start()


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_nothing_is_lost_or_doubled_whatever_dies(tmp_path: Path, own_postgres: Postgres) -> None:
    entries = a_day(40 * KILLS)
    folders = {shop: tmp_path / shop for shop in SHOPS}
    for folder in folders.values():
        folder.mkdir()
    with house(tmp_path, own_postgres, *SHOPS) as hq:
        over = threading.Event()

        def sell(folder: Path) -> None:
            """The shop does not wait: it writes at its own pace, whatever happens."""
            with Book(folder / "ledger.db", durable=False) as book:
                for some in handfuls(entries, 3):
                    book.append(some)
                    if not over.is_set():
                        time.sleep(0.015)

        selling = [threading.Thread(target=sell, args=(folder,)) for folder in folders.values()]
        for thread in selling:
            thread.start()
        storm = Storm(hq, folders, seed=KILLS)
        for _ in range(KILLS):
            over.wait(storm.chance.uniform(0.05, 0.8))
            storm.strike()
        over.set()
        for thread in selling:
            thread.join()
        books = {shop: stands_as(folder / "ledger.db") for shop, folder in folders.items()}
        until(lambda: all(hq.has(shop)[0] == len(book) for shop, book in books.items()), CALM_S)
        for shop, book in books.items():
            assert hq.holds(shop) == book, storm.done
            assert hq.has(shop)[2] == ""
        with hq.sql() as conn:
            query = """
            SELECT what, name, sum(n), sum(amount_minor), sum(tax_minor) FROM roll GROUP BY store, what, name
            HAVING sum(n) <> 0 OR sum(amount_minor) <> 0 ORDER BY store, what, name
            """
            sums = conn.execute(query).fetchall()
        half = len(sums) // 2
        assert sums[:half] == sums[half:], "two shops with one day have the same sums"
        print(storm.done)
