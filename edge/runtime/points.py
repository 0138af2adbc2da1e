"""Members' points, while the shop goes on: earned and spent as a visit settles, returned, ended, adjusted by a person.

Enters: settlements as they were and are now, days, `PointsAdjusted`. Leaves: ledger entries, beside those about money
in the same breath, so that the book has both or neither. Whoever owes the shop something spends no points meanwhile.
"""

from __future__ import annotations

import math
from datetime import datetime, time, timedelta

from edge.keys import unique
from edge.members import NEVER, TooFew, Wallet, adjusted, balance, expired, good_until, returned, sold, waived
from edge.payment import Settlement, debts_of
from edge.records import Effect, LedgerEntry, PointsAdjusted
from edge.runtime.coupons import coupons_of_sale, coupons_returned, sale_in
from edge.state import State, refuse
from edge.store import Store

NOT_THERE = "more points than there are"


def spendable(state: State, subject: str) -> int:
    """So many points a member may spend now."""
    wallet = state.points.get(subject)
    if not wallet or debts_of(state.settlements.values(), subject):
        return 0
    return balance(wallet)


def points_of_sale(state: State, store: Store, at_s: float, effects: list[Effect]) -> None:
    """A visit was settled at ``at_s``, if ``effects`` say so: it spends and earns points, uses and gives coupons."""
    found = sale_in(effects)
    if found is None:
        return
    sale, entry = found
    coupons_of_sale(state, store, sale, entry.visit, at_s, effects)
    wallet, told = sold(state.points.get(sale.subject, ()), sale, entry.visit, at_s)
    keep_wallet(state, store, sale.subject, wallet)
    effects += told


def points_decided(
    state: State, store: Store, before: Settlement, after: Settlement, at_s: float, effects: list[Effect]
) -> None:
    """A person has decided about a visit at ``at_s``: it was charged, lines were taken back, or it was written off."""
    if before.state == "review":
        points_of_sale(state, store, at_s, effects)
        return
    sale = after.sale
    if sale is None or sale.subject in state.gate.gone:
        return
    wallet, gone, told = state.points.get(sale.subject, ()), dict(after.corrected), list[LedgerEntry]()
    if after.corrected != before.corrected:
        was = dict(before.corrected)
        wallet, told = returned(wallet, sale, after.visit, was, gone, after.corrections, at_s)
        coupons_returned(state, sale, after.visit, gone, at_s, effects)
    elif after.state == "void" and before.state != "void":
        wallet, told = waived(wallet, sale, after.visit, gone, at_s)
    keep_wallet(state, store, sale.subject, wallet)
    effects += told


def points_end(state: State, store: Store, effects: list[Effect]) -> None:
    """Points whose last day is over are no more."""
    if state.now_s < state.points_due_s:
        return
    today = datetime.fromtimestamp(state.now_s, store.timezone).date()
    wallets, state.points, state.points_due_s = state.points, {}, math.inf
    for subject, wallet in wallets.items():
        left, told = expired(wallet, subject, today, state.now_s, store.currency)
        keep_wallet(state, store, subject, left)
        effects += told


def points_adjusted(state: State, store: Store, record: PointsAdjusted, effects: list[Effect]) -> None:
    """A person has given points, or taken some off. More than there are are not taken."""
    points_end(state, store, effects)
    rule, wallet = store.offers.points, state.points.get(record.subject, ())
    today = datetime.fromtimestamp(record.at_s, store.timezone).date()
    until = good_until(today, rule.days) if rule is not None else NEVER
    try:
        wallet, entry = adjusted(
            wallet, record.subject, record.points, until, record.by, record.reason, record.at_s, store.currency
        )
    except TooFew:
        refuse(state, NOT_THERE)
        return
    keep_wallet(state, store, record.subject, wallet)
    key = unique(state.named, entry.key)
    effects.append(LedgerEntry(key, entry.at_s, entry.kind, "", entry.body, entry.postings, entry.currency))


def keep_wallet(state: State, store: Store, subject: str, wallet: Wallet) -> None:
    """A member's points stand like that from now on."""
    if not wallet:
        state.points.pop(subject, None)
        return
    state.points[subject] = wallet
    if wallet[0].until < NEVER:
        over = datetime.combine(wallet[0].until + timedelta(days=1), time(), store.timezone)
        state.points_due_s = min(state.points_due_s, over.timestamp())
