"""Reserving money when somebody comes in: how much, what the provider says about it, and when it is over.

Enters: a visit that was just let in, the policy, what the member's baskets cost lately. Leaves: the visit's money as it
stands, entries, requests. A hold is no payment: it stands in accounts of its own, and goes when it is captured, let go
of, or over by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.payment.asking import Outcome, ask, ask_on
from edge.payment.operation import Operation
from edge.payment.postings import hold_postings
from edge.payment.settlement import MOST_TOLD, TABLE, Settlement, entry_about, entry_of_visit, moved, with_operation
from edge.records import PaymentReply
from edge.store.policy import Policy

EXPIRED = "expired"
"""Why a hold is no more that was approved (`edge.records.PaymentReply.why`): it is over by itself."""

LASTS_S = 7 * 86400.0
"""A hold whose end nobody told is over after this: the shortest that cards in Japan have for shops without staff."""

WARN_S = 6 * 3600.0
"""So long before a hold ends staff are told, if its visit still waits for them."""


def hold_minor(policy: Policy, baskets: Sequence[int]) -> int:
    """How much to reserve, minor units: a fixed amount, or what the dearest of the member's last baskets cost."""
    if policy.hold == "none":
        return 0
    usual = max(baskets, default=0) if policy.hold == "usual" else 0
    return usual or policy.hold_minor


def begin_hold(visit: str, subject: str, currency: str, key: str, amount_minor: int, at_s: float) -> Outcome:
    """Somebody was let in: reserve the amount."""
    inside = Settlement(visit, subject, TABLE["new", "hold"], 0, currency, key)
    return ask(inside, Operation(f"{key}/hold", "hold", amount_minor), at_s)


def hold_answered(settlement: Settlement, hold: Operation, reply: PaymentReply) -> Outcome:
    """The provider says whether it reserves the money; or later, that what it reserved is over."""
    if hold.state == "approved":
        if reply.outcome == "declined" and reply.why == EXPIRED:
            return hold_ended(settlement, reply.at_s)
        return _contrary(settlement, hold, reply)
    after = hold.after("approved" if reply.outcome == "approved" else "declined")
    if after is None:
        return _contrary(settlement, hold, reply)
    heard = after.told(reply)
    facts: dict[str, object] = {"outcome": reply.outcome, "reference": reply.reference}
    if reply.outcome != "approved":
        facts["why"] = reply.why
        declined = with_operation(settlement, heard)
        return declined, [entry_about(declined, heard, "declined", "payment-declined", reply.at_s, facts)]
    amount_minor = reply.amount_minor if reply.amount_minor is not None else hold.amount_minor
    until_s = reply.until_s if reply.until_s is not None else reply.at_s + LASTS_S
    there = replace(with_operation(settlement, heard), held_minor=amount_minor, until_s=until_s)
    facts |= {"amount_minor": amount_minor, "until_s": until_s}
    postings = hold_postings(settlement.subject, amount_minor)
    return there, [entry_about(there, heard, "approved", "payment-approved", reply.at_s, facts, postings)]


def release_answered(settlement: Settlement, release: Operation, reply: PaymentReply) -> Outcome:
    """The provider has let go of the money; or it says that it cannot, because there is nothing any more or not yet:
    then the hold stands in the book until it is over by itself.
    """
    after = release.after("approved" if reply.outcome == "approved" else "declined")
    if after is None:
        return settlement, []
    heard = after.told(reply)
    gone = reply.outcome == "approved"
    free = with_operation(settlement, heard)
    postings = hold_postings(settlement.subject, -settlement.held_minor) if gone else ()
    free = replace(free, held_minor=0) if gone else free
    facts: dict[str, object] = {"outcome": reply.outcome, "reference": reply.reference}
    if not gone:
        facts["why"] = reply.why
    name = "approved" if gone else "declined"
    return free, [entry_about(free, heard, name, f"payment-{name}", reply.at_s, facts, postings)]


def warn_at_s(settlement: Settlement) -> float | None:
    """When staff are to hear that a hold is about to end whose visit they have not decided; None where they are not."""
    if settlement.state != "review" or not settlement.held_minor or settlement.warned or settlement.release is not None:
        return None
    return settlement.until_s - WARN_S


def hold_ending(settlement: Settlement, at_s: float) -> Outcome:
    """What is reserved is over soon, and a person still has to decide: later it can only be charged."""
    hold = settlement.hold
    if hold is None or warn_at_s(settlement) is None:
        return settlement, []
    warned = replace(settlement, warned=True)
    facts: dict[str, object] = {"held_minor": settlement.held_minor, "until_s": settlement.until_s}
    return warned, [entry_about(warned, hold, "ending", "payment-hold-ending", at_s, facts)]


def hold_ended(settlement: Settlement, at_s: float) -> Outcome:
    """What was reserved is over by itself; whoever decides from now on has it charged."""
    hold = settlement.hold
    if hold is None or not settlement.held_minor:
        return settlement, []
    over = replace(settlement, held_minor=0)
    postings = hold_postings(settlement.subject, -settlement.held_minor)
    return over, [entry_about(over, hold, "ended", "payment-hold-ended", at_s, {}, postings)]


def visit_gone(settlement: Settlement, at_s: float) -> Outcome:
    """Nobody came in, or they were sent away: nothing will be owed, and what is reserved is let go of."""
    gone, effects = gone_before(settlement, at_s)
    gone, more = ask_on(gone, at_s)
    return gone, effects + more


def gone_before(settlement: Settlement, at_s: float) -> Outcome:
    """… written down; nothing is asked for yet."""
    gone = moved(settlement, "gone")
    return gone, [entry_of_visit(gone, "gone", "payment-gone", at_s, {})]


def _contrary(settlement: Settlement, hold: Operation, reply: PaymentReply) -> Outcome:
    """Approved and declined: staff are told, and whatever is there is let go of when it is not needed."""
    if hold.heard_before(reply) or settlement.contradictions >= MOST_TOLD:
        return settlement, []
    heard = hold.told(reply)
    told = replace(with_operation(settlement, heard), contradictions=settlement.contradictions + 1)
    facts: dict[str, object] = {
        "outcome": reply.outcome,
        "reference": reply.reference,
        "state_before": settlement.state,
        "heard_before": list(hold.heard),
    }
    name = f"contradiction:{told.contradictions}"
    return told, [entry_about(told, heard, name, "payment-contradiction", reply.at_s, facts)]
