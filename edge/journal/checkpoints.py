"""Checkpoints: the runtime's whole state behind a certain message, in a file that is either whole or not there.

Two are kept. A file is written beside its place, synced and renamed; it holds the version of Tebura, the position and a
checksum, so that a torn one is recognised and the one before it taken.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

NAMES = ("checkpoint", "checkpoint.before")


class Position(msgspec.Struct, frozen=True):
    """Behind the first ``count`` messages of a segment."""

    segment: str
    count: int


class _File(msgspec.Struct):
    version: str
    position: Position
    checksum: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state as `edge.driver.Driver.freeze` writes it, what it has heard, and the version of Tebura that wrote it."""

    version: str
    position: Position
    state: bytes


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint and the one before it. `OSError` where the disk refuses; the old ones stay."""
    last, before = (folder / name for name in NAMES)
    data = msgspec.msgpack.encode(
        _File(checkpoint.version, checkpoint.position, _checksum(checkpoint), checkpoint.state)
    )
    fresh = folder / f"{NAMES[0]}.new"
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if last.exists():
        last.replace(before)
    fresh.replace(last)


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there is none."""
    for name in NAMES:
        try:
            found = msgspec.msgpack.decode((folder / name).read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError):
            continue
        checkpoint = Checkpoint(found.version, found.position, found.state)
        if _checksum(checkpoint) == found.checksum:
            return checkpoint
    return None


def _checksum(checkpoint: Checkpoint) -> int:
    head = msgspec.msgpack.encode((checkpoint.version, checkpoint.position))
    return zlib.crc32(checkpoint.state, zlib.crc32(head))
