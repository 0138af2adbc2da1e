"""Whatever cameras say of where heads are and how far that may be off: everybody is followed, and nothing raises."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.driver import Driver
from edge.records import PeopleFrame, PersonSeen
from edge.state import freeze
from edge.store import read_store
from tests.corner import FILES, OPENS_S

SHOP = read_store(FILES)
ERRORS_M = st.sampled_from([None, 0.0, 0.05, 0.3, 1.0, 3.0, 10.0])
PAUSES_S = st.sampled_from([0.0, 0.05, 0.1, 0.1, 0.1, 0.3, 1.0, 2.0, 5.0, 30.0, 300.0])


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**31),
    people=st.integers(1, 5),
    apart_m=st.sampled_from([0.0, 0.1, 0.3, 1.0, 1e4]),
    frames=st.lists(st.tuples(PAUSES_S, ERRORS_M), min_size=20, max_size=60),
)
def test_any_errors_and_pauses_are_digested(
    seed: int, people: int, apart_m: float, frames: list[tuple[float, float | None]]
) -> None:
    chance, faults, at_s = random.Random(seed), list[Exception](), OPENS_S
    driver = Driver(SHOP, faulted=faults.append)
    for pause_s, error_m in frames:
        at_s += pause_s
        seen = [
            PersonSeen(
                (1.5 + chance.uniform(-apart_m, apart_m), 1.0 + chance.uniform(-apart_m, apart_m), 1.5 + 0.1 * n),
                (), 1.0, None, chance.choice([error_m, None, 0.05]),
            )
            for n in range(people)
            if chance.random() < 0.9
        ]  # fmt: skip
        driver.feed(PeopleFrame(at_s + 0.05, at_s, "cam", tuple(seen)))
        assert not faults
        for track in driver.state.floor.tracks.values():
            p, pv, v = track.variance
            assert min(p, v) > 0
            assert pv * pv <= p * v * (1 + 1e-9), "a variance is one in any direction"
    driver.finish()
    assert not faults
    assert len(freeze(driver.state)) < 500_000
