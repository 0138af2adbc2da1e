"""A better arrangement: products that are taken for each other change places with others.

Enters: a store. Leaves: a few swaps, the most useful first, each with what it leads to. A swap stays within a gondola
(what is cold stays cold) and between places of as many plates (what fits there fits here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from calibration.planogram.outlook import Outlook, PlaceOutlook, outlook
from edge.store import Facing, Planogram, Store

WITHHELD = 0.1
"""A pick that is not charged is a tenth as bad as one that is charged wrongly."""

MOST_SWAPS = 6
WORTH = 0.03
"""A swap that takes away less than this share of what is bad is not worth anybody's trouble."""

LOOKED_AT = 8
"""So many of the worst places are asked whether they would be better elsewhere."""


@dataclass(frozen=True, slots=True)
class Swap:
    """The products of two places change places. Wrong charges and withheld picks, of a thousand, before and after."""

    one: Facing
    other: Facing
    wrong_before: float
    wrong_after: float
    withheld_before: float
    withheld_after: float


@dataclass(slots=True)
class _Shop:
    """A planogram, and the outlook of each of its shelves."""

    store: Store
    outlooks: dict[str, Outlook]

    @property
    def places(self) -> list[PlaceOutlook]:
        return [p for o in self.outlooks.values() for p in o.places]

    @property
    def wrong(self) -> float:
        return sum(p.wrongly for p in self.places) / max(1, len(self.places))

    @property
    def withheld(self) -> float:
        return sum(p.withheld for p in self.places) / max(1, len(self.places))

    @property
    def bad(self) -> float:
        return self.wrong + WITHHELD * self.withheld


def arrange(
    store: Store, outlooks: Iterable[Outlook], enough: Callable[[], bool] = lambda: False
) -> tuple[list[Swap], Planogram]:
    """The swaps that help most, one after another, and the planogram that they make; ``outlooks`` are those of the
    present one. Once somebody says that it is ``enough``, the best of what was tried so far is all.
    """
    shop = _Shop(store, {o.shelf: o for o in outlooks})
    swaps: list[Swap] = []
    while len(swaps) < MOST_SWAPS and not enough():
        tried = [(_swapped(shop, a, b), a, b) for a, b in takewhile(lambda _: not enough(), _candidates(shop))]
        best = min(tried, key=lambda t: t[0].bad, default=None)
        if best is None or best[0].bad > shop.bad * (1 - WORTH):
            break
        after, one, other = best
        swaps.append(Swap(one, other, shop.wrong, after.wrong, shop.withheld, after.withheld))
        shop = after
    return swaps, shop.store.planogram


def _candidates(shop: _Shop) -> Iterator[tuple[Facing, Facing]]:
    layout = shop.store.layout
    worst = sorted(shop.places, key=lambda p: -(p.wrongly + WITHHELD * p.withheld))[:LOOKED_AT]
    asked = [p.facing for p in worst if p.wrongly + p.withheld > 0]
    for i, one in enumerate(asked):
        for other in shop.store.planogram.facings:
            same_gondola = layout.gondola_of(one.shelf) is layout.gondola_of(other.shelf)
            as_wide = one.last - one.first == other.last - other.first
            if same_gondola and as_wide and other.sku != one.sku and other not in asked[: i + 1]:
                yield one, other


def _swapped(shop: _Shop, one: Facing, other: Facing) -> _Shop:
    exchanged = {one: replace(one, sku=other.sku), other: replace(other, sku=one.sku)}
    planogram = Planogram(tuple(exchanged.get(f, f) for f in shop.store.planogram.facings))
    store = replace(shop.store, planogram=planogram)
    return _Shop(store, shop.outlooks | {shelf: outlook(store, shelf) for shelf in {one.shelf, other.shelf}})
