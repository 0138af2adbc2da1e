"""A scale that speaks MT-SICS, the Mettler-Toledo Standard Interface Command Set, levels 0 and 1.

The conversation, as in the reference manual (11780711): ``@`` resets the scale and makes it say its serial number
(``I4 A "B021002593"``), ``I4`` asks for that again where a reset is answered by nothing, ``SIR`` has the weight
repeated from then on. Scales that answer ``SIR`` with ``ES``, ``ET``, ``EL`` or ``S I``, or not at all, are asked with
``SI`` for every single weight. A scale that was switched off and on says its serial number by itself; ``SIR`` is then
sent again. ::

    S S     100.00 g     stable          S +    overload       ES   syntax error
    S D     129.07 g     moving          S -    underload      ET   transmission error
    S I                  not now                               EL   logical error

Leaves: grams. Stable or moving makes no difference, the runtime sees for itself what rests. Overload, underload and
"not now" are readings that nobody can read. A scale does not say where on it a thing lies: if it carries several plates
of the shelf, each bears an equal part. Refuses: other units than g, kg, mg, t, lb, oz (pieces, ``lb:oz``), of which
staff are told, and masses beyond a tonne.
"""

from __future__ import annotations

import re
from typing import Literal

from edge.adapters.serial.dialects.dialect import Said, Unusable
from edge.adapters.serial.dialects.pan import Pan
from edge.adapters.serial.frames import Framing
from edge.site import SerialDevice
from edge.told import Sentence

ANSWER_S = 0.7
"""So long a scale may take for an answer."""
WEIGHT_S = 2.0
"""A scale that repeats its weight does so several times a second; after so long it has stopped."""
POLL_S = 0.1
TRIES = 2
"""Unanswered ``SIR`` before every weight is asked for."""

_WEIGHT = re.compile(rb"S (?P<state>[SD]) +(?P<number>[+-]?\d{1,12}(?:\.\d{0,9})?) +(?P<unit>[^\s\d]{1,5}) *")
_POUNDS_OUNCES = re.compile(rb"S [SD] +[+-]?\d+ *(?:lb)?[: ] *[\d./ ]+ *(?:lb[: ]?)?oz *", re.IGNORECASE)
_AMISS = re.compile(rb"S [SD] +Error .*")
_SERIAL = re.compile(rb'I4 A "(?P<number>[^"]*)" *')

Asked = Literal["", "@", "I4", "SIR", "SI"]

_COMPLAINTS: dict[bytes, Unusable] = {
    b"ES": Unusable("the scale says: syntax error"),
    b"ET": Unusable("the scale says: transmission error"),
    b"EL": Unusable("the scale says: logical error"),
}
NOT_MT_SICS = Unusable("not MT-SICS")


class MtSics:
    """One scale from its opening on."""

    framing = Framing()
    restless = True
    speaks = "MT-SICS"

    def __init__(self, device: SerialDevice, plates: int = 0) -> None:
        self.serial_number = ""
        self._pan = Pan(device)
        self._asked: Asked = ""
        self._asked_s = float("-inf")
        self._answered = False
        self._weighed = False
        """It has repeated a weight since the last ``SIR``."""
        self._tries = 0

    def ask(self, at_s: float) -> bytes:
        """The next command of the conversation, once the last is answered or will not be."""
        since_s = at_s - self._asked_s
        if self._asked == "":
            return self._send("@", at_s)
        if self._asked in ("@", "I4"):
            if not self._answered and since_s < ANSWER_S:
                return b""
            return self._send("I4" if self._asked == "@" and not self.serial_number else "SIR", at_s)
        if self._asked == "SIR":
            if since_s < WEIGHT_S:
                return b""
            self._tries = 0 if self._weighed else self._tries + 1
            return self._send("SIR" if self._tries < TRIES else "SI", at_s)
        return self._send("SI", at_s) if since_s >= (POLL_S if self._answered else ANSWER_S) else b""

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """What an answer says about the plates that the scale carries."""
        found = _WEIGHT.fullmatch(line)
        if found is not None:
            self._has_answered(at_s)
            tonnes = found["unit"] == b"t"  # there it is one, and a tola elsewhere
            unit = "kg" if tonnes else found["unit"].decode("ascii", "replace")
            return self._pan.weighs(float(found["number"]) * (1000 if tonnes else 1), unit)
        if _POUNDS_OUNCES.fullmatch(line):
            self._has_answered(at_s)
            return self._pan.weighs(0.0, "lb:oz")
        if line.rstrip() in (b"S +", b"S -") or _AMISS.fullmatch(line):
            return self._weighs_nothing(at_s)
        number = _SERIAL.fullmatch(line)
        if number is not None:
            return self._named(number["number"].decode("ascii", "replace"))
        return self._objection(line.rstrip(), at_s)

    def _send(self, command: Asked, at_s: float) -> bytes:
        self._asked, self._asked_s, self._answered, self._weighed = command, at_s, False, False
        return command.encode("ascii") + b"\r\n"

    def trouble(self) -> Sentence:
        """That it shows a unit which is none of mass."""
        return self._pan.trouble()

    def _weighs_nothing(self, at_s: float) -> list[Said]:
        self._has_answered(at_s)
        return self._pan.cannot_tell()

    def _has_answered(self, at_s: float) -> None:
        self._answered = True
        if self._asked == "SIR":
            self._asked_s, self._weighed, self._tries = at_s, True, 0

    def _named(self, number: str) -> list[Said]:
        self.serial_number = number
        if self._asked in ("SIR", "SI"):
            self._asked, self._tries = "I4", 0
        self._answered = True
        return []

    def _objection(self, line: bytes, at_s: float) -> list[Said]:
        """``S I``, an error, or no MT-SICS at all."""
        if line == b"S I":
            said = self._weighs_nothing(at_s)
            if self._asked == "SIR":
                self._asked = "SI"
            return said
        if line in (b"I4 I", b"I4 L"):
            self._answered = True
            return []
        if line not in _COMPLAINTS:
            return [NOT_MT_SICS]
        if self._asked in ("@", "I4"):
            self._answered = True
            return []
        if self._asked == "SIR" and not self._weighed:
            self._asked, self._answered = "SI", True
            return []
        return [_COMPLAINTS[line]]
