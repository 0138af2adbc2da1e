"""Who waits for news, and is told that there are some: never what they are. Whoever is told fetches again.

Enters: names of what has changed, from any thread. Leaves: server-sent events with those names. A browser that was away
fetches when it is back, so that nothing has to be kept for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from starlette.responses import StreamingResponse

BEAT_S = 15.0
"""So often a stream says that it lives: proxies hang up on silent ones."""

MOST = 1000
"""So many streams at once; whoever comes then is told to come back later."""


class Full(RuntimeError):
    """More streams are open than this process serves."""


class Listener:
    """One stream. Changes that come while it is being told are told together."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self.changed: set[str] = set()
        self.bell = asyncio.Event()
        self.over = False


class Hub:
    """All streams of the process; `open` on the loop that serves them."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()

    def open(self) -> None:
        """From here on changes are passed on."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End every stream, from any thread: a server that stops does not wait for them."""
        self._on_loop(None)

    def changed(self, *topics: str) -> None:
        """From any thread."""
        self._on_loop(topics)

    @property
    def wanted(self) -> frozenset[str]:
        """What anybody listens to."""
        return frozenset().union(*(listener.topics for listener in self._listeners))

    def listen(self, topics: Iterable[str]) -> StreamingResponse:
        """A stream that tells of these. `Full` where there are too many."""
        if len(self._listeners) >= MOST:
            raise Full
        listener = Listener(topics)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(listener), media_type="text/event-stream", headers=headers)

    async def _told(self, listener: Listener) -> AsyncIterator[str]:
        self._listeners.add(listener)
        try:
            yield "retry: 2000\n\n"
            while not listener.over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.bell.wait(), BEAT_S)
                listener.bell.clear()
                told, listener.changed = sorted(listener.changed), set()
                yield "".join(f"event: changed\ndata: {topic}\n\n" for topic in told) or ": alive\n\n"
        finally:
            self._listeners.discard(listener)

    def _on_loop(self, topics: tuple[str, ...] | None) -> None:
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # closed in between
                self._loop.call_soon_threadsafe(self._tell, topics)

    def _tell(self, topics: tuple[str, ...] | None) -> None:
        for listener in list(self._listeners):
            news = listener.topics.intersection(topics or ())
            listener.over |= topics is None
            if news or listener.over:
                listener.changed |= news
                listener.bell.set()
