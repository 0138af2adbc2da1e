"""What the provider says, or does not say: each answer goes to the request that it is about.

Enters: a settlement, a reply or the time. Leaves: the next settlement, entries, and whatever is to be asked for next.
``unknown`` counts as silence, and silence is looked up; what answers an earlier request, or nothing that was asked, is
told where it is about money and otherwise left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from msgspec.structs import replace as replace_reply

from edge.payment.asking import Outcome, ask_again, ask_on, give_up, is_capturing, request_for, wait
from edge.payment.debts import retry_at_s, retry_declined
from edge.payment.holds import hold_answered, hold_ended, hold_ending, release_answered, warn_at_s
from edge.payment.operation import WEEK_S, Operation, another_sum, heard_among, look_up_at_s, silent_at_s
from edge.payment.postings import hold_postings, payment_postings
from edge.payment.refunds import refund_answered
from edge.payment.settlement import (
    CONTRADICTIONS,
    MOST_TOLD,
    TABLE,
    Event,
    Settlement,
    entry_about,
    open_operations,
    operation_of,
    with_operation,
)
from edge.records import Effect, PaymentReply, PaymentRequest
from edge.store import Store


def on_reply(settlement: Settlement, reply: PaymentReply, store: Store) -> Outcome:
    """The provider said something."""
    operation = operation_of(settlement, reply.key)
    if reply.outcome in ("approved", "declined"):
        settlement, effects = answered(settlement, reply)
        settlement, more = ask_on(settlement, reply.received_s)
        return settlement, effects + more
    if operation is None or operation not in open_operations(settlement):
        return settlement, []
    if reply.outcome == "pending":
        if reply.received_s >= operation.first_s + WEEK_S:  # given up: what it is waiting for will not come
            return settlement, []
        return wait(settlement, operation, reply.at_s)
    if reply.at_s < operation.asked_s:
        return settlement, []
    if reply.outcome == "absent" and operation.operation == "hold" and settlement.state != "inside":
        never = replace_reply(reply, outcome="declined", why="absent")  # nobody needs it any more
        settlement, effects = answered(settlement, never)
        settlement, more = ask_on(settlement, reply.received_s)
        return settlement, effects + more
    if reply.outcome == "absent":
        return ask_again(settlement, operation, reply.received_s, look_up=False)
    if silent_at_s(operation, store.policy) is None:
        return settlement, []
    return _silent(settlement, operation, reply.received_s, store)


def answered(settlement: Settlement, reply: PaymentReply) -> Outcome:
    """A definite answer: approved or declined. What the tables do not know, or was heard before, changes nothing."""
    operation = operation_of(settlement, reply.key)
    if operation is None:
        return _unasked(settlement, reply)
    if operation.operation == "hold":
        return hold_answered(settlement, operation, reply)
    if operation.operation == "release":
        return release_answered(settlement, operation, reply)
    if operation.operation == "refund":
        return refund_answered(settlement, operation, reply)
    return _payment_answered(settlement, operation, reply)


def _payment_answered(settlement: Settlement, payment: Operation, reply: PaymentReply) -> Outcome:
    """A charge or a capture was approved or declined: what that leaves to be paid decides what comes next."""
    approved = reply.outcome == "approved"
    event: Event = "approved" if approved else "declined"
    after = payment.after("approved" if approved else "declined")
    if after is None or payment not in open_operations(settlement) or another_sum(payment, reply):
        return _contrary(settlement, payment, reply, event)
    owed_minor = settlement.open_minor
    told = with_operation(settlement, after.told(reply))
    if event == "approved":
        event = "approved" if payment.amount_minor >= owed_minor else "partly"
    elif payment.operation == "capture":
        event = "lapsed"
    told = replace(told, state=TABLE[settlement.state, event])
    facts: dict[str, object] = {"outcome": reply.outcome, "reference": reply.reference}
    if reply.outcome != "approved":
        if reply.why:
            facts["why"] = reply.why
        return told, [entry_about(told, after, "declined", "payment-declined", reply.at_s, facts)]
    fee_minor = reply.fee_minor or 0
    if fee_minor:
        facts["fee_minor"] = fee_minor
    if reply.test:
        facts["test"] = True
    postings = payment_postings(settlement.subject, payment.amount_minor, owed_minor, reply.reference, fee_minor)
    if payment.operation == "capture":
        postings += hold_postings(settlement.subject, -settlement.held_minor)
        told = replace(told, held_minor=0)
    return told, [entry_about(told, after, "approved", "payment-approved", reply.at_s, facts, postings)]


def _contrary(settlement: Settlement, payment: Operation, reply: PaymentReply, event: Event) -> Outcome:
    """It cannot be true together with what was said before, or comes where nothing is waited for."""
    if payment.heard_before(reply) or settlement.contradictions >= MOST_TOLD:
        return settlement, []
    if settlement.state in ("asked", "unanswered"):
        event = "contrary"
    if (settlement.state, event) not in CONTRADICTIONS:
        return settlement, []
    state = TABLE[settlement.state, event]
    told = replace(settlement, state=state, contradictions=settlement.contradictions + 1)
    if state == "disputed" and settlement.state != "disputed":
        told = replace(told, doubtful=payment.key)
    heard = payment.told(reply)
    told = with_operation(told, heard)
    facts: dict[str, object] = {
        "outcome": reply.outcome,
        "reference": reply.reference,
        "state_before": settlement.state,
        "heard_before": list(payment.heard),
    }
    if another_sum(payment, reply):
        facts["told_minor"] = reply.amount_minor
    name = f"contradiction:{told.contradictions}"
    return told, [entry_about(told, heard, name, "payment-contradiction", reply.at_s, facts)]


def _unasked(settlement: Settlement, reply: PaymentReply) -> Outcome:
    """An answer to nothing that was asked for: staff are told where it is about money."""
    if settlement.state == "inside" or heard_among(settlement.heard, reply) or settlement.contradictions >= MOST_TOLD:
        return settlement, []
    event: Event = "approved" if reply.outcome == "approved" else "declined"
    if (settlement.state, event) not in CONTRADICTIONS or settlement.state == "declined":
        return settlement, []
    told = replace(
        settlement,
        heard=(*settlement.heard, f"{reply.outcome}:{reply.reference}"),
        contradictions=settlement.contradictions + 1,
    )
    nothing = Operation(reply.key or settlement.key, "charge", settlement.total_minor)
    facts: dict[str, object] = {
        "outcome": reply.outcome,
        "reference": reply.reference,
        "state_before": settlement.state,
        "heard_before": list(settlement.heard),
    }
    name = f"contradiction:{told.contradictions}"
    return told, [entry_about(told, nothing, name, "payment-contradiction", reply.at_s, facts)]


# --- the passing of time -------------------------------------------------------------------------------------------


def deadline_s(settlement: Settlement, store: Store) -> float | None:
    """When silence is to be noticed to the second; None while nothing is waited for like that."""
    if settlement.is_over:
        return None
    due = (silent_at_s(operation, store.policy) for operation in open_operations(settlement))
    return min((at_s for at_s in due if at_s is not None), default=None)


def due_s(settlement: Settlement, store: Store) -> float | None:
    """When `on_time` has something to do; None while it has not."""
    if settlement.is_over:
        return None
    due: list[float] = []
    for operation in open_operations(settlement):
        for at_s in (silent_at_s(operation, store.policy), look_up_at_s(operation)):
            if at_s is not None:
                due.append(at_s)
        if operation.state == "pending":
            due.append(operation.first_s + WEEK_S)
    if settlement.held_minor and not is_capturing(settlement):
        due.append(settlement.until_s)
    warn_s = warn_at_s(settlement)
    if warn_s is not None:
        due.append(warn_s)
    again_s = retry_at_s(settlement, store.policy)
    if again_s is not None:
        due.append(again_s)
    return min(due, default=None)


def on_time(settlement: Settlement, now_s: float, store: Store) -> Outcome:
    """Time has passed: what is not answered is looked up, or given up until somebody knows more; what is unanswered is
    looked up now and then; holds end; and a debt is tried again where the policy says so.
    """
    effects: list[Effect] = []
    if settlement.is_over:
        return settlement, effects
    for operation in open_operations(settlement):
        silent_s, look_up_s = silent_at_s(operation, store.policy), look_up_at_s(operation)
        more: list[Effect] = []
        if silent_s is not None and now_s >= silent_s:
            settlement, more = _silent(settlement, operation, now_s, store)
        elif look_up_s is not None and now_s >= look_up_s:
            settlement, more = ask_again(settlement, operation, now_s, look_up=True)
        elif operation.state == "pending" and now_s >= operation.first_s + WEEK_S:
            settlement, more = give_up(settlement, operation, now_s)
        effects += more
    warn_s = warn_at_s(settlement)
    if warn_s is not None and now_s >= warn_s and now_s < settlement.until_s:
        settlement, more = hold_ending(settlement, now_s)
        effects += more
    if settlement.held_minor and now_s >= settlement.until_s and not is_capturing(settlement):
        settlement, more = hold_ended(settlement, now_s)
        effects += more
    due_s = retry_at_s(settlement, store.policy)
    if due_s is not None and now_s >= due_s:
        settlement, more = retry_declined(settlement, "", now_s)
        effects += more
    return settlement, effects


def _silent(settlement: Settlement, operation: Operation, now_s: float, store: Store) -> Outcome:
    if operation.attempt < store.policy.pay_attempts:
        return ask_again(settlement, operation, now_s, look_up=True)
    return give_up(settlement, operation, now_s)


# --- the offline queue ---------------------------------------------------------------------------------------------


def look_up_next(settlements: Iterable[Settlement], now_s: float, patience_s: float) -> Outcome | None:
    """The line is back: what has been unanswered longest is looked up now, and what comes next when that is answered.
    None where nothing waits that was not asked about within ``patience_s``.
    """
    waiting = [
        (operation.first_s, settlement.visit, settlement, operation)
        for settlement in settlements
        if settlement.state == "unanswered" or settlement.hold is not None or settlement.refunds
        for operation in open_operations(settlement)
        if operation.state == "unanswered" and operation.asked_s < now_s - patience_s
    ]
    if not waiting:
        return None
    _, _, settlement, operation = min(waiting, key=lambda found: found[:2])
    return ask_again(settlement, operation, now_s, look_up=True)


def looked_up(settlements: Iterable[Settlement]) -> list[PaymentRequest]:
    """After a restart: a look-up of everything whose answer may have been lost, oldest first."""
    waiting = [
        (operation.first_s, settlement.visit, request_for(settlement, replace(operation, look_up=True)))
        for settlement in settlements
        for operation in open_operations(settlement)
    ]
    return [request for _, _, request in sorted(waiting, key=lambda found: found[:2])]
