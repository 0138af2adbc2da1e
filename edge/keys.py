"""Names that are unique by construction: what the book knows an entry by, and a payment provider a charge.

Everything here is made of what records say and of what has been named before, so that a replay gives the same names.
Moments stand in full: rounded to a millisecond, two people who follow each other closely had one name.
"""

from __future__ import annotations

import hashlib
import math

REMEMBERED = 256
"""So many names are remembered: two records of the very same moment come soon after each other."""


def moment(what: str, at_s: float) -> str:
    """A name for what happened at a moment: ``tailgate:in@1587360800.1234567``."""
    return f"{what}@{float(at_s)!r}"


def moment_in(name: str) -> float | None:
    """When that happened which `moment` has named so; None where a name tells no moment."""
    _, named, at = name.rpartition("@")
    try:
        at_s = float(at.partition("+")[0]) if named else math.nan
    except ValueError:
        return None
    return at_s if math.isfinite(at_s) else None


def unique(named: dict[str, int], name: str) -> str:
    """The name, or where it was given already one that is like it: ``…+1``. ``named`` remembers it."""
    count = named.pop(name, 0)
    named[name] = count + 1
    while len(named) > REMEMBERED:
        del named[next(iter(named))]
    return name if count == 0 else f"{name}+{count}"


def payment_key(store: str, visit: str, subject: str, gate: str, at_s: float, nonce: str) -> str:
    """A visit's idempotency key: the same whenever it is computed, another for every other visit.

    A visit's own name is a day and a counter. Where book and recordings are lost the counter begins anew, and the
    provider, who forgets nothing, would take the second visit of that name for the first. So the key holds the scan
    itself as well: who it was, where, when to the microsecond and better, and of a phone its code's own random number.
    """
    scan = "\0".join((store, visit, subject, gate, float(at_s).hex(), nonce))
    return f"{store}:{visit}:{hashlib.sha256(scan.encode()).hexdigest()[:16]}"
