"""What was sold, as EPCIS 2.0 in JSON-LD: what left the supply chain, where and when, for whoever follows goods.

Enters: the projection, the store, a span, the address of the shop's pages. Leaves: one document. What a visit paid is
one ObjectEvent, ``DELETE`` (nothing is traced behind a till), step ``retail_selling``, disposition ``retail_sold``.
Goods are named by their class as GS1 Digital Link; a number that only this shop knows, or none, is a page of the shop's
own. Places are the shop's GLN (``gln`` of ``[store]``), or an address of its own. Refuses a shop that has neither.
Nobody is in it by name.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from edge.facts.links import gtin14_of, path_of
from edge.insight.elsewhere import happenings
from edge.insight.keeping import Insight
from edge.store import Store

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
RESOLVER: Final = "https://id.gs1.org"
"""Where canonical Digital Links live."""
ACTION, STEP, DISPOSITION = "DELETE", "retail_selling", "retail_sold"


class NoPlace(ValueError):
    """The shop has no name that means it elsewhere."""


def document(
    insight: Insight, store: Store, address: str, made_s: float, since_s: float = 0.0, until_s: float = math.inf
) -> dict[str, Any]:
    """Everything that was sold in a span. ``address``: like ``https://shop.example.jp``, or nothing."""
    if not (store.gln or address):
        what = "the shop has no name that means it elsewhere"
        raise NoPlace(f"{what}. Write gln of [store] in store.toml, or address of [screens] in site.toml")
    sold = (told for told in happenings(insight, store, since_s, until_s) if told[0]["kind"] == "bought")
    events = [_event(store, address.rstrip("/"), told) for told in sold]
    return {
        "@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": datetime.fromtimestamp(made_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {"eventList": [event for event in events if event["quantityList"]]},
    }  # fmt: skip


def _event(store: Store, address: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    first = told[0]
    offset = datetime.fromisoformat(first["time"]).astimezone(store.timezone).isoformat()[-6:]
    quantities: dict[str, int] = {}
    for row in told:
        goods = _goods(store, address, row["sku"])
        if goods:
            quantities[goods] = quantities.get(goods, 0) + row["count"]
    place, gate = _places(store, address)
    found = {
        "type": "ObjectEvent", "eventID": f"urn:uuid:{uuid5(NAMESPACE_URL, first['source'] + '/' + first['id'])}",
        "eventTime": first["time"], "eventTimeZoneOffset": offset, "action": ACTION, "bizStep": STEP,
        "disposition": DISPOSITION, "readPoint": {"id": gate}, "bizLocation": {"id": place},
        "quantityList": [{"epcClass": goods, "quantity": units} for goods, units in quantities.items()],
    }  # fmt: skip
    if address:  # none of the standard's types of transactions is a receipt
        receipt = {"type": f"{address}/voc/receipt", "bizTransaction": f"{address}/stores/{store.id}/{first['visit']}"}
        found["bizTransactionList"] = [receipt]
    return found


def _goods(store: Store, address: str, sku: str) -> str:
    """A product's class; nothing where it has no name that means it elsewhere."""
    product = store.catalogue.get(sku)
    if product is None:
        return ""
    gtin = gtin14_of(product)
    return f"{RESOLVER}/01/{gtin}" if gtin else f"{address}{path_of(product)}" if address else ""


def _places(store: Store, address: str) -> tuple[str, str]:
    """The shop, and where its goods leave it: the exit, where it has only one."""
    exits = [gate.id for gate in store.layout.gates if gate.kind == "exit"]
    place = f"{RESOLVER}/414/{store.gln}" if store.gln else f"{address}/stores/{store.id}"
    if len(exits) != 1:
        return place, place
    return place, f"{place}/254/{exits[0]}" if store.gln else f"{place}/{exits[0]}"
