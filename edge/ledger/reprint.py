"""Receipts out of the book: what a visit was charged and what became of it, without the store's files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from edge.checkout import Paid, PointsTold, Receipt, State, sale_of
from edge.ledger.book import Book
from edge.members import EARNED, KINDS, NEVER, SPENT
from edge.payment import Settlement, settlement_of, taken_back_minor
from edge.records import LedgerEntry

PAYS = ("charge", "capture")
"""Operations that pay for a visit."""


def receipt_of(book: Book, visit: str) -> Receipt | None:
    """The visit's receipt as things stand: the settlement, else the review; None where the visit has neither.

    It is dated as the visit left, whenever a person decided about it. The state and the provider's reference are those
    that the latest entry tells; of money that was first declined and is kept, the reference with which it was taken.
    """
    return receipt_among(visit, [written.entry for written in book.entries(visit=visit)])


def receipt_among(visit: str, entries: Sequence[LedgerEntry]) -> Receipt | None:
    """… out of all the visit's entries, in order, wherever they were read."""
    found: Receipt | None = None
    doubtful = ""
    for entry in entries:
        if entry.kind in ("review", "settlement"):
            sale = sale_of(entry.body)
            found = Receipt(visit, found.at_s if found else entry.at_s, sale.state, sale)
        elif entry.kind.startswith("payment-") and found is not None:
            said, reference, test = cast("str", entry.body.get("reference", "")), found.reference, found.test
            if entry.kind == "payment-approved" and entry.body.get("operation", "charge") in PAYS:
                reference, test = said, entry.body.get("test") is True
            elif entry.kind == "payment-contradiction" and entry.body["outcome"] == "approved":
                doubtful = said
            elif entry.kind == "payment-resolved" and entry.body["verdict"] == "kept":
                reference = doubtful
            found = Receipt(visit, found.at_s, cast("State", entry.body["state"]), found.sale, reference, test)
    if found is None:
        return None
    return _with_payments(replace(found, points=_points(entries)), settlement_of(entries))


def _points(entries: Iterable[LedgerEntry]) -> PointsTold | None:
    """What a visit meant for a member's points; None where nothing."""
    told: PointsTold | None = None
    for entry in entries:
        if entry.kind not in KINDS:
            continue
        body, told = cast("dict[str, Any]", entry.body), told or PointsTold()
        if entry.kind == SPENT:
            told = replace(told, spent=body["points"])
        elif entry.kind == EARNED:
            until = "" if body["until"] == NEVER.isoformat() else body["until"]
            told = replace(told, earned=body["points"], until=until)
        else:
            told = replace(told, given_back=told.given_back + body["given_back"],
                           taken_back=told.taken_back + body["taken_back"])  # fmt: skip
        told = replace(told, balance=body["balance"])
    return told


def _with_payments(receipt: Receipt, settlement: Settlement | None) -> Receipt:
    """… and how it was paid, and what was taken off it since."""
    if settlement is None or not (settlement.payments or settlement.corrected):
        return receipt
    taken = (payment for payment in settlement.payments if payment.state == "approved")
    return replace(
        receipt,
        payments=tuple(Paid(payment.amount_minor, payment.reference) for payment in taken),
        taken_back=settlement.corrected,
        taken_back_minor=taken_back_minor(settlement),
        given_back_minor=settlement.refunded_minor,
        lowered_minor=settlement.lowered_minor,
        open_minor=settlement.open_minor,
    )


def receipts(book: Book) -> list[Receipt]:
    """One receipt a visit, in the order in which the visits ended."""
    visits = dict.fromkeys(w.entry.visit for kind in ("review", "settlement") for w in book.entries(kind=kind))
    found = [receipt_of(book, visit) for visit in visits]
    return sorted((r for r in found if r is not None), key=lambda receipt: (receipt.at_s, receipt.visit))
