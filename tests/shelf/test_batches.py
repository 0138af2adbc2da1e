"""However a shelf's samples are cut into batches, the shop hears the same picks, and in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import ShelfEvent, WeightBatch
from edge.shelf import open_shelf, sense
from edge.shelf.plates import PAST_BLOCKS, grid_of
from tests.shelf.signals import HZ, LIGHTEST_G, START_S, Signal

LASTS_S = 5.0
"""The wire's limit."""


def picks_of(signal: Signal, lasts_s: Sequence[float]) -> list[ShelfEvent]:
    """What is told when batches last so long, in turn."""
    state, told, first, turn = open_shelf("s1", len(signal.mass_g), LIGHTEST_G), [], 0, 0
    while first < len(signal.times):
        size = max(1, round(lasts_s[turn % len(lasts_s)] * HZ))
        piece = signal.mass_g[:, first : first + size]
        at_s = START_S + first / HZ
        told += sense(state, WeightBatch(at_s + size / HZ, at_s, "s1", HZ, piece))
        first, turn = first + size, turn + 1
    return [e for e in told if isinstance(e, ShelfEvent)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    lasts_s=st.lists(st.floats(1 / HZ, LASTS_S), min_size=1, max_size=6),
    picks=st.lists(st.tuples(st.integers(1, 6), st.floats(35.0, 900.0)), min_size=1, max_size=12),
    seed=st.integers(0, 10_000),
)
def test_however_a_minute_is_cut_the_same_picks_are_heard(
    lasts_s: list[float], picks: list[tuple[int, float]], seed: int
) -> None:
    signal = Signal(6, 60, seed=seed)
    for i, (plate, mass_g) in enumerate(picks):
        signal.hand(4.3 + 4.5 * i, [plate]).step(4.6 + 4.5 * i, {plate: -mass_g})
    short, cut = picks_of(signal, [0.2]), picks_of(signal, lasts_s)
    assert [e.plates for e in short] == [(plate,) for plate, _ in picks]
    assert [e.plates for e in cut] == [e.plates for e in short]
    assert len({e.id for e in cut}) == len(cut), "no step is told twice"
    for one, other in zip(cut, short, strict=True):
        np.testing.assert_allclose(one.change_g, other.change_g, atol=4.0)
        assert one.step_s == pytest.approx(other.step_s, abs=0.25)


def test_a_pause_inside_a_day_of_long_batches_is_not_filled() -> None:
    signal = Signal(6, 30).step(14.0, {2: -140.0})
    state, told = open_shelf("s1", 6, LIGHTEST_G), []
    for first in range(0, 1800, 240):  # 4 s each; the one with the pick never comes
        if first != 720:
            at_s = START_S + first / HZ
            told += sense(state, WeightBatch(at_s + 4, at_s, "s1", HZ, signal.mass_g[:, first : first + 240]))
    (event,) = [e for e in told if isinstance(e, ShelfEvent)]
    assert event.blind
    assert event.began_s <= START_S + 12.1
    assert event.ended_s >= START_S + 16.0


def test_a_batch_that_overlaps_what_is_known_brings_only_what_is_new() -> None:
    signal = Signal(6, 12).step(6.0, {3: -212.0})
    state, told = open_shelf("s1", 6, LIGHTEST_G), []
    for first in range(0, 720, 30):  # half a second each, of which the first tenth was said before
        begin = max(0, first - 6)
        at_s = START_S + begin / HZ
        told += sense(state, WeightBatch(at_s + 0.6, at_s, "s1", HZ, signal.mass_g[:, begin : first + 30]))
    (event,) = [e for e in told if isinstance(e, ShelfEvent)]
    assert event.change_g[2] == pytest.approx(-212.0, abs=2.5)
    assert not event.blind
    assert state.late == 0


@pytest.mark.parametrize(("hz", "samples"), [(0.2, 1), (1.0, 5), (60.0, 300), (10_000.0, 50_000), (977.7, 4888)])
def test_memory_is_bounded_whatever_the_wire_allows(hz: float, samples: int) -> None:
    grid_of.cache_clear()
    state, noise = open_shelf("s1", 2, LIGHTEST_G), np.random.default_rng(1)
    mass_g = 500.0 + noise.normal(0.0, 1.0, (2, samples))
    tracemalloc.start()
    for i in range(4):
        at_s = START_S + i * samples / hz
        sense(state, WeightBatch(at_s, at_s, "s1", hz, mass_g))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16e6
    assert max(grid_of(n, hz).count for n in (1, int(hz / 2) or 1)) < PAST_BLOCKS / 8


def test_memory_is_bounded_over_many_kinds_of_batches() -> None:
    grid_of.cache_clear()
    state, noise = open_shelf("s1", 1, LIGHTEST_G), np.random.default_rng(1)
    at_s = START_S
    tracemalloc.start()
    for _ in range(400):
        hz = float(noise.uniform(2000.0, 10_000.0))
        samples = int(noise.integers(1, int(hz)))
        sense(state, WeightBatch(at_s, at_s, "s1", hz, 500.0 + noise.normal(0.0, 1.0, (1, samples))))
        at_s += samples / hz
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64e6


@pytest.mark.parametrize("rates", [(60.0, 10.0), (10.0, 60.0), (1.0, 100.0)])
def test_a_controller_that_changes_its_rate_makes_no_event(rates: tuple[float, float]) -> None:
    """Blocks of one sample scatter more than blocks of six."""
    state, noise, told, at_s = open_shelf("s1", 4, LIGHTEST_G), np.random.default_rng(3), [], START_S
    for turn in range(120):
        hz = rates[turn // 30 % 2]
        samples = max(2, round(0.2 * hz))
        mass_g = 700.0 + noise.normal(0.0, 0.5, (4, samples))
        told += sense(state, WeightBatch(at_s, at_s, "s1", hz, mass_g))
        at_s += samples / hz
    assert [e for e in told if isinstance(e, ShelfEvent)] == []
    assert sum(e.began_s > START_S + 12.0 for e in told) <= 2


def test_a_batch_in_which_nothing_could_be_read_makes_plates_blind_and_no_event() -> None:
    state, told = open_shelf("s1", 3, LIGHTEST_G), []
    signal = Signal(3, 30)
    for i, batch in enumerate(signal.batches()):
        lost = 40 <= i < 80
        told += sense(state, WeightBatch(0.0, batch.at_s, "s1", HZ, np.full((3, 12), np.nan) if lost else batch.mass_g))
        if 50 <= i < 80:
            assert state.blind == (1, 2, 3)
    assert told == [] or not [e for e in told if isinstance(e, ShelfEvent)]
    assert state.blind == ()


def test_one_missing_sample_in_every_batch_blinds_nobody() -> None:
    signal = Signal(4, 20).step(9.0, {2: -180.0})
    signal.mass_g[:, ::10] = np.nan
    state, told = open_shelf("s1", 4, LIGHTEST_G), []
    for batch in signal.batches():
        told += sense(state, batch)
        assert state.blind == ()
    (event,) = [e for e in told if isinstance(e, ShelfEvent)]
    assert event.change_g[1] == pytest.approx(-180.0, abs=3.0)
