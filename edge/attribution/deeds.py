"""Who could have made a change of weight, and every way in which they may have shared it.

Enters: how near everybody came (`Reach`), once or at each of an event's two moments; recipes. Leaves: the likeliest
actors, and deeds: one did it all, or two did a part each, at once or in turn. Whether a story allows a deed is asked
elsewhere (`edge.attribution.attribute`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.attribution.belief import Belief
from edge.attribution.recipes import Move, Recipe, crowding
from edge.attribution.who import NEVER, who_nats
from edge.records import Reach

TOGETHER = -1.5
"""Two people moving something at one place in one instant."""

SHARE_NATS = 40.0
"""Of units of one product the first of two people took the share that went first, to about an eighth."""

NOBODY = 0
NOBODY_SEEN = -8.0
"""The track of somebody whom nobody knows of, and how seldom that is where cameras see: staff, or a thing that fell.
Without them whoever is in the shop would pay for what happens at its other end."""

NOT_SEEN = -3.0
"""A person whom no camera sees, where cameras do see others."""

FURTHEST = -11.0
"""Who is this many nats behind the likeliest person has nothing to do with it."""

MOST_ACTORS = 5
MOST_SHARED = 6
"""Several products of more units than this in one instant are not shared out between two; many of one product are."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Nats for having done it all at once, or both of two parts of it, or either (`edge.attribution.moments`)."""

    once: float
    both: float
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Deed:
    """Who moved what: each move with the track that made it."""

    parts: tuple[tuple[Move, int], ...]
    who_nats: float


def actors_of(belief: Belief, seen: Mapping[int, Reach], twice: Sequence[Mapping[int, Reach]]) -> dict[int, Actor]:
    """Track -> nats for everybody who could have done it, the likeliest ones, and for `NOBODY`."""
    once = _nats_of(belief, seen)
    found = [_nats_of(belief, near) for near in twice] or [once]
    likeliest = {t: max(once[t], *(nats[t] for nats in found)) for t in once}
    best = max(likeliest.values())
    ranked = sorted(likeliest, key=lambda t: (-likeliest[t], t))[:MOST_ACTORS]
    ranked += [NOBODY] if NOBODY not in ranked else []
    crowd = math.log(len(likeliest))
    actors = {}
    for t in (t for t in ranked if likeliest[t] > best + FURTHEST):
        each = [max(nats[t], NEVER) for nats in found]
        both = sum(each) if t in seen else each[0]  # of who was not seen a second moment tells nothing more
        actors[t] = Actor(max(once[t], NEVER) - crowd, both - crowd, each[0] - crowd, each[-1] - crowd)
    return actors


def _nats_of(belief: Belief, seen: Mapping[int, Reach]) -> dict[int, float]:
    """Track -> nats for everybody, by how near they came at one moment."""
    eyes = any(reach.sightings for reach in seen.values())
    nats = {t: who_nats(reach) + (NOT_SEEN if eyes and not reach.sightings else 0.0) for t, reach in seen.items()}
    unseen = [t for c in belief.clusters for t in c.tracks() if t < 0]
    nats |= dict.fromkeys(unseen, -6.0 if seen else -2.5)
    nats[NOBODY] = NOBODY_SEEN if eyes else 0.0
    return nats


def deeds_of(recipe: Recipe, actors: Mapping[int, Actor], first_share: float) -> Iterator[Deed]:
    """Every way of sharing a recipe: one person did it all, or two did a part each; one after the other where the event
    has two moments, the first of which made ``first_share`` of it (else NaN).
    """
    units = sum(abs(m.quantity) for m in recipe.moves)
    for track, actor in actors.items():  # a single thing leaves at one moment, however the plate swings
        yield Deed(tuple((m, track) for m in recipe.moves), actor.both if units > 1 else actor.once)
    if units < 2 or (len(recipe.moves) > 1 and units > MOST_SHARED):
        return
    crowd = math.log(max(1, len(actors)))
    tracks = list(actors)
    for i, a in enumerate(tracks):
        for b in tracks[i + 1 :]:
            # Many units at once are unusual for one person, and nothing unusual for two.
            nats = TOGETHER + crowd - recipe.crowding_nats
            for split in _splits(recipe.moves):
                parts = tuple((m, a) for m in split[0]) + tuple((m, b) for m in split[1])
                each = crowding(split[0]) + crowding(split[1])
                yield Deed(parts, nats + each + _in_turn(actors[a], actors[b], split, first_share))


def _in_turn(a: Actor, b: Actor, split: tuple[tuple[Move, ...], tuple[Move, ...]], first_share: float) -> float:
    """Nats for each having done their part of a split: at once, or the one and then the other."""
    if math.isnan(first_share):
        return a.first + b.first
    mine, theirs = (sum(abs(m.quantity) for m in part) for part in split)
    by_a = mine / (mine + theirs)
    uneven = SHARE_NATS if len(split[0]) == len(split[1]) == 1 and split[0][0].sku == split[1][0].sku else 0.0
    return max(
        a.first + b.second - uneven * (by_a - first_share) ** 2,
        b.first + a.second - uneven * (1.0 - by_a - first_share) ** 2,
    )


def _splits(moves: tuple[Move, ...]) -> Iterator[tuple[tuple[Move, ...], tuple[Move, ...]]]:
    """Ways to share moves between two people, each with something to do."""
    if len(moves) == 1:
        move = moves[0]
        sign = int(math.copysign(1, move.quantity))
        for n in range(1, abs(move.quantity)):
            part = Move(move.sku, sign * n, move.stray, move.home)
            yield (part,), (Move(move.sku, move.quantity - sign * n, move.stray, move.home),)
        return
    for mask in range(1, 2 ** len(moves) - 1):
        mine = tuple(m for i, m in enumerate(moves) if mask >> i & 1)
        theirs = tuple(m for i, m in enumerate(moves) if not mask >> i & 1)
        yield mine, theirs
