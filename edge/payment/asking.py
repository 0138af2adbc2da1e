"""Asking the provider: what comes next for a settlement, and the entry that stands in the book before it is sent.

Enters: a settlement as it stands. Leaves: the settlement with one more request under way, its entry, the request. Every
request is announced by a ``payment-asked`` entry, look-ups too; only the first charge is by the settlement itself.
"""

from __future__ import annotations

from dataclasses import replace

from edge.payment.operation import Operation
from edge.payment.settlement import Event, Settlement, entry_about, moved, with_operation
from edge.records import Effect, PaymentRequest

Outcome = tuple[Settlement, list[Effect]]


def request_for(settlement: Settlement, operation: Operation) -> PaymentRequest:
    """An operation as the provider is asked for it: the only place that a request comes from."""
    return PaymentRequest(
        settlement.visit,
        operation.key,
        settlement.subject,
        operation.amount_minor,
        settlement.currency,
        operation.attempt,
        operation.operation,
        operation.look_up,
        operation.of,
        operation.reference or operation.of_reference,
        operation.first_s,
    )


def ask(
    settlement: Settlement, operation: Operation, at_s: float, *, look_up: bool = False, decided_by: str = ""
) -> Outcome:
    """Send it, or look it up, and write that down before."""
    sent = operation.sent(at_s, look_up)
    asked = with_operation(settlement, sent)
    facts: dict[str, object] = {"decided_by": decided_by, "look_up": look_up}
    if operation.of:
        facts["of"] = operation.of
    return asked, [
        entry_about(asked, sent, f"asked:{sent.attempt}", "payment-asked", at_s, facts),
        request_for(asked, sent),
    ]


def ask_on(settlement: Settlement, at_s: float) -> Outcome:
    """Ask for everything that is to be asked for as the settlement stands now."""
    effects: list[Effect] = []
    while wanted := next_operation(settlement):
        settlement, more = ask(settlement, wanted, at_s)
        effects += more
    return settlement, effects


def next_operation(settlement: Settlement) -> Operation | None:
    """What is to be asked for next, and was not yet; None where there is nothing."""
    if settlement.state == "asked" and not any(payment.is_open for payment in settlement.payments):
        return _next_payment(settlement)
    if _let_go(settlement):
        hold = settlement.hold
        assert hold is not None
        amount_minor = settlement.held_minor or hold.amount_minor
        return Operation(f"{settlement.key}/release", "release", amount_minor, hold.key, hold.reference)
    return _next_refund(settlement)


def _next_payment(settlement: Settlement) -> Operation | None:
    """A capture of what is held; the remainder; or a charge of everything."""
    known = {payment.key for payment in settlement.payments}
    capture = f"{settlement.key}/capture"
    if can_capture(settlement) and not known:
        hold = settlement.hold
        assert hold is not None
        amount_minor = min(settlement.held_minor, settlement.open_minor)
        return Operation(capture, "capture", amount_minor, hold.key, hold.reference)
    if not settlement.open_minor:
        return None
    taken = any(payment.key == capture and payment.state == "approved" for payment in settlement.payments)
    key = f"{settlement.key}/remainder" if taken else settlement.key
    return Operation(key, "charge", settlement.open_minor) if key not in known else None


def can_capture(settlement: Settlement) -> bool:
    """Whether something is held that could pay for it."""
    return settlement.held_minor > 0 and settlement.release is None


def _let_go(settlement: Settlement) -> bool:
    """Whether a hold is there that nothing needs any more, and nobody was asked to let go of it."""
    hold = settlement.hold
    if hold is None or settlement.release is not None or settlement.state in ("inside", "review"):
        return False
    late = hold.state == "declined" and any(answer.startswith("approved") for answer in hold.heard)
    return (settlement.held_minor > 0 or late) and not is_capturing(settlement)


def is_capturing(settlement: Settlement) -> bool:
    """Whether nobody knows yet if what is held was captured, and somebody still wants it: not once it is waived."""
    wanted = settlement.state in ("asked", "unanswered")
    return wanted and any(payment.operation == "capture" and payment.is_open for payment in settlement.payments)


def _next_refund(settlement: Settlement) -> Operation | None:
    """What is owed to the shopper and was not given back yet, of the first payment that it can be taken out of."""
    under_way = sum(r.amount_minor for r in settlement.refunds if r.state != "approved" and not r.replaced)
    missing_minor = settlement.refundable_minor - under_way
    if missing_minor <= 0:
        return None
    for payment in settlement.payments:
        room_minor = room_in(settlement, payment)
        if room_minor > 0:
            return refund_of(settlement, payment, min(room_minor, missing_minor))
    return None


def room_in(settlement: Settlement, payment: Operation) -> int:
    """How much of a payment may still be given back."""
    if payment.state != "approved":
        return 0
    given = sum(r.amount_minor for r in settlement.refunds if r.of == payment.key and not r.replaced)
    return payment.amount_minor - given


def refund_of(settlement: Settlement, payment: Operation, amount_minor: int) -> Operation:
    """A refund with a key of its own."""
    key = f"{settlement.key}/refund/{len(settlement.refunds) + 1}"
    return Operation(key, "refund", amount_minor, payment.key, payment.reference)


def retry_of(settlement: Settlement) -> Operation:
    """A declined payment once more: what is still owed, under a key of its own."""
    number = sum(payment.key.startswith(f"{settlement.key}/retry/") for payment in settlement.payments) + 1
    return Operation(f"{settlement.key}/retry/{number}", "charge", settlement.open_minor)


def ask_again(settlement: Settlement, operation: Operation, at_s: float, *, look_up: bool) -> Outcome:
    """Once more under the same key: a look-up, or where a look-up found nothing the request itself."""
    after = operation.after("no_answer" if look_up else "absent")
    if after is None:
        return settlement, []
    return ask(_after(settlement, operation, "no_answer" if look_up else "absent"), after, at_s, look_up=look_up)


def give_up(settlement: Settlement, operation: Operation, at_s: float) -> Outcome:
    """Nobody is asked from second to second any more: staff are told, and it goes on being looked up now and then."""
    silent = operation.after("give_up")
    if silent is None:
        return settlement, []
    moved_on = with_operation(_after(settlement, operation, "give_up"), silent)
    name = f"{'never-told' if operation.state == 'pending' else 'unanswered'}:{silent.attempt}"
    return moved_on, [entry_about(moved_on, silent, name, "payment-unanswered", at_s, {})]


def wait(settlement: Settlement, operation: Operation, at_s: float) -> Outcome:
    """The provider has accepted it and says later what becomes of it."""
    waiting = operation.after("pending")
    if waiting is None:
        return settlement, []
    moved_on = with_operation(_after(settlement, operation, "pending"), waiting)
    return moved_on, [entry_about(moved_on, waiting, f"pending:{waiting.attempt}", "payment-pending", at_s, {})]


def _after(settlement: Settlement, operation: Operation, event: Event) -> Settlement:
    """Where the visit's money stands when that happens to a payment; holds and refunds leave it where it is."""
    return moved(settlement, event) if operation.operation in ("charge", "capture") else settlement


def without_answer(settlement: Settlement, operation: Operation) -> Settlement:
    """A refund that a person has tried again: the old one does not count any more."""
    return with_operation(settlement, replace(operation, replaced=True))
