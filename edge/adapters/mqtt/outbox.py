"""What the runtime wants said on the broker and the broker has not confirmed yet. Bounded, whatever happens.

Enters: `Publish`, from any thread, whether a broker is there or not. Leaves: one `Letter` at a time, when there is room
for it. There are two kinds, and they age differently:

- *Retained* ones (status, carts) are true until the next one: the last of each topic is kept and said again on every
  new connection, because a broker may have forgotten it or published our last will over it. An empty one clears its
  topic; it is forgotten only when a broker confirmed that.
- *Commands*, and everything else that is not retained, are true now. A gate must not open a minute late: without a
  broker they are dropped, and so are those that waited for more than `COMMAND_S`. Whoever asks gets to know which.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec

from edge.records import Publish

COMMAND_S: Final = 2.0
"""A command that could not be sent for so long is not sent any more."""

COMMANDS: Final = 256
TOPICS: Final = 10_000
"""So many commands wait, and so many retained topics are remembered, at most."""

WINDOW: Final = 20
"""So many letters are under way without a confirmation: what piles up does so here, where newer replaces older."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it goes out; an empty retained payload clears its topic."""

    topic: str
    payload: bytes
    retain: bool
    at_s: float


class Outbox:
    """Last values and fresh commands, between the runtime's threads and the line's. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, Letter] = {}
        self._unsaid: dict[str, None] = {}
        self._commands: deque[Letter] = deque()
        self._under_way: dict[int, Letter] = {}
        self._open = False

    def put(self, publish: Publish, now_s: float) -> Letter | None:
        """Keep it; what had to be dropped for it, or instead of it."""
        empty = publish.retain and not publish.payload
        letter = Letter(publish.topic, b"" if empty else msgspec.json.encode(publish.payload), publish.retain, now_s)
        with self._lock:
            if letter.retain:
                self._values.pop(letter.topic, None)
                self._values[letter.topic] = letter
                self._unsaid[letter.topic] = None
                return self._crowded_out()
            if not self._open:
                return letter
            self._commands.append(letter)
            return self._commands.popleft() if len(self._commands) > COMMANDS else None

    def _crowded_out(self) -> Letter | None:
        if len(self._values) <= TOPICS:
            return None
        cleared = (topic for topic, letter in self._values.items() if not letter.payload)
        oldest = next(cleared, next(iter(self._values)))
        self._unsaid.pop(oldest, None)
        return self._values.pop(oldest)

    def opened(self) -> None:
        """There is a broker: everything that is retained is to be said."""
        with self._lock:
            self._open = True
            self._unsaid = dict.fromkeys(self._values)

    def closed(self) -> list[Letter]:
        """There is none any more: the commands that nobody confirmed, which are not tried again."""
        with self._lock:
            self._open = False
            lost = [*(letter for letter in self._under_way.values() if not letter.retain), *self._commands]
            self._under_way.clear()
            self._commands.clear()
            return lost

    def take(self, now_s: float) -> tuple[Letter | None, list[Letter]]:
        """What to send next, commands first; and the commands that are too old by now."""
        late: list[Letter] = []
        with self._lock:
            while self._commands and now_s - self._commands[0].at_s > COMMAND_S:
                late.append(self._commands.popleft())
            if len(self._under_way) >= WINDOW:
                return None, late
            if self._commands:
                return self._commands.popleft(), late
            if self._unsaid:
                topic = next(iter(self._unsaid))
                del self._unsaid[topic]
                return self._values[topic], late
        return None, late

    def sent(self, number: int, letter: Letter) -> None:
        """It is on its way under the connection's number for it."""
        with self._lock:
            self._under_way[number] = letter

    def confirmed(self, number: int) -> None:
        """The broker has it."""
        with self._lock:
            letter = self._under_way.pop(number, None)
            if letter is None or letter.payload or letter.topic in self._unsaid:
                return
            if self._values.get(letter.topic) is letter:
                del self._values[letter.topic]

    @property
    def idle(self) -> bool:
        """Everything is said and confirmed."""
        with self._lock:
            return not (self._commands or self._unsaid or self._under_way)

    def __len__(self) -> int:
        with self._lock:
            return len(self._values) + len(self._commands)
