"""A shop that does without what people look like from now on: nothing of it is left, whatever goes on inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from edge.appearance import Gauges
from edge.driver import Driver
from edge.runtime.changeover import change_over
from edge.state import State, freeze, thaw
from edge.store import read_store
from edge.wire import open_recording
from simulator.looks import SIZE
from tests.core.mornings import SHOP

POLICY = b"[policy]\n"
TOLD = SHOP.sources["store.toml"]
WITHOUT = read_store({**SHOP.sources, "store.toml": TOLD.replace(POLICY, POLICY + b"appearance = false\n")})


def plain(state: State) -> Any:
    """The state with a mark for every array that is not a shelf's."""
    told = msgspec.to_builtins(state, enc_hook=lambda array: f"{array.shape}")
    return {key: value for key, value in told.items() if key != "shelves"}


def arrays(told: Any) -> int:
    """How many vectors a state holds."""
    if isinstance(told, dict | list | tuple):
        return sum(arrays(below) for below in (told.values() if isinstance(told, dict) else told))
    return int(told == f"({SIZE},)")


def test_nothing_is_left_of_it_at_any_moment(busy_morning: Path) -> None:
    assert SHOP.policy.appearance
    assert not WITHOUT.policy.appearance
    driver, held, crowds, stories = Driver(SHOP), 0, 0, 0
    for n, heard in enumerate(open_recording(busy_morning)):
        driver.hear(heard)
        if n % (50 if driver.state.floor.crowds else 150):
            continue
        state = thaw(freeze(driver.state))
        held = max(held, arrays(plain(state)))
        crowds += any(any(crowd.looks) for crowd in state.floor.crowds)
        stories += any(known.looks for c in state.belief.clusters for h in c.hypotheses for known in h.known.values())
        change_over(state, WITHOUT)
        assert arrays(plain(state)) == 0, f"after {n} messages"
        assert state.floor.gauges == Gauges()
    assert held > 10
    assert crowds > 3
    assert stories > 20
