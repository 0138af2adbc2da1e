"""The book of a live shop: entries reach it when they must, and wait where the disk does not take them.

What moves money or lets somebody in is in the book, and its cause on the disk, before anything leaves the process.
What shelves told is derived from the recording: it is written together with the next such entry, or once a second.

A disk that is full or read-only leaves entries waiting in memory, in their order. Until the book has them all, nobody
is asked for money and no gate opens (`edge.runtime.health`); staff see why.

An entry that the book refuses is left out, and staff are told: it contradicts what was written first, which counts; or
it can stand in no book at all. Money is asked for only where the book says exactly so (`LiveBook.stands`): whatever the
shop remembers or works out, nobody pays what the book does not know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from edge.journal import Recorder
from edge.ledger import Book, ContradictoryEntry, UnbalancedEntry, settlement_in
from edge.ledger.mirror import Mirror
from edge.payment import open_operations, operation_of
from edge.records import LedgerEntry, PaymentRequest
from edge.told import NOTHING, Sentence, joined, told

CAN_WAIT = frozenset({"shelf-event"})


class LiveBook:
    """A `edge.driver.Ledger`. ``trouble`` is told as ``ledger`` why the book cannot be written, and ``""`` when it can
    again; as ``book`` what it contradicts.
    """

    def __init__(
        self, book: Book, mirror: Mirror, recorder: Recorder, trouble: Callable[[str, Sentence], None]
    ) -> None:
        self._book, self._mirror, self._recorder, self._trouble = book, mirror, recorder, trouble
        self._waiting: list[LedgerEntry] = []
        self.refused = False
        """Whether the last attempt to write failed."""

    def stands(self, request: PaymentRequest) -> bool:
        """Whether the book holds the intent behind a request: this person, this sum, this key, and nobody knows yet how
        it ended. It has to be the last that was wanted: what was to be looked up meanwhile is not carried out first.
        """
        settlement = settlement_in(self._book, request.settlement)
        operation = None if settlement is None else operation_of(settlement, request.key)
        if settlement is None or operation is None or operation not in open_operations(settlement):
            return False
        intent = (settlement.subject, operation.amount_minor, settlement.currency, operation.operation)
        if intent != (request.subject, request.amount_minor, request.currency, request.operation):
            return False
        return operation.attempt == request.attempt and (request.look_up or not operation.look_up)

    @property
    def waiting(self) -> int:
        """How many entries are not in the book yet."""
        return len(self._waiting)

    def append(self, entries: Iterable[LedgerEntry]) -> int:
        """Take entries over; how many were written. Never raises for what a disk does."""
        self._waiting += entries
        if all(e.kind in CAN_WAIT for e in self._waiting):
            return 0
        return self.write()

    def write(self) -> int:
        """Everything that waits, into the book; what the disk does not take goes on waiting."""
        if not self._waiting:
            return 0
        self._recorder.sync()
        try:
            new = self._put(self._waiting)
            self._mirror.follow(self._book)
        except OSError as error:
            self.refused = True
            self._trouble("ledger", Sentence(str(error)))
            return 0
        self._waiting = []
        if self.refused:
            self.refused = False
            self._trouble("ledger", NOTHING)
        return new

    def _put(self, entries: list[LedgerEntry]) -> int:
        try:
            return self._book.append(entries)
        except (
            ContradictoryEntry,
            UnbalancedEntry,
            sqlite3.IntegrityError,
            ValueError,
            TypeError,
            OverflowError,
        ) as error:
            if len(entries) > 1:
                return sum(self._put([entry]) for entry in entries)
            if isinstance(error, ContradictoryEntry):
                what = told("the shop remembers something else than its book says: {error}", error=error)
            else:
                what = told("the book cannot take {entry}: {error}", entry=entries[0].key, error=error)
            remedy = told("The book counts, and nobody is asked for money against it; look at it there")
            self._trouble("book", joined(what, remedy))
            return 0
