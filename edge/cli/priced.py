"""What products cost at a moment, as people and programs read it.

Enters: a store, a moment and skus. Leaves: JSON-ready facts, and tables of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edge.checkout.amounts import money
from edge.checkout.sale import issuer_of
from edge.pricing import cost_at
from edge.shown import shown
from edge.store import Promotion, Store

if TYPE_CHECKING:
    from rich.table import Table


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


def tables_of(told: dict[str, Any], store: Store) -> list[Table]:
    """The products; and where any hold, the promotions."""
    from rich.table import Table
    from rich.text import Text

    issuer, language = issuer_of(store), "en"
    goods = Table("sku", "name", "costs", "list", "why", title=f"prices at {told['at']}", title_justify="left")
    for row in told["products"]:
        why = [next(iter(row["why"].values()), "")] if row["why"] else []
        why += ["fixed price"] if row["fixed_price"] else [f"promotion {p}" for p in row["promotions"]]
        cells = [row["sku"], row["name"], money(row["price_minor"], issuer, language)]
        cells += [money(row["list_minor"], issuer, language), ", ".join(why)]
        goods.add_row(*(Text(shown(cell)) for cell in cells))
    if not told["promotions"]:
        return [goods]
    cheaper = Table("promotion", "name", "for whom", "what", title="promotions", title_justify="left")
    for row in told["promotions"]:
        to = row["to"] if isinstance(row["to"], str) else ", ".join(row["to"])
        name = next(iter(row["names"].values()), "")
        what = _what(row, store)
        cheaper.add_row(*(Text(shown(cell)) for cell in (row["id"], name, to, what)))
    return [goods, cheaper]


def _what(row: dict[str, Any], store: Store) -> str:
    """``2 of onigiri-salmon, onigiri-ume for ¥300``."""
    issuer = issuer_of(store)
    slots: dict[str, int] = {}
    for slot in row["slots"]:
        slots[" or ".join(slot)] = slots.get(" or ".join(slot), 0) + 1
    of = " + ".join(f"{n} × {goods}" if n > 1 else goods for goods, n in slots.items()) or "the whole basket"
    if row["price_minor"] is not None:
        less = f"for {money(row['price_minor'], issuer, 'en')}"
    elif row["percent"] is not None:
        less = f"{row['percent']:g} % off"
    else:
        less = f"{money(row['off_minor'], issuer, 'en')} off"
    least = f", from {money(row['least_minor'], issuer, 'en')}" if row["least_minor"] else ""
    most = f", {row['most']} × a visit at most" if row["most"] is not None else ""
    return f"{of} {less}{least}{most}"
