"""The book: every settlement and payment, append-only, on SQLite.

Enters: ledger entries. Leaves: the same entries, balances, receipts, a canonical export, a proof that it all holds.
Refuses: anything that does not balance or contradicts what is written. Last in the flow: nothing comes after the book.
"""

from edge.ledger.book import Book
from edge.ledger.canon import Written
from edge.ledger.faults import BookFault, ContradictoryEntry, UnbalancedEntry, UnusableLedger
from edge.ledger.reprint import receipt_of, receipts
from edge.ledger.waiting import not_over, payments, settlement_in, who_waits

__all__ = [
    "Book",
    "BookFault",
    "ContradictoryEntry",
    "UnbalancedEntry",
    "UnusableLedger",
    "Written",
    "not_over",
    "payments",
    "receipt_of",
    "receipts",
    "settlement_in",
    "who_waits",
]
