"""What is left of each product: what staff counted, what events changed, and who is told when it runs low."""

from __future__ import annotations

from urllib.parse import quote

from edge.keys import moment, unique
from edge.records import Effect, LedgerEntry, Publish, StockCounted
from edge.state import State
from edge.stock import Level, count, level_of
from edge.store import Store

ALERTS = {
    "low": ("low-stock", "{quantity} left of {name}"),
    "out": ("out-of-shelf", "none left of {name}"),
}
"""What staff are told when a product gets there."""

WORSE = {"ok": 0, "low": 1, "out": 2}


def counted(state: State, store: Store, record: StockCounted, effects: list[Effect]) -> None:
    """Staff have counted a place: that is what stands there, and the book knows who said so."""
    before = count(state.stock, record)
    plates = f"{record.first}-{record.last}"
    body: dict[str, object] = {
        "shelf": record.shelf,
        "plates": [record.first, record.last],
        "sku": record.sku,
        "quantity": record.quantity,
        "believed": None if before is None else round(before.quantity, 2),
        "by": record.by,
    }
    key = unique(state.named, moment(f"stock-counted:{record.shelf}:{plates}:{record.sku}", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, "stock-counted", "", body))
    tell_stock(state, store, record.sku, effects)


def tell_stock(state: State, store: Store, sku: str, effects: list[Effect]) -> None:
    """Say what there is of a product where that has changed, and call staff where it got worse."""
    level = level_of(state.stock, store, sku)
    known = state.stock.told.get(sku)
    if level is None or level == known:
        return
    state.stock.told[sku] = level
    effects.append(_shown(state, level))
    if level.supply in ALERTS and WORSE[level.supply] > WORSE[known.supply if known else "ok"]:
        kind, text = ALERTS[level.supply]
        name = store.catalogue[sku].name()
        said: dict[str, object] = {"t": round(state.now_s, 3), "kind": kind, "sku": sku}
        effects.append(Publish("runtime/alert", said | {"text": text.format(quantity=level.quantity, name=name)}))


def stock_on_shelves(state: State, store: Store) -> list[Publish]:
    """Every product's stock as it stands: for a broker that may have forgotten it."""
    levels = (level_of(state.stock, store, sku) for sku in store.catalogue)
    return [_shown(state, level) for level in levels if level is not None]


def _shown(state: State, level: Level) -> Publish:
    payload: dict[str, object] = {
        "t": round(state.now_s, 3),
        "sku": level.sku,
        "quantity": level.quantity,
        "about": level.about,
        "astray": level.astray,
        "state": level.supply,
        "places": [
            {"shelf": shelf, "plates": [first, last], "quantity": units} for shelf, first, last, units in level.places
        ],
    }
    return Publish(f"stock/{quote(level.sku, safe='')}", payload, retain=True)
