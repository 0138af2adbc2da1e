"""A shop that runs for real: its folder, a mosquitto of its own, and a daemon that can be killed at any moment.

The daemon is the installed command's own code in a process of its own; it is forked from one that has imported
everything already, so that two hundred restarts take two minutes and not ten.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.daemon.desk import NobodyThere, ask
from edge.daemon.shop import LEDGER, PAYMENTS
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.site import load_site
from edge.store import load_store
from edge.wire import Heard
from simulator.live import Pace
from tests.adapters.brokers import free_port, listens, until

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["tests.live.warm"])

OWN = ("payment/", "shop/")


def _run(folder: str, state: str, log: str) -> None:
    """In the child: the daemon."""
    from edge.daemon import run

    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", buffering=1)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    store = load_store(Path(folder))
    run(store, load_site(Path(folder), store), Path(state), rehearsal=True, store_folder=Path(folder))


def _at_once(_client: Client, _data: object, line: object) -> None:
    """Small packets wait for nobody's confirmation: that takes 40 ms each time that the player waits for the broker."""
    assert isinstance(line, socket.socket)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Theatre:
    """One shop. ``site`` is what ``site.toml`` says beside its broker."""

    def __init__(self, folder: Path, files: Mapping[str, bytes], site: str = "", patience: str = "") -> None:
        program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
        if program is None:
            pytest.skip("mosquitto is not installed")
        folder.mkdir(exist_ok=True)
        self.folder, self.state = folder, folder / "state"
        self.port = free_port()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        broker = f'[broker]\nkind = "mqtt"\nport = {self.port}\n'
        (folder / "site.toml").write_text(f'{broker}[web]\nlisten = ""\n{site}', encoding="utf-8")
        settings = f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
        (folder / "mosquitto.conf").write_text(settings)
        self._program = program
        self.store = load_store(folder)
        self.start_broker()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="player")
        self.client.on_socket_open = _at_once
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        self.restarts = 0
        self._daemon: multiprocessing.process.BaseProcess | None = None

    # --- broker -----------------------------------------------------------------------------------------------------

    def start_broker(self) -> None:
        self._broker = subprocess.Popen(
            [self._program, "-c", str(self.folder / "mosquitto.conf")], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: listens(self.port), f"mosquitto on port {self.port}")

    def stop_broker(self) -> None:
        self._broker.terminate()
        self._broker.wait(10)

    # --- daemon -----------------------------------------------------------------------------------------------------

    def start(self, wait: bool = True) -> None:
        log = str(self.folder / "log.txt")
        self._daemon = forks.Process(target=_run, args=(str(self.folder), str(self.state), log), daemon=True)
        self._daemon.start()
        self.restarts += 1
        if wait:
            self.wait_until_open()

    def wait_until_open(self) -> None:
        until(self._is_open, "the shop opens", 20.0)

    def _is_open(self) -> bool:
        assert self._daemon is not None
        assert self._daemon.is_alive(), self.log()[-3000:]
        try:
            return bool(self.ask(do="status").get("connected"))
        except NobodyThere:
            return False

    def kill(self) -> None:
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.join()

    def terminate(self) -> float:
        """An orderly stop; how long it took."""
        assert self._daemon is not None
        assert self._daemon.pid is not None
        began_s = time.monotonic()
        os.kill(self._daemon.pid, signal.SIGTERM)
        self._daemon.join(10.0)
        assert self._daemon.exitcode == 0, self.log()[-3000:]
        return time.monotonic() - began_s

    def log(self) -> str:
        path = self.folder / "log.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def ask(self, **wanted: object) -> dict[str, object]:
        return ask(self.state, wanted)

    def close(self) -> None:
        if self._daemon is not None and self._daemon.is_alive():
            self.kill()
        self.client.disconnect()
        self.client.loop_stop()
        self.stop_broker()

    # --- what happens in it -----------------------------------------------------------------------------------------

    def say(self, heard: Heard) -> None:
        topic = f"tebura/v1/{self.store.id}/{heard.topic}"
        self.client.publish(topic, heard.payload, qos=1 if heard.topic.startswith("gate/") else 0)

    def play(self, messages: Sequence[Heard], speed: float, between: Callable[[int], None] = lambda _: None) -> None:
        """Say all of it, ``speed`` times as fast as it happened. After message ``i``, ``between(i)`` may do something
        to the shop; the world stands still meanwhile.
        """
        pace = Pace(messages[0].received_s, speed, self._put_forward)
        for i, heard in enumerate(messages):
            pace.reach(heard.received_s)
            self.say(heard)
            between(i)
        pace.end()

    def _put_forward(self, at_s: float, speed: float) -> None:
        """It is so late in the shop, which has heard, or is about to hear, what was said before."""
        if self.client.is_connected():
            self.client.publish("player/step", qos=1).wait_for_publish(10.0)  # the broker has taken that, in its order
        try:
            self.ask(do="rehearse", at=at_s, speed=speed)
        except NobodyThere:  # killed, and not back yet
            pass
        except ValueError as error:
            if "is opening" not in str(error):
                raise

    def settle_down(self) -> None:
        until(lambda: self.ask(do="pending")["pending"] == 0, "nothing is pending any more", 60.0)

    def entries(self, *kinds: str) -> list[LedgerEntry]:
        with Book(self.state / LEDGER, read_only=True) as book:
            return [w.entry for w in book.entries() if not kinds or w.entry.kind in kinds]

    def prove(self) -> list[str]:
        with Book(self.state / LEDGER, read_only=True) as book:
            return [str(fault) for fault in book.prove()]

    def charges(self) -> list[tuple[str, int]]:
        """What the provider really took: (key, minor units), in its order."""
        path = self.state / PAYMENTS
        lines = path.read_bytes().splitlines() if path.exists() else []
        decided = [msgspec.json.decode(line) for line in lines]
        return [(d["request"]["key"], d["request"]["amount_minor"]) for d in decided if d["outcome"] == "approved"]


def sensors(messages: Iterable[Heard]) -> list[Heard]:
    """What devices say; what the recorded runtime told itself is left out."""
    return [heard for heard in messages if not heard.topic.startswith(OWN)]
