"""An onlooker: watches what the core does, and nothing that the shop sells needs it.

Enters: what the driver's observers get. Leaves: nothing but what the onlooker keeps. One that raises is let go until
the shop is started again, and staff are told; in the core's own thread it would stop the shop, and once more after each
restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from edge.driver import Observer
from edge.records import Effect, Record
from edge.state import State
from edge.told import Sentence, told

log = structlog.get_logger("tebura")


class Onlooker:
    """``observer`` by its ``name``, a source of trouble; ``trouble`` is told of it."""

    def __init__(self, name: str, observer: Observer, trouble: Callable[[str, Sentence], None]) -> None:
        self._name, self._trouble = name, trouble
        self._observer: Observer | None = observer

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        if self._observer is None:
            return
        try:
            self._observer(state, record, effects)
        except Exception as error:
            self._observer = None
            log.exception("an onlooker is let go", onlooker=self._name)
            self._trouble(self._name, told(
                "it broke ({error!r}) and is left out until the shop is started again. Sales go on. Please report it",
                error=error,
            ))  # fmt: skip
