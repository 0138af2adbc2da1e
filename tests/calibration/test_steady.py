"""Stretches that stand still, whatever the unit and the rate, and an error that can be believed."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.shelf.diagnosis import diagnose, hum_of
from calibration.steady import Watch
from edge.records import WeightBatch
from simulator.forces import Step, loads


def heard(said: np.ndarray, hz: float, batch: int, from_s: float = 0.0) -> list[WeightBatch]:
    starts = range(0, said.shape[1], batch)
    return [WeightBatch(0.0, from_s + i / hz, "s", hz, said[:, i : i + batch]) for i in starts]


@pytest.mark.parametrize(("hz", "batch", "noise"), [(60.0, 12, 2.0), (10.0, 5, 0.4), (10.0, 1, 1.0), (400.0, 80, 6.0)])
@pytest.mark.parametrize("unit", [1.0, -350.0, 2e-6])
def test_a_step_is_measured_within_its_own_error(hz: float, batch: int, noise: float, unit: float) -> None:
    """100 steps of 500 g: the errors that are claimed are the errors that are made."""
    rng = np.random.default_rng(3)
    at_s = np.arange(int(30 * hz)) / hz
    step = Step(20.0, np.full(100, 500.0), 0.3)
    load = loads([step], np.zeros(100), at_s) + rng.normal(0.0, noise, (100, at_s.size))
    watch = Watch(100)
    for one in heard(load * unit + 7.0, hz, batch):
        watch.hear(one)
        if one.at_s < 10.0 <= one.at_s + batch / hz:
            watch.learn(0.0)
    before, after = watch.levels(12.0, 20.0), watch.levels(float(watch.since_s.max()) + 0.3)
    assert watch.still.all()
    assert (watch.steps == 1).all()
    off = np.array([(b.mean - a.mean) / unit - 500.08 for a, b in zip(before, after, strict=True)])
    claimed = np.array([np.hypot(a.error, b.error) / abs(unit) for a, b in zip(before, after, strict=True)])
    assert np.sqrt(np.mean((off / claimed) ** 2)) == pytest.approx(1.0, abs=0.4)


def test_a_hum_makes_the_error_smaller_and_not_the_level_wrong() -> None:
    hz, at_s = 60.0, np.arange(1500) / 60.0
    rng = np.random.default_rng(1)
    swings = 20.0 * np.sin(2 * np.pi * 12.4 * at_s + rng.uniform(0, 6, (40, 1)))
    watch = Watch(40)
    for one in heard(swings + rng.normal(0.0, 1.0, (40, 1500)), hz, 12):
        watch.hear(one)
        if one.at_s < 10.0 <= one.at_s + 0.2:
            watch.learn(0.0)
    assert watch.still.all()
    levels = watch.levels(12.0, 22.0)
    assert max(abs(level.mean) for level in levels) < 0.6
    assert max(level.error for level in levels) < 0.6, "white noise of that size would leave 1.4 / 10"


@pytest.mark.parametrize(
    ("line_hz", "told"), [(50.0, "the mains (50 Hz), seen at 10.0 Hz"), (24.6, "24.6 Hz, a machine")]
)
def test_what_hums_is_named(line_hz: float, told: str) -> None:
    at_s = np.arange(600) / 60.0
    rng = np.random.default_rng(1)
    said = np.stack([25.0 * np.sin(2 * np.pi * line_hz * at_s), np.zeros(600)]) + rng.normal(0.0, 1.5, (2, 600))
    found = diagnose(heard(said, 60.0, 12)).channels
    assert found[0].hum == pytest.approx(25.0, rel=0.1)
    assert told in hum_of(found[0].hum_hz, 60.0)
    assert found[1].hum == 0.0


def test_a_hole_in_time_ends_every_stretch() -> None:
    rng = np.random.default_rng(1)
    said = rng.normal(0.0, 1.0, (3, 1200))
    watch = Watch(3)
    for one in heard(said, 60.0, 12):
        watch.hear(one)
    watch.learn(0.0)
    for one in heard(said, 60.0, 12, from_s=20.4):  # two batches lost
        watch.hear(one)
    assert watch.gaps == 0
    watch.hear(heard(said, 60.0, 12, from_s=44.0)[0])
    assert watch.gaps == 1
    assert not watch.still.any()
