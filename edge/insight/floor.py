"""What is noticed on the floor: an observer of the driver, cheap enough to run beside the core.

Enters: every record with its effects, as the driver's observers get them. Leaves: what was `Noticed` since it was asked
last. It remembers plain data only (`Floor.freeze`) and up to which record, so that a shop that steps its last half
minute once more after a stop notices nothing twice. Nothing here reads a clock or a disk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote

import msgspec

from edge.attribution import whose_track
from edge.evidence import where_people_are
from edge.floor import positions, reaches
from edge.insight.events import Event, Kind, floor_id
from edge.insight.stays import Stay, Stays, on_floor
from edge.records import Effect, PageOpened, PeopleFrame, Publish, Record, StoreChanged, Touch
from edge.state import State
from edge.store import BrokenStore, Facing, Store
from edge.store.reload import reloaded

SAMPLE_S: Final = 0.5
"""People are looked at so often: a long step of somebody who walks. It is most of what this costs the core."""
LONGEST_S: Final = 1.0
"""A pause of the cameras longer than this is nobody's time on the heat map."""
CELL_M: Final = 0.10
"""A cell of the heat map."""
NEAR_M: Final = 1.5
"""Whose hand it was stands within this of the plates, and need not be looked for among all."""
AT_HAND_M: Final = 0.15
"""A touch without a wrist so near to it was a footstep, or a draught."""
BEFORE_S, AFTER_S = 0.35, 0.30
"""Whose wrist was there is looked for so long before and after it (`edge.runtime.shelves`)."""
STAFF: Final = "staff"
"""Whose the stays of the shop's own people are; no visit is called so."""

BACK_S: Final = 3600.0
"""A shop that was stopped steps no more than this once more; what is told of before was told by a clock set back."""

Cell = tuple[str, int, int]
"""Day in the shop's time, column and row of `CELL_M` in the store frame."""
Before = tuple[str, str, int, str, str]
"""Visit, shelf, first plate and sku of a place, day."""


@dataclass(slots=True)
class Noticed:
    """What was noticed since the last time. ``heat``: cell -> milliseconds that shoppers stood there; ``before``: place
    -> milliseconds that a visit stood before it. ``memory``: what `Floor` goes on from.
    """

    events: list[Event] = field(default_factory=list)
    heat: dict[Cell, int] = field(default_factory=dict)
    before: dict[Before, int] = field(default_factory=dict)
    memory: bytes = b""


class Memory(msgspec.Struct):
    """All that is remembered from record to record. ``heard``: so many records of ``heard_s`` are behind."""

    heard_s: float = 0.0
    heard: int = 0
    sampled_s: float = 0.0
    stays: list[Stay] = []
    out: list[str] = []
    """Products that are sold out."""


class Floor:
    """The observer. ``store``: the one that holds, as files are read anew. ``memory``: what another one went on from;
    records that it has heard are passed over. ``sampled`` is called at each look at the people, with its time.
    """

    def __init__(self, store: Store, memory: bytes = b"", sampled: Callable[[float], None] = lambda _: None) -> None:
        self.store = store
        self._tell_sampled = sampled
        self._heard_s, self._heard, self._sampled_s = 0.0, 0, 0.0
        self._stays, self._out = Stays(store.layout), list[str]()
        self._behind: tuple[float, int] | None = None
        self.go_on(memory)
        self._noticed = Noticed()
        self._day = (0.0, 0.0, "")

    def go_on(self, memory: bytes) -> None:
        """Go on from what another one remembered, or from the beginning."""
        if memory:
            known = msgspec.msgpack.decode(memory, type=Memory)
            self._heard_s, self._heard, self._sampled_s, self._out = (
                known.heard_s,
                known.heard,
                known.sampled_s,
                known.out,
            )
            self._stays = Stays(self.store.layout, known.stays)
            self._behind = (known.heard_s, known.heard)

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        at_s = record.received_s if record is not None else state.now_s
        if self._behind is not None and self._is_behind(at_s):
            return
        if at_s != self._heard_s:
            self._heard_s, self._heard = at_s, 0
        self._heard += 1
        if effects:
            if isinstance(record, StoreChanged):
                with suppress(BrokenStore):
                    self.store = reloaded(self.store, dict(record.files))
            for effect in effects:
                if isinstance(effect, Touch):
                    self._touched(state, effect, at_s)
                elif isinstance(effect, Publish) and effect.topic.startswith("stock/"):
                    self._stock(effect, at_s)
        if isinstance(record, PageOpened):
            name = floor_id(at_s, f"page/{record.sku}/{record.visit}")
            self._noticed.events.append(
                Event(name, "floor", at_s, "page-opened", record.at_s, visit=record.visit, sku=record.sku)
            )
        if isinstance(record, PeopleFrame) and not 0.0 <= at_s - self._sampled_s < SAMPLE_S:
            self._sample(state, at_s)

    def take(self) -> Noticed:
        """Everything since the last time; what comes now is for the next."""
        taken, self._noticed = self._noticed, Noticed()
        memory = Memory(self._heard_s, self._heard, self._sampled_s, self._stays.open_, self._out)
        taken.memory = msgspec.msgpack.encode(memory)
        return taken

    def finish(self) -> Noticed:
        """Nothing more will be heard: who stands somewhere has stood there until now."""
        for stay in self._stays.end():
            self._stayed(stay, self._heard_s)
        return self.take()

    # --- what is noticed --------------------------------------------------------------------------------------------

    def _is_behind(self, at_s: float) -> bool:
        """Whether a record was heard before the stop; told by its time, and its place among those of that time."""
        heard_s, heard = self._behind or (0.0, 0)
        if heard_s - BACK_S < at_s < heard_s:
            return True
        if at_s == heard_s and heard:
            self._behind = (heard_s, heard - 1)
            return True
        self._behind = None
        return False

    def _sample(self, state: State, at_s: float) -> None:
        passed_s, self._sampled_s = at_s - self._sampled_s, at_s
        seen = where_people_are(state)
        if seen:
            staff = {v.id for v in state.door.visits.values() if v.role == "staff"}
            if staff:
                seen = [(t, x, y, _as_staff(whose, staff)) for t, x, y, whose in seen]
            if 0.0 < passed_s <= LONGEST_S:
                day, heat = self._day_of(at_s), self._noticed.heat
                for _, x, y, whose in seen:
                    ms = round(passed_s * 1000 * (1.0 - whose.get(STAFF, 0.0)))
                    if ms and on_floor(self.store.layout, x, y):
                        cell = (day, int(x // CELL_M), int(y // CELL_M))
                        heat[cell] = heat.get(cell, 0) + ms
        if seen or self._stays.open_:
            for stay in self._stays.sample(at_s, seen):
                self._stayed(stay, at_s)
        self._tell_sampled(at_s)

    def _stayed(self, stay: Stay, told_s: float) -> None:
        visit = stay.visit
        if visit == STAFF or not stay.dwelt_ms:
            return
        kind: Kind = "dwelt" if stay.stopped else "passed"
        what = f"{kind}/{stay.gondola}/{stay.track}@{stay.from_s!r}"
        self._tell(Event(
            floor_id(told_s, what), "floor", told_s, kind, stay.from_s, stay.until_s, visit, shelf=stay.gondola,
            certainty=stay.certainty,
        ))  # fmt: skip
        if not visit:
            return
        day, before = self._day_of(stay.from_s), self._noticed.before
        gondola = next(g for g in self.store.layout.gondolas if g.id == stay.gondola)
        for shelf in gondola.shelves:
            for facing in self.store.planogram.on(shelf.id):
                width = shelf.plate_width
                ms = stay.before_ms((facing.first - 1) * width, facing.last * width)
                if ms:
                    place = (visit, shelf.id, facing.first, facing.sku, day)
                    before[place] = before.get(place, 0) + ms

    def _touched(self, state: State, touch: Touch, told_s: float) -> None:
        """A hand that came and went: whose was nearest?"""
        layout = self.store.layout
        gondola = layout.gondola_of(touch.shelf)
        box = layout.plate_box(touch.shelf, min(touch.plates), max(touch.plates))
        beside = {
            track
            for track, x, y in positions(state.floor)
            if math.dist((x, y), gondola.origin[:2]) < box[1][0] + NEAR_M
        }
        from_s, to_s = touch.began_s - BEFORE_S, touch.ended_s + AFTER_S
        near = reaches(state.floor, gondola.origin, gondola.yaw_deg, box, from_s, to_s, beside) if beside else []
        hand = min(near, key=lambda r: (r.hand_gap_m, r.track), default=None)
        if hand is None or hand.hand_gap_m > AT_HAND_M:
            return
        shares = whose_track(state.belief, hand.track)
        visit = max(sorted(shares), key=lambda v: shares[v], default="")
        known = state.door.visits.get(visit)
        if known is not None and known.role == "staff":
            return
        facing = facing_at(self.store, touch.shelf, touch.plates)
        what = f"touched/{touch.shelf}:{touch.plates[0]}@{touch.began_s!r}"
        self._tell(Event(
            floor_id(told_s, what), "floor", told_s, "touched", touch.began_s, touch.ended_s, visit,
            facing.sku if facing else "", touch.shelf, min(touch.plates), max(touch.plates),
            certainty=round(shares.get(visit, 0.0), 4),
        ))  # fmt: skip

    def _stock(self, said: Publish, told_s: float) -> None:
        """A product is gone, or there again."""
        sku, out = unquote(said.topic.removeprefix("stock/")), self._out
        is_out = said.payload.get("state") == "out"
        if is_out == (sku in out) or not said.payload:
            return
        if is_out:
            out.append(sku)
        else:
            out.remove(sku)
        kind: Kind = "sold-out" if is_out else "back-on-shelf"
        left = said.payload.get("quantity", 0)
        places = said.payload.get("places")
        shelf = str(places[0]["shelf"]) if isinstance(places, list) and places else ""
        self._tell(Event(
            floor_id(told_s, f"{kind}/{sku}"), "floor", told_s, kind, told_s, sku=sku, shelf=shelf,
            count=left if isinstance(left, int) else 0, certainty=0.5 if said.payload.get("about") else 1.0,
        ))  # fmt: skip

    def _tell(self, event: Event) -> None:
        self._noticed.events.append(event)

    def _day_of(self, at_s: float) -> str:
        """The day in the shop's time; looked up anew after midnight."""
        from_s, until_s, day = self._day
        if not from_s <= at_s < until_s:
            now = datetime.fromtimestamp(at_s, self.store.timezone)
            hour_s = at_s - (now.minute * 60 + now.second + now.microsecond / 1e6)
            self._day = (hour_s, hour_s + 3600.0, day := now.date().isoformat())
        return day


def facing_at(store: Store, shelf: str, plates: Sequence[int]) -> Facing | None:
    """The product's place that covers most of some plates; the left one of two that do."""
    low, high = min(plates), max(plates)
    places = [f for f in store.planogram.on(shelf) if f.first <= high and low <= f.last]
    return max(places, key=lambda f: (min(f.last, high) - max(f.first, low), -f.first), default=None)


def _as_staff(whose: dict[str, float], staff: set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for visit, share in whose.items():
        name = STAFF if visit in staff else visit
        found[name] = found.get(name, 0.0) + share
    return found
