"""What the runtime believes: weighted joint hypotheses, kept apart where they do not touch.

A `Hypothesis` is one consistent story: whose track is whose, what each cart holds, what lies misplaced. Stories
about people who have nothing to do with each other multiply, so visits live in `Cluster`s: two are joined when one
event, one blob or one misplaced thing concerns both, and what all stories of a cluster agree on stands alone again.
That keeps the exact joint answer at the price of the doubt that there really is. Which stories a cluster keeps says
`edge.attribution.pruning`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Set
from types import MappingProxyType
from typing import Generic, TypeVar

from edge.appearance import Gauges, alike, merged
from edge.attribution.hypotheses import LATE_S, Belief, Cluster, Features, Hypothesis, Person
from edge.attribution.pruning import likeliest, paired, reweigh, units_of
from edge.attribution.recipes import Stray
from edge.floor import DuplicateTrack, IdentitySwitch, Portrait

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

TOGETHER = 2.0
"""Nats for a story in which whoever goes out on the heels of somebody came with them: parties leave as they came."""

STOOPING = 0.3
STOOP_M = 0.5
"""Now and then somebody bends, by anything up to half a metre."""

WELL_KNOWN = 4
TALLER = 0.05
"""Nobody grows: who was measured so often is hardly ever taller (a density, per metre)."""

EVERYBODY_KNOWN: Mapping[int, float] = MappingProxyType({})
"""No track follows anybody new."""


T = TypeVar("T")


class _Once(Generic[T]):
    """A change of what many stories share, made once: they share it afterwards, too."""

    def __init__(self, change: Callable[[T], T]) -> None:
        self.change = change
        self.made: dict[int, tuple[T, T]] = {}  # what was changed is kept as well: else its identity is soon another's

    def __call__(self, shared: T) -> T:
        known = self.made.get(id(shared))
        if known is None:
            known = self.made[id(shared)] = (shared, self.change(shared))
        return known[1]


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
    person = Person(visit, number)
    cluster = joined(belief, visits={visit}, tracks=set(tracks))
    unseen: dict[Person, int] = {}
    branches = []
    for h in cluster.hypotheses:
        h.carts.setdefault(visit, {})
        found = {t: w if not h.who[t].visit else w * newcomers.get(t, 0.0) for t, w in tracks.items()}
        whole = sum(found.values())
        if not whole:
            branch = h.branch(UNSEEN)
            branch.who = {**h.who, _unseen_track(belief, unseen, person): person}
            branches.append(branch)
        for track, weight in found.items():
            if weight:
                branch = h.branch(math.log(weight / whole) + math.log(min(1.0, whole)))
                hidden = h.who[track]
                branch.who = {**h.who, track: person}
                if hidden.visit:
                    branch.who[_unseen_track(belief, unseen, hidden)] = hidden
                elif hidden in branch.known:
                    branch.known = _known_as(branch.known, hidden, person)
                branches.append(branch)
    for branch in branches:
        for track in unseen.values():
            if track not in branch.who:
                branch.who = {**branch.who, track: Person("", track)}
    cluster.hypotheses = branches
    _settle_down(belief, cluster)


def _known_as(known: Mapping[Person, Features], stranger: Person, person: Person) -> dict[Person, Features]:
    """What people are like, where a stranger turns out to be somebody: they are as they were until now."""
    renamed = {p: features for p, features in known.items() if p != stranger}
    renamed[person] = known[stranger]
    return renamed


def followed(belief: Belief, track: int) -> bool:
    """Whether a track is part of some story: its heights have been measured then (`measure`)."""
    return any(track in cluster.hypotheses[0].who for cluster in belief.clusters)


def _unseen_track(belief: Belief, known: dict[Person, int], person: Person) -> int:
    """The track of somebody whom no camera shows: below zero, and nobody else's; ``known`` ones are used again."""
    if person not in known:
        belief.unseen += 1
        known[person] = -belief.unseen
    return known[person]


def branch_identities(belief: Belief, doubt: IdentitySwitch) -> None:
    """Tracks may have been exchanged: every story goes on in all the ways that there are."""
    if not any(followed(belief, track) for track in doubt.tracks):
        return
    cluster = joined(belief, visits=set(), tracks=set(doubt.tracks))
    branches = []
    for h in cluster.hypotheses:
        for way, probability in doubt.ways:
            branch = h.branch(math.log(max(probability, 1e-4)))
            branch.who = h.who | {track: h.who[other] for track, other in zip(doubt.tracks, way, strict=True)}
            if way != doubt.tracks:
                branch.before = (*(b for b in h.before if b[0] > doubt.at_s - LATE_S), (doubt.at_s, h.who))
            branches.append(branch)
    cluster.hypotheses = branches
    _settle_down(belief, cluster)


def merge(belief: Belief, same: DuplicateTrack) -> None:
    """Two tracks followed one person: whoever one of them was taken for is whom the other goes on with."""
    if not followed(belief, same.track):
        return
    cluster = joined(belief, set(), {same.track, same.of})
    unseen: dict[Person, int] = {}
    for h in cluster.hypotheses:
        one, other = h.who[same.of], h.who[same.track]
        h.who = {t: p for t, p in h.who.items() if t != same.track}
        if other.visit and not one.visit:
            h.who[same.of] = other
        elif other.visit and other != one:
            h.nats += UNSEEN
            h.who[_unseen_track(belief, unseen, other)] = other
    for h in cluster.hypotheses:
        for track in unseen.values():
            if track not in h.who:
                h.who = {**h.who, track: Person("", track)}
    _settle_down(belief, cluster)


def measure(belief: Belief, portrait: Portrait, gauges: Gauges | None = None) -> None:
    """How high a track's person holds the head, and how they look, speaks for the stories in which that visitor is like
    that. ``gauges``: what looks are worth.
    """
    cluster = next((c for c in belief.clusters if portrait.track in c.hypotheses[0].who), None)
    if cluster is None:
        return
    first = Features(portrait.height_m, 0)
    judged: dict[int, tuple[float, Features]] = {}
    for h in cluster.hypotheses:
        person = h.who[portrait.track]
        features = h.known.get(person, first)
        if id(features) not in judged:  # most stories know the same of most people
            judged[id(features)] = _measured(portrait, features, gauges)
        nats, measured = judged[id(features)]
        h.nats += nats
        h.known = {**h.known, person: measured}
    if reweigh(cluster.hypotheses):
        _settle_down(belief, cluster)


def left_together(belief: Belief, tracks: Mapping[int, float], visits: Set[str]) -> None:
    """One of these tracks (track -> weight) went out right behind somebody of these visits."""
    for cluster in list(belief.clusters):
        if tracks.keys().isdisjoint(cluster.hypotheses[0].who):
            continue
        for h in cluster.hypotheses:
            share = sum(weight for t, weight in tracks.items() if t in h.who and h.who[t].visit in visits)
            h.nats += math.log1p(share * math.expm1(TOGETHER))
        if reweigh(cluster.hypotheses):
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
    belief.staff.discard(visit)
    for cluster in list(belief.clusters):
        first = cluster.hypotheses[0]
        if visit in first.carts or any(p.visit == visit for p in first.who.values()):
            who = _Once[dict[int, Person]](
                lambda who: {
                    t: (Person("", t) if p.visit == visit and t < 0 else p)
                    for t, p in who.items()
                    if t in present or t < 0
                }
            )
            known = _Once(_without(visit))
            for h in cluster.hypotheses:
                if h.carts.get(visit):
                    h.gone = {**h.gone, visit: h.carts[visit]}
                h.carts = {v: c for v, c in h.carts.items() if v != visit}
                h.who, h.known = who(h.who), known(h.known)
            _forget_gone(cluster)
            _settle_down(belief, cluster)


def _without(visit: str) -> Callable[[dict[Person, Features]], dict[Person, Features]]:
    """What is known of everybody but a visit's people."""
    return lambda known: {p: features for p, features in known.items() if p.visit != visit}


def _forget_gone(cluster: Cluster) -> None:
    """Carts of visits that are over, with nothing in them that somebody else may have taken, concern nobody."""
    held = {
        e for h in cluster.hypotheses for cart in h.carts.values() for _, events, _ in cart.values() for e in events
    }
    for h in cluster.hypotheses:
        if h.gone:
            h.gone = {
                visit: cart
                for visit, cart in h.gone.items()
                if any(not held.isdisjoint(events) for _, events, _ in cart.values())
            }


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
        stories = paired(stories, part.hypotheses)
    sure = tuple(s for s in belief.strays if s in wanted)
    if sure:
        belief.strays = [s for s in belief.strays if s not in wanted]
    strangers = {track: Person("", track) for track in sorted(tracks)}
    who = _Once[dict[int, Person]](lambda who: who if tracks <= who.keys() else strangers | who)
    for h in stories:
        h.strays += sure
        h.who = who(h.who)
    cluster = Cluster(stories)
    belief.clusters.append(cluster)
    return cluster


def visits_then(belief: Belief, tracks: Set[int], at_s: float) -> set[str]:
    """Whose people these tracks followed at a moment, where an exchange has been told that came after it."""
    return {
        who[track].visit
        for cluster in belief.clusters
        for h in cluster.hypotheses
        for exchanged_s, who in h.before
        if exchanged_s > at_s
        for track in tracks
        if track in who
    }


def replace(belief: Belief, cluster: Cluster, stories: list[Hypothesis]) -> None:
    """The stories of a cluster went on."""
    cluster.hypotheses = stories
    _settle_down(belief, cluster)


def _settle_down(belief: Belief, cluster: Cluster) -> None:
    """Prune a cluster, and let what all its stories agree on stand alone."""
    stories = cluster.hypotheses = likeliest(cluster.hypotheses)
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
        del belief.strays[:-MOST_STRAYS]
    for visit in sorted(first.carts):
        if len(first.carts) > 1 and all(_same(h, first, visit) for h in stories):
            _stand_alone(belief, stories, visit)
    for track in [t for t, p in first.who.items() if p.visit not in first.carts]:
        if all(h.who[track].visit == first.who[track].visit for h in stories):
            _drop(stories, {track})
    if len(stories) == 1:
        first.gone = {}
    if not any(h.carts or h.who or h.strays for h in stories):
        belief.clusters.remove(cluster)
    elif len(stories) > 1:
        cluster.hypotheses = likeliest(stories)


def _same(h: Hypothesis, first: Hypothesis, visit: str) -> bool:
    """Whether two stories tell the same of one visit."""
    mine, its = h.carts[visit], first.carts[visit]
    if mine is not its and units_of(mine) != units_of(its):
        return False
    return h.who is first.who or all(
        p == h.who[t] for t, p in first.who.items() if p.visit == visit or h.who[t].visit == visit
    )


def _stand_alone(belief: Belief, stories: list[Hypothesis], visit: str) -> None:
    """Move a visit about which all stories agree into a cluster of its own."""
    first = stories[0]
    tracks = {t: p for t, p in first.who.items() if p.visit == visit}
    known = {p: s for p, s in first.known.items() if p.visit == visit}
    alone = Hypothesis(0.0, tracks, {visit: first.carts[visit]}, (), known, {}, first.before)
    for h in stories:
        h.carts = {v: c for v, c in h.carts.items() if v != visit}
    _drop(stories, tracks.keys())
    belief.clusters.append(Cluster([alone]))


def _drop(stories: Iterable[Hypothesis], tracks: Set[int]) -> None:
    """These tracks concern the stories no longer; nor does what is known of whom no other track follows."""
    who = _Once[dict[int, Person]](lambda who: {t: p for t, p in who.items() if t not in tracks})
    for h in stories:
        h.who = who(h.who)
        there = set(h.who.values())
        h.known = {p: features for p, features in h.known.items() if p in there}


def forget_strays(belief: Belief, at_s: float) -> None:
    """What lay astray for so long that nobody knows whether it does."""
    belief.strays = [s for s in belief.strays if s.lasts(at_s)]
    for cluster in list(belief.clusters):
        gone = {s for h in cluster.hypotheses for s in h.strays if not s.lasts(at_s)}
        if gone:
            for h in cluster.hypotheses:
                h.strays = tuple(s for s in h.strays if s not in gone)
            _settle_down(belief, cluster)


def forget_products(belief: Belief, known: Container[str]) -> set[str]:
    """What lies astray and is no product any more is forgotten; returns everything that may be in a cart."""
    belief.strays = [s for s in belief.strays if not s.sku or s.sku in known]
    held: set[str] = set()
    for h in (h for cluster in belief.clusters for h in cluster.hypotheses):
        h.strays = tuple(s for s in h.strays if not s.sku or s.sku in known)
        held.update(sku for cart in h.carts.values() for sku in cart)
    return held
