"""How near everybody came to some plates around the time that they changed.

Wrists are seen now and then, from one camera or two, with an error of some centimetres; the nearest sighting of the
moment counts. Distances are taken to the box of air above the plates, in the gondola's own frame.
"""

from __future__ import annotations

import math
from collections.abc import Set

from edge.floor.state import FloorState, Track
from edge.records import Point, Reach

NEAREST = 3
"""The mean of this many nearest sightings counts: a single one is easily a wrong one."""

FACING_M = 0.35
"""A shopper's head is about this far in front of the shelf that they reach into."""


def reaches(
    state: FloorState,
    origin: Point,
    yaw_deg: float,
    box: tuple[Point, Point],
    from_s: float,
    to_s: float,
    only: Set[int] | None = None,
) -> list[Reach]:
    """A `Reach` for every confirmed track with a sighting in [``from_s``, ``to_s``], and for the lost ones by guess.

    ``origin`` and ``yaw_deg`` place the gondola in the store; ``box`` is in the gondola's frame. Where it is given,
    ``only`` these tracks are looked at.
    """
    c, s = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    found = []
    for track in state.tracks.values():
        if track.confirmed and not track.gone and (only is None or track.id in only):
            found.append(_reach(track, origin, c, s, box, from_s, to_s))
    return found


def _reach(
    track: Track, origin: Point, c: float, s: float, box: tuple[Point, Point], from_s: float, to_s: float
) -> Reach:
    (x0, y0, z0), (x1, y1, z1) = box
    head_gap = math.inf
    gaps: list[float] = []
    sightings = 0

    def local(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - origin[0], y - origin[1]
        return c * dx + s * dy, -s * dx + c * dy

    for sighting in reversed(track.recent):
        if sighting.at_s > to_s:
            continue
        if sighting.at_s < from_s:
            break
        sightings += 1
        x, y = local(sighting.head[0], sighting.head[1])
        head_gap = min(head_gap, math.hypot(max(x0 - x, 0.0, x - x1), y + FACING_M))
        nearest = math.inf
        for hand in sighting.hands:
            x, y = local(hand[0], hand[1])
            gap = math.hypot(max(x0 - x, 0.0, x - x1), max(y0 - y, 0.0, y - y1), max(z0 - hand[2], 0.0, hand[2] - z1))
            nearest = min(nearest, gap)
        if sighting.hands:
            gaps.append(nearest)
    if not sightings:
        x, y, variance = track.ahead(to_s)
        x, y = local(x, y)
        head_gap = max(0.0, math.hypot(max(x0 - x, 0.0, x - x1), y + FACING_M) - math.sqrt(variance))
    gaps.sort()
    hand_gap = sum(gaps[:NEAREST]) / len(gaps[:NEAREST]) if gaps else math.inf
    return Reach(track.id, hand_gap, head_gap, sightings, tuple(gaps))
