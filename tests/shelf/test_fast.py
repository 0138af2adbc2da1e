"""The longest batch of the fastest controller, while all of its plates are being touched: looked at in time."""

from __future__ import annotations

import time

import numpy as np

from edge.records import WeightBatch
from edge.shelf import open_shelf, sense

HZ, LASTS_S, PLATES = 10_000.0, 5, 8
MOST_CPU_S = 4.0
"""A quarter of a second is usual; it was fourteen seconds."""


def test_five_seconds_at_ten_kilohertz_are_sensed_in_less_than_they_last() -> None:
    noise, shelf = np.random.default_rng(1), open_shelf("g1-s1", PLATES, 10.0)
    samples = round(HZ * LASTS_S)
    quiet_g = 800.0 + noise.normal(0.0, 0.3, (PLATES, samples))
    sense(shelf, WeightBatch(1010.0, 1000.0, "g1-s1", HZ, quiet_g))
    stirred_g = 800.0 + noise.normal(0.0, 40.0, (PLATES, samples))
    began_s = time.process_time()
    sense(shelf, WeightBatch(1015.0, 1005.0, "g1-s1", HZ, stirred_g))
    assert time.process_time() - began_s < MOST_CPU_S
