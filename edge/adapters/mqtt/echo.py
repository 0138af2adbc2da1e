"""What should come from the broker and does not: a read right that is missing and that nobody says is missing.

Enters: what was subscribed to, what came, and when the broker confirmed our own ``runtime/status``. Leaves: what staff
should know. Mosquitto with an access list grants every subscription and passes nothing on; it confirms what may not be
written, too, and drops it. But our own status has to come back to us: who may write and read as docs/broker.md says
hears it at once. A plain plate's topic is nothing that we may write: there only its silence speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ECHO_S: Final = 5.0
"""So long after the broker has confirmed our status it is back, or will not come."""

SILENT_S: Final = 30.0
"""A plain topic on which nothing came for so long: plates say something every few seconds."""


class Echo:
    """Of one connection. ``mine``: the full topic of our own word; ``plain``: topics of plates. Monotonic seconds."""

    def __init__(self, user: str, mine: str, plain: Iterable[str], now_s: float) -> None:
        self._user, self.mine = user, mine
        self._silent = dict.fromkeys(plain)
        self._silent_until_s = now_s + SILENT_S
        self._number: int | None = None
        self._due_s = float("inf")
        self._back = False

    def sent(self, number: int, topic: str) -> None:
        """Something goes out under the connection's number for it."""
        if topic == self.mine:
            self._number = number

    def confirmed(self, number: int, now_s: float) -> None:
        """The broker says that it has it."""
        if number == self._number and not self._back:
            self._due_s = min(self._due_s, now_s + ECHO_S)

    def came(self, topic: str) -> bool:
        """Something has come; whether it was our own word, which is for nobody else."""
        self._silent.pop(topic, None)
        self._back = self._back or topic == self.mine
        return topic == self.mine

    def missing(self, now_s: float) -> str:
        """What has not come by now, for staff to read."""
        if not self._back and now_s > self._due_s:
            rights = "Give it the rights of docs/broker.md (mosquitto: config/mosquitto/acl, with this store's id)"
            lost = f"{self.mine} did not come back"
            return f"the broker drops what user {self._user!r} says or should hear: {lost}. {rights}"
        if self._silent and now_s > self._silent_until_s:
            look = f"Is its device on, does it publish there, and may user {self._user!r} read it?"
            return f"nothing has come on {', '.join(self._silent)}. {look}"
        return ""
