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
        return bool((element and checks(element["gtin"])) or (pallet and checks(pallet["sscc"])))

    @property
    def is_address(self) -> bool:
        """Whether this is an address of the web."""
        return _ADDRESS.fullmatch(self.text.strip()) is not None

    @property
    def gtin(self) -> str:
        """The number of the goods, UPC-E written out; empty where there is none whose check digit holds."""
        text = self.text.strip().lstrip(GS)
        found = _ELEMENT.match(text) or _LINK.fullmatch(text)
        digits = found["gtin"] if found else text.replace(b" ", b"")
        if len(digits) == 8 and digits.isdigit():
            return _of_eight(digits, self.kind)
        if len(digits) in (12, 13, 14) and digits.isdigit() and checks(digits):
            return digits.decode("ascii")
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


def checks(digits: bytes) -> bool:
    """Whether the last digit is the check digit of those before it (GS1 General Specifications, 7.9)."""
    return sum((c - 48) * (3 if i % 2 else 1) for i, c in enumerate(reversed(digits))) % 10 == 0


def forms(number: str) -> frozenset[str]:
    """Every product that a number can stand for, as 14 digits: leading zeros only fill up, and eight digits that begin
    with a zero may be UPC-E.
    """
    if not (number.isascii() and number.isdecimal()):
        return frozenset()
    short = _written_out(number.encode("ascii")) if len(number) == 8 else b""
    told = [number.lstrip("0")] + ([short.decode("ascii")] if short and checks(short) else [])
    return frozenset(digits.zfill(14) for digits in told)


def _of_eight(digits: bytes, kind: bytes) -> str:
    """Eight digits: UPC-E begins with 0 and is printed with it; EAN-8 of that beginning is a shop's own."""
    long = _written_out(digits)
    if kind != b"E4" and long and checks(long) and (digits.startswith(b"0") or not checks(digits)):
        return long.decode("ascii")
    return digits.decode("ascii") if checks(digits) else ""


def _written_out(digits: bytes) -> bytes:
    """UPC-E as the GTIN-12 that it stands for (GS1 General Specifications, 5.2.2.4); nothing where it is none."""
    system, (a, b, c, d, e, f), check = digits[:1], (digits[i : i + 1] for i in range(1, 7)), digits[7:]
    if system not in (b"0", b"1"):
        return b""
    if f in (b"0", b"1", b"2"):
        return system + a + b + f + b"0000" + c + d + e + check
    if f == b"3":
        return system + a + b + c + b"00000" + d + e + check
    if f == b"4":
        return system + a + b + c + d + b"00000" + e + check
    return system + a + b + c + d + e + b"0000" + f + check
