"""Shops and carts of every kind, for what must hold in all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from edge.records import CartLine
from edge.store import Product, Store, TaxTable
from edge.store.tax import TaxRate
from tests.checkout.shops import NOON_S, shop

RATES = st.builds(
    TaxRate,
    st.sampled_from(["food", "goods", "books", "drinks"]),
    st.integers(0, 250_000),
    st.sampled_from([date.min, date(2019, 10, 1), date(2026, 4, 20)]),
    st.booleans(),
)


@st.composite
def shops(draw: st.DrawFn) -> Store:
    """A shop with taxes, roundings and prices of its own; every product has a rate at noon of `NOON_S`."""
    always = [TaxRate(name, draw(st.integers(0, 250_000)), reduced=draw(st.booleans())) for name in ("food", "goods")]
    tax = TaxTable((*always, *draw(st.lists(RATES, max_size=3))), draw(st.sampled_from(["down", "half-up", "up"])))
    names = st.text("ab 弁当ｱA×", min_size=1, max_size=60)
    products = {
        f"sku-{i}": Product(f"sku-{i}", "", (("", draw(names)),), draw(st.integers(0, 100_000)), draw(
            st.sampled_from(sorted(tax.classes))), 100.0, 1.0)
        for i in range(draw(st.integers(1, 6)))
    }  # fmt: skip
    kiosk = shop()
    return replace(kiosk, tax=tax, catalogue=products, prices_include_tax=draw(st.booleans()))


@st.composite
def carts(draw: st.DrawFn, store: Store) -> dict[str, int]:
    return draw(st.dictionaries(st.sampled_from(sorted(store.catalogue)), st.integers(0, 20), max_size=6))


def traced(*carts: dict[str, int]) -> tuple[CartLine, ...]:
    """Cart lines with a shelf event behind every unit, as the attribution would hand them over."""
    return tuple(
        CartLine(sku, n, 0.97, tuple(f"g1-s1:{sku}:{i}" for i in range(n))) for cart in carts for sku, n in cart.items()
    )


__all__ = ["NOON_S", "carts", "shops", "traced"]
