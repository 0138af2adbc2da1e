"""Figures of a span of time: how many came, stopped, touched, took, put back and bought, where, when, and together.

Enters: the projection, the store, a span. Leaves: JSON-ready facts; `docs/insight.md` defines each. Visits are counted,
not hands: who takes three has taken once. Beside every rate stands of how many it is, and beside what people did how
sure the shop was of it on the average. Nobody is in it by name.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from typing import Any, Final, TypeAlias

from edge.insight.floor import CELL_M
from edge.insight.keeping import Insight
from edge.insight.stays import STOPPED_S
from edge.store import Store

Row: TypeAlias = dict[str, Any]

PAIRS: Final = 50
"""So many pairs of products are told, those that are most more often together than by chance."""
LEAST_TOGETHER: Final = 2
"""A pair that was bought together once tells nothing."""

_SHOPPERS = "visit NOT IN (SELECT visit FROM visit WHERE staff)"
_DONE = f"visit <> '' AND NOT rested AND {_SHOPPERS}"
"""What a shopper has done, whoever they are."""


def figures(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> Row:
    """Everything about a span of time."""
    span = (since_s, min(until_s, 1e12))
    return {
        "store": store.id,
        "since_s": since_s if since_s else None,
        "until_s": until_s if math.isfinite(until_s) else None,
        "visits": _visits(insight, span),
        "shelves": _shelves(insight, store, span),
        "products": _products(insight, store, span),
        "dwell": _dwell(insight, store, span),
        "hours": _hours(insight, store, span),
        "baskets": _baskets(insight, span),
        "instead": _instead(insight, span),
        "sold_out": _sold_out(insight, span),
    }


Span: TypeAlias = tuple[float, float]


def _visits(insight: Insight, span: Span) -> Row:
    """Who came, and how many of them bought."""
    rows = insight.rows(
        "SELECT count(*), coalesce(sum(party), 0), sum(left_s IS NOT NULL), avg(left_s - entered_s), "
        "count(DISTINCT nullif(subject, '')) FROM visit WHERE entered_s >= ? AND entered_s < ? AND NOT staff", span
    )  # fmt: skip
    bought = insight.rows(
        "SELECT count(DISTINCT visit), coalesce(sum(count), 0), coalesce(sum(amount_minor), 0), avg(certainty) "
        f"FROM event WHERE kind = 'bought' AND at_s >= ? AND at_s < ? AND {_SHOPPERS}", span
    )  # fmt: skip
    visits, people, left, stay_s, known = rows[0]
    buyers, units, amount_minor, certainty = bought[0]
    return {
        "visits": visits, "people": people, "left": left or 0, "bought": buyers, "conversion": _share(buyers, left),
        "units": units, "amount_minor": amount_minor, "stay_s": _rounded(stay_s), "certainty": _rounded(certainty),
        "known_members": known,
    }  # fmt: skip


def _share(part: int, whole: int | None) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _by(rows: Iterable[tuple[Any, ...]]) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in rows}


def _acts(insight: Insight, column: str, span: Span) -> dict[str, dict[str, tuple[int, int, float]]]:
    """Kind -> shelf or sku -> (visits, units, certainty)."""
    found: dict[str, dict[str, tuple[int, int, float]]] = defaultdict(dict)
    query = (
        f"SELECT kind, {column}, count(DISTINCT visit), sum(count), avg(certainty) FROM event WHERE kind IN "
        f"('touched', 'picked-up', 'put-back', 'bought', 'refunded') AND at_s >= ? AND at_s < ? AND {_DONE} "
        f"GROUP BY kind, {column}"
    )
    for kind, name, visits, units, certainty in insight.rows(query, span):
        found[kind][name] = (visits, units, round(certainty, 4))
    return found


def _touched(insight: Insight, column: str, span: Span) -> dict[str, int]:
    """Visits that had something there in their hand, or their hand there."""
    query = (
        f"SELECT {column}, count(DISTINCT visit) FROM event WHERE kind IN ('touched', 'picked-up') AND at_s >= ? AND "
        f"at_s < ? AND {_DONE} GROUP BY {column}"
    )
    return dict(insight.rows(query, span))


_NOTHING = (0, 0, None)


def _funnel(passed: int, stopped: int, touched: int, acts: dict[str, dict[str, Any]], name: str, bought: Any) -> Row:
    took, back = acts["picked-up"].get(name, _NOTHING), acts["put-back"].get(name, _NOTHING)
    undecided = max(0, touched - took[0])
    return {
        "passed": passed, "stopped": stopped, "touched": touched, "took": took[0], "put_back": back[0],
        "bought": bought[0], "units_taken": took[1], "units_put_back": back[1], "units_bought": bought[1],
        "stop_rate": _share(stopped, passed), "pick_up_rate": _share(took[0], stopped),
        "put_back_rate": _share(back[1], took[1]), "undecided_rate": _share(undecided, stopped),
        "certainty": took[2],
    }  # fmt: skip


def _shelves(insight: Insight, store: Store, span: Span) -> list[Row]:
    """A funnel each shelf; who passes a gondola passes all of its shelves."""
    query = (
        "SELECT shelf, count(DISTINCT visit), count(DISTINCT CASE WHEN kind = 'dwelt' THEN visit END) FROM event WHERE "
        f"kind IN ('passed', 'dwelt') AND at_s >= ? AND at_s < ? AND visit <> '' AND {_SHOPPERS} GROUP BY shelf"
    )
    before, acts = _by(insight.rows(query, span)), _acts(insight, "shelf", span)
    touched = _touched(insight, "shelf", span)
    bought = _by(insight.rows(
        "SELECT p.shelf, count(DISTINCT p.visit), NULL FROM event p JOIN event b ON b.visit = p.visit AND b.sku = "
        "p.sku AND b.kind = 'bought' WHERE p.kind = 'picked-up' AND p.visit <> '' AND NOT p.rested AND p.at_s >= ? "
        "AND p.at_s < ? GROUP BY p.shelf", span
    ))  # fmt: skip
    found = []
    for shelf in store.layout.shelves:
        passed, stopped = before.get(shelf.gondola, (0, 0))
        row = _funnel(passed, stopped, touched.get(shelf.id, 0), acts, shelf.id, bought.get(shelf.id, (0, None)))
        found.append({"shelf": shelf.id, "gondola": shelf.gondola} | row)
    return found


def _products(insight: Insight, store: Store, span: Span) -> list[Row]:
    """A funnel each product, by where people stood before its places."""
    days = tuple(_day(store, at_s) for at_s in span)
    query = (
        "SELECT sku, count(*), sum(ms >= ?), sum(ms) FROM (SELECT sku, visit, sum(ms) AS ms FROM before WHERE day >= ? "
        f"AND day <= ? AND {_SHOPPERS} GROUP BY sku, visit) GROUP BY sku"
    )
    before = _by(insight.rows(query, [STOPPED_S * 1000, *days]))
    acts, touched = _acts(insight, "sku", span), _touched(insight, "sku", span)
    found = []
    for sku, product in store.catalogue.items():
        passed, stopped, ms = before.get(sku, (0, 0, 0))
        bought = acts["bought"].get(sku, _NOTHING)
        row = _funnel(passed, stopped, touched.get(sku, 0), acts, sku, bought)
        refunded = acts["refunded"].get(sku, _NOTHING)[1]
        more = {"dwell_s": round(ms / 1000, 1), "units_refunded": refunded, "bought_certainty": bought[2]}
        found.append({"sku": sku, "name": product.name()} | row | more)
    return found


def _day(store: Store, at_s: float) -> str:
    """The day of a moment; of ever, days that are before and behind all others."""
    if at_s <= 0.0:
        return ""
    return "9999" if at_s >= 1e12 else datetime.fromtimestamp(at_s, store.timezone).date().isoformat()


def _dwell(insight: Insight, store: Store, span: Span) -> list[Row]:
    """Who stopped before each gondola, whoever it was, and for how long."""
    query = (
        "SELECT shelf, sum(kind = 'passed'), sum(kind = 'dwelt'), sum(CASE WHEN kind = 'dwelt' THEN until_s - at_s "
        f"END), avg(certainty) FROM event WHERE kind IN ('passed', 'dwelt') AND at_s >= ? AND at_s < ? AND {_SHOPPERS} "
        "GROUP BY shelf"
    )
    found = _by(insight.rows(query, span))
    rows = []
    for gondola in store.layout.gondolas:
        passed, dwells, seconds, certainty = found.get(gondola.id, (0, 0, 0.0, None))
        rows.append({
            "gondola": gondola.id, "passed_by": passed, "dwells": dwells, "dwell_s": round(seconds or 0.0, 1),
            "mean_s": _rounded((seconds or 0.0) / dwells if dwells else None), "certainty": _rounded(certainty),
        })  # fmt: skip
    return rows


def _hours(insight: Insight, store: Store, span: Span) -> list[Row]:
    """Visits by the weekday (0: Monday) and hour in which they came in, in the shop's time."""
    query = "SELECT entered_s, party FROM visit WHERE entered_s >= ? AND entered_s < ? AND NOT staff"
    visits, people = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for entered_s, party in insight.rows(query, span):
        at = datetime.fromtimestamp(entered_s, store.timezone)
        visits[at.weekday(), at.hour] += 1
        people[at.weekday(), at.hour] += party
    return [
        {"weekday": day, "hour": hour, "visits": visits[day, hour], "people": people[day, hour]}
        for day, hour in sorted(visits)
    ]


def _baskets(insight: Insight, span: Span) -> list[Row]:
    """Pairs that are bought together: of how many baskets, and how many times as often as by chance (lift)."""
    query = (
        f"SELECT DISTINCT visit, sku FROM event WHERE kind = 'bought' AND at_s >= ? AND at_s < ? AND {_SHOPPERS} "
        "ORDER BY visit, sku"
    )
    baskets: dict[str, list[str]] = defaultdict(list)
    for visit, sku in insight.rows(query, span):
        baskets[visit].append(sku)
    alone = Counter(sku for basket in baskets.values() for sku in basket)
    pairs = Counter(pair for basket in baskets.values() for pair in combinations(basket, 2))
    rows: list[Row] = [
        {
            "one": one, "other": other, "together": count, "baskets": len(baskets),
            "lift": round(count * len(baskets) / (alone[one] * alone[other]), 3),
        }
        for (one, other), count in pairs.items()
        if count >= LEAST_TOGETHER
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r["lift"], -r["together"], r["one"], r["other"]))[:PAIRS]


def _instead(insight: Insight, span: Span) -> list[Row]:
    """What was taken up, put back and not bought, and what the same visit took from that gondola later and bought."""
    query = (
        "SELECT b.sku, coalesce(o.sku, ''), count(DISTINCT b.visit), avg(b.certainty) FROM event b LEFT JOIN event o "
        "ON o.visit = b.visit AND o.kind = 'picked-up' AND o.at_s > b.at_s AND o.sku <> b.sku AND EXISTS (SELECT 1 "
        "FROM event x WHERE x.visit = o.visit AND x.kind = 'bought' AND x.sku = o.sku) WHERE b.kind = 'put-back' AND "
        "b.visit <> '' AND NOT b.rested AND b.at_s >= ? AND b.at_s < ? AND NOT EXISTS (SELECT 1 FROM event x WHERE "
        "x.visit = b.visit AND x.kind = 'bought' AND x.sku = b.sku) GROUP BY b.sku, o.sku ORDER BY 3 DESC, 1, 2"
    )
    return [
        {"put_back": back, "instead": other, "visits": visits, "certainty": round(certainty, 4)}
        for back, other, visits, certainty in insight.rows(query, span)
    ]


def _sold_out(insight: Insight, span: Span) -> list[Row]:
    """From when to when there was none of a product; None: there still is none."""
    query = (
        "SELECT kind, sku, shelf, at_s, certainty FROM event WHERE kind IN ('sold-out', 'back-on-shelf') AND at_s < ? "
        "ORDER BY at_s, id"
    )
    open_: dict[str, Row] = {}
    found: list[Row] = []
    for kind, sku, shelf, at_s, certainty in insight.rows(query, [span[1]]):
        if kind == "sold-out":
            open_[sku] = {"sku": sku, "shelf": shelf, "from_s": at_s, "until_s": None, "certainty": certainty}
            found.append(open_[sku])
        elif sku in open_:
            open_.pop(sku)["until_s"] = at_s
    return [row for row in found if row["until_s"] is None or row["until_s"] >= span[0]]


def heat_of(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> list[Row]:
    """How long shoppers stood in each cell: middle (metres, store frame) and seconds."""
    query = "SELECT x, y, sum(ms) FROM heat WHERE day >= ? AND day <= ? GROUP BY x, y ORDER BY x, y"
    days = (_day(store, since_s), _day(store, min(until_s, 1e12)))
    return [
        {"x_m": round((x + 0.5) * CELL_M, 2), "y_m": round((y + 0.5) * CELL_M, 2), "seconds": round(ms / 1000, 2)}
        for x, y, ms in insight.rows(query, days)
    ]
