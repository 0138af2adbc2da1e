"""What a person decides about a visit: of one that does not end without them, and of what was paid already.

Enters: a settlement as it stands, and a `SettlementDecided` off the wire. Leaves: the next settlement and its effects.
Refuses (`WrongMoment`) what the state table does not allow, a second decision among them, and (`ValueError`)
lines that cannot be charged or taken back; nothing has changed then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from edge.checkout.exchanges import in_words
from edge.checkout.sale import State
from edge.payment.asking import Outcome, ask, ask_on
from edge.payment.debts import retry_declined
from edge.payment.leaving import on_reviewed
from edge.payment.operation import Operation
from edge.payment.postings import payment_postings, waiver_postings
from edge.payment.refunds import left_of, on_corrected, on_repaid, refund_again
from edge.payment.settlement import (
    Event,
    Settlement,
    WrongMoment,
    entry_about,
    entry_of_visit,
    failed_refunds,
    moved,
    operation_of,
    with_operation,
)
from edge.records import SettlementDecided, Verdict
from edge.store import Store
from edge.told import phrase, told

WAITS: dict[State, str] = {
    "review": "a person has to look at it",
    "declined": "the payment was declined",
    "unanswered": "the payment provider does not answer",
    "disputed": "the payment provider contradicts itself",
}
"""Why a visit waits for a person, where it does not say so itself."""

REFUND_WAITS = "money that is to be given back could not be"

VERDICTS: dict[State, tuple[Verdict, ...]] = {
    "review": ("charge", "waive"),
    "declined": ("retry", "waive"),
    "unanswered": ("retry", "waive"),
    "disputed": ("kept", "returned"),
}
"""What a person may decide in each state that waits for one."""


def may(settlement: Settlement) -> tuple[Verdict, ...]:
    """What a person may decide about a settlement as it stands."""
    verdicts = list(VERDICTS.get(settlement.state, ()))
    if settlement.state in ("paid", "declined") and left_of(settlement):
        verdicts.append("refund")
    if "retry" not in verdicts and failed_refunds(settlement):
        verdicts.append("retry")
    if any(refund.state == "declined" for refund in failed_refunds(settlement)):
        verdicts.append("repaid")
    if settlement.state == "review" and settlement.held_minor and settlement.release is None:
        verdicts.append("release")
    return tuple(verdicts)


def why_waits(settlement: Settlement) -> str:
    """Why a visit waits for a person, as staff read it; empty where it does not."""
    if settlement.state == "review":
        return settlement.reason or WAITS["review"]
    return WAITS.get(settlement.state, "") or (REFUND_WAITS if failed_refunds(settlement) else "")


def why_exactly(settlement: Settlement) -> str:
    """… and with whom the visit may have been exchanged, and what hangs on it: of one visit, not to be counted by."""
    return "; ".join(part for part in (why_waits(settlement), in_words(settlement.exchanged)) if part)


def on_decided(settlement: Settlement, decided: SettlementDecided, store: Store) -> Outcome:
    """Carry a decision out. A charge names what is charged; what else the review lists is not."""
    by, at_s = decided.by, decided.at_s
    if decided.verdict == "charge" or (decided.verdict == "waive" and settlement.state == "review"):
        charged = _charged(decided)
        left = {sku: units - charged.get(sku, 0) for sku, units in settlement.listed.items()}
        withheld = {sku: units for sku, units in left.items() if units > 0}
        return on_reviewed(settlement, store, charged, withheld, settlement.cart, by, at_s)
    if decided.verdict == "retry":
        return on_retry(settlement, by, at_s)
    if decided.verdict == "release":
        return on_released(settlement, by, at_s)
    if decided.verdict == "repaid":
        if not decided.how:
            raise ValueError(told("who gave something back says how: cash, or transfer"))
        return on_repaid(settlement, decided.how, by, at_s)
    if decided.verdict == "refund":
        if not decided.reason:
            raise ValueError(told("who takes something back says why: a correction, or a return"))
        settlement, effects = on_corrected(settlement, decided.lines, decided.reason, by, at_s)
    elif decided.verdict == "waive":
        settlement, effects = on_waived(settlement, by, at_s)
    else:
        settlement, effects = on_resolved(settlement, decided.verdict, by, at_s)
    settlement, more = ask_on(settlement, at_s)
    return settlement, effects + more


def on_retry(settlement: Settlement, decided_by: str, at_s: float) -> Outcome:
    """A person wants it tried once more: a silent provider is looked up, a declined payment is asked for under a new
    key, and so is a refund that failed. `WrongMoment` where nothing of that is so.
    """
    if settlement.state == "declined":
        return retry_declined(settlement, decided_by, at_s)
    if settlement.state == "unanswered":
        payment = settlement.payments[-1]
        again = payment.after("retry")
        assert again is not None, "what is unanswered has a payment that is"
        return ask(moved(settlement, "retry"), again, at_s, look_up=True, decided_by=decided_by)
    return refund_again(settlement, decided_by, at_s)


def on_waived(settlement: Settlement, decided_by: str, at_s: float) -> Outcome:
    """A person writes off what is owed. Should the provider say later that it took the money, staff are told.

    `WrongMoment` unless declined or unanswered; a review is waived by `on_reviewed`, where nothing is owed yet.
    """
    if settlement.state == "review":
        what = phrase("visit {visit} is in review: nothing was charged that could be written off")
        raise WrongMoment(told(what, visit=settlement.visit))
    waived = moved(settlement, "waive")
    postings = waiver_postings(settlement.subject, settlement.open_minor)
    facts: dict[str, object] = {
        "amount_minor": settlement.open_minor,
        "state_before": settlement.state,
        "decided_by": decided_by,
    }
    return waived, [entry_of_visit(waived, "waived", "payment-waived", at_s, facts, postings)]


def on_resolved(settlement: Settlement, verdict: Literal["kept", "returned"], decided_by: str, at_s: float) -> Outcome:
    """A person settled a dispute: the approved money is kept, or was returned. `WrongMoment` unless disputed."""
    moved(settlement, verdict)
    payment = operation_of(settlement, settlement.doubtful) or settlement.payments[-1]
    name, facts = f"resolved:{settlement.contradictions}", {"verdict": verdict, "decided_by": decided_by}
    if verdict == "returned":
        returned = replace(moved(settlement, "returned"), doubtful="")
        return returned, [entry_about(returned, payment, name, "payment-resolved", at_s, facts)]
    owed_minor = settlement.open_minor
    event: Event = "kept" if payment.amount_minor >= owed_minor else "kept_part"
    taken: Operation = replace(payment, state="approved")
    kept = replace(with_operation(moved(settlement, event), taken), doubtful="")
    over_minor = max(0, payment.amount_minor - owed_minor)
    kept = replace(kept, refundable_minor=kept.refundable_minor + over_minor)
    postings = payment_postings(settlement.subject, payment.amount_minor, owed_minor, taken.reference)
    return kept, [entry_about(kept, taken, name, "payment-resolved", at_s, facts, postings)]


def on_released(settlement: Settlement, decided_by: str, at_s: float) -> Outcome:
    """A person lets go of what is reserved, while it is looked at what the visit owes: it is charged later instead."""
    hold = settlement.hold
    if hold is None or settlement.state != "review" or not settlement.held_minor or settlement.release is not None:
        what = phrase("visit {visit} is {state}: nothing is reserved to let go of")
        raise WrongMoment(told(what, visit=settlement.visit, state=settlement.state))
    release = Operation(f"{settlement.key}/release", "release", settlement.held_minor, hold.key, hold.reference)
    return ask(settlement, release, at_s, decided_by=decided_by)


def _charged(decided: SettlementDecided) -> dict[str, int]:
    charged: dict[str, int] = {}
    for sku, units in decided.lines:
        charged[sku] = charged.get(sku, 0) + units
    if decided.verdict == "charge" and not charged:
        raise ValueError(told("a charge names what is charged. To charge nothing, waive the visit"))
    if decided.verdict == "waive" and charged:
        raise ValueError(told("who waives a visit charges nothing"))
    return charged
