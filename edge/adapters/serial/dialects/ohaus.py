"""What Ohaus scales print: the number to the right, its unit, a question mark as long as it moves.

::

         12.73 g     ?            moving
          0.85 kg      NET        G, NET: what lies there; T, PT, TOTAL: something else
      1 lb: 2.3 oz                no mass that is read here

From the manuals of the Scout, Navigator, Ranger and Defender series: ten to twelve places for the number, up to five
for the unit, then the question mark and a legend. ``IP`` asks for the weight at once, stable or not; those that answer
``ES`` are asked with ``P``. Leaves: grams.
"""

from __future__ import annotations

import re

from edge.adapters.serial.dialects.dialect import NOTED, Unusable
from edge.adapters.serial.dialects.printing import CANNOT_TELL, OBJECTION, Printing, Read, Shown, number_of

_LINE = re.compile(
    rb" *(?P<sign>-?) *(?P<number>\d{1,9}(?:\.\d{0,6})?|\.\d{1,6}) +(?P<unit>[A-Za-z%]{1,5}) *\??"
    rb"(?: *(?P<legend>[A-Za-z][A-Za-z/ ]*))?(?: *\d\d:\d\d:\d\d)? *"
)
_POUNDS_OUNCES = re.compile(rb" *-? *\d+ *lb:? *[\d./ ]+ *oz.*", re.IGNORECASE)
_AMISS = re.compile(rb" *(?:-{2,}|_{2,}|\^{2,}|\[?Err[ .\d]*\]?|Error.*|OL|UL) *", re.IGNORECASE)
_WEIGHTS = (None, b"", b"N", b"NET", b"G", b"GROSS", b"B", b"B/G")

NOT_OHAUS = Unusable("not what Ohaus prints")


class Ohaus(Printing):
    """One scale."""

    speaks = "what Ohaus scales print"
    queries = (b"IP\r\n", b"P\r\n")

    def read(self, line: bytes) -> Read:
        """The number, its unit, and whether the legend says that it is a weight."""
        if line.strip() in (b"ES", b"OK!"):
            return OBJECTION if line.strip() == b"ES" else NOTED
        if _AMISS.fullmatch(line):
            return CANNOT_TELL
        if _POUNDS_OUNCES.fullmatch(line):
            return Shown(0.0, "lb:oz")
        found = _LINE.fullmatch(line)
        if found is None:
            return NOT_OHAUS
        legend = found["legend"]
        if (legend.strip().upper() if legend else legend) not in _WEIGHTS:
            return NOTED
        return Shown(number_of(found["sign"], found["number"]), found["unit"].decode("ascii"))
