"""Money that moved outside of the shop, as a person books it: the provider has paid out, a member settles their tab.

Enters: orders that came over the desk, amounts typed as people write them. Leaves: a record with who says so, and what
it comes to. Refuses what is more than the book says is open: one of the two is wrong.
"""

from __future__ import annotations

import queue
from decimal import Decimal, InvalidOperation
from shlex import quote
from typing import Any, cast, get_args

from edge.checkout.sale import PROVIDER_ACCOUNT
from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.payment.postings import tab
from edge.records import PayoutBooked, SettledHow, TabSettled
from edge.told import phrase, told
from edge.wire import Heard, decode, encode_payout, encode_tab_settled

PAYOUT, TAB_SETTLED = "shop/money/payout", "shop/tab/settled"

MOST_MINOR = 10**12

UNWRITTEN = phrase("the disk does not take the book at present. `tebura status` says why; book it after that")
"""What waits for the disk may be this very thing, and the book that is asked what is open does not know it yet."""


def payout(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """A person books what the provider has paid out; amounts are typed as people write them."""
    digits = shop.store.currency_digits
    try:
        amount_minor, fee_minor = (_minor(str(wanted.get(of) or "0"), digits) for of in ("amount", "fee"))
    except ValueError as error:
        return {"error": str(error)}
    by, note = str(wanted["by"]), str(wanted.get("note", ""))
    try:
        return shop.asked(lambda: _paid_out(shop, amount_minor, fee_minor, by, note))
    except queue.Empty:
        return refused("the shop is too busy to answer. `tebura ledger balances` tells whether it is booked")


def _paid_out(shop: Shop, amount_minor: int, fee_minor: int, by: str, note: str) -> Answer:
    """On the shop's own thread. More than the provider owes by the book is a mistake in either: it is not booked."""
    if shop.live_book.refused:
        return refused(UNWRITTEN)
    owed_minor = shop.book.balance(PROVIDER_ACCOUNT)
    told = {"amount_minor": amount_minor, "fee_minor": fee_minor, "currency": shop.store.currency}
    told |= {"digits": shop.store.currency_digits}
    if amount_minor + fee_minor > owed_minor:
        owed = Decimal(owed_minor).scaleb(-shop.store.currency_digits)
        what = phrase(
            "by the book the provider owes {owed} {currency}, and this is more. Look at the statement again, and "
            "at `tebura payment list`"
        )
        return refused(what, owed=owed, currency=shop.store.currency)
    now_s = shop.clock.now_s()
    payload = encode_payout(now_s, amount_minor, fee_minor, by, note)
    if not isinstance(decode(shop.store, PAYOUT, payload, now_s), PayoutBooked):
        return refused("a payout is more than nothing, who books it has a name, and a note has 200 letters at most")
    shop.take(Heard(PAYOUT, payload, now_s))
    return {**told, "owed_minor": owed_minor - amount_minor - fee_minor, "written": not shop.live_book.waiting}


def settle(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """A person books what a member has paid of their tab; the amount is typed as people write it."""
    try:
        amount_minor = _minor(str(wanted["amount"]), shop.store.currency_digits)
    except ValueError as error:
        return {"error": str(error)}
    how = str(wanted["how"])
    if how not in get_args(SettledHow):
        return refused(
            "{how!r} is no way to pay a tab. Say {allowed}", how=how, allowed=" or ".join(get_args(SettledHow))
        )
    note = str(wanted.get("note", ""))
    if how == "written-off" and not note.strip():
        return refused("what is written off is so for a reason. Say it as the note")
    told = (str(wanted["subject"]), amount_minor, cast("SettledHow", how), str(wanted["by"]))
    try:
        return shop.asked(lambda: _settled(shop, *told, note=note))
    except queue.Empty:
        return refused("the shop is too busy to answer. `tebura payment tab` tells whether it is booked")


def _settled(shop: Shop, subject: str, amount_minor: int, how: SettledHow, by: str, note: str) -> Answer:
    """On the shop's own thread. More than is open on the tab by the book is a mistake in either: it is not booked."""
    if shop.live_book.refused:
        return refused(UNWRITTEN)
    open_minor = shop.book.balance(tab(subject))
    digits, currency = shop.store.currency_digits, shop.store.currency
    if amount_minor > open_minor:
        open_ = Decimal(open_minor).scaleb(-digits)
        what = phrase(
            "{open} {currency} are open on {subject}'s tab, and this is more. `tebura payment tab {who}` says what "
            "is on it"
        )
        return refused(what, open=open_, currency=currency, subject=subject, who=quote(subject))
    now_s = shop.clock.now_s()
    payload = encode_tab_settled(now_s, subject, amount_minor, how, by, note)
    if not isinstance(decode(shop.store, TAB_SETTLED, payload, now_s), TabSettled):
        return refused("what is settled is more than nothing, who books it has a name, a note has 200 letters at most")
    shop.take(Heard(TAB_SETTLED, payload, now_s))
    told = {"subject": subject, "how": how, "currency": currency, "digits": digits}
    return {
        **told,
        "amount_minor": amount_minor,
        "open_minor": open_minor - amount_minor,
        "written": not shop.live_book.waiting,
    }


def _minor(typed: str, digits: int) -> int:
    """An amount that somebody typed, in minor units. `ValueError`."""
    try:
        minor = Decimal(typed).scaleb(digits)
        whole = int(minor) if abs(minor) <= MOST_MINOR else -1
    except (InvalidOperation, OverflowError, ValueError):
        like = Decimal(12345).scaleb(-digits)
        raise ValueError(told("{typed!r} is no amount. Write it like {like}", typed=typed, like=like)) from None
    if whole < 0:
        raise ValueError(told("{typed!r} is no amount that can be booked", typed=typed))
    if whole != minor:
        what = phrase("{typed!r} is no amount of this currency. It has {digits} digits behind the point")
        raise ValueError(told(what, typed=typed, digits=digits))
    return whole
