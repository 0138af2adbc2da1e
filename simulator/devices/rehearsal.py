"""A recording out of device doubles: what a site reaches by serial lines is said by serial lines.

Enters: a site, and messages of a recording. Leaves: the same weights and codes, from doubles that stand at the paths
that ``site.toml`` names. A double goes on saying the newest sample at its own rate, as a device does; so its shelf
changes up to a batch later than it did then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from edge.records import CredentialScan, Record, WeightBatch
from edge.site import SerialDevice, Site
from edge.store import Store
from simulator.devices.controller import Controller
from simulator.devices.counter import COUNTER, CounterScale
from simulator.devices.desk import Desk
from simulator.devices.reader import Reader
from simulator.devices.scale import Scale

Weigher = Controller | Scale | CounterScale


class DevicesThere(OSError):
    """A double would take the place of something real; the message says what to do."""


class Understudies:
    """One double for each serial device of a site; use it as a context manager."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site, self._store = site, store
        self._stack = ExitStack()
        self._weighers: dict[str, list[tuple[SerialDevice, Weigher]]] = {}
        self._readers: dict[str, Reader] = {}

    def __enter__(self) -> Understudies:
        desk = self._stack.enter_context(Desk())
        for device in self._site.serial:
            link = Path(device.device)
            if link.exists() or link.is_symlink():
                remedy = "Unplug it, or name another path in a copy of site.toml"
                raise DevicesThere(f"{link}: something real is there; a double would take its place. {remedy}")
            if device.protocol == "barcode":
                self._readers[device.gate] = desk.stand(Reader(link, device.baud))
            else:
                double = self._weigher(device, link)
                self._weighers.setdefault(device.shelf, []).append((device, desk.stand(double)))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def say(self, record: Record) -> bool:
        """Whether a double says it; else it is the broker's."""
        if isinstance(record, CredentialScan) and record.gate in self._readers:
            self._readers[record.gate].scan(record.credential)
            return True
        if isinstance(record, WeightBatch) and record.shelf in self._weighers:
            newest_g: Sequence[float] = record.mass_g[:, -1].tolist()
            for device, double in self._weighers[record.shelf]:
                _weigh(device, double, newest_g)
            return True
        return False

    def _weigher(self, device: SerialDevice, link: Path) -> Weigher:
        if device.is_scale:
            parity = device.parity if device.bits == 7 and device.parity != "none" else None
            scale = COUNTER.get(device.protocol, Scale)(link, device.baud, noise_g=0.0, parity=parity)
            if device.protocol == "toledo-8217":
                scale.unit = device.unit
            return scale
        count = len(device.plates) or self._store.layout.shelf(device.shelf).plates
        return Controller(link, device.baud, plates=count, noise_g=0.0)


def _weigh(device: SerialDevice, double: Weigher, newest_g: Sequence[float]) -> None:
    plates = device.plates or tuple(range(1, len(newest_g) + 1))
    if device.is_scale:
        whole_g = sum(newest_g[plate - 1] for plate in plates)
        double.say(1, None if math.isnan(whole_g) else whole_g)
        return
    for own, plate in enumerate(plates, start=1):
        mass_g = newest_g[plate - 1]
        double.say(own, None if math.isnan(mass_g) else mass_g)
