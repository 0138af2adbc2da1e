"""A barcode reader at a gate: a line is the text of the code that a phone showed.

Enters: lines, ended by CR, LF or ETX, or by a pause where a reader sends no end; STX before them and AIM identifiers
are taken off. Leaves: credentials, in base45 (RFC 9285: what fits into a QR code's alphanumeric mode), up to 512 bytes.
A reader repeats a code for as long as it sees it; the same text is one scan until it was out of sight for `SAME_S`.
Refuses goods (`edge.adapters.serial.goods`), and what is not base45. Whether a credential is genuine is not judged
here; but where one code after another cannot be one, because the reader adds something of its own, staff are told:
shoppers only see that the gate stays shut.
"""

from __future__ import annotations

import re

import msgspec

from edge.adapters.serial.dialects.dialect import NOTED, Said, Scanned, Unusable
from edge.adapters.serial.frames import ETX, STX, Framing
from edge.adapters.serial.goods import GS, unwrapped
from edge.site import SerialDevice
from edge.told import NOTHING, Sentence, told

SAME_S = 2.0
LONGEST = 512
GAP_S = 0.1
"""Codes of a reader that sends no end are told apart by a pause. Within a code of 129 characters there is none beyond
what a USB adapter may hold back."""
SENSELESS = 5
"""So many different codes in a row that cannot be a shopper's are the reader's doing; somebody who tries the codes in
their pocket gives up sooner."""
LENGTHS = (129, 128)
"""Characters of a code of docs/gate.md; one begins with a space that readers cut away."""

FRAMING = Framing(LONGEST, ends=b"\r\n" + ETX, begins=STX, also=GS, gap_s=GAP_S)

_BASE45 = re.compile(rb"[0-9A-Z $%*+\-./:]+")

NO_CREDENTIAL = Unusable("not a credential")
GOODS = Unusable("goods")


class Barcodes:
    """One reader."""

    framing = FRAMING
    restless = False
    speaks = "codes"

    def __init__(self, device: SerialDevice, plates: int = 0) -> None:
        self._device, self._last = device.device, b""
        self._seen_s = float("-inf")
        self._senseless = 0
        """Lines in a row."""
        self._odd = self._shown = b""
        """The last of them, and the one that staff are shown, which stays the same."""

    def line(self, line: bytes, at_s: float) -> list[Said]:
        """The scan, nothing new where it is the same once more, or that it is none."""
        code = unwrapped(line)
        if code.is_goods:
            return [GOODS]
        if code.is_address:
            return [NO_CREDENTIAL]
        if not code.text.strip() or not _BASE45.fullmatch(code.text):
            self._wonder(line)
            return [NO_CREDENTIAL]
        again = code.text == self._last and at_s - self._seen_s <= SAME_S
        self._last, self._seen_s = code.text, at_s
        if again:
            return [NOTED]
        if len(code.text) in LENGTHS:
            self._senseless, self._odd = 0, b""
        else:
            self._wonder(line)
        return [Scanned(code.text.decode("ascii"))]

    def ask(self, at_s: float) -> bytes:
        """Nothing: it talks when somebody holds a code under it."""
        return b""

    def trouble(self) -> Sentence:
        """That nothing of what it reads has been a shopper's code for some time."""
        if self._senseless < SENSELESS:
            return NOTHING
        shown = self._shown[:40].decode("ascii")
        return told(
            "{device} reads codes, but nothing of it is a shopper's any more ({code!r}): let it send the code alone, "
            "without prefix or code identifier, and end it with CR; look whether it reads QR codes",
            device=self._device,
            code=shown,
        )

    def _wonder(self, line: bytes) -> None:
        if line == self._odd:
            return
        self._odd = line
        self._senseless += 1
        if self._senseless <= SENSELESS:
            self._shown = line


def encode_scan(at_s: float, credential: str) -> bytes:
    """``gate/<gate>/scan`` of a reader that only reads."""
    return msgspec.json.encode({"t": round(at_s, 4), "credential": credential})
