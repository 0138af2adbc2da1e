"""A till roll: text of a fixed number of columns, in which a wide character takes two.

Enters: pieces of text in any script. Leaves: lines of at most `COLUMNS` columns; nothing is ever cut off, what is too
long goes on in the next line. Characters whose width depends on the font (East Asian "ambiguous", like ×) count as
one; a receipt puts them where nothing stands behind them that would have to line up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

COLUMNS = 42
"""What the usual 80 mm roll holds in its larger font."""


NEVER_FIRST = "。、」』)】!?,.)"
"""No line begins with one of these: the character before it goes along (JIS X 4051, kinsoku)."""


def width(text: str) -> int:
    """Columns that a text takes: wide and full-width characters (Unicode annex 11) two, combining ones none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def rule(stroke: str = "-") -> str:
    """A line across the roll."""
    return stroke * COLUMNS


def wrapped(text: str, columns: int = COLUMNS, indent: int = 0) -> list[str]:
    """The text in lines of at most ``columns`` columns, each indented; a line feed begins a new one.

    Lines break at spaces; a word longer than a line (Japanese has few spaces) breaks anywhere.
    """
    room = columns - indent
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            joined = f"{line} {word}" if line else word
            if width(joined) <= room:
                line = joined
            elif width(word) <= room:
                lines.append(line)
                line = word
            else:
                *full, line = _filled(joined, room)
                lines += full
        lines += [line] if line else []
    return [" " * indent + line for line in lines]


def _filled(text: str, columns: int) -> list[str]:
    """At least one line, each as full as it gets."""
    lines, line, taken = [], "", 0
    for character in text:
        if taken + _width(character) > columns:
            along = line[-1:] if character in NEVER_FIRST and 0 < width(line[-1:]) < taken else ""
            along = along if width(along + character) <= columns else ""
            lines.append(line.removesuffix(along))
            line, taken = along, width(along)
        line, taken = line + character, taken + _width(character)
    return [*lines, line]


def centred(text: str) -> list[str]:
    """``text`` in the middle of the roll, in as many lines as it takes."""
    return [" " * ((COLUMNS - width(line)) // 2) + line for line in wrapped(text)]


def both_ends(left: str, right: str, mark: str = "", indent: int = 0) -> list[str]:
    """``left`` at the left end (``indent`` columns from it) and ``right`` flush right, in its last line or below it;
    ``mark`` stands outside.

    Two columns at the right end are kept for the mark on every line, so that what is flush right lines up.
    """
    room = COLUMNS - 2
    lines = wrapped(left, room, indent)
    below = wrapped(right, room)
    if lines and below and width(lines[-1]) + 1 + width(below[0]) <= room:
        gap = room - width(lines[-1]) - width(below[0])
        lines[-1] += " " * gap + below.pop(0)
    lines += [" " * (room - width(line)) + line for line in below]
    return [*lines[:-1], lines[-1] + mark]


def table(rows: Sequence[tuple[str, str, str]], indent: int = 1) -> list[str]:
    """Three columns: the first flush left, the others flush right and ending where the roll's amounts end. A row that
    is too long for them stands on several lines.
    """
    first, second, third = 10, 14, COLUMNS - 2 - indent - 10 - 14
    lines = []
    for left, middle, right in rows:
        if width(left) > first or width(middle) >= second or width(right) >= third:
            lines += [" " * indent + left, *both_ends("", middle), *both_ends("", right)]
            continue
        lines.append(" " * indent + _flush(left, first, False) + _flush(middle, second) + _flush(right, third))
    return lines


def _flush(text: str, columns: int, right: bool = True) -> str:
    gap = " " * max(0, columns - width(text))
    return gap + text if right else text + gap
