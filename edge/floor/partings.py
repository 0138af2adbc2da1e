"""Crowds come together, are followed, and part: where a track's doubt about its person begins and ends."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

from edge.appearance import NOBODY, Gallery, alike
from edge.floor.association import Rivals
from edge.floor.crowd import MOST_TOGETHER, Crowd, gather_crowd, remaining, take_stock, unite, witness
from edge.floor.state import Blindness, DuplicateTrack, FloorState, IdentitySwitch
from edge.records import PersonSeen

CLOSE_M = 0.55
"""Two tracks nearer than this may be one blob."""

SURE_WAY = 0.8
LEAST_DOUBT = 0.002
PARTED_S = 0.4
"""After this long without being mistakable, people have parted."""

LEFT_BEHIND_S = 1.5
"""Who has not been mistakable for this long has left a crowd that goes on without them."""

FEW_SIGHTINGS = 9
"""A height is known after so many sightings apart from everybody."""


BLIND_S = 0.6
"""When no camera at all has said anything for so long, people may have changed places unseen."""

MOST_BLINDNESSES = 8

ALONE_FRAMES = 60
ALONE_S = 1.5
"""A crowd of which no camera ever showed as many heads as it has members has one too many. Two people who stand in one
another are one blob in most frames, and hardly ever in all of so many."""

NEAR_M = 1.0
BOTH_WALK_M_S = 1.5
"""Two people who stand further apart than this cannot have changed places: both walk, and cameras lose people first."""


def notice_blindness(state: FloorState, at_s: float) -> None:
    """Cameras see again: whoever may have got to another's place meanwhile may be the other, and nobody can tell."""
    since_s = max(state.heard_until_s.values(), default=math.inf)
    if at_s - since_s < BLIND_S:
        return
    reach_m = NEAR_M + BOTH_WALK_M_S * (at_s - since_s)
    there = [t for t in state.tracks.values() if t.confirmed and not t.gone]
    near = {
        t.id
        for i, a in enumerate(there)
        for b in there[i + 1 :]
        if math.dist((a.x, a.y), (b.x, b.y)) < reach_m
        for t in (a, b)
    }
    state.blindness = [*state.blindness[-(MOST_BLINDNESSES - 1) :], Blindness(since_s, at_s, tuple(sorted(near)))]


def doubts_now(state: FloorState, tracks: Set[int], now_s: float) -> list[IdentitySwitch]:
    """What crowds that hold any of these tracks would say if they dissolved now; they go on from there."""
    told = []
    for crowd in state.crowds:
        if tracks & set(crowd.members) and all(m in state.tracks for m in crowd.members):
            found = take_stock(crowd, state.tracks)
            if found.get(crowd.members, 0.0) < 1.0 - LEAST_DOUBT:
                told.append(IdentitySwitch(_exchanged_s(crowd, now_s), crowd.members, tuple(found.items())))
                _exchange_features(state, told[-1])
    return told


def _one_too_many(state: FloorState, crowd: Crowd, now_s: float) -> int | None:
    """The member of a crowd who is nobody: where it has fewer heads than members, the newest that is no visitor's."""
    if crowd.frames < ALONE_FRAMES or now_s - crowd.since_s < ALONE_S or crowd.most_heads >= len(crowd.members):
        return None
    if any(m not in state.tracks for m in crowd.members):
        return None
    nobodys = [m for m in crowd.members if not state.tracks[m].kept and not state.tracks[m].at_door]
    return max(nobodys, key=lambda m: (state.tracks[m].born_s, m), default=None)


def _exchanged_s(crowd: Crowd, now_s: float) -> float:
    """When its members were exchanged, if they were: when they were nearest to each other."""
    return min(now_s, max(crowd.since_s, crowd.nearest_s))


def _exchange_features(state: FloorState, doubt: IdentitySwitch) -> None:
    """A track's height and looks are its person's: they go where the person went, and are not known where that is in
    doubt.
    """
    way, probability = doubt.ways[0]
    known = {t: (state.tracks[t].tall_m, state.tracks[t].looks) for t in doubt.tracks}
    for track, person in zip(doubt.tracks, way, strict=True):
        found = state.tracks[track]
        found.tall_m, found.looks = known[person] if probability > SURE_WAY else (math.nan, NOBODY)


def touch(state: FloorState, rivals: Rivals, at_s: float) -> None:
    """Two tracks competed for the same people: from here on they are followed closely, with whom they are close."""
    for track in (rivals.a, rivals.b):
        if track.measured >= FEW_SIGHTINGS and math.isnan(track.tall_m):
            track.tall_m = track.heights_m / track.measured
        track.looks = track.looks or track.views
        track.heights_m, track.measured, track.views = 0.0, 0, NOBODY
        track.portraits, track.portrayed = [], 0
    homes = [c for c in state.crowds if rivals.a.id in c.members or rivals.b.id in c.members]
    crowd = homes[0] if homes else None
    if crowd is None:
        crowd = gather_crowd([rivals.a, rivals.b], at_s)
        state.crowds.append(crowd)
    else:
        state.crowds = [c for c in state.crowds if c not in homes]
        for other in homes[1:]:
            crowd = unite(crowd, other)
        for track in (rivals.a, rivals.b):
            if track.id not in crowd.members:
                crowd = unite(crowd, gather_crowd([track], at_s))
        state.crowds.append(crowd)
    crowd.close_s[rivals.a.id] = crowd.close_s[rivals.b.id] = at_s


def follow_crowds(
    state: FloorState, people: list[PersonSeen], views: Sequence[Gallery], owners: dict[int, int], at_s: float
) -> None:
    """Show every crowd the heads of this frame that may be its own; ``views``: how each looks, ``owners``: person ->
    track.
    """
    for crowd in state.crowds:
        if any(m not in state.tracks for m in crowd.members):
            continue
        heads = []
        for index, person in enumerate(people):
            gap = min(math.dist(person.head[:2], (state.tracks[m].x, state.tracks[m].y)) for m in crowd.members)
            if owners.get(index) in crowd.members or (index not in owners and gap < CLOSE_M):
                heads.append((gap, index))
        shown = [i for _, i in sorted(heads)[: len(crowd.members)]]
        likeness = [[alike(state.gauges, views[i], looks) for i in shown] for looks in crowd.looks]
        witness(crowd, [people[i] for i in shown], state.tracks, at_s, likeness)


def parted(state: FloorState, now_s: float) -> list[IdentitySwitch | DuplicateTrack]:
    """Crowds that dissolved, or from which somebody left, and the doubt that they leave."""
    told: list[IdentitySwitch | DuplicateTrack] = []
    kept = []
    for crowd in state.crowds:
        ghost = _one_too_many(state, crowd, now_s)
        if ghost is not None:
            others = [state.tracks[m] for m in crowd.members if m != ghost]
            if len(others) > 1:  # they may have been exchanged among themselves
                found = take_stock(crowd, state.tracks)
                if found.get(crowd.members, 0.0) < 1.0 - LEAST_DOUBT:
                    doubt = IdentitySwitch(_exchanged_s(crowd, now_s), crowd.members, tuple(found.items()))
                    _exchange_features(state, doubt)
                    told.append(doubt)
            track = state.tracks.pop(ghost)
            nearest = min(others, key=lambda t: math.dist((t.x, t.y), (track.x, track.y)))
            told.append(DuplicateTrack(now_s, ghost, nearest.id))
            if len(others) == 1:
                continue
            crowd = remaining(crowd, [t.id for t in others], now_s)
        known = [m for m in crowd.members if m in state.tracks]
        still = [m for m in known if now_s - crowd.close_s[m] < PARTED_S and not state.tracks[m].gone]
        gone = [m for m in crowd.members if now_s - crowd.close_s[m] > LEFT_BEHIND_S]
        if len(known) < len(crowd.members):
            continue
        if len(still) >= 2 and not gone and len(crowd.members) <= MOST_TOGETHER:
            kept.append(crowd)
            continue
        found = take_stock(crowd, state.tracks)
        if found.get(crowd.members, 0.0) < 1.0 - LEAST_DOUBT:
            doubt = IdentitySwitch(_exchanged_s(crowd, now_s), crowd.members, tuple(found.items()))
            _exchange_features(state, doubt)
            told.append(doubt)
        still = sorted(still, key=lambda m: -crowd.close_s[m])[:MOST_TOGETHER]
        if 2 <= len(still) < len(crowd.members):
            kept.append(remaining(crowd, still, now_s))
    state.crowds = kept
    return told
