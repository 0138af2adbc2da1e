"""The clock of a source that speaks when somebody comes: a gate.

There is no envelope of a few messages an hour. A message that comes late may have waited somewhere, and its time is
right; or the gate's clock is behind. One alone is not told apart: its moment is believed and called doubtful. Several
that are late by the same time are a clock: what waits waits for different times. What comes before it was measured is
surely a clock, and was measured just before it came.
"""

from __future__ import annotations

import math

from edge.clocks.follow import AHEAD_S, USUAL_S, Clock

LATE_S = 30.0
"""What took longer is about people who are elsewhere by now."""
FUTURE_S = 5.0
"""A clock that was right a moment ago is not so much ahead: such a message is nonsense, unless more follow."""
DOUBTFUL_S = 1.0
"""A gate's own time is believed to this: people who follow each other through it are as far apart."""
SAME_S = 0.5
CONFIRM = 3


def follow_gate(clock: Clock, received_s: float, at_s: float) -> tuple[float, bool]:
    """When a gate's message was measured, by the runtime's clock, and whether that is doubtful; NaN: nobody knows."""
    off_s = received_s - at_s - clock.offset_s
    if -AHEAD_S <= off_s <= DOUBTFUL_S:
        clock.away, clock.lost_from_s = [], math.inf
        return min(at_s + clock.offset_s, received_s), False
    clock.away = [*clock.away[1 - CONFIRM :], (received_s, received_s - at_s)]
    delays_s = [delay_s for _, delay_s in clock.away]
    if len(delays_s) >= CONFIRM and max(delays_s) - min(delays_s) <= SAME_S:
        clock.away, clock.lost_from_s = [], math.inf
        shortest_s = min(delays_s)
        clock.offset_s = 0.0 if -AHEAD_S <= shortest_s <= DOUBTFUL_S else shortest_s - USUAL_S
        return min(at_s + clock.offset_s, received_s), False
    if not -FUTURE_S <= off_s <= LATE_S:
        clock.lost_from_s = min(clock.lost_from_s, received_s)
        return math.nan, True
    clock.lost_from_s = math.inf
    return min(at_s + clock.offset_s, received_s), off_s > 0


def correct_gate(clock: Clock, more_s: float) -> None:
    """All sources are found to be ``more_s`` later than was known: of a gate's clock only the rest is its own."""
    clock.away = []
    if clock.offset_s:
        left_s = clock.offset_s - more_s
        clock.offset_s = 0.0 if -AHEAD_S <= left_s <= DOUBTFUL_S else left_s
