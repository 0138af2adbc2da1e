"""Which segments go: a decision, made of numbers alone.

Oldest first. By age; and while the disk is fuller than the site allows. Never the one that is being written, one that
the last checkpoint needs, or one that shows a visit in progress. One that shows a visit about which somebody may still
ask (in review, unanswered, declined or disputed) is kept longer, but not for ever: nobody may ever decide, and a shop
whose disk is full is closed. It goes by an age of its own, and when the others have not made room enough and the disk
is in need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, UNIX seconds; of a segment also its name and how large it is."""

    from_s: float
    to_s: float
    name: str = ""
    bytes: int = 0


def due_to_go(
    kept: Sequence[Span],
    needed: Iterable[Span],
    *,
    now_s: float,
    keep_s: float,
    needed_keep_s: float,
    excess_bytes: float,
    urgent_bytes: float,
) -> list[Span]:
    """The segments that go now. ``kept``: oldest first, without those that must stay; ``needed``: about when somebody
    may still ask. ``excess_bytes``: how much more of the disk is used than may be; ``urgent_bytes``: than may be at the
    cost of what is needed.
    """
    wanted = list(needed)
    asked = {s.name for s in kept if any(overlap(n, s) for n in wanted)}
    going = []
    for segment in sorted(kept, key=lambda s: s.name in asked):
        age_s, over_bytes = (needed_keep_s, urgent_bytes) if segment.name in asked else (keep_s, excess_bytes)
        if segment.to_s >= now_s - age_s and over_bytes <= 0.0:
            continue
        going.append(segment)
        excess_bytes -= segment.bytes
        urgent_bytes -= segment.bytes
    return going


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a moment in common."""
    return one.from_s <= other.to_s and other.from_s <= one.to_s
