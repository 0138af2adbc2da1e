"""The numbers of goods: GTIN-8, -12, -13 and -14 (GS1 General Specifications), as the package ``biip`` reads them.

Enters: the digits below a bar code, from a catalogue or a reader. Leaves: whether they are such a number, else what is
wrong with them and the remedy. Nothing is charged by them; `tebura planogram learn` finds products by them.
"""

from __future__ import annotations

LENGTHS = (8, 12, 13, 14)


def is_gtin(said: str) -> bool:
    """Whether it has the digits of a GTIN, and its check digit holds."""
    from biip import ParseError  # slow to import, and a replay does without
    from biip.gtin import Gtin

    if not (said.isascii() and said.isdecimal()):
        return False
    try:
        Gtin.parse(said)
    except ParseError:
        return False
    return True


def same_goods(gtin: str) -> str:
    """The same for all numbers that are one product's: zeros only fill a number up."""
    return gtin.zfill(LENGTHS[-1])


def wrong_gtin(said: str) -> tuple[str, str] | None:
    """What is wrong with digits that are none, and the remedy."""
    if is_gtin(said):
        return None
    filled = next((said.zfill(n) for n in LENGTHS if len(said) < n and is_gtin(said.zfill(n))), None)
    if len(said) not in LENGTHS:
        what = f"gtin {said} has {'1 digit' if len(said) == 1 else f'{len(said)} digits'}, and numbers of goods have " \
               "8, 12, 13 or 14"  # fmt: skip
        if filled is not None:
            return what, f"A spreadsheet takes zeros off the front: is it {filled}? Format the column as text"
    else:
        what = f"the last digit of gtin {said} does not fit to the others"
    return what, "Compare it with the digits below the bar code, or leave it empty"
