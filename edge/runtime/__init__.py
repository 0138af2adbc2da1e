"""step(): the one place where order is decided.

``step(state, store, record) -> effects`` is the whole shop. It reads no clock, disk, network or randomness: time
is what the records say, and the same records give the same effects, to the byte. The state is changed in place; it
holds nothing but plain data, so that `freeze` and `thaw` can carry it over a stop.

`shelves` follows weights to explanations and carts, `supply` what is left of each product, `gates` lets people in and
out, `entries` looks at their money before, `leaving` settles, `decisions` is what staff say about it, `doubts` tells
the belief about who may be who, `clocks` puts what sources say in time, `ages` asks who holds goods for adults,
`points` are what members earn and spend,
`coupons` what they are given, `health` is what staff see, `aside` goes on without what raised.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from edge.gate import learn
from edge.keys import moment, unique
from edge.payment import (
    deadline_s,
    look_up_next,
    on_reply,
    on_time,
    payout_entry,
    payout_name,
    tab_settled_entry,
    tab_settled_name,
)
from edge.records import (
    AgeDecided,
    ConsentSet,
    ContestAnswered,
    CouponRevoked,
    CouponsIssued,
    CredentialScan,
    Effect,
    GatePassage,
    GateScan,
    LedgerEntry,
    MemberDeleted,
    ModeSet,
    OpinionSet,
    PageOpened,
    PaymentReply,
    PayoutBooked,
    PeopleFrame,
    PointsAdjusted,
    Record,
    Refused,
    SettlementDecided,
    SettlementRecalled,
    SourceTrouble,
    Standing,
    StockCounted,
    StoreChanged,
    TabSettled,
    Tick,
    VisitContested,
    WeightBatch,
)
from edge.runtime.ages import age_decided, age_proven, ages_overdue, answered_by_s
from edge.runtime.aside import digested, forget_aside, set_aside, unheard
from edge.runtime.changeover import store_changed
from edge.runtime.clocks import frame_in_time, node_spoke, shelf_in_time
from edge.runtime.consents import consent_set
from edge.runtime.contests import contest_answered, contested
from edge.runtime.coupons import coupon_revoked, coupons_issued
from edge.runtime.decisions import decided, recalled
from edge.runtime.deleted import member_deleted
from edge.runtime.doubts import DOUBT_LAG_S, doubt, look
from edge.runtime.entries import entry_answered, late_entries, never_came
from edge.runtime.gates import gone_through, passed, scanned, someone_is_through
from edge.runtime.health import alerts, closing_status, sees, set_mode, ticked, trouble, unreadable
from edge.runtime.leaving import lose, may_settle, settle
from edge.runtime.money import keep
from edge.runtime.opinions import opinion_set
from edge.runtime.points import points_adjusted, points_end
from edge.runtime.promises import forget_promises
from edge.runtime.shelves import carts_inside, weights
from edge.runtime.supply import counted, stock_on_shelves
from edge.state import State, refuse
from edge.store import Store
from edge.visit import comes_until_s, expire, nobody_else_came

__all__ = [
    "carts_inside",
    "closing_status",
    "digested",
    "finish",
    "set_aside",
    "step",
    "stock_on_shelves",
    "unheard",
    "unreadable",
]

MOVES = ("charge", "capture", "hold")
"""Operations that take or keep money of somebody's."""

OfTheShop: TypeAlias = (
    Standing
    | ModeSet
    | StockCounted
    | SettlementDecided
    | SettlementRecalled
    | PayoutBooked
    | TabSettled
    | PointsAdjusted
    | CouponsIssued
    | CouponRevoked
    | AgeDecided
    | VisitContested
    | ContestAnswered
    | ConsentSet
    | MemberDeleted
    | OpinionSet
    | PageOpened
    | StoreChanged
    | SourceTrouble
    | Tick
    | Refused
)

LOOK_AGAIN_S = 0.1
"""How often it is looked whether a leaving visit may be settled."""


def step(state: State, store: Store, record: Record) -> list[Effect]:
    """Everything that follows from one record."""
    state.now_s = max(state.now_s, record.received_s)
    effects: list[Effect] = []
    if isinstance(record, WeightBatch):
        batch = shelf_in_time(state, store, record, effects)
        if batch is not None:
            weights(state, store, batch, effects)
    elif isinstance(record, PeopleFrame):
        frame = frame_in_time(state, store, record, effects)
        if frame is not None and look(state, frame):
            state.heard_s[f"camera/{record.camera}"] = state.now_s
            sees(state, store, record.camera, effects)
    elif isinstance(record, GateScan | CredentialScan):
        scanned(state, store, record, effects)
    elif isinstance(record, GatePassage):
        passed(state, store, record, effects)
    elif isinstance(record, PaymentReply):
        _paid(state, store, record, effects)
    else:
        _of_the_shop(state, store, record, effects)
    told_s = min(
        state.identity_switches[0].at_s if state.identity_switches else math.inf,
        state.portraits[0].at_s if state.portraits else math.inf,
        state.duplicate_tracks[0].at_s if state.duplicate_tracks else math.inf,
    )
    if told_s <= state.now_s - DOUBT_LAG_S or someone_is_through(state) or state.now_s >= state.busy_at_s:
        _time_passes(state, store, effects)
    return alerts(state, store, effects)


def finish(state: State, store: Store, at_s: float) -> list[Effect]:
    """Time passes up to ``at_s`` without a record: whatever waits only for time happens."""
    state.now_s = max(state.now_s, at_s)
    effects: list[Effect] = []
    _time_passes(state, store, effects)
    return alerts(state, store, effects)


def _of_the_shop(
    state: State,
    store: Store,
    record: OfTheShop,
    effects: list[Effect],
) -> None:
    """What the shop says of itself."""
    if isinstance(record, Standing):
        learn(state.gate, record)
        age_proven(state, store, record.subject, effects)
    elif isinstance(record, ModeSet):
        set_mode(state, store, record, effects)
    elif isinstance(record, StockCounted):
        counted(state, store, record, effects)
    elif isinstance(record, SettlementDecided):
        decided(state, store, record, effects)
    elif isinstance(record, PayoutBooked):
        effects.append(payout_entry(unique(state.named, payout_name(record)), record, store.currency))
    elif isinstance(record, TabSettled):
        effects.append(tab_settled_entry(unique(state.named, tab_settled_name(record)), record, store.currency))
    elif isinstance(record, PointsAdjusted):
        points_adjusted(state, store, record, effects)
    elif isinstance(record, CouponsIssued):
        coupons_issued(state, store, record, effects)
    elif isinstance(record, CouponRevoked):
        coupon_revoked(state, record, effects)
    elif isinstance(record, AgeDecided):
        age_decided(state, store, record, effects)
    elif isinstance(record, VisitContested):
        contested(state, record, effects)
    elif isinstance(record, ContestAnswered):
        contest_answered(state, record, effects)
    elif isinstance(record, ConsentSet):
        consent_set(state, record, effects)
    elif isinstance(record, MemberDeleted):
        member_deleted(state, store, record, effects)
    elif isinstance(record, OpinionSet):
        opinion_set(state, record, effects)
    elif isinstance(record, PageOpened):
        pass  # it decides nothing; observers tell of it
    elif isinstance(record, StoreChanged):
        store_changed(state, store, record, effects)
    elif isinstance(record, SettlementRecalled):
        recalled(state, store, record)
    elif isinstance(record, SourceTrouble):
        node_spoke(state, store, record, effects)
        trouble(state, store, record, effects)
    elif isinstance(record, Tick):
        ticked(state, store, effects)
        forget_aside(state, store, effects)
        points_end(state, store, effects)
        lose(state, store)
        _time_passes(state, store, effects)
    else:
        refuse(state, record.reason)


def _paid(state: State, store: Store, reply: PaymentReply, effects: list[Effect]) -> None:
    settlement = state.settlements.get(reply.settlement)
    if settlement is None:
        refuse(state, "payment of nobody")
        if reply.outcome == "approved" and reply.operation in MOVES:  # a person should know for what
            key = unique(state.named, moment(f"stray-payment:{reply.settlement}", reply.at_s))
            body: dict[str, object] = {"reference": reply.reference}
            effects.append(LedgerEntry(key, reply.at_s, "stray-payment", reply.settlement, body))
    else:
        answered, told = on_reply(settlement, reply, store)
        keep(state, store, answered)
        effects += told
        entry_answered(state, store, reply.settlement, effects)
        if reply.outcome != "unknown":  # the line is back: what waits longest is looked up now
            found = look_up_next(state.settlements.values(), state.now_s, store.policy.pay_within_s)
            if found is not None:
                keep(state, store, found[0])
                effects += found[1]


def _time_passes(state: State, store: Store, effects: list[Effect]) -> None:
    """Whatever waited for time or for the cameras and may happen now, oldest first."""
    gone_through(state, store, effects)
    doubt(state, state.now_s - DOUBT_LAG_S)
    nobody_else_came(state.door, store, state.now_s)
    ages_overdue(state, store, effects)
    for visit in [v for v in state.door.visits.values() if v.state == "leaving"]:
        if may_settle(state, store, visit):
            settle(state, store, visit, effects)
    for visit in expire(state.door, store, state.now_s):
        effects.append(LedgerEntry(f"expired:{visit.id}", state.now_s, "expired", visit.id, {"subject": visit.subject}))
        never_came(state, store, visit.id, effects)
        forget_promises(state)
    late_entries(state, store, effects)
    waiting: list[float] = [entering.until_s for entering in state.entering.values()]
    for _, name in sorted((at_s, name) for name, at_s in state.due_s.items() if state.now_s >= at_s):
        after, told = on_time(state.settlements[name], state.now_s, store)
        keep(state, store, after)
        effects += told
    for name in state.due_s:
        soon_s = deadline_s(state.settlements[name], store)
        if soon_s is not None:
            waiting.append(soon_s)
    waiting += [
        v.admitted_s + store.policy.pass_within_s + 0.01 for v in state.door.visits.values() if v.state == "admitted"
    ]
    waiting += [
        comes_until_s(v, store) + 0.01
        for v in state.door.visits.values()
        if v.state == "shopping" and v.left >= v.inside
    ]
    waiting += [answered_by_s(store, v) for v in state.door.visits.values() if v.age == "asked"]
    waiting += [state.now_s + LOOK_AGAIN_S for v in state.door.visits.values() if v.state == "leaving"]
    state.busy_at_s = min(waiting, default=math.inf)
