"""Whose clock is off: one phone's, or the shop's own?

A code carries its phone's time. Phones keep theirs over the mobile network, nearly always to the second; a PC in a
back room may not. Enters: how far the times of validly signed codes were from the shop's. Leaves: a verdict on a code
that is outside its time, and how far the shop's clock is off. Phones that disagree with the shop by the same amount, in
the same direction, are right; one phone alone is wrong, or shows an old picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from edge.gate.answers import Refusal

LIFE_S = 10.0
"""A phone shows a code for so long, then the next."""

SKEW_S = 30.0
"""So far a phone's clock and the shop's may be apart."""

REMEMBERED = 16
REMEMBERED_S = 3600.0
"""At most so many phones, within this time, are asked what time it is."""

WITNESSES = 3
AGREE_S = 15.0
"""So many other phones within this span are right against the shop. Phones that keep the same time still differ by
`LIFE_S`, because a code is between new and as old as that when it is read, and by how long its owner fumbled."""

NEWEST = 5
"""The shop's own clock is judged by so many phones: few, so that a clock that was set right is soon known to be."""

WORTH_SAYING_S = SKEW_S / 2
"""A clock is called off from here on: early enough that nobody was refused yet, and more than thumbs can make of it."""


@dataclass(frozen=True, slots=True)
class Skew:
    """A phone's newest validly signed code was issued ``offset_s`` after the shop's time when it was read, ``at_s``."""

    key_id: bytes
    at_s: float
    offset_s: float


def noted(skews: Iterable[Skew], skew: Skew) -> list[Skew]:
    """The skews to remember with one more; each phone has one."""
    kept = [s for s in skews if s.key_id != skew.key_id and abs(skew.at_s - s.at_s) <= REMEMBERED_S]
    return [*kept[1 - REMEMBERED :], skew]


def out_of_time(skews: Iterable[Skew], skew: Skew) -> Refusal | None:
    """Why a code that was issued so far from now is not accepted, and which side is off; None where it is in time."""
    offset_s = skew.offset_s
    if -(LIFE_S + SKEW_S) <= offset_s <= SKEW_S:
        return None
    witnesses = _who_agree(skews, skew)
    if len(witnesses) >= WITNESSES:
        off_s = _behind_s([*witnesses, offset_s])
        side = "behind" if off_s > 0 else "ahead of"
        what = f"the shop's clock is about {abs(off_s):.0f} s {side} the clocks of {len(witnesses) + 1} phones"
        return Refusal("shop-clock-off", what)
    if offset_s > 0:
        return Refusal("phone-clock-ahead", f"the phone's clock is {offset_s:.0f} s ahead of the shop's")
    behind_s = -offset_s - LIFE_S
    what = f"the code is {-offset_s:.0f} s old: the phone's clock is at least {behind_s:.0f} s behind the shop's"
    return Refusal("expired", f"{what}, or this is an old picture")


def shop_behind_s(skews: Iterable[Skew], now_s: float) -> float | None:
    """How far the shop's clock is behind the phones' (negative: ahead), to some seconds.

    None where too few agree, or where it is too little to speak of.
    """
    recent = [s.offset_s for s in skews if abs(now_s - s.at_s) <= REMEMBERED_S][-NEWEST:]
    if len(recent) < WITNESSES:
        return None
    middle = median(recent)
    agree = [offset_s for offset_s in recent if abs(offset_s - middle) <= AGREE_S / 2]
    if len(agree) < WITNESSES:
        return None
    behind_s = _behind_s(agree)
    return behind_s if abs(behind_s) >= WORTH_SAYING_S else None


def _who_agree(skews: Iterable[Skew], skew: Skew) -> list[float]:
    """The largest number of other phones' offsets that lie with this one within `AGREE_S`, on the same side of zero."""
    others = [
        s.offset_s
        for s in skews
        if s.key_id != skew.key_id
        and abs(skew.at_s - s.at_s) <= REMEMBERED_S
        and s.offset_s * skew.offset_s > 0
        and abs(s.offset_s - skew.offset_s) <= AGREE_S
    ]
    lows = [low for low in (*others, skew.offset_s) if low <= skew.offset_s]
    return max(([o for o in others if low <= o <= low + AGREE_S] for low in lows), key=len)


def _behind_s(offsets_s: list[float]) -> float:
    """A code is on average half its life old when it is read; the rest is the clocks."""
    return median(offsets_s) + LIFE_S / 2
