"""A pseudo-terminal with a symbolic link to it: a USB plug that can be pulled and put back.

Enters: bytes from a double. Leaves: the same bytes at the other end, or what is left of them if that end is set to
another baud rate (`simulator.devices.uart`). A UART waits for nobody: what does not fit is lost. While it is pulled the
link is gone, and whoever had the port open is told by the kernel, as with a real one.
"""

from __future__ import annotations

import os
import termios
import tty
from contextlib import suppress
from pathlib import Path
from select import select
from threading import Lock

from edge.adapters.serial.wiring import SevenBits
from edge.site import Parity
from simulator.devices.uart import heard

_SPEEDS: dict[int, int] = {
    getattr(termios, f"B{baud}"): baud
    for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
    if hasattr(termios, f"B{baud}")
}
_CONSTANTS = {baud: speed for speed, baud in _SPEEDS.items()}
_IN, _OUT = 4, 5
"""Where the speeds stand in what `termios.tcgetattr` gives."""


class Plug:
    """A serial port at ``link`` whose device runs at ``baud``. May be used from several threads.

    ``parity``: the device speaks seven bits with one (8 bits without where it is None). A pseudo-terminal carries bytes
    and knows nothing of bits, so that its other end gets what a receiver of eight bits hears: the parity in the eighth.
    """

    def __init__(self, link: Path, baud: int, parity: Parity | None = None) -> None:
        self.link, self.baud, self.parity = link, baud, parity
        self._seven = SevenBits(parity) if parity else None
        self.parity_fault = 0
        """A fault: the first byte of so many utterances has the other parity."""
        self._lock = Lock()
        self._ends: tuple[int, int] | None = None
        self.path = ""
        """Of the pseudo-terminal itself; another one after every plugging in."""

    @property
    def plugged(self) -> bool:
        return self._ends is not None

    def plug(self) -> None:
        """Put it in. A link to a terminal is replaced: whoever left it there was killed, or gives way."""
        with self._lock:
            if self._ends is not None:
                return
            if self._points_at("/dev/pts/"):
                self.link.unlink()
            ours, theirs = os.openpty()
            try:
                self._set(theirs)
                os.set_blocking(ours, False)
                self.path = os.ttyname(theirs)
                self.link.symlink_to(self.path)
            except OSError as error:
                os.close(ours)
                os.close(theirs)
                remedy = "Name a path where nothing is, in a folder that you may write to, with --link"
                raise type(error)(f"{self.link}: cannot become the port ({error.strerror}). {remedy}") from error
            self._ends = ours, theirs

    def unplug(self) -> None:
        """Pull it."""
        with self._lock:
            ends, self._ends = self._ends, None
            if ends is None:
                return
            if self._points_at(self.path):
                self.link.unlink()
            for end in ends:
                os.close(end)

    def write(self, said: bytes) -> int:
        """Say something; returns how many of its bytes got through, garbled or not."""
        with self._lock:
            if self._ends is None or not said:
                return 0
            ours, theirs = self._ends
            said = self._seven.said(said) if self._seven else said
            if self.parity_fault:
                self.parity_fault -= 1
                said = bytes([said[0] ^ 0x80]) + said[1:]
            with suppress(BlockingIOError, OSError):
                return os.write(ours, heard(said, self.baud, self._speed(theirs, _IN)))
            return 0

    def read(self) -> bytes:
        """What was said to the device; nothing when nothing was."""
        with self._lock:
            if self._ends is None:
                return b""
            ours, theirs = self._ends
            with suppress(BlockingIOError, OSError):
                if select([ours], [], [], 0)[0]:
                    told = heard(os.read(ours, 4096), self._speed(theirs, _OUT), self.baud)
                    return self._seven.heard(told) if self._seven else told
            return b""

    def _points_at(self, beginning: str) -> bool:
        return self.link.is_symlink() and os.readlink(self.link).startswith(beginning)

    def _set(self, theirs: int) -> None:
        """Raw, and at the device's own rate until somebody sets another."""
        tty.setraw(theirs)
        speed = _CONSTANTS.get(self.baud)
        if speed is not None:
            settings = termios.tcgetattr(theirs)
            settings[_IN] = settings[_OUT] = speed
            termios.tcsetattr(theirs, termios.TCSANOW, settings)

    def _speed(self, theirs: int, which: int) -> int:
        """What the other end is set to; a rate that the kernel has no name for is taken for the right one."""
        return _SPEEDS.get(termios.tcgetattr(theirs)[which], self.baud)
