"""Every source's message is put in the runtime's time, or left out; what is wrong with a clock is told.

One place for shelves, cameras and gates: who reached where is judged to a fraction of a second, and each of them has a
clock of its own. What cannot be put in time is counted like what came too late, or refused where it claims to come from
the future.
"""

from __future__ import annotations

import math

from msgspec.structs import replace

from edge.clocks import (
    CAMERA,
    HEALTH,
    LOOK_EVERY_S,
    SHELF,
    Clock,
    Limits,
    correct,
    correct_gate,
    follow,
    follow_gate,
    knows_better,
    share,
    told_of,
    told_of_all,
)
from edge.records import CredentialScan, Effect, GatePassage, GateScan, PeopleFrame, SourceTrouble, WeightBatch
from edge.runtime.health import tell
from edge.state import State, refuse
from edge.store import Store

FUTURE_S = 5.0
"""What claims to be measured so long after it was received is refused; nearer, it is left out as what is late is."""
PC = "clock/pc"
HEALTH_OF = "/health"
"""What a camera's node says of its own clock is followed apart from its frames, which take time to look at."""


def shelf_in_time(state: State, store: Store, batch: WeightBatch, effects: list[Effect]) -> WeightBatch | None:
    """The batch in the runtime's time; None where that is not known."""
    last_s = batch.at_s + (batch.mass_g.shape[1] - 1) / batch.hz
    name = f"shelf/{batch.shelf}"
    offset_s = _offset(state, store, name, batch.received_s, (batch.at_s, last_s, last_s + 1 / batch.hz), effects)
    if math.isnan(offset_s):
        state.shelves[batch.shelf].late += 1
        _count(state, last_s - batch.received_s)
        return None
    return replace(batch, at_s=batch.at_s + offset_s) if offset_s else batch


def haze_of(state: State, shelf: str) -> float:
    """By how much a shelf's times may be wrong at present, seconds."""
    return state.clocks[f"shelf/{shelf}"].haze_s


def frame_in_time(state: State, store: Store, frame: PeopleFrame, effects: list[Effect]) -> PeopleFrame | None:
    """The frame in the runtime's time; None where that is not known."""
    name = f"camera/{frame.camera}"
    offset_s = _offset(state, store, name, frame.received_s, (frame.at_s, frame.at_s, frame.at_s), effects)
    if math.isnan(offset_s):
        state.floor.late += 1
        _count(state, frame.at_s - frame.received_s)
        return None
    by_health = state.clocks.get(_health_of(name))
    if by_health is not None and knows_better(by_health, state.clocks[name]):  # without the time that looking takes
        offset_s = by_health.offset_s + state.shared.moved_s
    return replace(frame, at_s=frame.at_s + offset_s) if offset_s else frame


def node_spoke(state: State, store: Store, record: SourceTrouble, effects: list[Effect]) -> None:
    """A camera's node has said what its clock says."""
    if not math.isnan(record.clock_s):
        at_s = record.clock_s
        _offset(state, store, _health_of(record.source), record.received_s, (at_s, at_s, at_s), effects)


def gate_in_time(
    state: State, store: Store, record: GateScan | CredentialScan | GatePassage, effects: list[Effect]
) -> tuple[float, bool]:
    """When a gate said something, by the runtime's clock, and whether that is in doubt; NaN: nobody knows."""
    name = f"gate/{record.gate}"
    clock = state.clocks.setdefault(name, Clock())
    at_s, doubtful = follow_gate(clock, record.received_s - state.shared.delay_s, record.at_s)
    at_s = min(at_s + state.shared.moved_s, record.received_s)
    if math.isnan(at_s):
        ahead = record.at_s > record.received_s
        refuse(state, "from the future" if ahead else "gate message too late")
    _tell(state, store, name, clock, effects)
    return at_s, doubtful


def _offset(
    state: State, store: Store, name: str, received_s: float, times_s: tuple[float, float, float],
    effects: list[Effect],
) -> float:  # fmt: skip
    if not 0.0 <= received_s - state.shared.looked_s < LOOK_EVERY_S:
        _look(state, store, received_s, effects)
    clock = state.clocks.get(name)
    if clock is None:
        clock = state.clocks[name] = Clock()
    offset_s = follow(clock, _limits(name), received_s, *times_s, state.shared.delay_s)
    if offset_s or clock.haze_s or f"clock/{name}" in state.troubles:
        _tell(state, store, name, clock, effects)
    return offset_s + state.shared.moved_s


def _look(state: State, store: Store, at_s: float, effects: list[Effect]) -> None:
    """What all clocks have in common is this PC's."""
    before_s = state.shared.delay_s
    shelves = [c for name, c in state.clocks.items() if name.startswith("shelf/")]
    cameras = {name: c for name, c in state.clocks.items() if name.startswith("camera/")}
    nodes = [c for name, c in cameras.items() if name.endswith(HEALTH_OF)]
    frames = [c for name, c in cameras.items() if not name.endswith(HEALTH_OF)]
    share(state.shared, shelves, frames, nodes, at_s)
    if state.shared.delay_s != before_s:  # of all at once: whoever went by the old one would stand in another time
        for name, clock in state.clocks.items():
            if name.startswith("gate/"):
                correct_gate(clock, state.shared.delay_s - before_s)
            else:
                correct(clock, _limits(name), state.shared.delay_s)
            _tell(state, store, name, clock, effects)
    if state.shared.delay_s or PC in state.troubles:
        tell(state, store, PC, told_of_all(state.shared, state.troubles.get(PC, "")), effects)


def _limits(name: str) -> Limits:
    if name.startswith("shelf/"):
        return SHELF
    return HEALTH if name.endswith(HEALTH_OF) else CAMERA


def _tell(state: State, store: Store, name: str, clock: Clock, effects: list[Effect]) -> None:
    kind, of = name.removesuffix(HEALTH_OF).split("/", 1)
    source = f"clock/{name}"
    tell(
        state,
        store,
        source,
        told_of(clock, f"{kind} {of}", state.troubles.get(source, ""), state.now_s),
        effects,
    )


def _count(state: State, ahead_s: float) -> None:
    if ahead_s > FUTURE_S:
        refuse(state, "from the future")


def _health_of(camera: str) -> str:
    return camera + HEALTH_OF
