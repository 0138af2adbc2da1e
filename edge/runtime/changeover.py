"""The shop goes on with other files than before: another catalogue, planogram, layout, policy or tax.

That happens between two stops, and of what may change while the shop runs (`edge.store.reload`) at a record. What it
has no more is forgotten where nobody's bill depends on it (levels of shelves that weigh otherwise, counts of places
that are gone, misplaced things that are no products), and so is what people look like where the policy does without.
What was promised to somebody inside stays promised (`edge.runtime.promises`). Where it is not known any more what left
a shelf, or who went through a gate, a person looks at whoever was inside.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from urllib.parse import quote

from edge.appearance import NOBODY, Gauges
from edge.attribution import forget_products
from edge.attribution.hypotheses import Features
from edge.keys import moment, unique
from edge.records import Effect, LedgerEntry, Publish, StoreChanged
from edge.runtime.ages import look_at_goods
from edge.runtime.doubts import doubt_visit
from edge.runtime.money import keep_all
from edge.runtime.promises import known_here
from edge.state import State, refuse, reopen_shelves
from edge.stock import level_of, place_of
from edge.store import Store


@dataclass(frozen=True, slots=True)
class Changed:
    """What the change has touched. ``shelves``: begin anew; ``recalled``: products that are in carts of people inside
    and in no row of the catalogue; ``untold``: products of which nobody knows any more how much there is.
    """

    shelves: tuple[str, ...] = ()
    recalled: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


def change_over(state: State, store: Store) -> Changed:
    """From here on the shop is this one."""
    shelves = reopen_shelves(state, store)
    passed = len(state.door.passings)
    state.door.passings = [p for p in state.door.passings if store.layout.gate(p.gate) is not None]
    state.floor.doors = [g.position for g in store.layout.gates if g.kind == "entry"]
    state.floor.exits = [g.position for g in store.layout.gates if g.kind == "exit"]
    if shelves or len(state.door.passings) < passed:
        for visit in state.door.visits.values():
            doubt_visit(visit)
    if not store.policy.appearance:
        _forget_looks(state)
    held = forget_products(state.belief, known_here(state, store).catalogue)
    recalled = tuple(sorted(held - store.catalogue.keys()))
    keep_all(state, store)
    return Changed(tuple(shelves), recalled, _forget_stock(state, store))


def store_changed(state: State, store: Store, record: StoreChanged, effects: list[Effect]) -> None:
    """The shop was told to go on with other files, and ``store`` is made of them; else they could not be used."""
    if any(store.sources.get(name) != data for name, data in record.files):
        refuse(state, "store that cannot be used")
        return
    changed = change_over(state, store)
    effects += [Publish(f"stock/{quote(sku, safe='')}", {}, retain=True) for sku in changed.untold]
    body: dict[str, object] = {
        "by": record.by,
        "files": {name: hashlib.sha256(data).hexdigest() if data is not None else "" for name, data in record.files},
        "recalled": list(changed.recalled),
    }
    key = unique(state.named, moment("store-changed", record.at_s))
    effects.append(LedgerEntry(key, record.at_s, "store-changed", "", body))
    for visit in state.door.visits.values():  # goods may be for adults now that were not
        look_at_goods(state, store, visit, effects)
    state.busy_at_s = state.now_s  # patience may be shorter now


def _forget_looks(state: State) -> None:
    """Whatever tracks, crowds and stories know of what people look like, and what that was worth."""
    floor = state.floor
    floor.gauges = Gauges()
    for track in floor.tracks.values():
        track.looks, track.views = NOBODY, NOBODY
        track.portraits = [replace(portrait, looks=NOBODY) for portrait in track.portraits]
    for crowd in floor.crowds:
        crowd.looks = [NOBODY for _ in crowd.looks]
    state.portraits = [replace(portrait, looks=NOBODY) for portrait in state.portraits]
    for story in (h for cluster in state.belief.clusters for h in cluster.hypotheses):
        story.known = {who: Features(known.height_m, known.count) for who, known in story.known.items()}


def _forget_stock(state: State, store: Store) -> tuple[str, ...]:
    """Whoever moves a product counts it anew; returns of what nobody knows any more how much there is."""
    stock, places = state.stock, {place_of(facing) for facing in store.planogram.facings}
    stock.counts = {place: count for place, count in stock.counts.items() if place in places}
    stock.astray = {sku: units for sku, units in stock.astray.items() if sku in store.catalogue}
    untold = tuple(sorted(sku for sku in stock.told if level_of(stock, store, sku) is None))
    for sku in untold:
        del stock.told[sku]
    return untold
