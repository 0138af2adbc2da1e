"""The way back to the state before a record that the core could not digest.

`step` changes the state in place, so a record that raises half-way leaves something that was never a shop. Enters: the
state now and then, as bytes, and every moment that was stepped since. Leaves: the state as it was before the last one,
found by stepping the others once more. The same moments give the same state wherever the bytes were taken: a live
shop, its recovery and its replay come to the same.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from edge.records import Effect, Record, WeightBatch
from edge.runtime import finish, step
from edge.state import State, freeze, thaw
from edge.store import Store

KEPT_S = 60.0
"""So much of the past is stepped once more at most: a second or two."""

KEPT_VALUES = 4_000_000
"""… and never more numbers than this: 32 MiB of samples."""

Moment: TypeAlias = Record | float
"""What a state goes on from: a record, or time that passed up to then (UNIX seconds) without one."""


def go_on(state: State, store: Store, moment: Moment) -> list[Effect]:
    """What follows from a moment; the state is changed in place, and half changed where this raises."""
    return finish(state, store, moment) if isinstance(moment, float) else step(state, store, moment)


class Retrace:
    """Remembers a state, and what it went on from since."""

    def __init__(self) -> None:
        self._frozen = b""
        self._since: list[tuple[Store, Moment]] = []
        self._values = 0
        self._until_s = -math.inf

    def forget(self) -> None:
        """The state was changed by other means than moments: what was remembered does not lead to it."""
        self._frozen, self._since = b"", []

    def before(self, state: State, store: Store, moment: Moment) -> None:
        """A state is about to go on from a moment."""
        if isinstance(moment, float):
            at_s = moment
        else:
            at_s = moment.received_s
            if isinstance(moment, WeightBatch):
                self._values += moment.mass_g.size
        if at_s >= self._until_s or self._values > KEPT_VALUES or not self._frozen:
            self._frozen, self._since = freeze(state), []
            self._values, self._until_s = 0, at_s + KEPT_S
        self._since.append((store, moment))

    def back(self) -> State:
        """The state before the last moment, which did not come to its end."""
        state = thaw(self._frozen)
        for store, moment in self._since[:-1]:
            go_on(state, store, moment)
        return state
