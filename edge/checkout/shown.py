"""What a cart comes to while somebody is still shopping: what the bill would say if they left now with all of it."""

from __future__ import annotations

from collections.abc import Mapping

from edge.checkout.bill import UnpricedSale, make_bill
from edge.checkout.sale import day_of_sale
from edge.pricing import Stay, price_basket
from edge.store import Store


def shown_sum(store: Store, units: Mapping[str, int], stay: Stay) -> dict[str, object]:
    """``total``, and where something is cheaper than by its list price, ``saved``: by how much in all. What has no tax
    rate yet is shown without: a person will look at it.
    """
    held = {sku: units[sku] for sku in sorted(units) if units[sku]}
    try:
        bill = make_bill(store, held, day_of_sale(stay.left_s, store.timezone), stay)
    except UnpricedSale:
        basket = price_basket(store, held, stay)
        saved = sum(off.amount_minor for line in basket.lines for off in line.discounts)
        total_minor = sum(line.amount_minor for line in basket.lines)
        for off in (basket.off, basket.points):
            if off is not None:
                saved, total_minor = saved + off.amount_minor, total_minor - off.amount_minor
    else:
        saved = sum(off.amount_minor for line in bill.lines for off in line.discounts)
        total_minor = bill.total_minor
    return {"total": total_minor, "saved": saved} if saved else {"total": total_minor}
