"""The life of a visit's money: what is asked for, what the provider and people say about it, and where it stands.

Enters: the store, what an ended visit is charged and what is withheld, the provider's replies, the time, decisions.
Leaves: a `Settlement` for the runtime to keep, ledger entries, payment requests. Refuses to guess: a payment without an
answer stays unknown, a visit in doubt goes to review, and neither is ever charged twice.

`settlement` is the state table, `decisions` is what a person may do in it, `retold` reads it back from the book. No
clock, disk, network or randomness: the same calls give the same entries.
"""

from edge.payment.decisions import VERDICTS, on_decided, why_exactly, why_waits
from edge.payment.retold import retold, settlement_of, tells_money
from edge.payment.settlement import (
    CONTRADICTIONS,
    NEEDS_STAFF,
    TABLE,
    Settlement,
    WrongMoment,
    deadline_s,
    on_reply,
    on_resolved,
    on_retry,
    on_reviewed,
    on_time,
    on_waived,
    open_settlement,
    review_settlement,
    terms_of,
)

__all__ = [
    "CONTRADICTIONS",
    "NEEDS_STAFF",
    "TABLE",
    "VERDICTS",
    "Settlement",
    "WrongMoment",
    "deadline_s",
    "on_decided",
    "on_reply",
    "on_resolved",
    "on_retry",
    "on_reviewed",
    "on_time",
    "on_waived",
    "open_settlement",
    "retold",
    "review_settlement",
    "settlement_of",
    "tells_money",
    "terms_of",
    "why_exactly",
    "why_waits",
]
