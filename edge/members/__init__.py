"""What the shop owes its members beside money: points.

Enters: what was sold and taken back, decisions, days. Leaves: wallets, which are plain data, and the entries that
changed them. Refuses to let a wallet fall below nothing. A point is worth one minor unit of the currency, so that
points stand in the book as amounts do: `edge.members.points` has their entries, `wallet` is the arithmetic, `retold`
reads them back. No clock, disk, network or randomness. ``docs/members.md`` tells of it all.
"""

from edge.members.points import (
    ADJUSTED,
    EARNED,
    EXPIRED,
    ISSUED,
    KINDS,
    RETURNED,
    SPENT,
    account_of,
    adjusted,
    expired,
    returned,
    sold,
    waived,
)
from edge.members.retold import points_retold, wallets_of
from edge.members.wallet import NEVER, Lot, TooFew, Wallet, balance, good_until, next_expiry

__all__ = [
    "ADJUSTED",
    "EARNED",
    "EXPIRED",
    "ISSUED",
    "KINDS",
    "NEVER",
    "RETURNED",
    "SPENT",
    "Lot",
    "TooFew",
    "Wallet",
    "account_of",
    "adjusted",
    "balance",
    "expired",
    "good_until",
    "next_expiry",
    "points_retold",
    "returned",
    "sold",
    "waived",
    "wallets_of",
]
