"""From a shelf's samples to who did what, and to the carts that shoppers see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace as replace_reach
from itertools import pairwise

from msgspec.structs import replace

from edge.attribution import Movement, attribute, cart_of, movements, united, whose_track
from edge.checkout import shown_sum
from edge.floor import reaches
from edge.keys import moment
from edge.records import (
    Cart,
    Effect,
    Explained,
    LedgerEntry,
    Point,
    Publish,
    Reach,
    Restarted,
    ShelfEvent,
    Touch,
    WeightBatch,
)
from edge.runtime.ages import look_at_goods, shown_age
from edge.runtime.clocks import haze_of
from edge.runtime.doubts import doubt, doubt_now
from edge.runtime.health import status, tell
from edge.runtime.promises import known_here, stay_in, terms_of
from edge.runtime.supply import tell_stock
from edge.shelf import Told, begin_anew, sense
from edge.state import State
from edge.stock import follow, most_on
from edge.store import Store
from edge.told import NOTHING, Sentence, phrase, told

BEFORE_STEP_S = 0.35
AFTER_STEP_S = 0.30
"""Whose wrist was at the plates is looked for in this time around the step."""

UNWATCHED_S = 0.35
"""Cameras show everybody several times a second: a pause longer than this hides a hand that comes and goes."""

LONG_S = 1.0
AT_HAND_M = 0.12
"""Nobody's wrist was nearer than this at the step of a change that took so long: it happened at another moment of it,
while somebody leaned on the shelf, who hid when."""

SHUT_S = 60.0
"""What changed on a shelf that was silent for so long while nobody was inside, over night with the PC off, was arranged
by whoever keeps the shop. Asked about like a pick, a board that was filled left things astray that were never there,
from which shoppers seemed to take all day."""

HALF_GRIP_M = 0.05
MOST_PLATES_OF_ONE = 3
"""A change on at most so many neighbouring plates was made in one place, half as wide as a hand."""

UNWEIGHED = "scales started anew while they were near, and what they took there is not known"

CONCERNS_M = 1.2
"""Who is further than this from some plates is none of their business."""


def weights(state: State, store: Store, batch: WeightBatch, effects: list[Effect]) -> None:
    """One batch of a shelf, and everything that it settles."""
    shelf = state.shelves[batch.shelf]
    conversion = store.profiles.get(batch.shelf)
    if conversion is not None:
        batch = replace(batch, mass_g=conversion.grams(batch.mass_g))
    elif store.layout.shelf(batch.shelf).says == "raw":
        state.heard_s[f"shelf/{batch.shelf}"] = state.now_s
        return  # numbers that mean nothing yet: staff know (`edge.runtime.health`)
    if batch.at_s > shelf.heard_until_s + SHUT_S and not state.door.visits:
        begin_anew(shelf)
    late = shelf.late
    told = sense(shelf, batch, haze_of(state, batch.shelf))
    if shelf.late == late:
        state.heard_s[f"shelf/{batch.shelf}"] = state.now_s
    if told:
        _told(state, store, batch.shelf, told, effects)
    blind = shelf.blind
    if blind != state.blind.get(batch.shelf, ()):
        state.blind[batch.shelf] = blind
        if not blind:
            del state.blind[batch.shelf]
        effects.append(status(state, store))
    if shelf.spitting or f"plates/{batch.shelf}/nonsense" in state.troubles:
        tell(state, store, f"plates/{batch.shelf}/nonsense", _spits(batch.shelf, shelf.spitting), effects)


def _told(state: State, store: Store, shelf: str, told: Sequence[Told], effects: list[Effect]) -> None:
    """What a batch settled: hands that came and went, scales that started anew, and what somebody moved."""
    effects += [touch for touch in told if isinstance(touch, Touch)]
    for anew in (r for r in told if isinstance(r, Restarted)):
        started_anew(state, store, anew, effects)
    events = [e for e in told if isinstance(e, ShelfEvent)]
    if events:
        known = known_here(state, store)
        for event in united(state.belief, known, events, most_on(state.stock, store.planogram.on(shelf))):
            _explain(state, store, event, effects)


def _spits(shelf: str, plates: tuple[int, ...]) -> Sentence:
    if not plates:
        return NOTHING
    one = phrase("plate {plates} of {shelf} spits: single readings are nonsense. Look at its cable and power")
    several = phrase("plates {plates} of {shelf} spit: single readings are nonsense. Look at its cable and power")
    return told(one if len(plates) == 1 else several, plates=", ".join(str(p) for p in plates), shelf=shelf)


def started_anew(state: State, store: Store, anew: Restarted, effects: list[Effect]) -> None:
    """Scales came back from a silence at zero, or all elsewhere, or filled: no pick. What whoever was near took
    meanwhile is lost, so a person looks before they are charged.
    """
    gondola = store.layout.gondola_of(anew.shelf)
    box = store.layout.plate_box(anew.shelf, min(anew.plates), max(anew.plates))
    near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, anew.began_s, anew.ended_s)
    visits = {v for r in near if r.head_gap_m < CONCERNS_M for v in whose_track(state.belief, r.track)}
    for name in sorted(visits & state.door.visits.keys()):
        visit = state.door.visits[name]
        visit.unsure = visit.unsure or UNWEIGHED
    body: dict[str, object] = {
        "shelf": anew.shelf,
        "plates": list(anew.plates),
        "began_s": round(anew.began_s, 2),
        "ended_s": round(anew.ended_s, 2),
        "near": sorted(visits & state.door.visits.keys()),
    }
    kind = "shelf-filled" if anew.filled else "shelf-restarted"
    effects.append(LedgerEntry(moment(f"{kind}:{anew.shelf}", anew.ended_s), anew.ended_s, kind, "", body))


def _explain(state: State, store: Store, event: ShelfEvent, effects: list[Effect]) -> None:
    """Who did it, by all that is known; carts that look different now are published."""
    gondola = store.layout.gondola_of(event.shelf)
    box = _where(store, event)
    if event.blind:
        near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, event.began_s, event.ended_s)
        if _unwatched(state, event.began_s, event.ended_s):
            near = [replace_reach(r, hand_gap_m=math.inf, gaps_m=()) for r in near]
    else:
        near = _near(state, store, event, box, event.step_s)
        if event.ended_s - event.began_s > LONG_S and all(r.hand_gap_m > AT_HAND_M for r in near):
            near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, event.began_s, event.ended_s)
    doubt(state, event.step_s)
    doubt_now(state, {r.track for r in near if r.head_gap_m < CONCERNS_M})
    there = most_on(state.stock, store.planogram.on(event.shelf))
    each = [(m, _near(state, store, event, _around(store, event, m), m.at_s)) for m in movements(event)]
    restocking = state.mode == "restock"
    explained, visits = attribute(
        state.belief, known_here(state, store), event, near, each=each, there=there, restocking=restocking
    )
    effects.append(explained)
    effects.append(_entry_of(explained))
    for sku in sorted(follow(state.stock, store, explained)):
        tell_stock(state, store, sku, effects)
    for visit in sorted(visits & state.door.visits.keys()):
        _show_cart(state, store, visit, effects)


def _unwatched(state: State, from_s: float, to_s: float) -> bool:
    """Whether no camera showed anybody for a while of this time. A change that shelves did not feel either may have
    come then, by a hand that nobody saw: the hands that were seen before and afterwards prove nothing.
    """
    seen = {s.at_s for t in state.floor.tracks.values() for s in t.recent}
    return any(b - a > UNWATCHED_S and a < to_s and b > from_s for a, b in pairwise(sorted(seen)))


def _near(state: State, store: Store, event: ShelfEvent, box: tuple[Point, Point], at_s: float) -> list[Reach]:
    """How near everybody was to a box of air around a moment."""
    gondola = store.layout.gondola_of(event.shelf)
    from_s, to_s = at_s - BEFORE_STEP_S, at_s + AFTER_STEP_S
    return reaches(state.floor, gondola.origin, gondola.yaw_deg, box, from_s, to_s)


def _where(store: Store, event: ShelfEvent) -> tuple[Point, Point]:
    """The box of air (gondola frame) in which the change happened: around its middle, or above all its plates."""
    low, high = store.layout.plate_box(event.shelf, min(event.plates), max(event.plates))
    if max(event.plates) - min(event.plates) > MOST_PLATES_OF_ONE:
        return low, high
    weights = {p: abs(float(event.change_g[p - 1])) for p in event.plates}
    middle = sum((p - 0.5) * w for p, w in weights.items()) / sum(weights.values())
    return _grip(store, event, middle)


def _around(store: Store, event: ShelfEvent, movement: Movement) -> tuple[Point, Point]:
    """The box of air (gondola frame) in which one movement happened."""
    return _grip(store, event, movement.plate - 0.5)


def _grip(store: Store, event: ShelfEvent, middle: float) -> tuple[Point, Point]:
    """The air around a place along a shelf, in plates from its left end."""
    low, high = store.layout.plate_box(event.shelf, min(event.plates), max(event.plates))
    x_m = middle * store.layout.shelf(event.shelf).plate_width
    return (x_m - HALF_GRIP_M, low[1], low[2]), (x_m + HALF_GRIP_M, high[1], high[2])


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
    if cart != state.carts.get(visit, Cart()):
        state.carts[visit] = cart
        effects.append(_shown(state, store, visit, cart))
        look_at_goods(state, store, state.door.visits[visit], effects)


def carts_inside(state: State, store: Store) -> list[Publish]:
    """Every cart as it stands, and what is asked about it: for a broker that may have forgotten them."""
    carts = [_shown(state, store, visit, cart) for visit, cart in state.carts.items()]
    return carts + [shown_age(state, store, visit) for visit in state.door.visits.values() if visit.age]


def _shown(state: State, store: Store, visit: str, cart: Cart) -> Publish:
    whole = {line.sku: line for line in cart.lines}  # a product's last line is all of it
    terms = terms_of(state, store, visit)
    units = {x.sku: x.quantity for x in whole.values() if x.sku in terms.catalogue}
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "lines": [{"sku": x.sku, "quantity": x.quantity, "certainty": x.certainty} for x in whole.values()],
        **shown_sum(terms, units, stay_in(state, store, visit, cart.lines, state.now_s)),
        "currency": terms.currency,
    }
    return Publish(f"visit/{visit}/cart", payload, retain=True)
