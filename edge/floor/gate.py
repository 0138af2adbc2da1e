"""Who went through a gate: the one who was in it, and moved.

The light barrier says that somebody passed, the cameras say who stood there. Where people queue, several did; the one
who passed is the one who was elsewhere, or out of sight, a moment later.
"""

from __future__ import annotations

import math

from edge.floor.tracks import FloorState, Track

IN_GATE_M = 0.20
"""How far from the gate's middle people are seen when they break its light."""

AT_GATE_M = 1.5
"""Who was further away than this did not pass."""

MOVED_M = 0.08
"""A step away from the gate counts against standing still in units of this."""

MOST_MOVED_M = 0.4
A_MOMENT_S = 0.45
LEAST_WEIGHT = 1e-4


def went_through(state: FloorState, gate: tuple[float, float], at_s: float, leaving: bool) -> dict[int, float]:
    """Track -> probability that it is the one who passed at ``at_s``; empty when nobody was near.

    Who was ``leaving`` may be out of sight a moment later; who came in is not.
    """
    nats = {}
    for track in state.tracks.values():
        if not track.sure or track.gone:
            continue
        gap_m = _gap(track, gate, at_s)
        if gap_m > AT_GATE_M:
            continue
        seen = [s.at_s for s in track.recent if abs(s.at_s - at_s) < A_MOMENT_S]
        if not seen:
            continue
        later_m = _gap(track, gate, at_s + A_MOMENT_S)
        moved_m = min(MOST_MOVED_M, max(0.0, later_m - gap_m))
        if max(seen) < at_s + A_MOMENT_S / 2:
            moved_m = MOST_MOVED_M if leaving else 0.0
        nats[track.id] = moved_m / MOVED_M - 0.5 * (gap_m / IN_GATE_M) ** 2
    if not nats:
        return {}
    best = max(nats.values())
    weights = {t: math.exp(n - best) for t, n in nats.items() if math.exp(n - best) > LEAST_WEIGHT}
    whole = sum(weights.values())
    return {t: weights[t] / whole for t in sorted(weights)}


def _gap(track: Track, gate: tuple[float, float], at_s: float) -> float:
    """Distance (m) of a track from the gate at about a time, by the sightings around it."""
    heads = [s.head for s in track.recent if abs(s.at_s - at_s) <= 0.12]
    if not heads:
        x, y, _ = track.ahead(at_s)
        return math.dist((x, y), gate)
    return math.dist((sum(h[0] for h in heads) / len(heads), sum(h[1] for h in heads) / len(heads)), gate)
