"""Points that a person gives, or takes off: orders over the desk.

Enters: who, how many, why, and who says so. Leaves: a record, and what it comes to. Refuses what is no whole number,
what has no reason, and more than a member has by the book.
"""

from __future__ import annotations

import queue
import re
from typing import Any, Final

from edge.daemon.booked import UNWRITTEN
from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.members import account_of
from edge.records import PointsAdjusted
from edge.wire import Heard, decode, encode_points

ADJUSTED: Final = "shop/points/adjusted"


def adjust_points(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """A person gives points, or takes some off."""
    typed = str(wanted["points"]).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", typed) or not int(typed):
        return refused("{typed!r} is no number of points. Write it like 100, or -100 to take some off", typed=typed)
    subject, by, reason = (str(wanted[key]).strip() for key in ("subject", "by", "reason"))
    if not reason:
        return refused("points are given or taken off for a reason. Say it")
    try:
        return shop.asked(lambda: _adjusted(shop, subject, int(typed), by, reason))
    except queue.Empty:
        return refused("the shop is too busy to answer. `tebura points show` tells whether it is booked")


def _adjusted(shop: Shop, subject: str, points: int, by: str, reason: str) -> Answer:
    """On the shop's own thread. More than there are by the book is a mistake: nothing is taken off."""
    if shop.live_book.refused:
        return refused(UNWRITTEN)
    if shop.store.offers.points is None:
        return refused("this shop gives no points. Write a [points] table into store.toml, then `tebura reload`")
    has = -shop.book.balance(account_of(subject))
    if has + points < 0:
        return refused("{subject} has {has} points, and this takes off more", subject=subject, has=has)
    if points > 0 and not has and subject not in shop.driver.state.gate.members:
        return refused("{subject} is no member. `tebura member list` shows who is", subject=subject)
    now_s = shop.clock.now_s()
    payload = encode_points(now_s, subject, points, by, reason)
    if not isinstance(decode(shop.store, ADJUSTED, payload, now_s), PointsAdjusted):
        return refused("who gives points has a name, and a name or a reason has 200 letters at most")
    shop.take(Heard(ADJUSTED, payload, now_s))
    return {
        "subject": subject,
        "points": points,
        "balance": -shop.book.balance(account_of(subject)) if not shop.live_book.waiting else has + points,
        "written": not shop.live_book.waiting,
    }
