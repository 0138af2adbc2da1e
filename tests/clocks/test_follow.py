"""A source's clock, by when its batches come: what is the network's, what is the clock's, and what nobody can tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clocks import SHELF, Clock, follow, follow_gate, told_of

BATCH_S, SAMPLE_S = 0.2, 1 / 60
DAY_S = 1_700_000_000.0


class Heard:
    """A shelf's batches from ``from_s`` on: its clock is ``off(at_s)`` ahead, the network takes ``way(at_s)``."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.errors: list[tuple[float, float]] = []
        """(true time, how wrong it was put); NaN: left out."""

    def hear(
        self, from_s: float, to_s: float, off: Callable[[float], float], way: Callable[[float], float]
    ) -> Heard:  # fmt: skip
        last_s = -math.inf
        for at_s in np.arange(from_s, to_s, BATCH_S):
            said_s = DAY_S + at_s + off(at_s)
            ends_s = said_s + BATCH_S
            last_s = max(last_s, DAY_S + at_s + BATCH_S - SAMPLE_S + way(at_s))
            moved_s = follow(self.clock, SHELF, last_s, said_s, ends_s - SAMPLE_S, ends_s)
            self.errors.append((float(at_s), float(said_s + moved_s - DAY_S - at_s)))
        return self

    def worst_s(self, from_s: float = 0.0, to_s: float = math.inf) -> float:
        """Of what was used."""
        used = [abs(e) for at_s, e in self.errors if from_s <= at_s < to_s and not math.isnan(e)]
        return max(used, default=0.0)

    def left_out(self, from_s: float = 0.0, to_s: float = math.inf) -> int:
        return sum(math.isnan(e) for at_s, e in self.errors if from_s <= at_s < to_s)


def quick(at_s: float) -> float:
    return 0.01 + 0.02 * (math.sin(at_s * 77.7) ** 2)


def wifi(at_s: float) -> float:
    """Mostly quick; every few seconds nothing for up to two seconds, in order."""
    return quick(at_s) + (max(0.0, 1.8 - (at_s % 7.0)) if at_s % 7.0 < 1.8 else 0.0)


@pytest.mark.parametrize("off_s", [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 60.0, -60.0, 18_000.0, -18_000.0, -DAY_S])
@pytest.mark.parametrize("way", [quick, wifi])
def test_a_steady_offset_is_found_and_taken_off(off_s: float, way: Callable[[float], float]) -> None:
    heard = Heard().hear(0.0, 120.0, lambda _: off_s, way)
    assert heard.worst_s(3.0) < 0.15
    assert heard.left_out(20.0) == 0
    told = told_of(heard.clock, "shelf g1-s1", "", DAY_S + 120)
    assert bool(told) == bool(off_s)
    if off_s:
        assert ("ahead of" if off_s > 0 else "behind") in told
        assert "NTP" in told


@pytest.mark.parametrize("way", [quick, wifi])
def test_bursts_and_backlogs_are_no_clock(way: Callable[[float], float]) -> None:
    def slow(at_s: float) -> float:
        return way(at_s) + (60.0 - at_s if 40.0 < at_s < 60.0 else 0.0)  # nothing for 20 s, then all of it

    heard = Heard().hear(0.0, 120.0, lambda _: 0.0, slow)
    assert heard.worst_s() == pytest.approx(0.0, abs=1e-6)
    assert heard.left_out(5.0) == 0
    assert told_of(heard.clock, "shelf g1-s1", "", DAY_S + 120) == ""


@pytest.mark.parametrize("step_s", [-18_000.0, -2.0, -0.5, 0.5, 2.0, 18_000.0])
def test_a_clock_that_is_set_is_left_out_until_it_is_known_again(step_s: float) -> None:
    heard = Heard().hear(0.0, 120.0, lambda at_s: step_s if at_s > 60.0 else 0.0, quick)
    assert heard.worst_s() < 0.15
    assert 0 < heard.left_out(60.0, 64.0) < 20
    assert heard.left_out(64.0) == 0
    heard.hear(120.0, 180.0, lambda _: 0.0, quick)
    assert heard.worst_s() < 0.15
    assert told_of(heard.clock, "shelf g1-s1", "", DAY_S + 180) == "", "it ends when it is mended"


@pytest.mark.parametrize("ppm", [50.0, -50.0, 500.0, -500.0, 3000.0, -3000.0])
def test_a_clock_that_drifts_is_followed(ppm: float) -> None:
    heard = Heard().hear(0.0, 1800.0, lambda at_s: at_s * ppm / 1e6, quick)
    assert heard.worst_s() < 0.35
    assert heard.left_out() == 0


@settings(max_examples=30, deadline=None, derandomize=True)
@given(amplitude_s=st.floats(0.3, 1.2), period_s=st.floats(240.0, 3600.0))
def test_a_clock_that_wanders_is_followed_or_doubted(amplitude_s: float, period_s: float) -> None:
    heard = Heard().hear(0.0, 900.0, lambda at_s: amplitude_s * math.sin(2 * math.pi * at_s / period_s), quick)
    fastest = amplitude_s * 2 * math.pi / period_s
    assert heard.worst_s(10.0) < 0.3 + 6 * fastest


def test_delays_that_stay_long_are_doubt() -> None:
    """For a minute nothing is quick: the network, most likely, but who knows."""
    noise = np.random.default_rng(1)
    heard = Heard().hear(0.0, 60.0, lambda _: 0.0, quick)
    heard.hear(60.0, 100.0, lambda _: 0.0, lambda at_s: 0.6 + float(noise.uniform(0.0, 0.8)))
    assert heard.clock.haze_s > 1 / 3
    assert "in doubt" in told_of(heard.clock, "shelf g1-s1", "", DAY_S + 100)
    heard.hear(100.0, 130.0, lambda _: 0.0, quick)
    assert heard.clock.haze_s == 0.0


def test_what_staff_read_of_delays_that_vary_changes_seldom() -> None:
    """A slow PC: everything comes ever later, by tenths of a second at a time. The status is no gauge."""
    noise = np.random.default_rng(3)
    heard, told = Heard().hear(0.0, 60.0, lambda _: 0.0, quick), [""]
    for from_s in np.arange(60.0, 160.0, 1.0):
        heard.hear(from_s, from_s + 1.0, lambda _: 0.0, lambda at_s: 0.12 * (at_s - 60) + float(noise.uniform(0, 1.5)))
        told.append(told_of(heard.clock, "shelf g1-s1", told[-1], DAY_S + from_s))
    assert any("in doubt" in text for text in told)
    assert sum(a != b for a, b in pairwise(told)) < 20


def test_one_message_of_another_time_changes_nothing() -> None:
    heard = Heard().hear(0.0, 60.0, lambda _: 0.0, quick)
    for at_s in (60.0, -3000.0, 1e6):
        assert math.isnan(
            follow(heard.clock, SHELF, DAY_S + 60.0, DAY_S + at_s + 9, DAY_S + at_s + 9, DAY_S + at_s + 9)
        )
    assert told_of(heard.clock, "shelf g1-s1", "", DAY_S + 60.0) == ""
    heard.hear(60.2, 70.0, lambda _: 0.0, quick)
    assert heard.left_out() == 0
    assert heard.worst_s() == pytest.approx(0.0, abs=1e-6)


def gate(*said: tuple[float, float]) -> tuple[Clock, list[tuple[float, bool]]]:
    """A gate's messages as (received, measured)."""
    clock = Clock()
    return clock, [follow_gate(clock, DAY_S + received_s, DAY_S + at_s) for received_s, at_s in said]


@pytest.mark.parametrize("off_s", [10.0, -10.0, 3.0, -3.0, 18_000.0, -18_000.0])
def test_a_gate_that_is_steadily_off_is_corrected_and_doubted_before(off_s: float) -> None:
    clock, answers = gate(*((100.0 * i + 0.03, 100.0 * i + off_s) for i in range(1, 7)))
    for i, (at_s, doubtful) in enumerate(answers, 1):
        wrong = not math.isnan(at_s) and abs(at_s - DAY_S - 100.0 * i) > 0.2
        assert doubtful or not wrong, "what is wrong is doubtful"
        assert i < 3 or not wrong
    assert "corrected" in told_of(clock, "gate exit", "", DAY_S + 700)


def test_a_gate_whose_words_wait_is_right_by_its_own_time() -> None:
    clock, answers = gate((10.0, 9.98), (50.0, 44.0), (50.1, 46.5), (50.2, 49.0), (90.0, 89.98))
    assert [at_s - DAY_S for at_s, _ in answers] == pytest.approx([9.98, 44.0, 46.5, 49.0, 89.98])
    assert [doubtful for _, doubtful in answers] == [False, True, True, True, False]
    assert clock.offset_s == 0.0
