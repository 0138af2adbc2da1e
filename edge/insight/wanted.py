"""Who is likely to want what next: what they buy themselves, then what everybody buys these days.

Enters: the projection, a member, the day. Leaves: products with what speaks for each; nothing of who has not allowed
it. A product counts one for each of their visits on which they bought it, and what is bought most these days (a memory
of three days) counts `WEIGHT` of that: enough to stand before what they bought once, and not before what they buy
again. On real baskets (`python -m tests.members.nextbasket`) this simple sum finds more than item-to-item or
factorisation do. Goods for adults and goods of a fixed price, tobacco, are put into nobody's mind.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from edge.insight.days import day_by_day
from edge.insight.keeping import Insight
from edge.store import Store

MEMORY_DAYS: Final = 3.0
"""What was bought so long ago counts a third (1/e)."""
WEIGHT: Final = 1.5
SEEN_DAYS: Final = 21
"""Nothing older speaks: it would count less than a thousandth."""
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """One product. ``times``: of their ``visits`` so many had it; 0: it is what others buy."""

    sku: str
    score: float
    times: int
    visits: int


def ranked(own: Mapping[str, float], popular: Mapping[str, float], most: int) -> list[tuple[str, float]]:
    """The most likely first. ``popular``: the most popular has 1."""
    scores = {sku: own.get(sku, 0.0) + WEIGHT * popular.get(sku, 0.0) for sku in {*own, *popular}}
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:most]


class Popular:
    """What is bought these days: day after day, each with its baskets."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def day(self, baskets: Mapping[str, int]) -> None:
        """A day is over: product -> baskets with it; those before fade."""
        fades = math.exp(-1.0 / MEMORY_DAYS)
        self._counts = Counter({sku: count * fades for sku, count in self._counts.items() if count > 1e-3})
        self._counts.update(baskets)

    def shares(self, most: int = 300) -> dict[str, float]:
        """Of the most popular, beside the most popular of all."""
        top = self._counts.most_common(most)
        return {sku: count / top[0][1] for sku, count in top} if top else {}


def popular_on(insight: Insight, store: Store, day: date) -> dict[str, float]:
    """By the days before this one."""
    found, last = Popular(), day - timedelta(days=1)
    for _, counts in day_by_day(insight, store, day - timedelta(days=SEEN_DAYS), last, day):
        found.day(counts["baskets"]["alone"])
    return found.shares()


def wanted_by(insight: Insight, store: Store, subject: str, day: date, most: int = MOST) -> list[Wanted]:
    """What a member may want on a day; nothing without their consent."""
    if not subject or subject not in insight.consents():
        return []
    own = _own(insight, subject)
    visits = insight.rows("SELECT count(*) FROM visit WHERE subject = ?", [subject])[0][0]
    popular = popular_on(insight, store, day)
    allowed = _allowed(store, {*own, *popular})
    best = ranked({s: own[s] for s in own.keys() & allowed}, {s: popular[s] for s in popular.keys() & allowed}, most)
    return [Wanted(sku, round(score, 4), own.get(sku, 0), visits) for sku, score in best]


def _own(insight: Insight, subject: str) -> dict[str, int]:
    query = (
        "SELECT e.sku, count(DISTINCT e.visit) FROM visit v JOIN event e ON e.visit = v.visit AND e.kind = 'bought' "
        "WHERE v.subject = ? GROUP BY e.sku"
    )
    return dict(insight.rows(query, [subject]))


def _allowed(store: Store, skus: Iterable[str]) -> set[str]:
    known: dict[str, Any] = dict(store.catalogue)
    return {sku for sku in skus if sku in known and not known[sku].age and not known[sku].fixed_price}
