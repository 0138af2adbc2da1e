"""One change of weight, two moments: two people who take from one place are hardly ever there in the same instant.

Plates that do not come to rest between them make one event of both. When its parts fall into two groups with a pause
between them, whoever did the one need not have done the other, and each is asked about by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from edge.records import ShelfEvent

PAUSE_S = 0.35
"""Nobody takes the second of two units so much later without the plate's having come nearly to rest between them."""

LEAST_SHARE = 0.1
"""A part less than this is how a plate swings."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When (UNIX seconds) a ``share`` of an event's change happened."""

    at_s: float
    share: float


def moments(event: ShelfEvent) -> tuple[Moment, Moment] | None:
    """The two moments of an event that has two; None for one that happened at once, or where things came and went."""
    parts = event.parts
    if len(parts) < 2 or event.blind or len({change_g > 0 for _, change_g in parts}) > 1:
        return None
    pause_s, at = max((b[0] - a[0], i) for i, (a, b) in enumerate(pairwise(parts), 1))
    if pause_s < PAUSE_S:
        return None
    whole_g = sum(change_g for _, change_g in parts)
    found = [(sum(c for _, c in some) / whole_g, some) for some in (parts[:at], parts[at:])]
    if min(share for share, _ in found) < LEAST_SHARE:
        return None
    first, second = (Moment(sum(t * c for t, c in some) / (share * whole_g), share) for share, some in found)
    return first, second
