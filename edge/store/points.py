"""The ``[points]`` table of ``store.toml``: what members earn and how they spend it; every fault at once.

Enters: the table as `edge.store.settings` has checked its form. Leaves: the `Points` rule, a part of what is promised
to who comes in. Refuses amounts that the currency does not have, and spending where prices come without tax: a point is
worth one minor unit of what a shelf label says, and would be worth more there.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from edge.store.offers import Points
from edge.store.settings import PointsSection
from edge.store.tables import MOST_MINOR, Fault
from edge.told import Sentence, told

Wrong = tuple[str, Sentence, Sentence]

PER_MINOR = 100
"""A hundred yen, a dollar."""
LEAST_PAID_MINOR = 50
"""Providers move no less than 50 yen, or 50 cents."""


def read_points(
    section: PointsSection | None, digits: int, *, includes_tax: bool, faults: list[Fault]
) -> Points | None:
    """The rule; None where the shop gives no points, or its table is broken."""
    if section is None:
        return None
    found: dict[str, int] = {}
    wrong = list(_wrong(section, includes_tax))
    for key, usual_minor in (("per", PER_MINOR), ("least_paid", LEAST_PAID_MINOR)):
        said = getattr(section, key)
        if said is None:
            found[key] = usual_minor
            continue
        minor = Decimal(str(said)).scaleb(digits)
        if minor != minor.to_integral_value() or minor > MOST_MINOR:
            remedy = told("Write at most {digits} digits behind the point", digits=digits)
            remedy = remedy if digits else told("Write a whole number")
            wrong.append((key, told("{said:g} is no amount of this currency", said=said), remedy))
        elif minor < 1:
            what = told("{said:g} is less than the smallest coin", said=said)
            wrong.append((key, what, told("Write more than nothing")))
        else:
            found[key] = int(minor)
    faults += [Fault("store.toml", f"points.{key}", what, remedy) for key, what, remedy in wrong]
    if wrong:
        return None
    return Points(section.earn, found["per"], section.on, section.spend, found["least_paid"], section.days)


def _wrong(section: PointsSection, includes_tax: bool) -> Iterator[Wrong]:
    if section.spend != "never" and not includes_tax:
        what = told("takes points off prices without tax, where one would be worth more than it says")
        yield "spend", what, told('Write spend = "never", or prices that include tax')
