"""A change of weight -> recipes: small multisets of products that could have made it.

A recipe says what was taken or put back, not yet by whom. It is weighed by how well the products' masses add up to
the change, by where on the shelf the change sits against where the products stand, and by how ordinary it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edge.records import ShelfEvent
from edge.store import Catalogue, Facing, Planogram

KEEP = 24
"""So many of the best recipes are carried on."""

FIT_SIGMA = 6.0
"""What lies further from the change than this is no recipe."""

QUANTITY_NATS = (0.0, -0.22, -2.0, -3.1, -4.2, -5.1, -5.8, -6.4, -7.0)
EACH_MORE = -0.3
"""How ordinary it is to move 1, 2, 3 … units of one product at once (index: units), and what each one more costs: who
clears a shelf does not mind how many there were."""

ANOTHER_PRODUCT = -3.2
"""A second product in the same instant."""

SWAPPED = -4.6
"""One thing put down and another taken in the same instant."""

MISPLACED_TAKE = 0.5
"""What was put in a wrong place lies in front, and is taken rather than what stands behind it."""

MORE_THERE = -5.0
"""More units of something misplaced than were seen to be left there."""

UNKNOWN_THERE = -12.0
"""A product that nobody knew to lie there, taken."""

HOME = -0.5
ELSEWHERE = -1.1
"""Things are put back in their place somewhat more often than anywhere else."""

RESIDUAL = -15.0
HALF_LIFTED = -11.0
"""A mass that no product explains: a bag, a broken plate; or less than what stands there, held half lifted. What
becomes of it is told by a later event, which is then explained together with it at little cost (`COMPLETED`)."""

COMPLETED = -0.3

BEYOND_STOCK = -3.0
"""More units than stand there, says the stock: somebody has counted wrongly, or restocked without a word. Measured on
nearly empty shelves: less gains nothing where counts are right, and at -4 wrong ones begin to exchange whole carts."""

NEXT_PLATE = -10.0
OUTSIDE = -30.0
"""Nats for a change that sits wholly on the plates beside a product's own, and wholly further away."""

ANYWHERE = 0.012
"""… but now and then things stand where nobody would think, so that place alone never rules a product out."""

MOST_UNITS = 30
"""Nobody takes more of one product in one movement; a put-back is bounded by what carts hold alone."""


UNKNOWN_FOR_S = 600.0
ASTRAY_FOR_S = 12 * 3600.0
"""So long it counts that a hand, a bag or who knows what lies somewhere; and a product in a wrong place, until whoever
closes the shop has tidied up."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A movement that nothing explained yet: its grams, and (track, nats) for everybody who may have made it."""

    change_g: float
    nats: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that lies where it does not belong: a product, or (empty ``sku``) a mass of unknown kind. ``since_s``:
    when it was left there. ``glimpses``: who was at a mass of unknown kind as it came or went.
    """

    shelf: str
    first: int
    last: int
    sku: str
    mass_g: float
    since_s: float = field(default=0.0, compare=False)
    glimpses: tuple[Glimpse, ...] = field(default=(), compare=False)

    def lasts(self, at_s: float) -> bool:
        """Whether it may lie there still."""
        return at_s - self.since_s < (ASTRAY_FOR_S if self.sku else UNKNOWN_FOR_S)

    def on(self, shelf: str, plates: Iterable[int]) -> bool:
        return self.shelf == shelf and any(self.first - 1 <= p <= self.last + 1 for p in plates)


@dataclass(frozen=True, slots=True)
class Move:
    """``quantity`` units of a product taken (positive) or put back (negative).

    ``stray``: it was taken from a wrong place, where it had been left. ``home``: it was put where it belongs.
    ``unit_g``: what one of them weighs.
    """

    sku: str
    quantity: int
    stray: Stray | None = None
    home: bool = True
    unit_g: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """Moves that explain a change together, and what speaks for them (nats).

    ``crowding_nats`` is the part of ``prior_nats`` that is paid for many units or products in one instant.
    """

    moves: tuple[Move, ...]
    weight_nats: float
    place_nats: float
    prior_nats: float
    crowding_nats: float

    @property
    def nats(self) -> float:
        return self.weight_nats + self.place_nats + self.prior_nats


@dataclass(frozen=True, slots=True)
class _Unit:
    """One candidate: a product at a place, its signed mass a unit, and how many there may be."""

    sku: str
    sign: int
    mass_g: float
    spread_g: float
    first: int
    last: int
    prior: float
    most: int
    stray: Stray | None = None
    there: int = MOST_UNITS
    """So many stand there, as far as anybody knows."""
    home: bool = True


def recipes(
    event: ShelfEvent,
    catalogue: Catalogue,
    planogram: Planogram,
    strays: Iterable[Stray],
    held: Mapping[str, int],
    there: Mapping[Facing, int],
) -> list[Recipe]:
    """Every plausible recipe, best first; ``held``: what the carts of those around may hold at most; ``there``: what
    stands at most in the places that were counted.

    What stands on the plates may also come from nobody's cart: it is restocked.
    """
    plates = _share(event)
    change_g = sum(plates.values())
    error_g = math.sqrt(sum(float(event.error_g[p - 1]) ** 2 for p in plates) + 0.3**2)
    units = _units(event, catalogue, planogram, strays, held, there, change_g)
    found = []
    for chosen in _combinations(units, change_g, error_g):
        mass_g = sum(u.sign * n * u.mass_g for u, n in chosen)
        spread_g = math.sqrt(error_g**2 + sum(n * u.spread_g**2 for u, n in chosen))
        off = (change_g - mass_g) / spread_g
        if abs(off) > FIT_SIGMA:
            continue
        products = sum(1 for u, _ in chosen if u.sku)
        crowded = sum(_so_many(n) for _, n in chosen) + ANOTHER_PRODUCT * max(0, products - 1)
        swapped = SWAPPED if len({u.sign for u, _ in chosen}) > 1 else 0.0
        found.append(
            Recipe(
                moves=tuple(Move(u.sku, -u.sign * n, u.stray, u.home, u.mass_g) for u, n in chosen),
                weight_nats=_fit(off, spread_g),
                place_nats=math.log((1 - ANYWHERE) * math.exp(_place(plates, chosen)) + ANYWHERE),
                prior_nats=sum(u.prior + BEYOND_STOCK * (n > u.there) for u, n in chosen) + crowded + swapped,
                crowding_nats=crowded,
            )
        )
    found.sort(key=lambda r: -r.nats)
    residual = Stray(event.shelf, min(event.plates), max(event.plates), "", change_g, event.step_s)
    heaviest_g = max((u.mass_g for u in units if u.sign < 0 and u.prior > UNKNOWN_THERE), default=0.0)
    prior = HALF_LIFTED if -heaviest_g < change_g < 0 else RESIDUAL
    return [*found[:KEEP], Recipe((Move("", 0, residual),), 0.0, 0.0, prior, 0.0)]


def crowding(moves: Sequence[Move]) -> float:
    """How ordinary it is for one person to make these moves at once."""
    products = sum(1 for move in moves if move.sku)
    return sum(_so_many(abs(move.quantity)) for move in moves) + ANOTHER_PRODUCT * max(0, products - 1)


def _so_many(units: int) -> float:
    """How ordinary it is to move so many units of one product at once."""
    most = len(QUANTITY_NATS) - 1
    return QUANTITY_NATS[min(units, most)] + EACH_MORE * max(0, units - most)


def _share(event: ShelfEvent) -> dict[int, float]:
    """Plate -> grams for the plates that moved and the ones beside them."""
    first, last = min(event.plates) - 1, max(event.plates) + 1
    return {p: float(event.change_g[p - 1]) for p in range(max(1, first), min(len(event.change_g), last) + 1)}


def _fit(off: float, spread_g: float) -> float:
    """Log-density of a change that lies ``off`` sigmas away; now and then a reading is worse than it says."""
    narrow = 0.97 * math.exp(-0.5 * off * off)
    wide = 0.03 / 3 * math.exp(-0.5 * (off / 3) ** 2)
    return math.log((narrow + wide) / (spread_g * math.sqrt(2 * math.pi)))


def _units(
    event: ShelfEvent,
    catalogue: Catalogue,
    planogram: Planogram,
    strays: Iterable[Stray],
    held: Mapping[str, int],
    there: Mapping[Facing, int],
    change_g: float,
) -> list[_Unit]:
    """What stands, lies or could be put on the plates of this event."""
    near = range(min(event.plates) - 1, max(event.plates) + 2)
    facings = [f for f in planogram.on(event.shelf) if f.first <= near[-1] and near[0] <= f.last]
    units = []
    for f in facings:
        p = catalogue[f.sku]
        left = there.get(f, MOST_UNITS)
        units.append(_Unit(f.sku, -1, p.weight_g, p.weight_sd_g, f.first, f.last, 0.0, MOST_UNITS, there=left))
    for stray in dict.fromkeys(strays):
        if stray.sku and stray.sku not in catalogue:
            continue  # the shop has forgotten it
        if stray.sku:
            p = catalogue[stray.sku]
            place = (stray.first, stray.last)
            units.append(_Unit(stray.sku, -1, p.weight_g, p.weight_sd_g, *place, MISPLACED_TAKE, 1, stray))
            units.append(_Unit(stray.sku, -1, p.weight_g, p.weight_sd_g, *place, MORE_THERE, 2))
        else:
            units.append(_Unit("", -1, stray.mass_g, 1.5, stray.first, stray.last, COMPLETED, 1, stray))
    for sku, most in held.items():
        if sku not in catalogue:
            continue
        p = catalogue[sku]
        homes = [f for f in facings if f.sku == sku]
        for f in homes:
            units.append(_Unit(sku, 1, p.weight_g, p.weight_sd_g, f.first, f.last, HOME, most))
        first, last = min(event.plates), max(event.plates)
        units.append(_Unit(sku, 1, p.weight_g, p.weight_sd_g, first, last, ELSEWHERE, most, home=False))
    if change_g > 0:
        for f in facings:
            if f.sku not in held:
                p = catalogue[f.sku]
                units.append(_Unit(f.sku, 1, p.weight_g, p.weight_sd_g, f.first, f.last, HOME, MOST_UNITS))
    if change_g < 0:
        known = {u.sku for u in units if u.sign < 0}
        for sku, p in catalogue.items():
            if sku not in known and abs(-change_g - p.weight_g) < 3 * p.weight_sd_g:
                first, last = min(event.plates), max(event.plates)
                units.append(_Unit(sku, -1, p.weight_g, p.weight_sd_g, first, last, UNKNOWN_THERE, 1))
    return units


def _combinations(units: list[_Unit], change_g: float, error_g: float) -> Iterable[tuple[tuple[_Unit, int], ...]]:
    """Small multisets whose mass comes near the change: one product, two, or three single ones."""

    def near(mass_g: float, spread_g: float) -> bool:
        return abs(change_g - mass_g) <= FIT_SIGMA * math.hypot(error_g, spread_g)

    usual = [u for u in units if u.prior > UNKNOWN_THERE]
    for u in units:
        for n in _about(u, change_g, error_g):
            if near(u.sign * n * u.mass_g, u.spread_g * math.sqrt(n)):
                yield ((u, n),)
    for i, u in enumerate(usual):
        for v in usual[i + 1 :]:
            if u.sku == v.sku and u.sign != v.sign:
                continue
            for n in range(1, min(u.most, 4) + 1):
                left_g = change_g - u.sign * n * u.mass_g
                middle = round(v.sign * left_g / v.mass_g) if v.mass_g else 0
                for m in (middle - 1, middle, middle + 1):
                    if 1 <= m <= min(v.most, 4):
                        spread_g = math.sqrt(n * u.spread_g**2 + m * v.spread_g**2)
                        if near(u.sign * n * u.mass_g + v.sign * m * v.mass_g, spread_g):
                            yield ((u, n), (v, m))
    if len(usual) > 12:
        return
    for i, u in enumerate(usual):
        for j, v in enumerate(usual[i + 1 :], i + 1):
            for w in usual[j + 1 :]:
                if u.sign == v.sign == w.sign and near(
                    u.sign * (u.mass_g + v.mass_g + w.mass_g), math.hypot(u.spread_g, v.spread_g, w.spread_g)
                ):
                    yield ((u, 1), (v, 1), (w, 1))


def _about(unit: _Unit, change_g: float, error_g: float) -> range:
    """How many units of one thing may come near a change: from the fewest to the most, however many there are."""
    if not unit.mass_g:
        return range(0)
    middle = max(1.0, unit.sign * change_g / unit.mass_g)
    off = 1.0 + FIT_SIGMA * (error_g + unit.spread_g * math.sqrt(min(2 * middle, unit.most))) / abs(unit.mass_g)
    return range(max(1, math.floor(middle - off)), min(unit.most, math.ceil(middle + off)) + 1)


def _place(plates: dict[int, float], chosen: tuple[tuple[_Unit, int], ...]) -> float:
    """How well the products' places can carry the change: the grams that do not fit cost nats.

    Products of one sign fill the plates from the left, the one whose place ends first before the others; that
    leaves as little over as any way of filling.
    """
    signs = {u.sign for u, _ in chosen}
    if len(signs) > 1:
        return -1.0
    sign = signs.pop()
    whole_g = sum(abs(g) for g in plates.values())
    room = {p: max(0.0, sign * g) for p, g in plates.items()}
    demands = [[u.first, u.last, n * u.mass_g] for u, n in sorted(chosen, key=lambda c: (c[0].last, c[0].first))]
    nats = 0.0
    for reach, price in ((0, 0.0), (1, NEXT_PLATE), (99, OUTSIDE)):
        for demand in demands:
            first, last, _ = demand
            for p in sorted(room):
                if first - reach <= p <= last + reach and room[p] > 0 and demand[2] > 0:
                    filled_g = min(room[p], demand[2])
                    room[p] -= filled_g
                    demand[2] -= filled_g
                    nats += price * filled_g / max(whole_g, 1e-9)
    return nats
