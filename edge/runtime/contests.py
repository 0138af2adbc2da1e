"""What shoppers say against a cart or a receipt, and what staff answer: it stands in the book, and moves no money.

Enters: `VisitContested` and `ContestAnswered`. Leaves: `LedgerEntry`s without postings, of which staff are alerted. The
core remembers nothing of it and looks at no cart: whether somebody may say it, and what becomes of it, persons decide,
and a correction is a decision like any other.
"""

from __future__ import annotations

from edge.keys import moment, unique
from edge.records import ContestAnswered, Effect, LedgerEntry, VisitContested
from edge.state import State

CONTESTED, ANSWERED = "contested", "contest-answered"


def contested(state: State, record: VisitContested, effects: list[Effect]) -> None:
    """A shopper says that something is wrong."""
    body: dict[str, object] = {
        "subject": record.subject,
        "about": record.about,
        "lines": [{"sku": sku, "quantity": units} for sku, units in record.lines],
        "message": record.message,
    }
    key = unique(state.named, moment(f"{CONTESTED}:{record.visit}", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, CONTESTED, record.visit, body))


def contest_answered(state: State, record: ContestAnswered, effects: list[Effect]) -> None:
    """Staff have answered."""
    body: dict[str, object] = {"contest": record.contest, "by": record.by, "message": record.message}
    key = unique(state.named, moment(f"{ANSWERED}:{record.visit}", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, ANSWERED, record.visit, body))
