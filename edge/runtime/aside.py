"""What the core cannot digest is set aside, and the shop goes on.

No record should ever raise out of `step`; one that does is a fault of ours. It must not end the shop, since a record is
kept before it is stepped and the restart would raise again. Enters: the state from before that record, which is left
out, and what it was. Leaves: a word to staff and in the book; whoever was inside is looked at by a person before
anything is charged.

What raises once may raise again, because of what is remembered. So a shelf's levels are forgotten with its record; a
shelf or camera of which nothing can be digested is not listened to for a while; and where nothing at all can be
digested any more, everybody inside is sent to review with the cart that was shown last, and the shop begins anew,
remembering what does not hang on them. If not even that helps, unfinished payments are left to the book, which knows
them.
"""

from __future__ import annotations

import traceback

from edge.payment import review_settlement
from edge.records import (
    CredentialScan,
    Effect,
    GatePassage,
    GateScan,
    LedgerEntry,
    PaymentReply,
    PeopleFrame,
    Publish,
    Record,
    Refused,
    WeightBatch,
)
from edge.runtime.ages import forget_age
from edge.runtime.entries import never_came
from edge.runtime.health import alerts, status
from edge.runtime.money import keep
from edge.runtime.promises import forget_promises, stay_in, terms_of
from edge.state import State, open_shop, refuse, reopen_shelf
from edge.stock import open_stock
from edge.store import Store
from edge.told import phrase, told
from edge.visit import Visit

IN_A_ROW = 3
"""So many records after each other that cannot be digested, all in all or of one source: it is not the records."""

MOST_TOLD = 20
"""So many are told one by one until there is peace for `TOLD_FOR_S`; a broken sensor sends ten a second."""

TOLD_FOR_S = 600.0
"""Staff see for so long that something was set aside; and so long nobody listens to what only raises."""

SHELF, CAMERA, SHOP = "shelf/", "camera/", "shop"


def set_aside(state: State, store: Store, at_s: float, record: Record | None, error: Exception) -> list[Effect]:
    """Go on without a record (or None: without what the passing of time would have done), which raised ``error``."""
    state.now_s = max(state.now_s, at_s)
    effects: list[Effect] = []
    source, aside = _source(record), state.aside
    if state.now_s > aside.last_s + TOLD_FOR_S:
        aside.told_lately = 0
    aside.last_s = state.now_s
    aside.row += 1
    aside.by_source[source] = aside.by_source.get(source, 0) + 1
    refuse(state, "set aside")
    if aside.told_lately < MOST_TOLD:
        aside.told += 1
        aside.told_lately += 1
        what = type(record).__name__ if record is not None else "the passing of time"
        body: dict[str, object] = {"source": source, "what": what, "error": _where(error)}
        effects.append(LedgerEntry(f"set-aside:{aside.told}@{state.now_s!r}", state.now_s, "set-aside", "", body))
    reason = f"something of {source} could not be digested while they were inside"
    for visit in state.door.visits.values():
        visit.unsure = visit.unsure or reason
    _mend(state, store, source, reason, effects)
    what = phrase("something of {source} could not be digested and was left out. Please report it")
    aside.trouble = told(what, source=source)
    effects.append(status(state, store))
    return alerts(state, store, effects)


def digested(state: State, record: Record | None) -> None:
    """A record went through: what was set aside before it was not the state's fault, or is mended."""
    state.aside.row = 0
    state.aside.by_source.pop(_source(record), None)


def unheard(state: State, record: Record | None) -> bool:
    """Whether a record's source is one that is not listened to at present."""
    return bool(state.aside.muted) and _source(record) in state.aside.muted


def _mend(state: State, store: Store, source: str, reason: str, effects: list[Effect]) -> None:
    """What may have to be forgotten, so that the next record has another chance."""
    aside = state.aside
    again = aside.by_source[source] >= IN_A_ROW
    lately = aside.anew_s > state.now_s - TOLD_FOR_S
    if source.startswith(SHELF):
        reopen_shelf(state, store, source.removeprefix(SHELF))
    if again and (source.startswith(SHELF) or (source.startswith(CAMERA) and lately)):
        aside.muted[source] = state.now_s
    elif again or aside.row >= IN_A_ROW:
        _begin_anew(state, store, reason, effects)
        if lately:  # it did not help the last time
            state.settlements, state.due_s, state.stock = {}, {}, open_stock()
        aside.anew_s, aside.row, aside.by_source = state.now_s, 0, {}


def forget_aside(state: State, store: Store, effects: list[Effect]) -> None:
    """What was set aside long ago is no trouble any more (the book keeps it), and everybody has another chance."""
    for source, since_s in list(state.aside.muted.items()):
        if state.now_s > since_s + TOLD_FOR_S:
            del state.aside.muted[source]
    if state.aside.trouble and not state.aside.muted and state.now_s > state.aside.last_s + TOLD_FOR_S:
        state.aside.trouble = ""
        effects.append(status(state, store))


def _begin_anew(state: State, store: Store, reason: str, effects: list[Effect]) -> None:
    """Everybody inside is over, with what was shown of their carts; what does not hang on them is kept."""
    for visit in state.door.visits.values():
        _end(state, store, visit, reason, effects)
    fresh = open_shop(store)
    state.shelves, state.floor, state.belief, state.clocks = fresh.shelves, fresh.floor, fresh.belief, fresh.clocks
    state.door.strangers += sum(max(0, v.inside - v.left) for v in state.door.visits.values())
    state.door.visits, state.door.passings = {}, []
    forget_promises(state)
    state.carts, state.blind, state.entering = {}, {}, {}
    state.identity_switches, state.duplicate_tracks, state.portraits = [], [], []
    state.busy_at_s = fresh.busy_at_s


def _end(state: State, store: Store, visit: Visit, reason: str, effects: list[Effect]) -> None:
    if visit.state == "admitted":
        body: dict[str, object] = {"subject": visit.subject}
        effects.append(LedgerEntry(f"expired:{visit.id}", state.now_s, "expired", visit.id, body))
        never_came(state, store, visit.id, effects)
        return
    if visit.role == "staff":
        body = {"subject": visit.subject}
        effects.append(LedgerEntry(f"staff-left:{visit.id}", state.now_s, "staff-left", visit.id, body))
        return
    cart = state.carts.get(visit.id)
    lines = cart.lines if cart is not None else ()
    units = {line.sku: line.quantity for line in lines}  # a product's last line is all of it
    terms, stay = terms_of(state, store, visit.id), stay_in(state, store, visit.id, lines, state.now_s)
    held = state.settlements.get(visit.id)
    try:
        settlement, told = review_settlement(
            terms, visit.id, visit.subject, units, {}, lines, reason, state.now_s, visit.key, before=held, stay=stay
        )
    except Exception:
        settlement, told = review_settlement(
            terms, visit.id, visit.subject, {}, {}, (), reason, state.now_s, visit.key, before=held
        )
    keep(state, store, settlement)
    effects += told
    effects.append(Publish(f"visit/{visit.id}/cart", {}, retain=True))
    effects += forget_age(visit)


def _source(record: Record | None) -> str:
    """Who said what was set aside."""
    if isinstance(record, WeightBatch):
        return f"shelf/{record.shelf}"
    if isinstance(record, PeopleFrame):
        return f"camera/{record.camera}"
    if isinstance(record, GateScan | CredentialScan | GatePassage):
        return f"gate/{record.gate}"
    if isinstance(record, PaymentReply):
        return "payment"
    if isinstance(record, Refused):
        return record.topic.partition("/")[0]
    return SHOP


def _where(error: Exception) -> str:
    """Which fault, and where: the same for the same fault, whatever the values were."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((f for f in reversed(frames) if "/edge/" in f.filename.replace("\\", "/")), None)
    return type(error).__name__ + (f" in {last.name}" if last else "")
