"""The projection built anew: recordings through the driver, and the book.

Enters: recordings of one shop in the order of time, and its book; of recordings alone (a simulated morning, one that
somebody has sent) the book is what the driver writes. Leaves: the projection. The observer is the live shop's, so what
comes out is what the live shop kept. Of days whose recordings are gone only the book still tells.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver, Observer
from edge.insight.events import FILE
from edge.insight.floor import Floor
from edge.insight.keeping import Insight
from edge.ledger import Book
from edge.store import Store, read_store
from edge.wire import RUNTIME, Recording, open_recording

EVERY = 20_000
"""Messages; what was noticed is written down so often."""


class OtherShop(ValueError):
    """A recording is another shop's than the one before it."""


def from_recordings(
    files: Iterable[Path], insight: Insight, told: Callable[[Path], None] = lambda _: None,
    observers: Iterable[Observer] = (),
) -> Store:  # fmt: skip
    """Recordings alone, as one stretch of time; the store of the last of them. ``observers`` watch with us."""
    recordings = [open_recording(path) for path in files]
    store = read_store(recordings[0].store_files())
    for recording in recordings[1:]:
        other = read_store(recording.store_files())
        if other.id != store.id:
            what = f"was recorded in the shop {other.id!r}, and {recordings[0].path} in {store.id!r}"
            raise OtherShop(f"{recording.path}: {what}. Name recordings of one shop")
    live = any(RUNTIME in recording.attachments for recording in recordings)
    with Book() as book:
        driver = _heard(recordings, insight, store, told, book, None if live else LocalProvider(), observers)
        insight.read(book, driver.store)
        return driver.store


def from_segments(files: Iterable[Path], insight: Insight, store: Store, told: Callable[[Path], None]) -> None:
    """What was noticed on the floor while a shop's own recordings were made; its book tells the rest."""
    recordings = [open_recording(path) for path in files]
    if recordings:
        _heard(recordings, insight, read_store(recordings[0].store_files()), told, None, None)


def _heard(
    recordings: Iterable[Recording], insight: Insight, store: Store, told: Callable[[Path], None],
    book: Book | None, provider: LocalProvider | None, observers: Iterable[Observer] = (),
) -> Driver:  # fmt: skip
    floor = Floor(store)
    driver = Driver(store, book=book, provider=provider, observers=[floor, *observers])
    with _rare_collections():
        for recording in recordings:
            told(recording.path)
            for count, heard in enumerate(recording, 1):
                driver.hear(heard)
                if count % EVERY == 0:
                    insight.note(floor.take())
        if book is not None:  # a live shop goes on from here
            driver.finish()
    insight.note(floor.finish() if book is not None else floor.take())
    return driver


@contextmanager
def _rare_collections() -> Iterator[None]:
    """A replay makes much that dies at once and hardly anything cyclic."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def rebuilt(
    folder: Path, files: Iterable[Path], book: Book, store: Store, told: Callable[[Path], None] = lambda _: None
) -> None:
    """A state folder's projection, made anew beside the old one, which it replaces when it is whole."""
    path, new = folder / FILE, folder / f"{FILE}.new"
    new.unlink(missing_ok=True)
    with Insight(new) as insight:
        from_segments(files, insight, store, told)
        insight.read(book, store)
        insight.settle()
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
        new.with_name(new.name + beside).unlink(missing_ok=True)
    os.replace(new, path)
