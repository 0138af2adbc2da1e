"""Who pays, and when they came, took things and left: what prices depend on besides the shop's files.

Enters: cart lines with the shelf events behind them, whose names carry their moments (`edge.keys`). Leaves: a `Stay`,
plain data that a review and the book keep, so that whoever decides later prices the visit as on its day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from edge.keys import moment_in
from edge.records import CartLine


@dataclass(frozen=True, slots=True)
class Coupon:
    """One that somebody was given, for a promotion of the shop's; ``until``: the last day on which it is good."""

    id: str
    promotion: str
    until: date


@dataclass(frozen=True, slots=True)
class Stay:
    """``entered_s``: when they were let in, and promised what the shelves say; ``left_s``: when they left, or now.
    ``taken``: sku -> (when, how many units; negative: put back) in the order in which it happened, as far as known.
    ``member``: whether the shop knows them. ``points``: so many they may spend;
    ``coupons``: those that they may use.
    """

    entered_s: float
    left_s: float
    subject: str = ""
    member: bool = False
    taken: dict[str, tuple[tuple[float, int], ...]] = field(default_factory=dict)
    points: int = 0
    coupons: tuple[Coupon, ...] = ()


def stay_of(
    lines: Iterable[CartLine],
    entered_s: float,
    left_s: float,
    subject: str = "",
    member: bool = False,
    points: int = 0,
    coupons: tuple[Coupon, ...] = (),
) -> Stay:
    """The stay that a cart tells of. A product's last line holds all of it."""
    taken = {}
    for sku, line in {line.sku: line for line in lines}.items():
        moves = line.moves or (1,) * len(line.events)
        at = [(moment_in(event), units) for event, units in zip(line.events, moves, strict=False)]
        known = sorted((at_s, units) for at_s, units in at if at_s is not None)
        if known:
            taken[sku] = tuple(known)
    return Stay(entered_s, left_s, subject, member, taken, points, coupons)
