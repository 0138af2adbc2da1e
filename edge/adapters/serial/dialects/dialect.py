"""What devices say on a serial line, whichever way they put it.

A *dialect* turns one device's lines into what they mean and says what to send it. It keeps no clock and touches no
port, so every one of them is tested by handing it lines. docs/dialects.md tells how to write one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.adapters.serial.frames import Framing
from edge.told import Sentence


@dataclass(frozen=True, slots=True)
class Weighed:
    """Plate ``plate`` (1-based, the shelf's count) carries ``mass_g``; None: it says itself that it cannot tell."""

    plate: int
    mass_g: float | None


@dataclass(frozen=True, slots=True)
class Scanned:
    """Somebody held a code under a reader."""

    credential: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A line that is well understood and says nothing that is wanted: a greeting, a tare, a scale that still moves."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line that means nothing; reasons are few and fixed."""

    reason: str


Said = Weighed | Scanned | Noted | Unusable

NOTED = Noted()


class Dialect(Protocol):
    """One device from its opening on. Times are seconds of any clock that only goes forward."""

    framing: Framing
    """How its lines are told apart."""
    restless: bool
    """It says something all the time, so silence means that something is wrong."""
    speaks: str
    """What it says if it is the right one, for people."""

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """What a line means. Never raises. One line may speak of several plates, or of nothing."""

    def ask(self, at_s: float) -> bytes:
        """What to send now, if anything. Called several times a second, and after every line."""

    def trouble(self) -> Sentence:
        """What is wrong with what it says, as of its last line, and the remedy. ``""``: nothing, or nothing that this
        dialect knows.
        """
