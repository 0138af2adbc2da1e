"""The states of a visit, as a table: what does not stand here does not happen."""

from __future__ import annotations

from typing import Literal

VisitState = Literal["admitted", "shopping", "leaving", "closed", "expired"]
VisitEvent = Literal["passed_in", "nobody_came", "one_left", "last_left", "lost", "shelves_settled"]

TABLE: dict[tuple[VisitState, VisitEvent], VisitState] = {
    ("admitted", "passed_in"): "shopping",
    ("admitted", "nobody_came"): "expired",
    ("shopping", "passed_in"): "shopping",
    ("shopping", "one_left"): "shopping",
    ("shopping", "last_left"): "leaving",
    ("shopping", "lost"): "leaving",
    ("leaving", "shelves_settled"): "closed",
}


def after(state: VisitState, event: VisitEvent) -> VisitState:
    """The next state; `KeyError` where the event cannot happen in this state: a broken invariant."""
    return TABLE[state, event]
