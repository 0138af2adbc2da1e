"""Whether what a plate weighs is what stands on it: its steps against the planogram.

Enters: a plate's steps, and which products stand there with their weights. Leaves: by which factor the plate weighs, so
that its steps become whole numbers of units, and how much better that explains them than taking the plate at its word.
One wrong unit weight in the catalogue looks the same on every plate of that product: then none of them is blamed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.health.moments import Floats
from edge.store import Product, Store

FEWEST = 4
"""Steps before anything is said."""
UNITS = 6
"""So many at once, at most."""
MORE_UNITS = 1.5
"""What each unit more costs: two half ones are one."""
UNEXPLAINED = 12.0
"""What a step costs that is no number of units: something else was put there."""
BETTER = 30.0
"""The factor must explain all steps better by so much (as a difference of chi squares)."""
DOUBTED = 3.0
"""Standard deviations of a unit's weight: the same unit may be taken and put back all day."""
AS_WELL = 6.0
"""Another product explains them as well as a factor does when it is worse by less than this."""
LATTICE = np.exp(np.linspace(math.log(0.5), math.log(1.6), 233))
"""Factors that are tried."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A plate weighs ``factor`` times what is there; ``better``: how much better that explains its steps."""

    factor: float
    better: float
    explained: float
    """Share of the steps that the factor explains."""
    doubt: float
    """By so much it may be off because the few units that were moved are light or heavy ones."""

    @property
    def convinces(self) -> bool:
        return self.better > BETTER and self.explained >= 0.7


def products_on(store: Store, shelf: str, plate: int) -> tuple[Product, ...]:
    """What may stand on this plate."""
    return tuple(
        store.catalogue[facing.sku]
        for facing in store.planogram.on(shelf)
        if facing.first <= plate <= facing.last and facing.sku in store.catalogue
    )


def products_beside(store: Store, shelf: str, plate: int) -> tuple[Product, ...]:
    """What else stands on this shelf: plugs may be exchanged, and goods lie where they do not belong."""
    own = products_on(store, shelf, plate)
    skus = dict.fromkeys(facing.sku for facing in store.planogram.on(shelf))
    others = (store.catalogue[sku] for sku in skus if sku in store.catalogue)
    return tuple(p for p in others if p not in own and p.weight_g > 0)


def factor_of(
    steps: Sequence[tuple[float, float, float]], products: Sequence[Product], beside: Sequence[Product] = ()
) -> Factor | None:
    """The best factor; None where nobody can say.

    Where another product of the shelf (``beside``) explains the steps as well, that one lies there: nobody can say.
    """
    weighed = [p for p in products if p.weight_g > 0]
    if len(steps) < FEWEST or not weighed:
        return None
    change_g = np.abs(np.array([change for _, change, _ in steps]))
    error_g = np.array([error for _, _, error in steps])
    cost = np.stack([_cost(change_g / f, error_g / f, weighed) for f in LATTICE])
    total = cost.sum(axis=1)
    best = int(total.argmin())
    doubt = DOUBTED * max(p.weight_sd_g / p.weight_g for p in weighed)
    honest = float(_cost(change_g, error_g, weighed).sum())
    if beside and float(_cost(change_g, error_g, beside).sum()) < float(total[best]) + AS_WELL:
        return None
    return Factor(float(LATTICE[best]), honest - float(total[best]), float((cost[best] < UNEXPLAINED).mean()), doubt)


def _cost(change_g: Floats, error_g: Floats, products: Sequence[Product]) -> Floats:
    """How badly each step is a number of units of one of the products (steps,)."""
    best = np.full(change_g.shape, UNEXPLAINED)
    for product in products:
        for units in range(1, UNITS + 1):
            spread_g2 = error_g**2 + units * product.weight_sd_g**2 + (0.004 * change_g) ** 2 + 0.25
            chi2 = (change_g - units * product.weight_g) ** 2 / spread_g2 + MORE_UNITS * (units - 1)
            best = np.minimum(best, chi2)
    return best
