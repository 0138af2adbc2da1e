"""A visit ends: what it owes is written down, and somebody is asked for it.

Enters: the store, what is charged and withheld, the cart behind it, the visit's money so far (a hold, or nothing).
Leaves: its settlement and effects, the intent before the request. What cannot be priced goes to review: a shop's faulty
table is no reason to stop its exit gate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal
from zoneinfo import ZoneInfo

from edge.checkout.bill import UnpricedSale
from edge.checkout.sale import (
    PromisedPrice,
    Sale,
    State,
    body_of,
    day_of_sale,
    issuer_of,
    make_sale,
    sale_postings,
    withheld_lines,
)
from edge.payment.asking import Outcome, ask_on, can_capture, request_for
from edge.payment.operation import Operation
from edge.payment.settlement import TABLE, Event, Settlement, moved
from edge.pricing import Stay
from edge.records import CartLine, Effect, Exchange, LedgerEntry
from edge.store import Store


def open_settlement(
    store: Store,
    visit: str,
    subject: str,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    at_s: float,
    key: str = "",
    before: Settlement | None = None,
    *,
    stay: Stay | None = None,
    unsold: Collection[str] = (),
) -> Outcome:
    """A visit left at ``at_s``: write what it owes, then ask the provider for it.

    ``charged`` and ``withheld`` are sku -> units; ``lines`` is the cart with the shelf events behind each line; ``key``
    is the visit's own idempotency key (`edge.keys.payment_key`), made of store and visit where there is none;
    ``before``: what was reserved when it came in; ``stay``: when they came, and took what;
    ``unsold``: which of the withheld products they are too young for.
    """
    try:
        sale = make_sale(store, subject, charged, withheld, lines, at_s, "asked", stay, unsold)
    except UnpricedSale as error:
        return review_settlement(
            store, visit, subject, charged, withheld, lines, str(error), at_s, key, before=before, stay=stay
        )
    return owed(store, visit, before, replace(sale, key=key), at_s)


def review_settlement(
    store: Store,
    visit: str,
    subject: str,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    reason: str,
    at_s: float,
    key: str = "",
    *,
    exchanged: tuple[Exchange, ...] = (),
    before: Settlement | None = None,
    stay: Stay | None = None,
) -> Outcome:
    """A visit that a person has to look at: write what would be charged, why nobody dares, and with whom it may have
    been exchanged; ask for nothing. What was reserved stays so.
    """
    prices = store.price_list.only({**charged, **withheld})
    known = (prices.products[sku] for sku in sorted(prices.products))
    promised = tuple(PromisedPrice(p.sku, p.price_minor, p.tax_class, p.fixed_price) for p in known)
    try:
        sale = replace(make_sale(store, subject, charged, withheld, lines, at_s, "review", stay), reason=reason)
    except UnpricedSale as error:
        units = {sku: charged.get(sku, 0) + withheld.get(sku, 0) for sku in {**charged, **withheld}}
        doubtful = withheld_lines(store, {}, units, lines)
        why = reason if str(error) in reason else f"{reason}; {error}"
        day = day_of_sale(at_s, store.timezone)
        sale = Sale("review", subject, issuer_of(store), day, (), (), 0, doubtful, reason=why, promised=promised)
    if prices.offers:
        sale = replace(sale, promised=promised, offers=prices.offers, stay=stay)
    sale = replace(sale, key=key, exchanged=exchanged)
    settlement = replace(
        with_state(visit, subject, store.currency, before, "doubtful"),
        total_minor=sale.total_minor,
        key=key,
        reason=sale.reason,
        cart=lines,
        left_s=at_s,
        prices=prices,
        exchanged=exchanged,
        timezone=store.timezone.key,
        stay=stay,
    )
    return settlement, [LedgerEntry(f"review:{visit}", at_s, "review", visit, body_of(sale), (), store.currency)]


def on_reviewed(
    settlement: Settlement,
    store: Store,
    charged: Mapping[str, int],
    withheld: Mapping[str, int],
    lines: tuple[CartLine, ...],
    decided_by: str,
    at_s: float,
) -> Outcome:
    """A person looked at ``at_s`` and says what is charged; nothing waives the visit. `WrongMoment` unless in review.

    It costs what it cost when the visit left.
    """
    moved(settlement, "charge")
    terms = terms_of(settlement, store)
    left_s = settlement.left_s or at_s
    sale = make_sale(terms, settlement.subject, charged, withheld, lines, left_s, "asked", settlement.stay)
    sale = replace(sale, decided_by=decided_by, key=settlement.key)
    return owed(terms, settlement.visit, settlement, sale, at_s)


def terms_of(settlement: Settlement, store: Store) -> Store:
    """The shop as it was when the visit left: its prices, and where it stood, which says what day that was."""
    terms = store.at_prices(settlement.prices) if settlement.prices is not None else store
    return replace(terms, timezone=ZoneInfo(settlement.timezone)) if settlement.timezone else terms


def with_state(visit: str, subject: str, currency: str, before: Settlement | None, event: Event) -> Settlement:
    """A visit's settlement at its end: only what was reserved, and what staff were told, is known from before."""
    new: State | Literal["new"] = before.state if before is not None else "new"
    fresh = Settlement(visit, subject, TABLE[new, event], 0, currency)
    if before is None:
        return fresh
    return replace(
        fresh,
        contradictions=before.contradictions,
        hold=before.hold,
        release=before.release,
        held_minor=before.held_minor,
        until_s=before.until_s,
    )


def settled(visit: str, before: Settlement | None, sale: Sale, at_s: float) -> Settlement:
    """What a sale makes of a visit's money. The first charge is announced by it; a capture by an entry of its own."""
    review = before is not None and before.state == "review"
    owes: Event = "charge" if review else "owes"
    owes_nothing: Event = "waive" if review else "owes_nothing"
    settlement = with_state(
        visit, sale.subject, sale.issuer.currency, before, owes if sale.total_minor else owes_nothing
    )
    key = before.key if before is not None and before.key and not sale.total_minor else sale.key
    settlement = replace(settlement, total_minor=sale.total_minor, key=key)
    if settlement.state == "void":
        return settlement
    settlement = replace(settlement, sale=replace(sale, state=settlement.state))
    if can_capture(settlement):
        return settlement
    charge = Operation(sale.key, "charge", sale.total_minor).sent(at_s, look_up=False)
    return replace(settlement, payments=(charge,))


def owed(store: Store, visit: str, before: Settlement | None, sale: Sale, at_s: float) -> Outcome:
    """The intent, written before anything is sent; and the requests, where there is something to ask for."""
    key = (sale.key or f"{store.id}:{visit}") if sale.total_minor else ""
    settlement = settled(visit, before, replace(sale, key=key), at_s)
    sale = replace(sale, state=settlement.state, key=key)
    body = body_of(sale)
    entry = LedgerEntry(f"settlement:{visit}", at_s, "settlement", visit, body, sale_postings(sale), store.currency)
    first: list[Effect] = [request_for(settlement, payment) for payment in settlement.payments]
    settlement, more = ask_on(settlement, at_s)
    return settlement, [entry, *first, *more]
