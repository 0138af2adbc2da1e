"""What a member has paid of their tab: told by a person, who has the payroll, the bank's statement or the till.

Enters: a `TabSettled` off the wire. Leaves: the entry. Nothing is ever assumed to have been paid.
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge.keys import moment
from edge.payment.postings import tab_settled_postings
from edge.records import LedgerEntry, TabSettled

TAB_SETTLED: Final = "tab-settled"


def tab_settled_name(settled: TabSettled) -> str:
    """What the book calls it, as long as no other was booked at the very same moment."""
    return moment(TAB_SETTLED, settled.at_s)


def tab_settled_entry(key: str, settled: TabSettled, currency: str) -> LedgerEntry:
    """Its entry under a key."""
    body: dict[str, object] = {
        "subject": settled.subject,
        "amount_minor": settled.amount_minor,
        "how": settled.how,
        "decided_by": settled.by,
        "note": settled.note,
    }
    postings = tab_settled_postings(settled.subject, settled.amount_minor, settled.how)
    return LedgerEntry(key, settled.at_s, TAB_SETTLED, "", body, postings, currency)


def tab_settled_retold(entry: LedgerEntry) -> LedgerEntry:
    """The entry as it should read by its own body. `ValueError` where that tells no settlement of a tab."""
    told = {**entry.body, "by": entry.body.get("decided_by"), "received_s": entry.at_s, "at_s": entry.at_s}
    try:
        settled = msgspec.convert(told, TabSettled)
    except msgspec.ValidationError as error:
        raise ValueError(f"its body tells no settlement of a tab: {error}") from error
    if settled.amount_minor < 1 or not settled.subject:
        raise ValueError("its body tells no settlement of a tab: nobody pays nothing")
    name = tab_settled_name(settled)
    return tab_settled_entry(entry.key if entry.key.partition("+")[0] == name else name, settled, entry.currency)
