"""What shop and headquarters say to each other: subjects, requests, answers.

A request on ``hq.ledger.<shop>`` is one JSON line, a `Said`, and behind it entries as the book exports them, in order
and without a gap; none of them is the question where headquarters stands. The answer is a `Heard`: what headquarters
*has*, committed and with the chain checked. Nothing is acknowledged that is not on its disk, and nothing else is: a
request that is repeated changes nothing, because entries have numbers.

``hq.status.<shop>`` carries the shop's state as JSON, best effort and unanswered.

Refuses (`Unreadable`): bytes that are none of this, entries that do not follow each other, more than `LARGEST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from edge.ledger import Written
from edge.ledger.lines import read_line

VERSION: Final = 1
"""Of the contract; a request of another one is refused as ``version``."""
LEDGER, STATUS = "hq.ledger.", "hq.status."
LARGEST: Final = 900_000
"""Bytes of a request: nats-server takes a megabyte, unless somebody has told it otherwise."""
BATCH_BYTES: Final = 256_000
"""So much is sent at once, or one entry, if that alone is larger."""

Refusal = Literal["", "away", "busy", "fork", "stranger", "version", "unreadable"]
"""``away``: not now, headquarters' database does not answer; ``busy``: others catch up as well, ask again soon;
``fork``: the two books differ; ``stranger``: nobody has added this shop, or it speaks for another."""


class Unreadable(ValueError):
    """A request that is none."""


class Said(msgspec.Struct, frozen=True):
    """The head of a request: entries from number ``first`` on follow, behind one with the hash ``before``. ``head`` and
    ``head_hash``: the last entry of the shop's own book.
    """

    v: int
    store: str
    first: int
    before: str
    head: int
    head_hash: str


class Heard(msgspec.Struct, frozen=True):
    """The answer: entries up to ``has`` are kept, the last of them with this hash. ``why``: of a refusal, for staff."""

    has: int
    hash: str
    refused: Refusal = ""
    why: str = ""


def token_of(store: str) -> str:
    """A shop's id as a part of a subject, where a dot divides; ``~`` is in no id."""
    return store.replace(".", "~")


def store_of(subject: str) -> str:
    """Whose subject it is."""
    return subject.rpartition(".")[2].replace("~", ".")


def request(said: Said, lines: Sequence[bytes]) -> bytes:
    """The bytes of a request: its head, and entries as `edge.ledger.canon.export_line` writes them."""
    return b"".join([msgspec.json.encode(said), b"\n", *lines])


def read_request(data: bytes) -> tuple[Said, list[Written]]:
    """Head and entries of a request. `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable(f"a request of {len(data)} bytes is larger than {LARGEST}")
    head, _, rest = data.partition(b"\n")
    try:
        said = msgspec.json.decode(head, type=Said)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"its first line is no head of a request ({error})") from error
    found = []
    for seq, line in enumerate(rest.splitlines(keepends=True), start=said.first):
        written = read_line(line)
        if written is None or written.seq != seq:
            raise Unreadable(f"entry {seq} is not where it should be")
        found.append(written)
    return said, found
