"""The entries about coupons: given, used with a sale, returned with it, revoked.

Enters: what a person or a sale decides. Leaves: coupons, which are plain data, and entries. They move no money: what a
coupon takes off stands in its sale, under the name of its promotion. A coupon is named after the entry that gave it,
and is used by one sale alone; it ends by itself after the day that it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from edge.checkout import Sale
from edge.pricing import Coupon
from edge.records import LedgerEntry

GIVEN, USED, GIVEN_BACK, REVOKED = "coupon-issued", "coupon-used", "coupon-returned", "coupon-revoked"
COUPONS: Final = frozenset({GIVEN, USED, GIVEN_BACK, REVOKED})

Held = tuple[Coupon, ...]


def given(
    key: str, subject: str, promotion: str, until: date, by: str, reason: str, at_s: float, visit: str = ""
) -> tuple[Coupon, LedgerEntry]:
    """Somebody is given a coupon: by a person, or with a purchase (``visit``)."""
    body = {"subject": subject, "promotion": promotion, "until": until.isoformat(), "decided_by": by, "reason": reason}
    return Coupon(key, promotion, until), LedgerEntry(key, at_s, GIVEN, visit, dict(body))


def used_by(sale: Sale, visit: str, at_s: float) -> list[LedgerEntry]:
    """The coupons that a sale used, and what each took off."""
    entries = []
    for coupon in sale.coupons:
        off_minor = sum(d.amount_minor for line in sale.lines for d in line.discounts if d.id == coupon.promotion)
        body = _about(sale.subject, coupon) | {"amount_minor": off_minor}
        entries.append(LedgerEntry(f"{USED}:{visit}:{coupon.id}", at_s, USED, visit, body))
    return entries


def given_back_with(sale: Sale, visit: str, at_s: float) -> list[LedgerEntry]:
    """All of a sale was taken back: its coupons may be used once more, as long as they are good."""
    return [
        LedgerEntry(f"{GIVEN_BACK}:{visit}:{coupon.id}", at_s, GIVEN_BACK, visit, _about(sale.subject, coupon))
        for coupon in sale.coupons
    ]


def revoked(key: str, subject: str, coupon: Coupon, by: str, reason: str, at_s: float) -> LedgerEntry:
    """A coupon is good for nothing any more."""
    body = _about(subject, coupon) | {"decided_by": by, "reason": reason}
    return LedgerEntry(key, at_s, REVOKED, "", body)


def coupons_of(entries: Iterable[LedgerEntry]) -> dict[str, Held]:
    """What everybody holds by the entries about coupons, in the order in which it ends; ended ones included."""
    held: dict[str, dict[str, Coupon]] = {}
    for entry in entries:
        if entry.kind in COUPONS:
            take(held, entry)
    return {subject: in_order(mine.values()) for subject, mine in held.items() if mine}


def take(held: dict[str, dict[str, Coupon]], entry: LedgerEntry) -> None:
    """Carry an entry about a coupon out on what everybody holds, by name."""
    of = entry.body
    mine = held.setdefault(str(of["subject"]), {})
    name = entry.key if entry.kind == GIVEN else str(of["coupon"])
    if entry.kind in (GIVEN, GIVEN_BACK):
        mine[name] = Coupon(name, str(of["promotion"]), date.fromisoformat(str(of["until"])))
    else:
        mine.pop(name, None)


def in_order(coupons: Iterable[Coupon]) -> Held:
    """Those that end first stand first."""
    return tuple(sorted(coupons, key=lambda c: (c.until, c.id)))


def _about(subject: str, coupon: Coupon) -> dict[str, object]:
    return {
        "subject": subject,
        "coupon": coupon.id,
        "promotion": coupon.promotion,
        "until": coupon.until.isoformat(),
    }
