"""In which records do two runs differ?

Enters: two runs, each a recording (which is replayed), a ledger, or a ledger's export. Leaves: what stands in one only,
and what stands in both but says something else, field by field, in the order of the first run. Hashes and numbers of
entries are left out: they follow from the entries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast

Entry: TypeAlias = dict[str, object]
"""A ledger entry as an export tells it, without its number and hash."""

FOLLOWING = ("seq", "hash")
SQLITE = b"SQLite format 3\x00"
MCAP = b"\x89MCAP0\r\n"


class UnreadableRun(ValueError):
    """A file that is no run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record in which two runs differ: ``fields`` as (path, in A, in B), empty where one run lacks it."""

    key: str
    at_s: float
    where: Literal["only in A", "only in B", "differs", "comes at another place"]
    fields: tuple[tuple[str, str, str], ...] = ()


def read_run(path: Path) -> list[Entry]:
    """Every entry of a run, in order."""
    if not path.is_file():
        raise UnreadableRun(f"{path}: there is no such file")
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(MCAP):
        return _replayed(path)
    if head.startswith(SQLITE):
        from edge.ledger.book import Book

        with Book(path, read_only=True) as book:
            return [_plain(line) for line in book.export()]
    if head.lstrip().startswith(b"{"):
        return _exported(path)
    raise UnreadableRun(f"{path}: is no recording, ledger or export. Name an .mcap, a ledger, or its export")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs of one name: how many records the first has, where they differ; or why one of them is none."""

    records: int = 0
    differences: tuple[Difference, ...] = ()
    unusable: str = ""


def compare_files(a: Path, b: Path) -> Pair:
    """One of many: what keeps two files from being compared keeps no others."""
    try:
        of_a, of_b = read_run(a), read_run(b)
    except (OSError, ValueError) as error:
        return Pair(unusable=str(error))
    return Pair(len(of_a), tuple(compare(of_a, of_b)))


def compare(a: list[Entry], b: list[Entry]) -> list[Difference]:
    """Where two runs differ, first difference first."""
    in_a, in_b = ({_key(e): e for e in run} for run in (a, b))
    found = []
    for key in [*in_a, *(k for k in in_b if k not in in_a)]:
        entry = in_a.get(key) or in_b[key]
        at_s = cast("float", entry["at_s"])
        if key not in in_b:
            found.append((at_s, Difference(key, at_s, "only in A")))
        elif key not in in_a:
            found.append((at_s, Difference(key, at_s, "only in B")))
        elif in_a[key] != in_b[key]:
            fields = tuple(_fields("", in_a[key], in_b[key]))
            found.append((at_s, Difference(key, at_s, "differs", fields)))
    if not found:
        return _displaced(a, b)
    return [difference for _, difference in sorted(found, key=lambda d: d[0])]


def _displaced(a: list[Entry], b: list[Entry]) -> list[Difference]:
    """The same entries in another order: the first one that stands elsewhere."""
    for one, other in zip(a, b, strict=False):
        if _key(one) != _key(other):
            order = (("entry at this place", _key(one), _key(other)),)
            return [Difference(_key(one), cast("float", one["at_s"]), "comes at another place", order)]
    return []


def _replayed(path: Path) -> list[Entry]:
    from edge.ledger.book import Book
    from edge.wire import open_recording
    from simulator.replay import replay

    with Book() as book:
        replay(open_recording(path), book=book)
        return [_plain(line) for line in book.export()]


def _exported(path: Path) -> list[Entry]:
    found = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                found.append(_plain(line))
            except (ValueError, TypeError) as error:
                remedy = "Export the ledger again with `tebura ledger show --export`"
                raise UnreadableRun(f"{path}: line {number} is no ledger entry ({error}). {remedy}") from None
    return found


def _plain(line: bytes) -> Entry:
    entry = json.loads(line)
    if not isinstance(entry, dict) or not {"key", "at_s", "kind"} <= entry.keys():
        raise ValueError("key, at_s and kind are missing")
    return {k: v for k, v in entry.items() if k not in FOLLOWING}


def _key(entry: Entry) -> str:
    return cast("str", entry["key"])


def _fields(path: str, a: object, b: object) -> Iterator[tuple[str, str, str]]:
    """(path, in A, in B) of every leaf that differs."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            yield from _fields(f"{path}.{key}" if path else str(key), a.get(key), b.get(key))
    elif isinstance(a, list) and isinstance(b, list):
        for i in range(max(len(a), len(b))):
            yield from _fields(f"{path}[{i}]", a[i] if i < len(a) else None, b[i] if i < len(b) else None)
    elif a != b:
        yield path, _shown(a), _shown(b)


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
