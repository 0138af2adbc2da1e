"""What should come from the broker and does not: a right that is missing and that nobody says is missing.

Enters: what was subscribed to, what came, and when the broker confirmed a word of ours. Leaves: what staff should know.
Mosquitto with an access list grants every subscription and passes nothing on; it confirms what may not be written, too,
and drops it. But whatever we say has to come back to us: who may write and read as docs/broker.md says hears it at
once. So it is with each topic by itself, since a list may lack a single line. What the broker had retained is no echo:
that may have been written when the list was another. A plain plate's topic is nothing that we may write: there only its
silence speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edge.adapters.broker.rights import may
from edge.told import NOTHING, Sentence, told

ECHO_S: Final = 5.0
"""So long after the broker has confirmed a word of ours it is back, or will not come."""

SILENT_S: Final = 30.0
"""A plain topic on which nothing came for so long: plates say something every few seconds."""

NAMED: Final = 3
"""So many topics are named to staff."""

AWAITED: Final = 100
"""So many topics are remembered as not come back: where carts may not be written there is one for each visit."""


class Echo:
    """Of one connection. ``mine``: full patterns of what we say; ``plain``: topics of plates. Monotonic seconds."""

    def __init__(self, user: str, mine: Iterable[str], plain: Iterable[str], now_s: float) -> None:
        self._user, self.mine = user, tuple(mine)
        self._silent = dict.fromkeys(plain)
        self._silent_until_s = now_s + SILENT_S
        self._under_way: dict[int, str] = {}
        """The connection's number of a word that is not confirmed yet -> its topic."""
        self._due_s: dict[str, float] = {}
        """Topics on which a word was confirmed and is not back -> by when it should be."""

    def sent(self, number: int, topic: str) -> None:
        """Something goes out under the connection's number for it."""
        self._under_way[number] = topic

    def confirmed(self, number: int, now_s: float) -> None:
        """The broker says that it has it."""
        topic = self._under_way.pop(number, None)
        if topic is not None and len(self._due_s) < AWAITED:
            self._due_s.setdefault(topic, now_s + ECHO_S)

    def came(self, topic: str, retained: bool = False) -> bool:
        """Something has come; whether it was on a topic of our own, which is for nobody else."""
        self._silent.pop(topic, None)
        if not may(self.mine, topic):
            return False
        if not retained:
            self._due_s.pop(topic, None)
            for number in [n for n, said in self._under_way.items() if said == topic]:
                del self._under_way[number]
        return True

    def missing(self, now_s: float) -> Sentence:
        """What has not come by now, for staff to read."""
        lost = [topic for topic, due_s in self._due_s.items() if now_s > due_s]
        if lost:
            named = ", ".join(lost[:NAMED]) + (" …" if len(lost) > NAMED else "")
            return told(
                "the broker drops what user {user!r} says or should hear: {topics} did not come back. Give "
                    "it the rights "
                "of docs/broker.md (mosquitto: config/mosquitto/acl, with this store's id)",
                user=self._user, topics=named,
            )  # fmt: skip
        if self._silent and now_s > self._silent_until_s:
            return told(
                "nothing has come on {topics}. Is its device on, does it publish there, and may user {user!r} read it?",
                topics=", ".join(self._silent), user=self._user,
            )  # fmt: skip
        return NOTHING
