"""Figures of a span of time: how many came, stopped, touched, took, put back and bought, where, when, and together.

Enters: the projection, the store, a span of days. Leaves: JSON-ready facts; `docs/insight.md` defines each. Visits are
counted, not hands: who takes three has taken once. Beside every rate stands of how many it is, and beside what people
did how sure the shop was of it on the average. Nobody is in it by name.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

import msgspec

from edge.insight.days import BETWEEN, Counts, counted, date_of, last_of_month
from edge.insight.floor import CELL_M
from edge.insight.keeping import Insight
from edge.insight.markdowns import markdowns
from edge.insight.outs import EVER_S, sold_out
from edge.insight.segments import segments
from edge.store import Store

Row: TypeAlias = dict[str, Any]

DAY_S: Final = 86400.0
SEGMENTS: Final = "!segments"
"""Where counts of segments are kept beside those of days; it sorts before all of them, and so outlives what is new."""
PAIRS: Final = 50
"""So many pairs of products are told, those that are most more often together than by chance."""
LEAST_TOGETHER: Final = 2
"""A pair that was bought together once tells nothing."""


def figures(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> Row:
    """Everything about a span of days."""
    until_s = min(until_s, EVER_S)
    counts = counted(insight, store, since_s, until_s)
    return {
        "store": store.id,
        "since_s": since_s or None,
        "until_s": until_s if until_s < EVER_S else None,
        "visits": _visits(counts) | _again(insight, since_s, until_s),
        "shelves": _shelves(counts, store),
        "products": _products(counts, store),
        "dwell": _dwell(counts, store),
        "hours": _hours(counts),
        "baskets": _baskets(counts),
        "instead": _instead(counts),
        "sold_out": sold_out(insight, since_s, until_s),
        "markdowns": markdowns(insight, store, since_s, until_s),
        "segments": _segments(insight, store, until_s),
    }


def _segments(insight: Insight, store: Store, until_s: float) -> list[Row]:
    """As they were when the day began, or the span ended. Those of the day are kept, for they do not change on it."""
    newest = insight.rows("SELECT max(at_s) FROM event")[0][0]
    if newest is None:
        return []
    day = date_of(store, newest)
    begins_s = datetime.combine(day, time(), store.timezone).timestamp()
    if until_s < begins_s:
        return segments(insight, until_s)
    kept = insight.days(SEGMENTS, SEGMENTS).get(SEGMENTS)
    known = msgspec.json.decode(kept) if kept is not None else {}
    if known.get("day") != day.isoformat():
        known = {"day": day.isoformat(), "rows": segments(insight, begins_s)}
        insight.keep_day(SEGMENTS, msgspec.json.encode(known))
    rows: list[Row] = known["rows"]
    return rows


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _visits(counts: Counts) -> Row:
    """Who came, and how many of them bought."""
    visits, people, left, stay_s = counts.get("visits", [0, 0, 0, 0.0])
    buyers, units, amount_minor, certainty, lines = counts.get("bought", [0, 0, 0, 0.0, 0])
    return {
        "visits": visits, "people": people, "left": left, "bought": buyers, "conversion": _share(buyers, left),
        "units": units, "amount_minor": amount_minor, "stay_s": _share(stay_s, left),
        "certainty": _share(certainty, lines),
    }  # fmt: skip


def _again(insight: Insight, since_s: float, until_s: float) -> Row:
    """Members who consented, and how many of them came more than once: by their credential, never by a look."""
    query = (
        "SELECT count(*), coalesce(sum(n > 1), 0) FROM (SELECT count(*) AS n FROM visit INDEXED BY "
        "visit_of_known WHERE subject <> '' AND entered_s >= ? AND entered_s < ? AND NOT staff GROUP BY subject)"
    )
    known, again = insight.rows(query, [since_s, until_s])[0]
    return {"known_members": known, "came_again": again, "revisit_rate": _share(again, known)}


def _funnel(passed: int, stopped: int, touched: int, took: list[Any], back: list[Any], bought: int) -> Row:
    undecided = max(0, touched - took[0])
    return {
        "passed": passed, "stopped": stopped, "touched": touched, "took": took[0], "put_back": back[0],
        "bought": bought, "units_taken": took[1], "units_put_back": back[1], "stop_rate": _share(stopped, passed),
        "pick_up_rate": _share(took[0], stopped), "put_back_rate": _share(back[1], took[1]),
        "undecided_rate": _share(undecided, stopped), "certainty": _share(took[2], took[3]),
    }  # fmt: skip


_NOTHING: Final = [0, 0, 0.0, 0]


def _acts(counts: Counts, by: str, kind: str, name: str) -> list[Any]:
    found: list[Any] = counts.get(by, {}).get(kind, {}).get(name, _NOTHING)
    return found


def _shelves(counts: Counts, store: Store) -> list[Row]:
    """A funnel each shelf; who passes a gondola passes all of its shelves."""
    found = []
    for shelf in store.layout.shelves:
        passed, stopped, *_ = counts.get("gondolas", {}).get(shelf.gondola, [0, 0])
        took, back = (_acts(counts, "by_shelf", kind, shelf.id) for kind in ("picked-up", "put-back"))
        touched, bought = (counts.get(what, {}).get(shelf.id, 0) for what in ("touched_shelf", "bought_from"))
        found.append(
            {"shelf": shelf.id, "gondola": shelf.gondola} | _funnel(passed, stopped, touched, took, back, bought)
        )
    return found


def _products(counts: Counts, store: Store) -> list[Row]:
    """A funnel each product, by where people stood before its places."""
    found = []
    for sku, product in store.catalogue.items():
        passed, stopped, ms = counts.get("before", {}).get(sku, [0, 0, 0])
        took, back, bought, refunded = (
            _acts(counts, "by_sku", kind, sku) for kind in ("picked-up", "put-back", "bought", "refunded")
        )
        touched = counts.get("touched_sku", {}).get(sku, 0)
        found.append(
            {"sku": sku, "name": product.name()}
            | _funnel(passed, stopped, touched, took, back, bought[0])
            | {
                "units_bought": bought[1], "units_refunded": refunded[1], "dwell_s": round(ms / 1000, 1),
                "bought_certainty": _share(bought[2], bought[3]),
            }
        )  # fmt: skip
    return found


def _dwell(counts: Counts, store: Store) -> list[Row]:
    """Who stopped before each gondola, whoever it was, and for how long."""
    found = []
    for gondola in store.layout.gondolas:
        known = counts.get("gondolas", {}).get(gondola.id, [0, 0, 0, 0, 0.0, 0.0, 0])
        _, _, passed, dwells, seconds, certainty, stays = known
        found.append({
            "gondola": gondola.id, "passed_by": passed, "dwells": dwells, "dwell_s": round(seconds, 1),
            "mean_s": _share(seconds, dwells), "certainty": _share(certainty, stays),
        })  # fmt: skip
    return found


def _hours(counts: Counts) -> list[Row]:
    """Visits by the weekday (0: Monday) and hour in which they came in, in the shop's time."""
    known = {tuple(map(int, key.split())): value for key, value in counts.get("hours", {}).items()}
    return [
        {"weekday": weekday, "hour": hour, "visits": visits, "people": people}
        for (weekday, hour), (visits, people) in sorted(known.items())
    ]


def _baskets(counts: Counts) -> list[Row]:
    """Pairs that are bought together: of how many baskets, and how many times as often as by chance (lift)."""
    found = counts.get("baskets", {"baskets": 0, "alone": {}, "pairs": {}})
    whole, alone = found["baskets"], found["alone"]
    rows: list[Row] = []
    for pair, together in found["pairs"].items():
        one, other = pair.split(BETWEEN)
        if together >= LEAST_TOGETHER:
            lift = round(together * whole / (alone[one] * alone[other]), 3)
            rows.append({"one": one, "other": other, "together": together, "baskets": whole, "lift": lift})
    return sorted(rows, key=lambda r: (-r["lift"], -r["together"], r["one"], r["other"]))[:PAIRS]


def _instead(counts: Counts) -> list[Row]:
    """What was taken up, put back and not bought, and what the same visit took later and bought."""
    rows: list[Row] = []
    for pair, (visits, certainty, events) in counts.get("instead", {}).items():
        back, other = pair.split(BETWEEN)
        rows.append({"put_back": back, "instead": other, "visits": visits, "certainty": _share(certainty, events)})
    return sorted(rows, key=lambda r: (-r["visits"], r["put_back"], r["instead"]))


def heat_of(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> list[Row]:
    """How long shoppers stood in each cell: middle (metres, store frame) and seconds."""
    first, newest = insight.rows("SELECT (SELECT min(day) FROM heat), (SELECT max(day) FROM heat)")[0]
    cells: dict[str, int] = {}
    if first is not None:
        day = max(date.fromisoformat(first), date_of(store, max(since_s, DAY_S)))
        end = min(date.fromisoformat(newest), date_of(store, min(until_s - 1e-3, 4e9)))
        while day <= end:
            until = min(end, last_of_month(day))
            whole = day.day == 1 and until == last_of_month(day) and until.isoformat() < newest
            for cell, ms in (_heat_of_month if whole else _heat)(insight, day, until).items():
                cells[cell] = cells.get(cell, 0) + ms
            day = until + timedelta(days=1)
    found = sorted(((*map(int, cell.split()), ms) for cell, ms in cells.items()), key=lambda row: row[:2])
    return [
        {"x_m": round((x + 0.5) * CELL_M, 2), "y_m": round((y + 0.5) * CELL_M, 2), "seconds": round(ms / 1000, 2)}
        for x, y, ms in found
    ]


def _heat(insight: Insight, day: date, until: date) -> dict[str, int]:
    """Cell -> milliseconds of some days."""
    query = "SELECT x || ' ' || y, sum(ms) FROM heat WHERE day >= ? AND day <= ? GROUP BY x, y"
    return dict(insight.rows(query, [day.isoformat(), until.isoformat()]))


def _heat_of_month(insight: Insight, day: date, until: date) -> dict[str, int]:
    """The same of a month that is over: added up once."""
    name = f"{day:%Y-%m} heat"
    kept = insight.days(name, name).get(name)
    if kept is not None:
        known: dict[str, int] = msgspec.json.decode(kept)
        return known
    found = _heat(insight, day, until)
    insight.keep_day(name, msgspec.json.encode(found))
    return found
