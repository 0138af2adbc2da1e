"""Bytes of a serial line -> whole lines of readable text.

Enters: bytes in pieces of any size, and when they came. Leaves: lines without their ends. Carriage return, line feed
and any run of them end a line. Refuses, and counts: a line with a byte that is no printable ASCII in it (one byte that
flipped may have been a digit, so nothing of that line is believed); a run longer than ``longest`` bytes without an
end, up to the next end; and half a line whose rest did not come within `SILENCE_S`.

Nothing here waits for a line: whoever reads takes what is there. So a device that dies in the middle of a line holds
nobody up, and memory is bounded by ``longest`` and the piece at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 256
"""Bytes. The longest MT-SICS answer to what is asked here has about 40, a microcontroller's line about 20."""

SILENCE_S = 0.5
"""Within a line bytes follow one another without a pause; 16 ms is what a USB adapter may hold back (FTDI's latency
timer), and a busy microcontroller some more."""

READABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"


@dataclass(slots=True)
class Tally:
    """What has gone through, in numbers that only grow."""

    bytes_: int = 0
    garbage: int = 0
    """Bytes that no device of ours ever sends: control characters, NUL, anything beyond ASCII."""
    lines: int = 0
    garbled: int = 0
    """Lines with garbage in them."""
    overlong: int = 0
    """Runs without a line's end."""
    halves: int = 0
    """Half lines whose rest never came."""


class Frames:
    """The line that is being received, and what became of those before.

    ``mid_line``: the device is speaking already. The first line is then dropped: of ``11,500`` the end ``1,500`` would
    be another plate's reading.
    """

    def __init__(self, longest: int = LONGEST, *, mid_line: bool = False) -> None:
        self.tally = Tally()
        self._longest = longest
        self._half = b""
        self._heard_s = float("-inf")
        self._skipping = mid_line

    def feed(self, piece: bytes, at_s: float) -> list[bytes]:
        """The lines that ``piece`` completes. ``at_s``: seconds of any clock that only goes forward."""
        self.rest(at_s)
        if not piece:
            return []
        self._heard_s = at_s
        self.tally.bytes_ += len(piece)
        dirt = len(piece.translate(None, READABLE))
        self.tally.garbage += dirt
        *ended, last = (self._half + piece).replace(b"\r", b"\n").split(b"\n")
        dirty = dirt > 0 or bool(self._half.translate(None, READABLE))
        if ended and self._skipping:
            self._skipping = False
            ended = ended[1:]
        lines = [line for line in ended if line and self._sound(line, dirty)]
        self.tally.lines += len(lines)
        self._half = self._bounded(last)
        return lines

    def rest(self, at_s: float) -> None:
        """Let go of half a line if its rest is overdue."""
        if at_s - self._heard_s <= SILENCE_S:
            return
        if self._half:
            self._half = b""
            self.tally.halves += 1
        self._heard_s = float("inf")

    def _sound(self, line: bytes, dirty: bool) -> bool:
        if len(line) > self._longest:
            self.tally.overlong += 1
            return False
        if dirty and line.translate(None, READABLE):
            self.tally.garbled += 1
            return False
        return True

    def _bounded(self, half: bytes) -> bytes:
        if self._skipping:
            return b""
        if len(half) > self._longest:
            self.tally.overlong += 1
            self._skipping = True
            return b""
        return half
