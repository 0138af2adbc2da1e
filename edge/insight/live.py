"""The projection kept while the shop runs: an observer that only looks, and one thread that writes.

Enters: what the driver's observers get, and the book beside its writer. Leaves: `insight.db`, some seconds behind the
shop. The core never waits: what was noticed is handed over, and a disk that is slow, full or broken costs events of the
floor, never a message; what the book says is read again when it can be. A projection that lacks something is built anew
with ``tebura insight --rebuild``.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.insight.events import FILE
from edge.insight.feed import FILE as FEED
from edge.insight.feed import Feed, UnusableFeed
from edge.insight.floor import Floor, Noticed
from edge.insight.keeping import Insight, UnusableInsight
from edge.ledger import Book, UnusableLedger
from edge.store import Store
from edge.told import NOTHING, Sentence

HANDED_S: Final = 2.0
"""What was noticed is handed over so often, in the shop's own time."""
MOST: Final = 900
"""So many handings, half an hour, wait for a disk that takes nothing; then the oldest are lost."""
WRITTEN_S: Final = 3.0
"""A checkpoint waits so long for events to be written, and no longer."""
PATIENCE_S: Final = 10.0
"""What cannot be written now is tried again so long after, or with what comes next."""


Handed = tuple[Noticed, threading.Event]
"""What was noticed, and what is set when it is written."""


class Keeper:
    """``floor`` is the observer. ``trouble`` is told, from the writing thread, what is wrong with the file; or nothing,
    when all is well again.
    """

    def __init__(self, folder: Path, store: Store, ledger: str, trouble: Callable[[Sentence], None]) -> None:
        self._folder, self._ledger, self._trouble = folder, ledger, trouble
        self.floor = Floor(store, sampled=self._hand_over)
        self._handed_s = 0.0
        self._waiting: queue.SimpleQueue[Handed | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Go on from what was kept; before the shop steps anything once more."""
        try:
            with Insight(self._folder / FILE) as kept:
                self.floor.go_on(kept.fact("memory") or b"")
        except UnusableInsight as error:
            self._trouble(Sentence(str(error)))
        self._thread = threading.Thread(target=self._write, name="insight", daemon=True)
        self._thread.start()

    def _hand_over(self, at_s: float) -> None:
        if not 0.0 <= at_s - self._handed_s < HANDED_S:
            self._handed_s = at_s
            self._waiting.put((self.floor.take(), threading.Event()))

    def frozen(self) -> Callable[[], None]:
        """The state is frozen, and nothing before it is ever stepped again: what was noticed is written before that
        is kept, or else a kill would lose it. On the thread that works; what it returns waits, on another.
        """
        if self._thread is None:
            return lambda: None
        written = threading.Event()
        self._waiting.put((self.floor.take(), written))
        return lambda: _wait(written)

    def close(self) -> None:
        """Everything is written, or never will be."""
        if self._thread is not None:
            self._waiting.put((self.floor.take(), threading.Event()))
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    # --- the thread that writes -------------------------------------------------------------------------------------

    def _write(self) -> None:
        unwritten: list[Handed] = []
        book: Book | None = None
        last = False
        while not last:
            try:
                found = self._waiting.get(timeout=PATIENCE_S)
            except queue.Empty:
                pass
            else:
                last = found is None
                unwritten += [found] if found is not None else []
            del unwritten[:-MOST]
            try:
                book = book or self._book()
                with Insight(self._folder / FILE) as kept:
                    while unwritten:
                        noticed, written = unwritten.pop(0)
                        try:
                            kept.note(noticed)
                        except BaseException:
                            unwritten.insert(0, (noticed, written))
                            raise
                        written.set()
                    if book is not None:
                        kept.read(book, self.floor.store)
                        if kept.forgot:
                            self._forget(kept)
                self._trouble(NOTHING)
            except (UnusableInsight, UnusableFeed, UnusableLedger) as error:
                self._trouble(Sentence(str(error)))
                book = None
        if book is not None:
            book.close()

    def _forget(self, kept: Insight) -> None:
        """Who is not to be named any more stands nowhere: neither in a file's free pages nor in what is on its way."""
        kept.wipe(anew=False)
        if (self._folder / FEED).is_file():
            with Feed(self._folder / FEED) as feed:
                feed.drop(kept.consents())

    def _book(self) -> Book | None:
        path = self._folder / self._ledger
        return Book(path, read_only=True) if path.is_file() else None


def _wait(written: threading.Event) -> None:
    written.wait(WRITTEN_S)
