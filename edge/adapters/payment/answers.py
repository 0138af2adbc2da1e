"""What Stripe's objects, as they are now, answer to a request.

Enters: a PaymentIntent or Refund with its charge, and a `PaymentRequest`. Leaves: a `PaymentReply` without its times.
Refuses (`Contrary`) a hold that was captured with another sum than is asked for.
"""

from __future__ import annotations

from typing import Any

import stripe
from msgspec.structs import replace

from edge.adapters.payment.provider import Contrary
from edge.adapters.payment.refusals import why_declined
from edge.records import PaymentOutcome, PaymentReply, PaymentRequest


def of_intent(request: PaymentRequest, intent: stripe.PaymentIntent) -> PaymentReply:
    """What a payment as it is now answers to a request. `Contrary`."""
    status, name = intent.status, intent.id
    if status == "processing":
        return reply_to(request, "pending", name)
    if request.operation == "release":
        return _of_released(request, status, name)
    if request.operation == "hold" and status in ("requires_capture", "succeeded"):
        return reply_to(request, "approved", name, amount_minor=intent.amount, until_s=_until_s(intent))
    if request.operation != "hold" and status == "succeeded":
        if intent.amount_received != request.amount_minor and request.operation == "capture":
            what = f"the hold of {request.settlement} was captured with {intent.amount_received}"
            raise Contrary(f"{what}, not {request.amount_minor}: look for {name} in Stripe's Dashboard")
        taken = reply_to(request, "approved", name, amount_minor=intent.amount_received, fee_minor=_fee_minor(intent))
        return replace(taken, test=not intent.livemode)
    if request.operation == "capture" and status == "requires_capture":
        return reply_to(request, "absent", name)
    if status == "canceled":
        return reply_to(request, "declined", name, why="expired")
    if status == "requires_action":
        return reply_to(request, "declined", name, why="needs-holder")
    return reply_to(request, "declined", name, why=_why_failed(intent))


def _of_released(request: PaymentRequest, status: str, name: str) -> PaymentReply:
    if status == "requires_capture":
        return reply_to(request, "absent", name)
    if status == "succeeded":
        return reply_to(request, "declined", name, why="refused")
    return reply_to(request, "approved", name)


def of_refund(request: PaymentRequest, refund: stripe.Refund) -> PaymentReply:
    """What a refund of Stripe's says about a request; a status that nobody knows counts as a refusal."""
    outcomes: dict[str | None, PaymentOutcome] = {
        "succeeded": "approved",
        "pending": "pending",
        "requires_action": "pending",
    }
    outcome = outcomes.get(refund.status, "declined")
    why = "" if outcome != "declined" else "refused"
    return reply_to(request, outcome, refund.id, amount_minor=refund.amount, why=why)


def _why_failed(intent: stripe.PaymentIntent) -> str:
    failed = intent.last_payment_error
    return "refused" if failed is None else why_declined(failed.to_dict())


def _until_s(intent: stripe.PaymentIntent) -> float | None:
    charge = intent.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    card = getattr(details, "card", None)
    until = getattr(card, "capture_before", None)
    return float(until) if until else None


def _fee_minor(intent: stripe.PaymentIntent) -> int | None:
    """What Stripe keeps, where it says so in the payment's own currency."""
    charge = intent.latest_charge
    moved = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
    if not isinstance(moved, stripe.BalanceTransaction) or moved.currency != intent.currency:
        return None
    return moved.fee


def metadata_of(about: stripe.PaymentIntent | stripe.Refund) -> dict[str, str]:
    """What we wrote on a payment or a refund of Stripe's, or nothing."""
    metadata: Any = about.metadata
    return metadata.to_dict() if isinstance(metadata, stripe.StripeObject) else dict(metadata or {})


def reply_to(
    request: PaymentRequest,
    outcome: PaymentOutcome,
    reference: str = "",
    *,
    why: str = "",
    amount_minor: int | None = None,
    until_s: float | None = None,
    fee_minor: int | None = None,
) -> PaymentReply:
    """A reply to a request, without a time: whoever asked says when it came."""
    return PaymentReply(
        0.0, 0.0, request.settlement, outcome, reference, request.key, request.operation, amount_minor, until_s, why,
        fee_minor,
    )  # fmt: skip
