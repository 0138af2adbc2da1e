"""Whether shelves are well, from nothing but what they say while people shop or nobody is there.

Enters: raw `WeightBatch` of any shelves, in the order in which they came. Leaves: a verdict whenever it is asked for.
No clock is read and nothing is touched: a recording of a day and a minute of the live shop are looked at alike. Memory
grows by a few hundred kilobytes a shelf and hour.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from calibration.health.controller import Timing
from calibration.health.course import Course, Rows
from calibration.health.flat import Flat
from calibration.health.moments import Moment, Moments
from calibration.health.span import factor_of, products_beside, products_on
from calibration.health.spectrum import Spectrum
from calibration.health.steps import Steps
from calibration.health.verdict import PlateHealth, ShelfHealth, Signs, controllers, of_plates
from edge.records import ShelfEvent, WeightBatch
from edge.store import Store


class Health:
    """Of the shelves of a store, or of some of them."""

    def __init__(self, store: Store, shelves: Collection[str] = ()) -> None:
        self.store = store
        wanted = shelves or [s.id for s in store.layout.shelves]
        self._watches = {s.id: Watch(store, s.id) for s in store.layout.shelves if s.id in wanted}

    @property
    def shelves(self) -> tuple[str, ...]:
        return tuple(self._watches)

    def hear(self, batch: WeightBatch) -> list[ShelfEvent]:
        """One batch, and what it settled; of a shelf that nobody asked for it is left out."""
        watch = self._watches.get(batch.shelf)
        return watch.hear(batch) if watch is not None else []

    def part(self) -> None:
        """Another recording begins: what is between is nobody's loss."""
        for watch in self._watches.values():
            watch.part()

    def heard(self, shelf: str) -> int:
        """Batches of a shelf so far."""
        return self._watches[shelf].timing.batches

    def verdict(self) -> list[ShelfHealth]:
        """Every shelf, as of now; one that was not heard has no batches in its controller's figures."""
        return [watch.verdict() for watch in self._watches.values()]

    def course(self, shelf: str) -> Rows:
        """What a shelf did all the time, for a plot."""
        return self._watches[shelf].course.rows()


class Watch:
    """One shelf."""

    def __init__(self, store: Store, shelf: str) -> None:
        self._store, self._shelf = store, shelf
        here = store.layout.shelf(shelf)
        plates = here.plates
        self._conversion = store.profiles.get(shelf)
        self._raw = here.says == "raw" and self._conversion is None
        lightest_g = min((p.weight_g for p in store.catalogue.values()), default=50.0)
        self._moments = Moments(shelf, plates, lightest_g, self._conversion, raw=self._raw)
        self.timing = Timing()
        self.course = Course(plates)
        self._flat, self._spectrum, self._steps = Flat(plates), Spectrum(plates), Steps(plates)
        self._rest_s = np.zeros(plates)
        self._level_g = np.full(plates, np.nan)
        self._hz = 0.0

    def hear(self, batch: WeightBatch) -> list[ShelfEvent]:
        self.timing.hear(batch)
        self._hz = batch.hz
        moments, settled = self._moments.hear(batch)
        events = [told for told in settled if isinstance(told, ShelfEvent)]
        for told in settled:
            self._steps.settled(told)
        for event in events:
            for plate in event.plates:
                self.course.step(plate, event.began_s, event.ended_s)
        for moment in moments:
            self._take(moment)
        return events

    def part(self) -> None:
        self.timing.part()
        for moment in self._moments.end():
            self._take(moment)

    def _take(self, moment: Moment) -> None:
        self._flat.hear(moment)
        self._spectrum.hear(moment)
        self._steps.hear(moment, self._moments.state.noise_g2)
        self.course.hear(moment)
        self._rest_s += moment.rest * moment.lasts_s
        self._level_g = np.where(moment.rest, moment.mean_g, self._level_g)

    def verdict(self) -> ShelfHealth:
        """As of now; more may be heard afterwards."""
        plates, signs = self._plates(), self._signs()
        heard_s = float(self._flat.heard_s.max(initial=0.0))
        controller = self.timing.told()
        findings = controllers(controller)
        units = float(self._moments.unit_g[0])
        findings += of_plates(plates, signs, self._hz, heard_s, units=units if self._raw else None)
        return ShelfHealth(
            shelf=self._shelf,
            grams=not self._raw,
            profile=self._conversion.profile.name if self._conversion else "",
            controller=controller,
            plates=tuple(plates if units == 1.0 else [_scaled(p, units) for p in plates]),
            findings=tuple(findings),
            heard_s=heard_s,
        )

    def _plates(self) -> list[PlateHealth]:
        noises, wanders = self.course.noise(), self.course.wander()
        drifts, warmths = self.course.drift(wanders)
        lines, repeats, flat = self._spectrum.told(), self._flat.repeats(), self._flat
        told = []
        for i, steps in enumerate(self._steps.plates):
            creep, creep_error = self._steps.creep(i, wanders[i], noises[i].value, self._hz)
            heard_s = float(flat.heard_s[i])
            told.append(
                PlateHealth(
                    plate=i + 1,
                    read=float(flat.read_s[i]) / heard_s if heard_s else 1.0,
                    rest_s=float(self._rest_s[i]),
                    level_g=float(self._level_g[i]),
                    noise=noises[i],
                    hum_g=float(lines.hum_g[i]),
                    hum_hz=float(lines.hum_hz[i]),
                    repeats=float(repeats[i]),
                    flat_s=float(flat.flat_s[i]),
                    wander=wanders[i],
                    drift=drifts[i],
                    warmth=warmths[i],
                    creep=creep,
                    creep_error=creep_error,
                    steps=len(steps.steps),
                    touches=steps.touches,
                    jumps=steps.jumps,
                )
            )
        return told

    def _signs(self) -> list[Signs]:
        ends, fast = self._flat.at_its_end(), self._spectrum.told().fast
        return [
            Signs(
                still=bool(self._flat.still[i]),
                at_its_end=bool(ends[i]),
                fast=float(fast[i]),
                hands_up=steps.hands_up,
                hands_down=steps.hands_down,
                factor=factor_of(
                    steps.alone,
                    products_on(self._store, self._shelf, i + 1),
                    products_beside(self._store, self._shelf, i + 1),
                ),
            )
            for i, steps in enumerate(self._steps.plates)
        ]


def _scaled(plate: PlateHealth, units: float) -> PlateHealth:
    """A plate of an uncalibrated raw shelf, in its controller's own unit."""
    return replace(
        plate,
        level_g=plate.level_g * units,
        noise=plate.noise._replace(value=plate.noise.value * units, error=plate.noise.error * units),
        hum_g=plate.hum_g * units,
        wander=plate.wander._replace(value=plate.wander.value * units**2, error=plate.wander.error * units**2),
        drift=plate.drift._replace(value=plate.drift.value * units, error=plate.drift.error * units),
        warmth=plate.warmth._replace(value=plate.warmth.value * units, error=plate.warmth.error * units),
    )
