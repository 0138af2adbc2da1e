"""Prices that hold for a visit: those of the moment at which it was let in.

A shop may be stopped and go on with another catalogue while people are inside. Whoever came in before is shown and
asked for what they were promised; a product that was taken out of the catalogue meanwhile (a recall) is still known
where one of them may hold it. The state keeps one list for all visits that came in with it, and drops it with the last.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.pricing import Stay, stay_of
from edge.records import CartLine
from edge.runtime.coupons import usable
from edge.runtime.points import spendable
from edge.state import State
from edge.store import Store
from edge.visit import Visit


def promise(state: State, store: Store, visit: Visit) -> None:
    """A visit is let in: what the shop sells at this moment costs it that."""
    if not visit.prices and visit.role == "member":
        visit.prices, visit.promised_s = store.price_mark, visit.admitted_s
        known = state.gate.members.get(visit.subject)
        visit.member = known is not None and not known.revoked
        state.prices.setdefault(visit.prices, store.price_list)


def stay_in(state: State, store: Store, visit: str, lines: Iterable[CartLine], left_s: float) -> Stay:
    """When a visit came in and took what a cart holds, if it left at ``left_s``."""
    inside = state.door.visits.get(visit)
    if inside is None:
        return stay_of(lines, left_s, left_s)
    points = spendable(state, inside.subject) if inside.member and state.points else 0
    came_s = inside.promised_s or inside.admitted_s
    coupons = usable(state, store, inside.subject, left_s) if inside.member and state.coupons else ()
    return stay_of(lines, came_s, left_s, inside.subject, inside.member, points, coupons)


def terms_of(state: State, store: Store, visit: str) -> Store:
    """The shop as a visit pays there."""
    inside = state.door.visits.get(visit)
    if inside is None or inside.prices not in state.prices or inside.prices == store.price_mark:
        return store
    return store.at_prices(state.prices[inside.prices])


def known_here(state: State, store: Store) -> Store:
    """The shop with everything that somebody inside may hold, though the catalogue has no row of it any more."""
    if state.prices.keys() <= {store.price_mark}:
        return store
    promised = {sku: product for prices in state.prices.values() for sku, product in prices.products.items()}
    return store.knowing({sku: product for sku, product in promised.items() if sku not in store.catalogue})


def forget_promises(state: State) -> None:
    """Lists by which nobody pays any more."""
    needed = {visit.prices for visit in state.door.visits.values()}
    for mark in state.prices.keys() - needed:
        del state.prices[mark]
