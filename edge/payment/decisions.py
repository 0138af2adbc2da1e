"""What a person decides about a visit that does not end without one.

Enters: a settlement as it stands, and a `SettlementDecided` off the wire. Leaves: the next settlement and its effects.
Refuses (`WrongMoment`) what the state table does not allow, a second decision among them, and (`ValueError`)
lines that cannot be charged; nothing has changed then.
"""

from __future__ import annotations

from edge.checkout.exchanges import in_words
from edge.checkout.sale import State
from edge.payment.settlement import Settlement, on_resolved, on_retry, on_reviewed, on_waived
from edge.records import Effect, SettlementDecided
from edge.store import Store

WAITS: dict[State, str] = {
    "review": "a person has to look at it",
    "declined": "the payment was declined",
    "unanswered": "the payment provider does not answer",
    "disputed": "the payment provider contradicts itself",
}
"""Why a visit waits for a person, where it does not say so itself."""

VERDICTS: dict[State, tuple[str, ...]] = {
    "review": ("charge", "waive"),
    "declined": ("waive",),
    "unanswered": ("retry", "waive"),
    "disputed": ("kept", "returned"),
}
"""What a person may decide in each state that waits for one."""


def why_waits(settlement: Settlement) -> str:
    """Why a visit waits for a person, as staff read it; empty where it does not."""
    return settlement.reason or WAITS["review"] if settlement.state == "review" else WAITS.get(settlement.state, "")


def why_exactly(settlement: Settlement) -> str:
    """… and with whom the visit may have been exchanged, and what hangs on it: of one visit, not to be counted by."""
    return "; ".join(part for part in (why_waits(settlement), in_words(settlement.exchanged)) if part)


def on_decided(settlement: Settlement, decided: SettlementDecided, store: Store) -> tuple[Settlement, list[Effect]]:
    """Carry a decision out. A charge names what is charged; what else the review lists is not."""
    by, at_s = decided.by, decided.at_s
    if decided.verdict == "charge" or (decided.verdict == "waive" and settlement.state == "review"):
        charged = _charged(decided)
        left = {sku: units - charged.get(sku, 0) for sku, units in settlement.listed.items()}
        withheld = {sku: units for sku, units in left.items() if units > 0}
        return on_reviewed(settlement, store, charged, withheld, settlement.cart, by, at_s)
    if decided.verdict == "waive":
        return on_waived(settlement, by, at_s)
    if decided.verdict == "retry":
        return on_retry(settlement, by, at_s)
    return on_resolved(settlement, decided.verdict, by, at_s)


def _charged(decided: SettlementDecided) -> dict[str, int]:
    charged: dict[str, int] = {}
    for sku, units in decided.lines:
        charged[sku] = charged.get(sku, 0) + units
    if decided.verdict == "charge" and not charged:
        raise ValueError("a charge names what is charged. To charge nothing, waive the visit")
    if decided.verdict == "waive" and charged:
        raise ValueError("who waives a visit charges nothing")
    return charged
