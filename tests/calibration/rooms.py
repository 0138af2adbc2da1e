"""A shelf with a technician in front of it, for walks that are looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from calibration.shelf.asks import Ask
from calibration.shelf.goods import Goods
from calibration.shelf.progress import Progress
from calibration.shelf.stages import Said
from calibration.shelf.verdict import Terms, Verdict, judge
from calibration.shelf.walk import Walk, begin
from edge.store import Shelf, ShelfProfile
from simulator.rig import Rig, healthy
from simulator.rig.hardware import Hardware
from simulator.rig.technician import Mistake, Technician

DAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
PLATES = 4
LONG_S = 3600.0


def quiet(seed: int = 1, unit: str = "counts", plates: int = PLATES) -> Hardware:
    """Good cells, and calm ones: what is looked at is the walk."""
    hardware = healthy(plates, seed, unit=unit)  # type: ignore[arg-type]
    return replace(hardware, cells=tuple(replace(c, noise_g=min(c.noise_g, 2.0)) for c in hardware.cells))


class Stand:
    """One shelf, one technician; a walk is led over it as far as somebody wants."""

    def __init__(
        self, hardware: Hardware, seed: int = 1, mistakes: Collection[Mistake] = (), weight_g: float = 500.0
    ) -> None:
        self.shelf = Shelf("g1-s1", "g1", 1.0, 0.4, hardware.plates, 0.12)
        self.rig = Rig(self.shelf, hardware, seed)
        self.technician = Technician(self.rig, seed, weight_g=weight_g, mistakes=mistakes)
        self.said: list[Said] = []

    def begin(self, weights_g: Collection[float] = (500.0,), goods: Mapping[int, Goods] | None = None) -> Walk:
        return Walk(self.shelf.plates, begin(self.shelf.id, self.shelf.plates, [*weights_g]), goods)

    def lead(self, walk: Walk, until: Callable[[Said], bool] = lambda _: False) -> Walk:
        """On until it is over, or something is said."""
        end_s = self.rig.now_s + LONG_S
        while not walk.over:
            assert self.rig.now_s < end_s, self.texts()[-5:]
            batch = self.rig.batch()
            for said in walk.hear(batch) if batch is not None else ():
                self.said.append(said)
                if said.ask is not None:
                    self.do(said.ask)
                if until(said):
                    return walk
        return walk

    def do(self, ask: Ask) -> None:
        self.technician.do(ask)

    def texts(self) -> list[str]:
        return [said.text for said in self.said]

    def asks(self, deed: str) -> Iterator[Ask]:
        return (said.ask for said in self.said if said.ask is not None and said.ask.deed == deed)

    def verdict(self, progress: Progress, *, grams: bool = False, before: ShelfProfile | None = None,
                goods: Mapping[int, Goods] | None = None, trusted: bool = False) -> Verdict:  # fmt: skip
        return judge(progress, Terms(grams, trusted, goods, before), DAY, "aki", "a test")

    def spans(self, verdict: Verdict) -> list[float]:
        """How far each plate's span is off, as a share."""
        assert verdict.profile is not None, [str(f) for f in verdict.findings]
        return [p.g_per_unit * self.rig.hardware.under(p.plate).units_per_g - 1 for p in verdict.profile.plate]
