"""Taking back what was charged: a correction of what was never taken, or a return of what was brought back.

Enters: a settlement with its sale, the lines (or none: all that is left) and who decided. Leaves: how much of each rate
goes back, the entry, the refunds that are asked for. What is not paid yet lowers the debt instead. Refuses
(`ValueError`) more units of a line than are left of it, and (`WrongMoment`) money whose fate nobody knows.

A line goes back at what was paid for it; the tax of a rate is what the remaining lines of that rate leave over, so that
whole and part refunds of a sale come to exactly its total, in whatever order they are decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from edge.checkout.bill import WHOLE_PPM, RateGroup, share_of
from edge.checkout.sale import Sale, SoldLine
from edge.payment.asking import Outcome, ask, refund_of, without_answer
from edge.payment.operation import Operation, OperationEvent, another_sum
from edge.payment.postings import correction_postings, refund_postings, repaid_postings
from edge.payment.settlement import (
    MOST_TOLD,
    Event,
    Settlement,
    WrongMoment,
    entry_about,
    entry_of_visit,
    failed_refunds,
    moved,
    with_operation,
)
from edge.records import PaymentReply, RefundReason, RepaidHow
from edge.told import phrase, told


def left_of(settlement: Settlement) -> dict[str, int]:
    """Units by sku that may still be taken back."""
    if settlement.sale is None:
        return {}
    gone = Counter(dict(settlement.corrected))
    left = {line.sku: line.quantity - gone[line.sku] for line in settlement.sale.lines}
    return {sku: units for sku, units in left.items() if units > 0}


def taken_back(settlement: Settlement, lines: Iterable[tuple[str, int]]) -> tuple[RateGroup, ...]:
    """What goes back of each rate for some lines more: all amounts are positive, and may be 0."""
    sale = settlement.sale
    if sale is None:
        return ()
    before = Counter(dict(settlement.corrected))
    after = before + Counter(dict(lines))
    groups = []
    for group in sale.rates:
        then, now = remaining_rate(sale, group, before), remaining_rate(sale, group, after)
        groups.append(
            RateGroup(
                group.rate_ppm, group.reduced, then.net_minor - now.net_minor, then.tax_minor - now.tax_minor,
                then.gross_minor - now.gross_minor,
            )
        )  # fmt: skip
    return tuple(groups)


def taken_back_minor(settlement: Settlement) -> int:
    """What all lines that were taken back come to."""
    nothing = replace(settlement, corrected=())
    return sum(group.gross_minor for group in taken_back(nothing, settlement.corrected))


def remaining_rate(sale: Sale, group: RateGroup, gone: Mapping[str, int]) -> RateGroup:
    """A rate of the sale without the units that are gone; what was taken off all lines of a rate together, in parts."""
    lines = [line for line in sale.lines if (line.rate_ppm, line.reduced) == (group.rate_ppm, group.reduced)]
    lines_minor = sum(line.amount_minor for line in lines)
    left_minor = lines_minor - sum(paid_for(line, gone.get(line.sku, 0)) for line in lines)
    if left_minor == lines_minor:
        return group
    includes = sale.issuer.prices_include_tax
    stated_minor = (group.gross_minor if includes else group.net_minor) * left_minor // lines_minor
    whole_ppm = WHOLE_PPM + group.rate_ppm if includes else WHOLE_PPM
    tax_minor = share_of(stated_minor, group.rate_ppm, whole_ppm, sale.issuer.rounding or "down")
    net_minor = stated_minor - tax_minor if includes else stated_minor
    return RateGroup(group.rate_ppm, group.reduced, net_minor, tax_minor, net_minor + tax_minor)


def paid_for(line: SoldLine, units: int) -> int:
    """What the first so many units of a line cost, minor units; all of them exactly what the line did."""
    return line.amount_minor * units // line.quantity


def on_corrected(
    settlement: Settlement, lines: tuple[tuple[str, int], ...], reason: RefundReason, decided_by: str, at_s: float
) -> Outcome:
    """A person takes lines back (none: all that is left). Nothing is asked for yet."""
    moved(settlement, "correct")
    left = left_of(settlement)
    wanted = Counter(dict(lines)) if lines else Counter(left)
    if len(dict(lines)) < len(lines):
        raise ValueError(told("a product is named twice. Name each product once"))
    for sku, units in wanted.items():
        if not 1 <= units <= left.get(sku, 0):
            what = phrase("{units} of {sku} cannot be taken back: {left} are left of it")
            raise ValueError(told(what, units=units, sku=sku, left=left.get(sku, 0)))
    if not wanted:
        raise ValueError(told("nothing is left that could be taken back"))
    groups = taken_back(settlement, tuple(wanted.items()))
    total_minor = sum(group.gross_minor for group in groups)
    lowered_minor = min(total_minor, settlement.open_minor)
    gone = Counter(dict(settlement.corrected)) + wanted
    after = replace(
        settlement,
        corrected=tuple(sorted(gone.items())),
        corrections=settlement.corrections + 1,
        lowered_minor=settlement.lowered_minor + lowered_minor,
        refundable_minor=settlement.refundable_minor + total_minor - lowered_minor,
    )
    event: Event = "correct"
    if settlement.state == "declined" and not after.open_minor:
        event = "evened" if after.paid_minor else "cleared"
    after = moved(after, event)
    facts: dict[str, object] = {
        "amount_minor": total_minor,
        "lowered_minor": lowered_minor,
        "lines": [{"sku": sku, "quantity": wanted[sku]} for sku in sorted(wanted)],
        "reason": reason,
        "decided_by": decided_by,
    }
    postings = correction_postings(settlement.subject, groups, lowered_minor)
    name = f"correction:{after.corrections}"
    return after, [entry_of_visit(after, name, "payment-corrected", at_s, facts, postings)]


def refund_answered(settlement: Settlement, refund: Operation, reply: PaymentReply) -> Outcome:
    """The provider has given money back, or cannot; or says later that what it gave back came back."""
    event: OperationEvent = "approved" if reply.outcome == "approved" else "declined"
    failed = refund.state == "approved" and reply.outcome == "declined"
    after = refund.after("failed" if failed else event)
    if after is None or another_sum(refund, reply):
        return _contrary(settlement, refund, reply)
    amount_minor = -refund.amount_minor if failed else refund.amount_minor if reply.outcome == "approved" else 0
    heard = after.told(reply)
    told = with_operation(settlement, heard)
    told = replace(told, refundable_minor=told.refundable_minor - amount_minor)
    facts: dict[str, object] = {"outcome": reply.outcome, "reference": reply.reference}
    if reply.outcome != "approved":
        facts["why"] = reply.why
    reference = refund.reference if failed else reply.reference  # it goes back the way it came
    postings = refund_postings(settlement.subject, amount_minor, reference)
    name = "failed" if failed else event
    return told, [entry_about(told, heard, name, f"payment-{event}", reply.at_s, facts, postings)]


def _contrary(settlement: Settlement, refund: Operation, reply: PaymentReply) -> Outcome:
    """Given back after it was declined, or twice: staff are told, because somebody may have the money twice."""
    if refund.heard_before(reply) or settlement.contradictions >= MOST_TOLD:
        return settlement, []
    heard = refund.told(reply)
    told = replace(with_operation(settlement, heard), contradictions=settlement.contradictions + 1)
    facts: dict[str, object] = {
        "outcome": reply.outcome,
        "reference": reply.reference,
        "state_before": settlement.state,
        "heard_before": list(refund.heard),
    }
    if another_sum(refund, reply):
        facts["told_minor"] = reply.amount_minor
    name = f"contradiction:{told.contradictions}"
    return told, [entry_about(told, heard, name, "payment-contradiction", reply.at_s, facts)]


def on_repaid(settlement: Settlement, how: RepaidHow, decided_by: str, at_s: float) -> Outcome:
    """A person has given back, in cash or by transfer, all that the provider surely did not. `WrongMoment` where there
    is nothing of that, also while nobody knows whether the provider gave it back.
    """
    declined = [refund for refund in failed_refunds(settlement) if refund.state == "declined"]
    if not declined:
        what = phrase(
            "visit {visit} is {state}: no refund of it was declined, and what nobody answers may have been given back: "
            "retry it"
        )
        raise WrongMoment(told(what, visit=settlement.visit, state=settlement.state))
    for refund in declined:
        settlement = without_answer(settlement, refund)
    amount_minor = sum(refund.amount_minor for refund in declined)
    repaid = replace(
        settlement,
        refundable_minor=settlement.refundable_minor - amount_minor,
        repaid_minor=settlement.repaid_minor + amount_minor,
    )
    facts: dict[str, object] = {
        "amount_minor": amount_minor,
        "how": how,
        "instead_of": [refund.key for refund in declined],
        "decided_by": decided_by,
    }
    postings = repaid_postings(settlement.subject, amount_minor, how)
    name = f"repaid:{sum(refund.replaced for refund in repaid.refunds)}"
    return repaid, [entry_of_visit(repaid, name, "payment-repaid", at_s, facts, postings)]


def refund_again(settlement: Settlement, decided_by: str, at_s: float) -> Outcome:
    """What could not be given back is tried again: a declined refund under a new key, a silent one is looked up."""
    failed = failed_refunds(settlement)
    if not failed:
        what = phrase("visit {visit} is {state}: no refund of it has failed")
        raise WrongMoment(told(what, visit=settlement.visit, state=settlement.state))
    refund = failed[0]
    if refund.state == "unanswered":
        again = refund.after("retry")
        assert again is not None
        return ask(settlement, again, at_s, look_up=True, decided_by=decided_by)
    paid = next(payment for payment in settlement.payments if payment.key == refund.of)
    without = without_answer(settlement, refund)
    return ask(without, refund_of(without, paid, refund.amount_minor), at_s, decided_by=decided_by)
