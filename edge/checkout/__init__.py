"""Price, tax, payment, receipt: what a visit owes and what becomes of it.

Enters: the store, what an ended visit is charged and what is withheld, the provider's replies, the time. Leaves: a
`Settlement` for the runtime to keep, ledger entries, payment requests, receipts. Refuses to guess: a payment without an
answer stays unknown, a visit in doubt goes to review, and neither is ever charged twice.

`bill` prices a cart, `sale` is what the book keeps of it, `settlement` is the state table, `decisions` is what a person
may do in it, `exchanges` tells them with whom a visit may have been exchanged, `retold` reads it back from the book,
`receipt` (on `roll`, with `words`) tells the shopper. No clock, disk, network or randomness: the same calls give the
same entries.
"""

from edge.checkout.bill import Bill, BillLine, RateGroup, UnpricedSale, make_bill
from edge.checkout.decisions import VERDICTS, on_decided, why_exactly, why_waits
from edge.checkout.exchanges import LANGUAGES, in_words
from edge.checkout.receipt import Receipt, receipt_json, receipt_text
from edge.checkout.retold import retold, settlement_of, tells_money
from edge.checkout.sale import (
    PROVIDER_ACCOUNT,
    Issuer,
    Sale,
    SoldDiscount,
    SoldLine,
    State,
    WithheldLine,
    promised_by,
    receivable,
    sale_of,
)
from edge.checkout.settlement import (
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
from edge.checkout.shown import shown_sum

__all__ = [
    "CONTRADICTIONS",
    "LANGUAGES",
    "NEEDS_STAFF",
    "PROVIDER_ACCOUNT",
    "TABLE",
    "VERDICTS",
    "Bill",
    "BillLine",
    "Issuer",
    "RateGroup",
    "Receipt",
    "Sale",
    "Settlement",
    "SoldDiscount",
    "SoldLine",
    "State",
    "UnpricedSale",
    "WithheldLine",
    "WrongMoment",
    "deadline_s",
    "in_words",
    "make_bill",
    "on_decided",
    "on_reply",
    "on_resolved",
    "on_retry",
    "on_reviewed",
    "on_time",
    "on_waived",
    "open_settlement",
    "promised_by",
    "receipt_json",
    "receipt_text",
    "receivable",
    "retold",
    "review_settlement",
    "sale_of",
    "settlement_of",
    "shown_sum",
    "tells_money",
    "terms_of",
    "why_exactly",
    "why_waits",
]
