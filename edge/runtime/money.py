"""What is remembered of visits' money, and when it has to be looked at again.

Thousands of settlements may be remembered, debts for years; time concerns the few that wait for something. Whoever
changes one says so here.
"""

from __future__ import annotations

from edge.payment import Settlement, deadline_s, due_s
from edge.state import State
from edge.store import Store


def keep(state: State, store: Store, settlement: Settlement) -> None:
    """A visit's money stands like that from now on."""
    state.settlements[settlement.visit] = settlement
    at_s = due_s(settlement, store)
    if at_s is None:
        state.due_s.pop(settlement.visit, None)
        return
    state.due_s[settlement.visit] = at_s
    soon_s = deadline_s(settlement, store)
    if soon_s is not None:
        state.busy_at_s = min(state.busy_at_s, soon_s)


def forget(state: State, visit: str) -> None:
    """Nobody will ask about a visit's money soon; the book has it."""
    del state.settlements[visit]
    state.due_s.pop(visit, None)


def keep_all(state: State, store: Store) -> None:
    """Find out anew when to look: after a stop, with whatever policy the shop has now."""
    state.due_s = {}
    for settlement in list(state.settlements.values()):
        keep(state, store, settlement)
