"""What a member has bought, over all visits: a product a line, to find again what one liked.

Enters: the book, and the visits that are theirs. Leaves: JSON-ready facts; what was taken back is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edge.ledger.reprint import receipt_of

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]


def bought_in(book: Book, visits: Iterable[str]) -> list[Row]:
    """Each product that was sold on these visits and kept, what was bought last standing first: how many ``units`` on
    how many visits (``times``), the ``visit`` on which it was last, when that was (UNIX seconds), and its names then.
    """
    rows: dict[str, Row] = {}
    for visit in visits:
        receipt = receipt_of(book, visit)
        if receipt is None or receipt.state == "review":
            continue
        gone = dict(receipt.taken_back)
        for line in receipt.sale.lines:
            units = line.quantity - gone.get(line.sku, 0)
            if units < 1:
                continue
            row = rows.setdefault(line.sku, {"sku": line.sku, "units": 0, "times": 0, "at_s": 0.0})
            row["units"] += units
            row["times"] += 1
            if receipt.at_s >= row["at_s"]:
                row |= {"at_s": receipt.at_s, "visit": visit, "names": line.names}
    return sorted(rows.values(), key=lambda row: (-row["at_s"], row["sku"]))


def who_bought(book: Book, sku: str) -> list[str]:
    """Everybody who has bought a product, whatever became of it, by name."""
    found = (written.entry.body for written in book.entries(kind="settlement"))
    return sorted({str(body["subject"]) for body in found if any(x["sku"] == sku for x in _lines(body))})


def _lines(body: dict[str, Any]) -> list[Row]:
    return list(body.get("lines", ()))
