"""Single readings, whenever they come -> the batches of rows that a shelf is made of.

Enters: grams of one plate at a time, from serial scales, microcontrollers and plain MQTT topics. Leaves:
``shelf/<shelf>/weight`` about twice a second, every sample with its true time: a row each 1/hz s, in which a plate
stands at its last reading, and cannot be read (null) once that is older than ``stale_s``. Which shelves: those that
``site.toml`` wires a plate of. Their other plates are null, and staff are told.

The grid of rows is fixed when a batch begins, so a thread that wakes late changes no time. Where the clock is set, or
the PC slept, the grid begins anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from threading import Event, Lock, Thread

import numpy as np
from numpy.typing import NDArray

from edge.adapters.inbox import Inbox
from edge.shown import named_plates
from edge.site import Site
from edge.store import Shelf, Store
from edge.told import Sentence, joined, phrase, told
from edge.wire import encode_weight

BATCH_S = 0.5
"""How long a batch is: no longer than staff and shoppers notice, and few messages."""
RAW_DIGITS = 9
"""Volts of a bridge are a few thousandths, and half of their digits are the goods."""
LATE_S = 2.0
"""A grid further than this from the clock is given up."""

SILENT = phrase("{plates} silent for {for_s} s: look at power and cable")
UNSURE = phrase("{plates} cannot be read, says the scale: too much on it, or lifted")
UNWIRED = phrase("{plates} without a source: wire in site.toml, or correct plates in store.toml")
"""What may be wrong with some plates of a shelf."""


class Plates:
    """All shelves that are put together from single readings. Every method may be called from any thread."""

    def __init__(self, store: Store, site: Site, inbox: Inbox, *, batch_s: float = BATCH_S) -> None:
        self._inbox, self._hz, self._stale_s = inbox, site.slow.hz, site.slow.stale_s
        self._lock = Lock()
        self._shelves = {
            shelf: _Shelf(store.layout.shelf(shelf), wired, self._stale_s)
            for shelf, wired in sorted(_wired(store, site).items())
        }
        self._rows = max(1, round(self._hz * batch_s))
        self._first = 0
        """The first row of the batch that is being filled. Row k stands for the time k / hz."""
        self._stop = Event()
        self._thread = Thread(target=self._run, name="plates", daemon=True)

    @property
    def shelves(self) -> tuple[str, ...]:
        """The shelves that are put together here."""
        return tuple(self._shelves)

    def put(self, shelf: str, plate: int, mass_g: float | None, at_s: float) -> None:
        """Plate ``plate`` (1-based) carries ``mass_g`` as of ``at_s``, UNIX seconds; None: it says it cannot tell."""
        here = self._shelves.get(shelf)
        if here is None or not 1 <= plate <= here.plates:
            self._inbox.refuse(f"plates/{shelf}", "no such plate", b"%d" % plate)
            return
        at_s = min(at_s, self._inbox.now_s())
        grams = math.nan if mass_g is None else mass_g
        with self._lock:
            row = max(self._first, math.ceil(at_s * self._hz))
            here.incoming.setdefault(row, {})[plate] = (at_s, grams)

    def start(self) -> None:
        """Begin to send; nothing is sent where no shelf is wired like this."""
        if self._shelves:
            self._begin(self._inbox.now_s())
            self._thread.start()

    def stop(self) -> None:
        """Send no more. Returns within half a second."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(0.5)

    def _run(self) -> None:
        while not self._stop.is_set():
            now = self._inbox.now_s()
            due_s = (self._first + self._rows - 1) / self._hz
            if abs(now - due_s) > LATE_S + self._rows / self._hz:
                self._begin(now)
            elif now < due_s:
                self._stop.wait(min(due_s - now, BATCH_S))
            else:
                self._send()

    def _begin(self, now: float) -> None:
        """A new grid from ``now`` on."""
        with self._lock:
            self._first = math.ceil(now * self._hz)
            for shelf in self._shelves.values():
                shelf.begin(now)

    def _send(self) -> None:
        """One batch of every shelf, and what is amiss with them."""
        with self._lock:
            first, self._first = self._first, self._first + self._rows
            times = [k / self._hz for k in range(first, self._first)]
            batches = [(s, s.rows(first, times), s.trouble(times[-1])) for s in self._shelves.values()]
        for shelf, mass_g, trouble in batches:
            said = encode_weight(times[0], self._hz, mass_g, digits=shelf.digits)
            self._inbox.hear(f"shelf/{shelf.id}/weight", said)
            self._inbox.trouble(f"plates/{shelf.id}", trouble)


class _Shelf:
    """One shelf: what each plate said last, and what has come for rows that are not sent yet."""

    def __init__(self, shelf: Shelf, wired: frozenset[int], stale_s: float) -> None:
        self.id, self.plates, self._wired, self._stale_s = shelf.id, shelf.plates, sorted(wired), stale_s
        self.digits = RAW_DIGITS if shelf.says == "raw" else 1
        self.incoming: dict[int, dict[int, tuple[float, float]]] = {}
        """Row -> plate -> (when, grams); of several readings within a row the last stands."""
        self._last: dict[int, tuple[float, float]] = {}
        self._since_s = 0.0

    def begin(self, now: float) -> None:
        """Bring what is there to a new grid."""
        for row in sorted(self.incoming):
            self._last.update(self.incoming.pop(row))
        self._last = {plate: said for plate, said in self._last.items() if said[0] <= now}
        self._since_s = now

    def rows(self, first: int, times: list[float]) -> NDArray[np.float64]:
        """Grams (plates, rows) at ``times``; NaN: cannot be read."""
        mass_g = np.full((self.plates, len(times)), np.nan)
        for i, at_s in enumerate(times):
            self._last.update(self.incoming.pop(first + i, {}))
            for plate, (said_s, grams) in self._last.items():
                if at_s - said_s <= self._stale_s:
                    mass_g[plate - 1, i] = grams
        return mass_g

    def trouble(self, at_s: float) -> Sentence:
        """What staff should know of this shelf's plates."""
        without = [p for p in range(1, self.plates + 1) if p not in self._wired]
        silent, unsure = [], []
        for plate in self._wired:
            said_s, grams = self._last.get(plate, (self._since_s, 0.0))
            if at_s - said_s > self._stale_s:
                silent.append(plate)
            elif math.isnan(grams):
                unsure.append(plate)
        wrong = [
            (SILENT, silent),
            (UNSURE, unsure),
            (UNWIRED, without),
        ]
        said = (told(what, plates=named_plates(of), for_s=f"{self._stale_s:g}") for what, of in wrong if of)
        return joined(*said, by="; ")


def _wired(store: Store, site: Site) -> dict[str, frozenset[int]]:
    """Shelf -> its plates that have a source in ``site.toml``."""
    found: dict[str, set[int]] = {}
    for shelf, plates in _sources(store, site):
        found.setdefault(shelf, set()).update(plates)
    return {shelf: frozenset(plates) for shelf, plates in found.items()}


def _sources(store: Store, site: Site) -> Iterator[tuple[str, tuple[int, ...]]]:
    for device in site.serial:
        if device.protocol != "barcode":
            every = tuple(range(1, store.layout.shelf(device.shelf).plates + 1))
            yield device.shelf, device.plates or every
    for plain in site.plain:
        yield plain.shelf, (plain.plate,)
