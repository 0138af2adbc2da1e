"""The papers of what was taken back from a visit, out of its entries: one for each time that a person did so.

Enters: a visit's entries in their order. Leaves: a return invoice for what was brought back, a corrected receipt for
what was never taken (`edge.checkout.papers`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from edge.checkout import Paper, Part, Sale
from edge.payment.refunds import paid_for, remaining_rate, taken_back
from edge.payment.retold import retold, tells_money
from edge.payment.settlement import Settlement
from edge.records import LedgerEntry, RefundReason


def papers_of(entries: Iterable[LedgerEntry]) -> list[Paper]:
    """The oldest first. What cannot have been is left out: `edge.ledger`'s proof is for that."""
    found: list[Paper] = []
    settlement: Settlement | None = None
    sold_s = 0.0
    for entry in entries:
        if not tells_money(entry):
            continue
        before = settlement
        try:
            settlement, _ = retold(settlement, entry)
        except ValueError:
            continue
        if entry.kind in ("review", "settlement"):
            sold_s = sold_s or entry.at_s
        elif entry.kind == "payment-corrected" and before is not None and before.sale is not None:
            found.append(_paper(before, before.sale, entry, sold_s))
    return found


def _paper(before: Settlement, sale: Sale, entry: LedgerEntry, sold_s: float) -> Paper:
    told = cast("list[Mapping[str, object]]", entry.body["lines"])
    wanted = Counter({str(line["sku"]): cast("int", line["quantity"]) for line in told})
    gone = Counter(dict(before.corrected))
    after = gone + wanted
    parts, left = [], []
    for line in sale.lines:
        paid_before, paid_after = paid_for(line, gone[line.sku]), paid_for(line, after[line.sku])
        if wanted[line.sku]:
            parts.append(Part(line, wanted[line.sku], paid_after - paid_before))
        if line.quantity > after[line.sku]:
            left.append(Part(line, line.quantity - after[line.sku], line.amount_minor - paid_after))
    groups = taken_back(before, tuple(wanted.items()))
    rates = tuple(group for group in groups if group.gross_minor or group.net_minor)
    left_rates = tuple(remaining_rate(sale, group, after) for group in sale.rates)
    return Paper(
        entry.visit,
        before.corrections + 1,
        cast("RefundReason", entry.body["reason"]),
        entry.at_s,
        sold_s,
        sale,
        tuple(parts),
        rates,
        tuple(left),
        tuple(group for group in left_rates if group.gross_minor),
        str(entry.body["decided_by"]),
    )
