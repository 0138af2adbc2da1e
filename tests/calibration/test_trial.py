"""Fifty shelves with random faults and fifty without, each walked from hands off to the verdict."""

from __future__ import annotations

import pytest

from simulator.rig.trial import Walked, pair

SHELVES = 50


def told(walked: Walked) -> str:
    findings = [str(f) for f in walked.verdict.findings] if walked.verdict else ["the walk never ended"]
    return f"{walked.name}, in truth {walked.truth}: {findings}"


@pytest.mark.parametrize("number", range(SHELVES))
def test_every_fault_is_found_and_none_invented(number: int) -> None:
    bad, good = pair(number)
    assert not bad.missed, told(bad)
    assert not bad.invented, told(bad)
    assert bad.ordered, told(bad)
    refused = {"order", "reversed", "slow", "clock"} < {*bad.truth, "order", "reversed", "slow", "clock"}
    assert (bad.verdict is not None and bad.verdict.accepted) is not refused, told(bad)
    assert not good.found, told(good)
    assert good.ordered, told(good)
    assert len(good.span) == good.hardware.plates, told(good)
    for walked in (bad, good):
        worst = max(map(abs, walked.span.values()), default=0.0)
        assert worst <= 1e-3, f"{worst:.3%}: {told(walked)}"
