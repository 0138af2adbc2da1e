"""Who went through a gate: the one who was in it, and moved.

The light barrier says that somebody passed, the cameras say who stood there. Where people queue, several did; the one
who passed is the one who walked, from one side of that moment to the other.
"""

from __future__ import annotations

import math

from edge.floor.state import FloorState, Track

IN_GATE_M = 0.20
"""How far from the gate's middle people are seen when they break its light."""

AT_GATE_M = 1.5
"""Who was further away than this did not pass."""

MOVED_M = 0.08
"""Walking through counts against standing in the gate in units of this."""

MOST_MOVED_M = 0.5
A_MOMENT_S = 0.45
LEAST_WEIGHT = 1e-4


def went_through(state: FloorState, gate: tuple[float, float], at_s: float, leaving: bool) -> dict[int, float]:
    """Track -> probability that it is the one who passed at ``at_s``; empty when nobody was near.

    Who comes in walks from one side of the moment to the other, while others stand and wait. Who is ``leaving`` is
    beyond the gate a moment later, or out of sight, while others are still on their way to it.
    """
    nats = {}
    for track in state.tracks.values():
        if not track.confirmed or track.gone:
            continue
        gap_m = math.dist(_place(track, at_s), gate)
        if gap_m > AT_GATE_M:
            continue
        seen = [s.at_s for s in track.recent if abs(s.at_s - at_s) < A_MOMENT_S]
        if not seen:
            continue
        later = _place(track, at_s + A_MOMENT_S)
        if not leaving:
            moved_m = math.dist(_place(track, at_s - A_MOMENT_S), later)
        elif max(seen) < at_s + A_MOMENT_S / 2:
            moved_m = MOST_MOVED_M
        else:
            moved_m = max(0.0, math.dist(later, gate) - gap_m)
        moved_m = min(MOST_MOVED_M, moved_m)
        nats[track.id] = moved_m / MOVED_M - 0.5 * (gap_m / IN_GATE_M) ** 2
    if not nats:
        return {}
    best = max(nats.values())
    weights = {t: math.exp(n - best) for t, n in nats.items() if math.exp(n - best) > LEAST_WEIGHT}
    whole = sum(weights.values())
    return {t: weights[t] / whole for t in sorted(weights)}


def _place(track: Track, at_s: float) -> tuple[float, float]:
    """Where a track was at about a time, by the sightings around it."""
    heads = [s.head for s in track.recent if abs(s.at_s - at_s) <= 0.12]
    if not heads:
        x, y, _ = track.ahead(at_s)
        return x, y
    return sum(h[0] for h in heads) / len(heads), sum(h[1] for h in heads) / len(heads)
