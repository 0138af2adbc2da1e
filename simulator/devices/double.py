"""What all doubles have in common: a plug, a thread that talks through it, and faults on demand.

Enters: the clock, and commands that come in over the line. Leaves: lines. A double says something by itself every
`every_s`, and answers; both are a subclass's business.
"""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Lock, Thread

from edge.site import Parity
from simulator.chance import stream
from simulator.devices.plug import Plug

LOOK_S = 0.004
"""So often a double looks for commands: as quick as scales are."""


class Double:
    """One device at ``link``; it runs at ``baud``, and whoever opens it at another hears garbage."""

    every_s = 0.1
    protocol = ""
    """What ``site.toml`` calls what it speaks."""
    begins, ends = b"", b"\r\n"
    """What stands around each of its lines."""
    asked_with = b"\r\n"
    """Of these bytes each ends a command; a single one is a command."""

    def __init__(self, link: Path, baud: int = 9600, seed: int = 1, *, parity: Parity | None = None) -> None:
        self.wire = Plug(link, baud, parity)
        self.silent = False
        """A fault: it is there and says nothing."""
        self._rng = stream(seed, "double", str(link))
        self._half = b""
        self._cut = 0
        self._flood_until_s = 0.0
        self._stop = Event()
        self._lock = Lock()
        self._thread = Thread(target=self._run, name=f"double {link.name}", daemon=True)

    @property
    def link(self) -> Path:
        return self.wire.link

    def start(self) -> None:
        """Plug in, and begin to talk."""
        self.wire.plug()
        self._thread.start()

    def stop(self) -> None:
        """Pull the plug for good."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(1.0)
        self.wire.unplug()

    def plug(self) -> None:
        """Put it in again, under the same link."""
        self.powered()
        self.wire.plug()

    def unplug(self) -> None:
        """Pull it."""
        self.wire.unplug()

    def garbage(self, count: int = 64) -> None:
        """So many random bytes now."""
        self.wire.write(self._rng.integers(0, 256, count).astype("uint8").tobytes())

    def half(self, lines: int = 1) -> None:
        """The next lines break off in the middle."""
        self._cut = lines

    def flood(self, for_s: float = 1.0) -> None:
        """As many lines as the line takes."""
        self._flood_until_s = time.monotonic() + for_s

    def tick(self, at_s: float) -> list[bytes]:
        """Lines that it says by itself, called every `every_s`; ``at_s`` is monotonic."""
        return []

    def answer(self, command: bytes, at_s: float) -> list[bytes]:
        """Lines that a command is answered with."""
        return []

    def powered(self) -> None:
        """It begins anew, as after a loss of power."""

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            self._listen(now)
            if now < self._flood_until_s:
                self._utter(self.tick(now) * 50)
            elif now >= due_s:
                self._utter(self.tick(now))
                due_s = max(due_s + self.every_s, now)
            self._stop.wait(LOOK_S if now >= self._flood_until_s else 0.001)

    def _listen(self, now: float) -> None:
        end = self.asked_with[-1:]
        told = self.wire.read().translate(bytes.maketrans(self.asked_with, end * len(self.asked_with)))
        *commands, self._half = (self._half + told).split(end)
        self._half = self._half[-256:]
        for command in commands:
            if command or len(self.asked_with) == 1:
                self._utter(self.answer(command, now))

    def _utter(self, lines: list[bytes]) -> None:
        if self.silent or not lines:
            return
        said = b""
        for line in lines:
            whole = self.begins + line + self.ends
            if self._cut:
                self._cut -= 1
                whole = whole[: len(line) // 2]
            said += whole
        with self._lock:
            self.wire.write(said)
