"""What a shop's shelves promise: what each product costs, and how that is taxed.

Somebody who comes in is promised the prices of that moment. A catalogue that changes while they are inside changes
nothing for them, upwards or downwards: the state keeps the list as long as one of them needs it
(`edge.runtime.promises`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from edge.store.catalogue import Product
from edge.store.offers import Offers
from edge.store.tax import TaxTable


@dataclass(frozen=True, slots=True)
class PriceList:
    """Plain data: it lives in the state. ``products``: sku -> product; ``offers``: what moves their prices."""

    currency: str
    currency_digits: int
    includes_tax: bool
    tax: TaxTable
    products: dict[str, Product]
    offers: Offers = field(default_factory=Offers)

    def only(self, skus: Collection[str]) -> PriceList:
        """The part of the list about these products."""
        products = {sku: self.products[sku] for sku in sorted(skus) if sku in self.products}
        classes = {product.tax_class for product in products.values()}
        rates = tuple(rate for rate in self.tax.rates if rate.tax_class in classes)
        return replace(self, tax=replace(self.tax, rates=rates), products=products, offers=self.offers.only(skus))


def mark_of(prices: PriceList) -> str:
    """Another for every other list."""
    return hashlib.sha256(repr(prices).encode()).hexdigest()[:16]


def with_classes(tax: TaxTable, promised: TaxTable) -> TaxTable:
    """The rates that are law now, and those of classes that there were as a promise was made and are no more."""
    gone = tuple(rate for rate in promised.rates if rate.tax_class not in tax.classes)
    return replace(tax, rates=tax.rates + gone) if gone else tax
