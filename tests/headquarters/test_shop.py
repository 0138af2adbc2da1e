"""The shop's side as a shop runs it: a child that may die, a long silence that is told, a check that knows of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from edge.daemon.desk import ask
from edge.ledger import Book
from edge.site import Headquarters, load_shop
from edge.store import BrokenStore
from edge.told import Sentence
from edge.uplink.child import Uplink
from edge.uplink.standing import standing_in
from edge.web.read import read
from simulator.servers import Postgres, free_port
from tests.headquarters.house import house
from tests.ledger.days import a_day
from tests.typed import typed


class Inbox:
    """What staff are told."""

    def __init__(self) -> None:
        self.told: list[Sentence] = []

    def now_s(self) -> float:
        return time.time()

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        raise AssertionError(topic)

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        raise AssertionError(reason)

    def trouble(self, source: str, what: Sentence) -> None:
        assert source == "headquarters"
        self.told.append(what)


def until(done: Callable[[], object], within_s: float = 20.0) -> None:
    end_s = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < end_s
        threading.Event().wait(0.02)


def test_the_child_is_killed_and_nothing_is_missing(tmp_path: Path, postgres: Postgres) -> None:
    """It comes back by itself; what the shop says of itself arrives; whoever ends the shop ends it."""
    entries = a_day(30)
    inbox = Inbox()
    with Book(tmp_path / "ledger.db") as book, house(tmp_path, postgres, "kiosk") as hq:
        book.append(entries[:30])
        hq.worker()
        settings = Headquarters(address=hq.nats.address, credentials_file=tmp_path / "kiosk.nk")
        uplink = Uplink(settings, "kiosk", book.path or tmp_path, None, inbox, lambda: {"state": "open", "inside": 3})
        uplink.start()
        try:
            until(lambda: hq.has("kiosk")[0] == 30)
            first = uplink.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            book.append(entries[30:])
            until(lambda: hq.has("kiosk")[:2] == book.head())
            assert any("died (status -9)" in told for told in inbox.told)
            assert uplink.pid not in (None, first)

            def said() -> object:
                with hq.sql() as conn:
                    return conn.execute("SELECT body ->> 'inside' FROM status WHERE store = 'kiosk'").fetchone()

            until(lambda: said() == ("3",))
        finally:
            uplink.stop()
        assert uplink.pid is None


def test_a_long_silence_is_told_in_both_languages_and_by_the_check(tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree("config/demo", store)
    seed, state = tmp_path / "seed.nk", tmp_path / "state"
    seed.write_text("SUAAA", encoding="utf-8")
    state.mkdir()
    address = f"nats://127.0.0.1:{free_port()}"
    site = f'\n[headquarters]\naddress = "{address}"\ncredentials_file = "{seed}"\nquiet_minutes = 0.001\n'
    with (store / "site.toml").open("a", encoding="utf-8") as file:
        file.write(site)
    _, wired = load_shop(store)
    inbox = Inbox()
    uplink = Uplink(wired.headquarters, "kiosk", state / "ledger.db", store, inbox, dict)
    uplink.start()
    try:
        until(lambda: any("has not been heard since" in told for told in inbox.told))
    finally:
        uplink.stop()
    assert "本部の応答がありません" in (read(inbox.told[-1], "ja") or "")
    standing = standing_in(state)
    assert standing is not None
    assert standing.why
    command = ["-m", "edge.cli", "check", "--store", str(store), "--state", str(state)]
    told = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert "headquarters has not been heard since the start" in told.stderr


def test_a_shop_without_credentials_is_told_what_is_missing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree("config/demo", store)
    with (store / "site.toml").open("a", encoding="utf-8") as file:
        file.write('\n[headquarters]\naddress = "tls://hq.example.com:4222"\n')
    with pytest.raises(BrokenStore, match="tebura hq shop add"):
        load_shop(store)


def test_a_shop_at_work_says_how_it_is_and_its_line_ends_with_it(tmp_path: Path, postgres: Postgres) -> None:
    """`tebura run` itself: its state arrives; a child that is killed is a trouble that staff see, and comes back; when
    the shop is killed, its child does not go on without it.
    """
    store, state = tmp_path / "store", tmp_path / "state"
    shutil.copytree("config/demo", store)
    with house(tmp_path, postgres, "demo") as hq:
        hq.worker()
        site = f'[broker]\nport = {free_port()}\n[web]\nlisten = ""\n[headquarters]\naddress = "{hq.nats.address}"\n'
        site += f'credentials_file = "{tmp_path / "demo.nk"}"\n'
        (store / "site.toml").write_text(site, encoding="utf-8")
        shop = hq.runs([sys.executable, "-m", "edge.cli", "run", "--store", str(store), "--state", str(state)])

        def said() -> str:
            with hq.sql() as conn:
                row = conn.execute("SELECT body ->> 'state' FROM status WHERE store = 'demo'").fetchone()
            return row[0] or "" if row is not None else ""

        until(lambda: said() in ("open", "degraded", "closed"))
        (child,) = children(shop.pid, "edge.uplink")
        os.kill(child, signal.SIGKILL)
        until(lambda: children(shop.pid, "edge.uplink") not in ([], [child]))
        assert ask(state, {"do": "status"})["state"]
        (again,) = children(shop.pid, "edge.uplink")
        shop.kill()
        until(lambda: not Path(f"/proc/{again}/cmdline").exists())


def children(pid: int, what: str) -> list[int]:
    """A process's children with this in their command."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (each / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[1]
            if int(parent) == pid and what in (each / "cmdline").read_text(encoding="utf-8"):
                found.append(int(each.name))
    return found


def test_a_folder_that_is_not_there_is_no_headquarters(tmp_path: Path) -> None:
    """Nobody asks a database that nobody has named; `hq serve` showed an empty page of it."""
    done = typed("hq", "shop", "list", "--folder", tmp_path / "mistyped")
    assert (done.returncode, "headquarters.toml with --folder" in done.stderr) == (2, True)
