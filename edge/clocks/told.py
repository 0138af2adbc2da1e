"""What staff are told of a clock: whose, by how much, and what to do."""

from __future__ import annotations

import math

from edge.clocks.follow import Clock
from edge.clocks.shared import Shared
from edge.told import NOTHING, Sentence, joined, phrase, told

LOST_S = 3.0
"""Told when a clock was not steady for so long: single messages come late or twice, and a clock that was set is known
sooner.
"""
AGAIN_S, AGAIN = 0.5, 0.2
"""Told anew when it has changed by so much, and by this share: the status is no gauge."""
TOLD_S = 0.3
"""So much later or earlier than it should everything has to come before staff are told of the PC."""
REMEDY = phrase("Let it ask a time server (NTP), this PC's or the shop's router")


def told_of(clock: Clock, what: str, before: str, now_s: float) -> Sentence:
    """The trouble with ``what``'s clock; empty where there is none. ``before``: what was told last."""
    if now_s - clock.lost_from_s >= LOST_S:
        said = phrase("the clock of {what} is not steady, and what it says is left out until it is")
        return joined(told(said, what=what), told(REMEDY))
    if clock.lost_from_s < math.inf:
        return Sentence(before)
    if clock.haze_s:
        if "in doubt" in before and _hardly_changed(clock.told_s, clock.haze_s):
            return Sentence(before)
        clock.told_s = clock.haze_s
        return told(
            "{what} is {late_s:.1f} s late, by its clock or the network: when things happen there is in doubt",
            what=what, late_s=clock.haze_s,
        )  # fmt: skip
    if not clock.offset_s:
        clock.told_s = 0.0
        return NOTHING
    if "corrected" in before and _hardly_changed(clock.told_s, clock.offset_s):
        return Sentence(before)
    clock.told_s = clock.offset_s
    behind = phrase("the clock of {what} is {long} behind this PC's, and is corrected")
    ahead = phrase("the clock of {what} is {long} ahead of this PC's, and is corrected")
    said = told(behind if clock.offset_s > 0 else ahead, what=what, long=_long(abs(clock.offset_s)))
    return joined(said, told(REMEDY))


def told_of_all(shared: Shared, before: str) -> Sentence:
    """The trouble with the PC's own clock, as all others show it; empty where there is none."""
    if abs(shared.delay_s) < (TOLD_S / 2 if before else TOLD_S):
        shared.told_s = 0.0
        return NOTHING
    if before and _hardly_changed(shared.told_s, shared.delay_s):
        return Sentence(before)
    shared.told_s = shared.delay_s
    if shared.delay_s < 0:
        return told(
            "what all sensors say comes {long} before it was measured: this PC's clock is behind. "
            "Let it ask a time server (timedatectl)",
            long=_long(-shared.delay_s),
        )
    return told(
        "what all sensors say comes {long} late: this PC's clock is ahead, or it is too busy. "
        "Let it ask a time server (timedatectl), and see what else runs on it",
        long=_long(shared.delay_s),
    )


def _hardly_changed(told_s: float, is_s: float) -> bool:
    return bool(told_s) and abs(is_s - told_s) < max(AGAIN_S, AGAIN * abs(told_s))


def _long(seconds: float) -> Sentence:
    if seconds < 120:
        return told("{n:.1f} s", n=seconds)
    if seconds < 7200:
        return told("{n:.0f} minutes", n=seconds / 60)
    if seconds < 172_800:
        return told("{n:.0f} hours", n=seconds / 3600)
    return told("{n:.0f} days", n=seconds / 86_400)
