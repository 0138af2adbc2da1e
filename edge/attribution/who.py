"""How strongly a person's place and wrists speak for having moved something, in nats.

A wrist at the plates at the moment of the step says most, a head in front of them says something, being
elsewhere says everything. Each number is a log-likelihood ratio: how much more often a person who did it is seen
like this than one who stood in the shop and did not.
"""

from __future__ import annotations

import math

from edge.records import Reach

HAND_M = 0.065
"""Spread of a reaching wrist around the place of the change, camera errors included."""

SEEN_REACHING = 0.6
"""Of the frames that show a wrist of who does it, so many show the one that reaches; the rest show the other."""

BY_CHANCE = 0.15
"""How often a bystander's wrist is found exactly there, against who does it."""

FRAME_WEIGHT = 0.35
"""Frames follow each other closely, and share a camera's error: each is worth this much of an independent one."""

MOST_BY_HAND = 4.5
LEAST_BY_HAND = -6.0
FURTHER_PER_M = 3.0
"""However many frames: a wrist proves no more than this, and its absence no more than that, falling on with
distance."""

NO_HAND = -0.7
HEAD_M = 0.30
"""No wrist seen: the head in front of the plates, with this spread."""

OUT_OF_SIGHT = -2.5
OUT_OF_SIGHT_M = 0.8
"""Not seen by any camera at the moment: where the person should be, with this spread."""

NEVER = -14.0
"""However far away: a camera may be wrong about everything."""


def who_nats(reach: Reach) -> float:
    """Log-likelihood ratio that this person did it."""
    if reach.sightings == 0:
        return max(-9.0, OUT_OF_SIGHT - 0.5 * (reach.head_gap_m / OUT_OF_SIGHT_M) ** 2)
    by_head = NO_HAND - 0.5 * (reach.head_gap_m / HEAD_M) ** 2
    if math.isinf(reach.hand_gap_m):
        return max(NEVER, by_head)
    by_hand = sum(math.log(_frame(gap)) for gap in reach.gaps_m) * FRAME_WEIGHT
    if reach.hand_gap_m > 4 * HAND_M:
        by_hand = min(by_hand, LEAST_BY_HAND - FURTHER_PER_M * reach.hand_gap_m)
    by_hand = min(MOST_BY_HAND, by_hand)
    # A reach can fall between two frames: a head right there keeps a little of the belief alive.
    return max(NEVER, by_hand, min(by_head, 0.0) - 3.0)


def _frame(gap_m: float) -> float:
    """Likelihood ratio of one frame whose nearer wrist is ``gap_m`` from the change."""
    return SEEN_REACHING / BY_CHANCE * math.exp(-0.5 * (gap_m / HAND_M) ** 2) + 1.0 - SEEN_REACHING
