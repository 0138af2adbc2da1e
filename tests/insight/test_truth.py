"""What `tebura insight` says against what really happened in a simulated morning."""

from __future__ import annotations

import numpy as np

from simulator.insights import FACTS, against


def test_a_morning_is_told_as_it_was() -> None:
    found = against(7, seed=7)
    for name in FACTS:
        assert found.off(name) <= 0.03, f"{name}: told {found.told[name]}, true {found.true[name]}"
    assert found.true["picked_up"] > 10
    off_m = np.asarray(found.off_m)
    assert off_m.mean() < 0.10
    assert (off_m <= 0.15).mean() > 0.9
