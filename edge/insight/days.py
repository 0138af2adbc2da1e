"""What is counted of one day, as plain sums, so that any span of days is the sum of its days.

Enters: the projection, the store, a day of the shop's. Leaves: nested counts, which `add` adds up. A visit belongs to
one day, so that visits may be summed as well. A day that is over is counted once and kept; what is written of it
later throws that away (`edge.insight.keeping`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any, Final, TypeAlias

import msgspec

from edge.insight.keeping import Insight
from edge.insight.stays import STOPPED_S
from edge.store import Store

Counts: TypeAlias = dict[str, Any]
Span: TypeAlias = tuple[float, float]

NEWEST_COUNT: Final = b'"sold_at":'
"""What the latest version began to count: days without it are counted anew."""

BETWEEN: Final = "\t"
"""Between two names that are counted together."""

_SHOPPERS: Final = "visit NOT IN (SELECT visit FROM visit WHERE staff)"
_DONE: Final = f"visit <> '' AND NOT rested AND {_SHOPPERS}"
"""What a shopper has done, whoever they are."""


def counted(insight: Insight, store: Store, since_s: float, until_s: float) -> Counts:
    """Everything between two days; the first and the last as whole days."""
    known = [insight.rows(f"SELECT {which}(at_s) FROM event")[0][0] for which in ("min", "max")]  # an index each
    if known[0] is None:
        return {}
    first, last = max(since_s, known[0]), min(until_s - 1e-3, known[1])
    whole: Counts = {}
    day, end, newest = date_of(store, first), date_of(store, last), date_of(store, known[1])
    while day <= end:
        until = min(end, last_of_month(day))
        if day.day == 1 and until == last_of_month(day) and until < newest:
            add(whole, _month(insight, store, day, newest))
        else:
            for _, counts in day_by_day(insight, store, day, until, newest):
                add(whole, counts)
        day = until + timedelta(days=1)
    return whole


def last_of_month(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _month(insight: Insight, store: Store, first: date, newest: date) -> Counts:
    """The sum of a month that is over, kept like its days: a year is a dozen sums."""
    name = f"{first:%Y-%m}"
    body = insight.days(name, name).get(name)
    if body is not None and NEWEST_COUNT in body:
        found: Counts = msgspec.json.decode(body)
        return found
    whole: Counts = {}
    for _, counts in day_by_day(insight, store, first, last_of_month(first), newest):
        add(whole, counts)
    insight.keep_day(name, msgspec.json.encode(whole))
    return whole


def day_by_day(insight: Insight, store: Store, day: date, end: date, newest: date) -> Iterator[tuple[date, Counts]]:
    """What was counted of each day from one to another; ``newest``: the day that may not be over yet."""
    kept = insight.days(day.isoformat(), end.isoformat())
    while day <= end:
        body = kept.get(day.isoformat())
        if body is not None and NEWEST_COUNT not in body:
            body = None  # kept by a version that counted less
        counts = msgspec.json.decode(body) if body is not None else _counted(insight, store, day)
        if body is None and day < newest:
            insight.keep_day(day.isoformat(), msgspec.json.encode(counts))
        yield day, counts
        day += timedelta(days=1)


def add(whole: Counts, more: Counts) -> None:
    """Put the counts of one span to those of another; what is put there is not to be used again."""
    for key, value in more.items():
        have = whole.get(key)
        if have is None:
            whole[key] = value
        elif isinstance(value, dict):
            add(have, value)
        elif isinstance(value, list):
            whole[key] = [a + b for a, b in zip(have, value, strict=True)]
        else:
            whole[key] = have + value


class Sold(msgspec.Struct):
    """What a day says of its hours alone: reading the rest would take most of the time."""

    hours: dict[str, list[int]]
    sold_at: dict[str, dict[str, int]]


def sold_on(insight: Insight, store: Store, day: date, newest: date) -> Sold:
    """The hours of one day."""
    name = day.isoformat()
    body = insight.days(name, name).get(name)
    if body is not None and NEWEST_COUNT in body:
        return msgspec.json.decode(body, type=Sold)
    ((_, counts),) = day_by_day(insight, store, day, day, newest)
    return Sold(counts["hours"], counts["sold_at"])


def date_of(store: Store, at_s: float) -> date:
    """The shop's own day of a moment (UNIX seconds)."""
    return datetime.fromtimestamp(at_s, store.timezone).date()


def _counted(insight: Insight, store: Store, day: date) -> Counts:
    def begins_s(of: date) -> float:
        return datetime.combine(of, time(), store.timezone).timestamp()

    span = (begins_s(day), begins_s(day + timedelta(days=1)))
    return {
        "visits": _visits(insight, span),
        "bought": _bought(insight, span),
        "by_shelf": _acts(insight, "shelf", span),
        "by_sku": _acts(insight, "sku", span),
        "touched_shelf": _touched(insight, "shelf", span),
        "touched_sku": _touched(insight, "sku", span),
        "before": _before(insight, day),
        "gondolas": _gondolas(insight, span),
        "bought_from": _bought_from(insight, span),
        "hours": _hours(insight, store, span),
        "sold_at": _sold_at(insight, store, span),
        "baskets": _baskets(insight, span),
        "instead": _instead(insight, span),
    }


def _by(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {row[0]: [value or 0 for value in row[1:]] for row in rows}


def _visits(insight: Insight, span: Span) -> list[float]:
    """Visits, people, of how many it is known when they left, their seconds."""
    query = (
        "SELECT '', count(*), sum(party), sum(left_s IS NOT NULL), sum(left_s - entered_s) FROM visit WHERE "
        "entered_s >= ? AND entered_s < ? AND NOT staff"
    )
    return _by(insight.rows(query, span))[""]


def _bought(insight: Insight, span: Span) -> list[float]:
    """Visits that bought, units, minor units, certainties of lines, lines."""
    query = (
        "SELECT '', count(DISTINCT visit), sum(count), sum(amount_minor), sum(certainty), count(*) FROM event WHERE "
        f"kind = 'bought' AND at_s >= ? AND at_s < ? AND {_SHOPPERS}"
    )
    return _by(insight.rows(query, span))[""]


def _acts(insight: Insight, column: str, span: Span) -> dict[str, dict[str, list[float]]]:
    """Kind -> shelf or sku -> visits, units, certainties, events."""
    found: dict[str, dict[str, list[float]]] = {}
    for kind in ("picked-up", "put-back", "bought", "refunded"):
        query = (
            f"SELECT {column}, count(DISTINCT visit), sum(count), sum(certainty), count(*) FROM event WHERE kind = ? "
            f"AND at_s >= ? AND at_s < ? AND {_DONE} GROUP BY {column}"
        )
        found[kind] = _by(insight.rows(query, [kind, *span]))
    return found


def _touched(insight: Insight, column: str, span: Span) -> dict[str, int]:
    """Visits that had something there in their hand, or their hand there."""
    query = (
        f"SELECT {column}, count(DISTINCT visit) FROM event WHERE kind IN ('touched', 'picked-up') AND at_s >= ? AND "
        f"at_s < ? AND {_DONE} GROUP BY {column}"
    )
    return dict(insight.rows(query, span))


def _before(insight: Insight, day: date) -> dict[str, list[int]]:
    """Product -> visits that passed its places, that stopped there, their milliseconds."""
    query = (
        "SELECT sku, count(*), sum(ms >= ?), sum(ms) FROM (SELECT sku, visit, sum(ms) AS ms FROM before WHERE day = ? "
        f"AND {_SHOPPERS} GROUP BY sku, visit) GROUP BY sku"
    )
    return _by(insight.rows(query, [STOPPED_S * 1000, day.isoformat()]))


def _gondolas(insight: Insight, span: Span) -> dict[str, list[float]]:
    """Gondola -> visits that passed, that stopped; stays of anybody that passed, that stopped, seconds of those,
    certainties, stays.
    """
    query = (
        "SELECT shelf, count(DISTINCT nullif(visit, '')), count(DISTINCT CASE WHEN kind = 'dwelt' THEN nullif(visit, "
        "'') END), sum(kind = 'passed'), sum(kind = 'dwelt'), sum(CASE WHEN kind = 'dwelt' THEN until_s - at_s END), "
        f"sum(certainty), count(*) FROM event WHERE kind IN ('passed', 'dwelt') AND at_s >= ? AND at_s < ? AND "
        f"{_SHOPPERS} GROUP BY shelf"
    )
    return _by(insight.rows(query, span))


def _bought_from(insight: Insight, span: Span) -> dict[str, int]:
    """Shelf -> visits that took something there and bought it."""
    query = (
        "SELECT p.shelf, count(DISTINCT p.visit) FROM event p JOIN event b ON b.visit = p.visit AND b.kind = 'bought' "
        "AND b.sku = p.sku WHERE p.kind = 'picked-up' AND p.visit <> '' AND NOT p.rested AND p.at_s >= ? "
        "AND p.at_s < ? GROUP BY p.shelf"
    )
    return dict(insight.rows(query, span))


def _hours(insight: Insight, store: Store, span: Span) -> dict[str, list[int]]:
    """``weekday hour`` (0: Monday) in which they came in -> visits, people."""
    query = "SELECT entered_s, party FROM visit WHERE entered_s >= ? AND entered_s < ? AND NOT staff"
    found: dict[str, list[int]] = {}
    for entered_s, party in insight.rows(query, span):
        at = datetime.fromtimestamp(entered_s, store.timezone)
        cell = found.setdefault(f"{at.weekday()} {at.hour}", [0, 0])
        cell[0] += 1
        cell[1] += party
    return found


def _sold_at(insight: Insight, store: Store, span: Span) -> dict[str, dict[str, int]]:
    """Product -> hour of the day in which it was paid -> units."""
    query = f"SELECT sku, at_s, count FROM event WHERE kind = 'bought' AND at_s >= ? AND at_s < ? AND {_SHOPPERS}"
    found: dict[str, dict[str, int]] = {}
    for sku, at_s, count in insight.rows(query, span):
        hours = found.setdefault(sku, {})
        hour = str(datetime.fromtimestamp(at_s, store.timezone).hour)
        hours[hour] = hours.get(hour, 0) + count
    return found


def _baskets(insight: Insight, span: Span) -> dict[str, Any]:
    """How many baskets, products in them, pairs of products in them."""
    query = f"SELECT DISTINCT visit, sku FROM event WHERE kind = 'bought' AND at_s >= ? AND at_s < ? AND {_SHOPPERS}"
    baskets: dict[str, list[str]] = defaultdict(list)
    for visit, sku in insight.rows(query, span):
        baskets[visit].append(sku)
    alone = Counter(sku for basket in baskets.values() for sku in basket)
    pairs = Counter(BETWEEN.join(pair) for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    return {"baskets": len(baskets), "alone": dict(alone), "pairs": dict(pairs)}


def _instead(insight: Insight, span: Span) -> dict[str, list[float]]:
    """What was put back for good, and what the same visit took later and bought -> visits, certainties, put-backs."""
    query = (
        f"SELECT b.sku || '{BETWEEN}' || coalesce(o.sku, ''), count(DISTINCT b.visit), sum(b.certainty), count(*) FROM "
        "event b LEFT JOIN event o ON o.visit = b.visit AND o.kind = 'picked-up' AND NOT o.rested AND +o.at_s > b.at_s "
        "AND o.sku <> b.sku AND EXISTS (SELECT 1 FROM event x WHERE x.visit = o.visit AND x.kind = 'bought' AND x.sku "
        "= o.sku) WHERE b.kind = 'put-back' AND b.visit <> '' AND NOT b.rested AND b.at_s >= ? AND b.at_s < ? AND NOT "
        "EXISTS (SELECT 1 FROM event x WHERE x.visit = b.visit AND x.kind = 'bought' AND x.sku = b.sku) GROUP BY 1"
    )
    return _by(insight.rows(query, span))
