"""Deleting segments that are due, on the disk as it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.journal.checkpoints import last_checkpoint
from edge.journal.retention import Span, due_to_go, overlap
from edge.journal.segments import Recorder, began_s, segments
from edge.ledger.book import Book
from edge.payment import needs_staff
from edge.site import Recorder as Settings
from edge.state import State

DAY_S = 86400.0

AROUND_S = 60.0
"""A visit's recording begins and ends so much before and after it."""


def tidy(recorder: Recorder, book: Book, state: State, settings: Settings, now_s: float) -> list[Path]:
    """Delete what `due_to_go` says; what was deleted. A disk or a book that does not let us is left alone."""
    try:
        inside = _when(book, state.door.visits)
        kept = [span for span in _spans(recorder) if not any(overlap(visit, span) for visit in inside)]
        disk = os.statvfs(recorder.folder)
        asked = _when(book, (v for v, s in state.settlements.items() if needs_staff(s)))
    except OSError:
        return []
    disk_bytes = disk.f_blocks * disk.f_frsize
    used = 1.0 - disk.f_bavail / max(1, disk.f_blocks)
    going = due_to_go(
        kept, asked, now_s=now_s, keep_s=settings.keep_days * DAY_S,
        needed_keep_s=max(settings.keep_days, settings.review_days) * DAY_S,
        excess_bytes=(used - settings.disk_share) * disk_bytes,
        urgent_bytes=(used - (1.0 + settings.disk_share) / 2) * disk_bytes,
    )  # fmt: skip
    gone = [recorder.folder / span.name for span in going]
    for path in gone:
        with contextlib.suppress(OSError):
            path.unlink()
    return gone


def _spans(recorder: Recorder) -> Iterator[Span]:
    """Segments that may go at all, oldest first: neither the one at work nor what a restart needs."""
    checkpoint = last_checkpoint(recorder.folder)
    first_needed = checkpoint.position.segment if checkpoint else ""
    for path in segments(recorder.folder):
        if path == recorder.segment or path.name == first_needed:
            return
        facts = path.stat()
        yield Span(began_s(path), facts.st_mtime, path.name, facts.st_size)


def _when(book: Book, visits: Iterable[str]) -> list[Span]:
    """When visits happened, by the book. What became of their payments may come much later, and shows nothing."""
    spans = []
    for visit in sorted(visits):
        happened = (written.entry for written in book.entries(visit=visit))
        times = [entry.at_s for entry in happened if not entry.kind.startswith("payment-")]
        if times:
            spans.append(Span(min(times) - AROUND_S, max(times) + AROUND_S))
    return spans
