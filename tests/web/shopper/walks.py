"""A corner shop that runs for real, and somebody who walks in it: cameras and shelves say what they see."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType

import numpy as np
import tomlkit
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.daemon.desk import NobodyThere, ask
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.store import load_store
from tests.adapters.brokers import free_port, until
from tests.corner import write_store
from tests.live.faults import command

DOOR, SHELF, EXIT = (0.2, 0.8), (1.2, 1.6), (3.8, 0.8)
FULL_G = (1100.0, 0.0, 3125.0, 0.0)
ONIGIRI_G, TEA_G = 110.0, 625.0
HZ, BATCH_S = 60.0, 0.2


class Walk:
    """The shop (its folder, its state, `tebura run`), and one person who may be somewhere in it."""

    def __init__(self, folder: Path) -> None:
        self.store, self.state, self.port = write_store(folder / "store"), folder / "state", free_port()
        self._site = f'[broker]\nport = {self.port}\n[web]\nlisten = ""\n[screens]\njoin_at = ["in"]\n'
        (self.store / "site.toml").write_text(self._site, encoding="utf-8")
        self.id = load_store(self.store).id
        self._log = folder / "run.log"
        self._at: tuple[float, float] | None = None
        self._hand: tuple[float, float, float] | None = None
        self._load_g = np.array(FULL_G)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self.clients: dict[str, Client] = {}

    def __enter__(self) -> Walk:
        where = ("--store", str(self.store), "--state", str(self.state))
        with self._log.open("wb") as log:
            self._shop = subprocess.Popen(command("run", *where), stdout=log, stderr=log)
        until(self._is_there, "the shop is there, and its broker", 30.0)
        passwords = tomlkit.parse((self.state / "broker" / "passwords.toml").read_text(encoding="utf-8"))
        for user in ("cam", "g1-s1", "in", "out"):
            client = Client(CallbackAPIVersion.VERSION2, client_id=f"{user}-walks")
            client.username_pw_set(user, str(passwords[user]))
            client.connect("127.0.0.1", self.port)
            client.loop_start()
            self.clients[user] = client
        self._thread.start()
        until(lambda: ask(self.state, {"do": "status"}).get("state") == "open", "the shop opens", 20.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(5.0)
        for client in self.clients.values():
            client.loop_stop()
        self._shop.terminate()
        self._shop.wait(15)

    # --- what somebody does -----------------------------------------------------------------------------------------

    def scan(self, text: str) -> None:
        """A code is read at the entry, by whoever stands there."""
        self._at = DOOR
        time.sleep(0.6)
        self._say("in", "gate/in/scan", 1, credential=text)

    def come_in(self) -> None:
        time.sleep(0.7)
        self._say("in", "gate/in/passage", 1, direction="in")
        self.go(SHELF)

    def go(self, to: tuple[float, float], seconds: float = 3.0) -> None:
        """Walk there."""
        assert self._at is not None
        start = self._at
        for i in range(1, int(seconds * 20) + 1):
            share = i / (seconds * 20)
            self._at = (start[0] + (to[0] - start[0]) * share, start[1] + (to[1] - start[1]) * share)
            time.sleep(0.05)

    def take(self, plate: int, mass_g: float) -> None:
        """Reach for a plate and take so much from it; a negative mass is put back."""
        time.sleep(1.0)
        self._hand = (1.0 + (plate - 0.5) * 0.25, 2.15, 1.1)
        time.sleep(0.6)
        self._load_g[plate - 1] -= mass_g
        time.sleep(0.6)
        self._hand = None

    def leave(self) -> None:
        self.go(EXIT, 4.0)
        self._say("out", "gate/out/passage", 1, direction="out")
        self.go((3.95, 0.8), 0.5)
        self._at = None

    # --- what the shop says -----------------------------------------------------------------------------------------

    def entries(self, *kinds: str) -> list[LedgerEntry]:
        with Book(self.state / "ledger.db", read_only=True) as book:
            return [w.entry for w in book.entries() if w.entry.kind in kinds]

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def _is_there(self) -> bool:
        assert self._shop.poll() is None, self.log()[-2000:]
        try:
            return bool(ask(self.state, {"do": "status"}).get("connected"))
        except NobodyThere:
            return False

    def _say(self, user: str, topic: str, qos: int = 0, **what: object) -> None:
        payload = json.dumps({"t": time.time(), **what})
        self.clients[user].publish(f"tebura/v1/{self.id}/{topic}", payload, qos)

    def _speak(self) -> None:
        """Ten pictures and five batches of weights a second, until it is over."""
        noise = np.random.default_rng(1)
        beat, due_s = 0, time.time()
        while not self._over.is_set():
            people = []
            if self._at is not None:
                x, y = self._at
                people = [{"head": [x, y, 1.6], "hands": [self._hand or (x, y + 0.2, 1.0)]}]
            self._say("cam", "camera/cam/people", people=people)
            if beat % 2 == 0:
                shown_g = self._load_g[:, None] + noise.normal(0, 0.3, (4, int(HZ * BATCH_S)))
                payload = {"t": time.time() - BATCH_S, "hz": HZ, "g": shown_g.round(1).tolist()}
                self.clients["g1-s1"].publish(f"tebura/v1/{self.id}/shelf/g1-s1/weight", json.dumps(payload))
            beat, due_s = beat + 1, due_s + 0.1
            self._over.wait(max(0.0, due_s - time.time()))
