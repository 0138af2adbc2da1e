"""Which promotions together are the cheapest for the shopper.

Enters: the units of a basket and the promotions that somebody may have. Leaves: which units are cheaper by which
promotion, each unit by one at most. The same basket gives the same answer in whatever order it was filled.

A promotion about single units is what a unit costs *alone*. One about several together is worth what its units cost
alone less what they cost together, and takes those for which that is most. Which of them to use, and how often, is
searched for whole where promotions compete for the same goods; beyond `MOST_LOOKED_AT` ways the one that saves most is
taken first. Ties are broken by the order of the shop's own file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from zoneinfo import ZoneInfo

from edge.pricing.units import Same
from edge.store import Promotion

WHOLE_PPM = 1_000_000

MOST_LOOKED_AT = 300
"""So many different rests of a basket are looked at; those of an ordinary one are some dozens."""

MOST_UNITS = 200
"""Nobody carries more; and the search goes as deep as there are uses."""


@dataclass(frozen=True, slots=True)
class Used:
    """A promotion, so often: one unit of each of these (places in the basket) costs ``total_minor`` together."""

    promotion: Promotion
    units: tuple[int, ...]
    total_minor: int
    times: int = 1


def reduced(promotion: Promotion, minor: int) -> int:
    """What a sum costs by a promotion: never more, never less than nothing; parts of a minor unit are the shopper's."""
    if promotion.price_minor is not None:
        return min(minor, promotion.price_minor)
    if promotion.percent_ppm is not None:
        return minor * (WHOLE_PPM - promotion.percent_ppm) // WHOLE_PPM
    return max(0, minor - (promotion.off_minor or 0))


def combine(units: Sequence[Same], promotions: Sequence[Promotion], zone: ZoneInfo) -> list[Used]:
    """The promotions that are used, in their order. ``units`` of fixed prices, and promotions for whole baskets or for
    others, are not among those that are given.
    """
    fits = [
        [
            {i for i, u in enumerate(units) if u.sku in slot and any(p.window.holds(m, zone) for m in u.moments)}
            for slot in p.slots
        ]
        for p in promotions
    ]
    alone = [_alone(i, unit, promotions, fits) for i, unit in enumerate(units)]
    costs = [used.total_minor if used else unit.cost.price_minor for used, unit in zip(alone, units, strict=True)]
    several = [j for j, p in enumerate(promotions) if _is_several(p) and all(fits[j])]
    together: list[Used] = []
    for group in _competing(several, fits):
        together += _Search(units, costs, [promotions[j] for j in group], [fits[j] for j in group]).found()
    left = Counter({i: unit.count for i, unit in enumerate(units)})
    for used in together:
        left.subtract({i: used.times * used.units.count(i) for i in used.units})
    found = [*together, *(replace(used, times=left[i]) for i, used in enumerate(alone) if used and left[i])]
    place = {p.id: j for j, p in enumerate(promotions)}
    return sorted(found, key=lambda used: (place[used.promotion.id], used.units))


def _is_several(promotion: Promotion) -> bool:
    """Whether units compete for it: it is about several together, or is had so often only."""
    return len(promotion.slots) > 1 or promotion.most is not None


def _alone(i: int, unit: Same, promotions: Sequence[Promotion], fits: Sequence[list[set[int]]]) -> Used | None:
    """The cheapest promotion of a single unit that everybody may have for all of them."""
    price_minor = unit.cost.price_minor
    own = [(reduced(p, price_minor), j) for j, p in enumerate(promotions) if not _is_several(p) and i in fits[j][0]]
    least_minor, j = min(own, default=(price_minor, -1))
    return Used(promotions[j], (i,), least_minor) if least_minor < price_minor else None


def _competing(several: Sequence[int], fits: Sequence[list[set[int]]]) -> list[list[int]]:
    """Promotions in groups that have no unit in common."""
    groups: list[tuple[list[int], set[int]]] = []
    for j in several:
        members, wanted = [j], set[int]().union(*fits[j])
        for others, units in [group for group in groups if not group[1].isdisjoint(wanted)]:
            groups.remove((others, units))
            members, wanted = members + others, wanted | units
        groups.append((sorted(members), wanted))
    return sorted(members for members, _ in groups)


Left: TypeAlias = tuple[int, ...]
"""How many units of each kind are left."""


class _Search:
    """The best use of some promotions that compete. Units of one *kind* (a place in the basket) are as good as each
    other for all of them.
    """

    def __init__(
        self,
        units: Sequence[Same],
        costs: Sequence[int],
        promotions: Sequence[Promotion],
        fits: Sequence[list[set[int]]],
    ) -> None:
        self._promotions = promotions
        self._kinds = [i for i in range(len(units)) if any(i in slot for slots in fits for slot in slots)]
        self._counts = [units[i].count for i in self._kinds]
        self._costs = [costs[i] for i in self._kinds]
        self._prices = [units[i].cost.price_minor for i in self._kinds]
        self._slots = [
            sorted(
                (self._best_first(p, [k for k, i in enumerate(self._kinds) if i in slot]) for slot in slots), key=len
            )
            for p, slots in zip(promotions, fits, strict=True)
        ]
        """Of each promotion and slot, the one with the least choice first: the kinds that fit, the best first."""
        self._known: dict[tuple[Left, Left], tuple[int, tuple[tuple[int, Left], ...]]] = {}

    def found(self) -> list[Used]:
        """The promotions that are used, each with the units for which it is."""
        left, times = tuple(self._counts), (0,) * len(self._promotions)
        uses: list[tuple[int, Left, int]] = []
        while sum(left) > MOST_UNITS and (best_first := self._ways(left, times)):
            _, j, chosen = best_first[0]
            most = self._promotions[j].most
            n = min(left[k] // chosen.count(k) for k in chosen)
            n = n if most is None else min(n, most - times[j])
            uses.append((j, chosen, n))
            left, times = self._after(left, times, j, chosen, n)
        ways = (self._best(left, times), *(self._alone(j, left, times[j]) for j in range(len(times))))
        uses += [(j, chosen, 1) for j, chosen in max(ways, key=lambda way: way[0])[1]]
        return [
            Used(self._promotions[j], tuple(sorted(self._kinds[k] for k in chosen)), self._total(j, chosen), n)
            for j, chosen, n in uses
        ]

    def _best_first(self, promotion: Promotion, kinds: list[int]) -> list[int]:
        """By how much a unit of each adds to what the promotion saves."""

        def worth(k: int) -> int:
            return self._costs[k] - (0 if promotion.price_minor is not None else reduced(promotion, self._prices[k]))

        return sorted(kinds, key=lambda k: (-worth(k), k))

    def _best(self, left: Left, times: Left) -> tuple[int, tuple[tuple[int, Left], ...]]:
        """(What is saved at most with what is left, by which promotions with which kinds); ``times``: how often each of
        those that are limited was used.
        """
        known = self._known.get((left, times))
        if known is not None:
            return known
        ways = self._ways(left, times) if sum(left) <= MOST_UNITS else []
        best: tuple[int, tuple[tuple[int, Left], ...]] = (0, ())
        for i, (saved, j, chosen) in enumerate(ways):
            if i and len(self._known) >= MOST_LOOKED_AT:
                break
            more, others = self._best(*self._after(left, times, j, chosen))
            if saved + more > best[0]:
                best = (saved + more, ((j, chosen), *others))
        self._known[left, times] = best
        return best

    def _alone(self, j: int, left: Left, times: int) -> tuple[int, tuple[tuple[int, Left], ...]]:
        """(What is saved by one promotion as often as it can be used, its uses): no search is ever worse than that."""
        saved, uses = 0, []
        while (way := self._use(j, left, times)) is not None and sum(left) <= MOST_UNITS:
            saved += way[0]
            uses.append((j, way[2]))
            left, times = tuple(n - way[2].count(k) for k, n in enumerate(left)), times + 1
        return saved, tuple(uses)

    def _ways(self, left: Left, times: Left) -> list[tuple[int, int, Left]]:
        """Every promotion that saves something if it is used once more, the one that saves most first."""
        ways = [way for j in range(len(times)) if (way := self._use(j, left, times[j])) is not None]
        return sorted(ways, key=lambda way: (-way[0], way[1]))

    def _after(self, left: Left, times: Left, j: int, chosen: Left, n: int = 1) -> tuple[Left, Left]:
        """What is left when a promotion is used ``n`` times with these kinds, and how often each limited one was."""
        more = n if self._promotions[j].most is not None else 0
        rest = tuple(there - n * chosen.count(k) for k, there in enumerate(left))
        return rest, tuple(so_far + (more if i == j else 0) for i, so_far in enumerate(times))

    def _use(self, j: int, left: Left, times: int) -> tuple[int, int, Left] | None:
        """(What is saved by one more use of a promotion, which one, with which kinds); None where nothing is."""
        most = self._promotions[j].most
        if most is not None and times >= most:
            return None
        chosen: list[int] = []
        for slot in self._slots[j]:
            there = next((k for k in slot if left[k] > chosen.count(k)), None)
            if there is None:
                return None
            chosen.append(there)
        saved = sum(self._costs[k] for k in chosen) - self._total(j, tuple(chosen))
        return (saved, j, tuple(chosen)) if saved > 0 else None

    def _total(self, j: int, chosen: Left) -> int:
        """What units of these kinds cost together by a promotion."""
        return reduced(self._promotions[j], sum(self._prices[k] for k in chosen))
