"""A settlement as the book tells it: its entries, one after the other, through the same state table that wrote them.

Enters: entries of one visit in their order. Leaves: the settlement that they come to, and of each entry what should
stand in it. There is no second opinion about what an entry means: each is carried out once more by the code that made
it. So a shop that has only its book goes on where it was, and a proof finds every number that does not follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from edge.checkout.sale import Sale, SoldLine, WithheldLine, promised_by, sale_of, sale_postings
from edge.payment.asking import Outcome, ask, ask_again, give_up, next_operation, wait
from edge.payment.debts import retry_declined
from edge.payment.decisions import on_released, on_resolved, on_retry, on_waived
from edge.payment.holds import begin_hold, gone_before, hold_ended, hold_ending
from edge.payment.leaving import settled, with_state
from edge.payment.operation import Operation
from edge.payment.refunds import on_corrected, on_repaid
from edge.payment.replies import answered
from edge.payment.settlement import Settlement, WrongMoment, moved, operation_of, with_operation
from edge.records import CartLine, LedgerEntry, PaymentReply

LATELY = ("key", "operation", "look_up")
"""Facts that books from before requests had lives of their own do not tell."""


def settlement_of(entries: Iterable[LedgerEntry]) -> Settlement | None:
    """Where a visit's money stands by its entries; None where it has none. What cannot be is left out: `edge.ledger`'s
    proof is for that.
    """
    settlement: Settlement | None = None
    for entry in entries:
        if tells_money(entry):
            try:
                settlement, _ = retold(settlement, entry)
            except ValueError:
                continue
    return settlement


def tells_money(entry: LedgerEntry) -> bool:
    """Whether an entry is about what a visit owes and has paid."""
    return entry.kind in ("review", "settlement") or entry.kind in _HAPPENED


def kinds() -> tuple[str, ...]:
    """All kinds of entries about money."""
    return ("review", "settlement", *_HAPPENED)


def retold(settlement: Settlement | None, entry: LedgerEntry) -> tuple[Settlement, LedgerEntry]:
    """What an entry makes of a settlement (None: nothing is known of the visit), and the entry as it should read.

    `WrongMoment` where it cannot have happened then, `ValueError` where its body tells nothing that could.
    """
    if entry.kind in ("review", "settlement"):
        return _told_sale(settlement, entry)
    happened = _HAPPENED.get(entry.kind)
    try:
        if settlement is None and entry.kind == "payment-asked" and entry.body.get("operation") == "hold":
            moved_on, effects = _began(entry)
        elif happened is None or settlement is None:
            raise WrongMoment(f"visit {entry.visit} has a payment without an intent before it")
        else:
            moved_on, effects = happened(settlement, entry.body, entry.at_s)
    except (KeyError, TypeError, AttributeError, StopIteration, msgspec.ValidationError) as error:
        raise ValueError(f"its body does not tell what happened: {error!r}") from error
    for effect in effects:
        if isinstance(effect, LedgerEntry):
            return moved_on, _as_told_then(effect, entry)
    state = settlement.state if settlement is not None else "new"
    raise WrongMoment(f"visit {entry.visit} is {state}: {entry.kind} cannot have happened then")


def _as_told_then(wanted: LedgerEntry, entry: LedgerEntry) -> LedgerEntry:
    """Without what older books do not tell of the one request that a visit had."""
    if any(fact in entry.body for fact in LATELY):
        return wanted
    lately = LATELY if entry.kind != "payment-waived" else ()
    body = {fact: said for fact, said in wanted.body.items() if fact not in lately}
    if entry.kind == "payment-waived" and "attempt" in entry.body:
        body["attempt"] = entry.body["attempt"]
    return replace(wanted, body=body)


def _told_sale(before: Settlement | None, entry: LedgerEntry) -> tuple[Settlement, LedgerEntry]:
    sale = sale_of(entry.body)
    review = entry.kind == "review"
    if before is not None and before.state != "inside" and (review or before.state != "review"):
        raise WrongMoment(f"visit {entry.visit} was settled or reviewed before")
    if review:
        settlement = replace(
            with_state(entry.visit, sale.subject, sale.issuer.currency, before, "doubtful"),
            total_minor=sale.total_minor, key=sale.key, reason=sale.reason, cart=_cart_in(sale), left_s=entry.at_s,
            prices=promised_by(sale), exchanged=sale.exchanged, timezone=sale.issuer.timezone, stay=sale.stay,
        )  # fmt: skip
    else:
        settlement = settled(entry.visit, before, sale, entry.at_s)
    postings = () if review else sale_postings(sale)
    body = {**entry.body, "state": settlement.state}
    key = f"{entry.kind}:{entry.visit}"
    return settlement, LedgerEntry(key, entry.at_s, entry.kind, entry.visit, body, postings, sale.issuer.currency)


def _cart_in(sale: Sale) -> tuple[CartLine, ...]:
    """What the visit was believed to hold, as far as its sale tells."""
    lines: tuple[SoldLine | WithheldLine, ...] = (*sale.lines, *sale.withheld)
    return tuple(
        CartLine(line.sku, line.quantity, line.certainty, line.events, line.what, line.who, line.rival)
        for line in lines
    )


def _began(entry: LedgerEntry) -> Outcome:
    """The first that is heard of a visit's money: something was reserved when it came in."""
    body = entry.body
    key, amount_minor = str(body["key"]).removesuffix("/hold"), body["amount_minor"]
    if not isinstance(amount_minor, int):
        raise TypeError(f"{amount_minor!r} is no amount")
    return begin_hold(entry.visit, str(body["subject"]), entry.currency, key, amount_minor, entry.at_s)


def _asked(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    """Something was asked for, or once more: because nobody answered, or because a person wanted it."""
    by, look_up = str(body["decided_by"]), bool(body.get("look_up", False))
    operation = operation_of(settlement, str(body.get("key", "")))
    if operation is None:
        if by and body["operation"] == "release":
            return on_released(settlement, by, at_s)
        if settlement.state == "declined" and body["operation"] == "charge":
            return retry_declined(settlement, by, at_s)
        if by:
            return on_retry(settlement, by, at_s)
        wanted = next_operation(settlement)
        if wanted is None:
            raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: nobody asks for money then")
        return ask(settlement, wanted, at_s)
    if by and look_up:
        return on_retry(settlement, by, at_s)
    if "look_up" not in body:
        return _sent_again(settlement, operation, by, at_s)
    settlement, effects = ask_again(settlement, operation, at_s, look_up=look_up)
    if not effects:
        raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: nobody asks for money then")
    return settlement, effects


def _sent_again(settlement: Settlement, operation: Operation, by: str, at_s: float) -> Outcome:
    """As it was before there were look-ups: silence was answered by the same request once more."""
    if settlement.state not in ("asked", "unanswered"):
        raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: nobody asks for money then")
    again = replace(operation, state="asked")
    asked = moved(settlement, "retry" if settlement.state == "unanswered" else "absent")
    return ask(with_operation(asked, again), again, at_s, decided_by=by)


def _gave_up(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    return give_up(settlement, _meant(settlement, body), at_s)


def _waits(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    return wait(settlement, _meant(settlement, body), at_s)


def _meant(settlement: Settlement, body: Mapping[str, Any]) -> Operation:
    """The request that an entry is about."""
    operation = operation_of(settlement, str(body.get("key", "")))
    if operation is None:
        raise WrongMoment(f"visit {settlement.visit} was never asked for {body.get('key', 'anything')}")
    return operation


def _replied(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    reply = msgspec.convert(
        {"received_s": at_s, "at_s": at_s, "settlement": settlement.visit, "outcome": body["outcome"],
         "reference": body["reference"], "key": body.get("key", ""), "why": body.get("why", ""),
         "amount_minor": body.get("told_minor", body.get("amount_minor")), "until_s": body.get("until_s"),
         "fee_minor": body.get("fee_minor"), "test": body.get("test", False)},
        PaymentReply,
    )  # fmt: skip
    return answered(settlement, reply)


def _corrected(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    lines = tuple((str(line["sku"]), int(line["quantity"])) for line in body["lines"])
    return on_corrected(settlement, lines, body["reason"], str(body["decided_by"]), at_s)


_HAPPENED: dict[str, Callable[[Settlement, Mapping[str, Any], float], Outcome]] = {
    "payment-asked": _asked,
    "payment-unanswered": _gave_up,
    "payment-pending": _waits,
    "payment-approved": _replied,
    "payment-declined": _replied,
    "payment-contradiction": _replied,
    "payment-resolved": lambda settlement, body, at_s: on_resolved(
        settlement, body["verdict"], str(body["decided_by"]), at_s
    ),
    "payment-waived": lambda settlement, body, at_s: on_waived(settlement, str(body["decided_by"]), at_s),
    "payment-corrected": _corrected,
    "payment-repaid": lambda settlement, body, at_s: on_repaid(settlement, body["how"], str(body["decided_by"]), at_s),
    "payment-gone": lambda settlement, _, at_s: gone_before(settlement, at_s),
    "payment-hold-ending": lambda settlement, _, at_s: hold_ending(settlement, at_s),
    "payment-hold-ended": lambda settlement, _, at_s: hold_ended(settlement, at_s),
}
