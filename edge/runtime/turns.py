"""Whose turn it is: where several have scanned and one goes in, which of them was it?

Mostly the first. But people scan and think better of it, and people let others go first. Enters: who was seen at the
reader when each of them scanned, and who was seen going in. Leaves: the likeliest visit, and the rivals that remain.
A rival that comes in later may have been taken for it, which the belief carries on; one that never comes leaves it
open who was in the shop on whose account, and then a person looks before anything is charged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from edge.attribution import mistake, whose_track
from edge.floor import FloorState
from edge.state import State
from edge.visit import Visit

IN_TURN = 0.9
"""Where several wait, so often the first to scan is the first to go in."""

AT_READER_M = 0.45
"""Spread of where people stand while they scan, around the middle of the gate."""

AWAY_S = 1.2
"""Who waits at a gate is not unseen for so long."""

SEEN_WITHIN_S = 0.35
FAR_M = 1.5

ABSENT = 0.001
"""How likely it is that somebody scanned who was not seen at the reader, while somebody else was."""

EXCHANGED = 0.05
"""… and stands there still: people in front of a gate are close, and their tracks are exchanged so often."""

UNKNOWN = 0.3
"""… where nobody was seen there, or one of the party has scanned and this is another one."""

LEAST_RIVAL = 0.03
"""A rival less likely than this is none."""


def at_reader(state: State, gate: tuple[float, float], at_s: float) -> dict[int, float]:
    """Track -> how likely it is the one who scans at a gate's reader; empty where nobody is seen there.

    Who has scanned already, and still waits, does not scan once more.
    """
    weights, others = {}, [v for v in state.door.visits.values() if v.state == "admitted" and v.admitted_s < at_s]
    for track in state.floor.tracks.values():
        near = [s.head for s in track.recent if abs(s.at_s - at_s) < SEEN_WITHIN_S]
        if not near or track.gone or whose_track(state.belief, track.id).get("", 0.0) < 0.5:
            continue
        gap_m = math.dist((sum(h[0] for h in near) / len(near), sum(h[1] for h in near) / len(near)), gate)
        if gap_m < FAR_M:
            has_not = 1.0 - max((v.shown_by.get(track.id, 0.0) for v in others), default=0.0)
            weights[track.id] = max(ABSENT, has_not) * math.exp(-0.5 * (gap_m / AT_READER_M) ** 2)
    whole = sum(weights.values())
    return {t: w / whole for t, w in weights.items()}


def whose_turn(floor: FloorState, waiting: Sequence[Visit], tracks: Mapping[int, float], at_s: float) -> Visit:
    """Which of those who wait has gone in at a moment, as one of ``tracks``; the visit is told its rivals."""
    fits = {v.id: _fit(floor, v, tracks, at_s) * (IN_TURN if i == 0 else 1 - IN_TURN) for i, v in enumerate(waiting)}
    visit = max(waiting, key=lambda v: fits[v.id])  # the first of equals
    if not visit.inside:
        both = {v.id: fits[v.id] / (fits[v.id] + fits[visit.id]) for v in waiting if v is not visit and not v.inside}
        visit.rivals = {name: share for name, share in both.items() if share >= LEAST_RIVAL}
    return visit


def _fit(floor: FloorState, visit: Visit, tracks: Mapping[int, float], at_s: float) -> float:
    """How well who went in fits who stood at the reader: the same track, seen all the time between.

    Where that one stands at the gate still, as another track, the two may have been exchanged unnoticed.
    """
    if visit.inside or not visit.shown_by or not tracks:
        return UNKNOWN
    stayed = {t for t in {*tracks, *visit.shown_by} if _stayed(floor, t, visit.admitted_s, at_s)}
    least = EXCHANGED if max(visit.shown_by, key=lambda t: visit.shown_by[t]) in stayed else ABSENT
    return sum(
        weight * max(least, visit.shown_by.get(track, 0.0) if track in stayed else 0.0)
        for track, weight in tracks.items()
    )


def _stayed(floor: FloorState, track: int, since_s: float, until_s: float) -> bool:
    """Whether a track was never out of sight for long. Who goes away and who comes after may look like one."""
    recent = floor.tracks[track].recent if track in floor.tracks else []
    times = sorted(s.at_s for s in recent if since_s <= s.at_s <= until_s)
    return bool(times) and all(later - earlier < AWAY_S for earlier, later in pairwise([*times, until_s]))


def turned_up(state: State, visit: Visit) -> None:
    """A visit's first person came in: whoever had it for a rival may have been taken for it, and that is all."""
    for other in state.door.visits.values():
        swap = other.rivals.pop(visit.id, 0.0)
        if swap:
            mistake(state.belief, other.id, visit.id, swap)
