"""Doubts about who is who, told to the belief in their order, and when they matter."""

from __future__ import annotations

from edge.attribution import confuse, measure
from edge.floor import Confusion, Stature, doubts_now
from edge.state import State

DOUBT_LAG_S = 1.0
"""Doubt about identity takes effect this much later, when the shelf events from before it have been told."""


def doubt(state: State, until_s: float) -> None:
    """Doubts about identity, and what speaks to them, in their order."""
    due: list[Confusion | Stature] = [d for d in state.confusions if d.at_s <= until_s]
    due += [d for d in state.statures if d.at_s <= until_s]
    if due:
        state.confusions = [d for d in state.confusions if d.at_s > until_s]
        state.statures = [d for d in state.statures if d.at_s > until_s]
        for told in sorted(due, key=lambda d: d.at_s):
            if isinstance(told, Confusion):
                confuse(state.belief, told)
            else:
                measure(state.belief, told)


def doubt_now(state: State, tracks: set[int]) -> None:
    """These people matter now: what is not sure about them yet is taken as it stands."""
    for told in doubts_now(state.floor, tracks, state.now_s):
        confuse(state.belief, told)
