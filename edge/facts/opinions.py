"""What members say of products, by the book: one a member and product, the last that they said.

Enters: the book, and who reads what is sealed. Leaves: JSON-ready facts; who was deleted says nothing. Whether somebody
has bought a product, the book says too: what was taken back was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.facts.bought import bought_in
from edge.facts.visits import Words

if TYPE_CHECKING:
    from edge.ledger import Book

Row = dict[str, Any]


def opinions_in(book: Book, words: Words) -> list[Row]:
    """All of them, the newest first. ``shown``: anybody may read it."""
    said: dict[tuple[str, str], Row] = {}
    for written in book.entries(kind="opinion"):
        body, at_s = written.entry.body, written.entry.at_s
        whose = (str(body["sku"]), str(body["subject"]))
        if body["step"] == "given":
            said[whose] = {
                "sku": whose[0], "subject": whose[1], "stars": body["stars"], "text": body["text"], "at_s": at_s,
                "shown": False, "by": "",
            }  # fmt: skip
        elif body["step"] == "deleted":
            said.pop(whose, None)
        elif whose in said:
            said[whose] |= {"shown": True, "by": body["by"]}
    gone = {subject for _, subject in book.facts("member-deleted", "subject")}
    rows = [row | {"text": words(row["subject"], row["text"])} for row in said.values() if row["subject"] not in gone]
    return sorted(rows, key=lambda row: -row["at_s"])


def has_bought(book: Book, subject: str, sku: str) -> bool:
    """Whether somebody has bought a product, and kept it."""
    visits = dict.fromkeys(visit for visit, whose in book.facts("settlement", "subject") if whose == subject)
    return any(row["sku"] == sku for row in bought_in(book, visits))
