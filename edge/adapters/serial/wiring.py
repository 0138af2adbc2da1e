"""How a serial port is opened, and what its bits mean.

Enters: a `SerialDevice`. Leaves: an open port that gives and takes bytes of text. Seven bits with a parity are told
apart here and not by the adapter: on the wire they are as long as eight bits without one, the parity in the eighth. So
a byte whose parity is wrong is known to be wrong (Linux hands it on as if nothing were), an adapter need not know seven
bits, and no more does a pseudo-terminal. Everything else is the port's own business.
"""

from __future__ import annotations

from typing import Final

import serial

from edge.adapters.serial.frames import READABLE
from edge.site import Parity, SerialDevice

WRONG: Final = 0xFF
"""In place of a byte whose parity is wrong: no text."""

_ODD: Final = bytes(byte.bit_count() & 1 for byte in range(256))
_HARDWARE: Final[dict[Parity, str]] = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "mark": serial.PARITY_MARK,
    "space": serial.PARITY_SPACE,
}
GUESSES: Final[tuple[Parity, ...]] = ("even", "odd", "mark")
TELLING: Final = 12
"""Bytes from which a parity shows."""


class SevenBits:
    """Seven bits and a parity in each byte."""

    def __init__(self, parity: Parity) -> None:
        self._out = bytes(sent(byte, parity) if byte < 0x80 else WRONG for byte in range(256))
        self._in = bytes(byte & 0x7F if sent(byte & 0x7F, parity) == byte else WRONG for byte in range(256))

    def heard(self, piece: bytes) -> bytes:
        """The text of what came; `WRONG` where a parity was."""
        return piece.translate(self._in)

    def said(self, text: bytes) -> bytes:
        """What has to be sent for a text."""
        return text.translate(self._out)


def sent(byte: int, parity: Parity) -> int:
    """Seven bits with their parity on top."""
    top = {"none": 0, "space": 0, "mark": 1, "even": _ODD[byte], "odd": 1 - _ODD[byte]}[parity]
    return byte | top << 7


class Line:
    """An open port; use it as a context manager. Raises what pyserial raises."""

    def __init__(self, device: SerialDevice, *, patience_s: float, write_s: float) -> None:
        in_software = device.bits == 7 and device.parity != "none"
        self._seven = SevenBits(device.parity) if in_software else None
        self._port = serial.Serial(
            device.device,
            device.baud,
            bytesize=8 if in_software else device.bits,
            parity=serial.PARITY_NONE if in_software else _HARDWARE[device.parity],
            stopbits=device.stop_bits,
            timeout=patience_s,
            write_timeout=write_s,
            exclusive=True,
        )
        self.raw = b""
        """What the last `read` took off the wire."""

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def read(self, most: int) -> bytes:
        """What waits, or what comes within the port's patience; nothing where nothing does."""
        self.raw = self._port.read(max(1, min(self._port.in_waiting, most)))
        return self._seven.heard(self.raw) if self._seven else self.raw

    def write(self, text: bytes) -> None:
        """Say something."""
        self._port.write(self._seven.said(text) if self._seven else text)

    def forget(self) -> None:
        """Drop what could not be sent: closing would wait for it."""
        self._port.reset_output_buffer()


def guessed(raw: bytes, device: SerialDevice) -> str:
    """What the bits of a device look like where they look like no text as configured: lines of a ``[[serial]]``
    table. ``""``: like nothing else either.
    """
    if len(raw) < TELLING:
        return ""
    if device.bits == 7 and not raw.translate(None, READABLE + b"\r"):
        return 'bits = 8 and parity = "none"'
    if any(byte & 0x7F not in READABLE + b"\r\x02\x03" for byte in raw):
        return ""
    for parity in GUESSES:
        if all(sent(byte & 0x7F, parity) == byte for byte in raw):
            return f'bits = 7 and parity = "{parity}"'
    return ""
