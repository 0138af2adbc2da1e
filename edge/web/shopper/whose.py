"""Whose visits are whose: a projection of the book that can be thrown away and made again.

Enters: the book, and what it has grown by. Leaves: a member's visits, and where each stands; the names of members whose
visits have news. Bodies of shelf events, which are most of a book, are read only as they come in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from edge.ledger import Book
from edge.members import KINDS as POINTS
from edge.members.coupons import COUPONS, in_order, take
from edge.payment import tells_money
from edge.pricing import Coupon
from edge.records import LedgerEntry

ENDS: Final = ("settlement", "review", "expired")
"""Kinds of entries with which a visit is over for whoever made it."""

DECLINED: Final = "payment-declined"

NEWS: Final = ("visit", "expired", "contested", "contest-answered")
"""… and beside those about money, what a member wants to see at once."""


@dataclass(slots=True)
class _Known:
    subject_of: dict[str, str] = field(default_factory=dict)
    visits_of: dict[str, list[str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    never_came: set[str] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)
    coupons: dict[str, dict[str, Coupon]] = field(default_factory=dict)


class Whose:
    """Any thread; the book is read on the thread that asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = -1
        self._known = _Known()

    def look(self, book: Book) -> set[str]:
        """Take in what the book has grown by. Members whose visits have news; at the first look nobody's are."""
        with self._lock:
            head = book.head()[0]
            if self._seq < 0 or head < self._seq:  # the first look, or another book
                self._read(book)
                self._seq = head
                return set()
            if head == self._seq:
                return set()
            news = set()
            for written in book.entries(self._seq):
                self._seq = written.seq
                if self._take(written.entry):
                    news.add(self._known.subject_of.get(written.entry.visit, ""))
                if written.entry.kind in COUPONS:
                    take(self._known.coupons, written.entry)
                if written.entry.kind in POINTS or written.entry.kind in COUPONS:
                    news.add(str(written.entry.body["subject"]))
            return news - {""}

    def visits(self, subject: str) -> list[str]:
        """All that a member made and that were more than a scan at the gate, the oldest first."""
        with self._lock:
            return [v for v in self._known.visits_of.get(subject, []) if v not in self._known.never_came]

    def inside(self, subject: str) -> str:
        """The visit that they are on; empty: none."""
        with self._lock:
            mine = self._known.visits_of.get(subject, [])
            return mine[-1] if mine and mine[-1] not in self._known.ended else ""

    def declined(self, subject: str) -> list[str]:
        """Those of a member's visits for which a payment was ever declined: only of these anything may be owed."""
        with self._lock:
            return [v for v in self._known.visits_of.get(subject, []) if v in self._known.declined]

    def coupons(self, subject: str) -> list[Coupon]:
        """The coupons that a member holds, ended ones too; those that end first stand first."""
        with self._lock:
            return list(in_order(self._known.coupons.get(subject, {}).values()))

    def is_of(self, visit: str, subject: str) -> bool:
        """Whether it is theirs."""
        with self._lock:
            return bool(subject) and self._known.subject_of.get(visit) == subject

    def _read(self, book: Book) -> None:
        self._known = known = _Known()
        for visit, subject in book.facts("visit", "subject"):
            self._let_in(visit, str(subject))
        for kind in ENDS:
            known.ended.update(book.visits(kind))
        known.never_came.update(book.visits("expired"))
        known.declined.update(book.visits(DECLINED))
        found = [written for kind in sorted(COUPONS) for written in book.entries(kind=kind)]
        for written in sorted(found, key=lambda written: written.seq):
            take(known.coupons, written.entry)

    def _let_in(self, visit: str, subject: str) -> None:
        self._known.subject_of[visit] = subject
        self._known.visits_of.setdefault(subject, []).append(visit)

    def _take(self, entry: LedgerEntry) -> bool:
        if entry.kind == "visit":
            self._let_in(entry.visit, str(entry.body["subject"]))
        if entry.kind in ENDS:
            self._known.ended.add(entry.visit)
        if entry.kind == "expired":
            self._known.never_came.add(entry.visit)
        if entry.kind == DECLINED:
            self._known.declined.add(entry.visit)
        return entry.kind in NEWS or tells_money(entry)
