"""Checkpoints: the runtime's whole state behind a certain message, in a file that is either whole or not there.

Two are kept. A file is written beside its place, synced and renamed; it holds the version of Tebura, the position and a
checksum, so that a torn one is recognised and the one before it taken.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

NAMES = ("checkpoint", "checkpoint.before")

_LENGTH = struct.Struct(">Q")
"""A file begins with the length of its head; the state follows the head, to the end."""


class Position(msgspec.Struct, frozen=True):
    """Behind the first ``count`` messages of a segment."""

    segment: str
    count: int


class _Head(msgspec.Struct, frozen=True):
    """What stands in front of the state."""

    version: str
    position: Position
    checksum: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state as `edge.driver.Driver.freeze` writes it, what it has heard, and the version of Tebura that wrote it."""

    version: str
    position: Position
    state: bytes


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint and the one before it. `OSError` where the disk refuses; the old ones stay.

    The state of a large shop has twenty megabytes: it is written as it is, without another copy.
    """
    last, before = (folder / name for name in NAMES)
    head = msgspec.msgpack.encode(_Head(checkpoint.version, checkpoint.position, _checksum(checkpoint)))
    fresh = folder / f"{NAMES[0]}.new"
    with fresh.open("wb", buffering=0) as file:
        for part in (_LENGTH.pack(len(head)), head, checkpoint.state):
            rest = memoryview(part)
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    if last.exists():
        last.replace(before)
    fresh.replace(last)


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there is none."""
    for name in NAMES:
        try:
            data = (folder / name).read_bytes()
            (length,) = _LENGTH.unpack_from(data)
            head = msgspec.msgpack.decode(data[_LENGTH.size : _LENGTH.size + length], type=_Head)
        except (OSError, struct.error, msgspec.MsgspecError):
            continue
        checkpoint = Checkpoint(head.version, head.position, data[_LENGTH.size + length :])
        if _checksum(checkpoint) == head.checksum:
            return checkpoint
    return None


def _checksum(checkpoint: Checkpoint) -> int:
    head = msgspec.msgpack.encode((checkpoint.version, checkpoint.position))
    return zlib.crc32(checkpoint.state, zlib.crc32(head))
