"""Coupons while the shop goes on: given by persons and by purchases, used at the exit, returned, revoked.

Enters: `CouponsIssued`, `CouponRevoked`, sales as they settle. Leaves: ledger entries in the same breath. Refuses more
than the promotion's limits, and what is no coupon; nothing is half done: of several members all are given one, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from edge.checkout import Sale, sale_of
from edge.keys import moment, unique
from edge.members import NEVER, good_until
from edge.members.coupons import given, given_back_with, in_order, revoked, used_by
from edge.pricing import Coupon, Stay
from edge.records import CouponRevoked, CouponsIssued, Effect, LedgerEntry
from edge.state import State, refuse
from edge.store import Promotion, Store
from edge.told import Sentence, phrase, told

NOT_ISSUED, NOT_REVOKED = "coupon that cannot be given", "coupon that nobody holds"


def why_not(state: State, store: Store, promotion: str, subjects: Iterable[str], until: str) -> Sentence | None:
    """Why these cannot be given a coupon; None where they can."""
    names = list(subjects)
    found = next((p for p in store.offers.promotions if p.id == promotion), None)
    if found is None or not found.coupon:
        return told(phrase("{id} is no coupon of this shop. store.toml has those with coupon = true"), id=promotion)
    if not names or len(set(names)) < len(names):
        return told(phrase("a coupon is given to somebody, and to each once. Name each member once"))
    strangers = [name for name in names if name not in state.gate.members]
    if strangers:
        return told(phrase("{subject} is no member. `tebura member list` shows who is"), subject=strangers[0])
    if _last_day(until) is None:
        return told(phrase("{until} is no day. Write it like 2026-12-31"), until=until)
    counts = state.coupons_given.get(promotion, {})
    full = [name for name in names if found.per_member and counts.get(name, 0) >= found.per_member]
    if full:
        what = phrase("{who} was given {n} of {id} already, and per_member of store.toml allows no more")
        return told(what, who=full[0], n=counts[full[0]], id=promotion)
    there = sum(counts.values())
    if found.in_all and there + len(names) > found.in_all:
        what = phrase("{n} of {id} were given, and in_all of store.toml allows {most} in all")
        return told(what, n=there, id=promotion, most=found.in_all)
    return None


def coupons_issued(state: State, store: Store, record: CouponsIssued, effects: list[Effect]) -> None:
    """A person gives members a coupon each."""
    if why_not(state, store, record.promotion, record.subjects, record.until) is not None:
        refuse(state, NOT_ISSUED)
        return
    until = _last_day(record.until) or NEVER
    for subject in record.subjects:
        key = unique(state.named, moment(f"coupon:{record.promotion}:{subject}", record.at_s))
        coupon, entry = given(key, subject, record.promotion, until, record.by, record.reason, record.at_s)
        _hold(state, subject, coupon)
        effects.append(entry)


def coupon_revoked(state: State, record: CouponRevoked, effects: list[Effect]) -> None:
    """A person takes a coupon back that was not used."""
    for subject, held in state.coupons.items():
        coupon = next((c for c in held if c.id == record.coupon), None)
        if coupon is not None:
            _let_go(state, subject, coupon)
            key = unique(state.named, moment(f"coupon-revoked:{coupon.id}", record.at_s))
            effects.append(revoked(key, subject, coupon, record.by, record.reason, record.at_s))
            return
    refuse(state, NOT_REVOKED)


def usable(state: State, store: Store, subject: str, at_s: float) -> tuple[Coupon, ...]:
    """The coupons that somebody may use at a moment."""
    held = state.coupons.get(subject, ())
    if not held:
        return ()
    today = datetime.fromtimestamp(at_s, store.timezone).date()
    return tuple(coupon for coupon in held if coupon.until >= today)


def still_held(state: State, stay: Stay) -> Stay:
    """The stay with those of its coupons that were not used or revoked meanwhile."""
    held = {coupon.id for coupon in state.coupons.get(stay.subject, ())}
    return replace(stay, coupons=tuple(coupon for coupon in stay.coupons if coupon.id in held))


def sale_in(effects: Iterable[Effect]) -> tuple[Sale, LedgerEntry] | None:
    """The settlement among these, also of one that comes to nothing."""
    entry = next((e for e in effects if isinstance(e, LedgerEntry) and e.kind == "settlement"), None)
    return (sale_of(entry.body), entry) if entry is not None else None


def coupons_of_sale(state: State, store: Store, sale: Sale, visit: str, at_s: float, effects: list[Effect]) -> None:
    """A sale uses the coupons that it says, and may give others."""
    for coupon in sale.coupons:
        _let_go(state, sale.subject, coupon)
    effects += used_by(sale, visit, at_s)
    known = state.gate.members.get(sale.subject)
    if known is None or known.revoked:
        return
    for promotion in store.offers.promotions:
        if promotion.from_minor and sale.total_minor >= promotion.from_minor and _room(state, promotion, sale.subject):
            until = good_until(datetime.fromtimestamp(at_s, store.timezone).date(), promotion.days)
            key = _with_purchase(promotion.id, visit)
            coupon, entry = given(key, sale.subject, promotion.id, until, "", "purchase", at_s, visit)
            _hold(state, sale.subject, coupon)
            effects.append(entry)


def coupons_returned(
    state: State, sale: Sale, visit: str, gone: Mapping[str, int], at_s: float, effects: list[Effect]
) -> None:
    """Goods were taken back. When all of a sale is, its coupons are good once more, and what it gave is revoked."""
    if any(gone.get(line.sku, 0) < line.quantity for line in sale.lines):
        return
    for coupon in state.coupons.get(sale.subject, ()):
        if coupon.id == _with_purchase(coupon.promotion, visit):
            _let_go(state, sale.subject, coupon)
            key, why = f"coupon-revoked:{coupon.id}", "its purchase was taken back"
            effects.append(revoked(key, sale.subject, coupon, "", why, at_s))
    for coupon in sale.coupons:
        _hold(state, sale.subject, coupon, counts=False)
    effects += given_back_with(sale, visit, at_s)


def _with_purchase(promotion: str, visit: str) -> str:
    """The name of the coupon that a visit's purchase gives."""
    return f"coupon:{promotion}:{visit}"


def _room(state: State, promotion: Promotion, subject: str) -> bool:
    counts = state.coupons_given.get(promotion.id, {})
    full = promotion.per_member and counts.get(subject, 0) >= promotion.per_member
    return not full and not (promotion.in_all and sum(counts.values()) >= promotion.in_all)


def _hold(state: State, subject: str, coupon: Coupon, *, counts: bool = True) -> None:
    state.coupons[subject] = in_order((*state.coupons.get(subject, ()), coupon))
    if counts:
        of = state.coupons_given.setdefault(coupon.promotion, {})
        of[subject] = of.get(subject, 0) + 1


def _let_go(state: State, subject: str, coupon: Coupon) -> None:
    left = tuple(c for c in state.coupons.get(subject, ()) if c.id != coupon.id)
    state.coupons.pop(subject, None)
    if left:
        state.coupons[subject] = left


def _last_day(until: str) -> date | None:
    try:
        return date.fromisoformat(until) if until else NEVER
    except ValueError:
        return None
