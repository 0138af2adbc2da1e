"""The entries about points: earned and spent with a sale, returned with what was taken back, ended, adjusted.

Enters: a wallet, and what happened. Leaves: the wallet afterwards and the entries. Each tells what the wallet came to,
so that a receipt prints from the book alone. `TooFew` where a person takes more than there is; of a sale that cannot
be, for what it may spend was looked at before.

Points are neither revenue nor a claim: those that are spent are a discount, which the sale itself holds. They stand in
two accounts of their own that cancel out, like what is reserved: ``points:<member>`` and ``points-issued``.

Where goods are taken back, spent points come back first, and what was earned with them is taken off then. If a member
has spent that meanwhile, what is missing is ``forgiven``: nobody is ever below nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from edge.checkout import Sale, earned_with
from edge.keys import moment
from edge.members.wallet import Wallet, balance, good_until, over, with_lot, without
from edge.records import LedgerEntry, Posting

EARNED, SPENT, RETURNED = "points-earned", "points-spent", "points-returned"
EXPIRED, ADJUSTED = "points-expired", "points-adjusted"
KINDS: Final = frozenset({EARNED, SPENT, RETURNED, EXPIRED, ADJUSTED})

ISSUED: Final = "points-issued"
"""All points that members have. A memo: it cancels out with theirs."""

Outcome = tuple[Wallet, list[LedgerEntry]]


def account_of(subject: str) -> str:
    """The account of a member's points; what it stands at is what they have, below zero."""
    return f"points:{subject}"


def sold(wallet: Wallet, sale: Sale, visit: str, at_s: float) -> Outcome:
    """A sale spends and earns, in this order: nobody pays with what they earn by it."""
    wallet, spends = spent(wallet, sale, visit, at_s)
    wallet, earns = earned(wallet, sale, visit, at_s)
    return wallet, spends + earns


def spent(wallet: Wallet, sale: Sale, visit: str, at_s: float) -> Outcome:
    """What a sale takes off for points."""
    if not sale.spent:
        return wallet, []
    wallet = without(wallet, sale.spent)
    body = _body(sale.subject, sale.spent, wallet)
    currency = sale.issuer.currency
    return wallet, [_entry(f"{SPENT}:{visit}", at_s, SPENT, visit, body, sale.subject, -sale.spent, currency)]


def earned(wallet: Wallet, sale: Sale, visit: str, at_s: float) -> Outcome:
    """What a sale earns."""
    if sale.points is None or not sale.points.earned:
        return wallet, []
    points, until = sale.points.earned, good_until(_day(sale, at_s), sale.points.days)
    wallet = with_lot(wallet, until, points)
    body = _body(sale.subject, points, wallet, until=until)
    currency = sale.issuer.currency
    return wallet, [_entry(f"{EARNED}:{visit}", at_s, EARNED, visit, body, sale.subject, points, currency)]


def returned(
    wallet: Wallet,
    sale: Sale,
    visit: str,
    before: Mapping[str, int],
    after: Mapping[str, int],
    number: int,
    at_s: float,
) -> Outcome:
    """Units of a sale were taken back: ``before`` so many by sku were gone, now those of ``after``."""
    back = _spent_for(sale, after) - _spent_for(sale, before)
    off = _earned_less(sale, after) - _earned_less(sale, before)
    return _given_back(wallet, sale, visit, str(number), back, off, at_s)


def waived(wallet: Wallet, sale: Sale, visit: str, gone: Mapping[str, int], at_s: float) -> Outcome:
    """What a sale came to will never be paid: nothing is earned with it. What was spent for it stays spent."""
    off = sale.points.earned - _earned_less(sale, gone) if sale.points is not None else 0
    return _given_back(wallet, sale, visit, "waived", 0, off, at_s)


def expired(wallet: Wallet, subject: str, today: date, at_s: float, currency: str) -> Outcome:
    """Lots whose days are over are no more."""
    entries = []
    for lot in over(wallet, today):
        wallet = without(wallet, lot.points)
        body = _body(subject, lot.points, wallet, until=lot.until)
        key = moment(f"{EXPIRED}:{subject}:{lot.until}", at_s)
        entries.append(_entry(key, at_s, EXPIRED, "", body, subject, -lot.points, currency))
    return wallet, entries


def adjusted(
    wallet: Wallet, subject: str, points: int, until: date, by: str, reason: str, at_s: float, currency: str
) -> tuple[Wallet, LedgerEntry]:
    """A person gives points, or takes some off (``points`` below zero). `TooFew` where there are not so many."""
    wallet = with_lot(wallet, until, points) if points > 0 else without(wallet, -points)
    body = _body(subject, points, wallet, **({"until": until} if points > 0 else {}))
    body |= {"decided_by": by, "reason": reason}
    key = moment(f"{ADJUSTED}:{subject}", at_s)
    return wallet, _entry(key, at_s, ADJUSTED, "", body, subject, points, currency)


def _given_back(wallet: Wallet, sale: Sale, visit: str, name: str, back: int, off: int, at_s: float) -> Outcome:
    if sale.points is None or not (back or off):
        return wallet, []
    until = good_until(_day(sale, at_s), sale.points.days)
    wallet = with_lot(wallet, until, back) if back else wallet
    taken = min(off, balance(wallet))
    wallet = without(wallet, taken)
    body = _body(sale.subject, back - taken, wallet, **({"until": until} if back else {}))
    body |= {"given_back": back, "taken_back": taken, "forgiven": off - taken}
    legs = (*_legs(sale.subject, back), *_legs(sale.subject, -taken))
    return wallet, [LedgerEntry(f"{RETURNED}:{visit}:{name}", at_s, RETURNED, visit, body, legs, sale.issuer.currency)]


def _spent_for(sale: Sale, gone: Mapping[str, int]) -> int:
    """The points that were spent for the units that are gone."""
    return sum(line.points * gone.get(line.sku, 0) // line.quantity for line in sale.lines)


def _earned_less(sale: Sale, gone: Mapping[str, int]) -> int:
    """By how much less would have been earned without the units that are gone."""
    if sale.points is None:
        return 0
    return sale.points.earned - earned_with(sale.points, sale.issuer, sale.lines, gone)


def _day(sale: Sale, at_s: float) -> date:
    """The day in the shop: of a review it is when somebody decided, so that nothing ends before it begins."""
    return datetime.fromtimestamp(at_s, ZoneInfo(sale.issuer.timezone)).date()


def _body(subject: str, points: int, wallet: Wallet, **days: date) -> dict[str, object]:
    told: dict[str, object] = {"subject": subject, "points": points, "balance": balance(wallet)}
    return told | {name: day.isoformat() for name, day in days.items()}


def _entry(
    key: str, at_s: float, kind: str, visit: str, body: dict[str, object], subject: str, points: int, currency: str
) -> LedgerEntry:
    return LedgerEntry(key, at_s, kind, visit, body, _legs(subject, points), currency)


def _legs(subject: str, points: int) -> tuple[Posting, ...]:
    """Cr points:<member>, Dr points-issued; of less than nothing the way back."""
    return (Posting(ISSUED, points), Posting(account_of(subject), -points)) if points else ()
