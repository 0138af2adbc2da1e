"""Why a visit is looked at by a person, as a kind that a receipt has words for.

Enters: the reason as it stands in the book, written for staff. Leaves: one of a few kinds. The book's text is what
there is, also in books of last year, so the kind is read out of it; one that nobody knows is *other*, always true.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Why: TypeAlias = Literal["unseen", "identity", "lines", "price", "stopped", "age", "other"]

_SAID: tuple[tuple[str, Why], ...] = (
    ("nobody saw them leave", "unseen"),
    ("who left is only", "identity"),
    ("that they are old enough", "age"),
    ("the runtime was stopped", "stopped"),
    ("no tax rate", "price"),
    ("which nobody owes", "price"),
    (" less than ", "lines"),
)
"""What stands in a reason, the most particular first."""


def kind_of(reason: str) -> Why:
    """The kind of a reason."""
    return next((kind for words, kind in _SAID if words in reason), "other")
