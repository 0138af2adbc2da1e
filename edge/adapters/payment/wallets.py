"""Wallets: how a member pays, in the provider's own words, from the register to whoever asks for money.

Enters: the register of members, read anew each time, so that what staff change counts at once. Leaves: its words, and
what those of Stripe mean. Nothing here is recorded or logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.adapters.members import FILE, Members
from edge.adapters.payment.provider import Wallets


@dataclass(frozen=True, slots=True)
class StripeWallet:
    """Whose card, and which."""

    customer: str
    method: str


def read_stripe(text: str) -> StripeWallet | None:
    """``cus_…:pm_…``; None for anything else."""
    customer, _, method = text.partition(":")
    good = customer.startswith("cus_") and method.startswith("pm_") and ":" not in method
    return StripeWallet(customer, method) if good else None


def wallets_in(state_folder: Path) -> Wallets:
    """The wallets of a shop's register. What it gives raises `edge.adapters.members.UnusableMembers`."""

    def wallets(subject: str) -> tuple[str, ...]:
        with Members(state_folder / FILE) as members:
            return members.wallets(subject)

    return wallets
