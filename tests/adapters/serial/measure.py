"""How many lines a second are read: ``python -m tests.adapters.serial.measure``. A measurement, not a test."""

from __future__ import annotations

import time

from edge.adapters.serial.dialects import dialect_of
from edge.adapters.serial.dialects.barcode import Barcodes
from edge.adapters.serial.dialects.dialect import Dialect
from edge.adapters.serial.dialects.lines import Lines, checksum
from edge.adapters.serial.dialects.mt_sics import MtSics
from edge.adapters.serial.frames import Frames
from tests.adapters.serial.ear import SHOP, device

PIECE = 1024
"""Bytes at a time, a quarter of what a terminal keeps."""
LINES = 200_000


def dialect(protocol: str) -> Dialect:
    return dialect_of(device(protocol), SHOP)


def lines_per_s(talk: Dialect, lines: list[bytes]) -> float:
    """Framing and understanding together, on one core."""
    speech = b"".join(line + b"\r\n" for line in lines) * (LINES // len(lines))
    frames = Frames(talk.framing)
    began_s = time.perf_counter()
    count = 0
    for i in range(0, len(speech), PIECE):
        for line in frames.feed(speech[i : i + PIECE], 0.0):
            talk.line(line, 0.0)
            count += 1
    return count / (time.perf_counter() - began_s)


def main() -> None:
    bare = [b"%d,%d.%d" % (plate, 417 * plate, plate) for plate in range(1, 5)]
    for name, talk, lines in (
        ("lines", Lines(device("lines"), 4), bare),
        ("lines with checksum", Lines(device("lines"), 4), [b"%s*%02X" % (b, checksum(b)) for b in bare]),
        ("mt-sics", MtSics(device("mt-sics")), [b"S S     129.07 g", b"S D     130.11 g"]),
        ("a-and-d", dialect("a-and-d"), [b"ST,+00123.4  g", b"US,+00123.5  g"]),
        ("sartorius", dialect("sartorius"), [b"N     +   1255.7 g  "]),
        ("ohaus", dialect("ohaus"), [b"     12.73 g    ?"]),
        ("kern", dialect("kern"), [b"       123.4 g  "]),
        ("toledo-8217", dialect("toledo-8217"), [b"01.250"]),
        ("barcode", Barcodes(device("barcode")), [b"6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDE" * 3]),
    ):
        print(f"{name:20} {lines_per_s(talk, lines):9,.0f} lines/s")


if __name__ == "__main__":
    main()
