"""A product's page was opened: what screens tell the running shop, so that it stands in its recording.

Enters: the order ``opened``. Leaves: a record that decides nothing, of which `edge.insight` tells. Who is known is told
by their visit alone, and only while they are inside. How many may be told, the screens look at.
"""

from __future__ import annotations

from typing import Any, Final

from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.wire import Heard, encode_page

TOPIC: Final = "shop/page/opened"


def opened(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    sku, subject, now_s = str(wanted["sku"]), str(wanted.get("subject", "")), shop.clock.now_s()
    if sku not in shop.store.catalogue:
        return refused("{sku} is no product of this shop", sku=sku)
    visits = shop.driver.state.door.visits.values()
    visit = next((visit.id for visit in visits if subject and visit.subject == subject), "")
    shop.take(Heard(TOPIC, encode_page(now_s, sku, visit), now_s))
    return {"sku": sku, "visit": visit}
