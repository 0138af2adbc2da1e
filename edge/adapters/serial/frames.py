"""Bytes of a serial line -> whole lines of readable text.

Enters: bytes in pieces of any size, and when they came. Leaves: lines without their ends. What ends a line says its
`Framing`: a carriage return, a line feed and any run of them, for some devices other bytes or a pause, too. Refuses,
and counts: a line with a byte that is no printable ASCII in it (one byte that flipped may have been a digit, so nothing
of that line is believed); a run longer than ``longest`` bytes without an end, up to the next end; and half a line whose
rest did not come within `SILENCE_S`.

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

STX, ETX = b"\x02", b"\x03"
READABLE = bytes(range(0x20, 0x7F)) + b"\t\n"


@dataclass(frozen=True, slots=True)
class Framing:
    """How a device's lines are told apart.

    ``ends``: bytes of which each ends a line; ``begins``: bytes with which one begins, and that end the one before.
    ``also``: further bytes that are text to this device. ``gap_s``: a pause of so long ends a line, as long as no byte
    of ``ends`` has come. ``mid_line``: it speaks without being asked, so that what is heard first may be the end of a
    line. It is dropped: of ``11,500`` the end ``1,500`` would be another plate's reading.
    """

    longest: int = LONGEST
    ends: bytes = b"\r\n"
    begins: bytes = b""
    also: bytes = b""
    gap_s: float = float("inf")
    mid_line: bool = False


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

    @property
    def lost(self) -> int:
        """Whatever did not become a line."""
        return self.garbled + self.overlong + self.halves


class Frames:
    """The line that is being received, and what became of those before."""

    def __init__(self, framing: Framing = Framing()) -> None:
        self.tally = Tally()
        self._framing = framing
        marks = framing.ends + framing.begins
        self._as_ends = bytes.maketrans(marks, b"\n" * len(marks))
        self._text = READABLE + framing.also
        self._ended = False
        """An end has come: a pause is none any more."""
        self._half = b""
        self._heard_s = float("-inf")
        self._skipping = framing.mid_line

    def feed(self, piece: bytes, at_s: float) -> list[bytes]:
        """The lines that ``piece`` completes. ``at_s``: seconds of any clock that only goes forward.

        A pause is one only when nothing waits to be read (``piece`` is empty): who was kept from reading for a while
        finds the rest of a line there.
        """
        lines = self._after_pause(at_s, SILENCE_S if piece else self._framing.gap_s)
        if not piece:
            return lines
        self._heard_s = at_s
        self.tally.bytes_ += len(piece)
        if not self._ended:
            self._ended = any(end in piece for end in self._framing.ends)
        piece = piece.translate(self._as_ends)
        dirt = len(piece.translate(None, self._text))
        self.tally.garbage += dirt
        *ended, last = (self._half + piece).split(b"\n")
        dirty = dirt > 0 or bool(self._half.translate(None, self._text))
        if ended and self._skipping:
            self._skipping = False
            ended = ended[1:]
        whole = [line for line in ended if line and self._sound(line, dirty)]
        self.tally.lines += len(whole)
        self._half = self._bounded(last)
        return lines + whole

    def _after_pause(self, at_s: float, gap_s: float) -> list[bytes]:
        """Half a line whose rest is overdue is let go; where a pause ends lines, it is a whole one."""
        silence_s = at_s - self._heard_s
        whole = not self._ended and self._framing.gap_s < float("inf")
        if silence_s <= (gap_s if whole else SILENCE_S):
            return []
        half, self._half = self._half, b""
        self._heard_s = float("inf")
        if whole:
            self._skipping = False
            sound = bool(half) and self._sound(half, dirty=True)
            self.tally.lines += sound
            return [half] if sound else []
        self.tally.halves += bool(half)
        return []

    def _sound(self, line: bytes, dirty: bool) -> bool:
        if len(line) > self._framing.longest:
            self.tally.overlong += 1
            return False
        if dirty and line.translate(None, self._text):
            self.tally.garbled += 1
            return False
        return True

    def _bounded(self, half: bytes) -> bytes:
        if self._skipping:
            return b""
        if len(half) > self._framing.longest:
            self.tally.overlong += 1
            self._skipping = True
            return b""
        return half
