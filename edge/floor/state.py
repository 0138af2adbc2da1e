"""What is remembered of everybody on the floor: tracks, crowds, cameras; and what is told of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from edge.appearance import Gallery, Gauges
from edge.floor.crowd import Crowd

ACCELERATION_M_S2 = 1.6
"""Shoppers start, stop and turn about this hard (one standard deviation)."""

BEFORE_S = 1.0
AFTER_S = 2.5
"""Who was where is found out from what cameras show so much before and after a moment."""

IN_EXIT_M = 1.0
"""Who was last seen so near an exit gate, on either side of it, has left through it."""

AROUND_GATE_M, HEAD_M, HEAD_SPREAD_M = 0.5, 1.6, 0.2
"""Where and how tall somebody is of whom only a light barrier has told."""

COAST_S = 0.8
"""An unseen person's velocity dies away over this time: people who vanish behind somebody stand still."""


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """One camera saw this track once: time, head and wrists in the store frame."""

    at_s: float
    head: tuple[float, float, float]
    hands: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class IdentitySwitch:
    """These tracks went through one crowd, and may follow each other's people now. ``ways``: (for each track, the one
    whose person it follows; probability), most probable first.
    """

    at_s: float
    tracks: tuple[int, ...]
    ways: tuple[tuple[tuple[int, ...], float], ...]


def either(at_s: float, a: int, b: int, swap: float) -> IdentitySwitch:
    """A doubt between two: with probability ``swap`` each track follows the other's person."""
    return IdentitySwitch(at_s, (a, b), (((a, b), 1.0 - swap), ((b, a), swap)))


@dataclass(frozen=True, slots=True)
class Portrait:
    """A track's person, apart from everybody, held the head at ``height_m`` on average of ``sightings``, and looked
    like ``looks``.
    """

    at_s: float
    track: int
    height_m: float
    sightings: int
    looks: Gallery = field(default_factory=dict)
    turn: int = 1
    """The first since the track last met somebody, the second, …: the same bearing, light and cameras once more."""


@dataclass(frozen=True, slots=True)
class DuplicateTrack:
    """A track that followed the person of another one all the while: it is gone, and ``of`` goes on."""

    at_s: float
    track: int
    of: int


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
    apart: int = 0
    """Sightings that cannot have been somebody else's."""
    missed: int = 0
    """Frames that showed somebody near by, and not this one, before it was sure."""
    confirmed: bool = False
    lost: bool = False
    gone: bool = False
    """Its person went out through a gate; it only takes in what cameras still see of them."""
    kept: bool = False
    """It is a visitor's: they are in the shop until they leave, however long no camera sees them."""
    at_door: bool = False
    found_s: float = -math.inf
    """Since when it follows somebody who turned up at a door, where it was missing: they may be somebody new."""
    unplaced: bool = False
    """It has begun lately, and is held against everybody who goes missing."""
    beside: tuple[int, float] | None = None
    """It began beside this track, and may have been its person from the start, with this probability."""
    heights_m: float = 0.0
    """Sum of the head's heights since the last `Portrait`, over ``measured`` sightings apart from everybody."""
    measured: int = 0
    tall_m: float = math.nan
    """How tall its person is, once that was measured apart from everybody …"""
    looks: Gallery = field(default_factory=dict)
    """… and how they look."""
    portrayed: int = 0
    """How many portraits of its person it has given since it last met somebody."""
    views: Gallery = field(default_factory=dict)
    """How the head looked since the last `Portrait`, apart from everybody."""
    portraits: list[Portrait] = field(default_factory=list)
    """The latest since the track began or last met somebody: whoever is bound to it later is like that."""
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


@dataclass(frozen=True, slots=True)
class Blindness:
    """No camera said anything from ``since_s`` to ``until_s``; these ``tracks`` may each be another's now."""

    since_s: float
    until_s: float
    tracks: tuple[int, ...]


@dataclass(slots=True)
class FloorState:
    """Everybody on the floor. ``doors`` and ``exits``: x, y of every entry and exit gate; ``heard_until_s`` and
    ``bias_m`` are per camera.
    """

    doors: list[tuple[float, float]]
    exits: list[tuple[float, float]] = field(default_factory=list)
    tracks: dict[int, Track] = field(default_factory=dict)
    crowds: list[Crowd] = field(default_factory=list)
    heard_until_s: dict[str, float] = field(default_factory=dict)
    bias_m: dict[str, tuple[float, float, float, int]] = field(default_factory=dict)
    gauges: Gauges = field(default_factory=Gauges)
    """How alike people look to the cameras."""
    next_id: int = 1
    late: int = 0
    blindness: list[Blindness] = field(default_factory=list)
    """The latest times at which no camera said anything."""


def open_floor(doors: list[tuple[float, float]], exits: list[tuple[float, float]]) -> FloorState:
    """A floor on which nobody has been seen yet; people come in at its ``doors`` and leave at its ``exits`` (x, y in
    metres).
    """
    return FloorState(doors, exits)


def vanished_in_exit(state: FloorState, track: Track, until_s: float = math.inf) -> bool:
    """Whether a track was lost where people leave, before ``until_s``, whatever the exit's light barrier said."""
    there = any(math.dist((track.x, track.y), gate) < IN_EXIT_M for gate in state.exits)
    return there and track.lost and track.seen_s < until_s


def positions(state: FloorState) -> list[tuple[int, float, float]]:
    """Track, x and y (m) of everybody who is surely there and not lost."""
    return [(t.id, t.x, t.y) for t in state.tracks.values() if t.confirmed and not t.lost and not t.gone]


def was_blind(state: FloorState, at_s: float) -> bool:
    """Whether cameras showed too little around this moment to say who was where."""
    return any(b.since_s - BEFORE_S <= at_s <= b.until_s + AFTER_S for b in state.blindness)


def keep(state: FloorState, tracks: Iterable[int]) -> None:
    """These tracks may be visitors': they are not forgotten before they leave, and are nobody who was there before."""
    for track in tracks:
        state.tracks[track].kept = True
        state.tracks[track].unplaced = False


def arrive(state: FloorState, gate: tuple[float, float], at_s: float) -> int:
    """Somebody went in through a gate at ``gate`` (x, y in metres) whom no camera showed: they are missing from then
    on, like anybody whom cameras lost there. Returns their track.
    """
    x, y = gate
    track = Track(
        id=state.next_id, x=x, y=y, z=HEAD_M, vx=0.0, vy=0.0, variance=(AROUND_GATE_M**2, 0.0, 1.0),
        z_variance=HEAD_SPREAD_M**2, at_s=at_s, born_s=at_s, seen_s=at_s, sightings=0, confirmed=True, kept=True,
    )  # fmt: skip
    state.tracks[track.id] = track
    state.next_id += 1
    return track.id


def forget(state: FloorState, track: int) -> None:
    """A track's person has left the shop."""
    if track in state.tracks:
        state.tracks[track].gone = True
