"""The end of a visit: when it may settle, and what it is charged."""

from __future__ import annotations

from collections.abc import Set

from edge.attribution import cart_of, depart, tracks_of, whose_track
from edge.floor import positions, reaches
from edge.payment import open_settlement, review_settlement
from edge.records import Effect, LedgerEntry, Publish
from edge.runtime.ages import UNPROVEN, forget_age, left_unsold, unsold_of, waits_for_age
from edge.runtime.doubts import doubt, doubt_visit
from edge.runtime.money import forget, keep
from edge.runtime.points import points_end, points_of_sale
from edge.runtime.promises import forget_promises, stay_in, terms_of
from edge.runtime.shelves import CONCERNS_M
from edge.runtime.whereabouts import THERE, walked_out
from edge.shelf import still_stirring
from edge.state import LEAST_SHARE, State
from edge.store import Store
from edge.visit import Outcome, Visit, after, give_up, outcome_of

KEEP_S = 3600.0
"""A settlement that is over is remembered this long, for an answer that comes twice."""

BASKETS = 5
"""So many of a member's last visits tell what is usual."""

OUT_PATIENCE_S = 60.0
"""Who was last seen in an exit, and by no camera since for this long, is not coming back."""

BLIND_PATIENCE = 4.0
"""While a camera is blind, somebody unseen is waited for so many times as long."""

SPEAKS_S = 2.0
"""A shelf that has said nothing for so much longer than its batches last is not waited for."""

USUAL_BATCH_S = 0.5
"""What the policy's patience counts on: shelves that speak in longer batches are heard of later."""


def may_settle(state: State, store: Store, visit: Visit) -> bool:
    """Whether every shelf that could concern a leaving visit has settled, or the policy's patience is over; and nobody
    is asked any more whether they are old enough.
    """
    longest_s = max((shelf.lasts_s for shelf in state.shelves.values()), default=0.0)
    if waits_for_age(visit):
        return False
    if state.now_s >= visit.leaving_s + store.policy.settle_within_s + max(0.0, longest_s - USUAL_BATCH_S):
        return True
    stirring = []
    for name, shelf in state.shelves.items():
        if shelf.heard_until_s < visit.leaving_s and shelf.heard_until_s > state.now_s - SPEAKS_S - shelf.lasts_s:
            return False
        since_s = still_stirring(shelf)
        if since_s < visit.leaving_s:
            stirring.append((name, since_s))
    tracks = tracks_of(state.belief, visit.id) if stirring else {}
    mine = {t for t, share in tracks.items() if share > LEAST_SHARE}
    return not any(_concerns(state, store, name, visit, since_s, mine) for name, since_s in stirring)


def _concerns(state: State, store: Store, shelf: str, visit: Visit, since_s: float, tracks: Set[int]) -> bool:
    gondola = store.layout.gondola_of(shelf)
    box = store.layout.plate_box(shelf, 1, store.layout.shelf(shelf).plates)
    near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, since_s - 1.0, visit.leaving_s, tracks)
    return any(r.head_gap_m < CONCERNS_M for r in near)


def lose(state: State, store: Store) -> None:
    """Visits whose people no camera has shown for a long time: they left unseen. Sooner where the last that cameras
    showed of them was how they walked out, and later while a camera is blind: they may be where it would look.
    """
    if state.now_s < state.looked_s + 5.0:
        return
    state.looked_s = state.now_s
    patience_s = store.policy.lost_after_s
    if any(source.startswith("camera/") for source in state.late):
        patience_s *= BLIND_PATIENCE
    there = {t for t, _, _ in positions(state.floor)}
    shares = [whose_track(state.belief, t) for t in sorted(there)]
    for visit in state.door.visits.values():
        if visit.state != "shopping":
            continue
        there_now = any(s.get(visit.id, 0.0) > THERE for s in shares)
        if there_now and visit.shown:  # a ghost is not there twice
            visit.seen_s = state.now_s
        visit.shown = there_now
        since_s = max(visit.seen_s, visit.admitted_s, state.awake_s)
        if there_now or state.now_s <= since_s + min(patience_s, OUT_PATIENCE_S):
            continue
        if state.now_s > since_s + patience_s or walked_out(state, visit, state.now_s - OUT_PATIENCE_S):
            give_up(visit, state.now_s)


def settle(state: State, store: Store, visit: Visit, effects: list[Effect]) -> None:
    """The visit is over: what it is sure to hold is charged."""
    visit.state = after(visit.state, "shelves_settled")
    doubt(state, state.now_s)
    if visit.role == "staff":
        body: dict[str, object] = {"subject": visit.subject}
        effects.append(LedgerEntry(f"staff-left:{visit.id}", visit.leaving_s, "staff-left", visit.id, body))
    else:
        _charge(state, store, visit, effects)
    depart(state.belief, visit.id, {t for t, track in state.floor.tracks.items() if not track.gone})
    state.carts.pop(visit.id, None)
    del state.door.visits[visit.id]
    forget_promises(state)


def _charge(state: State, store: Store, visit: Visit, effects: list[Effect]) -> None:
    if visit.rivals:  # somebody else scanned just before or after, and never came: who was it that did?
        doubt_visit(visit, visit.rivals)
    cart = cart_of(state.belief, visit.id)
    outcome = outcome_of(
        cart, visit.identity, store.policy, lost=visit.lost, interrupted=visit.interrupted, unsure=visit.unsure,
        others=visit.exchanged,
    )  # fmt: skip
    terms = terms_of(state, store, visit.id)
    charged, withheld = _sold_here(terms, outcome)
    unsold, unproven = unsold_of(state, store, visit, charged)
    review = "; ".join(why for why in (outcome.review, unproven) if why)
    if outcome.review:  # who looks decides about all of it
        review += f"; {UNPROVEN.format(goods=', '.join(unsold))}" if unsold else ""
    elif unsold:
        for sku in unsold:
            withheld[sku] = withheld.get(sku, 0) + charged.pop(sku)
        left_unsold(state, store, visit, unsold, effects)
    common = (terms, visit.id, visit.subject, charged, withheld, outcome.lines)
    points_end(state, store, effects)
    held, stay = state.settlements.get(visit.id), stay_in(state, store, visit.id, outcome.lines, visit.leaving_s)
    if review:
        settlement, told = review_settlement(
            *common, review, visit.leaving_s, visit.key, exchanged=outcome.exchanged, before=held, stay=stay
        )
    else:
        settlement, told = open_settlement(*common, visit.leaving_s, visit.key, held, stay=stay, unsold=unsold)
    over = [v for v, s in state.settlements.items() if s.is_over and s.asked_s < state.now_s - KEEP_S]
    for name in over:
        forget(state, name)
    keep(state, store, settlement)
    points_of_sale(state, terms, visit.leaving_s, told)
    effects += told
    if store.policy.hold == "usual" and settlement.state == "asked":
        state.baskets[visit.subject] = (*state.baskets.get(visit.subject, ()), settlement.total_minor)[-BASKETS:]
    effects.append(Publish(f"visit/{visit.id}/cart", {}, retain=True))
    effects += forget_age(visit)


def _sold_here(store: Store, outcome: Outcome) -> tuple[dict[str, int], dict[str, int]]:
    """What is charged and what is withheld. A product that the shop never offered to this visit has no price for it."""
    charged, withheld = dict(outcome.charged), dict(outcome.withheld)
    for sku in [sku for sku in charged if sku not in store.catalogue]:
        withheld[sku] = withheld.get(sku, 0) + charged.pop(sku)
    return charged, withheld
