"""Many shops under one roof: a large shop's wire, made cheaply out of a small one's.

Enters: a store and what was heard in it. Leaves: a store with so many copies of its gondolas side by side (ids
suffixed, moved in space), and the messages of all copies in the order in which they are received. What is
real about it: every message is one that the simulator's plates and cameras said, of its usual size, at its usual rate.
What is not: the copies' noise is the same noise, only at another time, and nobody walks from one copy to another.
"""

from __future__ import annotations

import heapq
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec
import tomlkit

from edge.store import Store, read_store
from edge.store.tables import planogram_text
from edge.wire import Heard

AISLE_M = 0.6
"""Between two copies."""


def roof(store: Store, copies: int, *, inhabited: bool) -> Store:
    """So many copies of a store's gondolas side by side; ``inhabited`` copies have gates and cameras as well."""
    told: dict[str, Any] = tomllib.loads(store.sources["store.toml"].decode())
    wide = width_of(store)
    low, high = (f([y for _, y in store.layout.floor]) for f in (min, max))
    told["floor"]["polygon"] = [[0.0, low], [wide * copies, low], [wide * copies, high], [0.0, high]]
    for kind, place in (("gondola", "origin"), ("gate", "position"), ("camera", "position")):
        if kind == "gondola" or inhabited:
            told[kind] = [_moved(x, place, copy, wide) for copy in range(copies) for x in told[kind]]
    facings = [replace(f, shelf=named(f.shelf, copy)) for copy in range(copies) for f in store.planogram.facings]
    files = {
        "store.toml": tomlkit.dumps(told).encode(),
        "catalogue.csv": store.sources["catalogue.csv"],
        "planogram.csv": planogram_text(facings).encode(),
    }
    return read_store(files)


def width_of(store: Store) -> float:
    """How far apart the copies stand, metres."""
    xs = [x for x, _ in store.layout.floor]
    return max(xs) - min(xs) + AISLE_M


def named(thing: str, copy: int) -> str:
    """The id of a thing in a copy; the first copy keeps the store's own."""
    return thing if copy == 0 else f"{thing}.{copy}"


def _moved(thing: dict[str, Any], place: str, copy: int, wide: float) -> dict[str, Any]:
    x, *rest = thing[place]
    moved = {**thing, "id": named(thing["id"], copy), place: [x + copy * wide, *rest]}
    if "shelf" in thing:
        moved["shelf"] = [{**shelf, "id": named(shelf["id"], copy)} for shelf in thing["shelf"]]
    return moved


def under_one_roof(
    first: Sequence[Heard], others: Sequence[Heard], copies: int, wide: float, later_s: float
) -> Iterator[Heard]:
    """``first`` in the first copy, ``others`` in every other one, each ``later_s`` after the one before."""
    began_s = first[0].received_s
    streams = [iter(first)]
    for copy in range(1, copies):
        shift_s = began_s - others[0].received_s + copy * later_s
        streams.append(_copied(others, copy, copy * wide, shift_s))
    return heapq.merge(*streams, key=lambda heard: heard.received_s)


def _copied(messages: Sequence[Heard], copy: int, dx_m: float, shift_s: float) -> Iterator[Heard]:
    for heard in messages:
        room, name, what = heard.topic.split("/")
        payload = _later(heard.payload, shift_s)
        if what == "people":
            payload = _people(payload, dx_m)
        elif what == "scan":
            told = cast("dict[str, Any]", msgspec.json.decode(payload))
            payload = msgspec.json.encode({**told, "subject": f"{told['subject']}.{copy}"})
        yield Heard(f"{room}/{named(name, copy)}/{what}", payload, heard.received_s + shift_s)


def _later(payload: bytes, shift_s: float) -> bytes:
    """The time stands first in everything that the simulator says."""
    end = payload.index(b",")
    return b'{"t":%.4f' % (float(payload[len(b'{"t":') : end]) + shift_s) + payload[end:]


def _people(payload: bytes, dx_m: float) -> bytes:
    told = cast("dict[str, Any]", msgspec.json.decode(payload))
    for person in told["people"]:
        for point in (person["head"], *person["hands"]):
            point[0] = round(point[0] + dx_m, 3)
    return msgspec.json.encode(told)
