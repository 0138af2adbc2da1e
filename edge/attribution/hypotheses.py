"""What a belief is made of: stories, the clusters in which they are kept apart, and who and what they are about.

Only what is remembered stands here; what becomes of it when something happens stands in `edge.attribution.belief`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from edge.appearance import Gallery
from edge.attribution.recipes import Stray

LATE_S = 20.0
"""A shelf tells of a change at most so much later: it waits until those who lean on it are gone."""

Holding = dict[str, tuple[int, tuple[str, ...], tuple[int, ...]]]
"""sku -> (units, ids of the shelf events behind them, by how many units each of these changed it)."""


class Person(NamedTuple):
    """Somebody: the ``number``-th (1, 2, …) of a visit's people, who share a cart, but each is as tall as they are.

    A stranger has no visit (""), and the number of the track as which they were first seen: nobody's cart, but as tall
    as they are, too. Otherwise each measurement of a height would speak for stories in which the track is a visitor's.
    """

    visit: str
    number: int


class Features(msgspec.Struct, frozen=True):
    """What is known of a person: the height of their head, measured ``count`` times, and how they look."""

    height_m: float
    count: int
    looks: Gallery = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class Hypothesis:
    """One consistent story, ``nats`` against the others of its cluster; ``who``: which person each track follows, and
    ``known`` what each of them is like. ``gone``: carts of visits that are over, as long as somebody's in the cluster
    may hold what was in them: a story in which another one took it. ``before``: (moment, ``who`` until then) of the
    exchanges of the last `LATE_S`: a shelf may tell late of what happened before them.

    All of it is shared between stories: copy, then change. Only ``carts`` is a story's own; what it holds is not.
    """

    nats: float
    who: dict[int, Person]
    carts: dict[str, Holding]
    strays: tuple[Stray, ...] = ()
    known: dict[Person, Features] = field(default_factory=dict)
    gone: dict[str, Holding] = field(default_factory=dict)
    before: tuple[tuple[float, dict[int, Person]], ...] = ()

    def branch(self, nats: float) -> Hypothesis:
        """A copy that goes its own way from here."""
        return Hypothesis(self.nats + nats, self.who, dict(self.carts), self.strays, self.known, self.gone, self.before)

    def followed(self, track: int, at_s: float) -> Person:
        """Whom a track of the cluster followed at a moment."""
        for exchanged_s, who in self.before:
            if exchanged_s > at_s and track in who:
                return who[track]
        return self.who[track]


@dataclass(slots=True, eq=False)
class Cluster:
    """Visits and tracks whose stories cannot be told apart from each other's."""

    hypotheses: list[Hypothesis]

    def visits(self) -> set[str]:
        return set(self.hypotheses[0].carts)

    def tracks(self) -> set[int]:
        return set(self.hypotheses[0].who)


@dataclass(slots=True)
class Belief:
    """Everything that is believed. ``staff``: visits that may take and add what they like, and whose cart stays empty;
    ``strays`` are the misplaced things about which there is no doubt, ``unseen`` counts the people whom no camera
    showed.
    """

    clusters: list[Cluster] = field(default_factory=list)
    staff: set[str] = field(default_factory=set)
    strays: list[Stray] = field(default_factory=list)
    unseen: int = 0
