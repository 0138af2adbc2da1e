"""How many units stand where, with the doubt that events left behind.

An event that may have been one unit or two changes a place by its mean, and adds to its variance: nobody decides, and
the doubt stays until somebody counts. What was taken where nothing stood any more is a doubt of its own: somebody has
counted wrongly, and may have by more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from edge.records import Explained, ShelfEvent, StockCounted
from edge.store import Facing, Store

Supply = Literal["ok", "low", "out"]

NEXT_PLATE = 1
"""A change so many plates beside a product's place is still that product's."""

CERTAIN_SD = 0.4
"""Units: a place whose count is less sure than this is told as ``about``."""

LEAST_LIKELY_SD = 2.0
"""So many standard deviations above its mean are believed to be there, and one unit more is not."""


@dataclass(slots=True)
class Count:
    """Units in one place: mean and variance, and when somebody last counted them."""

    quantity: float
    variance: float
    at_s: float

    @property
    def about(self) -> bool:
        """Whether it may be another number."""
        return math.sqrt(self.variance) > CERTAIN_SD


@dataclass(slots=True)
class Stock:
    """``counts``: place (`place_of`) -> units. ``astray``: sku -> units that lie in wrong places.

    ``told``: sku -> what staff were last told.
    """

    counts: dict[str, Count] = field(default_factory=dict)
    astray: dict[str, float] = field(default_factory=dict)
    told: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """How much of a product there is. ``quantity``: in its places, as far as they were counted; ``astray`` elsewhere.

    ``about``: the number is not certain. ``places``: (shelf, first plate, last plate, units) of each counted place.
    """

    sku: str
    quantity: int
    about: bool
    astray: int
    supply: Supply
    places: tuple[tuple[str, int, int, int], ...]


def open_stock() -> Stock:
    """Nothing was counted yet."""
    return Stock()


def place_of(facing: Facing) -> str:
    """``g1-s1:4-6:water-500``: the name of a place in the state and in the book."""
    return f"{facing.shelf}:{facing.first}-{facing.last}:{facing.sku}"


def count(stock: Stock, record: StockCounted) -> Count | None:
    """Somebody has counted a place; returns what was believed before."""
    place = place_of(Facing(record.shelf, record.first, record.last, record.sku))
    before = stock.counts.get(place)
    stock.counts[place] = Count(float(record.quantity), 0.0, record.at_s)
    return before


def follow(stock: Stock, store: Store, explained: Explained) -> set[str]:
    """What an event did to the places beside it, by all its explanations; returns the skus that may have changed."""
    mean: dict[str, float] = {}
    square: dict[str, float] = {}
    for explanation in explained.explanations:
        change: dict[str, int] = {}
        for share in explanation.shares:
            if share.sku:
                change[share.sku] = change.get(share.sku, 0) - share.quantity
        for sku, units in change.items():
            mean[sku] = mean.get(sku, 0.0) + explanation.probability * units
            square[sku] = square.get(sku, 0.0) + explanation.probability * units * units
    for sku, change_units in mean.items():
        facing = _beside(store, explained.event, sku)
        if facing is None:
            stock.astray[sku] = max(0.0, stock.astray.get(sku, 0.0) + change_units)
            continue
        known = stock.counts.get(place_of(facing))
        if known is None or explained.event.step_s <= known.at_s:
            continue  # who counted has seen it, though the plates came to rest only now
        missing = max(0.0, -known.quantity - change_units)
        known.quantity += change_units + missing
        known.variance += max(0.0, square[sku] - change_units * change_units) + missing * missing
    return set(mean)


def _beside(store: Store, event: ShelfEvent, sku: str) -> Facing | None:
    """The product's own place at which an event happened, the nearest; None where it has none there."""
    middle = (min(event.plates) + max(event.plates)) / 2
    near = [
        f
        for f in store.planogram.on(event.shelf)
        if f.sku == sku and f.first - NEXT_PLATE <= max(event.plates) and min(event.plates) <= f.last + NEXT_PLATE
    ]
    return min(near, key=lambda f: abs((f.first + f.last) / 2 - middle), default=None)


def level_of(stock: Stock, store: Store, sku: str) -> Level | None:
    """How much of a product there is; None where none of its places was ever counted.

    While some of its places were not, nobody knows that it is low: staff are counting, one place after another.
    """
    homes = store.planogram.of(sku)
    counted = [(f, stock.counts[place_of(f)]) for f in homes if place_of(f) in stock.counts]
    if not counted:
        return None
    quantity = round(sum(c.quantity for _, c in counted))
    low = store.catalogue[sku].low_stock
    least = store.policy.low_stock if low is None else low
    supply: Supply = "out" if quantity == 0 else "low" if quantity <= least else "ok"
    return Level(
        sku,
        quantity,
        math.sqrt(sum(c.variance for _, c in counted)) > CERTAIN_SD,
        round(stock.astray.get(sku, 0.0)),
        supply if len(counted) == len(homes) else "ok",
        tuple((f.shelf, f.first, f.last, round(c.quantity)) for f, c in counted),
    )


def most_on(stock: Stock, facings: Iterable[Facing]) -> dict[Facing, int]:
    """Place -> so many units can be believed to stand there, for the places that were counted."""
    known = ((f, stock.counts.get(place_of(f))) for f in facings)
    return {
        f: math.floor(c.quantity + LEAST_LIKELY_SD * math.sqrt(c.variance) + 0.5) for f, c in known if c is not None
    }
