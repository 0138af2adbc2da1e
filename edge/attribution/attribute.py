"""One shelf event -> every story goes on in all the ways that explain it.

For each recipe and each way of sharing it among those who could reach, a story gets a continuation: carts gain
what was taken and lose what came back, misplaced things appear and vanish. What cannot be (a thing put back that no
cart held) is not continued. The most probable continuations survive.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace as changed
from types import MappingProxyType

import numpy as np

from edge.attribution.belief import forget_strays, joined, replace, visits_then
from edge.attribution.deeds import HELD_S, NOBODY, Deed, Deeds, actors_of
from edge.attribution.hypotheses import Belief, Holding, Hypothesis, Person
from edge.attribution.movements import Movement
from edge.attribution.pruning import PRUNED_BELOW
from edge.attribution.recipes import Glimpse, Recipe, Stray, recipes
from edge.records import Explained, Explanation, Reach, Share, ShelfEvent
from edge.store import Facing, Store

BORROWED = -4.0
"""Putting back what somebody else took: it was handed over, or fetched from another cart."""

RESTOCKED = -4.0
"""A stranger (staff, most likely) adds to the shelf."""

STRANGER = -2.5
"""Somebody who never came in through the gate takes something."""

SLACK = 5.0
"""The likeliest continuation may turn out to be impossible; so much further down is looked at."""

SIDE_BY_SIDE = 2
"""Plates this far apart may be moved by one hand at once."""

MOST_LOOKED_AT = 2000
"""So many continuations of an event are looked at, the best: an ordinary one has some hundred at most, and twenty
things of a gram each among five people have a million."""

NOT_COUNTED: Mapping[Facing, int] = MappingProxyType({})
"""A shop whose stock nobody knows."""


def attribute(
    belief: Belief,
    store: Store,
    event: ShelfEvent,
    reaches: Iterable[Reach],
    *,
    each: Sequence[tuple[Movement, Iterable[Reach]]] = (),
    there: Mapping[Facing, int] = NOT_COUNTED,
    restocking: bool = False,
) -> tuple[Explained, set[str]]:
    """Explain an event; returns how, and the visits whose carts it may have changed.

    ``each``: the event's `movements`, and everybody's reach to each. ``there``: how many units stand at most in places
    that were counted. While staff are ``restocking``, strangers who take and add are nothing unusual.
    """
    forget_strays(belief, event.step_s)
    seen = {r.track: r for r in reaches}
    actors = actors_of(belief, seen, [{r.track: r for r in near} for _, near in each])
    alone = actors.keys() == {NOBODY}
    strays = _strays_on(belief, event)
    now_g = -float(event.change_g.sum())
    lifted = [s for s in strays if now_g > 0 and _is_held(belief, s, event.step_s)]
    tracks = set(actors) | {t for s in lifted for g in s.glimpses for t, _ in g.nats if t in seen}
    cluster = joined(belief, visits_then(belief, tracks, event.step_s), tracks, strays)
    before = cluster.hypotheses
    held: dict[str, int] = {}
    _most_held(before, held)
    lying = list(dict.fromkeys(s for h in before for s in h.strays if s.on(event.shelf, event.plates)))
    found = recipes(event, store.catalogue, store.planogram, lying, held, there)
    weights: dict[tuple[Share, ...], tuple[float, Recipe, float]] = {}
    unusual = 0.0 if restocking else 1.0
    after: list[Hypothesis] = []
    best = -math.inf
    deeds = Deeds(actors, [movement for movement, _ in each], now_g, lifted, cluster.tracks())
    glimpses = deeds.glimpses(float(event.change_g.sum()))
    for nats, h, recipe, deed in _promising(before, found, deeds, event.step_s, belief.staff):
        best = max(best, h.nats + nats)
        # Something always happened: where all that is likely is impossible, what is not likely is looked at.
        hopeless = after and h.nats + nats < max(after[0].nats, best - SLACK) + PRUNED_BELOW
        if hopeless or len(after) == MOST_LOOKED_AT:
            break
        story, shares = _continue(h, deed, event, nats, unusual, alone, belief.staff, glimpses)
        if story is None:
            continue
        after.append(story)
        if story.nats > after[0].nats:
            after[0], after[-1] = after[-1], after[0]
        share = math.exp(story.nats)
        known = weights.get(shares)
        reason = (recipe, deed.who_nats) if known is None or nats > known[1].nats + known[2] else known[1:]
        weights[shares] = ((known[0] if known else 0.0) + share, *reason)
    visits = {v for h in before for v in h.carts}
    replace(belief, cluster, after)
    return _explained(event, seen, before, weights), visits


def mistake(belief: Belief, one: str, other: str, probability: float) -> None:
    """Two visits may have been taken for each other as they came in: then all that is one's is the other's."""
    cluster = joined(belief, {one, other}, set())
    names = {one: other, other: one}
    stories = []
    for h in cluster.hypotheses:
        stories.append(h.branch(math.log1p(-probability)))
        swapped = h.branch(math.log(probability))
        swapped.who = {track: _renamed(person, names) for track, person in h.who.items()}
        swapped.carts = {names.get(visit, visit): cart for visit, cart in h.carts.items()}
        swapped.gone = {names.get(visit, visit): cart for visit, cart in h.gone.items()}
        swapped.before = tuple(
            (at_s, {track: _renamed(person, names) for track, person in who.items()}) for at_s, who in h.before
        )
        swapped.known = {_renamed(person, names): known for person, known in h.known.items()}
        stories.append(swapped)
    replace(belief, cluster, stories)


def _renamed(person: Person, names: Mapping[str, str]) -> Person:
    return Person(names.get(person.visit, person.visit), person.number)


def united(
    belief: Belief, store: Store, events: Sequence[ShelfEvent], there: Mapping[Facing, int] = NOT_COUNTED
) -> list[ShelfEvent]:
    """Events that settled together: two that overlap side by side are one where that explains them better.

    Somebody who takes from two plates at once, or sets a thing down across them in two movements, makes steps that no
    product fits, while their sum fits well. How the sum falls on the two has no reason then, which costs its spread.
    """
    kept = list(events)
    for i, a in enumerate(kept):
        for b in kept[i + 1 :]:
            near = min(abs(p - q) for p in a.plates for q in b.plates) <= SIDE_BY_SIDE
            if not near or a.began_s > b.ended_s or b.began_s > a.ended_s:
                continue
            both = _sum(a, b)
            spread = math.log(max(1.0, abs(float(both.change_g.sum()))))
            apart = _best_nats(belief, store, a, there) + _best_nats(belief, store, b, there)
            if _best_nats(belief, store, both, there) - spread > apart:
                return united(belief, store, [both, *(e for e in kept if e is not a and e is not b)], there)
    return sorted(kept, key=lambda e: e.step_s)


def _sum(a: ShelfEvent, b: ShelfEvent) -> ShelfEvent:
    """Two events as one; it bears the name and the moment of the heavier."""
    first = a if abs(float(a.change_g.sum())) >= abs(float(b.change_g.sum())) else b
    return changed(
        first,
        began_s=min(a.began_s, b.began_s),
        ended_s=max(a.ended_s, b.ended_s),
        settled_s=max(a.settled_s, b.settled_s),
        plates=tuple(sorted({*a.plates, *b.plates})),
        change_g=a.change_g + b.change_g,
        error_g=np.hypot(a.error_g, b.error_g),
        blind=a.blind or b.blind,
        parts=tuple(sorted(a.parts + b.parts)) if a.parts and b.parts else (),
    )


def _best_nats(belief: Belief, store: Store, event: ShelfEvent, there: Mapping[Facing, int]) -> float:
    """How well the best recipe explains an event, whoever did it."""
    held: dict[str, int] = {}
    for cluster in belief.clusters:
        _most_held(cluster.hypotheses, held)
    return recipes(event, store.catalogue, store.planogram, _strays_on(belief, event), held, there)[0].nats


def _most_held(stories: Iterable[Hypothesis], held: dict[str, int]) -> None:
    for h in stories:
        for cart in h.carts.values():
            for sku, (count, *_) in cart.items():
                held[sku] = max(held.get(sku, 0), count)


def _promising(
    before: list[Hypothesis], found: list[Recipe], deeds: Deeds, at_s: float, staff: Set[str]
) -> Iterator[tuple[float, Hypothesis, Recipe, Deed]]:
    """(nats, story, recipe, deed) of every continuation, best first; what it may cost on top only lowers it. There may
    be a million: they are found one by one.
    """
    before = sorted(before, key=lambda h: -h.nats)
    held = [_held(h) for h in before]
    most: dict[str, int] = {}
    _most_held(before, most)
    loose = [{t for t in deeds.actors if _is_loose(h.followed(t, at_s).visit, staff)} for h in before]
    ever_loose = set[int]().union(*loose)
    ranked = [
        (recipe.nats + deed.who_nats, recipe, deed)
        for recipe in found
        for deed in deeds.of(recipe)
        if all(move.quantity > -1 - most.get(move.sku, 0) or track in ever_loose for move, track in deed.parts)
    ]
    ranked.sort(key=lambda d: -d[0])
    heads = [(-(ranked[0][0] + h.nats), 0, j) for j, h in enumerate(before)]
    while heads:
        _, i, j = heads[0]
        (nats, recipe, deed), h = ranked[i], before[j]
        if i + 1 < len(ranked):
            heapq.heapreplace(heads, (-(ranked[i + 1][0] + h.nats), i + 1, j))
        else:
            heapq.heappop(heads)
        if _may_be(held[j], loose[j], deed):
            yield nats, h, recipe, deed


def _is_loose(visit: str, staff: Set[str]) -> bool:
    """Whether one of this visit may put back what no cart holds: staff, or nobody's."""
    return not visit or visit in staff


def _held(h: Hypothesis) -> dict[str, int]:
    """Product -> the most that one cart of a story holds."""
    held: dict[str, int] = {}
    _most_held((h,), held)
    return held


def _may_be(held: Mapping[str, int], loose: Set[int], deed: Deed) -> bool:
    """Whether a story may allow a deed: what comes back is in somebody's cart, or comes from outside."""
    return all(
        move.quantity >= 0 or held.get(move.sku, 0) >= -move.quantity or track in loose for move, track in deed.parts
    )


def _strays_on(belief: Belief, event: ShelfEvent) -> list[Stray]:
    found = [s for s in belief.strays if s.on(event.shelf, event.plates)]
    for c in belief.clusters:
        found += [s for h in c.hypotheses for s in h.strays if s.on(event.shelf, event.plates)]
    return list(dict.fromkeys(found))


def _is_held(belief: Belief, stray: Stray, at_s: float) -> bool:
    """Whether what a stray lacks may be in the hand that lifted it, and it is known whose that was: where people were
    exchanged since, it is not.
    """
    if not stray.glimpses or stray.mass_g >= 0 or at_s - stray.since_s > HELD_S:
        return False
    tracks = {t for glimpse in stray.glimpses for t, _ in glimpse.nats}
    return not any(
        exchanged_s > stray.since_s and not tracks.isdisjoint(who)
        for cluster in belief.clusters
        for h in cluster.hypotheses
        for exchanged_s, who in h.before
    )


def _continue(
    h: Hypothesis, deed: Deed, event: ShelfEvent, nats: float, unusual: float, alone: bool, staff: Set[str],
    glimpses: tuple[Glimpse, ...],
) -> tuple[Hypothesis | None, tuple[Share, ...]]:  # fmt: skip
    """A story with one deed added; None where the story does not allow it. ``unusual`` scales what strangers cost;
    ``glimpses``: who may have made a change that nothing explains; ``alone``: nobody is in the shop. What changed then,
    over night or while the PC was off, was arranged so by whoever keeps the shop, and nothing of it lies astray: a
    guess at what filled a board would be taken from it all day.
    """
    story = h.branch(nats)
    shares = []
    for move, track in deed.parts:
        visit = h.followed(track, event.step_s).visit
        if move.stray is not None and move.sku == "":
            if move.quantity == 0:
                if not alone:  # a hand that rests lifts again
                    story.strays += (changed(move.stray, glimpses=glimpses),)
                shares.append(Share("", "", 0))
                continue
            if not _take_stray(story, move.stray):
                return None, ()
            continue
        if move.quantity > 0:
            if move.stray is not None and not _take_stray(story, move.stray):
                return None, ()
            if visit in staff:
                visit = ""
            elif visit in story.carts:
                _add(story, visit, move.sku, move.quantity, event.id)
            else:
                story.nats += STRANGER * unusual
            shares.append(Share(visit, move.sku, move.quantity))
        else:
            restocks = visit in staff
            giver = "" if restocks else _giver(story, visit, move.sku, -move.quantity)
            if giver is None:
                return None, ()
            if giver:
                story.nats += 0.0 if giver == visit else BORROWED
                _add(story, giver, move.sku, move.quantity, event.id)
            elif not restocks:
                story.nats += RESTOCKED * unusual
            if not move.home and not alone:
                left = Stray(event.shelf, min(event.plates), max(event.plates), move.sku, 0.0, event.step_s)
                story.strays += (left,) * -move.quantity
            shares.append(Share(giver, move.sku, move.quantity))
    return story, tuple(sorted(shares, key=lambda s: (s.visit, s.sku)))


def _take_stray(story: Hypothesis, stray: Stray) -> bool:
    if stray not in story.strays:
        return False
    at = story.strays.index(stray)
    story.strays = story.strays[:at] + story.strays[at + 1 :]
    return True


def _giver(story: Hypothesis, visit: str, sku: str, quantity: int) -> str | None:
    """From whose cart something comes back: the own one, else another that holds it; "" for a stranger's."""
    if story.carts.get(visit, {}).get(sku, (0,))[0] >= quantity:
        return visit
    for other in sorted(story.carts):
        if story.carts[other].get(sku, (0,))[0] >= quantity:
            return other
    return "" if not visit else None


def _add(story: Hypothesis, visit: str, sku: str, quantity: int, event: str) -> None:
    """Change a cart by so many units, and remember the event behind it."""
    cart: Holding = dict(story.carts[visit])
    count, events, moves = cart.pop(sku, (0, (), ()))
    if count + quantity > 0:
        cart[sku] = (count + quantity, (*events, event), (*moves, quantity))
    story.carts[visit] = cart


def _explained(
    event: ShelfEvent,
    seen: Mapping[int, Reach],
    before: list[Hypothesis],
    weights: Mapping[tuple[Share, ...], tuple[float, Recipe, float]],
) -> Explained:
    """The event's explanations as they stand now, most probable first."""
    whole = sum(w for w, _, _ in weights.values()) or 1.0
    ranked = sorted(weights.items(), key=lambda kv: -kv[1][0])[:8]
    likeliest = before[0]
    return Explained(
        event,
        tuple(
            Explanation(shares, r.weight_nats, r.place_nats, who, r.prior_nats, weight / whole)
            for shares, (weight, r, who) in ranked
        ),
        tuple(
            (likeliest.followed(t, event.step_s).visit if t in likeliest.who else "", r)
            for t, r in sorted(seen.items())
        ),
    )
