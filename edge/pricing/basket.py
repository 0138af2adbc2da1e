"""A whole basket: a line a product with its list price and what is off it, and what is off the basket.

Enters: the store, how many units of what, and a `Stay`. Leaves: a `PricedBasket`. Markdowns always hold; promotions
are combined as it is cheapest for the shopper, and one for the whole basket comes on top, the best there is. Where that
one wants a sum that the others spoil, the cheaper of the two ways is taken. Goods of a fixed price are outside of all
of it: they are neither cheaper, nor do they count towards a sum. Points come off last, as a discount of the whole
basket; goods of a fixed price cannot be had for them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edge.pricing.combine import Used, combine, reduced
from edge.pricing.shares import shares
from edge.pricing.stay import Stay
from edge.pricing.units import Same, units_of
from edge.store import Points, Promotion, Store
from edge.store.offers import Names

Kind: TypeAlias = Literal["changed", "marked", "promotion", "basket", "points"]
"""The list price was another for some of the units; a markdown; a promotion; a part of one for the whole basket; a part
of the points that were spent."""


@dataclass(frozen=True, slots=True)
class Discount:
    """So much off a line, and why. ``id``: the promotion's; ``names``: what the receipt calls it, by language."""

    kind: Kind
    amount_minor: int
    id: str = ""
    names: Names = ()


@dataclass(frozen=True, slots=True)
class PricedLine:
    """So many units of one product: ``price_minor`` each by their list price, the dearest where it changed, less the
    ``discounts`` is ``amount_minor``. ``fixed``: outside every promotion.
    """

    sku: str
    quantity: int
    price_minor: int
    amount_minor: int
    discounts: tuple[Discount, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """Lines in the order of their skus; ``off`` the whole basket, which no line holds yet, and after it ``points``."""

    lines: tuple[PricedLine, ...]
    off: Discount | None = None
    points: Discount | None = None


def price_basket(store: Store, charged: Mapping[str, int], stay: Stay) -> PricedBasket:
    """What ``charged`` (sku -> units, all in the catalogue, more than none) costs."""
    units = [unit for sku in sorted(charged) for unit in units_of(store, stay, sku, charged[sku])]
    held = {coupon.promotion for coupon in stay.coupons}
    theirs = [p for p in store.offers.promotions if p.is_for(stay.subject, stay.member, held)]
    open_ = [unit for unit in units if not store.catalogue[unit.sku].fixed_price]
    ways = _ways(store, open_, stay, [p for p in theirs if not p.alone])
    for promotion in theirs:
        if promotion.alone:
            ways += _ways(store, open_, stay, [promotion])
    _, used, off = min(ways, key=lambda way: way[0])
    lines = tuple(_lines(store, units, _by_line(open_, used)))
    return PricedBasket(lines, off, _spent(store.offers.points, stay, lines, off))


Way: TypeAlias = tuple[int, list[Used], Discount | None]
"""What the goods cost in the end, by which promotions, and what is off all of it."""


def _ways(store: Store, units: Sequence[Same], stay: Stay, promotions: Sequence[Promotion]) -> list[Way]:
    """The ways in which these may be used together: one that is off the basket may want a sum that the others spoil."""
    used = combine(units, [p for p in promotions if p.slots], store.timezone)
    whole = [p for p in promotions if not p.slots and _holds(store, p, stay)]
    found: list[Way] = []
    for way in [used, []] if used and whole else [used]:
        sum_minor = _sum(units, way)
        off = _off(sum_minor, whole)
        found.append((sum_minor - (off.amount_minor if off is not None else 0), way, off))
    return found


def _spent(rule: Points | None, stay: Stay, lines: Iterable[PricedLine], off: Discount | None) -> Discount | None:
    """So many of their points as there are goods for, with something left that a provider can move."""
    if rule is None or rule.spend == "never" or not stay.member or stay.points < 1:
        return None
    off_minor = off.amount_minor if off is not None else 0
    fixed_minor, open_minor = 0, -off_minor
    for line in lines:
        if line.fixed:
            fixed_minor += line.amount_minor
        else:
            open_minor += line.amount_minor
    most = min(open_minor, open_minor + fixed_minor - rule.least_paid_minor)
    points = min(stay.points, most)
    return Discount("points", points) if points > 0 else None


def _holds(store: Store, promotion: Promotion, stay: Stay) -> bool:
    """Whether a promotion for the whole basket held as they came in, or as they left."""
    return any(promotion.window.holds(at_s, store.timezone) for at_s in (stay.entered_s, stay.left_s))


def _sum(units: Sequence[Same], used: Iterable[Used]) -> int:
    """What these units cost by these promotions."""
    saved = sum(each.times * (sum(units[i].cost.price_minor for i in each.units) - each.total_minor) for each in used)
    return sum(unit.cost.price_minor * unit.count for unit in units) - saved


def _off(sum_minor: int, whole: Sequence[Promotion]) -> Discount | None:
    """The best promotion for the whole basket of such a sum; the first of equals."""
    found = [(sum_minor - reduced(p, sum_minor), p) for p in whole if sum_minor >= p.least_minor]
    saved, best = max(found, key=lambda way: way[0], default=(0, None))
    return Discount("basket", saved, best.id, best.names) if best is not None and saved else None


def _by_line(units: Sequence[Same], used: Iterable[Used]) -> dict[str, list[Discount]]:
    """Product -> what promotions take off it, in their order; what several units save together is split by prices."""
    off: defaultdict[str, Counter[str]] = defaultdict(Counter)
    promotions = {}
    for each in used:
        promotions[each.promotion.id] = each.promotion
        prices = [units[i].cost.price_minor for i in each.units]
        for i, part in zip(each.units, shares(sum(prices) - each.total_minor, prices), strict=True):
            off[units[i].sku][each.promotion.id] += part * each.times
    return {
        sku: [Discount("promotion", parts[p.id], p.id, p.names) for p in promotions.values() if parts[p.id]]
        for sku, parts in off.items()
    }


def _lines(store: Store, units: Iterable[Same], promoted: Mapping[str, list[Discount]]) -> Iterable[PricedLine]:
    of: dict[str, list[Same]] = {}
    for unit in units:
        of.setdefault(unit.sku, []).append(unit)
    for sku, same in of.items():
        price_minor = max(unit.cost.list_minor for unit in same)
        quantity = sum(unit.count for unit in same)
        changed = sum((price_minor - unit.cost.list_minor) * unit.count for unit in same)
        marked: Counter[Names] = Counter()
        for unit in same:
            marked[unit.cost.why] += (unit.cost.list_minor - unit.cost.price_minor) * unit.count
        discounts = [Discount("changed", changed)] if changed else []
        discounts += [Discount("marked", minor, names=why) for why, minor in sorted(marked.items()) if minor]
        discounts += promoted.get(sku, [])
        amount_minor = price_minor * quantity - sum(discount.amount_minor for discount in discounts)
        yield PricedLine(sku, quantity, price_minor, amount_minor, tuple(discounts), store.catalogue[sku].fixed_price)
