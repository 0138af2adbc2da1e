"""A barcode reader at a gate: a line is the text of the code that a phone showed.

Enters: lines. Leaves: credentials, in base45 (RFC 9285: what fits into a QR code's alphanumeric mode), up to 512 bytes.
A reader repeats a code for as long as it sees it; the same text is one scan until it was out of sight for `SAME_S`.
Refuses goods: the numbers under their bars (GTIN-8, -12, -13, -14) are no credential, and what is not base45 is none.
Whether a credential is genuine is not judged here.
"""

from __future__ import annotations

import re

import msgspec

from edge.adapters.serial.dialect import Said, Scanned, Unusable

SAME_S = 2.0
LONGEST = 512

_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
"""What some readers put in front to say which kind of code it was: ``]Q1`` (ISO/IEC 15424)."""
_GOODS = re.compile(rb"\d{8}|\d{12,14}")
_BASE45 = re.compile(rb"[0-9A-Z $%*+\-./:]+")

NO_CREDENTIAL = Unusable("not a credential")


class Barcodes:
    """One reader."""

    longest = LONGEST
    mid_line = False
    restless = False

    def __init__(self) -> None:
        self._last = b""
        self._seen_s = float("-inf")

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """The scan, nothing where it is the same once more, or that it is none."""
        text = _AIM.sub(b"", line, count=1) if line.startswith(b"]") else line
        text = text.strip(b"\t")
        if not text.strip() or _GOODS.fullmatch(text.strip()) or not _BASE45.fullmatch(text):
            return [NO_CREDENTIAL]
        again = text == self._last and at_s - self._seen_s <= SAME_S
        self._last, self._seen_s = text, at_s
        return [] if again else [Scanned(text.decode("ascii"))]

    def ask(self, at_s: float) -> bytes:
        """Nothing: it talks when somebody holds a code under it."""
        return b""


def encode_scan(at_s: float, credential: str) -> bytes:
    """``gate/<gate>/scan`` of a reader that only reads."""
    return msgspec.json.encode({"t": round(at_s, 4), "credential": credential})
