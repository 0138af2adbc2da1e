"""What a visit was charged against what it really left with.

Enters: a sale of the book, and what its subject left with by the recording's truth. Leaves: one verdict, the same one
for the demo of a morning and for the count over many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypeAlias

from edge.checkout import Sale

Verdict: TypeAlias = Literal["exact", "overcharged", "undercharged"]
"""Too much of one thing is overcharged, whatever else is missing."""


def charged(sale: Sale) -> Counter[str]:
    """What a sale asks money for, sku -> units; under review: what it would ask for, and nobody has paid."""
    units: Counter[str] = Counter()
    for line in sale.lines:
        units[line.sku] += line.quantity
    return units


def verdict_of(sale: Sale, truth: Mapping[str, int]) -> Verdict:
    """A sale against the units that its subject really left with."""
    asked, really = charged(sale), Counter(truth)
    return "exact" if asked == really else "overcharged" if asked - really else "undercharged"
