"""What the provider has paid out to the shop's bank: told by a person, who has the bank's statement.

Enters: a `PayoutBooked` off the wire. Leaves: the entry. Nothing is ever assumed to have been paid out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge.keys import moment
from edge.payment.postings import payout_postings
from edge.records import LedgerEntry, PayoutBooked

PAYOUT: Final = "payout"


def payout_name(booked: PayoutBooked) -> str:
    """What the book calls it, as long as no other was booked at the very same moment."""
    return moment(PAYOUT, booked.at_s)


def payout_entry(key: str, booked: PayoutBooked, currency: str) -> LedgerEntry:
    """Its entry under a key."""
    body: dict[str, object] = {
        "amount_minor": booked.amount_minor,
        "fee_minor": booked.fee_minor,
        "decided_by": booked.by,
        "note": booked.note,
    }
    return LedgerEntry(
        key, booked.at_s, PAYOUT, "", body, payout_postings(booked.amount_minor, booked.fee_minor), currency
    )


def payout_retold(entry: LedgerEntry) -> LedgerEntry:
    """The entry as it should read by its own body. `ValueError` where that tells no payout."""
    body: Mapping[str, Any] = entry.body
    amount_minor, fee_minor = body.get("amount_minor"), body.get("fee_minor")
    if not (isinstance(amount_minor, int) and isinstance(fee_minor, int) and amount_minor > 0 and fee_minor >= 0):
        raise ValueError("its body tells no payout")
    told = PayoutBooked(
        entry.at_s, entry.at_s, amount_minor, fee_minor, str(body.get("decided_by", "")), str(body.get("note", ""))
    )
    key = entry.key if entry.key.partition("+")[0] == payout_name(told) else payout_name(told)
    return payout_entry(key, told, entry.currency)
