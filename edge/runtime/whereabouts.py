"""Where a visit's people are, by what cameras show: somewhere else in the shop, walked out, or out of sight."""

from __future__ import annotations

import math

from edge.attribution import tracks_of, whose_track
from edge.floor import vanished_in_exit
from edge.state import State
from edge.visit import Visit

ELSEWHERE_M = 1.5
"""Who is seen this far from a gate has not just left through it."""

THERE = 0.3
"""A track that is somebody's with this probability says that they are still in the shop."""


def inside(visit: Visit) -> int:
    """How many of a visit's people are in the shop, by what its gates counted."""
    return visit.inside - visit.left


def elsewhere(state: State, gate: tuple[float, float], at_s: float) -> dict[str, float]:
    """Visit -> how many of its people cameras show at some distance from a gate, after somebody went through it."""
    count: dict[str, float] = {}
    for track in state.floor.tracks.values():
        seen = [s.head for s in track.recent if s.at_s >= at_s]
        if seen and not track.gone and min(math.dist(head[:2], gate) for head in seen) > ELSEWHERE_M:
            for visit, share in whose_track(state.belief, track.id).items():
                count[visit] = count.get(visit, 0.0) + share
    return count


def walked_out(state: State, visit: Visit, until_s: float) -> bool:
    """Whether the last that cameras showed of all of a visit's people, before ``until_s``, was that they went out."""
    tracks = (state.floor.tracks.get(t) for t, share in tracks_of(state.belief, visit.id).items() if share > THERE)
    last = [track is not None and vanished_in_exit(state.floor, track, until_s) for track in tracks]
    return len(last) >= inside(visit) and all(last)
