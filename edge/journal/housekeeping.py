"""Deleting segments that are due, on the disk as it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from edge.checkout import NEEDS_STAFF
from edge.journal.checkpoints import last_checkpoint
from edge.journal.retention import Span, due_to_go
from edge.journal.segments import Recorder, began_s, segments
from edge.ledger.book import Book
from edge.site import Recorder as Settings
from edge.state import State

AROUND_S = 60.0
"""A visit's recording begins and ends so much before and after it."""


def tidy(recorder: Recorder, book: Book, state: State, settings: Settings, now_s: float) -> list[Path]:
    """Delete what `due_to_go` says; what was deleted. A disk or a book that does not let us is left alone."""
    try:
        kept = list(_spans(recorder))
        disk = os.statvfs(recorder.folder)
        needed = list(_needed(book, state))
    except OSError:
        return []
    used = 1.0 - disk.f_bavail / max(1, disk.f_blocks)
    excess_bytes = (used - settings.disk_share) * disk.f_blocks * disk.f_frsize
    going = due_to_go(kept, needed, now_s=now_s, keep_s=settings.keep_days * 86400.0, excess_bytes=excess_bytes)
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


def _needed(book: Book, state: State) -> Iterator[Span]:
    """When visits happened about which somebody may still ask."""
    asked = {v for v, s in state.settlements.items() if s.state in NEEDS_STAFF}
    for visit in sorted(asked | state.door.visits.keys()):
        times = [written.entry.at_s for written in book.entries(visit=visit)]
        if times:
            yield Span(min(times) - AROUND_S, max(times) + AROUND_S)
