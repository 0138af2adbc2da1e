"""Members' coupons: who holds which, and what each is for.

Enters: the book, and the shop's promotions as they are now. Leaves: JSON-ready facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from edge.members import NEVER
from edge.members.coupons import COUPONS, coupons_of
from edge.pricing import Coupon
from edge.store import Store

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]


def coupons_in(book: Book, store: Store, today: date) -> list[Row]:
    """Every coupon that somebody holds and that is not over, by member."""
    found = [written for kind in sorted(COUPONS) for written in book.entries(kind=kind)]
    held = coupons_of(written.entry for written in sorted(found, key=lambda written: written.seq))
    return [row for subject in sorted(held) for row in rows_of(subject, held[subject], store, today)]


def rows_of(subject: str, coupons: Iterable[Coupon], store: Store, today: date) -> list[Row]:
    """A member's coupons as facts; ``names``: what the shop calls it, empty where it has no such promotion any more."""
    known = {promotion.id: promotion for promotion in store.offers.promotions}
    return [
        {
            "subject": subject,
            "coupon": coupon.id,
            "promotion": coupon.promotion,
            "names": dict(known[coupon.promotion].names) if coupon.promotion in known else {},
            "until": "" if coupon.until == NEVER else coupon.until.isoformat(),
        }
        for coupon in coupons
        if coupon.until >= today
    ]
