"""What all clocks have in common is the PC's own: its clock is off, or it is too busy to listen.

Who reached where is judged by what sensors say of one moment: it matters little that all of them are late by as much,
and a lot that none is put right alone. A delay that shelves and cameras share is therefore nobody's: each clock is
judged by what it is off beyond that. Where it is long (the shop's own doings have the PC's time), the times of all are
moved, by the same.

Medians, so that one source whose clock is off moves nobody else; of the two kinds' the one that is nearer to nothing,
since all shelves may well hang on one gateway.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge.clocks.follow import APPLY_S, USUAL_S, Clock

LOOK_EVERY_S = 2.0
HEARD_S = 10.0
"""Who said nothing of use for so long says nothing of the PC."""
LOOKING_S = 0.1
"""A frame is looked at for so long at least before it is sent."""
RIGHT_S = 0.1
"""A PC that is off by less is right."""
MOVED_S = 0.5
"""Beyond this the times of all are moved: the gates' and the shop's own have to agree with them."""


@dataclass(slots=True)
class Shared:
    """What is known of the PC's clock by everybody else's."""

    delay_s: float = 0.0
    """By how much all that is heard comes later than it should; negative: earlier than it was measured."""
    moved_s: float = 0.0
    """What is added to the times of all."""
    looked_s: float = -math.inf
    told_s: float = 0.0
    """The delay that staff were told."""


def share(
    shared: Shared, shelves: Iterable[Clock], cameras: Iterable[Clock], nodes: Iterable[Clock], at_s: float
) -> None:
    """Look at everybody's delays. ``nodes``: what camera nodes' health says of their clocks, without looking."""
    shared.looked_s = at_s
    seen_s = _delays(nodes, at_s, USUAL_S) or _delays(cameras, at_s, LOOKING_S)
    felt_s = _delays(shelves, at_s, USUAL_S)
    delay_s = 0.0
    if seen_s and felt_s:
        of_both = (_near(seen_s), _near(felt_s))
        least_s = min(of_both, key=abs)
        if abs(least_s) > RIGHT_S and (min(of_both) > 0 or max(of_both) < 0):
            delay_s = least_s
    if abs(delay_s - shared.delay_s) > APPLY_S or not delay_s:
        shared.delay_s = delay_s
    far = abs(shared.delay_s) > (MOVED_S / 2 if shared.moved_s else MOVED_S)
    shared.moved_s = shared.delay_s if far else 0.0


def _delays(clocks: Iterable[Clock], at_s: float, usual_s: float) -> list[float]:
    return sorted(c.floor_s - usual_s for c in clocks if at_s - c.fitted_s < HEARD_S and not math.isnan(c.floor_s))


def _near(delays_s: list[float]) -> float:
    """The median; of two in the middle the one that is nearer to nothing."""
    return min(delays_s[(len(delays_s) - 1) // 2], delays_s[len(delays_s) // 2], key=abs)
