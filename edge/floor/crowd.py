"""People who come so close that cameras mix them up: who is who afterwards.

From the moment that tracks could be exchanged until they have parted, the crowd is followed by several stories at
once. In each frame every head belongs to one of the bodies, or to two of them as one blob, or is a ghost; bodies
without a head were missed. Each story moves its bodies like people move, and pays for what does not fit. In the end
the stories say with which probability which track goes on with whose body.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from edge.appearance import Gallery
from edge.floor.body import LEAST_M, Body, Moving, body_of
from edge.records import PersonSeen

SEEN_M = 0.06
"""Standard error of a head in a frame, bias removed, floor and height alike."""

BLOB_M = 0.12
"""… of the middle of two people that a camera took for one."""

MISSED_NATS = math.log(0.12)
SEEN_NATS = math.log(0.88)
BLOB_AT_M = 0.22
BLOB_SOFT_M = 0.05
"""Two heads nearer than about `BLOB_AT_M` are one blob in every second frame."""

GHOST_NATS = -3.0
"""A head that is nobody's: log-density per cubic metre."""

BODY_GATE_M = 0.8
"""A head further than this from a body is not its."""

TRUST = 0.5
"""Frames share their cameras' errors: the stories' log-weights are worth only this much."""

LOOKS_WEIGHT = 0.5
"""… and what heads look like even less: who is half hidden is for all frames."""

MOST_STORIES = 12
STORIES_EACH = 3
"""Stories kept in all, and of each kind: kinds differ in whose body goes on as which track."""

AS_NEAR_M = 0.05
AT_TRACK_M = 0.12
"""A body is where a track is to this, besides its own uncertainty."""

FEW_TO_ORDER = 5
HOPELESS_COST = 14.0
"""Of so many bodies every order is weighed, against tracks, and none that fits so much worse than the best is kept."""

MOST_TOGETHER = 4
FEW = 7
PRUNED_BELOW = -20.0

Seen: TypeAlias = tuple[Body, float] | None

Way: TypeAlias = tuple[int, ...]
"""For each member of a crowd: the member whose person its track follows now."""


class LocalHypothesis(msgspec.Struct, frozen=True):
    """One way in which the frames came about: the members' bodies as they are by it."""

    nats: float
    bodies: tuple[Body, ...]


@dataclass(slots=True)
class Crowd:
    """Tracks that could be exchanged; ``close_s`` is when each last could be, ``at_s`` the latest frame taken in,
    ``looks`` how the people look whom the stories' bodies are (`Body.looks`).
    """

    members: tuple[int, ...]
    since_s: float
    at_s: float
    close_s: dict[int, float]
    stories: list[LocalHypothesis]
    looks: list[Gallery]
    nearest_m: float = math.inf
    nearest_s: float = -math.inf
    """How near to each other two members' tracks came, and when: then they were exchanged, if they were."""
    frames: int = 0
    most_heads: int = 0
    """So many frames were looked at, and so many heads were seen in one of them at most."""


def gather_crowd(tracks: Sequence[Moving], at_s: float) -> Crowd:
    """These tracks begin to be mistakable."""
    members = tuple(t.id for t in tracks)
    story = LocalHypothesis(0.0, tuple(body_of(t, at_s, i) for i, t in enumerate(tracks)))
    return Crowd(members, at_s, at_s, dict.fromkeys(members, at_s), [story], [t.looks for t in tracks])


def unite(a: Crowd, b: Crowd) -> Crowd:
    """Two crowds that met are one."""
    known = len(a.looks)
    others = [(t.nats, tuple(replace(body, looks=body.looks + known) for body in t.bodies)) for t in b.stories]
    stories = [LocalHypothesis(s.nats + nats, s.bodies + bodies) for s in a.stories for nats, bodies in others]
    stories.sort(key=lambda s: -s.nats)
    return Crowd(
        a.members + b.members,
        min(a.since_s, b.since_s),
        max(a.at_s, b.at_s),
        a.close_s | b.close_s,
        stories[:MOST_STORIES],
        a.looks + b.looks,
        *min((a.nearest_m, a.nearest_s), (b.nearest_m, b.nearest_s)),
    )  # nothing is known yet of how many heads one sees of both


def witness(
    crowd: Crowd,
    heads: Sequence[PersonSeen],
    tracks: Mapping[int, Moving],
    at_s: float,
    likeness: Sequence[Sequence[float]] = (),
) -> None:
    """Take in the heads that one frame shows of the crowd. ``likeness``: for each of the crowd's ``looks``, how much
    each head is like it, a log-likelihood ratio.
    """
    _note_nearest(crowd, tracks, at_s)
    dt = max(0.0, at_s - crowd.at_s)
    crowd.at_s = max(crowd.at_s, at_s)
    if dt > 0:
        crowd.stories = _moved(crowd.stories, dt)
    if not heads:
        return
    crowd.frames += 1
    crowd.most_heads = max(crowd.most_heads, len(heads))
    errors_m = [_errors_m(p, SEEN_M) for p in heads]
    unlike_nobody = [0.0] * len(heads)
    weighed = [[LOOKS_WEIGHT * nats for nats in row] for row in likeness] or [unlike_nobody for _ in crowd.looks]
    weighed.append(unlike_nobody)  # of nobody's looks: index -1
    looked: dict[int, list[Seen]] = {}
    told = [t for s in crowd.stories for t in _tellings(s, heads, errors_m, weighed, looked)]
    told.sort(key=lambda s: -s.nats)
    best = told[0].nats
    kept: dict[Way, int] = {}
    fits: dict[int, list[float]] = {}
    crowd.stories = []
    for story in told:
        if story.nats < best + PRUNED_BELOW or len(crowd.stories) == MOST_STORIES:
            break
        way = _way(crowd, story, tracks, fits)
        kept[way] = kept.get(way, 0) + 1
        if kept[way] <= STORIES_EACH:
            crowd.stories.append(LocalHypothesis(story.nats - best, story.bodies))


def _note_nearest(crowd: Crowd, tracks: Mapping[int, Moving], at_s: float) -> None:
    """When two members' tracks were nearest to each other, the last time that they were hardly further apart."""
    there = [tracks[m] for m in crowd.members]
    gap_m = min(
        (math.hypot(a.x - b.x, a.y - b.y) for i, a in enumerate(there) for b in there[i + 1 :]), default=math.inf
    )
    if gap_m < crowd.nearest_m + AS_NEAR_M:
        crowd.nearest_m, crowd.nearest_s = min(crowd.nearest_m, gap_m), at_s


def _moved(stories: Sequence[LocalHypothesis], dt: float) -> list[LocalHypothesis]:
    """The stories ``dt`` seconds later. Most of their bodies they have in common: each is moved once."""
    moved = {id(b): b for s in stories for b in s.bodies}
    for name, body in moved.items():
        moved[name] = body.moved(dt)
    return [LocalHypothesis(s.nats, tuple([moved[id(b)] for b in s.bodies])) for s in stories]


def ways(crowd: Crowd, tracks: Mapping[int, Moving]) -> dict[Way, float]:
    """Each way in which the members may go on, with its probability, most probable first."""
    weights: dict[Way, float] = {}
    for story in crowd.stories:
        for way, share in _shares(crowd, story, tracks).items():
            weights[way] = weights.get(way, 0.0) + share * math.exp(TRUST * story.nats)
    whole = sum(weights.values())
    return {way: w / whole for way, w in sorted(weights.items(), key=lambda kv: -kv[1])}


def take_stock(crowd: Crowd, tracks: Mapping[int, Moving]) -> dict[Way, float]:
    """The ways so far; from here on the stories are told of whoever is where each track is now."""
    found = ways(crowd, tracks)
    place = {m: i for i, m in enumerate(crowd.members)}
    stories = [
        LocalHypothesis(story.nats + math.log(share) / TRUST, tuple(story.bodies[place[m]] for m in way))
        for story in crowd.stories
        for way, share in _shares(crowd, story, tracks).items()
    ]
    stories.sort(key=lambda s: -s.nats)
    crowd.stories = [LocalHypothesis(s.nats - stories[0].nats, s.bodies) for s in stories[:MOST_STORIES]]
    return found


def remaining(crowd: Crowd, members: Sequence[int], since_s: float) -> Crowd:
    """Some of a crowd go on without the others, after its stock was taken: what is known of each of them stays."""
    place = [crowd.members.index(m) for m in members]
    merged: dict[tuple[tuple[float, ...], ...], LocalHypothesis] = {}
    for story in crowd.stories:  # the best first: stories that differ in the others alone are one
        bodies = tuple(story.bodies[i] for i in place)
        name = tuple((b.x, b.y, b.z, b.vx, b.vy, b.p, b.pz, b.looks) for b in bodies)  # the same after a stop, too
        known = merged.get(name)
        if known is None:
            merged[name] = LocalHypothesis(story.nats, bodies)
        else:
            more = math.log1p(math.exp(TRUST * (story.nats - known.nats))) / TRUST
            merged[name] = LocalHypothesis(known.nats + more, bodies)
    used = sorted({body.looks for story in merged.values() for body in story.bodies if body.looks >= 0})
    place_of = {looks: i for i, looks in enumerate(used)}
    stories = [
        LocalHypothesis(s.nats, tuple(replace(b, looks=place_of.get(b.looks, -1)) for b in s.bodies))
        for s in merged.values()
    ]
    close_s = {m: crowd.close_s[m] for m in members}
    return Crowd(tuple(members), since_s, crowd.at_s, close_s, stories, [crowd.looks[i] for i in used])


def _shares(crowd: Crowd, story: LocalHypothesis, tracks: Mapping[int, Moving]) -> dict[Way, float]:
    """By one story, whose body is where each track is: each way that is not hopeless, with its probability. Where a
    body has not been seen for long, or two stand in one place, it is open.
    """
    costs = _costs(crowd, story, tracks, {})
    if len(costs) > FEW_TO_ORDER:
        return {tuple(crowd.members[j] for j in _nearest(costs)): 1.0}
    whole = {order: sum(costs[i][j] for i, j in enumerate(order)) for order in permutations(range(len(costs)))}
    least = min(whole.values())
    weights = {order: math.exp((least - cost) / 2) for order, cost in whole.items() if cost - least < HOPELESS_COST}
    total = sum(weights.values())
    return {tuple(crowd.members[j] for j in order): w / total for order, w in weights.items()}


def _way(crowd: Crowd, story: LocalHypothesis, tracks: Mapping[int, Moving], known: dict[int, list[float]]) -> Way:
    """The likeliest of a story's ways. ``known``: costs of bodies that other stories have, too, by their identity."""
    return tuple(crowd.members[j] for j in _nearest(_costs(crowd, story, tracks, known)))


def _costs(
    crowd: Crowd, story: LocalHypothesis, tracks: Mapping[int, Moving], known: dict[int, list[float]]
) -> list[tuple[float, ...]]:
    """For each member's track how ill each body fits where it is: twice the negative log-likelihood, but for what all
    have in common.
    """
    of_bodies = []
    for body in story.bodies:
        costs = known.get(id(body))
        if costs is None:
            spread = body.p + AT_TRACK_M**2
            logs, x, y = 2 * math.log(spread), body.x, body.y
            there = [tracks[m] for m in crowd.members]
            costs = known[id(body)] = [((x - t.x) ** 2 + (y - t.y) ** 2) / spread + logs for t in there]
        of_bodies.append(costs)
    return list(zip(*of_bodies, strict=True))


def _nearest(gaps: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """For each row a column of its own, with the least sum: its nearest where that works, else of a few subset by
    subset, which takes twice as long with each one more, and of many by `scipy.optimize.linear_sum_assignment`.
    """
    first = tuple(row.index(min(row)) for row in gaps)
    if len(set(first)) == len(first):
        return first
    if len(gaps) > FEW:
        from scipy.optimize import linear_sum_assignment  # slow to import, and few shops ever need it

        return tuple(int(column) for column in linear_sum_assignment(gaps)[1])
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for row in gaps:
        after: dict[int, tuple[float, tuple[int, ...]]] = {}
        for taken, (cost, way) in best.items():
            for j, gap in enumerate(row):
                with_j = taken | 1 << j
                if with_j != taken and (with_j not in after or cost + gap < after[with_j][0]):
                    after[with_j] = (cost + gap, (*way, j))
        best = after
    ((_, way),) = best.values()
    return way


def _looked_at(
    body: Body, heads: Sequence[PersonSeen], errors_m: Sequence[tuple[float, float]], likeness: Sequence[float]
) -> list[Seen]:
    """For each head the body as it would be after having made it, and the log-likelihood of that; None where the head
    is too far away. ``likeness``: how much each head looks like it, in nats.
    """
    found: list[Seen] = []
    for p, (error_m, told_m), alike in zip(heads, errors_m, likeness, strict=True):
        if (p.head[0] - body.x) ** 2 + (p.head[1] - body.y) ** 2 < BODY_GATE_M**2:
            after, nats = body.seen(p.head, error_m, told_m)
            found.append((after, nats + alike))
        else:
            found.append(None)
    return found


def _tellings(
    story: LocalHypothesis,
    heads: Sequence[PersonSeen],
    errors_m: Sequence[tuple[float, float]],
    likeness: Sequence[Sequence[float]],
    looked: dict[int, list[Seen]],
) -> Iterator[LocalHypothesis]:
    """Every way in which a story's bodies may have made these heads. ``likeness``: by `Body.looks`, of each head.
    ``looked``: what is known of bodies that other stories have in common with this one, by their identity.
    """
    of_bodies: list[list[Seen]] = []
    for body in story.bodies:
        of_body = looked.get(id(body))
        if of_body is None:
            of_body = looked[id(body)] = _looked_at(body, heads, errors_m, likeness[body.looks])
        of_bodies.append(of_body)
    seen = list(zip(*of_bodies, strict=True))
    for owners in _owners(len(heads), len(story.bodies), seen):
        bodies, nats = list(story.bodies), story.nats
        for head, owner in enumerate(owners):
            found = seen[head][owner] if owner >= 0 else None
            if found is None:
                nats += GHOST_NATS
            else:
                bodies[owner], gain = found
                nats += gain + SEEN_NATS
        hidden = [i for i in range(len(bodies)) if i not in owners]
        yield LocalHypothesis(nats + MISSED_NATS * len(hidden), tuple(bodies))
        for i in hidden:
            # The hidden one and a seen one are one blob: neither is exactly where the head is.
            for head, owner in enumerate(owners):
                if owner >= 0:
                    blob = _blob(story.bodies[i], story.bodies[owner], heads[head])
                    found = seen[head][owner]
                    if blob is not None and found is not None:
                        kept = list(bodies)
                        for one in (i, owner):  # each is somewhere around it
                            kept[one] = story.bodies[one].seen(heads[head].head, BLOB_AT_M)[0]
                        rest = MISSED_NATS * (len(hidden) - 1)
                        yield LocalHypothesis(nats - found[1] - SEEN_NATS + blob + rest, tuple(kept))


def _errors_m(person: PersonSeen, usual_m: float) -> tuple[float, float]:
    """Standard error of a head in a frame, and that of it which its camera told."""
    told_m = person.error_m
    return (usual_m, 0.0) if told_m is None else (max(usual_m, math.hypot(LEAST_M, told_m)), told_m)


def _owners(heads: int, bodies: int, seen: Sequence[Sequence[Seen]]) -> Iterator[tuple[int, ...]]:
    """For each head the body that it belongs to, or -1; no body twice, and as few ghosts as can be."""
    partial: list[tuple[int, ...]] = [()]
    for head in range(heads):
        partial = [
            (*owners, o)
            for owners in partial
            for o in range(-1, bodies)
            if o < 0 or (o not in owners and seen[head][o] is not None)
        ]
    found = [(sum(o >= 0 for o in owners), owners) for owners in partial]
    most = max(count for count, _ in found)
    yield from (owners for count, owners in found if count >= most - (1 if heads > bodies else 0))


def _blob(a: Body, b: Body, head: PersonSeen) -> float | None:
    """Log-likelihood of a head as the middle of two bodies; None where they are too far apart for that."""
    gap = math.dist((a.x, a.y), (b.x, b.y))
    merged = 1 / (1 + math.exp(min(40.0, (gap - BLOB_AT_M) / BLOB_SOFT_M)))
    if merged < 1e-3:
        return None
    z, pz = (a.z + b.z) / 2, (a.pz + b.pz) / 4
    middle = Body((a.x + b.x) / 2, (a.y + b.y) / 2, z, 0.0, 0.0, (a.p + b.p) / 4, 0.0, 0.0, pz, math.nan)
    return middle.seen(head.head, *_errors_m(head, BLOB_M))[1] + math.log(merged)
