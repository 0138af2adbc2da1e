"""One way to write an entry down, so that equal entries are equal bytes; and the chain through all of them.

JSON with sorted keys and no white space, UTF-8, floats in their shortest exact form, no NaN. An entry's hash is the
SHA-256 of the hash before it (64 zeros at the beginning), a line feed, and the entry's canonical line: whoever changes
one has to change every later one, and the last hash, noted anywhere else, tells.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from edge.records import LedgerEntry, Posting

FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it stands in the book: its number from 1 up, and its hash (hex)."""

    seq: int
    entry: LedgerEntry
    hash: str


def canonical(value: object) -> str:
    """Canonical JSON; `ValueError` for NaN and infinity, `TypeError` for what JSON cannot say."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_of(entry: LedgerEntry) -> dict[str, object]:
    """What an entry says, JSON-ready: all of it but its number and hash."""
    return {
        "key": entry.key,
        "at_s": float(entry.at_s),
        "kind": entry.kind,
        "visit": entry.visit,
        "currency": entry.currency,
        "body": entry.body,
        "postings": [[posting.account, posting.amount_minor] for posting in entry.postings],
    }


def chained(previous: str, seq: int, entry: LedgerEntry) -> str:
    """The hash (hex) of entry number ``seq`` behind an entry whose hash is ``previous``."""
    line = canonical({"seq": seq, **content_of(entry)})
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def export_line(written: Written) -> bytes:
    """The entry's line in an export, with its hash and a line feed."""
    return canonical({"seq": written.seq, **content_of(written.entry), "hash": written.hash}).encode() + b"\n"


def read_back(row: tuple[int, str, float, str, str, str, str, str], legs: list[tuple[str, int]]) -> Written:
    """A row of ``entry`` (in column order) and its postings (in order) -> the entry."""
    seq, key, at_s, kind, visit, currency, body, digest = row
    postings = tuple(Posting(account, amount_minor) for account, amount_minor in legs)
    return Written(seq, LedgerEntry(key, at_s, kind, visit, json.loads(body), postings, currency), digest)
