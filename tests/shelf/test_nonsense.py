"""Cells and controllers that say nonsense: single samples, one number for ever, another zero after a power cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.records import Restarted, ShelfEvent, WeightBatch
from edge.shelf import ShelfState, open_shelf, sense
from tests.shelf.signals import START_S, Signal


@dataclass
class Scale:
    """So many minutes of a scale, told in batches of ``batch`` samples; what it told and how it is at the end."""

    mass_g: NDArray[np.float64]
    hz: float
    batch: int
    digit_g: float = 0.1

    def heard(self, without: tuple[float, float] = (0.0, 0.0)) -> tuple[list[ShelfEvent], list[Restarted], ShelfState]:
        state = open_shelf("s1", len(self.mass_g), 60.0)
        events, restarts = [], []
        read_g = np.round(self.mass_g / self.digit_g) * self.digit_g
        for first in range(0, read_g.shape[1] - self.batch + 1, self.batch):
            at_s = first / self.hz
            if without[0] <= at_s < without[1]:
                continue
            piece = read_g[:, first : first + self.batch]
            for told in sense(state, WeightBatch(0.0, START_S + at_s, "s1", self.hz, piece)):
                events += [told] if isinstance(told, ShelfEvent) else []
                restarts += [told] if isinstance(told, Restarted) else []
        return events, restarts, state


def resting(hz: float, minutes: float, noise_g: float, plates: int = 4, seed: int = 1) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed)
    loads = np.array([171.0, 900.0, 2500.0, 640.0, 330.0, 1200.0])[:plates, None]
    return np.asarray(loads + noise.normal(0.0, noise_g, (plates, round(hz * 60 * minutes))))


@pytest.mark.parametrize(("hz", "batch"), [(10.0, 1), (10.0, 5), (60.0, 12), (1.0, 1), (5.0, 2)])
@pytest.mark.parametrize("every", [15, 200, 997])
@pytest.mark.parametrize("nonsense_g", [-143.4, 8388607.0, 0.0])
def test_a_lone_nonsense_sample_invents_nothing(hz: float, batch: int, every: int, nonsense_g: float) -> None:
    mass_g = resting(hz, 10, 0.5)
    mass_g[0, every::every] = nonsense_g
    events, _, state = Scale(mass_g, hz, batch).heard()
    assert events == []
    assert state.level_g[0] == pytest.approx(171.0, abs=1.0)
    assert state.blind == ()


@pytest.mark.parametrize(("hz", "batch"), [(10.0, 1), (10.0, 5), (60.0, 12)])
@pytest.mark.parametrize("share", [0.001, 0.005])
def test_a_pick_among_nonsense_is_weighed_right_and_the_plate_is_named(hz: float, batch: int, share: float) -> None:
    for seed in range(4):
        mass_g = resting(hz, 10, 0.5, seed=seed)
        chance = np.random.default_rng(seed)
        mass_g[1, round(hz * 300) :] -= 110.0
        mass_g[1, chance.random(mass_g.shape[1]) < share] = -143.4
        events, _, state = Scale(mass_g, hz, batch).heard()
        assert [e.plates for e in events] == [(2,)]
        assert events[0].change_g[1] == pytest.approx(-110.0, abs=3.0)
        assert events[0].step_s == pytest.approx(START_S + 300.0, abs=0.3)
        if share * hz > 0.03:
            assert state.spitting == (2,)


def test_a_plate_that_spits_no_more_is_forgiven() -> None:
    mass_g = resting(10.0, 60, 0.5)
    mass_g[0, :6000:100] = -143.4
    assert Scale(mass_g[:, :6000], 10.0, 5).heard()[2].spitting == (1,)
    assert Scale(mass_g, 10.0, 5).heard()[2].spitting == ()


def test_hands_are_no_nonsense() -> None:
    """As quick a touch as there is is still a touch, and a cell that rings does not spit."""
    signal = Signal(6, 300)
    for i in range(60):
        signal.hand(3.0 + 4.5 * i, [1 + i % 6], force_g=300.0, for_s=0.12)
    for i in range(20):
        signal.step(5.0 + 13.5 * i, {2: -180.0 if i % 2 else 180.0}, ring_g=0.4)
    state = open_shelf("s1", 6, 30.0)
    told = [t for batch in signal.batches() for t in sense(state, batch)]
    assert sum(isinstance(t, ShelfEvent) for t in told) == 20
    assert len(told) - 20 >= 55
    assert state.spitting == ()


@pytest.mark.parametrize(("hz", "batch"), [(60.0, 12), (10.0, 5), (10.0, 1), (5.0, 2), (1.0, 1)])
@pytest.mark.parametrize("noise_g", [0.25, 1.5])
@pytest.mark.parametrize("says_g", [0.0, 8388607.0])
def test_a_cell_that_dies_is_blind_before_it_is_an_event(hz: float, batch: int, noise_g: float, says_g: float) -> None:
    mass_g = resting(hz, 6, noise_g)
    dies, returns = round(hz * 180.4), round(hz * 300)
    mass_g[2, returns:] -= 110.0
    mass_g[2, dies:returns] = says_g
    before, _, state = Scale(mass_g[:, :returns], hz, batch).heard()
    assert before == []
    assert state.blind == (3,)
    events, _, state = Scale(mass_g, hz, batch).heard()
    assert state.blind == ()
    assert [(e.plates, e.blind) for e in events] == [((3,), True)]
    assert events[0].change_g[2] == pytest.approx(-110.0, abs=4.0)


@pytest.mark.parametrize("hz", [1.0, 10.0])
def test_a_scale_that_rounds_may_say_one_number_for_long(hz: float) -> None:
    mass_g = resting(hz, 10, 0.3)
    mass_g[0, round(hz * 300) :] -= 110.0
    mass_g += np.array([0.5, 0.0, 0.3, 0.0])[:, None]  # at the edge between two numbers, then on one of them
    events, _, state = Scale(mass_g, hz, max(1, int(hz / 2)), digit_g=1.0).heard()
    assert state.blind == ()
    assert [e.plates for e in events] == [(1,)]
    assert events[0].settled_s < START_S + 300.0 + 12 / hz + 2


@pytest.mark.parametrize(("hz", "batch"), [(60.0, 12), (10.0, 5), (1.0, 1)])
def test_scales_that_tare_themselves_after_a_power_cut_are_no_pick(hz: float, batch: int) -> None:
    mass_g = resting(hz, 6, 0.5)
    back = round(hz * 200)
    mass_g[:, back:] -= np.array([171.0, 900.0, 2500.0, 640.0])[:, None]
    mass_g[3, round(hz * 260) :] -= 110.0  # and from then on it weighs again
    events, restarts, state = Scale(mass_g, hz, batch).heard(without=(190.0, 200.0))
    assert [(r.plates, r.filled) for r in restarts] == [((1, 2, 3, 4), False)]
    assert restarts[0].began_s <= START_S + 190.0
    assert [e.plates for e in events] == [(4,)]
    assert events[0].change_g[3] == pytest.approx(-110.0, abs=3.0)
    assert not state.stirred.any()


def test_one_scale_of_many_that_tares_itself_is_no_pick() -> None:
    mass_g = resting(10.0, 6, 0.5, plates=6)
    mass_g[4, 1900:2000] = np.nan
    mass_g[4, 2000:] -= 330.0
    events, restarts, _ = Scale(mass_g, 10.0, 5).heard()
    assert (events, [r.plates for r in restarts]) == ([], [(5,)])


def test_scales_that_come_back_elsewhere_have_started_anew() -> None:
    mass_g = resting(60.0, 4, 0.5, plates=6)
    mass_g[:, 60 * 100 :] += np.array([-300.0, 40.0, -77.0, 512.0, 0.0, -90.0])[:, None]
    events, restarts, _ = Scale(mass_g, 60.0, 12).heard(without=(95.0, 100.0))
    assert (events, [(r.plates, r.filled) for r in restarts]) == ([], [((1, 2, 3, 4, 6), False)])


def test_a_shelf_that_was_filled_while_nobody_listened_has_not_started_anew() -> None:
    mass_g = resting(60.0, 4, 0.5, plates=6)
    mass_g[:, 60 * 100 :] += np.array([300.0, 40.0, 77.0, 512.0, 0.0, 90.0])[:, None]
    events, restarts, state = Scale(mass_g, 60.0, 12).heard(without=(30.0, 150.0))
    assert (events, [(r.plates, r.filled) for r in restarts]) == ([], [((1, 2, 3, 4, 6), True)])
    assert state.level_g[0] == pytest.approx(471.0, abs=1.0)


def test_what_is_taken_while_a_shelf_says_nothing_is_still_an_event() -> None:
    mass_g = resting(60.0, 4, 0.5, plates=6)
    mass_g[1, 60 * 98 :] -= 110.0
    events, restarts, _ = Scale(mass_g, 60.0, 12).heard(without=(95.0, 100.0))
    assert restarts == []
    assert [(e.plates, e.blind) for e in events] == [((2,), True)]
