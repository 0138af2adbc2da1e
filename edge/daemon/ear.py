"""The daemon's ear: what adapters hear, in one queue; what they had to refuse, counted; their troubles.

Adapters call it from their own threads (`edge.adapters.inbox`). Messages carry the time at which they came. A queue
that nobody empties fast enough is bounded: then sensors' messages are dropped, which only blinds the shop for a
moment, and what gates and payments say is kept.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog
from msgspec.structs import replace

from edge.daemon.clock import Clock
from edge.records import PaymentReply
from edge.told import NOTHING, Sentence
from edge.wire import Heard, encode_reply, encode_trouble

MOST_WAITING = 50_000
"""Messages: about twenty seconds of a very large shop."""

SAID_AGAIN_S = 60.0
"""The same kind of garbage from the same source is logged once in so long."""

SENSORS = ("shelf/", "camera/")

Kept: TypeAlias = Callable[[], None]

log = structlog.get_logger("tebura")


class Ear:
    """Where adapters put what they heard. ``dropped`` and ``refused`` count what was not used."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.refused: Counter[tuple[str, str]] = Counter()
        self.dropped = 0
        self.troubles: dict[str, str] = {}
        self._queue: queue.SimpleQueue[tuple[Heard, Kept | None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._said_s: dict[tuple[str, str], float] = {}

    # --- for adapters, from any thread ----------------------------------------------------------------------------

    def now_s(self) -> float:
        return self.clock.now_s()

    def hear(self, topic: str, payload: bytes, kept: Kept | None = None) -> None:
        if self._queue.qsize() >= MOST_WAITING and topic.startswith(SENSORS):
            self.dropped += 1
            self.refuse("runtime", "cannot keep up")
            return
        self._queue.put((Heard(topic, payload, self.clock.now_s()), kept))

    def refuse(self, source: str, reason: str, sample: bytes = b"", detail: str = "") -> None:
        now_s = self.clock.now_s()
        with self._lock:
            self.refused[source, reason] += 1
            count = self.refused[source, reason]
            due = now_s >= self._said_s.get((source, reason), -SAID_AGAIN_S) + SAID_AGAIN_S
            if due:
                self._said_s[source, reason] = now_s
        if due:
            log.warning(
                "refused",
                source=source,
                reason=reason,
                **({"detail": ascii(detail[:200])} if detail else {}),
                count=count,
                sample=ascii(sample[:80].decode(errors="replace"))[:80],
            )

    def trouble(self, source: str, what: Sentence) -> None:
        with self._lock:
            if self.troubles.get(source, "") == what:
                return
            self.troubles[source] = what
        if what:
            log.warning("trouble", source=source, what=what)
        else:
            log.info("well again", source=source)
        now_s = self.clock.now_s()
        self._queue.put((Heard("shop/sources/trouble", encode_trouble(now_s, source, what), now_s), None))

    def forget(self, remembered: Mapping[str, str]) -> None:
        """Troubles from before a restart: who still has one tells it again."""
        for source, what in list(remembered.items()):
            if source not in self.troubles:
                self.troubles[source] = what
                self.trouble(source, NOTHING)

    # --- for the daemon -------------------------------------------------------------------------------------------

    def paid(self, reply: PaymentReply) -> None:
        """A payment provider has answered. That its clock is ahead of ours is no reason to refuse what it says."""
        in_time = replace(reply, at_s=min(reply.at_s, self.clock.now_s()))
        self.hear(f"payment/{reply.settlement}/reply", encode_reply(in_time))

    def wake(self) -> None:
        """Let who waits for a message go on without one."""
        self._queue.put(None)

    def next(self, timeout_s: float) -> tuple[Heard, Kept | None] | None:
        """The next message and whom to tell that it is safe, or None when none came in time."""
        try:
            return self._queue.get(timeout=timeout_s) if timeout_s > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None

    @property
    def waiting(self) -> int:
        """How many messages nobody has looked at yet."""
        return self._queue.qsize()
