"""Mettler-Toledo 8217: how scales talk to a till.

::

    W  ->  STX 01.250 CR      kilograms, or pounds; N behind the number: net
           STX ? status CR    moving, below zero, too much: then there is no weight

From the service manuals of the Viva, Diva and PS series. The command has no end. The status has a bit for everything
that is wrong: 0 moving, 1 over capacity, 2 under zero; bit 6 is always set. It says no unit, so ``unit`` of site.toml
has to say it. Leaves: grams. A scale that moves says so and no weight: its plates stand at what they weighed until it
rests.
"""

from __future__ import annotations

import re

from edge.adapters.serial.dialects.dialect import NOTED, Unusable
from edge.adapters.serial.dialects.printing import CANNOT_TELL, Printing, Read, Shown
from edge.adapters.serial.frames import ETX, STX, Framing

_WEIGHT = re.compile(rb" *(?P<number>\d{1,4}\.\d{1,4})N? *")
_STATUS = re.compile(rb" *\?(?P<status>.)")
ALWAYS, UNDER_ZERO, OVER_CAPACITY = 0x40, 0x04, 0x02

NOT_8217 = Unusable("not 8217")


class Toledo8217(Printing):
    """One scale."""

    framing = Framing(ends=b"\r\n" + ETX, begins=STX)
    speaks = "8217"
    queries = (b"W",)

    def read(self, line: bytes) -> Read:
        """A weight, or why there is none."""
        found = _WEIGHT.fullmatch(line)
        if found is not None:
            return Shown(float(found["number"]), self.device.unit)
        status = _STATUS.fullmatch(line)
        if status is None or not status["status"][0] & ALWAYS:
            return NOT_8217
        return CANNOT_TELL if status["status"][0] & (UNDER_ZERO | OVER_CAPACITY) else NOTED
