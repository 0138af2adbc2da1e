"""A member's points: lots, each good until a day of the shop's, those that end first standing first.

Enters: wallets and points. Leaves: other wallets. Refuses (`TooFew`) to take out more than is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

NEVER: Final = date.max
"""The day on which nothing ends."""


class TooFew(ValueError):
    """More points were to be taken out than there are."""


@dataclass(frozen=True, slots=True)
class Lot:
    """So many points, the last day on which they are good being ``until``."""

    until: date
    points: int


Wallet: TypeAlias = tuple[Lot, ...]
"""In the order of their days, each day once; no lot is empty."""


def balance(wallet: Wallet) -> int:
    """All points in it."""
    return sum(lot.points for lot in wallet)


def good_until(day: date, days: int) -> date:
    """Until when points are good that come in on a day; ``days`` 0: for ever."""
    if not days:
        return NEVER
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return NEVER


def with_lot(wallet: Wallet, until: date, points: int) -> Wallet:
    """The wallet with some points more."""
    lots = {lot.until: lot.points for lot in wallet}
    lots[until] = lots.get(until, 0) + points
    return tuple(Lot(day, lots[day]) for day in sorted(lots) if lots[day])


def without(wallet: Wallet, points: int) -> Wallet:
    """The wallet with some points less: those that end first."""
    if points > balance(wallet):
        raise TooFew(f"{points} points of {balance(wallet)}")
    left, lots = points, []
    for lot in wallet:
        taken = min(lot.points, left)
        left -= taken
        if lot.points > taken:
            lots.append(Lot(lot.until, lot.points - taken))
    return tuple(lots)


def over(wallet: Wallet, today: date) -> Wallet:
    """The lots whose days are over."""
    return tuple(lot for lot in wallet if lot.until < today)


def next_expiry(wallet: Wallet) -> Lot | None:
    """What ends next; None where nothing ever does."""
    return wallet[0] if wallet and wallet[0].until < NEVER else None
