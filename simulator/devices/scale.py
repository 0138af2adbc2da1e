"""A scale that speaks MT-SICS: what `edge.adapters.serial.dialects.mt_sics` talks to.

It knows ``@``, ``I4``, ``S``, ``SI``, ``SIR``, ``Z`` and ``T`` as the reference manual (11780711) gives them, and
answers ``ES`` to all else. A weight comes right-aligned in ten places, with ``D`` while the plate rings.
"""

from __future__ import annotations

import time
from pathlib import Path

from edge.adapters.units import grams_of
from edge.site import Parity
from simulator.devices.double import Double
from simulator.devices.pans import Pans

STABLE_WITHIN_S = 2.0
"""``S`` waits so long for rest, then it is not executable."""
UNDER_SHARE = 0.02
"""Of the capacity: so far below zero a scale says underload (somebody lifted the pan off)."""


class Scale(Double):
    """One weighing pan up to ``capacity_g``, read to ``digits`` decimals of a gram.

    ``repeats=False``: an older one that does not know ``SIR``. ``unit``: what it is switched to; what is no mass
    (``PCS``, ``lb:oz``) shows a number all the same.
    """

    protocol = "mt-sics"

    def __init__(
        self,
        link: Path,
        baud: int = 9600,
        seed: int = 1,
        *,
        number: str = "B021002593",
        capacity_g: float = 6000.0,
        digits: int = 1,
        noise_g: float = 0.05,
        repeats: bool = True,
        unit: str = "g",
        parity: Parity | None = None,
    ) -> None:
        super().__init__(link, baud, seed, parity=parity)
        self.unit = unit
        self._pan = Pans(1, noise_g, seed)
        self._number, self._capacity_g, self._digits, self._knows_sir = number, capacity_g, digits, repeats
        self._zero_g = 0.0
        self._repeating = False
        self._wants_stable_until_s: float | None = None

    def put(self, plate: int, change_g: float) -> None:
        """Put something on it, or take it off; its only plate is 1."""
        self._pan.put(plate, change_g, time.monotonic())

    def say(self, plate: int, mass_g: float | None) -> None:
        """It shows just this from now on; None: it cannot tell."""
        self._pan.say(plate, mass_g)

    def reboot(self) -> None:
        """Switched off and on: it says its number and has forgotten what it was asked."""
        self.powered()
        self._utter(self._name())

    def powered(self) -> None:
        self._repeating, self._wants_stable_until_s = False, None

    def tick(self, at_s: float) -> list[bytes]:
        if self._wants_stable_until_s is not None:
            if not self._pan.moves(1, at_s):
                self._wants_stable_until_s = None
                return [self._weight(at_s)]
            if at_s > self._wants_stable_until_s:
                self._wants_stable_until_s = None
                return [b"S I"]
        return [self._weight(at_s)] if self._repeating or at_s < self._flood_until_s else []

    def answer(self, command: bytes, at_s: float) -> list[bytes]:
        if command in (b"@", b"S", b"SI"):
            self._repeating = False
        if command in (b"@", b"I4"):
            return self._name()
        if command == b"S":
            self._wants_stable_until_s = at_s + STABLE_WITHIN_S
            return []
        if command == b"SIR" and self._knows_sir:
            self._repeating = True
            return []
        if command == b"SI":
            return [self._weight(at_s)]
        return self._set(command, at_s) if command in (b"Z", b"T") else [b"ES"]

    def _name(self) -> list[bytes]:
        return [b'I4 A "%s"' % self._number.encode("ascii")]

    def _set(self, command: bytes, at_s: float) -> list[bytes]:
        """Zero and tare: what lies there counts as nothing from now on."""
        mass_g = self._gross(at_s)
        if mass_g is None or self._pan.moves(1, at_s):
            return [command + b" I"]
        self._zero_g += mass_g
        return [b"Z A" if command == b"Z" else b"T S %s" % self._number_of(mass_g)]

    def _gross(self, at_s: float) -> float | None:
        mass_g = self._pan.read(at_s)[0]
        return None if mass_g is None else mass_g - self._zero_g

    def _weight(self, at_s: float) -> bytes:
        mass_g = self._gross(at_s)
        if mass_g is None:
            return b"S I"
        if mass_g > self._capacity_g:
            return b"S +"
        if mass_g < -UNDER_SHARE * self._capacity_g:
            return b"S -"
        return b"S %s %s" % (b"D" if self._pan.moves(1, at_s) else b"S", self._number_of(mass_g))

    def _number_of(self, mass_g: float) -> bytes:
        return f"{mass_g / (grams_of(self.unit) or 1.0):10.{self._digits}f} {self.unit}".encode("ascii")
