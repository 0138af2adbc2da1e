"""Devices of the wire that speak, and of which nothing can be used: staff read why.

Such a device counts as silent, and its cable is well. Enters: what became of each message of a device that the store
has, and that time passes. Leaves: a trouble a topic, when messages in a row were refused; none any more, when as many
in a row were used, or when nothing is said there any more: then that is what staff have to know.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.records import Refused
from edge.told import NOTHING, Sentence, told

IN_A_ROW = 3
"""Messages. A lone one is an accident, and stands in the log."""

SILENT_S, SILENT_GATE_S = 60.0, 600.0
"""Who has said nothing for so long says nothing wrong. Shelves and cameras speak all the time, and gates when somebody
comes."""

LONGEST = 200
"""Characters of a detail: it quotes what the device has said."""

ELSEWHERE = ("unknown topic", "not an entry gate")
"""Reasons that tell of something besides what the shop needs, not of a device that the shop lacks."""


class Misheard:
    """How many messages in a row could, or could not, be used of each topic. ``tell`` is told source and trouble."""

    def __init__(self, tell: Callable[[str, Sentence], None]) -> None:
        self._tell = tell
        self._refused: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._refused_s: dict[str, float] = {}

    def refused(self, record: Refused) -> None:
        """A message of a known device that could not be used."""
        if record.reason in ELSEWHERE:
            return
        topic = record.topic
        self._refused_s[topic] = record.received_s
        self._used.pop(topic, None)
        self._refused[topic] = count = self._refused.get(topic, 0) + 1
        if count == IN_A_ROW:
            why = record.reason + (f": {record.detail[:LONGEST]}" if record.detail else "")
            self._tell(
                f"wire/{topic}",
                told(
                    "what it says cannot be used ({why}). Correct the device: docs/wire.md has what belongs "
                    "on this topic",
                    why=why,
                ),
            )

    def used(self, topic: str) -> None:
        """A message that became a record."""
        if topic not in self._refused:
            return
        self._used[topic] = count = self._used.get(topic, 0) + 1
        if count >= IN_A_ROW or self._refused[topic] < IN_A_ROW:
            self._forget(topic)

    def pass_time(self, now_s: float) -> None:
        """Who has fallen silent since."""
        for topic, last_s in list(self._refused_s.items()):
            if now_s - last_s > (SILENT_GATE_S if topic.startswith("gate/") else SILENT_S):
                self._forget(topic)

    def _forget(self, topic: str) -> None:
        del self._refused[topic], self._refused_s[topic]
        self._used.pop(topic, None)
        self._tell(f"wire/{topic}", NOTHING)
