"""What members allow the shop to do with their history: it stands in the book, and changes nothing in the core.

Enters: `ConsentSet`. Leaves: a `LedgerEntry` without postings. Who may say it, the desk has looked at; projections
(`edge.insight`) go by the last word.
"""

from __future__ import annotations

from edge.keys import moment, unique
from edge.records import ConsentSet, Effect, LedgerEntry
from edge.state import State

CONSENT = "consent"


def consent_set(state: State, record: ConsentSet, effects: list[Effect]) -> None:
    """A member has given or taken back a consent."""
    body: dict[str, object] = {
        "subject": record.subject, "purpose": record.purpose, "given": record.given, "by": record.by,
    }  # fmt: skip
    key = unique(state.named, moment(f"{CONSENT}:{record.purpose}:{record.subject}", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, CONSENT, "", body))
