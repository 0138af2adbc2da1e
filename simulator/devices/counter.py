"""The scales that stand on counters, each printing as its manual says: A&D, Sartorius, Ohaus, Kern, Toledo 8217.

Enters: what is put on them, and what they are asked. Leaves: lines in their columns. ``by_itself``: it is set to print
all the time, several times a second; else it answers. A number that still moves is marked as each of them marks it: by
a word, a question mark, a unit that is missing, or by saying nothing but that it moves.
"""

from __future__ import annotations

import time
from pathlib import Path

from edge.adapters.units import grams_of
from edge.site import Parity
from simulator.devices.double import Double
from simulator.devices.pans import Pans

UNDER_SHARE = 0.02
"""Of the capacity: so far below zero a scale says underload (somebody lifted the pan off)."""


class CounterScale(Double):
    """One pan up to ``capacity_g``, shown in ``unit`` to ``digits`` decimals."""

    queries: tuple[bytes, ...] = ()
    """What it answers with its weight."""

    def __init__(
        self,
        link: Path,
        baud: int = 9600,
        seed: int = 1,
        *,
        by_itself: bool = False,
        unit: str = "g",
        digits: int = 1,
        capacity_g: float = 6000.0,
        noise_g: float = 0.05,
        parity: Parity | None = None,
    ) -> None:
        super().__init__(link, baud, seed, parity=parity)
        self.unit = unit
        """What it is switched to; one that is no mass (``PC``) shows its pieces, of a gram each."""
        self._pan = Pans(1, noise_g, seed)
        self._by_itself, self._digits, self._capacity_g = by_itself, digits, capacity_g

    def put(self, plate: int, change_g: float) -> None:
        """Put something on it, or take it off; its only plate is 1."""
        self._pan.put(plate, change_g, time.monotonic())

    def say(self, plate: int, mass_g: float | None) -> None:
        """It shows just this from now on; None: it cannot tell."""
        self._pan.say(plate, mass_g)

    def tick(self, at_s: float) -> list[bytes]:
        return self._lines(at_s) if self._by_itself or at_s < self._flood_until_s else []

    def answer(self, command: bytes, at_s: float) -> list[bytes]:
        return self._lines(at_s) if command in self.queries else self.objects()

    def objects(self) -> list[bytes]:
        """What it says to a command that it does not know."""
        return []

    def shown(self, number: str, moves: bool) -> bytes:
        """The line of a weight."""
        raise NotImplementedError

    def amiss(self, over: bool) -> bytes:
        """The line of a scale that carries too much, or too little."""
        raise NotImplementedError

    def _lines(self, at_s: float) -> list[bytes]:
        mass_g = self._pan.read(at_s)[0]
        if mass_g is None or mass_g > self._capacity_g or mass_g < -UNDER_SHARE * self._capacity_g:
            return [self.amiss(mass_g is None or mass_g > 0)]
        number = round(mass_g / (grams_of(self.unit) or 1.0), self._digits) + 0.0  # no scale shows -0.0
        return [self.shown(f"{number:.{self._digits}f}", self._pan.moves(1, at_s))]


class AAndDScale(CounterScale):
    """``ST,+00123.4  g``: nine places with the sign, three for the unit."""

    protocol = "a-and-d"
    queries = (b"Q", b"SI")

    def objects(self) -> list[bytes]:
        return [b"EC,E01"]

    def shown(self, number: str, moves: bool) -> bytes:
        head = "US" if moves else "QT" if self.unit == "PC" else "ST"
        return f"{head},{float(number):+09.{self._digits}f}{self.unit:>3}".encode("ascii")

    def amiss(self, over: bool) -> bytes:
        return b"OL,+9999999E+19" if over else b"OL,-9999999E+19"


class SartoriusBalance(CounterScale):
    """SBI: 16 characters, or 22 with ``named``, CR LF among them."""

    protocol = "sartorius"
    queries = (b"\x1bP",)

    def __init__(self, link: Path, baud: int = 9600, seed: int = 1, *, named: bool = False, **more: object) -> None:
        super().__init__(link, baud, seed, **more)  # type: ignore[arg-type]
        self._named = named

    def shown(self, number: str, moves: bool) -> bytes:
        sign = "-" if number.startswith("-") else "+"
        value = f"{sign} {number.lstrip('-'):>8} {'' if moves else self.unit:<3}"
        return f"{'N     ' if self._named else ''}{value}".encode("ascii")

    def amiss(self, over: bool) -> bytes:
        value = f"{'':7}{'H' if over else 'L':<7}"
        return f"{'Stat  ' if self._named else ''}{value}".encode("ascii")


class OhausScale(CounterScale):
    """Ten places, the unit, a question mark while it moves. ``older``: it does not know ``IP``."""

    protocol = "ohaus"

    def __init__(self, link: Path, baud: int = 9600, seed: int = 1, *, older: bool = False, **more: object) -> None:
        super().__init__(link, baud, seed, **more)  # type: ignore[arg-type]
        self.queries = (b"P",) if older else (b"IP", b"P")

    def objects(self) -> list[bytes]:
        return [b"ES"]

    def shown(self, number: str, moves: bool) -> bytes:
        return f"{number:>10} {self.unit:<5}{'?' if moves else ' '}   ".encode("ascii")

    def amiss(self, over: bool) -> bytes:
        return b"Err 8.4" if over else b"Err 8.3"


class KernScale(CounterScale):
    """16 characters; the unit is missing while it moves. ``w`` has no end."""

    protocol = "kern"
    queries = (b"",)
    asked_with = b"w"

    def shown(self, number: str, moves: bool) -> bytes:
        sign = "-" if number.startswith("-") else " "
        return f" {sign}{number.lstrip('-'):>10} {'' if moves else self.unit:<3}".encode("ascii")

    def amiss(self, over: bool) -> bytes:
        return b"           Error"


class Toledo8217Scale(CounterScale):
    """What tills ask: STX, the number, CR; a status where there is no number to be had. It never speaks by itself."""

    protocol = "toledo-8217"
    begins, ends = b"\x02", b"\r"
    queries = (b"",)
    asked_with = b"W"

    def __init__(self, link: Path, baud: int = 9600, seed: int = 1, **more: object) -> None:
        super().__init__(link, baud, seed, **{"unit": "kg", "digits": 3, **more})  # type: ignore[arg-type]

    def shown(self, number: str, moves: bool) -> bytes:
        if moves or number.startswith("-"):
            return b"?" + bytes([0x40 | moves | 0x04 * number.startswith("-")])
        return f"{float(number):0{self._digits + 3}.{self._digits}f}".encode("ascii")

    def amiss(self, over: bool) -> bytes:
        return b"?" + bytes([0x40 | (0x02 if over else 0x04)])


COUNTER: dict[str, type[CounterScale]] = {
    kind.protocol: kind for kind in (AAndDScale, SartoriusBalance, OhausScale, KernScale, Toledo8217Scale)
}
"""Protocol -> the scale that speaks it."""
