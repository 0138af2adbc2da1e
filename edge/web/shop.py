"""The shop as its screens see it: what may be read, and whom to ask.

Enters: a store, its site, its state folder. Leaves: the book beside its writer, the register of members, what the
broker says, answers of the running shop. Pages take everything from here, and nothing from the core's memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from edge.adapters.members import FILE, Members
from edge.adapters.sealed import PREFIX
from edge.daemon.desk import Answer, ask
from edge.ledger import Book, UnusableLedger
from edge.site import Site
from edge.store import Store
from edge.told import phrase, told
from edge.web.forget import forget_again
from edge.web.hub import Hub
from edge.web.live import Live

LEDGER: Final = "ledger.db"

LOOK_S: Final = 0.5
"""So often it is looked whether the book has grown; one row of an index."""


class Screens:
    """What pages use. `open` and `close` on the loop that serves them."""

    def __init__(self, store: Store, site: Site, state_folder: Path, store_folder: Path) -> None:
        self.store, self.site, self.state_folder, self.store_folder = store, site, state_folder, store_folder
        self.hub = Hub()
        self.live = Live(store.id, site, state_folder, self.hub)
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to hear the broker, and to look at the book."""
        await asyncio.to_thread(self._forget_again)
        self.hub.open()
        self.live.start()
        self._watching = asyncio.create_task(self._watch_book())

    async def close(self) -> None:
        """Let go of everything."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.to_thread(self.live.stop)

    def now_s(self) -> float:
        """The time of this PC: the shop's own, unless it rehearses."""
        return time.time()

    @contextmanager
    def book(self) -> Iterator[Book]:
        """The book, beside its writer; on one thread. `UnusableLedger` where there is none or it cannot be read."""
        path = self.state_folder / LEDGER
        if not path.is_file():
            what = phrase("{folder}: no shop has kept a book here yet. Start it with `tebura run`")
            raise UnusableLedger(told(what, folder=self.state_folder))
        with Book(path, read_only=True) as book:
            yield book

    @contextmanager
    def members(self) -> Iterator[Members]:
        """The register; on one thread. `edge.adapters.members.UnusableMembers`."""
        with Members(self.state_folder / FILE) as members:
            yield members

    def words(self, subject: str, text: str) -> str:
        """What somebody wrote, as the book has it, to be read; on one thread. Nothing where they were deleted."""
        if not text.startswith(PREFIX):
            return text
        with self.members() as members:
            return members.words(subject, text)

    async def ask(self, wanted: dict[str, Any]) -> Answer:
        """What the running shop answers. `NobodyThere` where none runs, `ValueError` for what it refuses."""
        return await asyncio.to_thread(ask, self.state_folder, wanted)

    def _forget_again(self) -> None:
        """Who was deleted while these screens were away, or as they were killed."""
        with suppress(UnusableLedger), self.book() as book:
            forget_again(self.state_folder, book)

    async def _watch_book(self) -> None:
        """Tell of ``book`` whenever it has grown, and somebody listens."""
        seen = -1
        while True:
            await asyncio.sleep(LOOK_S)
            if "book" in self.hub.wanted:
                with suppress(UnusableLedger):
                    now = await asyncio.to_thread(self._length)
                    if seen not in (-1, now):
                        self.hub.changed("book")
                    seen = now

    def _length(self) -> int:
        with self.book() as book:
            return book.head()[0]
