"""A day in the kiosk, as entries: some pay, some are declined, some stay unanswered, some are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.adapters.payment.local import LocalProvider
from edge.payment import on_reviewed, review_settlement
from edge.records import Exchange, LedgerEntry, Units
from tests.checkout.carts import traced
from tests.checkout.shops import NOON_S, shop
from tests.payment.till import Till

CONDUCTS = ("approve", "silent, approve", "decline", "approve+decline", "silent", "approve")


def a_day(visits: int) -> list[LedgerEntry]:
    """The entries of so many visits, the same ones whenever and wherever it is called."""
    store = shop()
    skus = sorted(store.catalogue)
    entries: list[LedgerEntry] = []
    for number in range(visits):
        visit, at_s = f"v{number:05}", NOON_S + 60.0 * number
        cart = {skus[number % 6]: 1 + number % 3, skus[(number * 7 + 1) % 6]: 1}
        if number % 7 == 6:
            hangs = tuple(Units(sku, units) for sku, units in cart.items())
            reviewed, effects = review_settlement(
                store, visit, "bo", cart, {}, traced(cart), "doubt", at_s, exchanged=(Exchange("v99999", hangs),)
            )
            _, more = on_reviewed(reviewed, store, {}, cart, traced(cart), "sato", at_s + 30)
            entries += [e for e in [*effects, *more] if isinstance(e, LedgerEntry)]
        else:
            till = Till(store, LocalProvider({"*": CONDUCTS[number % 6]}))
            till.settle(visit, f"member-{number % 13}", cart, at_s)
            entries += till.entries
    return entries


def handfuls(entries: Sequence[LedgerEntry], size: int) -> Iterator[Sequence[LedgerEntry]]:
    """The entries in transactions of so many."""
    yield from (entries[i : i + size] for i in range(0, len(entries), size))
