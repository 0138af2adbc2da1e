"""Which of a cluster's stories are kept: the likeliest `MOST_HYPOTHESES`, once each.

Stories that tell the same are one; the hopeless, `PRUNED_BELOW` the best, are pruned. For want of room what lies where
is forgotten before who may hold what (`_roomy`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from edge.attribution.hypotheses import Holding, Hypothesis

MOST_HYPOTHESES = 72
PRUNED_BELOW = -11.0
"""Nats behind the best story of its cluster: one in fifty thousand."""

T = TypeVar("T")


def paired(stories: list[Hypothesis], others: list[Hypothesis]) -> list[Hypothesis]:
    """The best stories that are one of the first and one of the others at once. They touch nothing in common, so no
    two of them tell the same, and only those that are kept need to be written.
    """
    if not any(h.who or h.carts or h.strays for h in stories):  # nothing yet
        found = [h.branch(0.0) for h in others]
        reweigh(found)
        return found
    their_kinds = _kinds(others)
    pairs = [
        (a.nats + b.nats, (kind, other), (a, b))
        for a, kind in zip(stories, _kinds(stories), strict=True)
        for b, other in zip(others, their_kinds, strict=True)
    ]
    pairs.sort(key=lambda pair: -pair[0])
    found = [
        Hypothesis(
            nats,
            a.who | b.who,
            a.carts | b.carts,
            a.strays + b.strays,
            a.known | b.known,
            a.gone | b.gone,
            a.before + tuple([past for past in b.before if past not in a.before]) if b.before else a.before,
        )
        for nats, (a, b) in _roomy(pairs)
    ]
    reweigh(found)
    return found


def likeliest(stories: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Stories that tell the same are one; the hopeless are pruned; weights are normalised."""
    ranked = sorted(stories, key=lambda h: -h.nats)
    visits = sorted(ranked[0].carts)
    told: dict[int, Hashable] = {}
    merged: dict[tuple[Hashable, Hashable], Hypothesis] = {}
    for h in ranked:
        strays = tuple(sorted((s.shelf, s.first, s.last, s.sku) for s in h.strays)) if h.strays else ()
        known = merged.setdefault((_kind(h, visits, told), strays), h)
        if known is not h:
            known.nats += math.log1p(math.exp(h.nats - known.nats))
    kept = sorted(((h.nats, kind[0], h) for kind, h in merged.items()), key=lambda each: -each[0])
    ranked = []
    for nats, h in _roomy(kept):
        h.nats = nats
        ranked.append(h)
    ranked.sort(key=lambda h: -h.nats)
    reweigh(ranked)
    return ranked


def _kinds(stories: Sequence[Hypothesis]) -> list[Hashable]:
    """For each story what it tells of people and of what they hold."""
    visits = sorted(stories[0].carts)
    told: dict[int, Hashable] = {}
    return [_kind(h, visits, told) for h in stories]


def _kind(h: Hypothesis, visits: Sequence[str], told: dict[int, Hashable]) -> Hashable:
    """What a story tells of people and of what they hold; ``told``: what is known of parts that stories share, by
    their identity.
    """
    if id(h.who) not in told:
        told[id(h.who)] = tuple((t, p if p.visit else None) for t, p in sorted(h.who.items()))
    carts = [h.carts[visit] for visit in visits]
    for cart in carts:
        if id(cart) not in told:
            told[id(cart)] = units_of(cart)
    return (told[id(h.who)], *[told[id(cart)] for cart in carts])


def _roomy(ranked: Sequence[tuple[float, Hashable, T]]) -> list[tuple[float, T]]:
    """The best `MOST_HYPOTHESES` of (nats, kind, story), the best first. Where there are more, the doubt about what
    lies astray makes room before the doubt about who holds what: each kind keeps its best story before another one
    keeps its second, and what is dropped of a kind leaves its weight to its best.
    """
    if len(ranked) <= MOST_HYPOTHESES:
        return [(nats, story) for nats, _, story in ranked]
    first: dict[Hashable, int] = {}
    more: list[int] = []
    for i, (_, kind, _) in enumerate(ranked):
        if kind in first:
            more.append(i)
        else:
            first[kind] = i
    kept = sorted([*list(first.values())[:MOST_HYPOTHESES], *more[: max(0, MOST_HYPOTHESES - len(first))]])
    weights = {i: ranked[i][0] for i in kept}
    for i, (nats, kind, _) in enumerate(ranked):
        best = first[kind]
        if i not in weights and best in weights:
            weights[best] += math.log1p(math.exp(nats - weights[best]))
    return [(weights[i], ranked[i][2]) for i in kept]


def units_of(cart: Holding) -> tuple[tuple[str, int], ...]:
    """What a cart holds, the same for all that hold the same."""
    return tuple(sorted([(sku, units) for sku, (units, *_) in cart.items()]))


def reweigh(stories: list[Hypothesis]) -> bool:
    """Normalise weights and prune the hopeless, in place; whether any was. Every change of a story's weight ends
    here, also of one that stands alone: what is only ever added to grows beyond all numbers within minutes.
    """
    if len(stories) == 1:
        stories[0].nats = 0.0
        return False
    best = max(h.nats for h in stories)
    hopeful = [h for h in stories if h.nats > best + PRUNED_BELOW]
    dropped = len(hopeful) < len(stories)
    stories[:] = hopeful
    whole = best + math.log(sum(math.exp(h.nats - best) for h in stories))
    for h in stories:
        h.nats -= whole
    return dropped
