"""Who comes in and who goes out."""

from __future__ import annotations

import math

from msgspec.structs import replace

from edge.attribution import admit, followed, left_together, measure, whose_track
from edge.floor import arrive, forget, keep, was_blind, went_through
from edge.gate import WAITING, Admission, Waiting, identify
from edge.keys import moment, unique
from edge.records import CredentialScan, Effect, GatePassage, GateScan, LedgerEntry
from edge.runtime.clocks import gate_in_time
from edge.runtime.doubts import doubt, doubt_now, doubt_visit, may_be
from edge.runtime.entries import in_debt, open_for, turn_away, waits_for_hold
from edge.runtime.health import why_shut
from edge.runtime.promises import promise
from edge.runtime.turns import at_reader, turned_up, whose_turn
from edge.runtime.whereabouts import elsewhere, inside, walked_out
from edge.state import LEAST_SHARE, State, refuse
from edge.store import Store
from edge.store.policy import SEEN_BY_NOBODY
from edge.visit import Passing, behind, go_in, go_out, scan, waiting

CAMERAS_LAG_S = 0.5
GATE_PATIENCE_S = 1.5
"""Who passed a gate is decided when the cameras have come this far past the moment, or after this patience."""

REMEMBERED_S = 60.0
"""What a gate says a second time within this is no news."""

OUT_BEFORE_S = 5.0
"""Who vanished in an exit so long ago does not go out now."""

TOGETHER_S = 3.0
"""Who goes out so soon behind somebody of a party that is not complete yet is likelier of it than not."""

NEWCOMER_S = 30.0
NEW_AT_DOOR = 0.98
"""Who turned up at a door where somebody had gone missing, and within this time a scan and a passage let somebody in
there, is so surely the one who was let in."""

LEAST_NEW = 2e-3
"""Where less than this speaks for anybody who was seen in a gate to be somebody new, who came in was hidden there."""


def scanned(state: State, store: Store, record: GateScan | CredentialScan, effects: list[Effect]) -> None:
    """Somebody wants to come in: a visit is admitted, or the gate stays shut and says why."""
    who = record.subject if isinstance(record, GateScan) else record.credential
    method = record.method if isinstance(record, GateScan) else "credential"
    if not _is_news(state, record, f"{record.gate} {method} {who}"):
        return
    at_s, _ = gate_in_time(state, store, record, effects)
    if math.isnan(at_s):
        return
    record = replace(record, at_s=at_s)
    answer = identify(state.gate, store, record, why_shut(state, store))
    if isinstance(answer, Admission):
        answer = in_debt(state, store, answer, effects) or answer
    if isinstance(answer, Admission):
        _let_in(state, store, record, answer, effects)
        return
    if isinstance(answer, Waiting):
        reason, detail = WAITING, answer.detail
    else:
        reason, detail = str(answer.reason), answer.detail
    turn_away(state, record.gate, reason, detail, effects)


def _let_in(
    state: State, store: Store, record: GateScan | CredentialScan, answer: Admission, effects: list[Effect]
) -> None:
    known = set(state.door.visits)
    visit = scan(state.door, store, record.gate, record.at_s, answer)
    promise(state, store, visit)
    gate = store.layout.gate(record.gate)
    if gate is not None:
        visit.shown_by = at_reader(state, gate.position, record.at_s)
    if visit.id not in known:
        body: dict[str, object] = {"subject": visit.subject, "gate": record.gate, "method": answer.method}
        body["party"] = visit.party
        if answer.nonce_key:
            body["nonce"] = answer.nonce_key
        effects.append(LedgerEntry(f"visit:{visit.id}", record.at_s, "visit", visit.id, body))
    elif answer.nonce_key:  # the book is what remembers a used code when all else is lost
        used: dict[str, object] = {"subject": visit.subject, "gate": record.gate, "nonce": answer.nonce_key}
        effects.append(LedgerEntry(f"code:{answer.nonce_key}", record.at_s, "code-used", visit.id, used))
    state.busy_at_s = min(state.busy_at_s, record.at_s + store.policy.pass_within_s + 0.01)
    if visit.role != "staff" and waits_for_hold(state, store, visit, record.gate, effects):
        return
    open_for(visit, record.gate, effects)


def _is_news(state: State, record: GateScan | CredentialScan | GatePassage, what: str) -> bool:
    """Whether a gate says something for the first time; the rest is counted."""
    state.gates_said = [said for said in state.gates_said if said[0] > state.now_s - REMEMBERED_S]
    if any(said[1:] == (record.at_s, what) for said in state.gates_said):
        refuse(state, "gate message twice")
        return False
    state.gates_said.append((state.now_s, record.at_s, what))
    return True


def passed(state: State, store: Store, record: GatePassage, effects: list[Effect]) -> None:
    """Somebody went through a light barrier. Out is out, through whichever gate."""
    if _is_news(state, record, f"{record.gate} {record.direction}"):
        at_s, doubtful = gate_in_time(state, store, record, effects)
        if not math.isnan(at_s):
            state.door.passings.append(Passing(record.gate, at_s, record.direction, doubtful))


def someone_is_through(state: State) -> bool:
    """Whether somebody passed a gate long enough ago for the cameras to have shown who it was."""
    if not state.door.passings:
        return False
    seen_s = _seen_s(state)
    return any(_is_through(state, p, seen_s) for p in state.door.passings)


def _seen_s(state: State) -> float:
    return max(state.floor.heard_until_s.values(), default=-math.inf)


def _is_through(state: State, passing: Passing, seen_s: float) -> bool:
    return seen_s >= passing.at_s + CAMERAS_LAG_S or state.now_s >= passing.at_s + GATE_PATIENCE_S


def gone_through(state: State, store: Store, effects: list[Effect]) -> None:
    """Those who passed a gate a moment ago: the cameras have shown by now who they were."""
    seen_s = _seen_s(state)
    for passing in list(state.door.passings):
        if _is_through(state, passing, seen_s):
            state.door.passings.remove(passing)
            if passing.direction == "in":
                _came_in(state, store, passing, effects)
            else:
                _went_out(state, store, passing, effects)


def _came_in(state: State, store: Store, passing: Passing, effects: list[Effect]) -> None:
    """Bind a visit that waits for somebody to the track that went through the gate; nobody waits for a tailgater."""
    gate = store.layout.gate(passing.gate)
    if gate is None:
        return
    expected = waiting(state.door, store, passing.gate, passing.at_s)
    if not expected:
        body: dict[str, object] = {"gate": passing.gate}
        party = behind(state.door, store, passing.gate, passing.at_s)
        if party:
            body["behind"] = party
        state.door.strangers += 1
        key = unique(state.named, moment(f"tailgate:{passing.gate}", passing.at_s))
        effects.append(LedgerEntry(key, passing.at_s, "tailgate", "", body))
        return
    weights = went_through(state.floor, gate.position, passing.at_s, leaving=False)
    if len(expected) > 1:
        doubt(state, state.now_s)
        doubt_now(state, set(weights))
    visit = whose_turn(state.floor, expected, weights, passing.at_s)
    go_in(visit)
    if passing.doubtful or was_blind(state.floor, passing.at_s):
        doubt_visit(visit, (v.id for v in expected))
    newcomers = {t: NEW_AT_DOOR for t in weights if state.floor.tracks[t].found_s > passing.at_s - NEWCOMER_S}
    if sum(w * _may_be_new(state, t, newcomers.get(t, 0.0)) for t, w in weights.items()) < LEAST_NEW:
        weights[arrive(state.floor, gate.position, passing.at_s)] = 1.0
    unknown = [t for t in weights if not followed(state.belief, t)]
    if visit.role == "staff":
        state.belief.staff.add(visit.id)
    admit(state.belief, visit.id, visit.inside, weights, newcomers)
    keep(state.floor, [t for t, w in weights.items() if w > LEAST_SHARE])
    state.floor.tracks[max(weights, key=lambda t: weights[t])].found_s = -math.inf  # nobody comes in twice
    for track in unknown:
        for portrait in state.floor.tracks[track].portraits:
            measure(state.belief, portrait, state.floor.gauges)
    if visit.inside == 1:
        turned_up(state, visit)


def _may_be_new(state: State, track: int, newcomer: float) -> float:
    """How likely a track follows somebody who has no visit yet."""
    nobodys = whose_track(state.belief, track).get("", 0.0)
    return nobodys + (1.0 - nobodys) * newcomer


def _went_out(state: State, store: Store, passing: Passing, effects: list[Effect]) -> None:
    """Find out whose person left; with the last of a party the visit is leaving."""
    gate = store.layout.gate(passing.gate)
    if gate is None:
        return
    doubt(state, state.now_s)
    shopping = {v.id for v in state.door.visits.values() if v.state == "shopping"}
    weights = went_through(state.floor, gate.position, passing.at_s, leaving=True)
    doubt_now(state, set(weights))
    ahead = {
        v.id for v in state.door.visits.values() if inside(v) and v.left and passing.at_s - v.leaving_s < TOGETHER_S
    }
    if ahead:
        left_together(state.belief, weights, ahead)
    seen: dict[str, float] = {}
    for track, weight in weights.items():
        for visit_id, share in whose_track(state.belief, track).items():
            seen[visit_id] = seen.get(visit_id, 0.0) + weight * share
    shares = {v: share for v, share in seen.items() if v in shopping or not v}
    if weights:
        forget(state.floor, max(weights, key=lambda t: weights[t]))
    likeliest = max(sorted(shares), key=lambda v: shares[v]) if shares else ""
    if not shares or (not likeliest and not state.door.strangers):
        # Nobody was seen leaving, or somebody who never came in: it was one whom cameras do not show elsewhere.
        unseen = _unseen(state, shopping, gate.position, passing.at_s)
        shares = {v: (SEEN_BY_NOBODY if shares else 1.0) / len(unseen) for v in unseen}
        likeliest = unseen[0] if unseen else ""
    if not likeliest:
        state.door.strangers = max(0, state.door.strangers - 1)
        key = unique(state.named, moment(f"stranger:{passing.gate}", passing.at_s))
        effects.append(LedgerEntry(key, passing.at_s, "stranger", "", {"gate": passing.gate}))
        return
    visit = state.door.visits[likeliest]
    visit.identity = min(visit.identity, shares[likeliest])
    others = {v for found in (seen, shares) for v, share in found.items() if share > LEAST_SHARE}
    if shares[likeliest] < store.policy.review_identity_at:
        may_be(visit, others)
        for other in shopping & shares.keys() - {likeliest}:  # whoever stays may be the one who left
            stays = state.door.visits[other]
            stays.identity = min(stays.identity, 1.0 - shares[other])
            if stays.identity < store.policy.review_identity_at:
                may_be(stays, [likeliest])
    if passing.doubtful or was_blind(state.floor, passing.at_s):
        doubt_visit(visit, others)
    go_out(visit, store, passing.at_s)


def _unseen(state: State, shopping: set[str], gate: tuple[float, float], at_s: float) -> list[str]:
    """Visits of which somebody may have gone through a gate without being seen: not all of them are elsewhere."""
    shown = elsewhere(state, gate, at_s)
    visits = [state.door.visits[v] for v in sorted(shopping)]
    return [
        v.id for v in visits if inside(v) > shown.get(v.id, 0.0) + 0.5 and not walked_out(state, v, at_s - OUT_BEFORE_S)
    ]
