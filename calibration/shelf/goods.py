"""Products of known weight that stand on a shelf anyhow: the walk asks for these where it needs a load.

Enters: the store. Leaves: plate -> `Goods`. Their weight is a second opinion: where all of them are off alike, it is
the weight that was typed, or the catalogue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.store import Store

LEAST_G, MOST_G = 300.0, 2500.0
MOST_UNITS = 4


@dataclass(frozen=True, slots=True)
class Goods:
    """``count`` units of a product that the planogram puts on a plate, and what the catalogue says they weigh."""

    sku: str
    name: str
    count: int
    weight_g: float
    weight_sd_g: float


def goods_of(store: Store, shelf: str) -> dict[int, Goods]:
    """What may be put on each plate of a shelf, as many units as make a load."""
    found: dict[int, Goods] = {}
    for facing in store.planogram.on(shelf):
        product = store.catalogue.get(facing.sku)
        if product is None or product.weight_g <= 0:
            continue
        count = max(1, math.ceil(LEAST_G / product.weight_g))
        whole_g = count * product.weight_g
        if count <= MOST_UNITS and whole_g <= MOST_G:
            one = Goods(product.sku, product.name("en"), count, whole_g, product.weight_sd_g * math.sqrt(count))
            found |= {plate: one for plate in range(facing.first, facing.last + 1) if plate not in found}
    return found
