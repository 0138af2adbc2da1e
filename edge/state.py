"""All that the shop remembers, as plain data: it can be written as bytes at any record and read again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from edge.attribution import Belief, open_belief
from edge.clocks import Clock, Shared
from edge.floor import DuplicateTrack, FloorState, IdentitySwitch, Portrait, open_floor
from edge.gate import GateState, open_gate
from edge.members import Wallet
from edge.payment import Settlement
from edge.pricing import Coupon
from edge.records import Cart, Mode
from edge.shelf import ShelfState, open_shelf
from edge.stock import Stock, open_stock
from edge.store import PriceList, Shelf, Store
from edge.visit import Door, open_door

LEAST_SHARE = 0.02
"""A track that is somebody's with less probability than this is nobody's."""


@dataclass(slots=True)
class Aside:
    """What could not be digested: see `edge.runtime.aside`."""

    row: int = 0
    """So many records in a row."""
    by_source: dict[str, int] = field(default_factory=dict)
    """… and of each source, in a row of its own."""
    muted: dict[str, float] = field(default_factory=dict)
    """Source of which nothing could be digested -> since when nobody listens to it."""
    told: int = 0
    told_lately: int = 0
    """Entries about it in the book; and since there was peace."""
    trouble: str = ""
    """What staff see of it."""
    last_s: float = -math.inf
    anew_s: float = -math.inf
    """When the shop last began anew."""


@dataclass(frozen=True, slots=True)
class Entering:
    """A gate that waits for money to be reserved, and until when (by the runtime's clock, UNIX seconds)."""

    gate: str
    until_s: float


@dataclass(slots=True)
class State:
    """All that the shop remembers. Plain data only."""

    now_s: float
    shelves: dict[str, ShelfState]
    floor: FloorState
    belief: Belief
    door: Door
    gate: GateState
    settlements: dict[str, Settlement] = field(default_factory=dict)
    due_s: dict[str, float] = field(default_factory=dict)
    """When time alone may change something of a visit's money (UNIX seconds); none where it cannot."""
    entering: dict[str, Entering] = field(default_factory=dict)
    """Visits whose gate stays shut until the provider has said whether it reserves the money."""
    baskets: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """What a member's last visits cost, newest last; only where the policy reserves by it."""
    points: dict[str, Wallet] = field(default_factory=dict)
    """Members' points; who has none does not stand here."""
    points_due_s: float = math.inf
    """When some of them end (UNIX seconds)."""
    coupons: dict[str, tuple[Coupon, ...]] = field(default_factory=dict)
    """The coupons that members hold, ended ones too; who holds none does not stand here."""
    coupons_given: dict[str, dict[str, int]] = field(default_factory=dict)
    """Promotion -> member -> how many coupons they ever were given."""
    carts: dict[str, Cart] = field(default_factory=dict)
    identity_switches: list[IdentitySwitch] = field(default_factory=list)
    duplicate_tracks: list[DuplicateTrack] = field(default_factory=list)
    portraits: list[Portrait] = field(default_factory=list)
    blind: dict[str, tuple[int, ...]] = field(default_factory=dict)
    gates_said: list[tuple[float, float, str]] = field(default_factory=list)
    """When it was heard, when by its own clock, and what gates said lately: networks deliver some things twice."""
    prices: dict[str, PriceList] = field(default_factory=dict)
    """The price lists with which those who are inside came in, by their marks."""
    stock: Stock = field(default_factory=open_stock)
    mode: Mode = "open"
    troubles: dict[str, str] = field(default_factory=dict)
    """What is wrong at present with something that the shop depends on, by its name."""
    heard_s: dict[str, float] = field(default_factory=dict)
    """When each shelf and camera last said something that could be used."""
    clocks: dict[str, Clock] = field(default_factory=dict)
    """How far the clocks of shelves, cameras and gates are off."""
    shared: Shared = field(default_factory=Shared)
    """… and what they have in common."""
    late: set[str] = field(default_factory=set)
    ticked_s: float = 0.0
    awake_s: float = 0.0
    """When the runtime began to hear, or woke up again."""
    looked_s: float = 0.0
    """When it was last looked who is still in the shop."""
    named: dict[str, int] = field(default_factory=dict)
    """Names of entries that were given lately to what happens at a moment -> how often (`edge.keys.unique`)."""
    waiting_told: dict[str, int] = field(default_factory=dict)
    """Why visits wait for a person -> how many, as staff were last told."""
    refused: dict[str, int] = field(default_factory=dict)
    aside: Aside = field(default_factory=Aside)
    busy_at_s: float = math.inf
    """Until then nothing but sensor records can change anything."""


def open_shop(store: Store) -> State:
    """The state before the first record."""
    return State(
        now_s=-math.inf,
        shelves={s.id: _shelf(store, s, _lightest_g(store, ())) for s in store.layout.shelves},
        floor=open_floor(*([g.position for g in store.layout.gates if g.kind == kind] for kind in ("entry", "exit"))),
        belief=open_belief(),
        door=open_door(),
        gate=open_gate(),
    )


def reopen_shelves(state: State, store: Store) -> list[str]:
    """Forget what shelves stood at that are no longer what they were: another profile makes other grams. Returns those:
    what left them, or came back, while nobody listened is not found by comparing levels.
    """
    known, state.shelves = state.shelves, {}
    lightest_g = _lightest_g(store, state.prices.values())
    forgotten = [shelf for shelf in known if not store.layout.has_shelf(shelf)]
    for shelf in store.layout.shelves:
        now, before = _shelf(store, shelf, lightest_g), known.get(shelf.id)
        same = before is not None and before.profile == now.profile and len(before.level_g) == shelf.plates
        if before is not None and same:
            if before.least_g != now.least_g:  # the lightest product is another one
                before.least_g, before.bound_g, before.bound_of = now.least_g, now.bound_g, now.bound_of
            state.shelves[shelf.id] = before
        else:
            state.shelves[shelf.id] = now
            forgotten.append(shelf.id)
    for name in forgotten:
        state.blind.pop(name, None)
    return forgotten


def _lightest_g(store: Store, promised: Iterable[PriceList]) -> float:
    """What the lightest thing weighs that is sold, or that somebody inside was promised and may put back."""
    products = (store.catalogue, *(prices.products for prices in promised))
    return min(product.weight_g for some in products for product in some.values())


def reopen_shelf(state: State, store: Store, name: str) -> None:
    """Forget what a shelf stood at."""
    if name in state.shelves:
        state.shelves[name] = _shelf(store, store.layout.shelf(name), _lightest_g(store, state.prices.values()))
        state.blind.pop(name, None)


def _shelf(store: Store, shelf: Shelf, lightest_g: float) -> ShelfState:
    conversion = store.profiles.get(shelf.id)
    return open_shelf(shelf.id, shelf.plates, lightest_g, conversion.profile if conversion else None)


def refuse(state: State, reason: str) -> None:
    """Count something that was not used."""
    state.refused[reason] = state.refused.get(reason, 0) + 1


def freeze(state: State) -> bytes:
    """The whole state as bytes."""
    return msgspec.msgpack.encode(state, enc_hook=to_plain)


def thaw(data: bytes) -> State:
    """The state that `freeze` wrote."""
    return msgspec.msgpack.decode(data, type=State, dec_hook=from_plain)


def to_plain(value: Any) -> Any:
    """An array as msgpack: its bytes are copied once, straight to where they are written."""
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, np.ascontiguousarray(value).data]
    raise TypeError(f"{type(value)} has no place in the state")


def from_plain(kind: type, value: Any) -> Any:
    """The array that `to_plain` wrote."""
    dtype, shape, data = value
    return np.frombuffer(data, dtype=dtype).reshape(shape).copy()
