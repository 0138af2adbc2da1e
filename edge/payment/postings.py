"""What money does in the book: the legs of each entry, which sum to zero.

Enters: subjects, amounts, rates. Leaves: postings; positive amounts are debits. A hold is no revenue: it stands in two
accounts of its own until it is captured, let go of or over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from edge.checkout.bill import RateGroup
from edge.checkout.sale import PROVIDER_ACCOUNT, WRITTEN_OFF_ACCOUNT, rate_name, receivable
from edge.records import TAB, Posting, RepaidHow, SettledHow

HELD_ACCOUNT: Final = "held-at-provider"
"""What the provider keeps reserved for the shop: nobody's money has moved."""

FEES_ACCOUNT: Final = "fees:provider"
"""What the provider keeps of what it takes, where it says so."""

CASH_ACCOUNT: Final = "cash"
BANK_ACCOUNT: Final = "bank"
REPAID_FROM: Final[Mapping[RepaidHow, str]] = {"cash": CASH_ACCOUNT, "transfer": BANK_ACCOUNT}
"""Out of which money a person gives something back."""

PAYROLL_ACCOUNT: Final = "payroll"
SETTLED_INTO: Final[Mapping[SettledHow, str]] = {
    "payroll": PAYROLL_ACCOUNT,
    "transfer": BANK_ACCOUNT,
    "cash": CASH_ACCOUNT,
    "written-off": "written-off:tabs",
}
"""Where that goes which a member pays of their tab, or never will."""


def held(subject: str) -> str:
    """The account of what is reserved of a shopper's money."""
    return f"held:{subject}"


def refundable(subject: str) -> str:
    """The account of what the shop owes a shopper."""
    return f"refundable:{subject}"


def tab(subject: str) -> str:
    """The account of what a member has on their tab: what they owe by the month."""
    return f"tab:{subject}"


def hold_postings(subject: str, amount_minor: int) -> tuple[Posting, ...]:
    """Dr held-at-provider, Cr held:<subject>; of a negative amount the way back."""
    return _legs((HELD_ACCOUNT, amount_minor), (held(subject), -amount_minor))


def payment_postings(
    subject: str, amount_minor: int, owed_minor: int, reference: str, fee_minor: int = 0
) -> tuple[Posting, ...]:
    """Dr provider, Cr receivable:<subject>: the provider has taken the money, or Dr tab:<subject>, where its
    ``reference`` says so: it was put on the tab. What it took beyond what was owed is owed to the shopper; what it
    keeps for itself is a cost.
    """
    pays_minor = min(amount_minor, owed_minor)
    return _legs(
        (_taken_into(subject, reference), amount_minor),
        (receivable(subject), -pays_minor),
        (refundable(subject), pays_minor - amount_minor),
        (FEES_ACCOUNT, fee_minor),
        (PROVIDER_ACCOUNT, -fee_minor),
    )


def waiver_postings(subject: str, amount_minor: int) -> tuple[Posting, ...]:
    """Dr written-off, Cr receivable:<subject>: nobody expects the money any more."""
    return _legs((WRITTEN_OFF_ACCOUNT, amount_minor), (receivable(subject), -amount_minor))


def correction_postings(subject: str, groups: Iterable[RateGroup], lowered_minor: int) -> tuple[Posting, ...]:
    """Dr sales:<rate>, Dr tax:<rate>, Cr receivable:<subject> for what is not paid yet, Cr refundable:<subject>."""
    legs: list[tuple[str, int]] = []
    total_minor = 0
    for group in groups:
        rate = rate_name(group.rate_ppm, group.reduced)
        legs += [(f"sales:{rate}", group.net_minor), (f"tax:{rate}", group.tax_minor)]
        total_minor += group.gross_minor
    return _legs(*legs, (receivable(subject), -lowered_minor), (refundable(subject), lowered_minor - total_minor))


def refund_postings(subject: str, amount_minor: int, reference: str) -> tuple[Posting, ...]:
    """Dr refundable:<subject>, Cr provider: it has given the money back, or Cr tab:<subject>, where its ``reference``
    says so: it was taken off the tab. Of a negative amount the way back.
    """
    return _legs((refundable(subject), amount_minor), (_taken_into(subject, reference), -amount_minor))


def repaid_postings(subject: str, amount_minor: int, how: RepaidHow) -> tuple[Posting, ...]:
    """Dr refundable:<subject>, Cr cash or bank: a person has given the money back."""
    return _legs((refundable(subject), amount_minor), (REPAID_FROM[how], -amount_minor))


def payout_postings(amount_minor: int, fee_minor: int) -> tuple[Posting, ...]:
    """Dr bank, Dr fees:provider, Cr provider: it has paid the shop, and kept the fee."""
    return _legs((BANK_ACCOUNT, amount_minor), (FEES_ACCOUNT, fee_minor), (PROVIDER_ACCOUNT, -amount_minor - fee_minor))


def tab_settled_postings(subject: str, amount_minor: int, how: SettledHow) -> tuple[Posting, ...]:
    """Dr payroll, bank or cash, Cr tab:<subject>: the member has paid what was on the tab; or Dr written-off:tabs."""
    return _legs((SETTLED_INTO[how], amount_minor), (tab(subject), -amount_minor))


def _taken_into(subject: str, reference: str) -> str:
    """Who owes the shop what a provider has approved under a reference: the provider, or the member's tab."""
    return tab(subject) if reference.startswith(TAB) else PROVIDER_ACCOUNT


def _legs(*legs: tuple[str, int]) -> tuple[Posting, ...]:
    """Legs of nothing are left out."""
    return tuple(Posting(account, amount_minor) for account, amount_minor in legs if amount_minor)
