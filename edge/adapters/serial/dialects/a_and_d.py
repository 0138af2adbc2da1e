"""A&D's standard format, which many an indicator without a name prints, too.

::

    ST,+00123.4  g     stable        QT,+00000012 PC    pieces        OL,+9999999E+19    out of range
    US,-00001.2  g     moving        ST,GS,   1.000kg   gross (NT: net), as indicators print it

From the manuals of the EJ, EK and FX series: two letters of state, the number with its sign, three places for the unit.
``Q`` asks for it at once; in *stream* mode it comes by itself. Leaves: grams. A tare (``TR``, ``TW``) is no weight.
"""

from __future__ import annotations

import re

from edge.adapters.serial.dialects.dialect import NOTED, Unusable
from edge.adapters.serial.dialects.printing import CANNOT_TELL, OBJECTION, Printing, Read, Shown, number_of
from edge.adapters.serial.frames import Framing

_LINE = re.compile(
    rb"\s*(?:ST|US|QT|WT)\s*,\s*(?:(?P<what>GS|NT|GW|NW|TW|TR|PT|OK|LO|HI|--|G|N|T)\s*,?\s*)?"
    rb"(?P<sign>[+-]?)\s*(?P<number>\d{1,9}(?:\.\d{0,6})?)\s*,?\s*(?P<unit>[A-Za-z%/:]{0,5})\s*"
)
_TARES = (b"TW", b"TR", b"PT", b"T")
_OUT_OF_RANGE = re.compile(rb"\s*OL\s*,.*")
_ERROR = re.compile(rb"(?:EC,E\d+|\?)\s*")
ACK = b"\x06"

NOT_A_AND_D = Unusable("not A&D's format")


class AAndD(Printing):
    """One scale."""

    framing = Framing(also=ACK, mid_line=True)
    speaks = "A&D's standard format"
    queries = (b"Q\r\n",)

    def read(self, line: bytes) -> Read:
        """State, number and unit."""
        if line == ACK:
            return NOTED
        if _OUT_OF_RANGE.fullmatch(line):
            return CANNOT_TELL
        if _ERROR.fullmatch(line):
            return OBJECTION
        found = _LINE.fullmatch(line)
        if found is None:
            return NOT_A_AND_D
        if found["what"] in _TARES:
            return NOTED
        unit = found["unit"].decode("ascii")
        return Shown(number_of(found["sign"], found["number"]), "tola" if unit == "t" else unit)
