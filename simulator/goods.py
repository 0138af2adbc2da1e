"""Goods: every physical unit has a mass and a size of its own, and lies somewhere or is carried by somebody.

Enters: the store and a seed. Leaves: `Stock`, which knows where every unit is at the moment that the play has
reached. A unit's mass is drawn once and kept, so what comes back weighs what was taken. Nothing here knows time:
`simulator.stage` moves units in the order in which people do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.store import Product, Store
from edge.store.planogram import Facing
from simulator.chance import stream

DENSITY_G_CM3 = 0.6
"""Groceries with the air between them."""
FULL_AT_LEAST = 6
"""A facing starts the day with at least so many units."""
ROWS_AT_MOST = 5


@dataclass(slots=True, eq=False)
class Unit:
    """One thing that can be bought. ``x_m`` is its middle along its shelf, ``y_m`` its depth in the shelf."""

    sku: str
    mass_g: float
    width_m: float
    shelf: str
    x_m: float
    y_m: float
    home: tuple[str, float, float]
    """(shelf, x, y) where it stood when the shop opened."""
    holder: str = ""
    """Who carries it; empty while it lies on a shelf, and once it has left the shop."""
    visit: int | None = None
    """The visit that took it from a shelf last: a thing handed over stays its picker's."""


def width_of(product: Product) -> float:
    """How wide a product is, metres: from its mass, and flat or tall by its own nature (its sku), not by the seed."""
    cube_m = (product.weight_g / DENSITY_G_CM3) ** (1 / 3) / 100
    return float(np.clip(cube_m * stream(0, "shape", product.sku).uniform(0.8, 1.7), 0.03, 0.24))


class Stock:
    """Where every unit of the shop is."""

    def __init__(self, store: Store, seed: int, filled: Mapping[Facing, int] | None = None) -> None:
        """``filled``: places that begin the day with so many units; the others as full as chance has it."""
        self._store, self._seed, self._filled = store, seed, filled or {}
        self._units: dict[str, list[Unit]] = defaultdict(list)
        for i, facing in enumerate(store.planogram.facings):
            self._fill(facing, stream(seed, "stock", i))

    def _fill(self, facing: Facing, rng: np.random.Generator) -> None:
        """Columns side by side across the facing's plates, a few units one behind another in each."""
        product, shelf = self._store.catalogue[facing.sku], self._store.layout.shelf(facing.shelf)
        left, right = (facing.first - 1) * shelf.plate_width, facing.last * shelf.plate_width
        width = min(width_of(product), right - left)
        columns = max(1, int((right - left) / width))
        rows = min(ROWS_AT_MOST, max(1, int(shelf.depth / width)))
        count = max(FULL_AT_LEAST, round(columns * rows * rng.uniform(0.6, 1.0)))
        count = self._filled.get(facing, count)
        spare = (right - left) / columns - width
        for i in range(count):
            x = left + (i % columns + 0.5) * (right - left) / columns + rng.uniform(-0.5, 0.5) * spare
            y = min(shelf.depth - 0.05, 0.05 + (i // columns) % rows * width)
            mass = max(0.2 * product.weight_g, rng.normal(product.weight_g, product.weight_sd_g))
            unit = Unit(facing.sku, mass, width, facing.shelf, x, y, (facing.shelf, x, y))
            self._units[facing.shelf].append(unit)

    def on(self, shelf: str) -> tuple[Unit, ...]:
        """Every unit on a shelf, misplaced ones included."""
        return tuple(self._units[shelf])

    def standing(self) -> dict[Facing, int]:
        """Place -> units that stand there, or so near that nobody would call it another place."""
        found = dict.fromkeys(self._store.planogram.facings, 0)
        for shelf, units in self._units.items():
            for unit in units if shelf else ():
                width = self._store.layout.shelf(shelf).plate_width
                gaps = {
                    f: max((f.first - 1) * width - unit.x_m, unit.x_m - f.last * width)
                    for f in self._store.planogram.on(shelf)
                    if f.sku == unit.sku
                }
                nearest = min(gaps, key=lambda f: gaps[f], default=None)
                if nearest is not None and gaps[nearest] <= width:
                    found[nearest] += 1
        return found

    def find(self, sku: str, shelf: str, x_m: float, count: int) -> list[Unit]:
        """Up to ``count`` units of a product on a shelf: the nearest one to ``x_m``, and what is nearest to it."""
        here = [u for u in self._units[shelf] if u.sku == sku]
        if not here:
            return []
        first = min(here, key=lambda u: (abs(u.x_m - x_m), u.y_m))
        return sorted(here, key=lambda u: (u is not first, abs(u.x_m - first.x_m) + 0.2 * u.y_m))[:count]

    def places(self, sku: str) -> list[tuple[str, float]]:
        """(shelf, x) where a product can be found: its facings first, then wherever it was left."""
        lying = [u for shelf, units in self._units.items() if shelf for u in units if u.sku == sku]
        found = [(u.shelf, u.x_m, u.home[0] != u.shelf) for u in lying]
        return [(shelf, x) for shelf, x, _ in sorted(found, key=lambda f: f[2])]

    def held(self, person: str, sku: str) -> list[Unit]:
        """What somebody carries of a product, first taken first."""
        return [u for u in self._units[""] if u.holder == person and u.sku == sku]

    def bring(self, sku: str, person: str, visit: int, number: int) -> Unit:
        """Staff carry a unit in that was never in the shop; ``number`` makes it one of its own."""
        product = self._store.catalogue[sku]
        rng = stream(self._seed, "brought", sku, number)
        mass = max(0.2 * product.weight_g, rng.normal(product.weight_g, product.weight_sd_g))
        unit = Unit(sku, mass, width_of(product), "", 0.0, 0.0, ("", 0.0, 0.0), person, visit)
        self._units[""].append(unit)
        return unit

    def take(self, unit: Unit, person: str, visit: int) -> None:
        """Somebody lifts a unit from its shelf."""
        self._units[unit.shelf].remove(unit)
        self._units[""].append(unit)
        unit.shelf, unit.holder, unit.visit = "", person, visit

    def put(self, unit: Unit, shelf: str, x_m: float, y_m: float) -> None:
        """The unit is left on a shelf; it fits between the shelf's ends."""
        end = self._store.layout.shelf(shelf)
        half = min(unit.width_m, end.plates * end.plate_width) / 2
        self._units[""].remove(unit)
        self._units[shelf].append(unit)
        unit.x_m = float(np.clip(x_m, half, end.plates * end.plate_width - half))
        unit.shelf, unit.y_m, unit.holder, unit.visit = shelf, y_m, "", None

    def hand(self, unit: Unit, to: str) -> None:
        """Another person carries it now; it stays its picker's."""
        unit.holder = to

    def carry_out(self, person: str) -> None:
        """Somebody left the shop with what they hold: nobody can put that back any more."""
        for unit in self._units[""]:
            if unit.holder == person:
                unit.holder = ""

    def share(self, unit: Unit) -> NDArray[np.float64]:
        """Which part of a lying unit's mass rests on each plate of its shelf: shape (plates,), sums to 1."""
        shelf = self._store.layout.shelf(unit.shelf)
        edges = np.arange(shelf.plates + 1) * shelf.plate_width
        low, high = unit.x_m - unit.width_m / 2, unit.x_m + unit.width_m / 2
        covered = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0, None)
        part: NDArray[np.float64] = covered / covered.sum()
        return part

    def load_g(self, shelf: str) -> NDArray[np.float64]:
        """What presses on each plate of a shelf: shape (plates,), grams."""
        load = np.zeros(self._store.layout.shelf(shelf).plates)
        for unit in self._units[shelf]:
            load += self.share(unit) * unit.mass_g
        return load

    def left_with(self, visit: int) -> dict[str, int]:
        """What a visit took and nobody put back: sku -> units."""
        return dict(Counter(u.sku for u in self._units[""] if u.visit == visit))
