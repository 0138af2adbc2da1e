"""How good is the walk? So many shelves with random faults and as many without, each walked by a scripted technician.

Enters: how many, a seed. Leaves: a `Trial`: for each shelf what was wrong, what was found, how far each plate's span
is off after calibration, and how long it took; printed by ``python -m simulator.rig.trial``.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from calibration.shelf.verdict import Terms, Verdict, judge
from calibration.shelf.walk import Walk, begin
from edge.store import Shelf
from simulator.rig.cells import Rig
from simulator.rig.hardware import FAULTS, Hardware, Unit, faulty, healthy
from simulator.rig.technician import Mistake, Technician

UNITS: tuple[Unit, ...] = ("counts", "grams", "volts")
PLATES = (4, 6, 8, 11)
PATIENCE_S = 7200.0
"""Two hours at one shelf: the walk is stuck."""
DAY = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Walked:
    """One shelf: the ``truth`` about it (fault -> plates), and what the walk made of it.

    ``span``: plate -> how far its profile's span is off, as a share; empty where it was refused. ``minutes`` of the
    technician's time, ``asked``: how many deeds.
    """

    name: str
    hardware: Hardware
    truth: dict[str, tuple[int, ...]]
    verdict: Verdict | None
    span: dict[int, float]
    minutes: float
    asked: int

    @property
    def found(self) -> set[tuple[str, int]]:
        return {(f.fault, p) for f in (self.verdict.findings if self.verdict else ()) for p in (f.plates or (0,))}

    @property
    def missed(self) -> set[tuple[str, int]]:
        return {(fault, p) for fault, plates in self.truth.items() for p in (plates or (0,))} - self.found

    @property
    def invented(self) -> set[tuple[str, int]]:
        return self.found - {(fault, p) for fault, plates in self.truth.items() for p in (plates or (0,))}

    @property
    def ordered(self) -> bool:
        """Is every plate's channel right?"""
        found = self.verdict.plates if self.verdict else ()
        return bool(found) and tuple(p.channel for p in found) == self.hardware.order


@dataclass(slots=True)
class Trial:
    faulty: list[Walked] = field(default_factory=list)
    healthy: list[Walked] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def spans(self) -> list[float]:
        return [abs(s) for w in (*self.healthy, *self.faulty) for s in w.span.values()]


def walk_along(
    hardware: Hardware,
    truth: dict[str, tuple[int, ...]],
    seed: int,
    *,
    name: str = "",
    mistakes: Collection[Mistake] = (),
    weights_g: Sequence[float] = (500.0,),
) -> Walked:
    """One whole walk on one shelf."""
    shelf = Shelf("g1-s1", "g1", 1.0, 0.4, hardware.plates, 0.12)
    rig = Rig(shelf, hardware, seed)
    technician = Technician(rig, seed, mistakes=mistakes)
    walk = Walk(hardware.plates, begin(shelf.id, hardware.plates, weights_g))
    began_s, asked = rig.now_s, 0
    while not walk.over and rig.now_s < began_s + PATIENCE_S:
        batch = rig.batch()
        for said in walk.hear(batch) if batch is not None else ():
            if said.ask is not None:
                technician.do(said.ask)
                asked += 1
    verdict = judge(walk.progress, Terms(grams=hardware.unit == "grams"), DAY) if walk.over else None
    profile = verdict.profile if verdict else None
    span = {p.plate: p.g_per_unit * hardware.under(p.plate).units_per_g - 1 for p in profile.plate} if profile else {}
    return Walked(name, hardware, truth, verdict, span, (rig.now_s - began_s) / 60, asked)


def pair(i: int, seed: int = 1) -> tuple[Walked, Walked]:
    """The ``i``-th shelf with faults, and the ``i``-th without: of all sizes and units in turn."""
    plates, unit = PLATES[i % len(PLATES)], UNITS[i % len(UNITS)]
    worse, better = seed * 1000 + i, seed * 1000 + 500 + i
    bad, truth = faulty(plates, worse, unit=unit)
    good = healthy(plates, better, unit=unit)
    return (
        walk_along(bad, truth, seed + i, name=f"{plates} x {unit}, {worse}"),
        walk_along(good, {}, seed + i, name=f"{plates} x {unit}, {better}"),
    )


def trial(shelves: int, seed: int = 1) -> Trial:
    """``shelves`` with random faults, and as many healthy ones."""
    began_s, found = time.monotonic(), Trial()
    for i in range(shelves):
        bad, good = pair(i, seed)
        found.faulty.append(bad)
        found.healthy.append(good)
    found.took_s = time.monotonic() - began_s
    return found


def _told(faults: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{fault} {plate}" if plate else fault for fault, plate in sorted(faults))


def show(found: Trial, console: Console) -> None:
    """The tables."""
    table = Table(title=f"{len(found.faulty)} shelves with faults, found by the walk")
    for heading in ("fault", "there", "found", "missed"):
        table.add_column(heading, justify="left" if heading == "fault" else "right")
    there = Counter(f for w in found.faulty for f, plates in w.truth.items() for _ in plates or (0,))
    missed = Counter(f for w in found.faulty for f, _ in w.missed)
    for fault in FAULTS:
        table.add_row(fault, str(there[fault]), str(there[fault] - missed[fault]), str(missed[fault] or ""))
    console.print(table)
    for walked in (*found.faulty, *found.healthy):
        if walked.missed or walked.invented or not walked.ordered:
            wrong = f"missed: {_told(walked.missed) or '-'}; invented: {_told(walked.invented) or '-'}"
            console.print(f"  {walked.name}: {wrong}{'' if walked.ordered else '; order wrong'}")
    spans = sorted(found.spans)
    well = sum(1 for w in found.healthy if w.verdict and w.verdict.accepted)
    console.print(f"healthy shelves accepted: {well} of {len(found.healthy)}")
    console.print(f"faults invented: healthy {sum(len(w.invented) for w in found.healthy)}, "
                  f"faulty {sum(len(w.invented) for w in found.faulty)}")  # fmt: skip
    right = sum(w.ordered for w in (*found.healthy, *found.faulty))
    console.print(f"plate order right: {right} of {len(found.healthy) + len(found.faulty)}")
    if spans:
        middle, most = spans[len(spans) // 2], spans[-1]
        console.print(f"span error of {len(spans)} plates: median {middle:.3%}, 95 % below "
                      f"{spans[int(0.95 * len(spans))]:.3%}, worst {most:.3%}")  # fmt: skip
    plates = sum(w.hardware.plates for w in found.healthy)
    minutes = sum(w.minutes for w in found.healthy)
    asked = sum(w.asked for w in found.healthy)
    console.print(f"a healthy plate took {minutes / plates:.1f} min and {asked / plates:.0f} deeds")
    console.print(f"measured in {found.took_s:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the calibration walk finds.")
    parser.add_argument("--shelves", type=int, default=50, help="so many faulty ones, and as many healthy ones")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    show(trial(wanted.shelves, wanted.seed), Console())


if __name__ == "__main__":
    main()
