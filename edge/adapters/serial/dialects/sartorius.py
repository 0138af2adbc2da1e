"""Sartorius SBI: lines of 16 characters, or of 22 with a name in front.

::

    +   1255.7 g              12345678901234         sign, number to column 10, unit from 12 on; then CR LF
    N     +   1255.7 g        12345678901234567890   the same behind six characters that say what it is
    Stat         H            overload; L: underload; C: adjusting; Err 54: an error

From the manuals of the Cubis, Entris, Combics and Master series. As long as the weight moves the unit's places are
blank. Digits that are not verified stand in ``[ ]``. ``ESC P`` asks for the weight. Leaves: grams. Of named lines only
net (``N``) and gross (``G#``) are what lies there; tares, counts and averages are not.
"""

from __future__ import annotations

import re

from edge.adapters.serial.dialects.dialect import NOTED, Unusable
from edge.adapters.serial.dialects.printing import CANNOT_TELL, Printing, Read, Shown, number_of

SHORT, LONG, NAME = 14, 20, 6
"""Characters without CR LF, and those of the name."""
_NUMBER = re.compile(rb"(?P<sign>[+\- ]) *(?P<number>\d{1,9}(?:\.\d{0,8})?) *(?P<unit>[A-Za-z%/]{0,3}) *")
_STATE = re.compile(
    rb" *(?:HH?|High|LL?|Low|C|Cal\.? ?(?:Ext\.?|Int\.?)?|-- ?-*|- -|Err? *\d+|ERR? *\d+|[A-Z]{3}\.ERR?) *"
)
_WEIGHTS = (b"N", b"N1", b"G", b"G#")

NOT_SBI = Unusable("not SBI")


class Sbi(Printing):
    """One balance."""

    speaks = "Sartorius SBI"
    queries = (b"\x1bP\r\n",)

    def read(self, line: bytes) -> Read:
        """The number and its unit, by their columns."""
        if len(line) > LONG:
            return NOT_SBI
        name, value = (line[:NAME].strip(), line[NAME:]) if len(line) > SHORT else (b"", line)
        if _STATE.fullmatch(value) and name in (b"", b"Stat"):
            return CANNOT_TELL
        if not value.strip() and name in (b"", b"Stat"):
            return NOTED
        found = _NUMBER.fullmatch(value.translate(None, b"[]"))
        if found is None:
            return NOT_SBI
        if name and name not in _WEIGHTS:
            return NOTED
        return Shown(number_of(found["sign"], found["number"]), found["unit"].decode("ascii"))
