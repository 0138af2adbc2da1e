"""Matroska files as recorders write them that stamp each frame as it comes (RFC 9559): uneven times, no rate told."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2

from edge.camera.picture import Picture


def mkv(path: Path, frames: Sequence[Picture], at_ms: Sequence[int]) -> Path:
    """MJPEG, a cluster a frame."""
    height, width = frames[0].shape[:2]
    head = _box("1A45DFA3", _box("4282", b"matroska"), _box("4287", b"\x04"), _box("4285", b"\x02"))
    lasts = _box("4489", struct.pack(">d", float(at_ms[-1] + 40)))
    info = _box("1549A966", _box("2AD7B1", (1_000_000).to_bytes(4)), lasts, _box("4D80", b"x"), _box("5741", b"x"))
    video = _box("E0", _box("B0", width.to_bytes(2)), _box("BA", height.to_bytes(2)))
    entry = _box("AE", _box("D7", b"\x01"), _box("73C5", b"\x01"), _box("83", b"\x01"), _box("86", b"V_MJPEG"), video)
    clusters = [
        _box("1F43B675", _box("E7", at.to_bytes(4)), _box("A3", b"\x81\x00\x00\x80" + _jpeg(frame)))
        for frame, at in zip(frames, at_ms, strict=True)
    ]
    path.write_bytes(head + _box("18538067", info, _box("1654AE6B", entry), *clusters))
    return path


def _jpeg(frame: Picture) -> bytes:
    return cv2.imencode(".jpg", frame)[1].tobytes()


def _box(name: str, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8) + body
