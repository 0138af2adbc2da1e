"""What a scale carries: a number and its unit become the shelf's plates.

Enters: numbers with units as a scale shows them, and that it cannot tell. Leaves: grams a plate. A scale does not say
where on it a thing lies: if it carries several plates of the shelf, each bears an equal part. Refuses: units of no mass
that is known here, which staff are told with the remedy, and masses beyond a tonne.
"""

from __future__ import annotations

from edge.adapters.serial.dialects.dialect import Said, Unusable, Weighed
from edge.adapters.units import KNOWN, grams_of
from edge.site import LARGEST, SerialDevice
from edge.told import NOTHING, Sentence, phrase, told

UNKNOWN_UNIT = Unusable("unknown unit")
ABSURD = Unusable("absurd mass")


class Pan:
    """The plates of one scale."""

    def __init__(self, device: SerialDevice) -> None:
        self.device, self._plates = device.device, device.plates
        self._odd = ""

    def weighs(self, number: float, unit: str) -> list[Said]:
        """It shows so many of a unit."""
        each_g = grams_of(unit)
        self._odd = unit.strip() if each_g is None else ""
        if each_g is None:
            return [UNKNOWN_UNIT]
        mass_g = number * each_g
        if not abs(mass_g) <= LARGEST["g"]:
            return [ABSURD]
        return [Weighed(plate, mass_g / len(self._plates)) for plate in self._plates]

    def cannot_tell(self) -> list[Said]:
        """It says so itself: too much on it, lifted, busy."""
        self._odd = ""
        return [Weighed(plate, None) for plate in self._plates]

    def trouble(self) -> Sentence:
        """That it shows a unit in which nothing can be weighed."""
        if not self._odd:
            return NOTHING
        what = phrase("{device} shows {unit}, and that is no mass: switch it to {known}")
        return told(what, device=self.device, unit=self._odd, known=KNOWN)
