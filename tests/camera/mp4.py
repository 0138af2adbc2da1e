"""MP4 files as cameras, phones and recorders write them: what ISO/IEC 14496-12 lets them say, put into OpenCV's own."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2

from edge.camera.picture import Picture

INNER = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
TICKS_A_S = 1000


def mp4(path: Path, frames: Iterable[Picture], fps: float = 20.0) -> Path:
    """MPEG-4 with a key frame in twelve; the others tell what has changed."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        writer.write(frame)
    assert writer is not None
    writer.release()
    return path


def with_steps(path: Path, steps_s: Sequence[float]) -> Path:
    """Each frame is shown for so long ('stts'), in a time of milliseconds ('mdhd')."""
    ticks = [round(step * TICKS_A_S) for step in steps_s]

    def stts(_: bytes) -> bytes:
        return struct.pack(">II", 0, len(ticks)) + b"".join(struct.pack(">II", 1, t) for t in ticks)

    def mdhd(body: bytes) -> bytes:
        return body[:12] + struct.pack(">II", TICKS_A_S, sum(ticks)) + body[20:]

    return _rewritten(path, {b"stts": stts, b"mdhd": mdhd, b"edts": lambda body: b"\0" * len(body)})


def turned(path: Path, degrees: int) -> Path:
    """Players are to turn it (the matrix of 'tkhd'): what a phone does that was held the other way round."""

    def tkhd(body: bytes) -> bytes:
        c, s = (round(f(math.radians(degrees))) << 16 for f in (math.cos, math.sin))
        at = 40 if body[0] == 0 else 52
        return body[:at] + struct.pack(">9i", c, s, 0, -s, c, 0, 0, 0, 1 << 30) + body[at + 36 :]

    return _rewritten(path, {b"tkhd": tkhd})


def damaged(path: Path, frame: int) -> Path:
    """One frame's bytes are lost: a bad sector, a broken copy."""
    data = bytearray(path.read_bytes())
    sizes = _numbers(data, b"stsz", 8)
    (chunk, *more), at = _numbers(data, b"stco", 4), sum(sizes[:frame])
    assert not more or more[0] == chunk + sizes[0], "the frames stand one behind the other"
    data[chunk + at : chunk + at + sizes[frame]] = bytes(sizes[frame])
    path.write_bytes(data)
    return path


def _numbers(data: bytearray, box: bytes, head: int) -> list[int]:
    at = data.index(box) + 4 + head
    (count,) = struct.unpack_from(">I", data, at)
    return list(struct.unpack_from(f">{count}I", data, at + 4))


def _rewritten(path: Path, how: dict[bytes, Callable[[bytes], bytes]]) -> Path:
    """What stands behind the pictures may grow: OpenCV writes the tables last."""
    path.write_bytes(_boxes(path.read_bytes(), how))
    return path


def _boxes(data: bytes, how: dict[bytes, Callable[[bytes], bytes]]) -> bytes:
    made, at = b"", 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        if kind in INNER:
            body = _boxes(body, how)
        elif kind in how:
            body = how[kind](body)
        made += struct.pack(">I4s", len(body) + 8, kind) + body
        at += size
    return made
