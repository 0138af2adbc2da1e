"""What products cost at a moment, and why.

Enters: a store, a moment and skus. Leaves: JSON-ready facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from edge.pricing import cost_at
from edge.store import Promotion, Store


def priced(store: Store, at_s: float, skus: Iterable[str]) -> dict[str, Any]:
    """Every product's price, and the promotions that hold then and are about one of them or whole baskets."""
    asked = list(skus)
    holding = [p for p in store.offers.promotions if p.window.holds(at_s, store.timezone)]
    about = [p for p in holding if not p.slots or any(sku in slot for slot in p.slots for sku in asked)]
    return {
        "at": datetime.fromtimestamp(at_s, store.timezone).isoformat(timespec="seconds"),
        "at_s": at_s,
        "currency": store.currency,
        "currency_digits": store.currency_digits,
        "prices_include_tax": store.prices_include_tax,
        "products": [_product(store, sku, at_s, holding) for sku in asked],
        "promotions": [_promotion(p) for p in about],
    }


def _product(store: Store, sku: str, at_s: float, holding: Iterable[Promotion]) -> dict[str, Any]:
    product, cost = store.catalogue[sku], cost_at(store, sku, at_s)
    return {
        "sku": sku,
        "name": product.name(store.languages[0] if store.languages else ""),
        "price_minor": cost.price_minor,
        "list_minor": cost.list_minor,
        "why": dict(cost.why),
        "fixed_price": product.fixed_price,
        "promotions": [p.id for p in holding if any(sku in slot for slot in p.slots)],
    }


def _promotion(p: Promotion) -> dict[str, Any]:
    return {
        "id": p.id,
        "names": dict(p.names),
        "slots": [list(slot) for slot in p.slots],
        "price_minor": p.price_minor,
        "percent": p.percent_ppm / 10_000 if p.percent_ppm is not None else None,
        "off_minor": p.off_minor,
        "least_minor": p.least_minor,
        "most": p.most,
        "to": list(p.subjects) or ("members" if p.members else "everyone"),
    }


def changes_after(store: Store, at_s: float) -> list[dict[str, Any]]:
    """Dated prices and promotions that do not hold at a moment and will, with when they begin (UNIX seconds), the next
    first. ``sku`` is empty, and ``name`` a promotion's, where no single product changes.
    """
    zone = store.timezone
    found: list[dict[str, Any]] = []
    for sku, rows in store.offers.dated.items():
        for row in rows:
            begins_s = None if row.window.holds(at_s, zone) else row.window.first(at_s, zone)
            if begins_s is not None:
                why = next(iter(dict(row.why).values()), "")
                found.append({"at_s": begins_s, "sku": sku, "name": sku, "price_minor": row.price_minor, "why": why})
    for promotion in store.offers.promotions:
        window = promotion.window
        begins_s = None if window.holds(at_s, zone) else window.first(at_s, zone)
        if begins_s is not None:
            name = next(iter(dict(promotion.names).values()), promotion.id)
            found.append({"at_s": begins_s, "sku": "", "name": name, "price_minor": None, "why": ""})
    return sorted(found, key=lambda change: (change["at_s"], change["sku"]))
