"""Coupons that a person gives members, or takes back: orders over the desk.

Enters: which promotion, whom, until when, or which coupon; and who says so. Leaves: a record. Refuses what the shop's
own thread would not carry out, before it is recorded: of several members all are given one, or none.
"""

from __future__ import annotations

import queue
from datetime import date, datetime
from typing import Any, Final

from edge.daemon.booked import UNWRITTEN
from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.records import CouponRevoked, CouponsIssued
from edge.runtime.coupons import why_not
from edge.wire import Heard, decode, encode_coupon_revoked, encode_coupons_issued

ISSUED, REVOKED = "shop/coupon/issued", "shop/coupon/revoked"
MOST: Final = 10_000


def coupon(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """Give coupons, or take one back."""
    try:
        if wanted["what"] == "revoke":
            name, by, reason = (str(wanted[key]).strip() for key in ("coupon", "by", "reason"))
            return shop.asked(lambda: _revoked(shop, name, by, reason))
        promotion, until, by, reason = (str(wanted[key]).strip() for key in ("promotion", "until", "by", "reason"))
        subjects = [str(subject) for subject in wanted["subjects"]]
        return shop.asked(lambda: _issued(shop, promotion, subjects, until, by, reason))
    except queue.Empty:
        return refused("the shop is too busy to answer. `tebura coupon list` tells what is booked")


def _issued(shop: Shop, promotion: str, subjects: list[str], until: str, by: str, reason: str) -> Answer:
    """On the shop's own thread."""
    if shop.live_book.refused:
        return refused(UNWRITTEN)
    if len(subjects) > MOST:
        return refused("so many at once are too many. Give {most} members at most a coupon in one go", most=MOST)
    why = why_not(shop.driver.state, shop.store, promotion, subjects, until)
    if why is not None:
        return {"error": str(why)}
    now_s = shop.clock.now_s()
    if until and date.fromisoformat(until) < datetime.fromtimestamp(now_s, shop.store.timezone).date():
        return refused("{until} is over already: nobody could use the coupon. Name a later day", until=until)
    payload = encode_coupons_issued(now_s, promotion, subjects, by, until, reason)
    if not isinstance(decode(shop.store, ISSUED, payload, now_s), CouponsIssued):
        return refused("who gives coupons has a name, and a name or a reason has 200 letters at most")
    shop.take(Heard(ISSUED, payload, now_s))
    return {"promotion": promotion, "subjects": subjects, "until": until, "written": not shop.live_book.waiting}


def _revoked(shop: Shop, name: str, by: str, reason: str) -> Answer:
    """On the shop's own thread."""
    if shop.live_book.refused:
        return refused(UNWRITTEN)
    held = {c.id: subject for subject, coupons in shop.driver.state.coupons.items() for c in coupons}
    if name not in held:
        return refused("{name}: nobody holds such a coupon. `tebura coupon list` shows those that there are", name=name)
    now_s = shop.clock.now_s()
    payload = encode_coupon_revoked(now_s, name, by, reason)
    if not isinstance(decode(shop.store, REVOKED, payload, now_s), CouponRevoked):
        return refused("a coupon is taken back by somebody and for a reason. Say both, in 200 letters at most")
    shop.take(Heard(REVOKED, payload, now_s))
    return {"coupon": name, "subject": held[name], "written": not shop.live_book.waiting}
