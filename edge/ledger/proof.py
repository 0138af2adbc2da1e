"""Does the book hold? Every entry in its order through everything that must be true.

Enters: entries as they were written. Leaves: faults. What is proved: numbers without gaps and an unbroken chain of
hashes; every entry sums to zero; a visit settles once, and its review comes before; a sale's lines, taxes and total
agree with each other and with its postings; every charged line names the shelf events behind it, or the person who
decided; no payment without an intent, none of another amount, none twice; nobody pays more than is owed.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from edge.checkout import Sale, receivable, sale_of
from edge.ledger.canon import FIRST_HASH, Written, chained
from edge.ledger.faults import BookFault
from edge.records import LedgerEntry


class Proof:
    """Takes entries one by one and keeps the faults. Memory grows with the visits, not with the entries."""

    def __init__(self) -> None:
        self.faults: list[BookFault] = []
        self.seq = 0
        self._hash = FIRST_HASH
        self._sales: dict[str, Sale] = {}
        self._reviewed: set[str] = set()
        self._paid: set[str] = set()
        self._owed: defaultdict[str, int] = defaultdict(int)
        self._currency = ""

    def take(self, written: Written) -> None:
        """The next entry of the book."""
        found = [*self._chain(written), *self._balance(written.entry), *self._meaning(written.entry)]
        self.faults += [BookFault(written.seq, written.entry.key, what) for what in found]

    def _chain(self, written: Written) -> list[str]:
        found = []
        if written.seq != self.seq + 1:
            found.append(f"comes after entry {self.seq}: entries are missing")
        if written.hash != chained(self._hash, written.seq, written.entry):
            found.append("its hash does not follow from its content and the entry before: the book was changed")
        self.seq, self._hash = written.seq, written.hash
        return found

    def _balance(self, entry: LedgerEntry) -> list[str]:
        found = []
        total = sum(posting.amount_minor for posting in entry.postings)
        if total:
            found.append(f"its postings sum to {total}, not to zero")
        if entry.postings:
            self._currency = self._currency or entry.currency
            if entry.currency != self._currency:
                found.append(f"is in {entry.currency}, the book in {self._currency}")
        for posting in entry.postings:
            if posting.account.startswith("receivable:"):
                self._owed[entry.visit] += posting.amount_minor
        if self._owed.get(entry.visit, 0) < 0:
            found.append(f"visit {entry.visit} has paid more than it owed")
        return found

    def _meaning(self, entry: LedgerEntry) -> list[str]:
        if entry.kind in ("settlement", "review"):
            try:
                sale = sale_of(entry.body)
            except msgspec.ValidationError as error:
                return [f"its body tells no sale: {error}"]
            return self._review(entry) if entry.kind == "review" else self._settlement(entry, sale)
        if entry.kind.startswith("payment-"):
            return self._payment(entry)
        return ["moves money, but is neither a settlement nor a payment"] if entry.postings else []

    def _review(self, entry: LedgerEntry) -> list[str]:
        found = ["a review moves no money, this one has postings"] if entry.postings else []
        if entry.visit in self._sales or entry.visit in self._reviewed:
            found.append(f"visit {entry.visit} was settled or reviewed before")
        self._reviewed.add(entry.visit)
        return found

    def _settlement(self, entry: LedgerEntry, sale: Sale) -> list[str]:
        found = [f"visit {entry.visit} settles a second time"] if entry.visit in self._sales else []
        self._sales.setdefault(entry.visit, sale)
        if entry.visit in self._reviewed and not sale.decided_by:
            found.append(f"visit {entry.visit} was in review, and nobody decided it")
        for line in sale.lines:
            if not line.events and not sale.decided_by:
                found.append(f"{line.sku} is charged without any shelf event behind it")
            if line.amount_minor != line.price_minor * line.quantity or line.quantity < 1:
                found.append(f"{line.sku}: {line.quantity} x {line.price_minor} is not {line.amount_minor}")
        return found + _sums(sale) + _legs(entry, sale)

    def _payment(self, entry: LedgerEntry) -> list[str]:
        found = []
        sale = self._sales.get(entry.visit)
        if sale is None and entry.visit not in self._reviewed:
            found.append(f"visit {entry.visit} has a payment without an intent before it")
        if not entry.postings:
            return found
        if entry.visit in self._paid:
            found.append(f"visit {entry.visit} is paid a second time")
        self._paid.add(entry.visit)
        taken = -sum(p.amount_minor for p in entry.postings if p.account.startswith("receivable:"))
        if sale is not None and taken != sale.total_minor:
            found.append(f"pays {taken}, the settlement says {sale.total_minor}")
        return found


def _sums(sale: Sale) -> list[str]:
    """Lines -> rates -> total, with the one rounding inside each rate."""
    found = []
    for group in sale.rates:
        if group.net_minor + group.tax_minor != group.gross_minor:
            found.append(f"rate {group.rate_ppm}: {group.net_minor} + {group.tax_minor} is not {group.gross_minor}")
        rate = (group.rate_ppm, group.reduced)
        lines_minor = sum(line.amount_minor for line in sale.lines if (line.rate_ppm, line.reduced) == rate)
        stated_minor = group.gross_minor if sale.issuer.prices_include_tax else group.net_minor
        if lines_minor != stated_minor:
            found.append(f"rate {group.rate_ppm}: its lines sum to {lines_minor}, it says {stated_minor}")
    total_minor = sum(group.gross_minor for group in sale.rates)
    if total_minor != sale.total_minor:
        found.append(f"its rates sum to {total_minor}, its total says {sale.total_minor}")
    return found


def _legs(entry: LedgerEntry, sale: Sale) -> list[str]:
    account = receivable(sale.subject)
    owed_minor = sum(posting.amount_minor for posting in entry.postings if posting.account == account)
    return [] if owed_minor == sale.total_minor else [f"{account} takes {owed_minor}, the sale says {sale.total_minor}"]
