"""The clock of a source that speaks all the time.

A network delays and never advances: of all delays only the shortest of each while says something about a clock, as in
NTP's clock filter. That lower envelope (`Clock.floor_s`) is the network's shortest way plus what the clock is behind.
It is followed where the clock drifts, and corrected where it is further off than networks and their shortest ways are.

A delay that changes at once is either the network's or the clock's. Where a source's own times go on without a break
(the next batch begins where the last one ended), its clock was not set: the network is slow, and the batch is right. A
backlog after an outage is like that. Where they break, the source is *away*: not believed before it has kept the same
new delay for a moment, which no backlog does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

AHEAD_S = 0.1
"""Nothing is received before it was measured; so much is rounding."""
USUAL_S = 0.02
"""The shortest way through a shop's network."""
BREAK_S = 0.1
"""A source's times go on where they ended, to this."""
WHILE_S, WHILES = 2.0, 10
"""The shortest delay of so long is kept, and so many of them."""
RISES, RISES_QUIETLY = 0.005, 0.05
"""A clock loses at most so much a second (a ceramic resonator's 0.5 %); where delays hardly vary, it may even wander
like that: a clock that somebody slews."""
QUIET_S = 0.1
HAZY_S = 1 / 3
"""Delays that stay so much above the shortest known: nobody can say whether it is the network or the clock."""
CONFIRM_S, CONFIRM_AHEAD_S, CONFIRM = 2.5, 1.0, 3
"""A new delay that was kept so long, by so many messages, is a clock that was set."""
LOOKS_S = 10.0
"""No node looks at a picture for longer."""
SAME_S = 0.25
REMEMBERED = 64
APPLY_S = 0.1
"""A correction is changed only when it is further off than this: every change is a small break."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is normal for a kind of source. ``behind_s``: a longer shortest delay is a clock that is behind.
    ``near_s``: so much longer than the shortest a delay may be without a break in the source's times being asked for.
    """

    behind_s: float
    near_s: float


SHELF = Limits(0.2, 0.25)
CAMERA = Limits(1.5, 1.5)
"""A frame is looked at for a while before it is sent."""
HEALTH = Limits(0.35, 0.5)


@dataclass(slots=True)
class Clock:
    """What is known of one source's clock. NaN: nothing yet."""

    floor_s: float = math.nan
    """The shortest delay by its times: the network's, and what its clock is behind."""
    offset_s: float = 0.0
    """What is added to its times."""
    haze_s: float = 0.0
    """By how much they may be wrong all the same."""
    ends_s: float = -math.inf
    """When, by its own clock, what it said last ended."""
    spoke_s: float = -math.inf
    """When it was last heard, whatever it said."""
    while_s: float = -math.inf
    shortest_s: float = math.inf
    longest_s: float = -math.inf
    whiles: list[tuple[float, float]] = field(default_factory=list)
    """(shortest, longest) delay of the latest whiles."""
    away: list[tuple[float, float]] = field(default_factory=list)
    """(when received, delay) of what came since its times broke."""
    backlog: bool = False
    """What comes may be what an outage has kept back."""
    told_s: float = 0.0
    """The offset that staff were told."""
    lost_from_s: float = math.inf
    """Since when its times cannot be believed; ``inf``: they can."""
    fitted_s: float = -math.inf
    """When it last said something that came as it should by what is known of its clock."""
    set_s: float = -math.inf
    """When it was last set, as far as its times show."""


def follow(
    clock: Clock, limits: Limits, received_s: float, first_s: float, last_s: float, ends_s: float,
    shared_s: float = 0.0,
) -> float:  # fmt: skip
    """What to add to the times of a message that holds ``first_s`` to ``last_s``; NaN: it cannot be put in time.

    ``ends_s``: when the next one would begin. ``shared_s``: the delay that all sources have (`edge.clocks.shared`),
    which is not this one's.
    """
    delay_s = received_s - last_s
    off_s = delay_s - clock.floor_s
    if 0.0 <= off_s <= limits.near_s and received_s < clock.while_s + WHILE_S and not clock.away:  # as nearly always
        if delay_s < clock.shortest_s:
            clock.shortest_s = delay_s
        if delay_s > clock.longest_s:
            clock.longest_s = delay_s
        clock.fitted_s = clock.spoke_s = received_s
        clock.ends_s = ends_s
        return clock.offset_s
    near = -AHEAD_S <= off_s <= limits.near_s
    whole = abs(first_s - clock.ends_s) <= BREAK_S
    if near or (whole and not clock.away) or _only_faster(clock, limits, delay_s, off_s):
        if clock.away:
            clock.away, clock.backlog, clock.lost_from_s, clock.haze_s = [], False, math.inf, 0.0
        _keep(clock, limits, received_s, delay_s, shared_s)
        clock.fitted_s = received_s
    elif not _settles(clock, limits, received_s, delay_s, shared_s):
        clock.backlog = _may_wait(clock, received_s, first_s, off_s)
        if not clock.backlog:
            clock.lost_from_s, clock.spoke_s = min(clock.lost_from_s, received_s), received_s
            return math.nan
        clock.haze_s = off_s
    clock.ends_s, clock.spoke_s = ends_s, received_s
    return clock.offset_s


def knows_better(node: Clock, frames: Clock) -> bool:
    """Whether what a node's health says of its clock tells more than its frames, which take time to look at. Not where
    frames show that the clock was set and no health has said so since; nor where no looking explains how far the two
    are apart: an uptime is no time.
    """
    looks_s = frames.floor_s - node.floor_s
    return -AHEAD_S <= looks_s <= LOOKS_S and node.fitted_s >= frames.set_s


def _only_faster(clock: Clock, limits: Limits, delay_s: float, off_s: float) -> bool:
    """A way shorter than any before, by a clock that needs no correction; or a first word that is in good time."""
    if math.isnan(off_s):
        return -AHEAD_S <= delay_s <= limits.behind_s
    return off_s < 0 and clock.offset_s == 0.0 and delay_s >= -AHEAD_S


def _may_wait(clock: Clock, received_s: float, first_s: float, off_s: float) -> bool:
    """Whether a late message may have waited for an outage to end, no longer than that lasted."""
    if clock.backlog:
        return off_s > 0 and first_s > clock.ends_s - BREAK_S
    silence_s = received_s - clock.spoke_s
    return off_s > 0 and first_s > clock.ends_s - BREAK_S and off_s <= silence_s + SAME_S


def _settles(clock: Clock, limits: Limits, received_s: float, delay_s: float, shared_s: float) -> bool:
    """Whether a source whose times broke has kept its new delay long enough; then that is its clock's."""
    away = clock.away
    away.append((received_s, delay_s))
    while max(d for _, d in away) - min(d for _, d in away) > SAME_S:
        away.pop(0)
    if len(away) > REMEMBERED:
        del away[1]
    shortest_s = min(d for _, d in away)
    ahead = shortest_s < (0.0 if math.isnan(clock.floor_s) else clock.floor_s)
    if len(away) < CONFIRM or received_s - away[0][0] < (CONFIRM_AHEAD_S if ahead else CONFIRM_S):
        return False
    if not math.isnan(clock.floor_s):
        clock.set_s = away[0][0]
    clock.floor_s, clock.haze_s, clock.fitted_s = shortest_s, 0.0, received_s
    clock.away, clock.whiles, clock.backlog, clock.lost_from_s = [], [], False, math.inf
    clock.while_s, clock.shortest_s, clock.longest_s = received_s, delay_s, delay_s
    correct(clock, limits, shared_s)
    return True


def _keep(clock: Clock, limits: Limits, received_s: float, delay_s: float, shared_s: float) -> None:
    """One more delay of a clock that goes on."""
    if not delay_s >= clock.floor_s:  # or the first
        clock.floor_s = delay_s
        correct(clock, limits, shared_s)
    if received_s < clock.while_s + WHILE_S:
        clock.shortest_s = min(clock.shortest_s, delay_s)
        clock.longest_s = max(clock.longest_s, delay_s)
        return
    if clock.shortest_s < math.inf:
        clock.whiles = [*clock.whiles[1 - WHILES :], (clock.shortest_s, clock.longest_s)]
        _rise(clock)
        correct(clock, limits, shared_s)
    clock.while_s, clock.shortest_s, clock.longest_s = received_s, delay_s, delay_s


def _rise(clock: Clock) -> None:
    """The shortest delay of late is longer than it was: the clock loses, or the network is slow."""
    least_s = min(shortest for shortest, _ in clock.whiles)
    lately = clock.whiles[-2:]
    quiet = len(lately) == 2 and all(longest - shortest <= QUIET_S for shortest, longest in lately)
    to_s = min(shortest for shortest, _ in lately) if quiet else least_s
    most_s = WHILE_S * (RISES_QUIETLY if quiet else RISES)
    clock.floor_s += min(max(0.0, to_s - clock.floor_s), most_s)
    above_s = least_s - clock.floor_s if len(clock.whiles) == WHILES else 0.0
    clock.haze_s = above_s if above_s > HAZY_S else 0.0


def correct(clock: Clock, limits: Limits, shared_s: float) -> None:
    """A clock that is off is corrected, by as much as is sure. ``shared_s``: by how much all are off."""
    off_s = clock.floor_s - shared_s
    ahead_s, behind_s = AHEAD_S, limits.behind_s
    if clock.offset_s:  # a clock at the limit is not corrected now and then
        ahead_s, behind_s = ahead_s / 2, behind_s / 2
    right = -ahead_s <= off_s <= behind_s
    wanted_s = 0.0 if right else off_s - USUAL_S
    if abs(wanted_s - clock.offset_s) > APPLY_S or (right and clock.offset_s):
        clock.offset_s = wanted_s
