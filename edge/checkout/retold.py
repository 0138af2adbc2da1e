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
from edge.checkout.settlement import (
    TABLE,
    Settlement,
    WrongMoment,
    answered,
    ask_again,
    give_up,
    on_resolved,
    on_waived,
)
from edge.records import CartLine, Effect, LedgerEntry, PaymentReply

Outcome = tuple[Settlement, list[Effect]]


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


def retold(settlement: Settlement | None, entry: LedgerEntry) -> tuple[Settlement, LedgerEntry]:
    """What an entry makes of a settlement (None: of a visit that just ended), and the entry as it should read.

    `WrongMoment` where it cannot have happened then, `ValueError` where its body tells nothing that could.
    """
    if entry.kind in ("review", "settlement"):
        return _told_sale(settlement, entry)
    happened = _HAPPENED.get(entry.kind)
    if happened is None or settlement is None:
        raise WrongMoment(f"visit {entry.visit} has a payment without an intent before it")
    try:
        moved, effects = happened(settlement, entry.body, entry.at_s)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise ValueError(f"its body does not tell what happened: {error!r}") from error
    for effect in effects:
        if isinstance(effect, LedgerEntry):
            return moved, effect
    raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: {entry.kind} cannot have happened then")


def _told_sale(before: Settlement | None, entry: LedgerEntry) -> tuple[Settlement, LedgerEntry]:
    sale = sale_of(entry.body)
    review = entry.kind == "review"
    if before is not None and (review or before.state != "review"):
        raise WrongMoment(f"visit {entry.visit} was settled or reviewed before")
    if review:
        state = TABLE["new", "doubtful"]
    elif before is None:
        state = TABLE["new", "owes" if sale.total_minor else "owes_nothing"]
    else:
        state = TABLE["review", "charge" if sale.total_minor else "waive"]
    currency, asked = sale.issuer.currency, state == "asked"
    settlement = Settlement(
        entry.visit, sale.subject, state, sale.total_minor, currency, sale.key, int(asked),
        entry.at_s if asked else 0.0, contradictions=before.contradictions if before is not None else 0,
    )  # fmt: skip
    if review:
        settlement = replace(
            settlement, reason=sale.reason, cart=_cart_in(sale), left_s=entry.at_s, prices=promised_by(sale),
            exchanged=sale.exchanged,
            timezone=sale.issuer.timezone, stay=sale.stay,
        )  # fmt: skip
    postings = () if review else sale_postings(sale)
    body = {**entry.body, "state": state}
    key = f"{entry.kind}:{entry.visit}"
    return settlement, LedgerEntry(key, entry.at_s, entry.kind, entry.visit, body, postings, currency)


def _cart_in(sale: Sale) -> tuple[CartLine, ...]:
    """What the visit was believed to hold, as far as its sale tells."""
    lines: tuple[SoldLine | WithheldLine, ...] = (*sale.lines, *sale.withheld)
    return tuple(
        CartLine(line.sku, line.quantity, line.certainty, line.events, line.what, line.who, line.rival)
        for line in lines
    )


def _asked(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    """Once more, because nobody answered, or because a person wanted it."""
    event = TABLE.get((settlement.state, "retry" if settlement.state == "unanswered" else "no_answer"))
    if event is None:
        raise WrongMoment(f"visit {settlement.visit} is {settlement.state}: nobody asks for money then")
    return ask_again(replace(settlement, state=event), at_s, str(body["decided_by"]))


def _replied(settlement: Settlement, body: Mapping[str, Any], at_s: float) -> Outcome:
    reply = msgspec.convert(
        {"received_s": at_s, "at_s": at_s, "settlement": settlement.visit, "outcome": body["outcome"],
         "reference": body["reference"]}, PaymentReply,
    )  # fmt: skip
    return answered(settlement, reply)


_HAPPENED: dict[str, Callable[[Settlement, Mapping[str, Any], float], Outcome]] = {
    "payment-asked": _asked,
    "payment-unanswered": lambda settlement, _, at_s: give_up(settlement, at_s),
    "payment-approved": _replied,
    "payment-declined": _replied,
    "payment-contradiction": _replied,
    "payment-resolved": lambda settlement, body, at_s: on_resolved(
        settlement, body["verdict"], str(body["decided_by"]), at_s
    ),
    "payment-waived": lambda settlement, body, at_s: on_waived(settlement, str(body["decided_by"]), at_s),
}
