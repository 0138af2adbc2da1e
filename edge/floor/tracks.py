"""Tracks: who is where, through misses, ghosts and merged blobs.

Each track is a constant-velocity Kalman filter on the floor plane (the same for x and y) with the head's height
beside it, fed by every camera that sees the person; each camera's own constant bias is learned on the way. People
are matched to tracks frame by frame. Two people so close that a camera sees one head are one blob that both tracks
share; when they part, each may have become the other, and that is told as a `Confusion` rather than decided here.
What settles it later is told too: how high a track's person holds the head (`Stature`). Somebody who is not seen for a
while is missing, not gone: people leave through gates, so a new track in the middle of the shop is first held
against those who are missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from edge.floor.crowd import MOST_TOGETHER, Crowd, gather_crowd, take_stock, unite, ways, witness
from edge.floor.match import MEASURED_M, Rivals, match
from edge.records import PeopleFrame, PersonSeen

BLOB_M = 0.30
"""Standard error of a position that may be the middle of two people."""

ACCELERATION_M_S2 = 1.6
"""Shoppers start, stop and turn about this hard (one standard deviation)."""

STOOP_M_PER_SQRT_S = 0.25
"""Heads go up and down about this fast when people bend."""

COAST_S = 0.8
"""An unseen person's velocity dies away over this time: people who vanish behind somebody stand still."""

CONFIRM_SIGHTINGS = 6
CONFIRM_WITHIN_S = 1.2
MISSING_AFTER_S = 0.35
LOST_AFTER_S = 1.5
FORGET_GHOST_S = 0.7
FORGET_LOST_S = 180.0
KEEP_VISITOR_S = 1800.0
FORGET_AFTER_TIMES = 4.0
FORGET_SOONEST_S = 2.0
"""Somebody unseen is remembered this many times as long as they had been seen, within these bounds."""

FORGET_GONE_S = 1.0

CLOSE_M = 0.55
"""Two tracks nearer than this may be one blob."""

SURE_WAY = 0.8
LEAST_DOUBT = 0.002
PARTED_S = 0.4
"""After this long without being mistakable, people have parted."""

LEFT_BEHIND_S = 1.5
"""Who has not been mistakable for this long has left a crowd that goes on without them."""

REMEMBER_S = 12.0
"""How long single sightings are kept; a shelf event is explained well within that time."""

DOOR_M = 1.2
FIND_WITHIN_S = 5.0
HURRY_M_S = 2.0
FOUND_COST = 9.0
FOUND_RUNNING = 60.0
FOUND_AT_DOOR = 1.5
RAN_S = 0.9
"""A new track in the middle of the shop is one of the missing unless that is this unlikely (squared sigmas); and
after `RAN_S` even if they ran: nobody comes through the wall."""

BIAS_GAIN = 0.005
BIAS_PATIENCE = 20
"""A camera's bias is learned over some hundred sightings; the first ones move it by a twentieth each."""

SAME_HEIGHT_M = 0.06
FEW_SIGHTINGS = 9
STATURE_SIGHTINGS = 12
"""So many sightings of somebody who stands apart make one `Stature`."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One camera saw this track once: time, head and wrists in the store frame."""

    at_s: float
    head: tuple[float, float, float]
    hands: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """These tracks went through one crowd. ``ways``: (for each track, the one whose person it follows now;
    probability), most probable first.
    """

    at_s: float
    tracks: tuple[int, ...]
    ways: tuple[tuple[tuple[int, ...], float], ...]


def either(at_s: float, a: int, b: int, swap: float) -> Confusion:
    """A doubt between two: with probability ``swap`` each track follows the other's person."""
    return Confusion(at_s, (a, b), (((a, b), 1.0 - swap), ((b, a), swap)))


@dataclass(frozen=True, slots=True)
class Stature:
    """A track's person, apart from everybody, held the head at ``height_m`` on average of ``sightings``."""

    at_s: float
    track: int
    height_m: float
    sightings: int


@dataclass(slots=True)
class Track:
    """One person's way. ``variance`` is (position, covariance, velocity) of one axis: m², m²/s, m²/s²."""

    id: int
    x: float
    y: float
    z: float
    vx: float
    vy: float
    variance: tuple[float, float, float]
    z_variance: float
    at_s: float
    born_s: float
    seen_s: float
    sightings: int
    sure: bool = False
    lost: bool = False
    gone: bool = False
    """Its person went out through a gate; it only takes in what cameras still see of them."""
    kept: bool = False
    """It is a visitor's: they are in the shop until they leave, however long no camera sees them."""
    at_door: bool = False
    unplaced: bool = False
    """It has begun lately, and is held against everybody who goes missing."""
    beside: tuple[int, float] | None = None
    """It began beside this track, and may have been its person from the start, with this probability."""
    heights_m: float = 0.0
    """Sum of the head's heights since the last `Stature`, over ``measured`` sightings apart from everybody."""
    measured: int = 0
    tall_m: float = math.nan
    """How tall its person is, once that was measured apart from everybody."""
    statures: list[Stature] = field(default_factory=list)
    """The latest since the track began or last met somebody: whoever is bound to it later is that tall."""
    recent: list[Sighting] = field(default_factory=list)

    def ahead(self, at_s: float) -> tuple[float, float, float]:
        """Predicted x, y and position variance at a time."""
        dt = at_s - self.at_s
        if dt <= 0:
            return self.x, self.y, self.variance[0]
        reach_s = COAST_S * (1 - math.exp(-dt / COAST_S)) if dt > 0.3 else dt - dt * dt / (2 * COAST_S)
        p, pv, v = self.variance
        spread = p + 2 * dt * pv + dt * dt * v + ACCELERATION_M_S2**2 * dt**3 / 3
        return self.x + self.vx * reach_s, self.y + self.vy * reach_s, min(spread, 4.0)


@dataclass(slots=True)
class FloorState:
    """Everybody on the floor. ``doors``: x, y of every entry gate; ``heard_until_s`` and ``bias_m`` are per camera."""

    doors: list[tuple[float, float]]
    tracks: dict[int, Track] = field(default_factory=dict)
    crowds: list[Crowd] = field(default_factory=list)
    heard_until_s: dict[str, float] = field(default_factory=dict)
    bias_m: dict[str, tuple[float, float, float, int]] = field(default_factory=dict)
    next_id: int = 1
    late: int = 0


def open_floor(doors: list[tuple[float, float]]) -> FloorState:
    """A floor on which nobody has been seen yet; people come in at its ``doors`` (x, y in metres)."""
    return FloorState(doors)


def see(state: FloorState, frame: PeopleFrame) -> list[Confusion | Stature]:
    """Take in one camera's frame; say which tracks may have been exchanged, and how tall people are."""
    if frame.at_s <= state.heard_until_s.get(frame.camera, -math.inf):
        state.late += 1
        return []
    state.heard_until_s[frame.camera] = frame.at_s
    bx, by, bz, _ = state.bias_m.get(frame.camera, (0.0, 0.0, 0.0, 0))
    people = [
        PersonSeen(
            (p.head[0] - bx, p.head[1] - by, p.head[2] - bz),
            tuple((h[0] - bx, h[1] - by, h[2] - bz) for h in p.hands),
            p.score,
        )
        for p in frame.people
    ]
    tracks = list(state.tracks.values())
    matched = match(tracks, people, frame.at_s)
    told: list[Confusion | Stature] = []
    owners = {index: track.id for track, index in matched.pairs}
    _follow_crowds(state, people, owners, frame.at_s)
    crowded = {t.id for rivals in matched.rivals for t in (rivals.a, rivals.b)}
    for track, index in matched.pairs:
        off = _update(track, people[index], frame.at_s, MEASURED_M)
        if track.id not in crowded and track.sure:
            _learn_bias(state, frame.camera, off)
            told += _stature(track, people[index], frame.at_s)
        if not track.sure and track.sightings >= CONFIRM_SIGHTINGS:
            track.sure = True
            first = track.recent[0].head[:2]
            track.at_door = any(math.dist(first, door) < DOOR_M for door in state.doors)
            track.unplaced = True
            if track.beside is not None and track.beside[0] in state.tracks:
                told.append(either(frame.at_s, track.beside[0], track.id, track.beside[1]))
        if track.unplaced and track.sure:
            told += _find_again(state, track)
    _share_blobs(tracks, people, matched.pairs, frame.at_s)
    for index, person in enumerate(people):
        if index not in owners:
            _newborn(state, person, frame.at_s, matched.left_over.get(index))
    for rivals in matched.rivals:
        _touch(state, rivals, frame.at_s)
    _age(state, frame.at_s)
    return told + _parted(state, frame.at_s)


def positions(state: FloorState) -> list[tuple[int, float, float]]:
    """Track, x and y (m) of everybody who is surely there and not lost."""
    return [(t.id, t.x, t.y) for t in state.tracks.values() if t.sure and not t.lost and not t.gone]


def doubts_now(state: FloorState, tracks: Set[int], now_s: float) -> list[Confusion]:
    """What crowds that hold any of these tracks would say if they dissolved now; they go on from there."""
    told = []
    for crowd in state.crowds:
        if tracks & set(crowd.members) and all(m in state.tracks for m in crowd.members):
            found = take_stock(crowd, state.tracks)
            if found.get(crowd.members, 0.0) < 1.0 - LEAST_DOUBT:
                told.append(Confusion(now_s, crowd.members, tuple(found.items())))
                _exchange_heights(state, told[-1])
    return told


def _exchange_heights(state: FloorState, doubt: Confusion) -> None:
    """A track's height is its person's: it goes where the person went, and is not known where that is in doubt."""
    way, probability = doubt.ways[0]
    tall = {t: state.tracks[t].tall_m for t in doubt.tracks}
    for track, person in zip(doubt.tracks, way, strict=True):
        state.tracks[track].tall_m = tall[person] if probability > SURE_WAY else math.nan


def keep(state: FloorState, tracks: Iterable[int]) -> None:
    """These tracks may be visitors', and are not forgotten before they leave."""
    for track in tracks:
        state.tracks[track].kept = True


def forget(state: FloorState, track: int) -> None:
    """A track's person has left the shop."""
    if track in state.tracks:
        state.tracks[track].gone = True


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
    track.variance = ((1 - gain) * p, (1 - gain) * pv, min(v - gain_v * pv, 4.0))
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
    """A camera that always sees people beside where the others see them is wrong by that much."""
    x, y, z, count = state.bias_m.get(camera, (0.0, 0.0, 0.0, 0))
    gain = max(BIAS_GAIN, 1.0 / (count + BIAS_PATIENCE))
    state.bias_m[camera] = (x + gain * off[0], y + gain * off[1], z + gain * off[2], count + 1)


def _stature(track: Track, person: PersonSeen, at_s: float) -> list[Stature]:
    """Collect the height of somebody who stands apart; tell it when there is enough."""
    track.heights_m += person.head[2]
    track.measured += 1
    if track.measured < STATURE_SIGHTINGS:
        return []
    told = Stature(at_s, track.id, track.heights_m / track.measured, track.measured)
    track.heights_m, track.measured = 0.0, 0
    track.statures = [*track.statures[-2:], told]
    if not told.height_m < track.tall_m - SAME_HEIGHT_M:  # else they bent
        same = abs(told.height_m - track.tall_m) < SAME_HEIGHT_M
        track.tall_m = 0.8 * track.tall_m + 0.2 * told.height_m if same else told.height_m
    return [told]


def _share_blobs(tracks: list[Track], people: list[PersonSeen], pairs: list[tuple[Track, int]], at_s: float) -> None:
    """A track that nobody matched, beside one that somebody did, may be in the same blob."""
    matched = {track.id for track, _ in pairs}
    for track in tracks:
        if track.id in matched or not track.sure or track.lost or at_s - track.seen_s < 0.15:
            continue
        x, y, _ = track.ahead(at_s)
        for other, index in pairs:
            head = people[index].head
            if other.sure and math.dist((x, y), (other.x, other.y)) < CLOSE_M and math.dist((x, y), head[:2]) < CLOSE_M:
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
    track = Track(
        id=state.next_id, x=x, y=y, z=z, vx=0.0, vy=0.0, variance=(MEASURED_M**2, 0.0, 1.0),
        z_variance=MEASURED_M**2, beside=beside, at_s=at_s, born_s=at_s, seen_s=at_s, sightings=1,
        recent=[Sighting(at_s, person.head, person.hands)],
    )  # fmt: skip
    state.tracks[track.id] = track
    state.next_id += 1


def _age(state: FloorState, now_s: float) -> None:
    """Ghosts fade, the unseen become lost, old sightings are dropped."""
    for track in list(state.tracks.values()):
        unseen_s = now_s - track.seen_s
        if not track.sure:
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


def _find_again(state: FloorState, track: Track) -> list[Confusion | Stature]:
    """Hold a new track against those who are missing: in the middle of the shop it is one of them, if need be one who
    ran; at a door only one who vanished right there. A ghost is gone before it could have been somebody who ran.

    The missing person's track goes on from where the new one is. Returns the doubt between several.
    """
    track.unplaced = track.seen_s - track.born_s < FIND_WITHIN_S
    found = []
    for missing in state.tracks.values():
        if (
            not missing.sure
            or missing.gone
            or missing.id == track.id
            or track.seen_s - missing.seen_s < MISSING_AFTER_S
        ):
            continue
        gap_s = max(0.0, track.born_s - missing.seen_s)
        first = track.recent[0].head
        cost = (math.dist(first[:2], (missing.x, missing.y)) / (0.4 + HURRY_M_S * gap_s)) ** 2
        ran = track.seen_s - track.born_s > RAN_S and track.seen_s - missing.seen_s > RAN_S
        if cost < (FOUND_AT_DOOR if track.at_door else FOUND_RUNNING if ran else FOUND_COST):
            found.append((cost, missing.id))
    if not found:
        return []
    found.sort()
    again = state.tracks[found[0][1]]
    for name in ("x", "y", "z", "vx", "vy", "variance", "z_variance", "at_s", "seen_s", "lost"):
        setattr(again, name, getattr(track, name))
    again.recent += track.recent
    again.sightings += track.sightings
    again.heights_m, again.measured = 0.0, 0
    del state.tracks[track.id]
    return [
        either(track.seen_s, again.id, rival, 1 / (1 + math.exp(min(30.0, (cost - found[0][0]) / 2))))
        for cost, rival in found[1:]
    ]


def _touch(state: FloorState, rivals: Rivals, at_s: float) -> None:
    """Two tracks competed for the same people: from here on they are followed closely, with whom they are close."""
    for track in (rivals.a, rivals.b):
        if track.measured >= FEW_SIGHTINGS and math.isnan(track.tall_m):
            track.tall_m = track.heights_m / track.measured
        track.heights_m, track.measured, track.statures = 0.0, 0, []
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


def _follow_crowds(state: FloorState, people: list[PersonSeen], owners: dict[int, int], at_s: float) -> None:
    """Show every crowd the heads of this frame that may be its own; ``owners``: person -> track."""
    for crowd in state.crowds:
        if any(m not in state.tracks for m in crowd.members):
            continue
        heads = []
        for index, person in enumerate(people):
            gap = min(math.dist(person.head[:2], (state.tracks[m].x, state.tracks[m].y)) for m in crowd.members)
            if owners.get(index) in crowd.members or (index not in owners and gap < CLOSE_M):
                heads.append((gap, person.head))
        witness(crowd, [head for _, head in sorted(heads)[: len(crowd.members)]], state.tracks, at_s)


def _parted(state: FloorState, now_s: float) -> list[Confusion | Stature]:
    """Crowds that dissolved, or from which somebody left, and the doubt that they leave."""
    told: list[Confusion | Stature] = []
    kept = []
    for crowd in state.crowds:
        known = [m for m in crowd.members if m in state.tracks]
        still = [m for m in known if now_s - crowd.close_s[m] < PARTED_S and not state.tracks[m].gone]
        parted = [m for m in crowd.members if now_s - crowd.close_s[m] > LEFT_BEHIND_S]
        if len(known) < len(crowd.members):
            continue
        if len(still) >= 2 and not parted and len(crowd.members) <= MOST_TOGETHER:
            kept.append(crowd)
            continue
        found = ways(crowd, state.tracks)
        if found.get(crowd.members, 0.0) < 1.0 - LEAST_DOUBT:
            doubt = Confusion(now_s, crowd.members, tuple(found.items()))
            _exchange_heights(state, doubt)
            told.append(doubt)
        if 2 <= len(still) <= MOST_TOGETHER and len(still) < len(crowd.members):
            rest = gather_crowd([state.tracks[m] for m in still], now_s)
            rest.close_s = {m: crowd.close_s[m] for m in still}
            kept.append(rest)
    state.crowds = kept
    return told
