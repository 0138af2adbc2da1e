"""What the runtime believes: weighted joint hypotheses, kept apart where they do not touch.

A `Hypothesis` is one consistent story: whose track is whose, what each cart holds, what lies misplaced. Stories
about people who have nothing to do with each other multiply, so visits live in `Cluster`s: two are joined when one
event, one blob or one misplaced thing concerns both, and what all stories of a cluster agree on stands alone again.
That keeps the exact joint answer at the price of the doubt that there really is. A cluster keeps its best
`MOST_HYPOTHESES` stories, and none that is `HOPELESS` against the best.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from edge.appearance import Gallery, Gauges, alike, merged
from edge.attribution.recipes import Stray
from edge.floor import Confusion, Portrait

MOST_HYPOTHESES = 72
HOPELESS = -11.0
"""Nats behind the best story of its cluster: one in fifty thousand."""

MOST_STRAYS = 200
"""So many misplaced things are remembered in all, the newest ones."""

STATURE_M = 0.018
"""How well the mean height of an upright head repeats, cameras' height errors included."""
STATURE_WEIGHT = 0.6
"""Sightings through one camera share its error, so that several are worth less than each alone."""

UNSEEN = -7.0
"""Nats for coming in without being seen by any camera, while others are seen."""

LOOKS_WEIGHT = 0.8
"""Portraits of one visit share the light and what the person carries."""

REPEATS = 1.0
"""The n-th portrait since somebody last met somebody is worth ``n ** -REPEATS`` of the first: it repeats its errors."""

STOOPING = 0.3
STOOP_M = 0.5
"""Now and then somebody bends, by anything up to half a metre."""

WELL_KNOWN = 4
TALLER = 0.05
"""Nobody grows: who was measured so often is hardly ever taller (a density, per metre)."""

PARTY = "+"
"""The persons of a party are ``visit``, ``visit+2``, ``visit+3``: one cart, but each as tall as they are.

A stranger is ``+`` and the track as which they were first seen: nobody's cart, but as tall as they are, too. Otherwise
each measurement of a height would speak for stories in which the track is a visitor's.
"""

STAFF = "staff-"
"""Visits named like this are staff's: they may take and add what they like, and their cart stays empty."""

Holding = dict[str, tuple[int, tuple[str, ...]]]
"""sku -> (units, ids of the shelf events behind them)."""


EVERYBODY_KNOWN: Mapping[int, float] = MappingProxyType({})
"""No track follows anybody new."""


def visit_of(person: str) -> str:
    """Whose cart a person's things go into; "" for a stranger."""
    return person.partition(PARTY)[0]


class Features(msgspec.Struct, frozen=True):
    """What is known of a person: the height of their head, measured ``count`` times, and how they look."""

    height_m: float
    count: int
    looks: Gallery = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class Hypothesis:
    """One consistent story, ``nats`` against the others of its cluster; ``who``: which person each track follows, and
    ``known`` what each of them is like.

    Dictionaries may be shared between stories: copy, then change, and call `changed`.
    """

    nats: float
    who: dict[int, str]
    carts: dict[str, Holding]
    strays: tuple[Stray, ...] = ()
    known: dict[str, Features] = field(default_factory=dict)
    _tale: str = ""

    def branch(self, nats: float) -> Hypothesis:
        """A copy that goes its own way from here; carts are copied when they change."""
        return Hypothesis(self.nats + nats, dict(self.who), dict(self.carts), self.strays, self.known)

    def changed(self) -> None:
        """What the story tells has been changed in place."""
        self._tale = ""

    def tale(self) -> str:
        """What the story tells; equal for stories that differ only in how they came about."""
        if not self._tale:
            parts = [f"{t}:{p}" if visit_of(p) else f"{t}" for t, p in sorted(self.who.items())]
            for visit in sorted(self.carts):
                parts.append(visit)
                cart = self.carts[visit]
                parts += [f"{sku!r}*{cart[sku][0]}" for sku in sorted(cart)]  # quoted: a sku may hold any sign
            if self.strays:
                parts += sorted(f"{s.shelf}/{s.first}-{s.last}:{s.sku!r}" for s in self.strays)
            self._tale = "|".join(parts)
        return self._tale


@dataclass(slots=True)
class Cluster:
    """Visits and tracks whose stories cannot be told apart from each other's."""

    hypotheses: list[Hypothesis]

    def visits(self) -> set[str]:
        return set(self.hypotheses[0].carts)

    def tracks(self) -> set[int]:
        return set(self.hypotheses[0].who)


@dataclass(slots=True)
class Belief:
    """Everything that is believed. ``strays`` are the misplaced things about which there is no doubt, ``unseen`` counts
    the people whom no camera showed.
    """

    clusters: list[Cluster] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    unseen: int = 0


def open_belief() -> Belief:
    """An empty shop, everything in its place."""
    return Belief()


def admit(
    belief: Belief,
    visit: str,
    number: int,
    tracks: Mapping[int, float],
    newcomers: Mapping[int, float] = EVERYBODY_KNOWN,
) -> None:
    """A visit begins, or person ``number`` of its party comes in: as one of these tracks (track -> weight).

    A track that is somebody's already in a story is not this one's there, except one of ``newcomers`` (track ->
    probability that it follows a person who has just come in, though it followed somebody before, who is hidden then).
    Where none is left, the person is one whom no camera sees.
    """
    person = visit if number == 1 else f"{visit}{PARTY}{number}"
    cluster = joined(belief, visits={visit}, tracks=set(tracks))
    unseen: dict[str, int] = {}
    branches = []
    for h in cluster.hypotheses:
        h.carts.setdefault(visit, {})
        found = {t: w if not visit_of(h.who.get(t, "")) else w * newcomers.get(t, 0.0) for t, w in tracks.items()}
        whole = sum(found.values())
        if not whole:
            branch = h.branch(UNSEEN)
            branch.who[_unseen_track(belief, unseen, person)] = person
            branches.append(branch)
        for track, weight in found.items():
            if weight:
                branch = h.branch(math.log(weight / whole) + math.log(min(1.0, whole)))
                hidden = branch.who.get(track, "")
                if visit_of(hidden):
                    branch.who[_unseen_track(belief, unseen, hidden)] = hidden
                elif hidden or f"{PARTY}{track}" in branch.known:
                    branch.known = _known_as(branch.known, hidden or f"{PARTY}{track}", person)
                branch.who[track] = person
                branches.append(branch)
    for branch in branches:
        for track in unseen.values():
            branch.who.setdefault(track, "")
    cluster.hypotheses = branches
    _settle_down(belief, cluster)


def _known_as(known: dict[str, Features], stranger: str, person: str) -> dict[str, Features]:
    """What people are like, where a stranger turns out to be somebody: they are as they were until now."""
    renamed = {p: features for p, features in known.items() if p != stranger}
    if stranger in known:
        renamed[person] = known[stranger]
    return renamed


def followed(belief: Belief, track: int) -> bool:
    """Whether a track is part of some story: its heights have been measured then (`measure`)."""
    return any(track in cluster.hypotheses[0].who for cluster in belief.clusters)


def _unseen_track(belief: Belief, known: dict[str, int], person: str) -> int:
    """The track of somebody whom no camera shows: below zero, and nobody else's; ``known`` ones are used again."""
    if person not in known:
        belief.unseen += 1
        known[person] = -belief.unseen
    return known[person]


def confuse(belief: Belief, doubt: Confusion) -> None:
    """Tracks may have been exchanged: every story goes on in all the ways that there are."""
    known = {t for c in belief.clusters for t in c.tracks()}
    if not set(doubt.tracks) & known:
        return
    cluster = joined(belief, visits=set(), tracks=set(doubt.tracks))
    branches = []
    for h in cluster.hypotheses:
        for way, probability in doubt.ways:
            branch = h.branch(math.log(max(probability, 1e-4)))
            for track, person in zip(doubt.tracks, way, strict=True):
                branch.who[track] = h.who.get(person, "") or f"{PARTY}{person}"
            branches.append(branch)
    cluster.hypotheses = branches
    _settle_down(belief, cluster)


def measure(belief: Belief, portrait: Portrait, gauges: Gauges | None = None) -> None:
    """How high a track's person holds the head, and how they look, speaks for the stories in which that visitor is like
    that. ``gauges``: what looks are worth.
    """
    cluster = next((c for c in belief.clusters if portrait.track in c.tracks()), None)
    if cluster is None:
        return
    first, stranger = Features(portrait.height_m, 0), f"{PARTY}{portrait.track}"
    judged: dict[int, tuple[float, Features]] = {}
    for h in cluster.hypotheses:
        person = h.who.get(portrait.track, "") or stranger
        features = h.known.get(person, first)
        if id(features) not in judged:  # most stories know the same of most people
            judged[id(features)] = _measured(portrait, features, gauges)
        nats, measured = judged[id(features)]
        h.nats += nats
        h.known = {**h.known, person: measured}
    if _reweigh(cluster.hypotheses):
        _settle_down(belief, cluster)


def _measured(portrait: Portrait, known: Features, gauges: Gauges | None) -> tuple[float, Features]:
    """How much a portrait speaks (nats) for somebody of whom so much is known, and what is known of them then."""
    height_m, known_m, count = portrait.height_m, known.height_m, known.count
    nats, upright = _as_tall(height_m, known_m, count)
    if count < WELL_KNOWN and height_m > known_m + 3 * STATURE_M:
        known_m, count, upright = height_m, 0, 1.0  # they had bent until now
    mean_m = known_m + upright * (height_m - known_m) / (count + 1)
    by_looks = alike(gauges, portrait.looks, known.looks) if gauges is not None else 0.0
    looks = merged(known.looks, portrait.looks)
    again = portrait.turn**-REPEATS
    return again * (STATURE_WEIGHT * nats + LOOKS_WEIGHT * by_looks), Features(mean_m, min(count + 1, 8), looks)


def _as_tall(height_m: float, known_m: float, count: int) -> tuple[float, float]:
    """Log-likelihood of a head's height for somebody known to be ``known_m`` from ``count`` times before, and the
    probability that they stood upright: who bends says nothing about how tall they are.
    """
    if not count:
        return 0.0, 1.0
    error_m = STATURE_M * math.sqrt(1 + 1 / count)
    if height_m > known_m + 3 * error_m and count >= WELL_KNOWN:
        return math.log(TALLER), 0.0
    upright = (1 - STOOPING) / (error_m * math.sqrt(2 * math.pi))
    upright *= math.exp(-0.5 * ((height_m - known_m) / error_m) ** 2)
    whole = upright + STOOPING / STOOP_M
    return math.log(whole), upright / whole


def depart(belief: Belief, visit: str, present: Set[int]) -> None:
    """A visit is over: its cart, and every track that is not ``present`` any more, concern nobody."""
    for cluster in list(belief.clusters):
        if visit in cluster.visits() or any(visit_of(p) == visit for p in cluster.hypotheses[0].who.values()):
            for h in cluster.hypotheses:
                h.carts = {v: c for v, c in h.carts.items() if v != visit}
                h.who = {
                    t: ("" if visit_of(p) == visit and t < 0 else p) for t, p in h.who.items() if t in present or t < 0
                }
                h.known = {p: s for p, s in h.known.items() if visit_of(p) != visit}
                h.changed()
            _settle_down(belief, cluster)


def joined(belief: Belief, visits: set[str], tracks: set[int], strays: Iterable[Stray] = ()) -> Cluster:
    """One cluster that holds all of these, made of all those that held one of them."""
    wanted = set(strays)
    parts = [
        c
        for c in belief.clusters
        if not visits.isdisjoint(c.hypotheses[0].carts)
        or not tracks.isdisjoint(c.hypotheses[0].who)
        or any(wanted & set(h.strays) for h in c.hypotheses if wanted)
    ]
    stories = [Hypothesis(0.0, {}, {})]
    for part in parts:
        belief.clusters.remove(part)
        stories = _paired(stories, part.hypotheses)
    sure = tuple(s for s in belief.strays if s in wanted)
    if sure:
        belief.strays = [s for s in belief.strays if s not in wanted]
    for h in stories:
        h.strays += sure
        for track in tracks:
            h.who.setdefault(track, "")
        h.changed()
    cluster = Cluster(stories)
    belief.clusters.append(cluster)
    return cluster


def replace(belief: Belief, cluster: Cluster, stories: list[Hypothesis]) -> None:
    """The stories of a cluster went on."""
    cluster.hypotheses = stories
    _settle_down(belief, cluster)


def _paired(stories: list[Hypothesis], others: list[Hypothesis]) -> list[Hypothesis]:
    """The best stories that are one of the first and one of the others at once. They touch nothing in common, so no
    two of them tell the same, and only those that are kept need to be written.
    """
    ranked = sorted(((a, b) for a in stories for b in others), key=lambda pair: -(pair[0].nats + pair[1].nats))
    found = [
        Hypothesis(
            a.nats + b.nats,
            a.who | b.who,
            a.carts | b.carts,
            a.strays + b.strays,
            a.known | b.known,
        )
        for a, b in ranked[:MOST_HYPOTHESES]
    ]
    _reweigh(found)
    return found


def _best(stories: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Stories that tell the same are one; the hopeless are dropped; weights are normalised."""
    merged: dict[str, Hypothesis] = {}
    for h in sorted(stories, key=lambda h: -h.nats):
        known = merged.setdefault(h.tale(), h)
        if known is not h:
            known.nats += math.log1p(math.exp(h.nats - known.nats))
    ranked = sorted(merged.values(), key=lambda h: -h.nats)[:MOST_HYPOTHESES]
    _reweigh(ranked)
    return ranked


def _reweigh(stories: list[Hypothesis]) -> bool:
    """Normalise weights and drop the hopeless, in place; whether any was dropped. Every change of a story's weight ends
    here, also of one that stands alone: what is only ever added to grows beyond all numbers within minutes.
    """
    if len(stories) == 1:
        stories[0].nats = 0.0
        return False
    best = max(h.nats for h in stories)
    hopeful = [h for h in stories if h.nats > best + HOPELESS]
    dropped = len(hopeful) < len(stories)
    stories[:] = hopeful
    whole = best + math.log(sum(math.exp(h.nats - best) for h in stories))
    for h in stories:
        h.nats -= whole
    return dropped


def _settle_down(belief: Belief, cluster: Cluster) -> None:
    """Prune a cluster, and let what all its stories agree on stand alone."""
    stories = cluster.hypotheses = _best(cluster.hypotheses)
    if not any(h.carts or h.who for h in stories):
        del stories[1:]  # nobody is left whom the doubt about what lies where could concern
    first = stories[0]
    agreed = [
        s for s in dict.fromkeys(first.strays) if all(h.strays.count(s) == first.strays.count(s) for h in stories)
    ]
    for stray in agreed:
        belief.strays += [stray] * first.strays.count(stray)
    if agreed:
        for h in stories:
            h.strays = tuple(s for s in h.strays if s not in agreed)
            h.changed()
        del belief.strays[:-MOST_STRAYS]
    for visit in sorted(first.carts):
        if len(first.carts) > 1 and all(_same(h, first, visit) for h in stories):
            _stand_alone(belief, stories, visit)
    for track in [t for t, p in first.who.items() if visit_of(p) not in first.carts]:
        if all(visit_of(h.who.get(track, "")) == visit_of(first.who[track]) for h in stories):
            for h in stories:
                h.who = {t: v for t, v in h.who.items() if t != track}
                h.known = {p: s for p, s in h.known.items() if visit_of(p) or p in h.who.values()}
                h.changed()
    if not any(h.carts or h.who or h.strays for h in stories):
        belief.clusters.remove(cluster)
    elif len(stories) > 1:
        cluster.hypotheses = _best(stories)


def _same(h: Hypothesis, first: Hypothesis, visit: str) -> bool:
    """Whether two stories tell the same of one visit."""
    return {s: n for s, (n, _) in h.carts[visit].items()} == {s: n for s, (n, _) in first.carts[visit].items()} and (
        {t: p for t, p in h.who.items() if visit_of(p) == visit}
        == {t: p for t, p in first.who.items() if visit_of(p) == visit}
    )


def _stand_alone(belief: Belief, stories: list[Hypothesis], visit: str) -> None:
    """Move a visit about which all stories agree into a cluster of its own."""
    first = stories[0]
    tracks = {t: p for t, p in first.who.items() if visit_of(p) == visit}
    portraits = {p: s for p, s in first.known.items() if visit_of(p) == visit}
    alone = Hypothesis(0.0, tracks, {visit: first.carts[visit]}, (), portraits)
    for h in stories:
        h.carts = {v: c for v, c in h.carts.items() if v != visit}
        h.who = {t: v for t, v in h.who.items() if t not in tracks}
        h.known = {p: s for p, s in h.known.items() if visit_of(p) != visit}
        h.changed()
    belief.clusters.append(Cluster([alone]))


def forget_strays(belief: Belief, at_s: float) -> None:
    """What lay astray for so long that nobody knows whether it does."""
    belief.strays = [s for s in belief.strays if s.lasts(at_s)]
    for cluster in list(belief.clusters):
        gone = {s for h in cluster.hypotheses for s in h.strays if not s.lasts(at_s)}
        if gone:
            for h in cluster.hypotheses:
                h.strays = tuple(s for s in h.strays if s not in gone)
                h.changed()
            _settle_down(belief, cluster)


def forget_products(belief: Belief, known: Container[str]) -> set[str]:
    """What lies astray and is no product any more is forgotten; returns everything that may be in a cart."""
    belief.strays = [s for s in belief.strays if not s.sku or s.sku in known]
    held: set[str] = set()
    for h in (h for cluster in belief.clusters for h in cluster.hypotheses):
        h.strays = tuple(s for s in h.strays if not s.sku or s.sku in known)
        h.changed()
        held.update(sku for cart in h.carts.values() for sku in cart)
    return held
