"""A shop's book arrives at headquarters, once, in order and whole; what is not right is told and not written."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from edge.headquarters.read import days_of
from edge.ledger import Book
from edge.ledger.canon import FIRST_HASH, export_line
from edge.ledger.sales import sold_on
from edge.uplink.contract import Heard, Said, request
from edge.uplink.line import Away, Door, Line
from simulator.servers import Postgres
from tests.headquarters.house import house, listen, stands_as
from tests.ledger.days import a_day


def test_a_day_arrives_and_its_sums_are_the_shops_own(tmp_path: Path, postgres: Postgres) -> None:
    path = tmp_path / "ledger.db"
    entries = a_day(60)
    with Book(path) as book, house(tmp_path, postgres, "kiosk.1") as hq:
        book.append(entries[:100])
        hq.worker()
        door = Door(hq.nats.address, "kiosk.1", tmp_path / "kiosk.1.nk")
        listen(door, path, lambda ear: bool(ear.answers) and ear.answers[-1].has == 100)
        book.append(entries[100:])  # with visits that were in review, declined, being paid
        listen(door, path, lambda ear: bool(ear.answers) and ear.answers[-1].has == len(entries))
        assert hq.holds("kiosk.1") == stands_as(path)
        with hq.sql() as conn:
            (there,) = days_of(conn, "kiosk.1")
        ours = sold_on(book, there.day, "Asia/Tokyo")
        assert there.visits == dict(ours.visits)
        assert {s: m for s, m in there.total_minor.items() if m} == {s: m for s, m in ours.total_minor.items() if m}
        assert there.products == {sku: (p.units, p.amount_minor) for sku, p in ours.products.items()}
        rates = {(f"{ppm // 10_000} %{'*' if less else ''}"): (r.gross_minor, r.tax_minor)
                 for (ppm, less), r in ours.rates.items()}  # fmt: skip
        assert there.rates == rates
        assert there.taken_back_minor == ours.taken_back_minor


def test_a_backup_that_was_put_back_forks_the_book(tmp_path: Path, postgres: Postgres) -> None:
    """It is seen before and after the shop sells again, nothing is overwritten, and the right book ends it."""
    path, entries = tmp_path / "ledger.db", a_day(20)
    with house(tmp_path, postgres, "a") as hq:
        hq.worker()
        door = Door(hq.nats.address, "a", tmp_path / "a.nk")
        with Book(path) as book:
            book.append(entries[:10])
        backup = tmp_path / "backup.db"
        shutil.copy(path, backup)
        with Book(path) as book:
            book.append(entries[10:20])
        listen(door, path, lambda ear: bool(ear.answers) and ear.answers[-1].has == 20)
        before = hq.holds("a")
        ear = listen(door, backup, lambda ear: any(ear.told))
        assert "ends with entry 10, headquarters has 20" in ear.told[-1]
        with Book(backup) as book:
            book.append(entries[20:50])
        ear = listen(door, backup, lambda ear: any(ear.told))
        assert "Sales go on, nothing was overwritten there" in ear.told[-1]
        assert "entry 20 is another one there" in hq.has("a")[2]
        assert hq.holds("a") == before
        with Book(path) as book:
            book.append(entries[20:30])
        listen(door, path, lambda ear: bool(ear.answers) and ear.answers[-1].has == 30)
        assert hq.has("a")[2] == ""
        assert hq.holds("a") == stands_as(path)


def test_nobody_speaks_for_another_shop(tmp_path: Path, postgres: Postgres) -> None:
    """NATS does not let it through; and where somebody has configured NATS wrongly, the worker does not take it."""
    path = tmp_path / "ledger.db"
    with Book(path) as book, house(tmp_path, postgres, "a", "b") as hq:
        book.append(a_day(3))
        worker = hq.worker()
        thief = Door(hq.nats.address, "b", tmp_path / "a.nk")
        ear = listen(thief, path, lambda ear: bool(ear.why))
        assert not ear.answers
        assert "its credentials are another shop's" in ear.why[0]
        (tmp_path / "users.conf").write_text("# everybody may do everything\n", encoding="utf-8")
        hq.nats.stop()
        hq.nats.start()
        lie = request(Said(1, "b", 1, FIRST_HASH, *book.head()), list(map(export_line, book.entries())))
        assert asyncio.run(said_as("a", hq.nats.address, lie)).refused == "stranger"
        assert hq.holds("b") == []
        listen(Door(hq.nats.address, "b"), path, lambda ear: bool(ear.answers) and ear.answers[-1].has > 0)
        ear = listen(Door(hq.nats.address, "c"), path, lambda ear: any(ear.told))
        assert "does not know this shop" in ear.told[-1]
        assert "tebura hq shop add c" in ear.told[-1]
        assert hq.holds("a") == []
        assert worker.poll() is None


async def said_as(store: str, address: str, what: bytes) -> Heard:
    """Some bytes on a shop's subject."""
    async with asyncio.timeout(10.0):
        while True:  # until the worker is back
            line = Line(Door(address, store))
            try:
                await line.open()
                return await line.ask(what)
            except Away:
                await asyncio.sleep(0.05)
            finally:
                await line.close()


def test_an_old_worker_leaves_a_newer_database_alone(tmp_path: Path, postgres: Postgres) -> None:
    """When it starts, and when somebody migrates while it works."""
    path = tmp_path / "ledger.db"
    with Book(path) as book, house(tmp_path, postgres, "a") as hq:
        book.append(a_day(2))
        last = book.head()[0]
        working = hq.worker()
        door = Door(hq.nats.address, "a", tmp_path / "a.nk")
        listen(door, path, lambda ear: bool(ear.answers) and ear.answers[-1].has == last)
        before = hq.holds("a")
        with hq.sql() as conn:
            conn.execute("INSERT INTO schema_version (number) VALUES (999)")
        book.append(a_day(3))
        listen(door, path, lambda ear: bool(ear.why))
        assert working.wait(10) == 2
        assert hq.worker().wait(10) == 2
        assert "Bring Tebura up to date on this machine; nothing was written" in (tmp_path / "out.txt").read_text()
        assert hq.holds("a") == before
