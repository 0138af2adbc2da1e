"""Tracks: who is where, through misses, ghosts and merged blobs.

Each track is a constant-velocity Kalman filter on the floor plane (the same for x and y) with the head's height
beside it, fed by every camera that sees the person; each camera's own constant bias is learned on the way. People
are matched to tracks frame by frame. Two people so close that a camera sees one head are one blob that both tracks
share; when they part, each may have become the other, and that is told as a `IdentitySwitch` rather than decided here.
What settles it later is told too: how high a track's person holds the head (`Portrait`). Somebody who is not seen for a
while is missing, not gone: people leave through gates, so a new track in the middle of the shop is first held
against those who are missing.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence

from edge.appearance import NOBODY, Gallery, alike, learn, merged, unit
from edge.floor.association import associate, measured_m
from edge.floor.body import as_tall
from edge.floor.partings import CLOSE_M, follow_crowds, notice_blindness, parted, touch
from edge.floor.state import (
    ACCELERATION_M_S2,
    COAST_S,
    DuplicateTrack,
    FloorState,
    IdentitySwitch,
    Portrait,
    Sighting,
    Track,
    either,
    vanished_in_exit,
)
from edge.records import PeopleFrame, PersonSeen, Point

BLOB_M = 0.30
"""Standard error of a position that may be the middle of two people."""


STOOP_M_PER_SQRT_S = 0.25
"""Heads go up and down about this fast when people bend."""


CONFIRM_SIGHTINGS = 6
CONFIRM_APART = 3
DOUBLE_M = 0.45
"""Cameras may disagree by so much about where somebody is. Who is never seen in the same frame as the one beside them
is no second person.
"""
HIDDEN_S = 3.0
"""Who was hidden for no longer than this may turn up beside somebody. For anybody who is missing for longer any place
would do, and the second sighting of somebody else is a likelier ghost than that.
"""
CONFIRM_WITHIN_S = 2.0
COVERED_M = (0.4, 1.2)
SEEN_BY_MOST = 0.5
SEEN_BY_ONE = 14
"""A camera that sees somebody so near to a new track, and not so near that both may be one blob, would see its person
as well. Who is seen in less than half of such frames is one camera's ghost, unless it lasts for so many sightings.
"""
MISSING_AFTER_S = 0.35
LOST_AFTER_S = 1.5
FORGET_GHOST_S = 0.7
FORGET_LOST_S = 180.0
KEEP_VISITOR_S = 1800.0
FORGET_AFTER_TIMES = 4.0
FORGET_SOONEST_S = 2.0
"""Somebody unseen is remembered this many times as long as they had been seen, within these bounds."""

FORGET_GONE_S = 1.0


REMEMBER_S = 12.0
"""How long single sightings are kept; a shelf event is explained well within that time."""

DOOR_M = 1.2
FIND_WITHIN_S = 5.0
HURRY_M_S = 2.0
FOUND_COST = 9.0
FOUND_RUNNING = 60.0
RAN_S = 0.9
"""A new track in the middle of the shop is one of the missing unless that is this unlikely (squared sigmas); and
after `RAN_S` even if they ran: nobody comes through the wall."""

ANYWHERE_M = 3.0
"""Who has been missing for long may be anywhere, and is so much less likely just here than who vanished near by."""

AT_DOOR_M = 1.2
FOUND_AT_DOOR = 4.0
AWAY_S = 1.0
"""At a door new people come in. Who begins there is one of the missing only where they vanished within this distance,
however long ago, and look no more unlike them than this (squared sigmas). Even so, and wherever somebody is seen at a
door who was out of sight for `AWAY_S`, they may be somebody new (`found_s`)."""

BIAS_GAIN = 0.005
BIAS_PATIENCE = 20
"""A camera's bias is learned over some hundred sightings; the first ones move it by a twentieth each."""

STANDS_M_S = 0.3
"""Who is slower than this stands."""
MOST_BIAS_M = 0.15
"""A camera that is further off was bumped, and wants to be calibrated (`tebura calibrate check`)."""

SAME_HEIGHT_M = 0.06
WELL_M = 0.1
"""A sighting with a larger error says nothing about its camera's bias, or how tall somebody is."""
LEARN_EVERY = 3
"""Of so many sightings of somebody who stands apart one says how alike people look."""
PORTRAIT_SIGHTINGS = 12
"""So many sightings of somebody who stands apart make one `Portrait`."""


def update_tracks(state: FloorState, frame: PeopleFrame) -> list[IdentitySwitch | Portrait | DuplicateTrack]:
    """Take in one camera's frame; say which tracks may have been exchanged, which were one, and how tall people are."""
    if frame.at_s <= state.heard_until_s.get(frame.camera, -math.inf):
        state.late += 1
        return []
    notice_blindness(state, frame.at_s)
    state.heard_until_s[frame.camera] = frame.at_s
    bx, by, bz = bias_of(state, frame.camera)
    people = [
        PersonSeen(
            (p.head[0] - bx, p.head[1] - by, p.head[2] - bz),
            tuple([(x - bx, y - by, z - bz) for x, y, z in p.hands]),
            p.score,
            error_m=p.error_m,
        )
        for p in frame.people
    ]
    tracks = list(state.tracks.values())
    views = [_view(frame.camera, p.embedding) for p in frame.people]
    matched = associate(
        tracks, people, frame.at_s, lambda person, track: alike(state.gauges, views[person], track.looks)
    )
    told: list[IdentitySwitch | Portrait | DuplicateTrack] = []
    owners = {index: track.id for track, index in matched.pairs}
    follow_crowds(state, people, views, owners, frame.at_s)
    crowded = {t.id for rivals in matched.rivals for t in (rivals.a, rivals.b)}
    for track, index in matched.pairs:
        error_m = measured_m(people[index])
        if frame.at_s - track.seen_s > AWAY_S and _is_at_door(state, people[index].head):
            track.found_s = frame.at_s
        off = _update(track, people[index], frame.at_s, error_m)
        if track.id not in crowded and track.confirmed and error_m <= WELL_M:
            if math.hypot(track.vx, track.vy) < STANDS_M_S:
                _learn_bias(state, frame.camera, off)
            if views[index] and _stands_alone(track, tracks):
                _learn_looks(state, frame.camera, track, views[index], tracks)
                track.views = merged(track.views, views[index])
            told += _portray(track, people[index], frame.at_s)
        if not track.confirmed:
            track.apart += not _is_double(people[index], tracks, owners.values(), frame.at_s)
        if not track.confirmed and track.sightings >= CONFIRM_SIGHTINGS and _is_somebody(state, track):
            track.confirmed = True
            track.at_door = _is_at_door(state, track.recent[0].head)
            track.unplaced = True
            if track.beside is not None and track.beside[0] in state.tracks:
                told.append(either(frame.at_s, track.beside[0], track.id, track.beside[1]))
        if track.unplaced and track.confirmed:
            told += _find_again(state, track)
    _note_missed(tracks, matched.pairs)
    _share_blobs(tracks, people, matched.pairs, frame.at_s)
    for index, person in enumerate(people):
        if index not in owners:
            _newborn(state, person, frame.at_s, matched.left_over.get(index))
    for rivals in matched.rivals:
        touch(state, rivals, frame.at_s)
    _age(state, frame.at_s)
    return told + parted(state, frame.at_s)


def _is_at_door(state: FloorState, head: Point) -> bool:
    return any(math.dist(head[:2], door) < DOOR_M for door in state.doors)


def _is_somebody(state: FloorState, track: Track) -> bool:
    """Whether a new track is a person: one who was seen apart, or may be one of the missing."""
    by_most = track.sightings >= SEEN_BY_MOST * (track.sightings + track.missed)
    if not by_most and track.sightings < SEEN_BY_ONE:
        return False
    if track.apart >= CONFIRM_APART:
        return True
    hidden = (t for t in _missing(state, track) if track.born_s - t.seen_s < HIDDEN_S)
    return any(_found_cost(track, missing) < FOUND_COST for missing in hidden)


def _note_missed(tracks: Iterable[Track], pairs: Sequence[tuple[Track, int]]) -> None:
    """Who may be a ghost: a camera sees somebody beside it, and not it."""
    least_m, most_m = COVERED_M
    matched = {track.id for track, _ in pairs}
    for track in tracks:
        if not track.confirmed and track.id not in matched:
            track.missed += any(
                t.confirmed and least_m < math.dist((t.x, t.y), (track.x, track.y)) < most_m for t, _ in pairs
            )


def _is_double(person: PersonSeen, tracks: Iterable[Track], matched: Container[int], at_s: float) -> bool:
    """Whether this may be somebody whom we know, seen beside where they are: they are nowhere else in this frame, and
    other cameras see them there.
    """
    return any(
        t.confirmed
        and not t.gone
        and t.id not in matched
        and at_s - t.seen_s < MISSING_AFTER_S
        and math.dist((t.x, t.y), person.head[:2]) < DOUBLE_M
        for t in tracks
    )


def _update(track: Track, person: PersonSeen, at_s: float, error_m: float) -> tuple[float, float, float]:
    """One Kalman step towards where a person was seen; how far that was from what was expected (m)."""
    x, y, _ = track.ahead(at_s)
    dt = max(0.0, at_s - track.at_s)
    p, pv, v = track.variance
    q = ACCELERATION_M_S2**2
    p, pv, v = p + 2 * dt * pv + dt * dt * v + q * dt**3 / 3, pv + dt * v + q * dt * dt / 2, v + q * dt
    fade = math.exp(-dt / COAST_S)
    gain, gain_v = p / (p + error_m**2), pv / (p + error_m**2)
    dx, dy, dz = person.head[0] - x, person.head[1] - y, person.head[2] - track.z
    track.x, track.y = x + gain * dx, y + gain * dy
    track.vx, track.vy = track.vx * fade + gain_v * dx, track.vy * fade + gain_v * dy
    p, pv, v = (1 - gain) * p, (1 - gain) * pv, max(0.0, min(v - gain_v * pv, 4.0))
    track.variance = p, min(pv, math.sqrt(p * v)), v  # cutting one of them alone would make a variance below zero
    z_variance = min(track.z_variance + STOOP_M_PER_SQRT_S**2 * dt, 0.04)
    gain_z = z_variance / (z_variance + error_m**2)
    track.z, track.z_variance = track.z + gain_z * dz, (1 - gain_z) * z_variance
    track.at_s = max(track.at_s, at_s)
    track.seen_s = max(track.seen_s, at_s)
    track.sightings += 1
    track.lost = False
    track.recent.append(Sighting(at_s, person.head, person.hands))
    return dx, dy, dz


def _learn_bias(state: FloorState, camera: str, off: tuple[float, float, float]) -> None:
    """A camera that always sees people beside where the others see them is wrong by that much. Of people who stand: who
    walks is seen ahead of where they were expected, and people walk from the entry to the exit.
    """
    x, y, z, count = state.bias_m.get(camera, (0.0, 0.0, 0.0, 0))
    gain = max(BIAS_GAIN, 1.0 / (count + BIAS_PATIENCE))
    state.bias_m[camera] = (x + gain * off[0], y + gain * off[1], z + gain * off[2], count + 1)


def bias_of(state: FloorState, camera: str) -> tuple[float, float, float]:
    """By how much (x, y, z in metres) a camera sees beside where the others do, as far as that is known.

    Only differences between cameras can be known: what is common to all of them is nobody's. It would grow from day
    to day, until people stand beside the shelves that they take from.
    """
    known = state.bias_m.get(camera)
    if known is None or len(state.bias_m) < 2:
        return 0.0, 0.0, 0.0
    x, y, z = 0.0, 0.0, 0.0
    for of_x, of_y, of_z, _ in state.bias_m.values():
        x, y, z = x + of_x, y + of_y, z + of_z
    count = len(state.bias_m)
    return _at_most(known[0] - x / count), _at_most(known[1] - y / count), _at_most(known[2] - z / count)


def _at_most(bias_m: float) -> float:
    return max(-MOST_BIAS_M, min(MOST_BIAS_M, bias_m))


def _view(camera: str, embedding: Sequence[float] | None) -> Gallery:
    """How a head looks in one frame."""
    vector = unit(embedding) if embedding is not None else None
    return NOBODY if vector is None else {camera: (vector, 1.0)}


def _stands_alone(track: Track, tracks: Iterable[Track]) -> bool:
    """Whether nobody is so near that a head may be two people's, though nobody noticed."""
    return not any(
        t.confirmed and not t.gone and t is not track and abs(t.x - track.x) < CLOSE_M and abs(t.y - track.y) < CLOSE_M
        for t in tracks
    )


def _learn_looks(state: FloorState, camera: str, track: Track, view: Gallery, tracks: Sequence[Track]) -> None:
    """Now and then: how alike this camera's views of one person are, and of two people."""
    if track.measured % LEARN_EVERY or not track.looks:
        return
    vector = view[camera][0]
    learn(state.gauges, camera, vector, track.looks, one=True)
    others = [t for t in tracks if t.confirmed and t.looks and t is not track]
    if others:
        learn(state.gauges, camera, vector, others[track.sightings % len(others)].looks, one=False)


def _portray(track: Track, person: PersonSeen, at_s: float) -> list[Portrait]:
    """Collect the height of somebody who stands apart; tell it when there is enough, and how they looked."""
    track.heights_m += person.head[2]
    track.measured += 1
    if track.measured < PORTRAIT_SIGHTINGS:
        return []
    track.portrayed += 1
    told = Portrait(at_s, track.id, track.heights_m / track.measured, track.measured, track.views, track.portrayed)
    track.looks = merged(track.looks, track.views)
    track.heights_m, track.measured, track.views = 0.0, 0, NOBODY
    track.portraits = [*track.portraits[-2:], told]
    if not told.height_m < track.tall_m - SAME_HEIGHT_M:  # else they bent
        same = abs(told.height_m - track.tall_m) < SAME_HEIGHT_M
        track.tall_m = 0.8 * track.tall_m + 0.2 * told.height_m if same else told.height_m
    return [told]


def _share_blobs(tracks: list[Track], people: list[PersonSeen], pairs: list[tuple[Track, int]], at_s: float) -> None:
    """A track that nobody matched, beside one that somebody did, may be in the same blob."""
    matched = {track.id for track, _ in pairs}
    for track in tracks:
        if track.id in matched or not track.confirmed or track.lost or at_s - track.seen_s < 0.15:
            continue
        x, y, _ = track.ahead(at_s)
        for other, index in pairs:
            head = people[index].head
            if (
                other.confirmed
                and math.dist((x, y), (other.x, other.y)) < CLOSE_M
                and math.dist((x, y), head[:2]) < CLOSE_M
            ):
                # Carried along, but not seen: if somebody turns up elsewhere, it may well be this one.
                seen_s = track.seen_s
                _update(track, PersonSeen((head[0], head[1], track.z), (), 0.0), at_s, BLOB_M)
                track.recent.pop()
                track.sightings -= 1
                track.seen_s = seen_s
                break


def _newborn(state: FloorState, person: PersonSeen, at_s: float, beside: tuple[int, float] | None) -> None:
    """Somebody whom no track explains: a ghost, or a person; ``beside``: whose track they may be, and how likely."""
    x, y, z = person.head
    error = measured_m(person) ** 2
    track = Track(
        id=state.next_id, x=x, y=y, z=z, vx=0.0, vy=0.0, variance=(error, 0.0, 1.0), z_variance=error,
        beside=beside, at_s=at_s, born_s=at_s, seen_s=at_s, sightings=1,
        recent=[Sighting(at_s, person.head, person.hands)],
    )  # fmt: skip
    state.tracks[track.id] = track
    state.next_id += 1


def _age(state: FloorState, now_s: float) -> None:
    """Ghosts fade, the unseen become lost, old sightings are dropped."""
    for track in list(state.tracks.values()):
        unseen_s = now_s - track.seen_s
        if not track.confirmed:
            if unseen_s > FORGET_GHOST_S or now_s - track.born_s > CONFIRM_WITHIN_S:
                del state.tracks[track.id]
        elif unseen_s > (FORGET_GONE_S if track.gone else _memory_s(track)):
            del state.tracks[track.id]
        elif unseen_s > LOST_AFTER_S:
            track.lost = True
        if len(track.recent) > 64 and track.recent[0].at_s < now_s - 1.5 * REMEMBER_S:
            track.recent = [s for s in track.recent if s.at_s >= now_s - REMEMBER_S]


def _memory_s(track: Track) -> float:
    """How long an unseen person is waited for."""
    if track.kept:
        return KEEP_VISITOR_S
    return min(FORGET_LOST_S, max(FORGET_SOONEST_S, FORGET_AFTER_TIMES * (track.seen_s - track.born_s)))


def _find_again(state: FloorState, track: Track) -> list[IdentitySwitch | Portrait]:
    """Hold a new track against those who are missing: in the middle of the shop it is one of them, if need be one who
    ran; at a door only one who vanished right there. A ghost is gone before it could have been somebody who ran.

    The missing person's track goes on from where the new one is. Returns the doubt between several.
    """
    track.unplaced = track.seen_s - track.born_s < FIND_WITHIN_S
    found = []
    for missing in _missing(state, track):
        cost = _found_cost(track, missing) + _unlike(track, missing)
        cost -= 2 * alike(state.gauges, merged(track.looks, track.views), missing.looks)
        ran = track.seen_s - track.born_s > RAN_S and track.seen_s - missing.seen_s > RAN_S
        if track.at_door and math.dist(track.recent[0].head[:2], (missing.x, missing.y)) > AT_DOOR_M:
            continue
        if cost < (FOUND_AT_DOOR if track.at_door else FOUND_RUNNING if ran else FOUND_COST):
            found.append((cost + 4 * math.log(min(ANYWHERE_M, _way_m(track, missing))), missing.id))
    if not found:
        return []
    found.sort()
    again = state.tracks[found[0][1]]
    for name in ("x", "y", "z", "vx", "vy", "variance", "z_variance", "at_s", "seen_s", "lost"):
        setattr(again, name, getattr(track, name))
    again.recent += track.recent
    again.sightings += track.sightings
    again.heights_m, again.measured, again.views = 0.0, 0, NOBODY
    if track.at_door:
        again.found_s = track.born_s
    del state.tracks[track.id]
    return [
        either(track.seen_s, again.id, rival, 1 / (1 + math.exp(min(30.0, (cost - found[0][0]) / 2))))
        for cost, rival in found[1:]
    ]


def _missing(state: FloorState, track: Track) -> list[Track]:
    """Who has not been seen for a while, and may be this one. Who vanished in an exit is nowhere else."""
    first = track.recent[0].head
    return [
        t
        for t in state.tracks.values()
        if t.confirmed
        and not t.gone
        and t.id != track.id
        and track.seen_s - t.seen_s >= MISSING_AFTER_S
        and (math.dist(first[:2], (t.x, t.y)) < AT_DOOR_M or not vanished_in_exit(state, t))
    ]


def _found_cost(track: Track, missing: Track) -> float:
    """How far somebody would have had to go to begin again as this track, in squared sigmas."""
    first = track.recent[0].head
    return (math.dist(first[:2], (missing.x, missing.y)) / _way_m(track, missing)) ** 2


def _way_m(track: Track, missing: Track) -> float:
    """How far somebody may have gone before they began again as this track, a standard deviation."""
    return 0.4 + HURRY_M_S * max(0.0, track.born_s - missing.seen_s)


def _unlike(track: Track, missing: Track) -> float:
    """How unlike somebody's height a new track's is, in squared sigmas; people bend, but nobody grows."""
    if math.isnan(missing.tall_m):
        return 0.0
    height_m = sum(s.head[2] for s in track.recent) / len(track.recent)
    return -2.0 * as_tall(height_m, missing.tall_m)
