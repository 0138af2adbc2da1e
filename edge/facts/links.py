"""The addresses of product pages, as the QR codes beside shelves say them: GS1 Digital Link on the shop's own domain.

Enters: products, an address. Leaves: ``/01/<GTIN-14>`` for goods with a number of their own, ``/p/<sku>`` for those
with one that only this shop knows (prefixes 02 and 20 to 29) or with none, and the product that such a path means. The
shelf goes along as ``s``: a query that says where somebody stood, and nothing about who they are.
"""

from __future__ import annotations

from urllib.parse import quote

from edge.store import Product, Store
from edge.store.gtin import forms, is_gtin


def gtin14_of(product: Product) -> str:
    """The product's number as a Digital Link has it; empty where it has none that means it elsewhere, too."""
    if not product.gtin or not is_gtin(product.gtin):
        return ""
    digits = product.gtin.zfill(14)
    inside = digits[1:3] if digits[0] == "0" else ""
    if len(product.gtin) in (12, 13, 14) and (inside == "02" or "20" <= inside <= "29"):
        return ""
    if len(product.gtin) == 8 and product.gtin[0] in "02":
        return ""
    return digits


def path_of(product: Product) -> str:
    """Where a product's page stands."""
    gtin = gtin14_of(product)
    return f"/01/{gtin}" if gtin else f"/p/{quote(product.sku, safe='')}"


def link_of(address: str, product: Product, shelf: str = "") -> str:
    """The whole address, as a QR code says it."""
    return f"{address.rstrip('/')}{path_of(product)}" + (f"?s={quote(shelf, safe='')}" if shelf else "")


def product_of(store: Store, gtin: str) -> Product | None:
    """The product whose number somebody typed or scanned, in 8, 12, 13 or 14 digits."""
    wanted = forms(gtin)
    return next((p for p in store.catalogue.values() if p.gtin and forms(p.gtin) & wanted), None)
