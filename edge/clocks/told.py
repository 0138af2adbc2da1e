"""What staff are told of a clock: whose, by how much, and what to do."""

from __future__ import annotations

import math

from edge.clocks.follow import Clock
from edge.clocks.shared import Shared

LOST_S = 3.0
"""Told when a clock was not steady for so long: single messages come late or twice, and a clock that was set is known
sooner.
"""
AGAIN_S, AGAIN = 0.5, 0.2
"""Told anew when it has changed by so much, and by this share: the status is no gauge."""
TOLD_S = 0.3
"""So much later or earlier than it should everything has to come before staff are told of the PC."""
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


def told_of_all(shared: Shared, before: str) -> str:
    """The trouble with the PC's own clock, as all others show it; empty where there is none."""
    if abs(shared.delay_s) < (TOLD_S / 2 if before else TOLD_S):
        shared.told_s = 0.0
        return ""
    if before and _hardly_changed(shared.told_s, shared.delay_s):
        return before
    shared.told_s = shared.delay_s
    told = f"what all sensors say comes {_long(abs(shared.delay_s))}"
    if shared.delay_s < 0:
        return f"{told} before it was measured: this PC's clock is behind. Let it ask a time server (timedatectl)"
    remedy = "Let it ask a time server (timedatectl), and see what else runs on it"
    return f"{told} late: this PC's clock is ahead, or it is too busy. {remedy}"


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
