"""Events as one flat table, as customer-data platforms load it overnight.

Enters: the projection, the store, a span. Leaves: rows, oldest first. Beside our own names stand those that
GA4 and Segment (ecommerce v2) have for the same; what they have none for is a custom event of ours there.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from edge.insight.keeping import Insight
from edge.store import Store

COLUMNS: Final = (
    "source", "id", "kind", "time", "until", "visit", "member", "sku", "gtin", "name", "shelf", "first_plate",
    "last_plate", "count", "certainty", "home", "amount_minor", "currency", "ga4", "segment", "promotion",
)  # fmt: skip

GA4: Final = {
    "picked-up": "add_to_cart", "put-back": "remove_from_cart", "bought": "purchase", "refunded": "refund",
}  # fmt: skip
SEGMENT: Final = {
    "picked-up": "Product Added", "put-back": "Product Removed", "bought": "Order Completed",
    "refunded": "Order Refunded", "coupon-used": "Coupon Applied",
}  # fmt: skip

_QUERY: Final = (
    "SELECT e.id, e.kind, e.at_s, e.until_s, e.visit, coalesce(f.subject, v.subject, ''), e.sku, e.shelf, e.first, "
    "e.last, e.count, e.certainty, e.home, e.amount_minor, e.promotion FROM event e LEFT JOIN visit v USING (visit) "
    "LEFT JOIN forgotten f USING (id) WHERE e.at_s >= ? AND "
    "e.at_s < ? AND (e.at_s, e.id) > (?, ?) AND NOT coalesce(v.staff, 0) ORDER BY e.at_s, e.id LIMIT ?"
)
_CHUNK: Final = 10_000


def rows(insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> Iterator[list[Any]]:
    """A row an event, in the order of `COLUMNS`; empty where there is nothing to say."""
    behind: tuple[float, str] = (-math.inf, "")
    while found := insight.rows(_QUERY, [since_s, min(until_s, 1e12), *behind, _CHUNK]):
        for row in found:
            yield _row(store, *row)
        behind = (found[-1][2], found[-1][0])


def write_csv(file: TextIO, insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf) -> int:
    """Write the table; how many events."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows(insight, store, since_s, until_s):
        writer.writerow(row)
        count += 1
    return count


def _row(
    store: Store, id_: str, kind: str, at_s: float, until_s: float | None, visit: str, member: str, sku: str,
    shelf: str, first: int, last: int, count: int, certainty: float, home: int | None, amount_minor: int | None,
    promotion: str,
) -> list[Any]:  # fmt: skip
    product = store.catalogue.get(sku)
    ours = f"shelf_{kind.replace('-', '_')}"
    return [
        f"/stores/{store.id}", id_, kind, _time(at_s), "" if until_s is None else _time(until_s), visit, member, sku,
        (product.gtin or "") if product else "", product.name() if product else "", shelf, first or "", last or "",
        count, certainty, "" if home is None else bool(home), "" if amount_minor is None else amount_minor,
        store.currency if amount_minor is not None else "", GA4.get(kind, ours), SEGMENT.get(kind, ours), promotion,
    ]  # fmt: skip


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
