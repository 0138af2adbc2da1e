"""Busy traffic: visits by people who do what people do, written as a story.

Enters: a store, how many visits, a seed, `Habits`. Leaves: the text of a shop story, which is then played like any
other; so whatever went wrong on a busy day can be cut out of it and becomes a test. Shoppers are planned one after
another; each knows where the earlier ones will be, and now and then goes there at the same moment.

The numbers of `Habits` are made up, in the range that shop-floor studies give: one to a handful of items a visit, every
sixth put back, half of those somewhere else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge.store import Store
from edge.store.planogram import Facing
from simulator.chance import stream
from simulator.floorplan import FloorPlan, Spot, length_of
from simulator.grammar import Place

NAMES = (
    "aiko", "ben", "chika", "daigo", "emi", "fumio", "goro", "hana", "ichiro", "jun", "kaho", "leo", "mio", "naoki",
    "olga", "ploy", "quinn", "riku", "sora", "tomo", "umi", "vera", "wataru", "xia", "yui", "zen",
)  # fmt: skip
OPENING_S = 9 * 3600.0
PACE_M_S = 0.95
"""Reckoned slower than most walk: whoever is early waits."""
ROOMY_M2 = 30.0
"""A floor for `Habits` as they are."""
AT_ONCE_S = 1.2
"""Two hands within this time are a collision."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What people do when nobody tells them; chances are per decision."""

    items: float = 3.0
    """Mean number of decisions at shelves before somebody leaves (at least none)."""
    gap_s: float = 9.0
    """Mean time between two arrivals: the shorter, the more people at once."""
    think_s: float = 3.0
    """Mean time that somebody stands before they do something."""
    nothing: float = 0.06
    """Comes in, looks, and leaves without having taken anything."""
    party: float = 0.15
    """Comes with one or two others on one scan."""
    crowding: float = 0.2
    """Goes where somebody else is about to take something, at the same moment."""
    several: float = 0.16
    """Takes two or three units in one grab."""
    one_by_one: float = 0.10
    """Takes two or three units within a second or so of each other."""
    slowly: float = 0.07
    """Lifts, holds, and only then takes."""
    double: float = 0.12
    """Takes something else from near by within a second or two."""
    put_back: float = 0.16
    """After taking something: thinks better of it."""
    wrong_place: float = 0.5
    """… and puts it somewhere else."""
    touch: float = 0.12
    """Touches or half lifts something instead of taking it."""
    lean: float = 0.04
    """Leans on a shelf."""
    hand_over: float = 0.04
    """Gives something to somebody else in the shop."""
    stray: float = 0.3
    """Takes what others left in a wrong place, when there is something."""


@dataclass(slots=True)
class _Shopper:
    """One visit being planned. ``free_s`` and ``spot``: when and where the last thing ended."""

    names: tuple[str, ...]
    free_s: float
    spot: Spot
    held: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Stray:
    """A unit that lies in a wrong place from ``from_s`` on."""

    sku: str
    place: Place
    from_s: float


class _Day:
    """Plans visits and collects the lines of the story."""

    def __init__(self, store: Store, habits: Habits, rng: np.random.Generator) -> None:
        self.store, self.habits, self.rng = store, habits, rng
        self.floor = FloorPlan(store.layout)
        self.lines: list[tuple[float, str]] = []
        self.grabs: list[tuple[float, Facing]] = []
        self.strays: list[_Stray] = []
        self.stays: list[tuple[float, float, str]] = []
        """(from, to, name) of everybody who scanned."""
        gates = store.layout.gates
        self.entry = next(g for g in gates if g.kind == "entry").position

    def tell(self, at_s: float, text: str) -> None:
        self.lines.append((at_s, text))

    def visit(self, name: str, at_s: float) -> float:
        """One visit from scan to exit; returns when they leave."""
        names: tuple[str, ...] = (name,)
        says = f"{name} enters"
        if self.rng.random() < self.habits.party:
            names += tuple(f"{name}-{i}" for i in range(2, 2 + int(self.rng.integers(1, 3))))
            says += f" with a party of {len(names)}"
        self.tell(at_s, says)
        shopper = _Shopper(names, at_s + 1.5, self.entry)
        count = 0 if self.rng.random() < self.habits.nothing else 1 + self.rng.poisson(max(0.0, self.habits.items - 1))
        for _ in range(count):
            self._decide(shopper)
        if not count:
            self._touch(shopper)
        leaves = shopper.free_s + self.rng.uniform(3.0, 8.0)
        self.tell(leaves, f"{name} leaves")
        self.stays.append((at_s + 3.0, leaves - 3.0, name))
        return leaves

    # --- decisions ---

    def _decide(self, shopper: _Shopper) -> None:
        h, roll = self.habits, self.rng.random()
        if roll < h.lean:
            self._lean(shopper)
        elif roll < h.lean + h.touch:
            self._touch(shopper)
        elif self.strays and self.rng.random() < h.stray and self._take_stray(shopper):
            pass
        else:
            self._take(shopper)
            if self.rng.random() < h.put_back:
                self._put_back(shopper)
            elif self.rng.random() < h.hand_over:
                self._hand_over(shopper)

    def _who(self, shopper: _Shopper) -> str:
        return str(self.rng.choice(shopper.names))

    def _arrives(self, shopper: _Shopper, shelf: str, x_m: float) -> tuple[float, Spot]:
        """(when a hand can be there at the earliest, where they stand)."""
        spot = self.floor.stand(shelf, x_m)
        walk_s = length_of(self.floor.way(shopper.spot, spot)) / PACE_M_S
        return shopper.free_s + walk_s + 1.0, spot

    def _think(self) -> float:
        return float(self.rng.gamma(1.5, self.habits.think_s / 1.5))

    def _facing(self, shopper: _Shopper) -> tuple[float, Facing]:
        """What to take next and when: something new, or what somebody else is about to take."""
        h, rng = self.habits, self.rng
        soon = []
        for at_s, facing in self.grabs:
            arrives, _ = self._arrives(shopper, facing.shelf, self._middle(facing))
            if arrives < at_s - AT_ONCE_S and at_s < arrives + 15.0:
                soon.append((at_s, facing))
        if soon and rng.random() < h.crowding:
            at_s, facing = soon[int(rng.integers(len(soon)))]
            same = self.store.planogram.on(facing.shelf)
            if rng.random() < 0.5:
                facing = same[int(rng.integers(len(same)))]
            return at_s + rng.uniform(-AT_ONCE_S, AT_ONCE_S), facing
        facings = self.store.planogram.facings
        facing = facings[int(rng.integers(len(facings)))]
        arrives, _ = self._arrives(shopper, facing.shelf, self._middle(facing))
        return arrives + self._think(), facing

    def _middle(self, facing: Facing) -> float:
        return (facing.first + facing.last - 1) / 2 * self.store.layout.shelf(facing.shelf).plate_width

    def _take(self, shopper: _Shopper) -> None:
        h, rng = self.habits, self.rng
        at_s, facing = self._facing(shopper)
        plate = int(rng.integers(facing.first, facing.last + 1))
        roll, count, manner, takes_s = rng.random(), 1, "", 0.8
        if roll < h.several:
            count = int(rng.integers(2, 4))
        elif roll < h.several + h.one_by_one:
            count, manner, takes_s = int(rng.integers(2, 4)), " one by one", 3.0
        elif roll < h.several + h.one_by_one + h.slowly:
            manner, takes_s = " slowly", 3.5
        who = self._who(shopper)
        self._grab(shopper, who, at_s, count, facing.sku, Place(facing.shelf, plate, plate), manner, takes_s)
        self.grabs.append((at_s, facing))
        if not manner and rng.random() < h.double:
            near = [f for f in self.store.planogram.on(facing.shelf) if f != facing and abs(f.first - plate) <= 4]
            if near:
                more = near[int(rng.integers(len(near)))]
                place = Place(more.shelf, more.first, more.first)
                self._grab(shopper, who, at_s + rng.uniform(0.5, 1.6), 1, more.sku, place, "", 0.8)

    def _grab(
        self, shopper: _Shopper, who: str, at_s: float, count: int, sku: str, place: Place, manner: str, takes_s: float
    ) -> None:
        self.tell(at_s, f"{who} takes {count} {sku} from {place}{manner}")
        x_m = (place.first - 0.5) * self.store.layout.shelf(place.shelf).plate_width
        shopper.free_s, shopper.spot = at_s + takes_s, self.floor.stand(place.shelf, x_m)
        shopper.held += [f"{who} {sku}"] * count

    def _take_stray(self, shopper: _Shopper) -> bool:
        """What somebody left in a wrong place by the time one can be there."""
        for stray in self.strays:
            x_m = (stray.place.first - 0.5) * self.store.layout.shelf(stray.place.shelf).plate_width
            arrives, _ = self._arrives(shopper, stray.place.shelf, x_m)
            if arrives > stray.from_s + 6.0:
                self.strays.remove(stray)
                self._grab(shopper, self._who(shopper), arrives + self._think(), 1, stray.sku, stray.place, "", 0.8)
                return True
        return False

    def _put_back(self, shopper: _Shopper) -> None:
        who, sku = shopper.held.pop().split()
        if self.rng.random() < self.habits.wrong_place:
            shelves = self.store.layout.shelves
            near = sorted(shelves, key=lambda s: math.dist(shopper.spot, self.floor.stand(s.id, 0.5)))
            shelf = near[min(len(near) - 1, int(self.rng.exponential(3.0)))]
            plate = int(self.rng.integers(1, shelf.plates + 1))
            place = Place(shelf.id, plate, plate)
            arrives, spot = self._arrives(shopper, shelf.id, (plate - 0.5) * shelf.plate_width)
            at_s = arrives + self._think()
            self.tell(at_s, f"{who} puts back 1 {sku} on {place}")
            if all(f.sku != sku for f in self.store.planogram.on(shelf.id)):
                self.strays.append(_Stray(sku, place, at_s))
            shopper.spot = spot
        else:
            at_s = shopper.free_s + 1.0 + self._think()
            self.tell(at_s, f"{who} puts back 1 {sku}")
        shopper.free_s = at_s + 1.0

    def _hand_over(self, shopper: _Shopper) -> None:
        """To one of the party, or to somebody who is surely in the shop."""
        who, sku = shopper.held[-1].split()
        party = [n for n in shopper.names if n != who]
        at_s = shopper.free_s + 6.0
        others = party or [n for begin, end, n in self.stays if begin < at_s - 4.0 and at_s + 12.0 < end]
        if not others:
            return
        to = str(self.rng.choice(others))
        self.tell(at_s, f"{who} hands 1 {sku} to {to}")
        shopper.held.pop()
        if party:
            shopper.held.append(f"{to} {sku}")
        shopper.free_s = at_s + 1.5

    def _touch(self, shopper: _Shopper) -> None:
        facings = self.store.planogram.facings
        facing = facings[int(self.rng.integers(len(facings)))]
        arrives, spot = self._arrives(shopper, facing.shelf, self._middle(facing))
        at_s = arrives + self._think()
        verb = f"hesitates over {facing.sku}" if self.rng.random() < 0.4 else f"touches {facing.shelf}:{facing.first}"
        self.tell(at_s, f"{self._who(shopper)} {verb}")
        shopper.free_s, shopper.spot = at_s + 2.5, spot

    def _lean(self, shopper: _Shopper) -> None:
        shelves = self.store.layout.shelves
        shelf = shelves[int(self.rng.integers(len(shelves)))]
        arrives, spot = self._arrives(shopper, shelf.id, shelf.plates * shelf.plate_width / 2)
        self.tell(arrives + 0.5, f"{self._who(shopper)} leans on {shelf.id}")
        shopper.free_s, shopper.spot = arrives + 2.5, spot


def clock(at_s: float) -> str:
    """A time of day as stories write it, to the hundredth."""
    hundredths = round(at_s * 100)
    return (
        f"{hundredths // 360000:02d}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
    )


def usual(store: Store) -> Habits:
    """How people shop where nothing else is said: the smaller the shop, the fewer come at once."""
    x, y = np.asarray(store.layout.floor).T
    area_m2 = abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2
    return Habits(gap_s=Habits().gap_s * float(np.clip(ROOMY_M2 / area_m2, 0.7, 2.5)))


def busy_story(
    store: Store, visits: int, seed: int, habits: Habits | None = None, *, opening_s: float = OPENING_S, day: str = ""
) -> str:
    """A story of so many visits by people who do what people do. The first comes in ``opening_s`` after midnight of
    ``day`` (like 2026-05-12); without it, of the day on which stories happen that name none.
    """
    habits = habits or usual(store)
    rng = stream(seed, "busy", store.id)
    plan, at_s = _Day(store, habits, rng), opening_s
    for i in range(visits):
        name = NAMES[i % len(NAMES)] + (f"-x{i // len(NAMES)}" if i >= len(NAMES) else "")
        plan.visit(name, at_s)
        at_s += 1.5 + rng.exponential(max(0.1, habits.gap_s - 1.5))
    lines = [f"shop {store.id}", f"seed {seed}", *([f"day {day}"] if day else []), ""]
    lines += [f"{clock(t)}  {text}" for t, text in sorted(plan.lines, key=lambda line: line[0])]
    return "\n".join(lines) + "\n"
