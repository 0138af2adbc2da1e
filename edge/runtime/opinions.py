"""What members say of products that they have bought: it stands in the book, and changes nothing in the core.

Enters: `OpinionSet`. Leaves: a `LedgerEntry` without postings. That they have bought it, the desk has looked at in the
book; who reads pages goes by the last word (`edge.facts.opinions`). Nobody speaks for who was deleted.
"""

from __future__ import annotations

from edge.keys import moment, unique
from edge.records import Effect, LedgerEntry, OpinionSet
from edge.state import State, refuse

OPINION = "opinion"


def opinion_set(state: State, record: OpinionSet, effects: list[Effect]) -> None:
    """Somebody says what a product is like, or what becomes of that."""
    if record.subject in state.gate.gone:
        refuse(state, "opinion of somebody who was deleted")
        return
    body: dict[str, object] = {
        "subject": record.subject, "sku": record.sku, "step": record.step, "by": record.by,
    }  # fmt: skip
    if record.step == "given":
        body |= {"stars": record.stars, "text": record.text}
    key = unique(state.named, moment(f"{OPINION}:{record.sku}:{record.subject}", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, OPINION, "", body))
