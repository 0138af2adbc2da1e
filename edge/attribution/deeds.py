"""Who could have made a change of weight, and every way in which they may have shared it.

Enters: how near everybody came (`Reach`), to the whole and to each of its `movements`; recipes. Leaves: the likeliest
actors, and deeds: one did it all, or two did a part each. Whether a story allows a deed is asked elsewhere
(`edge.attribution.attribute`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from edge.attribution.hypotheses import Belief
from edge.attribution.movements import Movement
from edge.attribution.recipes import Glimpse, Move, Recipe, Stray, crowding
from edge.attribution.who import NEVER, who_nats
from edge.records import Reach

TOGETHER = -1.5
"""Two people moving something at one place in one instant."""

MISFIT_NATS = 40.0
"""What one of two people moved is the movements at which they were, to about an eighth of the whole."""

HELD_S = 20.0
"""Nobody holds a thing half lifted for longer."""

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
    """Ways of sharing the recipes of one change among those who could have made it, of these movements (``moved``); of
    none where nobody saw them. ``now_g``: how much went in all. ``lifted``: what may have been held half lifted until
    now, by one of the ``known`` tracks.
    """

    def __init__(
        self, actors: Mapping[int, Actor], moved: Sequence[Movement], now_g: float = 0.0,
        lifted: Sequence[Stray] = (), known: Set[int] = frozenset(),
    ) -> None:  # fmt: skip
        self.actors = actors
        self.now_g = now_g
        self.lifted = lifted
        self.known = known
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

    def glimpses(self, whole_g: float) -> tuple[Glimpse, ...]:
        """What is remembered of who made the change, of so many grams in all, where nothing explains it."""
        if not self.moved:
            return (Glimpse(whole_g, tuple((t, actor.once) for t, actor in self.actors.items())),)
        return tuple(
            Glimpse(m.change_g, tuple((t, actor.each[i]) for t, actor in self.actors.items()))
            for i, m in enumerate(self.moved)
        )

    def of(self, recipe: Recipe) -> Iterator[Deed]:
        """Every deed by which a recipe came about: one person did it all, or two did a part each."""
        lifted = next((m.stray for m in recipe.moves if m.stray in self.lifted), None)
        if lifted is not None and all(m.quantity > 0 for m in recipe.moves) and len(recipe.moves) > 1:
            yield from self._completing(recipe, lifted)
            return
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

    def _completing(self, recipe: Recipe, lifted: Stray) -> Iterator[Deed]:
        """Every deed that began with what was ``lifted`` and ends with this change: whoever ends it held a thing half
        lifted from the first, so that they were looked at twice, and did it all; or somebody else took a part then.
        """
        goods = tuple(m for m in recipe.moves if m.sku)
        rest = tuple(m for m in recipe.moves if not m.sku)
        first_g, now_g = -lifted.mass_g, self.now_g
        units = sum(m.quantity for m in goods)
        for track, actor in self.actors.items():
            held = _at_first(lifted, track)
            mean = (first_g * held + now_g * actor.once) / (first_g + now_g)
            yield Deed((*((m, track) for m in goods), *((m, track) for m in rest)), mean + mean + self.crowd)
            if units < 2 or (len(goods) > 1 and units > MOST_SHARED):
                continue
            for other in dict(lifted.glimpses[0].nats):
                if other == track or other not in self.known:
                    continue
                for mine, theirs in _splits(goods):
                    mine_g = sum(m.quantity * m.unit_g for m in mine)
                    now = min(1.0, now_g / mine_g)
                    mean = (1.0 - now) * held + now * actor.once
                    nats = TOGETHER + self.crowd - recipe.crowding_nats + crowding(mine) + crowding(theirs)
                    nats += mean + mean + self.crowd + _at_first(lifted, other)
                    nats -= MISFIT_NATS * (max(0.0, now_g - mine_g) / (first_g + now_g)) ** 2
                    parts = (*((m, track) for m in mine), *((m, other) for m in theirs), *((m, track) for m in rest))
                    yield Deed(parts, nats)

    def _all(self, track: int) -> float:
        """Nats for having made all movements."""
        actor = self.actors[track]
        mean = sum(abs(m.change_g) * nats for m, nats in zip(self.moved, actor.each, strict=True)) / self.whole_g
        return mean + self.looks_more * (mean + self.crowd)

    def _shared(self, a: int, b: int, mine: Sequence[Move]) -> float:
        """Nats for two having done a part each, the first of them these moves."""
        one, other = self.actors[a], self.actors[b]
        if len(self.moved) < 2:
            return one.once + other.once
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


def _at_first(lifted: Stray, track: int) -> float:
    """Nats for a track having made what was lifted."""
    whole_g = sum(abs(g.change_g) for g in lifted.glimpses) or 1.0
    return sum(abs(g.change_g) * dict(g.nats).get(track, NEVER) for g in lifted.glimpses) / whole_g


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
