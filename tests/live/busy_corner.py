"""A busy morning in the corner shop: somebody comes every eight seconds, and two are inside most of the time.

Everybody goes the same way at another time, so that nobody is ever mistaken for somebody else by sensors that work;
what each takes is known.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.records import PersonSeen
from edge.wire import Heard, encode_passage, encode_people, encode_scan, encode_weight
from tests.corner import WAY

EVERY_S = 8.0
STAYS_S = 14.0
SCANS_S, COMES_S, TAKES_S, LEAVES_S = 0.2, 1.4, 7.0, 13.0
"""After somebody has come, seconds."""
SETTLES_S = 6.0
"""After the last has left."""

ONIGIRI, TEA = ("onigiri-salmon", 1, 110.0, 178), ("green-tea", 3, 625.0, 151)
"""Product, plate, grams, yen."""
BASKETS = ((), ((ONIGIRI, 1),), ((ONIGIRI, 2),), ((TEA, 1),), ((ONIGIRI, 1), (TEA, 1)), ((ONIGIRI, 3),), ((TEA, 3),))
"""Of a hold of 400 yen: nothing, less, nearly all, and more."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """Somebody who comes ``at_s``; who ``only_scans`` goes away again."""

    name: str
    at_s: float
    basket: tuple[tuple[tuple[str, int, float, int], int], ...] = ()
    only_scans: bool = False

    @property
    def items(self) -> dict[str, int]:
        return {product[0]: units for product, units in self.basket}

    @property
    def owes_minor(self) -> int:
        return sum(product[3] * units for product, units in self.basket)


def shoppers(count: int, begins_s: float, chance: random.Random, named: str) -> list[Shopper]:
    """So many, one after the other; every basket is taken before one is taken again."""
    baskets = [basket for _ in range(0, count, len(BASKETS)) for basket in chance.sample(BASKETS, len(BASKETS))]
    return [Shopper(f"{named}-{i}", begins_s + EVERY_S * i, baskets[i]) for i in range(count)]


class Corner:
    """The shop's devices. Shelves remember what was taken."""

    def __init__(self, seed: int) -> None:
        self._noise = np.random.default_rng(seed)
        self._load_g = np.array([15_000.0, 0.0, 60_000.0, 0.0])

    def hears(self, people: Sequence[Shopper]) -> list[Heard]:
        """What is said from four seconds before the first comes until all have paid."""
        begins_s, ends_s = people[0].at_s - 4.0, people[-1].at_s + STAYS_S + SETTLES_S
        if people[-1].only_scans:
            ends_s = people[-1].at_s + 3.0
        said: list[tuple[float, str, bytes]] = []
        for who in people:
            said.append((who.at_s + SCANS_S, "gate/in/scan", encode_scan(who.at_s + SCANS_S, who.name, "palm")))
            if not who.only_scans:
                for gate, way, after_s in (("in", "in", COMES_S), ("out", "out", LEAVES_S)):
                    at_s = who.at_s + after_s
                    said.append((at_s, f"gate/{gate}/passage", encode_passage(at_s, way)))
        inside = [who for who in people if not who.only_scans]
        for i in range(round((ends_s - begins_s) / 0.1)):
            at_s = begins_s + 0.1 * i
            seen = [_seen(who, at_s - who.at_s) for who in inside if 0.0 <= at_s - who.at_s <= WAY[-1][0]]
            said.append((at_s + 0.03, "camera/cam/people", encode_people(at_s, seen)))
        for i in range(round((ends_s - begins_s) / 0.2)):
            at_s = begins_s + 0.2 * i
            said.append((at_s + 0.2, "shelf/g1-s1/weight", encode_weight(at_s, 60.0, self._weighed(inside, at_s))))
        for who in inside:
            self._load_g -= _taken_g(who, who.at_s + STAYS_S)
        return [Heard(topic, payload, at_s) for at_s, topic, payload in sorted(said)]

    def _weighed(self, people: Sequence[Shopper], at_s: float) -> np.ndarray:
        load_g = np.repeat(self._load_g[:, None], 12, axis=1) + self._noise.normal(0.0, 0.3, (4, 12))
        for j in range(12):
            for who in people:
                load_g[:, j] -= _taken_g(who, at_s + j / 60)
        return load_g


def _taken_g(who: Shopper, at_s: float) -> np.ndarray:
    """What somebody has taken from each plate by then, grams: one product after the other."""
    taken_g = np.zeros(4)
    for turn, ((_, plate, unit_g, _), units) in enumerate(who.basket):
        if at_s >= who.at_s + TAKES_S + turn:
            taken_g[plate - 1] += unit_g * units
    return taken_g


def _seen(who: Shopper, after_s: float) -> PersonSeen:
    times, xs, ys = zip(*WAY, strict=True)
    x, y = float(np.interp(after_s, times, xs)), float(np.interp(after_s, times, ys))
    hand = (x, y + 0.2, 1.0)
    for turn, ((_, plate, _, _), _) in enumerate(who.basket):
        if abs(after_s - TAKES_S - turn) < 0.5:
            hand = (1.0 + (plate - 0.5) * 0.25, 2.15, 1.1)
    return PersonSeen((x, y, 1.6), (hand,), 0.95)
