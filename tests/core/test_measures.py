"""What measures the runtime is measured too: the reliability table, its fit, and shops under one roof."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from edge.attribution.certainty import SHARPNESS, calibrated
from edge.driver import Driver
from edge.floor import positions
from edge.store.policy import MOST_SURE
from edge.wire import open_recording
from simulator.reliability import Line, expected_error, fit_certainty, odds_of, wilson
from simulator.roof import named, roof, under_one_roof, width_of
from tests.core.mornings import SHOP


def test_wilsons_interval_is_the_textbooks() -> None:
    assert wilson(90, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert wilson(10, 10)[1] == pytest.approx(1.0)
    assert wilson(10, 10)[0] == pytest.approx(0.7225, abs=1e-4)


def test_lines_that_keep_their_word_have_no_calibration_error() -> None:
    lines = [Line(0.75)] * 3 + [Line(0.75, "another's")]
    assert expected_error(lines) == pytest.approx(0.0)
    assert expected_error([Line(0.9, "nobody's")] * 5) == pytest.approx(0.9)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.7, 0.9])
def test_the_present_map_is_inverted(p: float) -> None:
    assert odds_of(calibrated(p)) == pytest.approx(math.log(p / (1 - p)))


def test_the_fit_finds_how_overconfident_the_stories_are() -> None:
    """Stories that claim log-odds of x and are right with half of that: half is what the fit chooses."""
    rng = np.random.default_rng(1)
    claimed = rng.uniform(-2.0, 4.0, 6000)
    said = [calibrated(1 / (1 + math.exp(-x))) for x in claimed]
    right = rng.random(6000) < 1 / (1 + np.exp(-0.5 * claimed))
    lines = [Line(c, "" if ok else "too many") for c, ok in zip(said, right, strict=True) if c < MOST_SURE]
    sharpness, _ = fit_certainty(lines)
    assert sharpness == pytest.approx(0.5, abs=0.08)
    assert 0.0 < SHARPNESS <= 2.0


def test_three_shops_under_one_roof_are_three_times_as_many_people(busy_morning: Path) -> None:
    messages = list(open_recording(busy_morning))
    large = roof(SHOP, 3, inhabited=True)
    assert len(large.layout.shelves) == 3 * len(SHOP.layout.shelves)
    seen = {}
    for name, store, copies in (("one", SHOP, 1), ("three", large, 3)):
        driver = Driver(store)
        for heard in under_one_roof(messages, messages, copies, width_of(SHOP), later_s=0.0):
            if heard.received_s > messages[0].received_s + 30.0:
                break
            driver.hear(heard)
        assert driver.state.refused == {}
        seen[name] = len(positions(driver.state.floor)), len(driver.state.door.visits)
    assert seen["three"] == (3 * seen["one"][0], 3 * seen["one"][1])
    assert large.layout.gate(named("entry", 2)) is not None
