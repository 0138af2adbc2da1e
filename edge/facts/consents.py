"""What members allow, by the book's last word.

Enters: the book. Leaves: purposes by member; a member who never said anything allows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.ledger import Book


def consents_in(book: Book) -> dict[str, frozenset[str]]:
    """Member -> what they allow; whoever allows nothing does not stand here."""
    given: dict[str, frozenset[str]] = {}
    for written in book.entries(kind="consent"):
        body = written.entry.body
        subject, purpose = str(body["subject"]), str(body["purpose"])
        before = given.get(subject, frozenset())
        given[subject] = before | {purpose} if body["given"] else before - {purpose}
    for _, gone in book.facts("member-deleted", "subject"):
        given.pop(str(gone), None)
    return {subject: purposes for subject, purposes in given.items() if purposes}
