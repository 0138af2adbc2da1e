"""What can be wrong with a shelf, in a technician's words: one table of names, meanings, limits and remedies.

Enters: a fault's name, the plates, and a figure. Leaves: a `Finding`. The limits separate hardware as it is sold from
hardware that must be looked at: load cells of OIML R 60 class C3 creep and return within 0.02-0.05 % and are
linear to 0.02 %; single-point cells under a plate gain 0.02-0.1 % towards a corner (R 76 tests that at a third of
the load); cheap ones are a few times worse and still weigh a snack. What lies above is rubbing, tilting, wet or broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from edge.told import phrase

Weight: TypeAlias = Literal["refuse", "warn", "corrected"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. ``limit`` is in ``unit``; what is above it is a fault."""

    name: str
    means: str
    remedy: str
    weight: Weight = "refuse"
    limit: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was found: at which plates (1-based; none: the controller or the whole shelf), and how bad."""

    fault: str
    plates: tuple[int, ...]
    what: str
    value: float = 0.0

    @property
    def kind(self) -> Kind:
        return FAULTS[self.fault]

    @property
    def refuses(self) -> bool:
        return self.kind.weight == "refuse"

    def __str__(self) -> str:
        where = f"plate{'s' * (len(self.plates) > 1)} {', '.join(map(str, self.plates))}" if self.plates else "shelf"
        return f"{where}: {self.fault}: {self.what}. {self.kind.remedy}"


FAULTS = {
    kind.name: kind
    for kind in (
        Kind("dead", phrase("nothing comes from the cell"), phrase("Look at its plug and cable, then change the cell")),
        Kind(
            "stuck",
            phrase("always the same number, whatever lies on the plate"),
            phrase("Look at the cell's plug; if it is well, the converter's input is broken: change the board"),
        ),
        Kind(
            "saturated",
            phrase("the converter is at the end of its range"),
            phrase(
                "Take the load off and look for a short-circuit in the cable; else choose a smaller gain in the "
                "controller"
            ),
        ),
        Kind(
            "noisy",
            phrase("the readings scatter too much"),
            phrase("Look at the cable's shield and its distance from power lines; tighten the screws"),
            limit=9.0,
            unit="g",
        ),
        Kind(
            "hum",
            phrase("the readings swing with a machine or the mains"),
            phrase("Shield or move the cable, or put rubber under the gondola's feet; mains: earth the controller"),
            limit=3.0,
            unit="g",
        ),
        Kind(
            "slow",
            phrase("readings are repeated: the converter is slower than it says"),
            phrase("Set the converter's rate (HX711: pin RATE high is 80 a second), or say the true hz"),
            "warn",
            limit=1.5,
            unit="repeats",
        ),
        Kind(
            "smoothed",
            phrase("a filter in the controller hides quick changes"),
            phrase("Turn the filter of the controller off: the runtime filters by itself"),
            limit=0.8,
            unit="s",
        ),
        Kind(
            "loose",
            phrase("the readings jump with nobody there"),
            phrase("A wire or a screw is loose: press each terminal in again, and tighten the plate's screws"),
        ),
        Kind(
            "reversed",
            phrase("its signal wires are exchanged: more load says less"),
            phrase("Corrected here"),
            "corrected",
        ),
        Kind(
            "order",
            phrase("the cells are wired in another order than the plates stand"),
            phrase("Corrected here"),
            "corrected",
        ),
        Kind(
            "span",
            phrase("it weighs much less or more than its neighbours do"),
            phrase(
                "Look whether a foot stands beside the cell, the plate rests on something, or the cell is of another "
                "size"
            ),
            limit=0.05,
            unit="share",
        ),
        Kind(
            "nonlinear",
            phrase("the same weight weighs another on top of a load"),
            phrase("The plate touches something when it bends, or the cell is overloaded: look under it"),
            limit=0.004,
            unit="share",
        ),
        Kind(
            "hysteresis",
            phrase("it does not come back when the weight is lifted"),
            phrase("Something rubs: look for crumbs, tape or a cable between plate and frame, and at the screws"),
            limit=0.005,
            unit="share",
        ),
        Kind(
            "off-centre",
            phrase("the same weight weighs another at the edge of the plate"),
            phrase("The plate sits askew on its cell, or a foot on the wrong side: set it level and tighten it"),
            limit=0.006,
            unit="share",
        ),
        Kind(
            "touching",
            phrase("a load on one plate is felt by its neighbour"),
            phrase("Two plates touch: leave 2 mm between them, and look for a price rail or a shelf liner across both"),
            limit=0.02,
            unit="share",
        ),
        Kind(
            "creeping",
            phrase("it goes on yielding long after a weight was put down"),
            phrase("The cell was overloaded or its glue is soft: change the cell"),
            limit=0.012,
            unit="share",
        ),
        Kind(
            "drifting",
            phrase("its level wanders by itself"),
            phrase("Keep cold air and sun off the shelf; if it stays, moisture is in the cell or its plug: change it"),
            limit=1.0,
            unit="g/√s",
        ),
        Kind(
            "lost-samples",
            phrase("samples are lost on the way"),
            phrase("Look at the controller's supply and network; shorten its cable, or let it send fewer samples"),
            limit=0.02,
            unit="share",
        ),
        Kind(
            "clock",
            phrase("the controller's clock is wrong"),
            phrase("Let the controller take its time from this PC (NTP)"),
            "warn",
            limit=1.0,
            unit="s",
        ),
        Kind(
            "weight",
            phrase("the weight is not what was typed"),
            phrase("Read what is stamped on the weight, or weigh it elsewhere, and say --weight again"),
        ),
        Kind(
            "catalogue",
            phrase("the product is not what the catalogue says"),
            phrase("Weigh one on a kitchen scale and correct weight_g in catalogue.csv"),
            "warn",
        ),
    )
}
"""Name -> what it is."""
