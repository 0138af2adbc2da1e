"""step(): the one place where order is decided.

``step(state, store, record) -> effects`` is the whole shop. It reads no clock, disk, network or randomness: time
is what the records say, and the same records give the same effects, to the byte. The state is changed in place; it
holds nothing but plain data, so that `freeze` and `thaw` can carry it over a stop.
"""

from __future__ import annotations

import math

from edge.attribution import (
    admit,
    attribute,
    cart_of,
    confuse,
    depart,
    measure,
    united,
    whose_track,
)
from edge.checkout import on_reply, on_time, open_settlement, review_settlement
from edge.floor import (
    Confusion,
    Stature,
    doubts_now,
    forget,
    keep,
    positions,
    reaches,
    see,
    went_through,
)
from edge.records import (
    Cart,
    Effect,
    Explained,
    GatePassage,
    GateScan,
    LedgerEntry,
    PaymentReply,
    PeopleFrame,
    Point,
    Publish,
    Record,
    Refused,
    ShelfEvent,
    Touch,
    WeightBatch,
)
from edge.shelf import sense, still_stirring
from edge.state import State
from edge.store import Store
from edge.visit import Passing, Visit, after, expire, go_in, go_out, outcome_of, scan

BEFORE_STEP_S = 0.35
AFTER_STEP_S = 0.30
"""Whose wrist was at the plates is looked for in this time around the step."""

HALF_GRIP_M = 0.05
MOST_PLATES_OF_ONE = 3
"""A change on at most so many neighbouring plates was made in one place, half as wide as a hand."""

CAMERAS_LAG_S = 0.5
GATE_PATIENCE_S = 1.5
"""Who passed a gate is decided when the cameras have come this far past the moment, or after this patience."""

DOUBT_LAG_S = 1.0
"""Doubt about identity takes effect this much later, when the shelf events from before it have been told."""

GATE_LATE_S = 30.0
"""A gate's message that took longer than this is about people who are elsewhere by now."""

KEEP_S = 3600.0
"""A settlement that is over is remembered this long, for an answer that comes twice."""

LEAST_SHARE = 0.02
"""A track that is somebody's with less probability than this is nobody's."""

LOOK_AGAIN_S = 0.1
"""How often it is looked whether a leaving visit may be settled."""

CONCERNS_M = 1.2
"""A stirring shelf further than this from everybody of a visit is none of its business."""


def step(state: State, store: Store, record: Record) -> list[Effect]:
    """Everything that follows from one record."""
    state.now_s = max(state.now_s, record.received_s)
    effects: list[Effect] = []
    if isinstance(record, WeightBatch):
        _weights(state, store, record, effects)
    elif isinstance(record, PeopleFrame):
        for doubt in see(state.floor, record):
            if isinstance(doubt, Confusion):
                state.confusions.append(doubt)
            else:
                state.statures.append(doubt)
    elif isinstance(record, GateScan):
        if _is_news(state, record, f"{record.gate} {record.subject}"):
            _scanned(state, store, record, effects)
    elif isinstance(record, GatePassage):
        if _is_news(state, record, f"{record.gate} {record.direction}"):
            _passed(state, store, record, effects)
    elif isinstance(record, PaymentReply):
        settlement = state.settlements.get(record.settlement)
        if settlement is None:
            _refuse(state, "payment of nobody")
        else:
            state.settlements[record.settlement], told = on_reply(settlement, record, store)
            effects += told
    elif isinstance(record, Refused):
        _refuse(state, record.reason)
    told_s = min(
        state.confusions[0].at_s if state.confusions else math.inf,
        state.statures[0].at_s if state.statures else math.inf,
    )
    if told_s <= state.now_s - DOUBT_LAG_S or state.door.passings or state.now_s >= state.busy_at_s:
        _time_passes(state, store, effects)
    return effects


def finish(state: State, store: Store, at_s: float) -> list[Effect]:
    """Time passes up to ``at_s`` without a record: whatever waits only for time happens."""
    state.now_s = max(state.now_s, at_s)
    effects: list[Effect] = []
    _time_passes(state, store, effects)
    return effects


def _refuse(state: State, reason: str) -> None:
    state.refused[reason] = state.refused.get(reason, 0) + 1


# --- sensors ---------------------------------------------------------------------------------------


def _weights(state: State, store: Store, batch: WeightBatch, effects: list[Effect]) -> None:
    shelf = state.shelves[batch.shelf]
    told = sense(shelf, batch)
    effects += [touch for touch in told if isinstance(touch, Touch)]
    for event in united(state.belief, store, [e for e in told if isinstance(e, ShelfEvent)]):
        _explain(state, store, event, effects)
    blind = shelf.blind
    if blind != state.blind.get(batch.shelf, ()):
        state.blind[batch.shelf] = blind
        if not blind:
            del state.blind[batch.shelf]
        effects.append(_status(state))


def _explain(state: State, store: Store, event: ShelfEvent, effects: list[Effect]) -> None:
    """Who did it, by all that is known; carts that look different now are published."""
    gondola = store.layout.gondola_of(event.shelf)
    box = _where(store, event)
    from_s, to_s = (
        (event.began_s, event.ended_s) if event.blind else (event.step_s - BEFORE_STEP_S, event.step_s + AFTER_STEP_S)
    )
    near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, from_s, to_s)
    _doubt(state, event.step_s)
    _doubt_now(state, {r.track for r in near if r.head_gap_m < CONCERNS_M})
    explained, visits = attribute(state.belief, store, event, near)
    effects.append(explained)
    effects.append(_entry_of(explained))
    for visit in sorted(visits & state.door.visits.keys()):
        _show_cart(state, store, visit, effects)


def _where(store: Store, event: ShelfEvent) -> tuple[Point, Point]:
    """The box of air (gondola frame) in which the change happened: around its middle, or above all its plates."""
    low, high = store.layout.plate_box(event.shelf, min(event.plates), max(event.plates))
    if max(event.plates) - min(event.plates) > MOST_PLATES_OF_ONE:
        return low, high
    width = store.layout.shelf(event.shelf).plate_width
    weights = {p: abs(float(event.change_g[p - 1])) for p in event.plates}
    middle = sum((p - 0.5) * w for p, w in weights.items()) / sum(weights.values()) * width
    return (middle - HALF_GRIP_M, low[1], low[2]), (middle + HALF_GRIP_M, high[1], high[2])


def _entry_of(explained: Explained) -> LedgerEntry:
    event = explained.event
    body: dict[str, object] = {
        "shelf": event.shelf,
        "plates": list(event.plates),
        "change_g": [round(float(event.change_g[p - 1]), 1) for p in event.plates],
        "began_s": round(event.began_s, 2),
        "ended_s": round(event.ended_s, 2),
        "blind": event.blind,
        "explanations": [
            {
                "shares": [{"visit": s.visit, "sku": s.sku, "quantity": s.quantity} for s in e.shares],
                "probability": round(e.probability, 4),
            }
            for e in explained.explanations[:3]
        ],
    }
    visit = (
        explained.explanations[0].shares[0].visit if explained.explanations and explained.explanations[0].shares else ""
    )
    return LedgerEntry(f"shelf-event:{event.id}", event.step_s, "shelf-event", visit, body)


def _show_cart(state: State, store: Store, visit: str, effects: list[Effect]) -> None:
    cart = cart_of(state.belief, visit)
    if cart == state.carts.get(visit, Cart()):
        return
    state.carts[visit] = cart
    whole = {line.sku: line for line in cart.lines}  # a product's last line is all of it
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "lines": [{"sku": x.sku, "quantity": x.quantity, "certainty": x.certainty} for x in whole.values()],
        "total": sum(store.catalogue[x.sku].price_minor * x.quantity for x in whole.values()),
        "currency": store.currency,
    }
    effects.append(Publish(f"visit/{visit}/cart", payload, retain=True))


def _status(state: State) -> Publish:
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "state": "degraded" if state.blind else "open",
        "blind": {shelf: list(plates) for shelf, plates in sorted(state.blind.items())},
    }
    return Publish("runtime/status", payload, retain=True)


# --- gates -----------------------------------------------------------------------------------------


def _is_news(state: State, record: GateScan | GatePassage, what: str) -> bool:
    """Whether a gate says something for the first time, and in time; the rest is counted."""
    state.gates_said = [said for said in state.gates_said if said[0] > state.now_s - 2 * GATE_LATE_S]
    if record.at_s < state.now_s - GATE_LATE_S:
        _refuse(state, "gate message too late")
        return False
    if (record.at_s, what) in state.gates_said:
        _refuse(state, "gate message twice")
        return False
    state.gates_said.append((record.at_s, what))
    return True


def _scanned(state: State, store: Store, record: GateScan, effects: list[Effect]) -> None:
    known = set(state.door.visits)
    visit = scan(state.door, store, record)
    if visit.id not in known:
        body: dict[str, object] = {"subject": visit.subject, "gate": visit.gate, "method": record.method}
        body["party"] = visit.party
        effects.append(LedgerEntry(f"visit:{visit.id}", record.at_s, "visit", visit.id, body))
    effects.append(Publish(f"gate/{record.gate}/command", {"open": True, "for_s": 5.0, "visit": visit.id}))
    state.busy_at_s = min(state.busy_at_s, record.at_s + store.policy.pass_within_s + 0.01)


def _passed(state: State, store: Store, record: GatePassage, effects: list[Effect]) -> None:
    if record.direction == "out":
        state.door.passings.append(Passing(record.gate, record.at_s, "out"))
        return
    visit = go_in(state.door, store, record.gate, record.at_s)
    if visit is None:
        body: dict[str, object] = {"gate": record.gate}
        key = f"tailgate:{record.gate}@{record.at_s:.3f}"
        effects.append(LedgerEntry(key, record.at_s, "tailgate", "", body))
    else:
        state.door.passings.append(Passing(record.gate, record.at_s, "in", visit.id, visit.inside))


def _time_passes(state: State, store: Store, effects: list[Effect]) -> None:
    """Whatever waited for time or for the cameras and may happen now, oldest first."""
    seen_s = max(state.floor.heard_until_s.values(), default=-math.inf)
    for passing in list(state.door.passings):
        if seen_s >= passing.at_s + CAMERAS_LAG_S or state.now_s >= passing.at_s + GATE_PATIENCE_S:
            state.door.passings.remove(passing)
            (_came_in if passing.direction == "in" else _went_out)(state, store, passing, effects)
    _doubt(state, state.now_s - DOUBT_LAG_S)
    for visit in [v for v in state.door.visits.values() if v.state == "leaving"]:
        if _may_settle(state, store, visit):
            _settle(state, store, visit, effects)
    for visit in expire(state.door, store, state.now_s):
        effects.append(LedgerEntry(f"expired:{visit.id}", state.now_s, "expired", visit.id, {"subject": visit.subject}))
    for name, settlement in list(state.settlements.items()):
        if settlement.state == "asked":
            state.settlements[name], told = on_time(settlement, state.now_s, store)
            effects += told
    waiting = [s.asked_s + store.policy.pay_within_s for s in state.settlements.values() if s.state == "asked"]
    waiting += [
        v.admitted_s + store.policy.pass_within_s + 0.01 for v in state.door.visits.values() if v.state == "admitted"
    ]
    waiting += [state.now_s + LOOK_AGAIN_S for v in state.door.visits.values() if v.state == "leaving"]
    state.busy_at_s = min(waiting, default=math.inf)


def _doubt(state: State, until_s: float) -> None:
    """Doubts about identity, and what speaks to them, in their order."""
    due: list[Confusion | Stature] = [d for d in state.confusions if d.at_s <= until_s]
    due += [d for d in state.statures if d.at_s <= until_s]
    if due:
        state.confusions = [d for d in state.confusions if d.at_s > until_s]
        state.statures = [d for d in state.statures if d.at_s > until_s]
        for doubt in sorted(due, key=lambda d: d.at_s):
            if isinstance(doubt, Confusion):
                confuse(state.belief, doubt)
            else:
                measure(state.belief, doubt)


def _doubt_now(state: State, tracks: set[int]) -> None:
    """These people matter now: what is not sure about them yet is taken as it stands."""
    for doubt in doubts_now(state.floor, tracks, state.now_s):
        confuse(state.belief, doubt)


def _came_in(state: State, store: Store, passing: Passing, effects: list[Effect]) -> None:
    """Bind the visit to the track that went through the gate."""
    visit = state.door.visits.get(passing.visit)
    gate = store.layout.gate(passing.gate)
    if visit is None or gate is None:
        return
    weights = went_through(state.floor, gate.position, passing.at_s, leaving=False)
    unseen = -passing.number - 1000 * int(visit.id.rsplit("-", 1)[1])
    admit(state.belief, visit.id, passing.number, weights, unseen)
    keep(state.floor, [t for t, w in weights.items() if w > LEAST_SHARE])
    for track in weights:
        for stature in state.floor.tracks[track].statures:
            measure(state.belief, stature)


def _went_out(state: State, store: Store, passing: Passing, effects: list[Effect]) -> None:
    """Find out whose person left; with the last of a party the visit is leaving."""
    gate = store.layout.gate(passing.gate)
    if gate is None:
        return
    _doubt(state, state.now_s)
    shopping = {v.id for v in state.door.visits.values() if v.state == "shopping"}
    weights = went_through(state.floor, gate.position, passing.at_s, leaving=True)
    _doubt_now(state, set(weights))
    shares: dict[str, float] = {}
    for track, weight in weights.items():
        for visit_id, share in whose_track(state.belief, track).items():
            if visit_id in shopping or not visit_id:
                shares[visit_id] = shares.get(visit_id, 0.0) + weight * share
    if weights:
        forget(state.floor, max(weights, key=lambda t: weights[t]))
    if not shares and shopping:
        # Nobody was seen leaving: it was one of those whom no camera sees.
        seen = {t for t, _, _ in positions(state.floor)}
        bound = {v for t in seen for v, share in whose_track(state.belief, t).items() if share > 0.5}
        unseen = sorted(shopping - bound) or sorted(shopping)
        shares = {v: 1.0 / len(unseen) for v in unseen}
    likeliest = max(sorted(shares), key=lambda v: shares[v]) if shares else ""
    if not likeliest:
        key = f"stranger:{passing.gate}@{passing.at_s:.3f}"
        effects.append(LedgerEntry(key, passing.at_s, "stranger", "", {"gate": passing.gate}))
        return
    visit = state.door.visits[likeliest]
    visit.identity = min(visit.identity, shares[likeliest])
    go_out(visit, passing.at_s)


def _may_settle(state: State, store: Store, visit: Visit) -> bool:
    """Whether every shelf that could concern a leaving visit has settled, or the policy's patience is over."""
    if state.now_s >= visit.leaving_s + store.policy.settle_within_s:
        return True
    for name, shelf in state.shelves.items():
        if shelf.heard_until_s < visit.leaving_s and shelf.heard_until_s > state.now_s - 2.0:
            return False
        since_s = still_stirring(shelf)
        if since_s < visit.leaving_s and _concerns(state, store, name, visit, since_s):
            return False
    return True


def _concerns(state: State, store: Store, shelf: str, visit: Visit, since_s: float) -> bool:
    gondola = store.layout.gondola_of(shelf)
    box = store.layout.plate_box(shelf, 1, store.layout.shelf(shelf).plates)
    near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, since_s - 1.0, visit.leaving_s)
    tracks = {t for t in state.floor.tracks if whose_track(state.belief, t).get(visit.id, 0.0) > LEAST_SHARE}
    return any(r.track in tracks and r.head_gap_m < CONCERNS_M for r in near)


def _settle(state: State, store: Store, visit: Visit, effects: list[Effect]) -> None:
    """The visit is over: what it is sure to hold is charged."""
    visit.state = after(visit.state, "shelves_settled")
    _doubt(state, state.now_s)
    outcome = outcome_of(cart_of(state.belief, visit.id), visit.identity, store.policy)
    common = (store, visit.id, visit.subject, outcome.charged, outcome.withheld, outcome.lines)
    if outcome.review:
        settlement, told = review_settlement(*common, outcome.review, visit.leaving_s)
    else:
        settlement, told = open_settlement(*common, visit.leaving_s)
    over = [v for v, s in state.settlements.items() if s.state in ("paid", "void") and s.asked_s < state.now_s - KEEP_S]
    for name in over:
        del state.settlements[name]
    state.settlements[visit.id] = settlement
    effects += told
    effects.append(Publish(f"visit/{visit.id}/cart", {}, retain=True))
    depart(state.belief, visit.id, {t for t, track in state.floor.tracks.items() if not track.gone})
    state.carts.pop(visit.id, None)
    del state.door.visits[visit.id]
