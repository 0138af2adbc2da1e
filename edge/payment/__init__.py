"""The life of a visit's money: what is asked for, what the provider and people say about it, and where it stands.

Enters: the store, what an ended visit is charged and what is withheld, the provider's replies, the time, decisions.
Leaves: a `Settlement` for the runtime to keep, ledger entries, payment requests. Refuses to guess: a payment without an
answer stays unknown, a visit in doubt goes to review, and neither is ever charged twice.

`operation` is the table of one request, `settlement` that of a visit's money, `asking` what is asked for next, `holds`
reserves, `leaving` ends a visit, `replies` hears the provider and the time, `refunds` takes back and `papers` are what
the shopper is given of that, `payouts` what reaches the bank, `tabs` what members pay of their tabs, `debts` is what is
still owed, `decisions` is what a person may do, `postings` what all of it is in the book, `retold` reads it back from
there. No clock, disk, network or randomness: the same calls give the same entries. ``docs/payment.md`` tells of it all.
"""

from edge.payment.debts import Debt, debts, debts_of, retry_at_entry, retry_declined, uncollected_minor
from edge.payment.decisions import (
    VERDICTS,
    may,
    on_decided,
    on_released,
    on_resolved,
    on_retry,
    on_waived,
    why_exactly,
    why_waits,
)
from edge.payment.holds import begin_hold, hold_minor, visit_gone
from edge.payment.leaving import on_reviewed, open_settlement, review_settlement, terms_of
from edge.payment.operation import OPERATION_TABLE, Operation
from edge.payment.papers import papers_of
from edge.payment.payouts import PAYOUT, payout_entry, payout_name, payout_retold
from edge.payment.refunds import left_of, taken_back_minor
from edge.payment.replies import deadline_s, due_s, look_up_next, looked_up, on_reply, on_time
from edge.payment.retold import retold, settlement_of, tells_money
from edge.payment.settlement import (
    CONTRADICTIONS,
    NEEDS_STAFF,
    TABLE,
    Settlement,
    WrongMoment,
    needs_staff,
    open_operations,
    operation_of,
)
from edge.payment.tabs import TAB_SETTLED, tab_settled_entry, tab_settled_name, tab_settled_retold

__all__ = [
    "CONTRADICTIONS",
    "NEEDS_STAFF",
    "OPERATION_TABLE",
    "PAYOUT",
    "TABLE",
    "TAB_SETTLED",
    "VERDICTS",
    "Debt",
    "Operation",
    "Settlement",
    "WrongMoment",
    "begin_hold",
    "deadline_s",
    "debts",
    "debts_of",
    "due_s",
    "hold_minor",
    "left_of",
    "look_up_next",
    "looked_up",
    "may",
    "needs_staff",
    "on_decided",
    "on_released",
    "on_reply",
    "on_resolved",
    "on_retry",
    "on_reviewed",
    "on_time",
    "on_waived",
    "open_operations",
    "open_settlement",
    "operation_of",
    "papers_of",
    "payout_entry",
    "payout_name",
    "payout_retold",
    "retold",
    "retry_at_entry",
    "retry_declined",
    "review_settlement",
    "settlement_of",
    "tab_settled_entry",
    "tab_settled_name",
    "tab_settled_retold",
    "taken_back_minor",
    "tells_money",
    "terms_of",
    "uncollected_minor",
    "visit_gone",
    "why_exactly",
    "why_waits",
]
