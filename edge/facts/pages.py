"""What a product's page says: price now and until when, tax, allergens, origin, lots; and the same for machines.

Enters: a store, a product, its details and lots, a moment and a language. Leaves: JSON-ready facts, schema.org's
Product with an Offer, and a linkset (RFC 9264) with GS1's link types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from edge.checkout.bill import WHOLE_PPM, share_of
from edge.facts.links import gtin14_of, link_of
from edge.pricing import cost_at
from edge.store import Product, Promotion, Store
from edge.store.lots import Details, Lot, said_in
from edge.store.window import Window

Facts = dict[str, Any]

MOST_REVIEWS: Final = 50
"""So many are told on a page."""

VOC: Final = "https://ref.gs1.org/voc/"


def page_of(
    store: Store, product: Product, details: Details, lots: Iterable[Lot], at_s: float, language: str, lot: str = ""
) -> Facts:
    """All that the page says. ``lot``: this one alone, where it is known; lots that are over are not told."""
    today = datetime.fromtimestamp(at_s, store.timezone).date()
    mine = [each for each in lots if each.sku == product.sku]
    one = [each for each in mine if each.lot == lot]
    shown = one or [each for each in mine if each.best_before is None or each.best_before >= today]
    cost = cost_at(store, product.sku, at_s)
    tax = _tax(store, product, cost.price_minor, today)
    marked = _markdown_ends(store, product, at_s) if cost.price_minor < cost.list_minor else None
    return {
        "sku": product.sku,
        "gtin14": gtin14_of(product),
        "name": product.name(language),
        "price_minor": cost.price_minor,
        "gross_minor": cost.price_minor + (tax["tax_minor"] if tax and not store.prices_include_tax else 0),
        "list_minor": cost.list_minor,
        "why": said_in(cost.why, language),
        "until": marked.isoformat(timespec="minutes") if marked is not None else "",
        "tax": tax,
        "promotions": [_promotion(store, p, language) for p in _about(store, product, at_s)],
        "age": product.age,
        "allergens": said_in(details.allergens, language),
        "origin": said_in(details.origin, language),
        "lots": [
            {
                "lot": each.lot,
                "best_before": each.best_before.isoformat() if each.best_before else "",
                "harvested": each.harvested.isoformat() if each.harvested else "",
                "origin": said_in(each.origin, language),
                "route": said_in(each.route, language),
            }
            for each in shown
        ],
    }


def _review(store: Store, row: Facts, author: str) -> Facts:
    rating = {"@type": "Rating", "ratingValue": row["stars"], "bestRating": 5, "worstRating": 1}
    told: Facts = {
        "@type": "Review", "reviewRating": rating, "author": {"@type": "Person", "name": author},
        "datePublished": datetime.fromtimestamp(row["at_s"], store.timezone).date().isoformat(),
    }  # fmt: skip
    return told | ({"reviewBody": row["text"]} if row["text"] else {})


def json_ld(
    store: Store, product: Product, facts: Facts, address: str, opinions: Sequence[Facts] = (), author: str = ""
) -> Facts:
    """schema.org: a Product with its Offer, and what those who bought it say (``author``: how they are called here)."""
    url = link_of(address, product)
    offer: Facts = {
        "@type": "Offer",
        "url": url,
        "price": str(Decimal(facts["gross_minor"]).scaleb(-store.currency_digits)),
        "priceCurrency": store.currency,
        "seller": {"@type": "Store", "name": store.name},
    }
    if facts["until"]:
        offer["priceValidUntil"] = facts["until"]
    told: Facts = {
        "@context": "https://schema.org", "@type": "Product", "@id": url, "name": facts["name"], "sku": product.sku,
        "offers": offer,
    }  # fmt: skip
    if opinions:
        mean = sum(row["stars"] for row in opinions) / len(opinions)
        told["aggregateRating"] = {
            "@type": "AggregateRating", "ratingValue": round(mean, 1), "reviewCount": len(opinions), "bestRating": 5,
            "worstRating": 1,
        }  # fmt: skip
        told["review"] = [_review(store, row, author) for row in opinions[:MOST_REVIEWS]]
    if facts["gtin14"]:
        told |= {"gtin14": facts["gtin14"], "hasGS1DigitalLink": url}
    if facts["origin"]:
        told["countryOfOrigin"] = facts["origin"]
    return told


def linkset(product: Product, facts: Facts, address: str, languages: Iterable[str]) -> Facts:
    """Where else something about it stands: here alone, in each language."""
    url = link_of(address, product)
    pages = [
        {"href": f"{url}?lang={language}", "type": "text/html", "hreflang": [language], "title": product.name(language)}
        for language in languages
    ]
    default = [{"href": url, "type": "text/html", "title": facts["name"]}]
    return {"linkset": [{"anchor": url, f"{VOC}defaultLink": default, f"{VOC}pip": pages}]}


def _tax(store: Store, product: Product, price_minor: int, today: date) -> Facts | None:
    """The rate, and what it is in the price or on it; None where the catalogue's tax has no rate yet."""
    try:
        rate = store.tax.rate(product.tax_class, today)
    except KeyError:
        return None
    whole_ppm = WHOLE_PPM + rate.rate_ppm if store.prices_include_tax else WHOLE_PPM
    tax_minor = share_of(price_minor, rate.rate_ppm, whole_ppm, store.tax.rounding)
    percent = f"{Decimal(rate.rate_ppm).scaleb(-4).normalize():f}"
    return {"percent": percent, "reduced": rate.reduced, "tax_minor": tax_minor}


def _markdown_ends(store: Store, product: Product, at_s: float) -> datetime | None:
    """When the markdown that holds is over, or its hours are for today."""
    rows = store.offers.dated.get(product.sku, ())
    row = next((r for r in rows if r.why and r.window.holds(at_s, store.timezone)), None)
    return _ends(store, row.window, at_s) if row is not None else None


def _about(store: Store, product: Product, at_s: float) -> list[Promotion]:
    """Promotions for everybody that hold now and are about this product."""
    if product.fixed_price:
        return []
    return [
        p for p in store.offers.promotions
        if not p.coupon and not p.subjects and p.window.holds(at_s, store.timezone)
        and any(product.sku in slot for slot in p.slots)
    ]  # fmt: skip


def _promotion(store: Store, promotion: Promotion, language: str) -> Facts:
    ends_s = promotion.window.until_s
    ends = datetime.fromtimestamp(ends_s, store.timezone).isoformat(timespec="minutes") if ends_s else ""
    return {"id": promotion.id, "name": said_in(promotion.names, language), "until": ends,
            "members": promotion.members}  # fmt: skip


def _ends(store: Store, window: Window, at_s: float) -> datetime | None:
    """When a window that holds does so no more: its end, or that of its hours today."""
    ends = [datetime.fromtimestamp(window.until_s, store.timezone)] if window.until_s is not None else []
    if window.daily is not None:
        today = datetime.fromtimestamp(at_s, store.timezone).date()
        begins = datetime.combine(today, time(), store.timezone)
        ends.append(begins + timedelta(minutes=window.daily[1]))
    return min(ends, default=None)
