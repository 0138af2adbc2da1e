"""What Kern scales print: 16 characters, without the unit as long as the weight moves.

::

             123.4 g        M, sign, ten places for the number, a blank, three for the unit; then CR LF
    -          1.2          moving: the places of the unit are blank, or missing
               Error        overload, underload

From the manuals of the FKB, PCB, KDE and similar series. ``w``, without an end, asks for the weight at once. Leaves:
grams. Kern's indicators that print ``ST,GS …`` speak `a-and-d`, and those with KCP speak `mt-sics`.
"""

from __future__ import annotations

import re

from edge.adapters.serial.dialects.dialect import Unusable
from edge.adapters.serial.dialects.printing import CANNOT_TELL, Printing, Read, Shown, number_of

_LINE = re.compile(rb"[M ]{1,3}(?P<sign>-?) *(?P<number>\d{1,9}(?:\.\d{0,6})?) {0,3}(?P<unit>[A-Za-z%]{0,3}) *")
_ERROR = re.compile(rb" *(?:Error|E) *", re.IGNORECASE)
LONGEST = 18
"""Characters; most have 16, and those that move 13."""

NOT_KERN = Unusable("not what Kern prints")


class Kern(Printing):
    """One scale."""

    speaks = "what Kern scales print"
    queries = (b"w",)

    def read(self, line: bytes) -> Read:
        """The number and its unit, by their columns."""
        if _ERROR.fullmatch(line):
            return CANNOT_TELL
        found = _LINE.fullmatch(line)
        if found is None or len(line) > LONGEST:
            return NOT_KERN
        return Shown(number_of(found["sign"], found["number"]), found["unit"].decode("ascii"))
