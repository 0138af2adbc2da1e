"""One serial device: a thread that keeps its port open and hands on what it says.

Enters: a `SerialDevice` of ``site.toml``. Leaves: readings for `Plates`, scans for the inbox, and what is wrong, with
its remedy. A device that vanishes is opened again under the same path, sooner at first and every `LATEST_S` in the end.
A device that says more than `MOST_LINES_PER_S` loses the oldest of it, counted: one that has gone mad must not take the
processor from the others. Times between events are of the monotonic clock; readings are stamped with the inbox's.
"""

from __future__ import annotations

import errno
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event, Thread

import serial

from edge.adapters.inbox import Inbox
from edge.adapters.plates import Plates
from edge.adapters.serial.dialects.barcode import encode_scan
from edge.adapters.serial.dialects.dialect import Dialect, Said, Scanned, Unusable, Weighed
from edge.adapters.serial.frames import Frames, Tally
from edge.adapters.serial.health import Health, nobody
from edge.adapters.serial.wiring import Line
from edge.site import SerialDevice
from edge.told import Sentence, told

SOONEST_S, LATEST_S = 0.2, 5.0
"""Before a port is opened again: doubled each time, until data flows."""
PATIENCE_S = 0.05
"""How long one look at a silent port takes; so quickly a stop is noticed."""
WRITE_S = 0.2
BLOCK = 65_536
"""Bytes taken at once, at most. Linux keeps 4 KiB of a terminal, so this is more than ever waits."""
MOST_LINES_PER_S = 5000.0
"""Fifty plates a hundred times a second; a twentieth of what one core could read."""
CROWDED = 2048
CROWDED_S = 0.005
"""After a piece of so many bytes the others get a turn."""
STOP_S = 0.5
BROKEN = (OSError, ValueError, termios.error)
"""What a port raises that is not, no longer, or not like this. pyserial's own are of OSError."""


@dataclass(slots=True)
class Counts:
    """What a port has seen so far, in numbers that only grow."""

    openings: int = 0
    bytes_: int = 0
    lines: int = 0
    readings: int = 0
    refused: int = 0
    dropped: int = 0


class Port:
    """``dialect`` makes a fresh one for every opening: what was said before an unplugging binds nobody after it.
    ``recognise`` names the protocol of lines that this one does not understand.
    """

    def __init__(
        self,
        device: SerialDevice,
        source: str,
        dialect: Callable[[], Dialect],
        inbox: Inbox,
        plates: Plates,
        stale_s: float,
        recognise: Callable[[Sequence[bytes]], str] = nobody,
    ) -> None:
        self.device, self.source, self.counts = device, source, Counts()
        self._recognise = recognise
        self._dialect, self._inbox, self._plates, self._stale_s = dialect, inbox, plates, stale_s
        self._told: str | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name=source, daemon=True)

    def start(self) -> None:
        """Begin, unless it has begun; a device that is not there yet is waited for."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Close the port. Returns within half a second."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        wait_s = SOONEST_S
        while not self._stop.is_set():
            before = self.counts.bytes_
            try:
                self._listen()
            except BROKEN as error:
                self._tell(why_not(error, self.device))
            if self.counts.bytes_ > before:
                wait_s = SOONEST_S
            self._stop.wait(wait_s)
            wait_s = min(2 * wait_s, LATEST_S)

    def _listen(self) -> None:
        """Until stopped, or until the device is gone: then it raises one of `BROKEN`."""
        device = self.device
        with Line(device, patience_s=PATIENCE_S, write_s=WRITE_S) as line:
            self.counts.openings += 1
            talk = _Talk(device, self._dialect(), self._stale_s, time.monotonic(), self._recognise)
            try:
                while not self._stop.is_set():
                    self._turn(line, talk)
            finally:
                with suppress(*BROKEN):
                    line.forget()

    def _turn(self, line: Line, talk: _Talk) -> None:
        """Take what waits, answer, and say how the device is."""
        piece = line.read(BLOCK)
        now = time.monotonic()
        self._take(piece, line.raw, now, talk)
        asked = talk.dialect.ask(now)
        if asked:
            with suppress(serial.SerialTimeoutException):
                line.write(asked)
        trouble = talk.trouble(now)
        if trouble or talk.health.proven:
            self._tell(trouble)
        if len(piece) >= CROWDED:
            self._stop.wait(CROWDED_S)

    def _take(self, piece: bytes, raw: bytes, now: float, talk: _Talk) -> None:
        was = replace(talk.frames.tally)
        lines = talk.frames.feed(piece, now)
        is_ = talk.frames.tally
        dropped = len(lines) - talk.quota.take(len(lines), now)
        at_s = self._inbox.now_s()
        understood, odd = 0, []
        for line in lines[dropped:]:
            for said in talk.dialect.line(line, now):
                if self._hand_on(said, line, at_s):
                    understood += 1
                else:
                    odd.append(line)
        self.counts.bytes_ += len(piece)
        self.counts.lines += len(lines)
        self.counts.dropped += dropped
        self._refuse(was, is_, dropped, piece)
        if piece or lines or is_.lost > was.lost:
            talk.health.heard(
                now, bytes_=len(piece), garbage=is_.garbage - was.garbage, readings=understood, dropped=dropped,
                lost=is_.lost - was.lost, raw=raw, odd=odd,
            )  # fmt: skip

    def _hand_on(self, said: Said, line: bytes, at_s: float) -> bool:
        """Whether it was understood."""
        match said:
            case Weighed():
                self.counts.readings += 1
                self._plates.put(self.device.shelf, said.plate, said.mass_g, at_s)
            case Scanned():
                self.counts.readings += 1
                self._inbox.hear(f"gate/{self.device.gate}/scan", encode_scan(at_s, said.credential))
            case Unusable():
                self.counts.refused += 1
                self._inbox.refuse(self.source, said.reason, line)
                return False
        return True

    def _refuse(self, was: Tally, is_: Tally, dropped: int, piece: bytes) -> None:
        """What did not even become a line."""
        if dropped:
            self._inbox.refuse(self.source, "too many lines", b"%d lines dropped" % dropped)
        for reason, more in (
            ("garbled line", is_.garbled - was.garbled),
            ("no end of line", is_.overlong - was.overlong),
            ("half a line", is_.halves - was.halves),
        ):
            self.counts.refused += more
            for _ in range(more):
                self._inbox.refuse(self.source, reason, piece[:80])

    def _tell(self, trouble: Sentence) -> None:
        if trouble != self._told:
            self._told = trouble
            self._inbox.trouble(self.source, trouble)


class Quota:
    """So many lines a second, and as many at once."""

    def __init__(self, per_s: float, at_s: float) -> None:
        self._per_s, self._left, self._at_s = per_s, per_s, at_s

    def take(self, wanted: int, at_s: float) -> int:
        """How many of ``wanted`` may be taken."""
        self._left = min(self._per_s, self._left + (at_s - self._at_s) * self._per_s)
        self._at_s = at_s
        given = min(wanted, int(self._left))
        self._left -= given
        return given


class _Talk:
    """One opening of a port: nothing of it outlives an unplugging."""

    def __init__(
        self,
        device: SerialDevice,
        dialect: Dialect,
        stale_s: float,
        at_s: float,
        recognise: Callable[[Sequence[bytes]], str],
    ) -> None:
        self.dialect = dialect
        self.frames = Frames(dialect.framing)
        self.health = Health(
            device, restless=dialect.restless, stale_s=stale_s, at_s=at_s, speaks=dialect.speaks, recognise=recognise
        )
        self.quota = Quota(MOST_LINES_PER_S, at_s)

    def trouble(self, at_s: float) -> Sentence:
        """What is wrong as of now."""
        return self.health.trouble(at_s, self.dialect.trouble())


def why_not(error: Exception, device: SerialDevice) -> Sentence:
    """Why a device cannot be used, and what to do about it."""
    name = device.device
    number = error.args[0] if error.args and isinstance(error.args[0], int) else getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR):
        return told("{device} is not there: plug it in, or correct device in site.toml", device=name)
    if number in (errno.EACCES, errno.EPERM):
        return told("{device} may not be opened: add the user to group dialout, and log in again", device=name)
    if number in (errno.EBUSY, errno.EAGAIN):
        return told(
            "{device} is busy: stop the program that holds it (fuser -v {same} says which)", device=name, same=name
        )
    if number == errno.EINVAL and device.parity != "none":
        return told(
            '{device} knows no parity = "{parity}" with {bits} bits: correct them in site.toml',
            device=name, parity=device.parity, bits=device.bits,
        )  # fmt: skip
    if number in (errno.ENOTTY, errno.EISDIR, errno.EINVAL) or "configure port" in str(error):
        return told("{device} is no serial port: correct device in site.toml", device=name)
    if isinstance(error, ValueError):
        return told("{device} cannot run at {baud} baud: correct baud in site.toml", device=name, baud=device.baud)
    return told("{device} has gone: plug it in again", device=name)
