"""Devices of the wire that speak, and of which nothing can be used: staff read why.

Such a device counts as silent, and its cable is well. Enters: what became of each message of a device that the store
has. Leaves: a trouble a topic, when messages in a row were refused; none any more, when as many in a row were used.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.records import Refused

IN_A_ROW = 3
"""Messages. A lone one is an accident, and stands in the log."""

LONGEST = 200
"""Characters of a detail: it quotes what the device has said."""

ELSEWHERE = ("unknown topic", "not an entry gate")
"""Reasons that tell of something besides what the shop needs, not of a device that the shop lacks."""


class Misheard:
    """How many messages in a row could, or could not, be used of each topic. ``tell`` is told source and trouble."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._refused: dict[str, int] = {}
        self._used: dict[str, int] = {}

    def refused(self, record: Refused) -> None:
        """A message of a known device that could not be used."""
        if record.reason in ELSEWHERE:
            return
        topic = record.topic
        self._used.pop(topic, None)
        self._refused[topic] = count = self._refused.get(topic, 0) + 1
        if count == IN_A_ROW:
            why = record.reason + (f": {record.detail[:LONGEST]}" if record.detail else "")
            self._tell(
                f"wire/{topic}",
                f"what it says cannot be used ({why}). Correct the device: docs/wire.md has what belongs on this topic",
            )

    def used(self, topic: str) -> None:
        """A message that became a record."""
        if topic not in self._refused:
            return
        self._used[topic] = count = self._used.get(topic, 0) + 1
        if count >= IN_A_ROW or self._refused[topic] < IN_A_ROW:
            del self._refused[topic], self._used[topic]
            self._tell(f"wire/{topic}", "")
