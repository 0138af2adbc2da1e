"""The life of one request to a payment provider, as a table: all that is asked and known under one idempotency key.

Enters: what is to be done, replies, the passing of time. Leaves: the next `Operation`, and what to send. Refuses to
send anything a second time before the provider was *looked up*: no provider remembers keys for ever, and a key that is
forgotten charges again.

    asked ── approved, declined ──> final
      │ ├── pending ──> pending ── approved, declined
      │ └── no_answer ──> unknown: it is looked up ── approved, declined, pending
      │                      ├── absent ──> asked: nobody has heard of it, so it is sent again, with the same key
      │                      └── no_answer ──> unknown: looked up again
      └── give_up, after ``policy.pay_attempts`` requests ──> unanswered: staff are told, and it goes on being looked
                                                              up, at growing intervals, for a week

A decline is final for its key: whoever wants to try again needs another one. A refund may still fail after it was
approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from edge.records import PaymentOperation, PaymentReply
from edge.store.policy import Policy

OperationState: TypeAlias = Literal["asked", "unknown", "pending", "unanswered", "approved", "declined"]
OperationEvent: TypeAlias = Literal[
    "approved", "declined", "pending", "absent", "no_answer", "give_up", "retry", "failed"
]  # fmt: skip

OPERATION_TABLE: dict[tuple[OperationState, OperationEvent], OperationState] = {
    ("asked", "approved"): "approved",
    ("asked", "declined"): "declined",
    ("asked", "pending"): "pending",
    ("asked", "absent"): "asked",
    ("asked", "no_answer"): "unknown",
    ("asked", "give_up"): "unanswered",
    ("unknown", "approved"): "approved",
    ("unknown", "declined"): "declined",
    ("unknown", "pending"): "pending",
    ("unknown", "absent"): "asked",
    ("unknown", "no_answer"): "unknown",
    ("unknown", "give_up"): "unanswered",
    ("pending", "approved"): "approved",
    ("pending", "declined"): "declined",
    ("pending", "no_answer"): "pending",
    ("pending", "give_up"): "unanswered",
    ("unanswered", "approved"): "approved",
    ("unanswered", "declined"): "declined",
    ("unanswered", "pending"): "pending",
    ("unanswered", "absent"): "unanswered",
    ("unanswered", "no_answer"): "unanswered",
    ("unanswered", "retry"): "unknown",
    ("approved", "failed"): "declined",
}
"""Everything that can happen to one request. A pair that does not stand here changes nothing."""

FINAL: frozenset[OperationState] = frozenset({"approved", "declined"})

LEAST_S, MOST_S = 60.0, 3600.0
"""What is unanswered or pending is looked up again after as long as it has lasted, but within these bounds."""

WEEK_S = 7 * 86400.0
"""So long it goes on being looked up without a person."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request. ``attempt`` counts what was sent about it, look-ups included; ``asked_s`` is when the last was, and
    ``first_s`` the first (UNIX seconds); ``look_up`` says that the last one was a look-up. ``of`` and ``of_reference``
    name the hold or payment that it is about. ``heard`` holds the provider's different definite answers, first one
    first, as ``outcome:reference``. ``replaced``: a person has it tried again under another key.
    """

    key: str
    operation: PaymentOperation
    amount_minor: int
    of: str = ""
    of_reference: str = ""
    state: OperationState = "asked"
    attempt: int = 0
    asked_s: float = 0.0
    first_s: float = 0.0
    look_up: bool = False
    heard: tuple[str, ...] = ()
    replaced: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet how it ends."""
        return self.state not in FINAL

    @property
    def reference(self) -> str:
        """The provider's own name for what it did; empty where it did nothing, or said none."""
        told = (answer.partition(":") for answer in self.heard)
        return next((reference for outcome, _, reference in told if outcome == "approved" and reference), "")

    def sent(self, at_s: float, look_up: bool) -> Operation:
        """As it is when one more request about it is on its way."""
        first_s = self.first_s if self.attempt else at_s
        return replace(self, attempt=self.attempt + 1, asked_s=at_s, first_s=first_s, look_up=look_up)

    def after(self, event: OperationEvent) -> Operation | None:
        """As it is after an event; None where the table does not know it."""
        state = OPERATION_TABLE.get((self.state, event))
        return None if state is None else replace(self, state=state)

    def told(self, reply: PaymentReply) -> Operation:
        """With one more definite answer."""
        return replace(self, heard=(*self.heard, f"{reply.outcome}:{reply.reference}"))

    def heard_before(self, reply: PaymentReply) -> bool:
        """The same answer again: outcome heard before, and the references do not tell two answers apart."""
        return heard_among(self.heard, reply)


def heard_among(heard: tuple[str, ...], reply: PaymentReply) -> bool:
    """Whether a definite answer is among those that were heard before."""
    same = [a.partition(":")[2] for a in heard if a.partition(":")[0] == reply.outcome]
    if reply.outcome == "declined" or not reply.reference:
        return bool(same)
    return any(reference in ("", reply.reference) for reference in same)


def silent_at_s(operation: Operation, policy: Policy) -> float | None:
    """When silence about it becomes an event of its own; None where it is not waited for from second to second."""
    return operation.asked_s + policy.pay_within_s if operation.state in ("asked", "unknown") else None


def look_up_at_s(operation: Operation) -> float | None:
    """When the offline queue looks it up again; None where it does not, or no more."""
    if operation.state not in ("pending", "unanswered"):
        return None
    lasted_s = operation.asked_s - operation.first_s
    at_s = operation.asked_s + min(max(lasted_s, LEAST_S), MOST_S)
    return at_s if at_s <= operation.first_s + WEEK_S else None
