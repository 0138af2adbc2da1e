"""Points as the book tells them: its entries once more, through the code that wrote them.

Enters: entries in their order, and of those about a visit its money as it stands by the book. Leaves: wallets, and of
each entry how it should read. A shop that has only its book knows every wallet; a proof finds each number that does not
follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from edge.checkout import Sale
from edge.members.points import (
    EARNED,
    EXPIRED,
    KINDS,
    RETURNED,
    SPENT,
    adjusted,
    earned,
    expired,
    returned,
    spent,
    waived,
)
from edge.members.wallet import Wallet, with_lot, without
from edge.records import LedgerEntry


def wallets_of(entries: Iterable[LedgerEntry]) -> dict[str, Wallet]:
    """Everybody's wallet by the entries about points, as they stand; what cannot be is for the proof."""
    wallets: dict[str, Wallet] = {}
    for entry in entries:
        if entry.kind in KINDS:
            subject = str(entry.body["subject"])
            wallet = as_told(wallets.get(subject, ()), entry)
            wallets.pop(subject, None)
            if wallet:
                wallets[subject] = wallet
    return wallets


def as_told(wallet: Wallet, entry: LedgerEntry) -> Wallet:
    """The wallet after an entry, by what this says alone."""
    body, points = entry.body, _whole(entry.body["points"])
    until = date.fromisoformat(str(body["until"])) if "until" in body else None
    if entry.kind == RETURNED:
        back, off = _whole(body["given_back"]), _whole(body["taken_back"])
        wallet = with_lot(wallet, until, back) if back and until is not None else wallet
        return without(wallet, off)
    if entry.kind in (SPENT, EXPIRED):
        return without(wallet, points)
    if points < 0:
        return without(wallet, -points)
    assert until is not None
    return with_lot(wallet, until, points)


def points_retold(
    wallet: Wallet, entry: LedgerEntry, sale: Sale | None, before: Mapping[str, int], gone: Mapping[str, int]
) -> tuple[Wallet, LedgerEntry]:
    """An entry about points as it should read, and the wallet after it. ``sale``: of its visit, where it is about one;
    ``gone``: units by sku that were taken back of that, ``before``: when the last such entry was written.
    `ValueError` where it cannot have happened.
    """
    try:
        told = _again(wallet, entry, sale, before, gone)
        if not told:
            raise ValueError(f"{entry.kind} cannot have happened then")
        return as_told(wallet, entry), told[0]
    except (KeyError, TypeError, AssertionError, OverflowError) as error:
        raise ValueError(f"its body tells nothing that happens to points: {error!r}") from error


def _again(
    wallet: Wallet, entry: LedgerEntry, sale: Sale | None, before: Mapping[str, int], gone: Mapping[str, int]
) -> list[LedgerEntry]:
    body: Mapping[str, Any] = entry.body
    if entry.kind in (EARNED, SPENT, RETURNED):
        if sale is None:
            raise ValueError(f"visit {entry.visit} has no sale with points")
        if entry.kind == RETURNED:
            name = entry.key.rpartition(":")[2]
            if name == "waived":
                return waived(wallet, sale, entry.visit, gone, entry.at_s)[1]
            return returned(wallet, sale, entry.visit, before, gone, int(name), entry.at_s)[1]
        return (earned if entry.kind == EARNED else spent)(wallet, sale, entry.visit, entry.at_s)[1]
    subject, points = str(body["subject"]), _whole(body["points"])
    if entry.kind == EXPIRED:
        tomorrow = date.fromisoformat(str(body["until"])) + timedelta(days=1)
        return expired(wallet, subject, tomorrow, entry.at_s, entry.currency)[1]
    until = date.fromisoformat(str(body["until"])) if points > 0 else date.max
    by, reason = str(body["decided_by"]), str(body["reason"])
    _, told = adjusted(wallet, subject, points, until, by, reason, entry.at_s, entry.currency)
    return [_named_as(told, entry)]


def _named_as(wanted: LedgerEntry, entry: LedgerEntry) -> LedgerEntry:
    """Under the entry's own key where that is only another of the same moment."""
    if entry.key.partition("+")[0] != wanted.key:
        return wanted
    return LedgerEntry(entry.key, wanted.at_s, wanted.kind, "", wanted.body, wanted.postings, wanted.currency)


def _whole(said: object) -> int:
    if not isinstance(said, int) or isinstance(said, bool):
        raise TypeError(f"{said!r} is no number of points")
    return said
