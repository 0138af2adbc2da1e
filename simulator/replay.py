"""Replay: a recording goes in, receipts come out, the same ones that the live runtime gave.

Enters: a recording and, where they are wanted, a ledger file, a place to stop and observers. Leaves: one line a visit
as the wire contract tells it, what was lost, and how long it took. Refuses: a file that is no recording and a broken
store, with every fault; a recording that breaks off is used as far as it goes, and the loss is said.

The payment answers of a shop that was at work are in its recording, and nobody else is asked; a simulated recording has
none, and then the local provider is.
"""

from __future__ import annotations

import gc
import hashlib
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver, Observer
from edge.records import Effect, LedgerEntry, Record
from edge.store import Store, read_store
from edge.wire import RUNTIME, Loss, Recording

if TYPE_CHECKING:
    from edge.ledger.book import Book
    from edge.state import State

Progress = Callable[[int], None]
"""Called now and then with how many messages were heard."""

TELL_EVERY = 512
DIGEST_BYTES = 16
DECIDED = ("settlement", "review")
"""Kinds of entries that end a visit."""


class WrongLedger(ValueError):
    """The ledger cannot take this replay; the message says why and what to do."""


class Decisions:
    """An observer: the entry that ended each visit, in the order in which they ended."""

    def __init__(self, before: Iterable[LedgerEntry] = ()) -> None:
        self.entries: dict[str, LedgerEntry] = {}
        self._take(before)

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        self._take(e for e in effects if isinstance(e, LedgerEntry))

    def _take(self, entries: Iterable[LedgerEntry]) -> None:
        for entry in entries:
            if entry.kind in DECIDED:
                self.entries[entry.visit] = entry


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out. ``span_s`` is how long the recording lasted, ``spent_s`` how long the replay took."""

    recording: str
    store: Store
    decided: tuple[LedgerEntry, ...]
    messages: int
    span_s: float
    spent_s: float
    loss: Loss | None
    refused: Mapping[str, int]
    stopped: bool
    looks_left_out: bool
    """Whether the shop used what people look like and did not record it: it may have judged otherwise."""
    faults: tuple[str, ...]
    """What the core raised over records that were set aside, with where: a traceback each."""

    def lines(self) -> list[dict[str, object]]:
        """One JSON-ready line a visit."""
        return [visit_line(self.recording, entry) for entry in self.decided]


def visit_line(recording: str, entry: LedgerEntry) -> dict[str, object]:
    """A visit as ``tebura replay --json`` tells it: the one place that reads a settlement for that.

    In review nothing is charged before a person has looked: ``items`` is what would be.
    """
    sale = cast("dict[str, Any]", entry.body)
    return {
        "recording": recording,
        "subject": sale["subject"],
        "state": "review" if entry.kind == "review" else "settled",
        "items": _units(sale["lines"]),
        "withheld": _units(sale["withheld"]),
        "total": sale["total_minor"],
        "currency": sale["issuer"]["currency"],
    }


def _units(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        units[line["sku"]] = units.get(line["sku"], 0) + line["quantity"]
    return units


def replay(
    recording: Recording,
    *,
    store: Store | None = None,
    book: Book | None = None,
    observers: Iterable[Observer] = (),
    progress: Progress | None = None,
    stop_after: int | None = None,
    go_on: bool = False,
) -> Replayed:
    """Feed a recording to the runtime.

    ``stop_after``: stop after so many messages of the recording and leave a checkpoint in the ``book``. ``go_on``:
    begin at the book's checkpoint, or at the beginning where it has none, which changes nothing that is written.
    `WrongLedger` where that checkpoint is of another recording.
    """
    began = time.perf_counter()
    shop = store or read_store(recording.store_files())
    decisions = Decisions(w.entry for w in book.entries()) if book is not None and go_on else Decisions()
    provider = None if answers_recorded(recording) else LocalProvider()
    faults: list[str] = []
    driver = Driver(
        shop, book=book, provider=provider, observers=(decisions, *observers),
        faulted=lambda error: faults.append("".join(traceback.format_exception(error))),
    )  # fmt: skip
    before = _resume(driver, book) if go_on and book is not None else Before()
    with _rare_collections():
        count, stopped, digest = _feed(driver, recording, before, stop_after, progress)
    span_s = max(0.0, driver.heard_s - driver.began_s)
    if stopped:
        if book is not None:
            book.save_checkpoint(count, digest + driver.freeze())
    else:
        driver.finish()
    return Replayed(
        recording.name, shop, tuple(decisions.entries.values()), count, span_s, time.perf_counter() - began,
        recording.loss, dict(driver.state.refused), stopped, looks_left_out(recording, shop), tuple(faults),
    )  # fmt: skip


@contextmanager
def _rare_collections() -> Iterator[None]:
    """A replay makes much that dies at once and hardly anything cyclic: looking for it often costs a tenth."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class Before:
    """What was heard before a replay was stopped: how many messages, and a digest of them."""

    messages: int = 0
    digest: bytes = b""


def _feed(
    driver: Driver, recording: Recording, before: Before, stop_after: int | None, progress: Progress | None
) -> tuple[int, bool, bytes]:
    """(How many messages of the recording are behind, whether it was stopped before its end, their digest if so)."""
    count = 0
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES) if before.messages or stop_after is not None else None
    for heard in recording:
        if digest is not None:
            if count == before.messages and before.messages:
                _expect(recording, before, digest.digest())
            if stop_after is not None and count >= max(stop_after, before.messages):
                return count, True, digest.digest()
            digest.update(f"{heard.topic} {heard.received_s!r} {len(heard.payload)} ".encode())
            digest.update(heard.payload)
        count += 1
        if count > before.messages:
            driver.hear(heard)
        if progress is not None and count % TELL_EVERY == 0:
            progress(count)
    if count <= before.messages and digest is not None:
        _expect(recording, before, digest.digest())
    return count, False, b""


def _expect(recording: Recording, before: Before, digest: bytes) -> None:
    """The same was heard as before the stop."""
    if digest != before.digest:
        what = f"does not begin with the {before.messages} messages after which the ledger's replay was stopped"
        raise WrongLedger(f"{recording.path}: {what}. Go on with the recording of then, or name another --ledger")


def _resume(driver: Driver, book: Book) -> Before:
    """Go on from the book's checkpoint; what lies behind it."""
    kept = book.checkpoint()
    if kept is None:
        return Before()
    position, state = kept
    driver.thaw(state[DIGEST_BYTES:])
    return Before(position, state[:DIGEST_BYTES])


def open_ledger(path: Path, go_on: bool, store: Store) -> Book:
    """The ledger file of a replay. One that is there already is not written to unless the replay goes on in it; a live
    shop's never is.
    """
    from edge.ledger.book import Book
    from edge.ledger.owner import is_a_live_shops, refuse_others

    if is_a_live_shops(path):
        raise WrongLedger(f"{path}: is the book of a shop that is run with it. Name another file")

    if path.exists() and not go_on:
        raise WrongLedger(f"{path}: is there already. Add --continue to go on in it, or name another file")
    book = Book(path, durable=False)
    try:
        refuse_others(book, store)
    except OSError:
        book.close()
        raise
    return book


def answers_recorded(recording: Recording) -> bool:
    """Whether a shop was at work when this was recorded, so that its provider's answers are in the recording and nobody
    is asked again: an answer that was never given, or after the recording's end, is none here either.

    Recordings from before they said so are known by the answers in them; one without an end is read through for that.
    """
    if RUNTIME in recording.attachments:
        return True
    summary = summary_of(recording.path)
    topics = (heard.topic for heard in recording) if summary is None else iter(summary[1])
    return any(topic.startswith("payment/") for topic in topics)


def looks_left_out(recording: Recording, store: Store) -> bool:
    """Whether a shop was at work that used what people look like, and by its policy did not record it."""
    return RUNTIME in recording.attachments and store.policy.uses_unrecorded


def summary_of(path: Path) -> tuple[int, tuple[str, ...]] | None:
    """(number of messages, topics) from the end of the file; None where it has no end."""
    from mcap.exceptions import McapError
    from mcap.reader import SeekingReader

    try:
        with path.open("rb") as file:
            summary = SeekingReader(file).get_summary()
    except (McapError, EOFError, ValueError, OSError, KeyError):
        return None
    if summary is None or summary.statistics is None:
        return None
    return summary.statistics.message_count, tuple(c.topic for c in summary.channels.values())
