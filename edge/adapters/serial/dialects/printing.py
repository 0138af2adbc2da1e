"""Scales that print what they show, by themselves or when they are asked: what these dialects have in common.

Enters: lines, as one dialect's `read` understands them. Leaves: grams of the plates that the scale carries. A scale
that speaks by itself is listened to; one that does not is asked, with the first of its dialect's ``queries`` that it
answers. Many print no unit as long as the weight still moves: it is then the one that was printed last. Whether it
moves makes no difference, the runtime sees for itself what rests.

None of these formats has a checksum, and a byte that got lost turns ``1255.7`` into ``125.7``. So a line is read only
if another one of its length has been read before: they print in columns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from edge.adapters.serial.dialects.dialect import NOTED, Noted, Said, Unusable
from edge.adapters.serial.dialects.pan import Pan
from edge.adapters.serial.frames import Framing
from edge.site import SerialDevice
from edge.told import Sentence, phrase, told

LISTEN_S = 0.6
"""So long is waited whether a scale speaks by itself; those that do, do so several times a second."""
QUIET_S = 2.0
"""One that spoke by itself and has been silent for so long does not any more."""
ANSWER_S = 0.7
"""So long a scale may take for an answer."""
POLL_S = 0.1
TRIES = 2
"""Unanswered queries before the next one is tried."""
UNITLESS = 20
"""So many numbers without ever a unit are a setting of the scale's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the scale's display; ``unit``: empty where it prints none at the moment."""

    number: float
    unit: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Overload, underload, an error: the scale knows no weight."""


@dataclass(frozen=True, slots=True)
class Objection:
    """It does not know what it was asked."""


CANNOT_TELL, OBJECTION = CannotTell(), Objection()
Read = Shown | CannotTell | Objection | Noted | Unusable


class Printing(ABC):
    """One scale from its opening on. A dialect says how it `speaks`, what it may be asked, and what a line means."""

    framing = Framing(mid_line=True)
    restless = True
    speaks = ""
    queries: tuple[bytes, ...] = ()
    """What asks for the weight, stable or not; the first that is answered is used from then on."""

    def __init__(self, device: SerialDevice, plates: int = 0) -> None:
        self.device = device
        self._pan = Pan(device)
        self._unit, self._unitless = "", 0
        self._began_s = self._asked_s = self._heard_s = float("-inf")
        self._by_itself = self._waits = False
        self._query = self._tries = 0
        self._lengths: set[int] = set()
        self._length = 0
        """Of the last line that was too long or too short."""

    @abstractmethod
    def read(self, line: bytes) -> Read:
        """What a line means."""

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """What a line says about the plates that the scale carries."""
        self._by_itself = self._by_itself or at_s - self._asked_s > ANSWER_S
        self._heard_s, self._waits, self._tries = at_s, False, 0
        read = self.read(line)
        if isinstance(read, Shown) and not self._in_columns(len(line)):
            return [NOTED]
        match read:
            case Shown():
                return self._shown(read)
            case CannotTell():
                return self._pan.cannot_tell()
            case Objection():
                self._query += 1
                return [NOTED]
        return [read]

    def ask(self, at_s: float) -> bytes:
        """A query, where the scale says nothing by itself."""
        if not self.queries:
            return b""
        if self._began_s == float("-inf"):
            self._began_s = at_s
        if self._by_itself:
            self._by_itself = at_s - self._heard_s < QUIET_S
            return b""
        if at_s - self._began_s < LISTEN_S or at_s - self._asked_s < (ANSWER_S if self._waits else POLL_S):
            return b""
        if self._waits:
            self._tries += 1
            if self._tries >= TRIES:
                self._tries, self._query = 0, self._query + 1
        self._asked_s, self._waits = at_s, True
        return self.queries[self._query % len(self.queries)]

    def trouble(self) -> Sentence:
        """That it shows a unit which is none of mass, or prints none."""
        if self._unitless >= UNITLESS:
            what = phrase(
                "{device} prints numbers without a unit, so nobody knows what they weigh: set it to print the unit"
            )
            return told(what, device=self._pan.device)
        return self._pan.trouble()

    def _in_columns(self, length: int) -> bool:
        if length not in self._lengths and length == self._length:
            self._lengths.add(length)
        self._length = length
        return length in self._lengths

    def _shown(self, shown: Shown) -> list[Said]:
        self._unit = shown.unit.strip() or self._unit
        if not self._unit:
            self._unitless += 1
            return [NOTED]
        self._unitless = 0
        return self._pan.weighs(shown.number, self._unit)


def number_of(sign: bytes, digits: bytes) -> float:
    """What stands beside a sign, which may be a blank."""
    return -float(digits) if sign == b"-" else float(digits)
