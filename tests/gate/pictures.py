"""Pictures of codes as grey levels, and what a reader reads in them."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import zxingcpp
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(height, width), 0 black to 255 white."""


def of_png(data: bytes) -> Picture:
    """A PNG of black and white pixels: whole rows, or what they add to the row above."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed = 8, b""
    width = height = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (1, 0)
        elif kind == b"IDAT":
            packed += body
        at += size + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1).copy()
    assert set(rows[:, 0].tolist()) <= {0, 2}
    for i in np.flatnonzero(rows[:, 0] == 2):
        rows[i, 1:] += rows[i - 1, 1:]
    return (np.unpackbits(rows[:, 1:], axis=1)[:, :width] * 255).astype(np.uint8)


def of_half_blocks(text: str, scale: int = 3) -> Picture:
    """A terminal's lines, white on black: each character is two pixels, one above the other."""
    halves = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255)}
    lines = text.splitlines()
    assert len({len(line) for line in lines}) == 1
    rows = [[halves[character][half] for character in line] for line in lines for half in (0, 1)]
    return np.array(rows, dtype=np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)


def text_in(picture: Picture) -> str:
    """The one code in a picture."""
    (seen,) = zxingcpp.read_barcodes(np.ascontiguousarray(picture))
    return str(seen.text)
