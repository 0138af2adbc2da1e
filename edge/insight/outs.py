"""From when to when there was none of a product, by what the stock of the shop said.

Enters: the projection, a span. Leaves: JSON-ready facts.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from edge.insight.keeping import Insight

Row: TypeAlias = dict[str, Any]

EVER_S: Final = 1e12


def sold_out(insight: Insight, since_s: float = 0.0, until_s: float = EVER_S) -> list[Row]:
    """From when to when there was none of a product; None: there still is none."""
    query = (
        "SELECT kind, sku, shelf, at_s, certainty FROM event WHERE kind IN ('sold-out', 'back-on-shelf') AND at_s < ? "
        "ORDER BY at_s, id"
    )
    open_: dict[str, Row] = {}
    found: list[Row] = []
    for kind, sku, shelf, at_s, certainty in insight.rows(query, [until_s]):
        if kind == "sold-out":
            open_[sku] = {"sku": sku, "shelf": shelf, "from_s": at_s, "until_s": None, "certainty": certainty}
            found.append(open_[sku])
        elif sku in open_:
            open_.pop(sku)["until_s"] = at_s
    return [row for row in found if row["until_s"] is None or row["until_s"] >= since_s]
