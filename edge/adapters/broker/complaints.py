"""What staff should hear of who stands at the embedded broker's door, from the broker's process to the runtime.

Enters: who was refused there, and why; who got in after all. Leaves: lines of JSON on stdout, one a change, which
`edge.adapters.broker.embedded` hands on as troubles. A complaint ends when its device comes in, or when it has not come
back for `FORGOTTEN_S`: somebody who gave up is nobody's trouble. There are no more complaints than the store has users,
and one for all strangers together.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final

from edge.told import Sentence

STRANGER: Final = "?"
"""Whoever is none of the store's users."""

FORGOTTEN_S: Final = 600.0


def say_complaint(user: str, why: str) -> str:
    """One line; ``why`` is empty where all is well again."""
    return json.dumps({"user": user, "why": why})


class Complaints:
    """Of a running event loop. ``say`` takes a line to the runtime."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._open: dict[str, tuple[str, asyncio.TimerHandle]] = {}

    def about(self, user: str, why: Sentence, forget_s: float = FORGOTTEN_S) -> None:
        """Something is wrong with this user, for ``forget_s`` from now unless it is said again."""
        before = self._open.pop(user, None)
        if before is not None:
            before[1].cancel()
        timer = asyncio.get_running_loop().call_later(forget_s, self.over, user)
        self._open[user] = (why, timer)
        if before is None or before[0] != why:
            self._say(say_complaint(user, why))

    def over(self, user: str) -> None:
        """All is well with this user."""
        before = self._open.pop(user, None)
        if before is not None:
            before[1].cancel()
            self._say(say_complaint(user, ""))
