"""What staff are told of a clock: whose, by how much, and what to do."""

from __future__ import annotations

import math

from edge.clocks.follow import Clock

LOST_S = 3.0
"""Told when a clock was not steady for so long: single messages come late or twice, and a clock that was set is known
sooner.
"""
AGAIN_S, AGAIN = 0.5, 0.2
"""Told anew when it has changed by so much, and by this share: the status is no gauge."""
REMEDY = "Let it ask a time server (NTP), this PC's or the shop's router"


def told_of(clock: Clock, what: str, before: str, now_s: float) -> str:
    """The trouble with ``what``'s clock; empty where there is none. ``before``: what was told last."""
    if now_s - clock.lost_from_s >= LOST_S:
        return f"the clock of {what} is not steady, and what it says is left out until it is. {REMEDY}"
    if clock.lost_from_s < math.inf:
        return before
    if clock.haze_s:
        if "in doubt" in before and _hardly_changed(clock.told_s, clock.haze_s):
            return before
        clock.told_s = clock.haze_s
        return f"{what} is {clock.haze_s:.1f} s late, by its clock or the network: when things happen there is in doubt"
    if not clock.offset_s:
        clock.told_s = 0.0
        return ""
    if "corrected" in before and _hardly_changed(clock.told_s, clock.offset_s):
        return before
    clock.told_s = clock.offset_s
    side = "behind" if clock.offset_s > 0 else "ahead of"
    return f"the clock of {what} is {_long(abs(clock.offset_s))} {side} this PC's, and is corrected. {REMEDY}"


def _hardly_changed(told_s: float, is_s: float) -> bool:
    return bool(told_s) and abs(is_s - told_s) < max(AGAIN_S, AGAIN * abs(told_s))


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} hours"
    return f"{seconds / 86_400:.0f} days"
