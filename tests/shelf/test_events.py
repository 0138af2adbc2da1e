"""What plates tell, by the kinds of picks on which fixed windows fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.shelf import open_shelf, sense, still_stirring
from tests.shelf.signals import LIGHTEST_G, START_S, Signal, told


def total_g(event) -> float:  # type: ignore[no-untyped-def]
    return float(event.change_g.sum())


def test_a_pick_is_one_event_with_its_mass_and_moment() -> None:
    events, _ = told(Signal(6, 8).hand(3.6, [3]).step(4.0, {3: -212.0}))
    assert [e.plates for e in events] == [(3,)]
    assert total_g(events[0]) == pytest.approx(-212.0, abs=2.5)
    assert events[0].step_s == pytest.approx(START_S + 4.0, abs=0.25)
    assert events[0].began_s < events[0].step_s <= events[0].ended_s < events[0].settled_s


def test_a_load_on_two_plates_leaves_in_one_event() -> None:
    events, _ = told(Signal(6, 8).hand(3.7, [2, 3]).step(4.0, {2: -61.0, 3: -51.0}))
    assert [e.plates for e in events] == [(2, 3)]
    assert total_g(events[0]) == pytest.approx(-112.0, abs=3.0)


def test_the_grams_that_a_quiet_neighbour_carried_are_counted() -> None:
    sums = []
    for seed in range(12):
        events, _ = told(Signal(6, 10, noise_g=2.0, seed=seed).step(4.0, {3: -100.0, 4: -1.5}, ring_g=0.0))
        sums.append(total_g(events[0]))
    assert np.mean(sums) == pytest.approx(-101.5, abs=0.7)


def test_a_touch_is_no_event() -> None:
    events, touches = told(Signal(6, 8).hand(3.0, [2], force_g=300.0))
    assert events == []
    assert [t.plates for t in touches] == [(2,)]


def test_leaning_on_the_whole_shelf_is_no_event() -> None:
    events, touches = told(Signal(12, 10).hand(4.0, list(range(1, 13)), force_g=400.0, for_s=1.6))
    assert events == []
    assert touches


def test_a_pick_under_somebody_who_leans_is_measured_between_the_levels() -> None:
    signal = Signal(12, 10).hand(4.0, list(range(1, 13)), force_g=400.0, for_s=1.6).step(4.1, {5: -330.0})
    events, _ = told(signal)
    assert [e.plates for e in events] == [(5,)]
    assert total_g(events[0]) == pytest.approx(-330.0, abs=4.0)


def test_a_long_hesitation_over_the_plate_changes_nothing() -> None:
    signal = Signal(6, 16)
    for at_s in np.arange(3.0, 10.0, 0.35):
        signal.hand(float(at_s), [4], force_g=120.0)
    events, _ = told(signal.step(10.2, {4: -95.0}))
    assert len(events) == 1
    assert total_g(events[0]) == pytest.approx(-95.0, abs=3.0)


def test_two_picks_in_quick_succession_are_two_events() -> None:
    events, _ = told(Signal(6, 9).step(4.0, {2: -180.0}).step(5.3, {2: -180.0}))
    assert [round(total_g(e), -1) for e in events] == [-180.0, -180.0]


def test_two_people_at_two_ends_of_a_shelf_are_two_events() -> None:
    events, _ = told(Signal(12, 9).step(4.0, {2: -180.0}).step(4.1, {10: -90.0}))
    assert sorted(e.plates for e in events) == [(2,), (10,)]


def test_a_plate_that_goes_dead_is_reconciled_when_it_comes_back() -> None:
    signal = Signal(6, 20).gone(5.0, 12.0, [3]).step(8.0, {3: -250.0}, ring_g=0.0)
    shelf = open_shelf("s1", 6, LIGHTEST_G)
    blind_at, events = [], []
    for batch in signal.batches():
        events += sense(shelf, batch)
        if shelf.blind:
            blind_at.append((batch.at_s - START_S, shelf.blind))
    assert {plates for _, plates in blind_at} == {(3,)}
    assert 5.5 < blind_at[0][0] < 7.0
    assert shelf.blind == ()
    assert len(events) == 1
    assert events[0].blind  # type: ignore[union-attr]
    assert total_g(events[0]) == pytest.approx(-250.0, abs=3.0)
    assert events[0].began_s < START_S + 8.0 < events[0].ended_s


def test_a_stuck_plate_is_blind_and_reconciled() -> None:
    signal = Signal(6, 20).step(8.0, {2: -140.0}, ring_g=0.0).stuck(5.0, 12.0, 2)
    events, _ = told(signal)
    assert [e.blind for e in events] == [True]
    assert total_g(events[0]) == pytest.approx(-140.0, abs=3.0)


def test_a_pause_of_the_network_hides_nothing() -> None:
    signal = Signal(6, 20).step(8.0, {2: -140.0})
    shelf = open_shelf("s1", 6, LIGHTEST_G)
    events = []
    for batch in signal.batches():
        if not START_S + 6.0 < batch.at_s < START_S + 11.0:
            events += sense(shelf, batch)
    assert len(events) == 1
    assert total_g(events[0]) == pytest.approx(-140.0, abs=3.0)
    assert events[0].began_s < START_S + 8.0


@pytest.mark.parametrize("hand_s", [0.0, 0.1, 0.3])
def test_a_shelf_that_is_first_heard_while_a_hand_is_in_it_begins_at_its_first_calm(hand_s: float) -> None:
    signal = Signal(6, 14).hand(hand_s, [3], for_s=0.5).step(hand_s, {3: 410.0}).step(6.0, {3: -150.0})
    events, _ = told(signal)
    assert [round(total_g(e) / 5) * 5 for e in events] == [-150]


def test_a_plate_that_is_dead_from_the_start_begins_when_it_comes_to_life() -> None:
    events, _ = told(Signal(6, 14).gone(0.0, 5.0, [3]).step(9.0, {3: -150.0}))
    assert [round(total_g(e) / 5) * 5 for e in events] == [-150]


def test_late_and_doubled_batches_are_counted_and_change_nothing() -> None:
    batches = list(Signal(6, 10).step(4.0, {3: -212.0}).batches())
    clean, noisy = open_shelf("s1", 6, LIGHTEST_G), open_shelf("s1", 6, LIGHTEST_G)
    expected = [e for b in batches for e in sense(clean, b)]
    got = []
    for i, batch in enumerate(batches):
        got += sense(noisy, batch)
        got += sense(noisy, batch)
        if i > 3:
            got += sense(noisy, batches[i - 3])
    assert [(e.plates, total_g(e)) for e in got] == [(e.plates, total_g(e)) for e in expected]
    assert noisy.late == len(batches) + len(batches) - 4


def test_a_shelf_says_since_when_it_stirs() -> None:
    shelf = open_shelf("s1", 6, LIGHTEST_G)
    quiet = []
    for batch in Signal(6, 8).hand(4.0, [2]).batches():
        sense(shelf, batch)
        quiet.append((batch.at_s - START_S, still_stirring(shelf) == np.inf))
    assert all(q for t, q in quiet if t < 3.0)
    assert not all(q for t, q in quiet if 3.8 < t < 4.2)
    assert all(q for t, q in quiet if t > 6.5)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    picks=st.lists(st.tuples(st.integers(1, 6), st.floats(35.0, 900.0), st.booleans()), min_size=1, max_size=6),
    noise_g=st.floats(0.3, 4.0),
    seed=st.integers(0, 10_000),
)
def test_what_is_told_adds_up_to_what_moved(picks: list[tuple[int, float, bool]], noise_g: float, seed: int) -> None:
    signal = Signal(6, 4 + 3 * len(picks) + 2, noise_g, seed)
    moved = 0.0
    for i, (plate, mass_g, taken) in enumerate(picks):
        change_g = -mass_g if taken else mass_g
        moved += change_g
        signal.hand(3.7 + 3 * i, [plate]).step(4.0 + 3 * i, {plate: change_g})
    events, _ = told(signal)
    assert len(events) == len(picks)
    assert sum(total_g(e) for e in events) == pytest.approx(moved, abs=(1.5 + 1.2 * noise_g) * len(picks) ** 0.5)
