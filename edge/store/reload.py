"""A running shop goes on with other files: what may change while it runs, and what needs a restart.

Enters: the store as it is, and files that take the place of its own. Leaves: the `Store` that they make. Refuses, as a
whole and with every fault at once, files that are broken, and changes of what the shop stands on: where its shelves,
cameras and gates are and how they weigh and see, what stands where, its id, its money and its clock, and what
recordings keep of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from edge.store.dated import FILE as PRICES
from edge.store.load import BrokenStore, Store, read_store
from edge.store.tables import Fault
from edge.told import phrase, told

MAY_CHANGE = ("store.toml", "catalogue.csv", PRICES)
"""Files of which something may change while the shop runs."""

RESTART = phrase("Stop the shop and start it again for that; or put it back, and reload the rest")
FIXED = phrase("cannot change while the shop runs")

_FIXED: tuple[tuple[str, str, str], ...] = (
    ("id", "store.toml", "store.id"),
    ("timezone", "store.toml", "store.timezone"),
    ("currency", "store.toml", "store.currency"),
    ("prices_include_tax", "store.toml", "store.prices_include_tax"),
    ("layout", "store.toml", "floor, gate, camera, gondola"),
    ("planogram", "planogram.csv", "file"),
)
"""What of a store stays, and where it stands."""

_KEPT_OF_PEOPLE = ("appearance", "record_appearance", "evidence_hours")


def changed_files(store: Store, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """Which of the files that may change say something else than the store's own; None: is not there any more."""
    return {name: files.get(name) for name in MAY_CHANGE if files.get(name) != store.sources.get(name)}


def reloaded(store: Store, changed: Mapping[str, bytes | None]) -> Store:
    """The store with these files in the place of its own; `BrokenStore` with every reason why it cannot be."""
    files = {name: data for name, data in {**store.sources, **changed}.items() if data is not None}
    new = read_store(files)
    faults = list(_stays(store, new))
    if faults:
        raise BrokenStore(faults)
    return replace(
        new, layout=store.layout, planogram=store.planogram, profiles=store.profiles, sights=store.sights,
        blind=store.blind,
    )  # fmt: skip


def needs_restart(store: Store, new: Store) -> list[Fault]:
    """What differs and cannot change while the shop runs; profiles of shelves and cameras included."""
    faults = list(_stays(store, new))
    for name in sorted(store.sources.keys() | new.sources.keys()):
        if name not in MAY_CHANGE and name != "planogram.csv" and store.sources.get(name) != new.sources.get(name):
            faults.append(Fault(name, "file", told("another profile counts now, or none"), told(RESTART)))
    return faults


def _stays(store: Store, new: Store) -> Iterator[Fault]:
    for part, file, where in _FIXED:
        if getattr(store, part) != getattr(new, part):
            yield Fault(file, where, told(FIXED), told(RESTART))
    for key in _KEPT_OF_PEOPLE:
        if getattr(store.policy, key) != getattr(new.policy, key):
            yield Fault("store.toml", f"policy.{key}", told(FIXED), told(RESTART))
