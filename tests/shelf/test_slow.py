"""Scales that speak seldom: one pick is one event, whatever the rate, and nothing is invented."""

from __future__ import annotations

import numpy as np
import pytest

from edge.records import ShelfEvent, WeightBatch
from edge.shelf import open_shelf, sense

PICKED_S = 60.3


def heard_of(hz: float, noise_g: float, digit_g: float, seed: int) -> tuple[list[ShelfEvent], float]:
    """Two minutes of a plate from which 110 g are taken; its events, and for which share of the time it was blind."""
    noise = np.random.default_rng(seed)
    state = open_shelf("slow", 2, 60.0)
    samples = max(1, int(hz / 2))
    events: list[ShelfEvent] = []
    blind = 0
    for batch in range(int(120 * hz / samples)):
        at_s = batch * samples / hz
        times = at_s + np.arange(samples) / hz
        load_g = np.vstack([np.where(times < PICKED_S, 1000.0, 890.0), np.full(samples, 600.0)])
        read_g = np.round((load_g + noise.normal(0, noise_g, load_g.shape)) / digit_g) * digit_g
        told = sense(state, WeightBatch(at_s + samples / hz, at_s, "slow", hz, read_g))
        events += [event for event in told if isinstance(event, ShelfEvent)]
        blind += bool(state.blind)
    return events, blind * samples / hz / 120


@pytest.mark.parametrize("hz", [1, 2, 5, 10, 20])
@pytest.mark.parametrize(("noise_g", "digit_g"), [(0.3, 0.1), (1.0, 0.1), (1.5, 0.1), (0.4, 1.0)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_pick_is_one_event(hz: float, noise_g: float, digit_g: float, seed: int) -> None:
    events, blind_share = heard_of(hz, noise_g, digit_g, seed)
    assert blind_share == 0.0
    assert [event.plates for event in events] == [(1,)]
    assert events[0].change_g[0] == pytest.approx(-110.0, abs=4.0)
