"""When somebody who is inside held a product in their hands, by what the shop's own scales felt.

Enters: the book, their visit, a product. Leaves: JSON-ready facts, each with how sure the shop is. Only what the
likeliest explanation of a shelf event says, and nothing that is less than likely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.ledger import Book

LIKELY = 0.5


def held_in(book: Book, visit: str, sku: str) -> list[dict[str, Any]]:
    """Each time (UNIX seconds), how many units were taken (negative: put back), and how surely; the newest first."""
    found = []
    for written in book.entries(kind="shelf-event", visit=visit):
        explanations: Any = written.entry.body["explanations"]
        if not explanations or explanations[0]["probability"] < LIKELY:
            continue
        shares = explanations[0]["shares"]
        units = sum(share["quantity"] for share in shares if share["visit"] == visit and share["sku"] == sku)
        if units:
            certainty = explanations[0]["probability"]
            found.append({"at_s": written.entry.at_s, "quantity": units, "certainty": certainty})
    return sorted(found, key=lambda each: -float(each["at_s"]))
