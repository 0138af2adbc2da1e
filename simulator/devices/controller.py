"""A microcontroller with a few load cells that prints ``<plate>,<grams>`` lines, with or without a checksum."""

from __future__ import annotations

import time
from pathlib import Path

from edge.adapters.serial.dialects.lines import checksum
from simulator.devices.double import Double
from simulator.devices.pans import Pans


class Printer(Double):
    """Whatever prints such lines, to so many ``digits``."""

    protocol = "lines"

    def __init__(self, link: Path, baud: int, seed: int, *, sums: bool, digits: int = 1) -> None:
        super().__init__(link, baud, seed)
        self._sums, self._digits = sums, digits
        self.wrong_sums = False
        """A fault: checksums are there, and wrong."""

    def line(self, plate: int, number: float) -> bytes:
        said = f"{plate},{number:.{self._digits}f}".encode("ascii")
        if not self._sums:
            return said
        return b"%s*%02X" % (said, checksum(said) ^ (0x55 if self.wrong_sums else 0))


class Controller(Printer):
    """``plates`` plates, each printed ``hz`` times a second."""

    def __init__(
        self,
        link: Path,
        baud: int = 115200,
        seed: int = 1,
        *,
        plates: int = 4,
        hz: float = 10.0,
        noise_g: float = 0.3,
        sums: bool = False,
    ) -> None:
        super().__init__(link, baud, seed, sums=sums)
        self.every_s = 1.0 / hz
        self._pans = Pans(plates, noise_g, seed)

    @property
    def plates(self) -> int:
        return self._pans.count

    def put(self, plate: int, change_g: float) -> None:
        """Put something on a plate (1-based), or take it off."""
        self._pans.put(plate, change_g, time.monotonic())

    def say(self, plate: int, mass_g: float | None) -> None:
        """The plate reads just this from now on; None: it is left out."""
        self._pans.say(plate, mass_g)

    def tick(self, at_s: float) -> list[bytes]:
        read = enumerate(self._pans.read(at_s), start=1)
        return [self.line(plate, mass_g) for plate, mass_g in read if mass_g is not None]
