"""How strongly a person's place and wrists speak for having moved something, in nats.

A wrist at the plates at the moment of the step says most, a head in front of them says something, being
elsewhere says everything. Each number is a log-likelihood ratio: how much more often a person who did it is seen
like this than one who stood in the shop and did not.
"""

from __future__ import annotations

import math

from edge.records import Reach

AT_THE_PLATES = 3.2
"""A wrist in the box above the plates: common for who takes, rare for who does not."""

HAND_M = 0.085
"""Spread of the nearest wrist sightings of somebody who does reach in."""

HAND_ELSEWHERE = -6.0
HAND_ELSEWHERE_PER_M = 3.0
"""Both wrists seen, and not there: what speaks against falls on with distance."""

NO_HAND = -0.7
HEAD_M = 0.30
"""No wrist seen: the head in front of the plates, with this spread."""

OUT_OF_SIGHT = -2.5
OUT_OF_SIGHT_M = 0.8
"""Not seen by any camera at the moment: where the person should be, with this spread."""

NEVER = -14.0


def who_nats(reach: Reach) -> float:
    """Log-likelihood ratio that this person did it."""
    if reach.sightings == 0:
        return max(-9.0, OUT_OF_SIGHT - 0.5 * (reach.head_gap_m / OUT_OF_SIGHT_M) ** 2)
    by_head = NO_HAND - 0.5 * (reach.head_gap_m / HEAD_M) ** 2
    if math.isinf(reach.hand_gap_m):
        return max(NEVER, by_head)
    by_hand = max(
        AT_THE_PLATES - 0.5 * (reach.hand_gap_m / HAND_M) ** 2,
        HAND_ELSEWHERE - HAND_ELSEWHERE_PER_M * reach.hand_gap_m,
    )
    # A reach can fall between two frames: a head right there keeps a little of the belief alive.
    return max(NEVER, by_hand, min(by_head, 0.0) - 3.0)
