"""The numbers of goods, from a barcode reader on a serial line.

Enters: a port. Leaves: GTIN-8, -12, -13 or -14 whose check digit holds, from bars, GS1 element strings and Digital
Links; UPC-E is written out, a magazine's add-on left off. Whatever else is read is said to be none, with what it was; a
shopper's code is not a product.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final

from edge.adapters.serial.dialects.barcode import FRAMING
from edge.adapters.serial.frames import Frames
from edge.adapters.serial.goods import unwrapped
from edge.adapters.serial.port import BROKEN, why_not
from edge.adapters.serial.wiring import Line
from edge.site import SerialDevice

AGAIN_S: Final = 2.0
"""A reader repeats a number for as long as it sees it."""


class NoReader(OSError):
    """The port cannot be used; the message says what to do."""


class NoNumber(ValueError):
    """Something was read that is no number of goods."""


class Reader:
    """Use it as a context manager, and ask `number` now and then; it never waits."""

    def __init__(self, device: str, baud: int = 9600) -> None:
        self._device = SerialDevice(device=device, protocol="barcode", baud=baud)
        self._frames = Frames(FRAMING)
        self._last = b""
        self._seen_s = -AGAIN_S
        try:
            self._line = Line(self._device, patience_s=0.0, write_s=0.0)
        except BROKEN as error:
            raise self._gone(error) from error

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()

    def number(self) -> str | None:
        """The number that was read since, if any. `NoNumber` for anything else, `NoReader` where the reader is gone."""
        now_s = time.monotonic()
        try:
            lines = self._frames.feed(self._line.read(4096), now_s)
        except BROKEN as error:
            raise self._gone(error) from error
        for line in lines:
            again = line == self._last and now_s - self._seen_s < AGAIN_S
            self._last, self._seen_s = line, now_s
            if not again:
                return _number(line)
        return None

    def _gone(self, error: Exception) -> NoReader:
        why = why_not(error, self._device).replace("device in site.toml", "--reader")
        return NoReader(why.replace("baud in site.toml", "--baud"))


def _number(line: bytes) -> str:
    code = unwrapped(line)
    if code.gtin:
        return code.gtin
    said = code.text.strip().decode("ascii", "replace")
    short = len(said) in (6, 7) and said.isdecimal()
    remedy = (
        "Set the reader to send UPC-E with its number system and check digit"
        if short
        else "Hold the bar code of the product under the reader"
    )
    raise NoNumber(f"{said!a} is no number of goods. {remedy}")
