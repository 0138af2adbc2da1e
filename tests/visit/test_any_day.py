"""Whatever people do at the gates of a shop, in whatever order: each visit ends once, in one way, and for a reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.driver import Driver
from edge.records import (
    Effect,
    GatePassage,
    GateScan,
    LedgerEntry,
    PeopleFrame,
    PersonSeen,
    Record,
    Standing,
    Tick,
    WeightBatch,
)
from edge.state import State
from edge.store import read_store
from tests.corner import CATALOGUE, PLANOGRAM, STORE

MORE_GATES = """
[[gate]]
id = "in-2"
kind = "entry"
position = [0.2, 1.6]
trusted_reader = true

[[gate]]
id = "out-2"
kind = "exit"
position = [3.8, 1.6]

[policy]
lost_after_s = 20.0
pass_within_s = 8.0
"""
SHOP = read_store(
    {
        "store.toml": (STORE + MORE_GATES).encode(),
        "catalogue.csv": CATALOGUE.encode(),
        "planogram.csv": PLANOGRAM.encode(),
    }
)
MORNING_S = 1_778_544_000.0
ENDS = ("settlement", "review", "expired", "staff-left")
FRAME_TENTHS = 2
CLOSING_S = 60.0
"""Longer than anybody is waited for."""


@dataclass(frozen=True)
class Deed:
    """After so many tenths of a second: a scan of somebody, or somebody goes through a gate."""

    after: int
    what: str
    gate: str
    subject: str = ""
    party: int = 1


GATES = ("in", "in-2", "out", "out-2")
SCANS = st.builds(
    Deed, st.integers(0, 60), st.just("scan"), st.sampled_from(GATES[:2]), st.sampled_from(["ana", "ben", "aki"]),
    st.integers(1, 3),
)  # fmt: skip
PASSAGES = st.builds(Deed, st.integers(0, 60), st.sampled_from(["in", "out"]), st.sampled_from(GATES))
DEEDS = st.lists(st.one_of(SCANS, PASSAGES), max_size=14)
SEEN = st.lists(st.tuples(st.sampled_from(GATES), st.integers(0, 300), st.integers(5, 60)), max_size=4)
"""At which gate a camera shows somebody, from when, and for how many tenths of a second."""


@dataclass
class Register:
    """An observer: which visits began, which had somebody inside, how each ended; and what must hold all the time."""

    began: list[str] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    ends: dict[str, list[str]] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)
    charged: dict[str, object] = field(default_factory=dict)
    staff: set[str] = field(default_factory=set)

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for entry in (e for e in effects if isinstance(e, LedgerEntry)):
            self.keys[entry.key] += 1
            if entry.kind == "visit":
                self.began.append(entry.visit)
            if entry.kind in ENDS:
                self.ends.setdefault(entry.visit, []).append(entry.kind)
            if entry.kind in ("settlement", "review"):
                self.charged[entry.visit] = entry.body["total_minor"]
        assert state.door.strangers >= 0
        for visit in state.door.visits.values():
            assert 0 <= visit.left <= visit.inside <= visit.party
            assert (visit.state == "admitted") == (visit.inside == 0)
            if visit.inside:
                self.inside.add(visit.id)
            if visit.role == "staff":
                self.staff.add(visit.id)


def day(deeds: Sequence[Deed], seen: Sequence[tuple[str, int, int]], leave: bool) -> Iterator[Record]:
    """The records of a day. ``leave``: in the end as many go out as ever came in."""
    yield Standing(MORNING_S, MORNING_S, "aki", b"", "staff", False)
    timed, at = [], 20
    for deed in deeds:
        at += deed.after
        timed.append((at, deed))
    if leave:
        came = sum(1 for d in deeds if d.what == "in") - sum(1 for d in deeds if d.what == "out")
        timed += [(at + 50 + 10 * i, Deed(0, "out", "out")) for i in range(came)]
        at += 50 + 10 * max(0, came)
    for tenth in range(at + int(10 * CLOSING_S)):
        now_s = MORNING_S + tenth / 10
        yield from _sensors(tenth, now_s, seen)
        for _, deed in (t for t in timed if t[0] == tenth):
            if deed.what == "scan":
                yield GateScan(now_s, now_s, deed.gate, deed.subject, "palm", deed.party, 0.99)
            else:
                yield GatePassage(now_s, now_s, deed.gate, "in" if deed.what == "in" else "out")


def _sensors(tenth: int, now_s: float, seen: Sequence[tuple[str, int, int]]) -> Iterator[Record]:
    if tenth % FRAME_TENTHS == 0:
        heads = [SHOP.layout.gate(gate) for gate, since, tenths in seen if since <= tenth < since + tenths]
        people = tuple(PersonSeen((*gate.position, 1.6), (), 0.9) for gate in heads if gate is not None)
        yield PeopleFrame(now_s, now_s - 0.1, "cam", people)
    if tenth % 10 == 0:
        yield WeightBatch(now_s, now_s - 1.0, "g1-s1", 12.0, np.full((4, 12), 1000.0))
        yield Tick(now_s, now_s)


def lived(deeds: Sequence[Deed], seen: Sequence[tuple[str, int, int]], leave: bool) -> tuple[Register, State]:
    register = Register()
    driver = Driver(SHOP, observers=[register])
    for record in day(deeds, seen, leave):
        driver.feed(record)
    driver.finish()
    return register, driver.state


@settings(max_examples=60, deadline=None)
@given(DEEDS, SEEN, st.booleans())
def test_every_visit_ends_once_and_in_one_way(deeds: list[Deed], seen: list[tuple[str, int, int]], leave: bool) -> None:
    register, state = lived(deeds, seen, leave)
    assert not state.door.visits, "after everybody has left, or was given up, nobody is inside"
    assert len(set(register.began)) == len(register.began)
    assert {visit: len(ends) for visit, ends in register.ends.items()} == dict.fromkeys(register.began, 1)
    assert max(register.keys.values(), default=1) == 1, "nothing is written twice"


def out_at_once(deeds: Sequence[Deed]) -> int:
    """How often somebody goes out before the cameras' next frame after somebody came in: both are one step then, and
    no observer sees them inside.
    """
    at, last_in, count = 0, -math.inf, 0
    for deed in deeds:
        at += deed.after
        last_in = at if deed.what == "in" else last_in
        count += deed.what == "out" and at - last_in <= FRAME_TENTHS
    return count


IN_AND_OUT_AT_ONCE = [
    Deed(4, "scan", "in-2", "ana"), Deed(1, "scan", "in", "ana"), Deed(0, "in", "in-2"), Deed(0, "out", "in"),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(DEEDS, SEEN, st.booleans())
@example(IN_AND_OUT_AT_ONCE, [], False)
def test_who_never_came_in_is_not_charged(deeds: list[Deed], seen: list[tuple[str, int, int]], leave: bool) -> None:
    register, _ = lived(deeds, seen, leave)
    unseen = {visit for visit, ends in register.ends.items() if ends != ["expired"]} - register.inside
    assert len(unseen) <= out_at_once(deeds)
    inside = register.inside | unseen
    for visit, ends in register.ends.items():
        assert (ends == ["expired"]) == (visit not in inside)
        assert (ends == ["staff-left"]) == (visit in inside & register.staff)
    assert set(register.charged) <= inside
    passages = sum(1 for d in deeds if d.what == "in")
    assert len(inside) <= passages
    assert not any(register.charged.values()), "no shelf moved"
