"""A shelf that is not there: what people do to it, and what its controller says about it.

Enters: deeds, each at a moment that has not passed yet. Leaves: batches, one after the other; time goes on only with
them, so that an hour at the shelf takes as long as it takes to ask for it. The forces are the simulator's own
(`simulator.forces`); what the hardware makes of them is `simulator.rig.chain`'s business. Refuses plates and loads that
are not there, and the past.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.shelf.asks import Place
from edge.records import WeightBatch
from edge.store import Shelf
from edge.wire import encode_weight
from simulator.chance import stream
from simulator.forces import Force, Grams, Knock, Press, Step, hill_over, loads
from simulator.rig.chain import Chain
from simulator.rig.hardware import DIGITS, Hardware

AHEAD = 25
"""Batches whose loads are worked out at a time; a new deed makes them void."""
CARRIED_S = 1.0
"""From lifting a weight to setting it down beside."""


@dataclass(slots=True)
class Load:
    """Something that stands on a plate, from ``since_s`` on."""

    plate: int
    place: Place
    mass_g: float
    since_s: float


class Rig:
    """One shelf with its controller, ``shelf.plates`` physical plates from the left."""

    def __init__(self, shelf: Shelf, hardware: Hardware, seed: int = 1, start_s: float = 1_800_000_000.0) -> None:
        if hardware.plates != shelf.plates:
            raise ValueError(f"{shelf.id} has {shelf.plates} plates, the hardware {hardware.plates} cells")
        self.shelf, self.hardware = shelf, hardware
        self.now_s = self._start_s = start_s
        self.unplugged = False
        """While it is, time passes and nothing is said."""
        self._pulled: list[tuple[float, float]] = []
        self._chain = Chain(hardware, seed, start_s)
        self._rng = stream(seed, "rig", shelf.id)
        self._hands = stream(seed, "hands", shelf.id)
        self._rest_g = np.zeros(shelf.plates)
        self._forces: list[Force] = []
        self._loads: dict[int, Load] = {}
        self._count = 0
        self._ahead_g = np.empty((shelf.plates, 0))
        self._used = 0
        self._batches = 0
        self._received_s = start_s

    @property
    def standing(self) -> dict[int, Load]:
        """What stands on the shelf once all that was asked for is done, by number."""
        return dict(self._loads)

    def put(self, plate: int, mass_g: float, place: Place = "centre", *, at_s: float | None = None) -> int:
        """Set something down with a hand that lets go gently; returns its number."""
        self._check(plate)
        when_s = self._when(at_s)
        self._count += 1
        self._loads[self._count] = Load(plate, place, mass_g, when_s)
        over_s = float(self._hands.uniform(0.15, 0.45))
        self._add(Step(when_s, self.hardware.borne(plate, place, mass_g), over_s))
        self._press(plate, when_s + over_s * 0.5, float(self._hands.uniform(0.3, 0.6)), self._hands.uniform(10.0, 60.0))
        return self._count

    def lift(self, load: int, *, at_s: float | None = None) -> None:
        """Take a load off."""
        thing, when_s = self._thing(load), self._when(at_s)
        if when_s < thing.since_s:
            raise ValueError(f"load {load} is put there only at {thing.since_s:.1f}")
        del self._loads[load]
        over_s = float(self._hands.uniform(0.1, 0.3))
        self._press(thing.plate, when_s - 0.2, 0.4, self._hands.uniform(10.0, 40.0))
        self._add(Step(when_s, -self.hardware.borne(thing.plate, thing.place, thing.mass_g), over_s))

    def move(self, load: int, plate: int, place: Place, *, at_s: float | None = None) -> None:
        """Lift it and set it down elsewhere a second later; it keeps its number."""
        self._check(plate)
        mass_g, when_s = self._thing(load).mass_g, self._when(at_s)
        self.lift(load, at_s=when_s)
        self._loads[load] = self._loads.pop(self.put(plate, mass_g, place, at_s=when_s + CARRIED_S))

    def touch(self, plate: int, *, at_s: float | None = None) -> None:
        """Press it with a finger for about a second."""
        self._check(plate)
        for_s = float(self._hands.uniform(0.8, 1.5))
        self._press(plate, self._when(at_s), for_s, self._hands.uniform(400.0, 1200.0))

    def lean(self, plate: int, *, at_s: float | None = None, for_s: float = 6.0) -> None:
        """An elbow on the shelf around a plate: heavy, long, and never still."""
        self._check(plate)
        force_g = hill_over(self.shelf.plates, plate, 0.9) * self._hands.uniform(800.0, 2500.0)
        self._add(Press(self._when(at_s), for_s, force_g, 0.06, float(self._hands.uniform(0.0, 6.0))))

    def bump(self, plate: int | None, *, at_s: float | None = None) -> None:
        """Knock against a plate, or (None) against the whole gondola."""
        if plate is not None:
            self._check(plate)
        where = np.ones(self.shelf.plates) if plate is None else hill_over(self.shelf.plates, plate, 0.4)
        self._add(Knock(self._when(at_s), where * self._hands.uniform(300.0, 900.0), tau_s=0.25))

    def pull(self, for_s: float, *, at_s: float | None = None) -> None:
        """Pull the cable, and put it in again after ``for_s``."""
        when_s = self._when(at_s)
        self._pulled.append((when_s, when_s + for_s))

    def batch(self) -> WeightBatch | None:
        """The next batch of what the controller says; None: it was lost on the way. Time goes on either way."""
        hardware = self.hardware
        at_s = self.now_s + np.arange(hardware.batch) / hardware.hz
        said = self._chain.say(at_s, self._next(at_s))
        silent = self.unplugged or any(from_s <= self.now_s < to_s for from_s, to_s in self._pulled)
        self._batches += 1
        began_s, self.now_s = self.now_s, self._start_s + self._batches * hardware.batch / hardware.hz
        lag_s, lost = 0.003 + self._rng.gamma(2.0, 0.004), self._rng.random() < hardware.lost
        if silent or lost:
            return None
        self._received_s = max(self._received_s + 1e-4, self.now_s + lag_s)
        fast_s = (began_s - self._start_s) * hardware.clock_ppm * 1e-6
        told_s = began_s + fast_s + hardware.clock_offset_s
        celsius = float(hardware.climate.celsius(at_s[:1])[0]) if hardware.tells_celsius else math.nan
        return WeightBatch(self._received_s, told_s, self.shelf.id, hardware.hz, said, celsius)

    def message(self) -> bytes | None:
        """The next batch as it goes on the wire; None: it was lost."""
        batch = self.batch()
        return None if batch is None else self.encoded(batch)

    def encoded(self, batch: WeightBatch) -> bytes:
        """A batch as this controller tells it, to as many digits as its unit has."""
        digits = DIGITS[self.hardware.unit]
        return encode_weight(batch.at_s, batch.hz, batch.mass_g, digits=digits, celsius=batch.celsius)

    def _next(self, at_s: Grams) -> Grams:
        """What the cells feel in the next batch (plates, samples)."""
        if self._used >= self._ahead_g.shape[1]:
            over = [f for f in self._forces if f.ended_s <= self.now_s]
            for force in over:
                self._forces.remove(force)
                if force.stays_g is not None:
                    self._rest_g = self._rest_g + force.stays_g
            times = at_s[0] + np.arange(at_s.size * AHEAD) / self.hardware.hz
            self._ahead_g, self._used = loads(self._forces, self._rest_g, times), 0
        now = slice(self._used, self._used + at_s.size)
        self._used += at_s.size
        return self._ahead_g[:, now]

    def _press(self, plate: int, at_s: float, for_s: float, force_g: float) -> None:
        """A hand; where it began before now, it begins now."""
        felt_g = self.hardware.borne(plate, "centre", float(force_g))
        self._add(Press(max(self.now_s, at_s), for_s, felt_g, 0.15, float(self._hands.uniform(0.0, 6.0))))

    def _add(self, force: Force) -> None:
        self._forces.append(force)
        self._ahead_g, self._used = self._ahead_g[:, :0], 0

    def _when(self, at_s: float | None) -> float:
        if at_s is not None and at_s < self.now_s:
            raise ValueError(f"{at_s:.1f} is over: it is {self.now_s:.1f}")
        return self.now_s if at_s is None else at_s

    def _thing(self, load: int) -> Load:
        if load not in self._loads:
            raise ValueError(f"load {load} does not stand on {self.shelf.id}")
        return self._loads[load]

    def _check(self, plate: int) -> None:
        if not 1 <= plate <= self.shelf.plates:
            raise ValueError(f"there is no plate {plate}: plates are 1 to {self.shelf.plates}")
