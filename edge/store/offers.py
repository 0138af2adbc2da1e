"""What moves prices: dated rows and promotions, as plain data.

Enters: ``prices.csv`` and the ``[[promotion]]`` tables of ``store.toml`` (`edge.store.dated`, `edge.store.promotions`).
Leaves: `Offers`, a part of what is promised to who comes in. What a basket costs by them stands in `edge.pricing`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from edge.store.window import ALWAYS, Window

Names: TypeAlias = tuple[tuple[str, str], ...]
"""(language or "" for the plain one, what the receipt says)."""

PriceAt: TypeAlias = Literal["taken", "left"]
EarnOn: TypeAlias = Literal["gross", "net"]
Spend: TypeAlias = Literal["always", "never"]


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """What one unit costs while ``window`` holds. Without a ``why`` it is the list price then; with one, a markdown of
    it that the receipt explains.
    """

    price_minor: int
    window: Window
    why: Names = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """Something cheaper. ``slots``: one unit out of each of these together (two of the same: twice the same products);
    without any it is about the whole basket, of at least ``least_minor``.

    One of three says how much cheaper: ``price_minor`` for all of the units, ``percent_ppm`` less, or ``off_minor``
    less. ``most``: so often in one visit at most. ``members``: only for those whom the shop knows; ``subjects``: only
    for these, where there are any.

    A ``coupon`` holds once a visit, and only for who was given one; no member is given more than ``per_member``, and
    all of them no more than ``in_all`` (0: no limit). ``alone``: together with no other promotion. ``from_minor``: a
    member whose purchase comes to so much is given one (0: nobody is), good for ``days`` (0: for ever).
    """

    id: str
    names: Names
    slots: tuple[tuple[str, ...], ...] = ()
    price_minor: int | None = None
    percent_ppm: int | None = None
    off_minor: int | None = None
    least_minor: int = 0
    most: int | None = None
    members: bool = False
    subjects: tuple[str, ...] = ()
    window: Window = ALWAYS
    coupon: bool = False
    alone: bool = False
    per_member: int = 0
    in_all: int = 0
    from_minor: int = 0
    days: int = 0

    def is_for(self, subject: str, member: bool, coupons: Collection[str] = ()) -> bool:
        """Whether somebody may have it, who holds coupons for these promotions."""
        if self.coupon and self.id not in coupons:
            return False
        return subject in self.subjects if self.subjects else member or not self.members


@dataclass(frozen=True, slots=True)
class Points:
    """What members earn, and how they spend it. A point is worth one minor unit: a yen, a cent.

    ``earn`` points for every full ``per_minor`` of what a purchase comes to, with its tax (``gross``) or without
    (``net``). ``spend``: whether points come off at the exit; at least ``least_paid_minor`` are always left to pay.
    ``days``: so many days after the day on which they were earned they are good for; 0: for ever.
    """

    earn: int
    per_minor: int
    on: EarnOn = "gross"
    spend: Spend = "never"
    least_paid_minor: int = 1
    days: int = 0


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything that moves prices. ``dated``: sku -> its rows. ``price_at``: whether units cost what they cost when
    they were taken, or what they cost when the visit left, where that is less. ``points``: what members earn and spend.
    """

    dated: dict[str, tuple[DatedPrice, ...]] = field(default_factory=dict)
    promotions: tuple[Promotion, ...] = ()
    price_at: PriceAt = "taken"
    points: Points | None = None

    def __bool__(self) -> bool:
        """Whether anything may move what is paid."""
        return bool(self.dated or self.promotions or self.points)

    def only(self, skus: Collection[str]) -> Offers:
        """The part that is about these products."""
        dated = {sku: self.dated[sku] for sku in sorted(skus) if sku in self.dated}
        about = [p for p in self.promotions if not p.slots or all(any(s in skus for s in slot) for slot in p.slots)]
        return replace(self, dated=dated, promotions=tuple(about))
