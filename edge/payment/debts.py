"""What shoppers owe: payments that were declined and are still open.

Enters: settlements. Leaves: debts by subject, what is not collected yet, and the next try under a new key, where a
person or the policy wants one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.payment.asking import Outcome, ask, retry_of
from edge.payment.settlement import Settlement, WrongMoment, moved
from edge.store.policy import Policy
from edge.told import phrase, told

DAY_S = 86400.0

RETRIES_AT_MOST = 3
"""So often a declined payment is tried again by itself."""

AT_ENTRY_EVERY_S = 60.0
"""A debtor who scans again and again has their debts tried once in so long."""


@dataclass(frozen=True, slots=True)
class Debt:
    """What one member owes, minor units, and for which visits, oldest first."""

    subject: str
    amount_minor: int
    visits: tuple[str, ...]


def is_debt(settlement: Settlement) -> bool:
    """Whether it is certain that it was not paid."""
    return settlement.state == "declined" and settlement.open_minor > 0


def debts(settlements: Iterable[Settlement]) -> list[Debt]:
    """Everybody who owes, the largest debts first."""
    by_subject: dict[str, list[Settlement]] = {}
    for settlement in settlements:
        if is_debt(settlement):
            by_subject.setdefault(settlement.subject, []).append(settlement)
    found = [
        Debt(subject, sum(s.open_minor for s in theirs), tuple(s.visit for s in theirs))
        for subject, theirs in by_subject.items()
    ]
    return sorted(found, key=lambda debt: (-debt.amount_minor, debt.subject))


def debts_of(settlements: Iterable[Settlement], subject: str) -> list[Settlement]:
    """A member's visits that are not paid."""
    return [s for s in settlements if s.subject == subject and is_debt(s)]


def uncollected_minor(settlements: Iterable[Settlement], subject: str) -> int:
    """What a member has taken and nobody has collected yet, declined or not."""
    return sum(s.open_minor for s in settlements if s.subject == subject)


def retry_declined(settlement: Settlement, decided_by: str, at_s: float) -> Outcome:
    """A declined payment once more, under a new key: the old one would be declined for ever. `WrongMoment` unless
    it was declined.
    """
    if settlement.state != "declined":
        what = phrase("visit {visit} is {state}: nothing of it was declined")
        raise WrongMoment(told(what, visit=settlement.visit, state=settlement.state))
    again = retry_of(settlement)
    return ask(moved(settlement, "retry"), again, at_s, decided_by=decided_by)


def retry_at_s(settlement: Settlement, policy: Policy) -> float | None:
    """When a debt is tried again by itself; None where it is not."""
    if not policy.retry_after_days or not is_debt(settlement) or not settlement.payments:
        return None
    if len(settlement.payments) > RETRIES_AT_MOST:
        return None
    return settlement.payments[-1].asked_s + policy.retry_after_days * DAY_S


def retry_at_entry(settlement: Settlement, policy: Policy, now_s: float) -> bool:
    """Whether a debtor's scan is a reason to try again."""
    if not policy.retry_at_entry or not is_debt(settlement) or not settlement.payments:
        return False
    return now_s >= settlement.payments[-1].asked_s + AT_ENTRY_EVERY_S
