"""Which segments go: a decision, made of numbers alone.

Oldest first. By age; and while the disk is fuller than the site allows. Never the one that is being written, never one
that the last checkpoint needs, and never one that shows a visit about which somebody may still ask: one in progress, in
review, unanswered, declined or disputed.
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
    kept: Sequence[Span], needed: Iterable[Span], *, now_s: float, keep_s: float, excess_bytes: float
) -> list[Span]:
    """The segments that go now. ``kept``: oldest first, without those that must stay; ``excess_bytes``: how much more
    of the disk is used than may be.
    """
    wanted = list(needed)
    going = []
    for segment in kept:
        old = segment.to_s < now_s - keep_s
        if not old and excess_bytes <= 0.0:
            continue
        if any(n.from_s <= segment.to_s and segment.from_s <= n.to_s for n in wanted):
            continue
        going.append(segment)
        excess_bytes -= segment.bytes
    return going
