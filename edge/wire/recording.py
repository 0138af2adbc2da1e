"""Recordings: MCAP files of the wire, self-contained.

Enters: a path. Leaves: the store's files, and the messages in file order (the order in which the runtime
received them). A recording that breaks off is read as far as it goes, and the loss is said. A writer keeps
payload bytes exactly as they were on the wire, and two writers given the same messages write the same file.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

from edge.wire.reader import MAGIC, read_messages

STORE_FILES = ("store.toml", "catalogue.csv", "planogram.csv", "prices.csv")
_PROFILE = re.compile(r"calibration/[A-Za-z0-9][A-Za-z0-9._-]*\.toml", re.ASCII)
"""Whoever lays out a recording's files writes nothing beside them."""

RUNTIME = "runtime.json"
"""An attachment of recordings that a shop at work has made, by which version of Tebura: what its payment provider
answered stands in them.
"""

MEDIA_TYPES = {".toml": "application/toml", ".csv": "text/csv", ".json": "application/json", ".txt": "text/plain"}


class UnreadableRecording(ValueError):
    """A file that is no recording at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it was heard: topic, payload bytes, and when (seconds)."""

    topic: str
    payload: bytes
    received_s: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What of a recording could not be read, and how many messages could."""

    reason: str
    messages: int


class Recording:
    """A recording. When it has been iterated, ``loss`` tells whether something was missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.loss: Loss | None = None
        self.attachments = _attachments(path)

    @property
    def name(self) -> str:
        return self.path.stem

    def store_files(self) -> dict[str, bytes]:
        """Everything that the store is: its three files, and how its shelves weigh."""
        return {k: v for k, v in self.attachments.items() if k in STORE_FILES or _PROFILE.fullmatch(k)}

    def __iter__(self) -> Iterator[Heard]:
        self.loss = None
        count, losses = 0, list[str]()
        for topic, payload, received_s in read_messages(self.path, losses):
            count += 1
            yield Heard(topic, payload, received_s)
        if losses:
            self.loss = Loss("; ".join(dict.fromkeys(losses)), count)


def open_recording(path: Path) -> Recording:
    """A recording, its attachments read; `UnreadableRecording` where it is none."""
    if not path.is_file():
        what = "is a folder. Name its recordings, as FOLDER/*.mcap" if path.is_dir() else "there is no such file"
        raise UnreadableRecording(f"{path}: {what}")
    with path.open("rb") as file:
        if file.read(8) != MAGIC:
            raise UnreadableRecording(f"{path}: is not an MCAP recording. Make one with `tebura simulate`")
    return Recording(path)


def _attachments(path: Path) -> dict[str, bytes]:
    """Every attachment that can be read. They stand in front of the messages in what Tebura writes, but a
    recording of somebody else's may hold them at the end, so the whole file is looked through: record headers
    only, chunks are skipped unread.
    """
    found: dict[str, bytes] = {}
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(8)
        while True:
            head = file.read(9)
            if len(head) < 9:
                break
            opcode, length = head[0], int.from_bytes(head[1:], "little")
            if file.tell() + length > size or opcode == Opcode.FOOTER:
                break
            if opcode == Opcode.ATTACHMENT:
                start = file.tell()
                file.seek(start - 9)
                attachment = _attachment(file.read(9 + length))
                if attachment is not None:
                    found[attachment.name] = attachment.data
            else:
                file.seek(length, 1)
    return found


def _attachment(record: bytes) -> Attachment | None:
    import io

    try:
        for r in StreamReader(io.BytesIO(record), skip_magic=True).records:
            if isinstance(r, Attachment):
                return r
    except (McapError, EOFError, ValueError, OverflowError, struct.error):
        pass
    return None


def nanoseconds(at_s: float) -> int:
    """A moment as recordings keep it. `edge.wire.reader` gets the very same float out of it again: the product with
    1e9 would be off by up to 128 ns, and entries of the book carry these moments.
    """
    whole_s = math.floor(at_s)
    return whole_s * 10**9 + round((at_s - whole_s) * 1e9)


class RecordingWriter:
    """Writes a recording; use it as a context manager. Its bytes depend on nothing but what it is given."""

    def __init__(self, path: Path, attachments: Mapping[str, bytes], at_s: float) -> None:
        self._file = path.open("wb")
        self._writer = Writer(self._file, chunk_size=1 << 20, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="tebura")
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._sequence = 0
        when = round(at_s * 1e9)
        for name, data in attachments.items():
            media = MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
            self._writer.add_attachment(when, when, name, media, data)

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()
        self.abandon()

    def finish(self) -> None:
        """Write the end of the file: indexes and statistics."""
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._file.flush()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        with contextlib.suppress(OSError):
            self._file.close()

    def flush(self) -> None:
        """Hand everything to the operating system: a killed process loses nothing of it."""
        self._writer.flush()  # type: ignore[no-untyped-call]

    def sync(self) -> None:
        """Wait until the disk has what was flushed."""
        os.fdatasync(self._file.fileno())

    def write(self, topic: str, payload: bytes, measured_s: float, received_s: float) -> None:
        """One message, as it was on the wire."""
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._channels[topic] = self._writer.register_channel(topic, "json", self._schema(topic))
        self._sequence += 1
        self._writer.add_message(
            channel, nanoseconds(received_s), payload, nanoseconds(measured_s), sequence=self._sequence
        )

    def _schema(self, topic: str) -> int:
        from edge.wire.schemas import schema_of  # here, so that ``python -m edge.wire.schemas`` runs it once

        name, schema = schema_of(topic)
        if name not in self._schemas:
            self._schemas[name] = self._writer.register_schema(name, "jsonschema", schema)
        return self._schemas[name]
