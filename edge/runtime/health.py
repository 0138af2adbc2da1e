"""What staff see: whether the shop is open, what is wrong, and what happened that somebody should look at.

Lateness is judged on ticks alone, and a runtime that has just woken up gives every sensor time to speak first.
"""

from __future__ import annotations

import msgspec

from edge.appearance import tells_nobody_apart
from edge.checkout import LANGUAGES, in_words
from edge.gate import Shut, shop_skew_s
from edge.keys import moment, unique
from edge.payment import Settlement, needs_staff, tells_money, why_exactly
from edge.records import BLIND, Effect, LedgerEntry, ModeSet, Publish, SourceTrouble
from edge.runtime.decisions import waiting
from edge.state import State
from edge.store import Store
from edge.told import NOTHING, Sentence, phrase, told

LATE_S = 3.0
"""A shelf or camera that has said nothing for so long is late: both speak several times a second."""

AWAKE_S = 5.0
"""After a silence of the runtime's own clock this long, it had been asleep."""

SHELVES, CAMERAS, LOOKS = "shelf/", "camera/", "appearance/"

ALIKE = told(
    "what it says of people's looks tells nobody apart, and is not used. Look at its picture: light, focus, a clean "
    "lens. If it stays so, write appearance = false into its [[camera]]"
)

ALERTS = {
    "tailgate": "somebody came in without a scan",
    "stranger": "somebody whom no scan let in has left",
    "shelf-restarted": "a shelf's scales started anew, from another zero. Look at its power, and count it",
    "shelf-filled": "a shelf was filled while it said nothing, or nobody listened. Count it",
    "review": "a visit waits for a person to look at it",
    "payment-declined": "a payment was declined",
    "payment-unanswered": "the payment provider does not answer",
    "payment-hold-ending": "money is reserved for a visit in review, and not much longer: decide it, or it is charged",
    "stray-payment": "the payment provider took money for a visit that is long over, or that nobody knows",
    "payment-contradiction": "the payment provider contradicts itself",
    "age-asked": "somebody holds goods for adults. Look at their ID, and say so: `tebura age`",
    "age-unanswered": "nobody has looked at the ID of somebody who holds goods for adults. They wait for help",
    "age-withheld": "somebody has left, and goods for adults that were not sold to them may have left with them",
    "contested": "a shopper says that their cart or receipt is wrong. Look at it, and answer",
    "set-aside": "something could not be digested, and was left out",
}
"""Kinds of ledger entries that staff should look at, and what to tell them."""

REFUND = "money that is to be given back could not be: tebura payment list"
"""… where it is a refund that failed."""


def status(state: State, store: Store) -> Publish:
    """``runtime/status`` as it is now."""
    shut = why_shut(state, store)
    troubles = state.troubles | _uncalibrated(store)
    if state.aside.trouble:
        troubles["undigested"] = state.aside.trouble
    blind = unreadable(state, store)
    wrong = blind or state.late or troubles
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "state": "closed" if shut else ("degraded" if wrong else "open"),
        "mode": state.mode,
        "why": shut,
        "blind": {shelf: list(plates) for shelf, plates in sorted(blind.items())},
        "late": sorted(state.late),
        "troubles": dict(sorted(troubles.items())),
        "waiting": waiting(state),
    }
    return Publish("runtime/status", payload, retain=True)


def unreadable(state: State, store: Store) -> dict[str, tuple[int, ...]]:
    """Shelf -> the plates, from 1, that nothing is known of at present: all of a shelf that is late."""
    late = [shelf for shelf in store.layout.shelves if f"{SHELVES}{shelf.id}" in state.late]
    return state.blind | {shelf.id: tuple(range(1, shelf.plates + 1)) for shelf in late}


def _uncalibrated(store: Store) -> dict[str, str]:
    """Shelves whose numbers mean nothing yet."""
    shelves = [s.id for s in store.layout.shelves if s.says == "raw" and s.id not in store.profiles]
    if not shelves:
        return {}
    named = ", ".join(shelves[:5]) + (" …" if len(shelves) > 5 else "")
    what = phrase("{shelves} cannot weigh: raw numbers, and no calibration. Run `tebura calibrate shelf {first}`")
    return {"calibration": told(what, shelves=named, first=shelves[0])}


def closing_status(state: State) -> Publish:
    """The last ``runtime/status`` of a runtime that stops in good order."""
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "state": "closed",
        "mode": state.mode,
        "why": "the runtime was stopped",
    }
    return Publish("runtime/status", payload, retain=True)


def why_shut(state: State, store: Store) -> Shut:
    """Why no shopper may come in at present; empty where they may."""
    if state.mode != "open":
        return "restocking" if state.mode == "restock" else "closed"
    if "ledger" in state.troubles:
        return "cannot-keep-books"
    cameras = {f"{CAMERAS}{c.id}" for c in store.layout.cameras}
    if cameras and cameras <= state.late:
        return "cannot-see"
    if {f"{SHELVES}{s.id}" for s in store.layout.shelves} <= state.late:
        return "cannot-weigh"
    return ""


def set_mode(state: State, store: Store, record: ModeSet, effects: list[Effect]) -> None:
    """Staff say what the shop is doing from now on."""
    if record.mode == state.mode:
        return
    state.mode = record.mode
    body: dict[str, object] = {"mode": record.mode, "by": record.by}
    effects.append(LedgerEntry(unique(state.named, moment("mode", record.at_s)), record.at_s, "mode", "", body))
    effects.append(status(state, store))


def trouble(state: State, store: Store, record: SourceTrouble, effects: list[Effect]) -> None:
    """Something that the shop depends on fails, or works again."""
    tell(state, store, record.source, Sentence(record.trouble), effects)


def sees(state: State, store: Store, camera: str, effects: list[Effect]) -> None:
    """A camera has said who is there: it is not blind, whatever the last will of an old connection says after it."""
    source = f"{CAMERAS}{camera}"
    if state.troubles.get(source, "").startswith(BLIND):
        tell(state, store, source, NOTHING, effects)


def tell(state: State, store: Store, source: str, what: Sentence, effects: list[Effect]) -> None:
    """What is wrong with a source from now on; empty: nothing."""
    if what == state.troubles.get(source, ""):
        return
    if what:
        state.troubles[source] = what
    else:
        del state.troubles[source]
    effects.append(status(state, store))


def ticked(state: State, store: Store, effects: list[Effect]) -> None:
    """Who has not been heard for too long; what the gate has found out about the shop's own clock."""
    first = not state.ticked_s
    if state.now_s - state.ticked_s > AWAKE_S:
        state.awake_s = state.now_s
    state.ticked_s = state.now_s
    late = {
        source
        for source in _sources(store)
        if state.now_s - max(state.heard_s.get(source, 0.0), state.awake_s) > LATE_S
    }
    skew_s = shop_skew_s(state.gate, state.now_s)
    clock = NOTHING
    if skew_s is not None:
        behind = phrase("this PC's clock is about {by_s:.0f} s behind, say the shoppers' phones. Set it (timedatectl)")
        ahead = phrase("this PC's clock is about {by_s:.0f} s ahead, say the shoppers' phones. Set it (timedatectl)")
        clock = told(behind if skew_s > 0 else ahead, by_s=abs(skew_s))
    known = state.troubles.get("clock", "")
    if clock and not known:
        state.troubles["clock"] = clock
    elif not clock:
        state.troubles.pop("clock", None)
    if first or late != state.late or bool(clock) != bool(known):
        state.late = late
        effects.append(status(state, store))
    for camera in store.layout.cameras:
        what = ALIKE if tells_nobody_apart(state.floor.gauges, camera.id) else NOTHING
        tell(state, store, f"{LOOKS}{camera.id}", what, effects)


def _sources(store: Store) -> list[str]:
    return [f"{SHELVES}{s.id}" for s in store.layout.shelves] + [f"{CAMERAS}{c.id}" for c in store.layout.cameras]


def alerts(state: State, store: Store, effects: list[Effect]) -> list[Effect]:
    """The effects, with a word to staff about what they should look at; and the status, where other visits wait now."""
    entries = [e for e in effects if isinstance(e, LedgerEntry)]
    if not entries:
        return effects
    told: list[Effect] = [_alert(state, e) for e in entries if _concerns_staff(e)]
    if any(tells_money(e) for e in entries):
        now = waiting(state)
        if now != state.waiting_told:
            state.waiting_told = now
            told.append(status(state, store))
    return effects + told if told else effects


def _concerns_staff(entry: LedgerEntry) -> bool:
    """Whether an entry is for staff to look at. What is declined at the gate the shopper hears; what was reserved and
    cannot be captured is charged.
    """
    if entry.kind not in ALERTS:
        return False
    operation = entry.body.get("operation", "charge")
    if entry.kind in ("payment-declined", "payment-unanswered") and operation in ("hold", "release"):
        return False
    return not (entry.kind == "payment-declined" and operation == "capture" and entry.body["state"] == "asked")


def _alert(state: State, entry: LedgerEntry) -> Publish:
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "kind": entry.kind,
        "text": REFUND if entry.body.get("operation") == "refund" else ALERTS[entry.kind],
        "visit": entry.visit or entry.body.get("behind", ""),
    }
    settlement = state.settlements.get(entry.visit)
    if settlement is not None and needs_staff(settlement):
        if entry.kind == "review":
            payload["text"] = f"{ALERTS[entry.kind]}: {why_exactly(settlement)}"
            if settlement.exchanged:
                payload |= _exchanged(settlement)
        payload["waiting"] = sum(needs_staff(s) for s in state.settlements.values())
    return Publish("runtime/alert", payload)


def _exchanged(settlement: Settlement) -> dict[str, object]:
    """With whom a visit may have been exchanged: for programs, and in each language for people."""
    products = settlement.prices.products if settlement.prices is not None else {}

    def words(language: str) -> str:
        return in_words(
            settlement.exchanged, language, lambda sku: products[sku].name(language) if sku in products else sku
        )

    return {
        "exchanged": msgspec.to_builtins(settlement.exchanged),
        "exchanged_in_words": {language: words(language) for language in LANGUAGES},
    }
