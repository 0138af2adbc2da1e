"""What one unit costs, by the moments that count for it.

A unit costs what it cost when it was *taken*; where the shop's ``price_at`` says ``left``, what it costs at the exit if
that is less. What was promised as they came in never gets worse: the price of that moment counts as well, and the least
of all of them is paid. So a price that rises while somebody is inside costs nobody more, and one that falls costs less
from the moment on at which it falls.

Who puts one of several back gives back the *dearest* of those in their hands: nobody sees on a tray which one it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.pricing.stay import Stay
from edge.store import Store
from edge.store.dated import list_price
from edge.store.offers import Names


@dataclass(frozen=True, slots=True)
class Cost:
    """What a unit costs at a moment: its list price, what is paid, and why that is less ("": it is not)."""

    list_minor: int
    price_minor: int
    why: Names = ()


@dataclass(frozen=True, slots=True)
class Same:
    """So many units of a product that are as good as each other: what each costs, and the moments at which a promotion
    may have held for it.
    """

    sku: str
    cost: Cost
    moments: tuple[float, ...]
    count: int


def cost_at(store: Store, sku: str, at_s: float) -> Cost:
    """What a unit of a product of the catalogue costs at a moment, before any promotion."""
    product, rows = store.catalogue[sku], store.offers.dated.get(sku, ())
    list_minor = list_price(rows, product.price_minor, at_s, store.timezone)
    marked = (
        None if product.fixed_price else next((r for r in rows if r.why and r.window.holds(at_s, store.timezone)), None)
    )
    if marked is None or marked.price_minor >= list_minor:
        return Cost(list_minor, list_minor)
    return Cost(list_minor, marked.price_minor, marked.why)


def held_since(stay: Stay, sku: str, cost: Callable[[float], int]) -> list[float]:
    """When each unit that they may still hold was taken; what is put back is the dearest of those held then, and the
    newest of equals.
    """
    held: list[float] = []
    for at_s, units in stay.taken.get(sku, ()):
        held += [at_s] * max(0, units)
        for _ in range(min(-units, len(held))):
            held.remove(max(held, key=lambda taken_s: (cost(taken_s), taken_s)))
    return held


def units_of(store: Store, stay: Stay, sku: str, quantity: int) -> list[Same]:
    """So many units, the cheapest of those that they may hold; of units whose moment nobody knows only when they came
    and left counts.
    """

    def moments(taken_s: float | None) -> tuple[float, ...]:
        first = (stay.entered_s,) if taken_s is None else (stay.entered_s, taken_s)
        return (*first, stay.left_s) if taken_s is None or store.offers.price_at == "left" else first

    def cost(taken_s: float | None) -> Cost:
        costs = (cost_at(store, sku, at_s) for at_s in moments(taken_s))
        return min(costs, key=lambda c: (c.price_minor, -c.list_minor))

    if sku not in store.offers.dated and not store.offers.promotions:
        return [Same(sku, cost_at(store, sku, stay.entered_s), (), quantity)]
    since: Counter[float | None] = Counter(held_since(stay, sku, lambda taken_s: cost(taken_s).price_minor))
    since[None] = quantity - since.total()
    found = [Same(sku, cost(taken_s), moments(taken_s), count) for taken_s, count in since.items() if count > 0]
    chosen = []
    for same in sorted(found, key=lambda s: (s.cost.price_minor, s.cost.list_minor, s.moments)):
        count = min(same.count, quantity)
        quantity -= count
        chosen += [replace(same, count=count)] if count else []
    return chosen
