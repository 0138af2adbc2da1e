"""An inbox that remembers, the smallest shop with a site, its ports, and waiting with a deadline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from edge.adapters.plates import Plates
from edge.adapters.serial import Port, open_ports
from edge.records import WeightBatch
from edge.site import SerialDevice, Site, Slow
from edge.store import read_store
from edge.wire import decode
from tests.corner import FILES

SHOP = read_store(FILES)
"""One shelf ``g1-s1`` with four plates, gates ``in`` and ``out``."""
QUICK = Slow(hz=20.0, stale_s=0.6)


class Ear:
    """What the daemon would have heard."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._heard: list[tuple[str, bytes]] = []
        self.refusals: Counter[tuple[str, str]] = Counter()
        self.troubles: dict[str, list[str]] = {}

    def now_s(self) -> float:
        return time.time()

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        with self._lock:
            self._heard.append((topic, payload))
        if kept is not None:
            kept()

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        with self._lock:
            self.refusals[source, reason] += 1

    def trouble(self, source: str, what: str) -> None:
        with self._lock:
            said = self.troubles.setdefault(source, [])
            if not said or said[-1] != what:
                said.append(what)

    def said(self, topic: str) -> list[bytes]:
        with self._lock:
            return [payload for t, payload in self._heard if t == topic]

    def batches(self, shelf: str = "g1-s1") -> list[WeightBatch]:
        """Everything that was said of a shelf, as the runtime decodes it."""
        topic = f"shelf/{shelf}/weight"
        records = [decode(SHOP, topic, payload, time.time()) for payload in self.said(topic)]
        assert all(isinstance(r, WeightBatch) for r in records), records
        return [r for r in records if isinstance(r, WeightBatch)]

    def last_g(self, plate: int) -> float:
        """What the newest row says of a plate; NaN before there is one."""
        batches = self.batches()
        return float(batches[-1].mass_g[plate - 1, -1]) if batches else float("nan")

    def ails(self, source: str) -> str:
        """What is wrong with a source as of now."""
        return self.troubles.get(source, [""])[-1]

    def refused(self, reason: str) -> int:
        return sum(n for (_, r), n in self.refusals.items() if r == reason)


def until(what: Callable[[], object], within_s: float = 20.0, meanwhile: Callable[[], None] | None = None) -> None:
    """Wait for something to become true, and fail if it does not; ``meanwhile`` is done again and again."""
    deadline_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline_s, "waited in vain"
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.005)


def device(protocol: str, path: object = "/dev/null", **more: Any) -> SerialDevice:
    """One ``[[serial]]`` block; scales stand on plate 1 of the shelf, readers at the way in."""
    where = {"gate": "in"} if protocol == "barcode" else {"shelf": "g1-s1"}
    if protocol not in ("lines", "barcode"):
        where_plates: dict[str, Any] = {"plates": (1,)}
        more = where_plates | more
    return SerialDevice.model_validate({"device": str(path), "protocol": protocol, **where, **more})


def site(*devices: SerialDevice, slow: Slow = QUICK) -> Site:
    return Site(serial=devices, slow=slow)


@contextmanager
def wired(*devices: SerialDevice, slow: Slow = QUICK) -> Iterator[tuple[Ear, list[Port]]]:
    """The devices' ports, open, and what is heard through them."""
    ear, wiring = Ear(), site(*devices, slow=slow)
    plates = Plates(SHOP, wiring, ear, batch_s=0.1)
    plates.start()
    ports = open_ports(wiring, SHOP, ear, plates)
    try:
        yield ear, ports
    finally:
        for port in ports:
            began_s = time.monotonic()
            port.stop()
            assert time.monotonic() - began_s < 0.5
        plates.stop()


def shows(ear: Ear, plate: int, mass_g: float, within_g: float = 2.0) -> None:
    until(lambda: abs(ear.last_g(plate) - mass_g) < within_g)
