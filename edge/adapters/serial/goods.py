"""What stands on goods, as barcode readers say it: numbers under bars, GS1 element strings, Digital Links.

Enters: what a reader sent for one code. Leaves: the code itself without what the reader puts around it, whether that is
goods, and of goods the number (GTIN). Formats are those of the GS1 General Specifications: GTIN-8, -12, -13, -14 and
UPC-E, with the add-on of a magazine or a book behind them; application identifiers, bare or in brackets; addresses with
``/01/<GTIN>``, which QR codes hold in capitals because that is shorter. What kind of code it was, readers say in front
where they are set to (``]E0``, ISO/IEC 15424). Refuses nothing by itself: who asks knows what is wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.store.gtin import checks, written_out

_AIM = re.compile(rb"\](?P<kind>[A-Za-z][0-9A-Za-z])")
_ADD_ON_S = re.compile(rb"\][Ee][12]")
"""Stands before a magazine's add-on, behind its number."""
_ECI = re.compile(rb"\\\d{6}")
"""How a reader that speaks the ECI protocol (``]Q2``) says which characters follow; a backslash is then doubled."""

BARS = frozenset(b"EeCAFGIXH")
"""Letters of AIM identifiers of codes that are bars, not squares: no phone shows those for a person."""
GS1 = frozenset({b"C1", b"e0", b"e1", b"e2", b"d2", b"d5", b"J1", b"Q3", b"Q4", b"z1"})
"""Identifiers of codes that begin with FNC1, which means that a GS1 element string follows."""

GS = b"\x1d"
"""Ends an element of variable length."""

_ELEMENT = re.compile(rb"(?:01|02|\(0[12]\))(?P<gtin>\d{14})")
_SSCC = re.compile(rb"(?:00|\(00\))(?P<sscc>\d{18})")
_LINK = re.compile(rb"https?://[^/?#]+(?:/[^?#]*)?/(?:01|gtin)/(?P<gtin>\d{8}|\d{12,14})(?:[/?#].*)?", re.IGNORECASE)
_ADDRESS = re.compile(rb"(?:[a-z][a-z0-9+.\-]*://|www\.).+", re.IGNORECASE)
_DIGITS = re.compile(rb"\d[\d ]{0,23}")
_OF_PRINT = re.compile(rb"\d{9}X|\d{7}X")
"""An ISBN-10 or ISSN, which some readers make of a book's number."""
_ADD_ON = re.compile(rb"(?P<number>\d{13}|\d{12}|\d{8}) ?(?:\d{5}|\d{2})")


@dataclass(frozen=True, slots=True)
class Code:
    """One code without what its reader put around it; ``kind``: what the reader says it is (``E0``), or nothing."""

    text: bytes
    kind: bytes = b""

    @property
    def is_goods(self) -> bool:
        """Whether this stands on something that is sold, whatever its number is worth."""
        text = self.text.strip()
        if self.kind in GS1 or (self.kind and self.kind[0] in BARS) or GS in text:
            return True
        if _DIGITS.fullmatch(text) or _OF_PRINT.fullmatch(text) or _LINK.fullmatch(text):
            return True
        element, pallet = _ELEMENT.match(text), _SSCC.match(text)
        return bool((element and checks(element["gtin"].decode())) or (pallet and checks(pallet["sscc"].decode())))

    @property
    def is_address(self) -> bool:
        """Whether this is an address of the web."""
        return _ADDRESS.fullmatch(self.text.strip()) is not None

    @property
    def gtin(self) -> str:
        """The number of the goods, UPC-E written out; empty where there is none whose check digit holds."""
        text = self.text.strip().lstrip(GS)
        found = _ELEMENT.match(text) or _LINK.fullmatch(text)
        digits = (found["gtin"] if found else text.replace(b" ", b"")).decode("ascii", "replace")
        if len(digits) == 8 and digits.isdecimal():
            return _of_eight(digits, self.kind)
        if len(digits) in (12, 13, 14) and digits.isdecimal() and checks(digits):
            return digits
        magazine = _ADD_ON.fullmatch(text)
        return Code(magazine["number"], self.kind).gtin if magazine else ""


def unwrapped(said: bytes) -> Code:
    """What a reader sent for one code, without identifiers and tabs around it."""
    text = said.strip(b"\t")
    found = _AIM.match(text)
    kind = found["kind"] if found else b""
    text = text[len(kind) + 1 :] if found else text
    if kind.startswith(b"E"):
        text = _ADD_ON_S.sub(b" ", text)
    if _ECI.match(text):
        text = _ECI.sub(b"", text, count=1).replace(b"\\\\", b"\\")
    return Code(text, kind)


def _of_eight(digits: str, kind: bytes) -> str:
    """Eight digits: UPC-E begins with 0 and is printed with it; EAN-8 of that beginning is a shop's own."""
    long = written_out(digits)
    if kind != b"E4" and long and checks(long) and (digits.startswith("0") or not checks(digits)):
        return long
    return digits if checks(digits) else ""
