"""The recorder: what the shop hears, in segments.

A segment is a recording (MCAP) named after when it began, ``20261122T093000Z-000001.mcap`` (UTC, and a number
that never repeats in a folder); names sort in the order of time. A segment that was cut off by a kill is read as far
as it goes, like any other recording.
"""

from __future__ import annotations

import contextlib
import errno
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from edge.journal.checkpoints import Position
from edge.told import NOTHING, phrase, told
from edge.wire import Heard, Recording, RecordingWriter, open_recording
from edge.wire.recording import UnreadableRecording

NAME = re.compile(r"\d{8}T\d{6}Z-(\d{6,18})\.mcap", re.ASCII)

STAMP = "%Y%m%dT%H%M%SZ"

FULL = (errno.ENOSPC, errno.EDQUOT)

TRY_AGAIN_S = 5.0
"""After a disk has refused, it is tried again so often."""

FLUSH_BYTES = 1 << 17
"""What nothing follows from may stay in memory up to this many bytes, or…"""
FLUSH_S = 0.05
"""… this long: what a kill may cost. Smaller parts pack worse."""


def segments(folder: Path) -> list[Path]:
    """All segments, oldest first."""
    found = [p for p in folder.glob("*.mcap") if NAME.fullmatch(p.name) and _is_a_time(p.name[:16])]
    return sorted(found, key=_number)


def _number(path: Path) -> int:
    match = NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def _is_a_time(told: str) -> bool:
    """Not the 30th of February, which somebody's copy may be called."""
    try:
        datetime.strptime(told, STAMP)
    except ValueError:
        return False
    return True


def began_s(path: Path) -> float:
    """When a segment began, UNIX seconds, as its name says."""
    return datetime.strptime(path.name[:16], STAMP).replace(tzinfo=UTC).timestamp()


def segments_between(folder: Path, from_s: float, to_s: float) -> list[Path]:
    """The segments that were being written between two moments, oldest first."""
    there = segments(folder)
    ends_s = [*(began_s(path) for path in there), math.inf][1:]
    return [path for path, end_s in zip(there, ends_s, strict=True) if began_s(path) <= to_s and end_s >= from_s]


def heard_since(folder: Path, position: Position | None) -> Iterator[Heard]:
    """Every message behind a position, in the order in which they were heard; all that is kept where it is None."""
    for _, messages in segments_since(folder, position):
        yield from messages


def segments_since(folder: Path, position: Position | None) -> Iterator[tuple[Recording, Iterator[Heard]]]:
    """Every segment that goes on behind a position, and its messages behind it."""
    for path in segments(folder):
        if position is not None and _number(path) < _number(Path(position.segment)):
            continue
        skip = position.count if position is not None and path.name == position.segment else 0
        try:
            recording = open_recording(path)
        except UnreadableRecording:
            continue  # cut off before its first byte was written
        yield recording, islice(recording, skip, None)


class Recorder:
    """Writes segments into a folder. ``opening`` gives the messages that every segment begins with.

    ``trouble`` is what is wrong at present, for staff, or empty; ``lost`` counts messages that were not kept.
    """

    def __init__(
        self,
        folder: Path,
        attachments: Mapping[str, bytes],
        *,
        segment_s: float,
        segment_bytes: float,
        opening: Callable[[float], list[Heard]] = lambda _: [],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.trouble = NOTHING
        self.lost = 0
        self._attachments = attachments
        self._segment_s, self._segment_bytes = segment_s, segment_bytes
        self._opening = opening
        self._numbers = max((_number(p) for p in segments(folder)), default=0)
        self._writer: RecordingWriter | None = None
        self._path = folder
        self._began_s = 0.0
        self._count = 0
        self._waiting = self._waiting_bytes = 0
        self._flushed_s = 0.0
        self._refused_at = -TRY_AGAIN_S

    @property
    def position(self) -> Position:
        """Behind the last message that was written."""
        return Position(self._path.name if self._writer else "", self._count)

    @property
    def segment(self) -> Path | None:
        """The segment that is being written."""
        return self._path if self._writer else None

    def write(self, heard: Heard, measured_s: float) -> None:
        """One message. It reaches the operating system with the next `flush`, or soon."""
        try:
            if self._writer is not None and self._is_full(heard.received_s):
                self.close()
            if self._writer is None and not self._open(heard.received_s):
                self.lost += 1
                return
            self._put(heard, measured_s)
            if self._waiting_bytes > FLUSH_BYTES or time.monotonic() > self._flushed_s + FLUSH_S:
                self._flushed_s = time.monotonic()
                self.flush()
        except OSError as error:
            self._refused(error)

    def flush(self) -> None:
        """Everything written so far survives this process."""
        if self._writer is not None and self._waiting_bytes:
            try:
                self._writer.flush()
                self._waiting = self._waiting_bytes = 0
            except OSError as error:
                self._refused(error)

    def sync(self) -> None:
        """Everything written so far survives a power cut."""
        self.flush()
        if self._writer is not None:
            try:
                self._writer.sync()
            except OSError as error:
                self._refused(error)

    def close(self) -> None:
        """End the segment properly; the next message begins another one."""
        writer, self._writer = self._writer, None
        self._waiting_bytes = 0
        if writer is not None:
            try:
                writer.finish()
                writer.sync()
            except OSError as error:
                self._refused(error)
            writer.abandon()

    def go_on_with(self, attachments: Mapping[str, bytes]) -> None:
        """The shop has other files from here on: the next message begins a segment that carries them."""
        self.close()
        self._attachments = attachments

    def _put(self, heard: Heard, measured_s: float) -> None:
        assert self._writer is not None
        self._writer.write(heard.topic, heard.payload, measured_s, heard.received_s)
        self._count += 1
        self._waiting += 1
        self._waiting_bytes += len(heard.payload) + 32

    def _is_full(self, now_s: float) -> bool:
        if now_s >= self._began_s + self._segment_s:
            return True
        return self._count % 1000 == 0 and self._path.stat().st_size > self._segment_bytes

    def _open(self, at_s: float) -> bool:
        if time.monotonic() < self._refused_at + TRY_AGAIN_S:
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        self._numbers += 1
        began = datetime.fromtimestamp(at_s, UTC)
        self._path = self.folder / f"{began.strftime(STAMP)}-{self._numbers:06d}.mcap"
        try:
            self._writer = RecordingWriter(self._path, self._attachments, at_s)
            self._began_s, self._count, self._waiting, self._waiting_bytes = at_s, 0, 0, 0
            self._flushed_s = time.monotonic()
            for heard in self._opening(at_s):
                self._put(heard, at_s)
            self._writer.flush()
        except OSError:
            with contextlib.suppress(OSError):
                self._path.unlink()
            raise
        self.trouble = NOTHING
        return True

    def _refused(self, error: OSError) -> None:
        """The disk does not take any more. The segment stays as it is, and another one is tried later."""
        self._refused_at = time.monotonic()
        self.lost += max(1, self._waiting)
        self._waiting = 0
        what = error.strerror or str(error)
        full = phrase("recordings cannot be written ({why}). Free some space on the disk of {folder}")
        other = phrase("recordings cannot be written ({why}). See to the disk and access rights of {folder}")
        self.trouble = told(full if error.errno in FULL else other, why=what, folder=self.folder)
        if self._writer is not None:
            self._writer.abandon()
            self._writer = None
