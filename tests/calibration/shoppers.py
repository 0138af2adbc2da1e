"""A shelf full of goods, and people who take them and put them back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from calibration.health import Health, ShelfHealth
from edge.records import WeightBatch
from edge.store import Shelf, Store
from simulator.rig import Hardware, Rig

LEAST, LEAST_G = 3, 400.0
"""Units on a plate, and what they weigh together, at least."""
SETTLES_S = 8.0


class Goods:
    """What stands on a rig by the planogram, and who is at it. ``favourites``: plates that people like more."""

    def __init__(self, rig: Rig, store: Store, seed: int, favourites: Sequence[int] = ()) -> None:
        self._rig, self._favourites = rig, favourites
        self._rng = np.random.default_rng(seed)
        self._on: dict[int, list[int]] = {}
        self._taken: list[tuple[int, float]] = []
        for facing in store.planogram.on(rig.shelf.id):
            product = store.catalogue[facing.sku]
            each = max(LEAST, math.ceil(LEAST_G / product.weight_g))
            for plate in [p for p in range(facing.first, facing.last + 1) for _ in range(each)]:
                mass_g = self._rng.normal(product.weight_g, product.weight_sd_g)
                self._on.setdefault(plate, []).append(rig.put(plate, mass_g, at_s=rig.now_s + self._rng.uniform(0, 1)))
        opens_s = rig.now_s + SETTLES_S
        while rig.now_s < opens_s:
            rig.batch()

    def day(self, seconds: float, every_s: tuple[float, float] | None = (3.0, 9.0)) -> Iterator[WeightBatch]:
        """What the controller says meanwhile; without ``every_s`` nobody comes."""
        ends_s = self._rig.now_s + seconds
        next_s = self._rig.now_s + 20.0 if every_s else ends_s + 1.0
        while self._rig.now_s < ends_s:
            batch = self._rig.batch()
            if batch is not None:
                yield batch
            if every_s and self._rig.now_s >= next_s:
                next_s = self._rig.now_s + self._rng.uniform(*every_s)
                self._somebody_comes()

    def _somebody_comes(self) -> None:
        rig, rng = self._rig, self._rng
        if rng.random() < 0.1:
            rig.touch(int(rng.integers(1, rig.shelf.plates + 1)))
            return
        if self._taken and rng.random() < 0.35:
            plate, mass_g = self._taken.pop()
            self._on[plate].append(rig.put(plate, mass_g))
            return
        plates = [p for p, loads in self._on.items() if loads]
        plates += [p for p in plates if p in self._favourites] * (3 * len(plates) // max(1, len(self._favourites)))
        if plates:
            plate = int(rng.choice(plates))
            load = self._on[plate].pop()
            thing = rig.standing[load]
            self._taken.append((plate, thing.mass_g))
            rig.lift(load, at_s=max(rig.now_s + 0.5, thing.since_s + 0.3))


def looked_at(
    store: Store, shelf: Shelf, hardware: Hardware, seed: int, seconds: float, favourites: Sequence[int] = (),
    every_s: tuple[float, float] | None = (3.0, 9.0),
) -> ShelfHealth:  # fmt: skip
    """What health says of a rig after so long."""
    health = Health(store, [shelf.id])
    for batch in Goods(Rig(shelf, hardware, seed), store, seed, favourites).day(seconds, every_s):
        health.hear(batch)
    health.part()
    (verdict,) = health.verdict()
    return verdict
