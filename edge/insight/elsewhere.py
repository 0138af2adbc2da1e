"""Events as others want them: GA4's Measurement Protocol, Segment's ecommerce v2, a JSON object each.

Enters: the projection, the store, a span. Leaves: objects, oldest first. What one visit paid in one moment is one
purchase with its items, because both count orders. A visit is a client of its own there, and a member's name goes along
only where they allow it; nobody can be followed from visit to visit otherwise. Names are in `edge.insight.flat`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from edge.insight.flat import COLUMNS, GA4, SEGMENT, rows
from edge.insight.keeping import Insight
from edge.store import Store

Row = Mapping[str, Any]

ORDERS: Final = frozenset({"bought", "refunded"})
"""Kinds that stand for a line of an order."""


def happenings(
    insight: Insight, store: Store, since_s: float = 0.0, until_s: float = math.inf
) -> Iterator[list[dict[str, Any]]]:
    """Rows of the flat table by what happened: the lines of an order together, everything else alone."""
    told = (dict(zip(COLUMNS, row, strict=True)) for row in rows(insight, store, since_s, until_s))
    for _, moment in groupby(told, lambda row: (row["time"], row["visit"])):
        orders: dict[str, list[dict[str, Any]]] = {}
        for row in moment:
            if row["kind"] in ORDERS:
                orders.setdefault(row["kind"], []).append(row)
            else:
                yield [row]
        yield from orders.values()


def ga4(store: Store, told: list[dict[str, Any]]) -> dict[str, Any]:
    """A body of the Measurement Protocol; ``client_id`` is the visit."""
    first = told[0]
    params: dict[str, Any] = {"items": [_item(store, row) for row in told]} if first["sku"] else {}
    if first["kind"] in ORDERS:
        params |= {"transaction_id": first["visit"], "currency": store.currency, "value": _sum(store, told)}
    if first["shelf"]:
        params["shelf"] = first["shelf"]
    stamp = round(datetime.fromisoformat(first["time"]).timestamp() * 1e6)
    name = GA4.get(first["kind"], f"shelf_{first['kind'].replace('-', '_')}")
    body: dict[str, Any] = {
        "client_id": first["visit"] or first["source"], "timestamp_micros": stamp,
        "events": [{"name": name, "params": params}],
    }  # fmt: skip
    return body | ({"user_id": first["member"]} if first["member"] else {})


def segment(store: Store, told: list[dict[str, Any]]) -> dict[str, Any]:
    """A call of ``track``; ``messageId`` is the event's own, so that what comes twice counts once."""
    first = told[0]
    properties: dict[str, Any] = {"store": store.id}
    if first["kind"] in ORDERS:
        properties |= {
            "order_id": first["visit"], "currency": store.currency, "total": _sum(store, told),
            "products": [_product(store, row) for row in told],
        }  # fmt: skip
    elif first["sku"]:
        properties |= _product(store, first)
    if first["shelf"]:
        properties["shelf"] = first["shelf"]
    name = SEGMENT.get(first["kind"], f"shelf_{first['kind'].replace('-', '_')}")
    return {
        "type": "track", "event": name, "messageId": f"{first['source']}/{first['id']}", "timestamp": first["time"],
        "anonymousId": first["visit"] or first["source"], "properties": properties,
    } | ({"userId": first["member"]} if first["member"] else {})  # fmt: skip


FORMS: Final[dict[str, Callable[[Store, list[dict[str, Any]]], dict[str, Any]]]] = {"ga4": ga4, "segment": segment}


def _item(store: Store, row: Row) -> dict[str, Any]:
    item = {"item_id": row["sku"], "item_name": row["name"], "quantity": row["count"]}
    return item | ({"price": _price(store, row)} if row["amount_minor"] != "" else {})


def _product(store: Store, row: Row) -> dict[str, Any]:
    product = {
        "product_id": row["gtin"] or row["sku"],
        "sku": row["sku"],
        "name": row["name"],
        "quantity": row["count"],
    }
    return product | ({"price": _price(store, row)} if row["amount_minor"] != "" else {})


def _price(store: Store, row: Row) -> float:
    amount = float(row["amount_minor"]) / float(10**store.currency_digits)
    return round(amount / max(1, int(row["count"])), 4)


def _sum(store: Store, told: list[dict[str, Any]]) -> float:
    return sum(float(row["amount_minor"] or 0) for row in told) / float(10**store.currency_digits)
