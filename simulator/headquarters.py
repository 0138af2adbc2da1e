"""`tebura demo --headquarters`: some shops with a morning each, and headquarters with its page; nobody in it is real.

Enters: a folder, how many shops. Leaves, until somebody stops it: PostgreSQL and NATS from Debian's packages in that
folder, a worker, the page, each shop's line as a process of its own, which follows the book while the morning is
replayed into it. `simulator.servers.Missing` where a package is not there.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import msgspec
import psycopg
import typer

from edge.headquarters import schema
from edge.headquarters.users import new_seed, write_users
from edge.ledger import Book
from edge.ledger.canon import FIRST_HASH
from edge.store import Store, load_store
from edge.uplink.child import Orders
from edge.web.staff import FILE, Staff
from edge.wire import open_recording
from simulator.busy import busy_story
from simulator.commands import DEMO, simulate_story
from simulator.fleet.crew import all_cores
from simulator.fleet.task import spread
from simulator.replay import replay
from simulator.servers import Nats, Postgres, free_port

VISITS: Final = 14
OPENING_S: Final = 9 * 3600.0
NAME: Final = "aki"
PATIENCE_S: Final = 60.0


def demo(out: Path, shops: int, seed: int) -> None:
    """Until somebody stops it. `OSError`, `simulator.servers.Missing`."""
    folder = out.absolute() / "headquarters"
    shutil.rmtree(folder, ignore_errors=True)
    names = [f"shop-{number:02}" for number in range(1, shops + 1)]
    for name in names:
        (folder / name).mkdir(parents=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops it, everything is stopped
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        nats = stack.enter_context(_headquarters(folder, names))
        port = free_port()
        _page(folder, port, stack)
        for name in names:
            _line(folder, name, nats, stack)
        typer.echo(f"{shops} shops have a morning of {VISITS} visits each; watch them arrive. Ctrl-C ends it.")
        mornings = [(folder, name, seed + i) for i, name in enumerate(names)]
        for name, entries in zip(names, spread(morning, mornings, all_cores()), strict=True):
            typer.echo(f"{name}: its book has {entries} entries")
        heads = _heads(folder, names)
        _wait(lambda: _arrived(folder, heads), "what the shops have sold arrives")
        typer.echo(f"All {sum(seq for seq, _ in heads.values())} entries have arrived, with every chain proven.")
        while True:
            time.sleep(3600.0)


@contextmanager
def _headquarters(folder: Path, names: list[str]) -> Iterator[Nats]:
    """Servers and a worker."""
    place = Path(mkdtemp(prefix="tebura-hq-"))  # PostgreSQL's own user must reach it
    place.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        postgres = Postgres(place)
        stack.callback(postgres.stop)
        typer.echo("Starting PostgreSQL and NATS ...")
        postgres.start()
        keys = {name: new_seed(folder / f"{name}.nk") for name in names}
        with psycopg.connect(postgres.address, autocommit=True) as conn:
            schema.migrate(conn)
            for name, key in keys.items():
                conn.execute("INSERT INTO shop (store, nkey, hash) VALUES (%s, %s, %s)", [name, key, FIRST_HASH])
        nats = Nats(folder, write_users(folder, keys))
        stack.callback(nats.stop)
        nats.start()
        told = f'name = "てぶら本部"\ndatabase = "{postgres.address}"\nnats = "{nats.address}"\n'
        (folder / "headquarters.toml").write_text(told, encoding="utf-8")
        _process(folder, ["-m", "edge.cli", "hq", "work", "--folder", str(folder)], stack)
        yield nats


def _page(folder: Path, port: int, stack: ExitStack) -> None:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with Staff(folder / FILE) as staff:
        staff.add(NAME, password, ["viewer"], time.time())
    command = ["-m", "edge.cli", "hq", "serve", "--folder", str(folder), "--port", str(port)]
    page = _process(folder, command, stack)
    _wait(lambda: page.poll() is not None or _answers(port), "the page is served")
    typer.echo(f"\nThe page   http://127.0.0.1:{port}/   name {NAME}, password {password}\n")


def _answers(port: int) -> bool:
    import socket

    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _line(folder: Path, name: str, nats: Nats, stack: ExitStack) -> None:
    """As `tebura run` starts it."""
    state = folder / name
    orders = Orders(
        name, str(state / "ledger.db"), str(state), nats.address, str(folder / f"{name}.nk"), "", 15.0, "0.1.0", "demo"
    )
    process = _process(folder, ["-m", "edge.uplink"], stack, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(orders) + b'\n{"state": "open"}\n')
    process.stdin.flush()


def _process(folder: Path, command: list[str], stack: ExitStack, **more: Any) -> subprocess.Popen[bytes]:
    with (folder / "log.txt").open("ab") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, *command], stdout=log, stderr=log, start_new_session=True, **more
        )

    def end() -> None:
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5.0)
        process.kill()
        process.wait()

    stack.callback(end)
    return process


def _store(name: str) -> Store:
    store = load_store(DEMO)
    return replace(store, id=name, name=f"{store.name} {name.removeprefix('shop-')}")


def morning(folder: Path, name: str, seed: int) -> int:
    """Simulate a morning of today and replay it into the shop's book; how many entries it has."""
    store, path = _store(name), folder / name / "morning.mcap"
    today = datetime.now(store.timezone)
    story = busy_story(store, VISITS, seed, opening_s=OPENING_S, day=f"{today:%Y-%m-%d}")
    simulate_story(store, story, path, seed)
    with Book(folder / name / "ledger.db") as book:
        replay(open_recording(path), store=store, book=book)
        return book.head()[0]


def _heads(folder: Path, names: list[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for name in names:
        with Book(folder / name / "ledger.db", read_only=True) as book:
            found[name] = book.head()
    return found


def _arrived(folder: Path, heads: dict[str, tuple[int, str]]) -> bool:
    from edge.headquarters.settings import load

    with psycopg.connect(load(folder).database) as conn:
        there = {store: (has, digest) for store, has, digest in conn.execute("SELECT store, has, hash FROM shop")}
    return there == heads


def _wait(done: Any, what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end_s:
            raise OSError(f"{what}: not within {PATIENCE_S:.0f} s. See log.txt")
        time.sleep(0.1)
