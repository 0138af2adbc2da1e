"""What is wrong with a device that is open, told from what comes out of it.

Enters: counts of what came, with times of a clock that only goes forward, and a look at what could not be read. Leaves:
one sentence with its remedy, or ``""``. Pure: `edge.adapters.serial.port` reads the clock. What cannot even be opened
is judged there; what only its dialect understands (a scale that shows pieces) the dialect says.

At a wrong baud rate some bytes look like text by chance, so a share tells more than a single byte does; at half the
right one, digits all turn into other text, so a device that speaks in riddles may have either set wrong. Seven bits
with a parity look like garbage, too, and are known by their parity. A boot loader's greeting at a rate of its own
(ESP8266: 74880 baud) must not frighten anybody, so garbage is a trouble only where no reading follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.adapters.serial.wiring import guessed
from edge.site import SerialDevice
from edge.told import NOTHING, Sentence, joined, phrase, told

GARBAGE_SHARE = 0.3
"""Of random bytes 62 % are no text; of weights that are read at a wrong rate between 40 % and all, but for half the
right one."""
GARBAGE_BYTES = 16
"""Fewer say nothing."""
RAW_BYTES = 32
"""As many are looked at for a parity: noise has none."""
GARBAGE_S = 1.0
FORGET_BYTES = 4096
"""What came before so many bytes counts half: settings can be changed while a device runs."""
LEAST_S = 1.0
"""Nobody is called silent or unintelligible sooner, whatever ``stale_s`` says."""
LOST_LINES = 5
"""So much of a device that speaks seldom has to come without becoming a line before that is told."""
SHOWN, SHOWN_LINES = 40, 5
"""Characters of a line, and lines, that are kept to be shown."""


def nobody(lines: Sequence[bytes]) -> str:
    """Knows no dialect."""
    return ""


class Health:
    """One device from its opening on; ``restless`` devices are expected to say something every ``stale_s``.

    ``speaks``: what it should say, for people. ``recognise``: the protocol that lines are of, where they are of one.
    """

    def __init__(
        self,
        device: SerialDevice,
        *,
        restless: bool,
        stale_s: float,
        at_s: float,
        speaks: str = "",
        recognise: Callable[[Sequence[bytes]], str] = nobody,
    ) -> None:
        self._device, self._restless, self._stale_s = device, restless, max(stale_s, LEAST_S)
        self._speaks, self._recognise = speaks, recognise
        self._heard_s = self._read_s = at_s
        self._dropped_s = float("-inf")
        self._bytes = self._garbage = self._lost = 0
        """Since the last reading."""
        self._raw = b""
        self._odd: list[bytes] = []
        """The first lines since the last reading that meant nothing: they are shown, and should stay the same."""
        self.proven = not restless
        """It has said something that could be read; of who speaks seldom nobody expects it."""

    def heard(
        self,
        at_s: float,
        *,
        bytes_: int,
        garbage: int,
        readings: int,
        dropped: int,
        lost: int = 0,
        raw: bytes = b"",
        odd: Sequence[bytes] = (),
    ) -> None:
        """What one piece brought. ``lost``: lines that were none; ``raw``: bytes as they came off the wire; ``odd``:
        lines that meant nothing.
        """
        self._heard_s = at_s
        if dropped:
            self._dropped_s = at_s
        if readings:
            self._read_s, self._bytes, self._garbage, self._lost, self.proven = at_s, 0, 0, 0, True
            self._raw, self._odd = b"", []
            return
        self._bytes += bytes_
        self._garbage += garbage
        self._lost += lost
        self._raw = (self._raw + raw)[-RAW_BYTES:]
        self._odd += odd[: SHOWN_LINES - len(self._odd)]
        if self._bytes > FORGET_BYTES:
            self._bytes //= 2
            self._garbage //= 2

    def trouble(self, at_s: float, own: Sentence = NOTHING) -> Sentence:
        """What is wrong as of now. ``own``: what the dialect has understood to be wrong."""
        name = self._device.device
        if at_s - self._dropped_s < LEAST_S:
            what = phrase("{device} says more than can be taken in, the oldest is dropped: let it say less a second")
            return told(what, device=name)
        if self._restless and at_s - self._heard_s > self._stale_s:
            return told(
                "{device} is open but says nothing: look at its power and its cable, "
                "and whether baud and protocol in site.toml are the device's, and bits and parity",
                device=name,
            )
        unread_s = at_s - self._read_s
        if self._garbage and unread_s > GARBAGE_S and (bits := guessed(self._raw, self._device)):
            what = phrase("{device} speaks, but its bits are others: write {bits} for it in site.toml")
            return told(what, device=name, bits=bits)
        if self._only_garbage() and unread_s > GARBAGE_S:
            return told(
                "{device} says nothing but garbage at {baud} baud: correct baud in site.toml, "
                "or the rate that the device is set to, or bits and parity",
                device=name, baud=self._device.baud,
            )  # fmt: skip
        if own:
            return own
        seldom = not self._restless and self._lost >= LOST_LINES
        if seldom or (self._restless and self._bytes and unread_s > self._stale_s):
            what = told(
                "{device} speaks, but not {speaks} at {baud} baud: "
                "correct protocol or baud in site.toml, or what the device is set to send",
                device=name, speaks=self._speaks, baud=self._device.baud,
            )  # fmt: skip
            return joined(what, self._told())
        return NOTHING

    def _only_garbage(self) -> bool:
        return self._bytes >= GARBAGE_BYTES and self._garbage > GARBAGE_SHARE * self._bytes

    def _told(self) -> Sentence:
        """What was heard instead."""
        if not self._odd:
            return NOTHING
        said = self._odd[-1][:SHOWN].decode("ascii", "replace")
        looks = self._recognise(self._odd)
        if looks:
            return told('It says {said!r}, which looks like protocol = "{looks}"', said=said, looks=looks)
        return told("It says {said!r}", said=said)
