"""Where in a TOML file something stands, so that whoever has to correct it need not look for it.

Enters: a file's text, and a key as faults name it (``gate[2].position[1]``, arrays counted from 1). Leaves: line and
column, counted from 1. The parser does not tell them (neither tomllib nor tomlkit keep them), so the file is looked
through once more: headers and keys alone, what stands inside of values is passed over.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w\-\". ]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*([\w\-]+(?:\s*\.\s*[\w\-]+)*|"[^"]*"|'[^']*')\s*=\s*""")
_PLAIN = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')

Place = tuple[int, int]


def place_in(text: str, where: str) -> Place | None:
    """The place of a key, else of the nearest table around it that is written; None: nothing of it is."""
    best: tuple[int, Place] | None = None
    table, counts, depth, quotes = "", dict[str, int](), 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quotes or depth:
            quotes, depth = _after(line, quotes, depth)
            continue
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header is not None:
            table = _table(header[2], header[1] == "[[", counts)
            found, column = table, line.index("[") + 1
        elif key is not None:
            name = key[1].strip("\"'").replace(" ", "")
            found, column = f"{table}.{name}" if table else name, key.start(1) + 1
            if where == found or where.startswith((f"{found}[", f"{found}.")):
                column = min(key.end(), len(line)) + 1
            quotes, depth = _after(line[key.end() :], "", 0)
        else:
            continue
        if (where == found or where.startswith((f"{found}[", f"{found}."))) and (best is None or len(found) >= best[0]):
            best = len(found), (number, column)
    return best[1] if best is not None else None


def _table(name: str, one_of_many: bool, counts: dict[str, int]) -> str:
    """A header as faults write it: each table of an array with its number."""
    told = ""
    parts = [part.strip().strip('"') for part in name.split(".")]
    for i, part in enumerate(parts):
        told = f"{told}.{part}" if told else part
        if i == len(parts) - 1 and one_of_many:
            counts[told] = counts.get(told, 0) + 1
        if told in counts:
            told = f"{told}[{counts[told]}]"
    return told


def _after(rest: str, quotes: str, depth: int) -> tuple[str, int]:
    """The multi-line quotes and the brackets that are open behind a piece of a value."""
    while rest:
        if quotes:
            _, ends, rest = rest.partition(quotes)
            if not ends:
                return quotes, depth
            quotes = ""
            continue
        opens = min((rest.find(q), q) for q in ('"""', "'''") if q in rest) if '"""' in rest or "'''" in rest else None
        piece, quotes = (rest, "") if opens is None else (rest[: opens[0]], opens[1])
        rest = "" if opens is None else rest[opens[0] + 3 :]
        plain = _PLAIN.sub("", piece)
        depth += plain.count("[") + plain.count("{") - plain.count("]") - plain.count("}")
    return quotes, max(0, depth)
