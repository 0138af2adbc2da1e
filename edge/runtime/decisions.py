"""Visits that wait for a person: how many and why, and what becomes of them when somebody has decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from edge.checkout import UnpricedSale
from edge.payment import WrongMoment, needs_staff, on_decided, settlement_of, why_waits
from edge.records import Effect, LedgerEntry, SettlementDecided, SettlementRecalled
from edge.runtime.coupons import still_held
from edge.runtime.money import keep
from edge.runtime.points import points_decided, points_end, spendable
from edge.state import State, refuse
from edge.store import Store

MOST_REASONS = 10
"""So many different reasons are named; the rest are counted together."""

OTHERWISE = "other reasons"

OF_NOBODY, TOO_LATE, CANNOT = "decision about nobody", "decision at the wrong moment", "decision that cannot be charged"
"""Why a decision was not carried out."""


def decided(state: State, store: Store, record: SettlementDecided, effects: list[Effect]) -> None:
    """A person has decided about a visit. Who decides a second time, or what cannot be, changes nothing."""
    settlement = state.settlements.get(record.visit)
    if settlement is None:
        refuse(state, OF_NOBODY)
        return
    points_end(state, store, effects)
    if settlement.state == "review" and settlement.stay is not None:  # what they have now, and not what they had then
        stay = still_held(state, settlement.stay)
        settlement = replace(settlement, stay=replace(stay, points=spendable(state, settlement.subject)))
    try:
        after, told = on_decided(settlement, record, store)
    except WrongMoment:
        refuse(state, TOO_LATE)
    except (UnpricedSale, ValueError):
        refuse(state, CANNOT)
    else:
        keep(state, store, after)
        points_decided(state, store, settlement, after, record.at_s, told)
        effects += told


def recalled(state: State, store: Store, record: SettlementRecalled) -> None:
    """The book says where the money of a visit stands that is long over; what the shop remembers itself is newer."""
    if record.visit in state.settlements and state.settlements[record.visit].sale is not None:
        return
    told = settlement_of(
        LedgerEntry("", at_s, kind, record.visit, body, (), currency) for kind, at_s, currency, body in record.entries
    )
    if told is not None and told.visit not in state.door.visits:
        keep(state, store, told)


def waiting(state: State) -> dict[str, int]:
    """Why visits wait for a person -> how many; the most frequent reasons first."""
    count = Counter(why_waits(s) for s in state.settlements.values() if needs_staff(s))
    ordered = sorted(count.items(), key=lambda reason: (-reason[1], reason[0]))
    named = dict(ordered[:MOST_REASONS])
    others = sum(n for _, n in ordered[MOST_REASONS:])
    return named | ({OTHERWISE: others} if others else {})
