"""Who could have made a change of weight, and every way in which they may have shared it.

Enters: how near everybody came (`Reach`), to the whole and to each of its `movements`; recipes. Leaves: the likeliest
actors, and deeds: one did it all, or two did a part each. Whether a story allows a deed is asked elsewhere
(`edge.attribution.attribute`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.attribution.hypotheses import Belief
from edge.attribution.movements import Movement
from edge.attribution.recipes import Move, Recipe, crowding
from edge.attribution.who import NEVER, who_nats
from edge.records import Reach

TOGETHER = -1.5
"""Two people moving something at one place in one instant."""

ONE_PLACE = -0.5
"""… and even from one plate: there is hardly room for two hands."""

MISFIT_NATS = 40.0
"""What one of two people moved is the movements at which they were, to about an eighth of the whole."""

APART_S = 0.6
APART_PLATES = 2
"""Whoever made movements so far apart, or with so many plates between them, was looked at twice."""

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
    """Nats for having done all of it at once, and for each of its movements; less what it costs that many could."""

    once: float
    each: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """Who moved what: each move with the track that made it."""

    parts: tuple[tuple[Move, int], ...]
    who_nats: float


def actors_of(belief: Belief, seen: Mapping[int, Reach], each: Sequence[Mapping[int, Reach]]) -> dict[int, Actor]:
    """Track -> nats for everybody who could have done it, the likeliest ones, and for `NOBODY`. ``each``: everybody's
    reach to each movement.
    """
    once = _nats_of(belief, seen)
    apart = [_nats_of(belief, near) for near in each]
    likeliest = {t: max(once[t], *(nats[t] for nats in apart)) for t in once} if apart else once
    best = max(likeliest.values())
    ranked = sorted(likeliest, key=lambda t: (-likeliest[t], t))[:MOST_ACTORS]
    ranked += [NOBODY] if NOBODY not in ranked else []
    crowd = math.log(len(likeliest))
    return {
        t: Actor(max(once[t], NEVER) - crowd, tuple(max(nats[t], NEVER) - crowd for nats in apart))
        for t in ranked
        if likeliest[t] > best + FURTHEST
    }


def _nats_of(belief: Belief, seen: Mapping[int, Reach]) -> dict[int, float]:
    """Track -> nats for everybody, by how near they came."""
    eyes = any(reach.sightings for reach in seen.values())
    nats = {t: who_nats(reach) + (NOT_SEEN if eyes and not reach.sightings else 0.0) for t, reach in seen.items()}
    unseen = [t for c in belief.clusters for t in c.tracks() if t < 0]
    nats |= dict.fromkeys(unseen, -6.0 if seen else -2.5)
    nats[NOBODY] = NOBODY_SEEN if eyes else 0.0
    return nats


class Deeds:
    """Ways of sharing the recipes of one change among those who could have made it, of these ``movements``; of none
    where nobody saw them.
    """

    def __init__(self, actors: Mapping[int, Actor], moved: Sequence[Movement]) -> None:
        self.actors = actors
        self.moved = moved
        self.whole_g = sum(abs(m.change_g) for m in moved) or 1.0
        self.crowd = math.log(max(1, len(actors)))
        self.looks_more = 0.0
        if moved:
            times, plates = [m.at_s for m in moved], [m.plate for m in moved]
            between = max(0, max(plates) - min(plates) - 1)
            self.looks_more = min(1.0, (max(times) - min(times)) / APART_S + between / APART_PLATES)
        self._halves: dict[tuple[int, int], list[tuple[float, float]]] = {}
        """Two tracks -> for every way of giving each some of the movements: nats, and the grams of the first's."""

    def of(self, recipe: Recipe) -> Iterator[Deed]:
        """Every deed by which a recipe came about: one person did it all, or two did a part each."""
        units = sum(abs(m.quantity) for m in recipe.moves)
        for track, actor in self.actors.items():  # a single thing leaves at one moment, however the plate swings
            several = units > 1 and len(self.moved) > 1
            yield Deed(tuple((m, track) for m in recipe.moves), self._all(track) if several else actor.once)
        if units < 2 or (len(recipe.moves) > 1 and units > MOST_SHARED):
            return
        tracks = list(self.actors)
        for i, a in enumerate(tracks):
            for b in tracks[i + 1 :]:
                # Many units at once are unusual for one person, and nothing unusual for two.
                nats = TOGETHER + self.crowd - recipe.crowding_nats
                for mine, theirs in _splits(recipe.moves):
                    parts = tuple((m, a) for m in mine) + tuple((m, b) for m in theirs)
                    each = crowding(mine) + crowding(theirs)
                    yield Deed(parts, nats + each + self._shared(a, b, mine))

    def _all(self, track: int) -> float:
        """Nats for having made all movements."""
        actor = self.actors[track]
        mean = sum(abs(m.change_g) * nats for m, nats in zip(self.moved, actor.each, strict=True)) / self.whole_g
        return mean + self.looks_more * (mean + self.crowd)

    def _shared(self, a: int, b: int, mine: Sequence[Move]) -> float:
        """Nats for two having done a part each, the first of them these moves."""
        one, other = self.actors[a], self.actors[b]
        if not self.moved:
            return one.once + other.once
        if len(self.moved) < 2:  # of two hands at one plate in one instant one is there by chance, as far as they tell
            first, second = max(one.once, other.once), min(one.once, other.once)
            return first + min(second, -self.crowd) + ONE_PLACE
        mine_g = -sum(m.quantity * m.unit_g for m in mine)
        if (a, b) not in self._halves:
            self._halves[a, b] = list(self._ways(one, other))
        return max(nats - MISFIT_NATS * ((went_g - mine_g) / self.whole_g) ** 2 for nats, went_g in self._halves[a, b])

    def _ways(self, one: Actor, other: Actor) -> Iterator[tuple[float, float]]:
        """Each way of giving some movements to one and the rest to another: nats, and the grams of the first's."""
        for mask in range(1, 2 ** len(self.moved) - 1):
            nats, grams, heavy = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
            for i, m in enumerate(self.moved):
                side = 0 if mask >> i & 1 else 1
                grams[side] += m.change_g
                heavy[side] += abs(m.change_g)
                nats[side] += abs(m.change_g) * (one if side == 0 else other).each[i]
            yield nats[0] / max(heavy[0], 1e-9) + nats[1] / max(heavy[1], 1e-9), grams[0]


def _splits(moves: tuple[Move, ...]) -> Iterator[tuple[tuple[Move, ...], tuple[Move, ...]]]:
    """Ways to share moves between two people, each with something to do."""
    if len(moves) == 1:
        move = moves[0]
        sign = int(math.copysign(1, move.quantity))
        for n in range(1, abs(move.quantity)):
            part = Move(move.sku, sign * n, move.stray, move.home, move.unit_g)
            rest = Move(move.sku, move.quantity - sign * n, move.stray, move.home, move.unit_g)
            yield (part,), (rest,)
        return
    for mask in range(1, 2 ** len(moves) - 1):
        mine = tuple(m for i, m in enumerate(moves) if mask >> i & 1)
        theirs = tuple(m for i, m in enumerate(moves) if not mask >> i & 1)
        yield mine, theirs
