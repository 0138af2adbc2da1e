"""What an event says: the one form in which everything that happened leaves this room.

`docs/insight.md` defines each kind. An event's ``id`` is made of what the shop has written down: ``ledger/<seq>`` where
the book says it, else ``floor/<when the runtime heard it>/<what>``. So the same book and recordings give the same
names, and whoever reads twice can tell.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

FILE: Final = "insight.db"
"""In the state folder."""

Kind: TypeAlias = Literal[
    "entered", "left", "passed", "dwelt", "touched", "picked-up", "put-back", "bought", "refunded", "coupon-used",
    "sold-out", "back-on-shelf", "restocked", "page-opened", "forgotten",
]  # fmt: skip

Teller: TypeAlias = Literal["ledger", "floor"]
"""Who says it: the book, or what was noticed on the floor."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. ``told`` orders what one teller says: the book's number, or when the runtime heard it
    (UNIX seconds). ``visit`` is empty where it was nobody's, ``shelf`` a gondola for what is done on the floor before
    it. ``count``: units, or persons. ``certainty``: how sure the shop was then, in [0, 1].
    """

    id: str
    by: Teller
    told: float
    kind: Kind
    at_s: float
    until_s: float | None = None
    visit: str = ""
    sku: str = ""
    shelf: str = ""
    first: int = 0
    last: int = 0
    count: int = 1
    certainty: float = 1.0
    home: bool | None = None
    """Of what was put back: on the product's own place, or on another."""
    amount_minor: int | None = None
    """Of what was bought; of a coupon what it took off."""
    promotion: str = ""
    """Whose coupon was used."""


def ledger_id(seq: int, part: int) -> str:
    """What the book says; an entry that says several things numbers those behind the first."""
    return f"ledger/{seq}" if part == 0 else f"ledger/{seq}/{part:03d}"


def floor_id(told_s: float, what: str) -> str:
    """What was noticed as the runtime heard the record of that moment."""
    return f"floor/{told_s!r}/{what}"
