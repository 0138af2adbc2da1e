"""What members say of products, asked for at the desk: taken down from who has bought it, shown when staff say so.

Enters: the order ``opinion``, with ``step`` given, shown or deleted. Leaves: what was recorded, or why not. Who a
shopper is, the screens have found out by a signature. A policy may have everything shown at once.
"""

from __future__ import annotations

from typing import Any, Final, cast, get_args

from edge.adapters.sealed import seal
from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.facts.opinions import has_bought, opinions_in
from edge.facts.visits import as_written
from edge.records import OpinionStep
from edge.told import phrase
from edge.wire import Heard, encode_opinion

TOPIC: Final = "shop/product/opinion"
LONGEST: Final = 500
POLICY: Final = "policy"
"""Who shows what is shown at once."""


def opinion(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    step, sku, subject, by = (str(wanted[key]) for key in ("step", "sku", "subject", "by"))
    if step not in get_args(OpinionStep) or not by:
        return refused("{step} is nothing that becomes of it. Say given, shown or deleted, and who says so", step=step)
    if all(enrolment.subject != subject for enrolment in shop.members.everybody()):
        return refused("{subject} is no member of this shop. `tebura member list` names those who are", subject=subject)
    if step != "given":
        there = any((row["sku"], row["subject"]) == (sku, subject) for row in opinions_in(shop.book, as_written))
        if not there:
            return refused(phrase("{subject} has said nothing of {sku}"), subject=subject, sku=sku)
        return _taken(shop, cast("OpinionStep", step), sku, subject, by)
    text, stars = str(wanted.get("text", "")).strip(), int(wanted["stars"])
    if not 1 <= stars <= 5 or len(text) > LONGEST:
        return refused("a review has 1 to 5 stars, and at most 500 characters")
    if not has_bought(shop.book, subject, sku):
        return refused(phrase("only who has bought it can say what it is like, and keeps it"))
    sealed = seal(shop.members.secret(subject, make=True), text) if text else ""
    answer = _taken(shop, "given", sku, subject, by, stars, sealed)
    if shop.store.policy.product_reviews == "at-once":
        answer = _taken(shop, "shown", sku, subject, POLICY)
    return answer


def _taken(shop: Shop, step: OpinionStep, sku: str, subject: str, by: str, stars: int = 0, text: str = "") -> Answer:
    now_s = shop.clock.now_s()
    shop.take(Heard(TOPIC, encode_opinion(now_s, step, sku, subject, by, stars, text), now_s))
    return {"sku": sku, "subject": subject, "step": step, "written": not shop.live_book.waiting}
