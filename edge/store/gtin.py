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


def checks(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it, as in every number of GS1's."""
    from biip.checksums import gs1_standard_check_digit

    return gs1_standard_check_digit(digits[:-1]) == int(digits[-1])


def forms(number: str) -> frozenset[str]:
    """Every product that a number can stand for, as 14 digits: leading zeros only fill up, and eight digits that begin
    with a zero may be UPC-E.
    """
    if not (number.isascii() and number.isdecimal()):
        return frozenset()
    short = written_out(number) if len(number) == 8 else ""
    told = [number, short] if short and checks(short) else [number]
    return frozenset(digits.zfill(LENGTHS[-1]) for digits in told)


def written_out(digits: str) -> str:
    """UPC-E, eight digits, as the GTIN-12 that it stands for (GS1 General Specifications, 5.2.2.4); nothing where it is
    none.
    """
    system, a, b, c, d, e, f, check = list(digits)
    if system not in "01":
        return ""
    if f in "012":
        return f"{system}{a}{b}{f}0000{c}{d}{e}{check}"
    if f == "3":
        return f"{system}{a}{b}{c}00000{d}{e}{check}"
    if f == "4":
        return f"{system}{a}{b}{c}{d}00000{e}{check}"
    return f"{system}{a}{b}{c}{d}{e}0000{f}{check}"


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
