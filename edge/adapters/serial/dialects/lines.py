"""A microcontroller's lines: ``<plate>,<grams>``, with or without a checksum.

::

    1,1523.4
    2,-0.3*1B

The plate counts from 1 as the device counts; `SerialDevice.plates` says which plates of the shelf those are. The
checksum is that of NMEA 0183: ``*`` and two hexadecimal digits, the exclusive or of all bytes before the star. A device
that has sent one is held to it: a line without one is a line that lost it. One reading a line, so that a lost line end
is seen. ``nan``, ``inf`` and Arduino's ``ovf`` in place of the number say that the plate cannot be read. Refuses, with
fixed reasons: anything else, and masses beyond a tonne.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

from edge.adapters.serial.dialects.dialect import Said, Unusable, Weighed
from edge.adapters.serial.frames import Framing
from edge.site import GRAMS, LARGEST, SerialDevice
from edge.told import NOTHING, Sentence
from edge.wire.gaps import is_unread

_LINE = re.compile(
    rb"(?P<said>\s*(?P<plate>\d{1,4})\s*,\s*"
    rb"(?:(?P<number>[+-]?\d{1,15}(?:\.\d{0,12})?(?:[eE][+-]?\d{1,2})?)|(?P<none>[+-]?[A-Za-z/]{2,16}))\s*)"
    rb"(?:\*(?P<sum>[0-9A-Fa-f]{2})\s*)?"
)
_SEVERAL = re.compile(rb"\s*\d+\s*,[^,]*[,;].*")

NOT_A_READING = Unusable("not <plate>,<grams>")
SEVERAL = Unusable("several readings in a line")
UNKNOWN = Unusable("unknown plate")
ABSURD = Unusable("absurd mass")
WRONG_SUM = Unusable("wrong checksum")
NO_SUM = Unusable("checksum missing")


class Lines:
    """One microcontroller at a shelf of ``plates`` plates."""

    framing = Framing(mid_line=True)
    restless = True
    speaks = "<plate>,<grams> lines"

    def __init__(self, device: SerialDevice, plates: int) -> None:
        numbers = device.plates or tuple(range(1, plates + 1))
        self._plates = dict(enumerate(numbers, start=1))
        self._unit_g, self._largest = GRAMS[device.unit], LARGEST[device.unit]
        self._sums = False

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """The one reading of a line, or why there is none."""
        return [self._read(line)]

    def ask(self, at_s: float) -> bytes:
        """Nothing: it talks by itself."""
        return b""

    def trouble(self) -> Sentence:
        """Nothing that a device of this kind would not be told by its plates."""
        return NOTHING

    def _read(self, line: bytes) -> Said:
        found = _LINE.fullmatch(line)
        if found is None or (found["none"] is not None and not is_unread(found["none"])):
            return SEVERAL if _SEVERAL.fullmatch(line) else NOT_A_READING
        told = found["sum"]
        if told is not None:
            if int(told, 16) != checksum(found["said"]):
                return WRONG_SUM
            self._sums = True
        elif self._sums:
            return NO_SUM
        plate = self._plates.get(int(found["plate"]))
        if plate is None:
            return UNKNOWN
        if found["number"] is None:
            return Weighed(plate, None)
        mass_g = float(found["number"]) * self._unit_g
        return Weighed(plate, mass_g) if abs(mass_g) <= self._largest else ABSURD


def checksum(said: bytes) -> int:
    """Exclusive or of all bytes (NMEA 0183)."""
    return reduce(xor, said, 0)
