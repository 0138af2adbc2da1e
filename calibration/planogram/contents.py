"""Places whose contents contradict the planogram: what moves there weighs like something else.

Enters: batches of recordings, in the order in which they were received. Leaves: one `Contradiction` a place where most
of what was taken or added fits no number of its product's units. One pick is no proof: shoppers put things anywhere.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from msgspec.structs import replace

from edge.records import ShelfEvent, WeightBatch
from edge.shelf import ShelfState, open_shelf, sense
from edge.store import Facing, Product, Store

LEAST_EVENTS = 3
MOST_SHARE = 0.6
"""A place is told when so many events, and more than this share of them, fit nothing that belongs there."""

FIT_SIGMA = 4.0
MOST_UNITS = 4


@dataclass(frozen=True, slots=True)
class Contradiction:
    """``against`` of ``events`` changes at a place fit no units of its product; ``like``: what they do weigh like."""

    facing: Facing
    events: int
    against: int
    like: tuple[str, ...]


class Contents:
    """Follows the shelves of a store; `begin` each recording, `hear` all of it, then ask for `contradictions`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: dict[str, ShelfState] = {}
        self._events: Counter[Facing] = Counter()
        self._like: defaultdict[Facing, Counter[str]] = defaultdict(Counter)
        self._against: Counter[Facing] = Counter()

    def begin(self) -> None:
        """Another recording begins: its time is its own."""
        self._shelves.clear()

    def hear(self, batch: WeightBatch) -> None:
        """One batch, as its controller says it."""
        conversion = self._store.profiles.get(batch.shelf)
        if conversion is not None:
            batch = replace(batch, mass_g=conversion.grams(batch.mass_g))
        state = self._shelves.get(batch.shelf)
        if state is None:
            lightest_g = min(p.weight_g for p in self._store.catalogue.values())
            profile = conversion.profile if conversion else None
            state = open_shelf(batch.shelf, len(batch.mass_g), lightest_g, profile)
            self._shelves[batch.shelf] = state
        for event in sense(state, batch):
            if isinstance(event, ShelfEvent) and not event.blind:
                self._weigh(event)

    def contradictions(self) -> list[Contradiction]:
        """Places that do not hold what they should, by what happened there."""
        return [
            Contradiction(f, n, self._against[f], tuple(sku for sku, _ in self._like[f].most_common(3)))
            for f, n in self._events.items()
            if self._against[f] >= LEAST_EVENTS and self._against[f] > MOST_SHARE * n
        ]

    def _weigh(self, event: ShelfEvent) -> None:
        homes = [
            f
            for f in self._store.planogram.on(event.shelf)
            if f.first <= min(event.plates) and max(event.plates) <= f.last
        ]
        if not homes:
            return  # between places: nothing can be said of either
        change_g = abs(float(sum(event.change_g[p - 1] for p in event.plates)))
        error_g = math.sqrt(sum(float(event.error_g[p - 1]) ** 2 for p in event.plates) + 0.3**2)
        fits = any(_units_of(self._store.catalogue[f.sku], change_g, error_g) for f in homes)
        products = () if fits else self._store.catalogue.values()
        like = [p.sku for p in products if _units_of(p, change_g, error_g, most=1)]
        for facing in homes:
            self._events[facing] += 1
            if not fits:
                self._against[facing] += 1
                self._like[facing].update(like)


def _units_of(product: Product, change_g: float, error_g: float, most: int = MOST_UNITS) -> bool:
    """Whether a change weighs like a few units of a product."""
    units = max(1, min(most, round(change_g / product.weight_g)))
    spread_g = math.hypot(error_g, product.weight_sd_g * math.sqrt(units))
    return abs(change_g - units * product.weight_g) <= FIT_SIGMA * spread_g
