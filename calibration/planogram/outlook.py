"""What an arrangement leads to: how many picks in a thousand are charged as something else.

Enters: a store with its planogram and its shelves' profiles. Leaves: an `Outlook` a shelf. Every product is taken from
each place of its own a few dozen times, light units and heavy ones, standing as they should and a little over the edge;
now and then it stands in its neighbour's place, or somebody takes something beside it in the same instant. The
runtime's own attribution explains each pick and its own policy charges it, so that nothing here has an opinion about
what can be told apart.

The picks are a fixed quadrature, not chance: the same store gives the same numbers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge.attribution import admit, attribute, cart_of, open_belief
from edge.records import Reach, ShelfEvent
from edge.store import Conversion, Facing, Store
from edge.store.profile import DRIFT_G, SPAN_ERROR

Grams = NDArray[np.float64]

DEVIATES = (
    (-2.5, 0.009), (-2.0, 0.027), (-1.5, 0.065), (-1.0, 0.122), (-0.5, 0.177), (0.0, 0.2),
    (0.5, 0.177), (1.0, 0.122), (1.5, 0.065), (2.0, 0.027), (2.5, 0.009),
)  # fmt: skip
"""Standard deviations (of units and of plates together) from a product's weight, and how many picks are about that."""

CARELESS = 0.1
OVERHANG = 0.4
"""One unit in ten stands over the edge of its place, by this much of its weight."""

ASTRAY = 0.005
"""One unit in two hundred stands among its neighbour's, and nobody saw how it got there."""

TOGETHER = 0.01
"""One pick in a hundred falls together with another one beside it. Two people reach side by side where their places
are at most `BESIDE` plates apart: further away the runtime sees two events."""
BESIDE = 2

NOISE_G = 1.8
HZ = 60.0
"""Of plates that nobody has measured: what simulated shops have."""

BEFORE_S, AFTER_S, STEP_S = 1.05, 0.5, 1.0
"""Levels are measured so long before and after a pick, which lasts so long (`edge.shelf`)."""


@dataclass(slots=True)
class PlaceOutlook:
    """Of a thousand picks at one place: charged as another product (sku -> picks), withheld or sent to review."""

    facing: Facing
    wrong: dict[str, float] = field(default_factory=dict)
    withheld: float = 0.0

    @property
    def wrongly(self) -> float:
        """How many of a thousand are charged as something else."""
        return sum(self.wrong.values())


@dataclass(frozen=True, slots=True)
class Outlook:
    """A shelf's places, left to right. ``measured``: its plates' noise comes from a profile."""

    shelf: str
    places: tuple[PlaceOutlook, ...]
    measured: bool


def outlook(store: Store, shelf: str) -> Outlook:
    """What the present arrangement of one shelf leads to."""
    facings = sorted(store.planogram.on(shelf), key=lambda f: (f.first, f.sku))
    conversion = store.profiles.get(shelf)
    errors = _Errors(conversion, store.layout.shelf(shelf).plates)
    places = []
    for facing in facings:
        place = PlaceOutlook(facing)
        beside = [f for f in facings if f is not facing and _gap(f, facing) <= BESIDE]
        alone = 1.0 - (TOGETHER + ASTRAY if beside else 0.0)
        for share, change_g in _picks(store, facing, errors):
            _judge(store, place, errors, change_g, [facing], 1000.0 * alone * share)
        for other in beside:
            both_g = _middle(store, facing, errors.plates) + _middle(store, other, errors.plates)
            _judge(store, place, errors, both_g, [facing, other], 1000.0 * TOGETHER / len(beside))
            astray_g = _middle(store, replace(facing, first=other.first, last=other.last), errors.plates)
            _judge(store, place, errors, astray_g, [facing], 1000.0 * ASTRAY / len(beside))
        places.append(place)
    return Outlook(shelf, tuple(places), conversion is not None)


def wrongly_per_thousand(outlooks: list[Outlook]) -> float:
    """Of a thousand picks, as many from each place: charged as something else."""
    places = [p for o in outlooks for p in o.places]
    return sum(p.wrongly for p in places) / max(1, len(places))


def _gap(a: Facing, b: Facing) -> int:
    return max(a.first - b.last, b.first - a.last, 0)


@dataclass(frozen=True)
class _Errors:
    """How well changes of a shelf's plates are known."""

    conversion: Conversion | None
    plates: int

    def of(self, change_g: Grams) -> Grams:
        known = self.conversion.profile.plate if self.conversion else ()
        noise_g = np.array([p.noise_g for p in known]) if known else np.full(self.plates, NOISE_G)
        drift_g = np.array([p.drift_g for p in known]) if known else np.full(self.plates, DRIFT_G)
        span = np.array([p.span_error for p in known]) if known else np.full(self.plates, SPAN_ERROR)
        levels_g = noise_g * math.sqrt(1 / (HZ * BEFORE_S) + 1 / (HZ * AFTER_S))
        error_g: Grams = np.sqrt(levels_g**2 + drift_g**2 * STEP_S + (span * change_g) ** 2)
        return error_g


def _picks(store: Store, facing: Facing, errors: _Errors) -> Iterator[tuple[float, Grams]]:
    """(share of all picks, change (plates,)) of one unit taken, in all the ways in which that goes."""
    product, plates = store.catalogue[facing.sku], errors.plates
    spots = range(facing.first, facing.last + 1)
    error_g = float(errors.of(_middle(store, facing, plates)).max())
    for deviate, share in DEVIATES:
        mass_g = product.weight_g + deviate * math.hypot(product.weight_sd_g, error_g)
        for plate in spots:
            yield share * (1 - CARELESS) / len(spots), _on(plates, {plate: -mass_g})
        for inside, outside in ((facing.first, facing.first - 1), (facing.last, facing.last + 1)):
            over = OVERHANG if 1 <= outside <= plates else 0.0
            yield share * CARELESS / 2, _on(plates, {inside: -mass_g * (1 - over), outside: -mass_g * over})


def _middle(store: Store, facing: Facing, plates: int) -> Grams:
    return _on(plates, {(facing.first + facing.last) // 2: -store.catalogue[facing.sku].weight_g})


def _on(plates: int, change_g: dict[int, float]) -> Grams:
    row = np.zeros(plates)
    for plate, mass_g in change_g.items():
        if 1 <= plate <= plates:
            row[plate - 1] += mass_g
    return row


def _judge(
    store: Store, place: PlaceOutlook, errors: _Errors, change_g: Grams, taken: list[Facing], picks: float
) -> None:
    """Let the runtime explain a change that was one unit of each of ``taken``, by one person each, the first of them
    at ``place``.
    """
    charged = _charged(store, place.facing.shelf, change_g, errors.of(change_g), len(taken))
    really: defaultdict[str, int] = defaultdict(int)
    for facing in taken:
        really[facing.sku] += 1
    for sku, units in charged.items():
        if units > really[sku]:
            place.wrong[sku] = place.wrong.get(sku, 0.0) + picks
    if sum(charged.values()) < len(taken):
        place.withheld += picks


def _charged(store: Store, shelf: str, change_g: Grams, error_g: Grams, people: int) -> dict[str, int]:
    """Units of each sku that people who reached to the plates would be charged for."""
    moved = tuple(int(p) + 1 for p in np.flatnonzero(np.abs(change_g) > np.maximum(2.0, 4.0 * error_g)))
    if not moved:
        return {}
    event = ShelfEvent("pick", shelf, 0.0, 0.5, STEP_S, STEP_S, moved, change_g, error_g)
    belief = open_belief()
    for track in range(1, people + 1):
        admit(belief, f"v-{track}", 1, {track: 1.0})
    attribute(belief, store, event, [Reach(t, 0.0, 0.1, 12, (0.0,) * 10) for t in range(1, people + 1)])
    charged: dict[str, int] = {}
    for track in range(1, people + 1):
        mine: dict[str, int] = {}
        for line in cart_of(belief, f"v-{track}").lines:
            if line.certainty >= store.policy.charge_at:
                mine[line.sku] = max(mine.get(line.sku, 0), line.quantity)
        for sku, units in mine.items():
            charged[sku] = charged.get(sku, 0) + units
    return charged
