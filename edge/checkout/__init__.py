"""Price, tax, receipt: what a visit owes, and how it is told.

Enters: the store, what an ended visit is charged and what is withheld. Leaves: the bill, the sale that the book keeps,
receipts. What becomes of it is for `edge.payment`.

`bill` prices a cart, `sale` is what the book keeps of it, `exchanges` tells a person with whom a visit may have been
exchanged, `receipt` and `papers` (on `roll`, with `words`) tell the shopper. No clock, disk, network or randomness: the
same calls give the same.
"""

from edge.checkout.bill import Bill, BillLine, RateGroup, UnpricedSale, make_bill
from edge.checkout.exchanges import LANGUAGES, in_words
from edge.checkout.papers import Paper, Part, paper_json, paper_text
from edge.checkout.receipt import Paid, PointsTold, Receipt, receipt_json, receipt_text
from edge.checkout.sale import (
    PROVIDER_ACCOUNT,
    Issuer,
    Sale,
    SoldDiscount,
    SoldLine,
    SoldPoints,
    State,
    WithheldLine,
    earned_with,
    promised_by,
    receivable,
    sale_of,
)
from edge.checkout.shown import shown_sum

__all__ = [
    "LANGUAGES",
    "PROVIDER_ACCOUNT",
    "Bill",
    "BillLine",
    "Issuer",
    "Paid",
    "Paper",
    "Part",
    "PointsTold",
    "RateGroup",
    "Receipt",
    "Sale",
    "SoldDiscount",
    "SoldLine",
    "SoldPoints",
    "State",
    "UnpricedSale",
    "WithheldLine",
    "earned_with",
    "in_words",
    "make_bill",
    "paper_json",
    "paper_text",
    "promised_by",
    "receipt_json",
    "receipt_text",
    "receivable",
    "sale_of",
    "shown_sum",
]
