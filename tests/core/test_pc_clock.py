"""The PC's own clock is off, or it is too busy to listen: all sources are late by the same time, and none is blamed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.wire import Heard, encode_tick, open_recording
from tests.core.mornings import SHOP, entries_of, story_of

MORNING = """\
shop demo
seed 6

09:00:00  5 s pass
09:00:05  ana enters
09:00:14  ben enters
09:00:20  ana takes 1 nuts-mix from g2-s3:7
09:00:24  ben takes 2 onigiri-salmon
09:00:30  ana takes 1 chips-salt from g2-s2:2
{fault}
09:00:48  ben leaves
09:00:55  ana leaves
09:01:00  20 s pass
"""

SENSED = ("shelf/", "camera/", "gate/")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story_of(MORNING.format(fault=""), tmp_path_factory.mktemp("morning") / "morning.mcap")


def heard(recording: Path, late_s: Callable[[float], float]) -> tuple[dict[str, Any], list[str], Driver]:
    """Who paid for what, and every trouble that there was, of a morning in which all comes late."""
    book, troubles = Book(), []
    driver = Driver(SHOP, book=book, provider=LocalProvider())
    first_s, last_s, ticked_s = 0.0, -math.inf, -math.inf
    for message in open_recording(recording):
        if not message.topic.startswith(SENSED):
            continue
        first_s = first_s or message.received_s
        last_s = max(last_s, message.received_s + late_s(message.received_s - first_s))
        if last_s >= ticked_s + 1.0:
            ticked_s = last_s
            driver.hear(Heard("shop/clock/tick", encode_tick(last_s), last_s))
        driver.hear(replace(message, received_s=last_s))
        troubles += [t for s, t in driver.state.troubles.items() if s.startswith("clock") and t not in troubles]
    driver.finish()
    paid = {}
    for entry in entries_of(book, "settlement"):
        lines: Any = entry.body["lines"]
        paid[entry.visit] = {line["sku"]: line["quantity"] for line in lines}
    book.close()
    return paid, troubles, driver


@pytest.mark.parametrize("late_s", [0.25, 1.2, 3600.0, -0.8, -3600.0])
def test_a_pc_whose_clock_is_off_charges_what_it_would_have_charged(recorded: Path, late_s: float) -> None:
    paid, troubles, driver = heard(recorded, lambda _: late_s)
    assert sorted(map(sorted, paid.values())) == [["chips-salt", "nuts-mix"], ["onigiri-salmon"]]
    assert not [t for t in driver.state.troubles if t != "clock/pc"], "no sensor is blamed"
    assert ("clock/pc" in driver.state.troubles) == (abs(late_s) > 0.3)
    if late_s > 0.3:
        assert any("this PC's clock is ahead, or it is too busy" in t for t in troubles)
    if late_s < -0.3:
        assert any("this PC's clock is behind" in t for t in troubles)


def test_a_busy_pc_is_told_and_forgotten_when_it_has_time_again(recorded: Path) -> None:
    """For half a minute everything comes up to a second late, by what else runs there."""

    def busy(at_s: float) -> float:
        return min(1.0, 0.2 * max(0.0, at_s - 3.0)) + 0.1 * (at_s % 1.0) if at_s < 33.0 else 0.0

    paid, _, driver = heard(recorded, busy)
    assert [sorted(skus) for skus in paid.values()] == [["onigiri-salmon"]], "a person looks at who was in doubt"
    assert not [t for t in driver.state.troubles if t.startswith("clock")]


@pytest.mark.parametrize("late_s", [0.8, -3.0])
def test_one_source_that_is_off_moves_nobody_else(tmp_path: Path, late_s: float) -> None:
    fault = "09:00:01  shelf g2-s3 is 2 s behind"
    text = MORNING.format(fault="").replace("09:00:00  5 s pass", f"09:00:00  5 s pass\n{fault}")
    path = story_of(text, tmp_path / "morning.mcap")
    paid, _, driver = heard(path, lambda _: late_s)
    assert sorted(map(sorted, paid.values())) == [["chips-salt", "nuts-mix"], ["onigiri-salmon"]]
    assert set(driver.state.troubles) - {"clock/pc"} == {"clock/shelf/g2-s3"}
    assert "2.0 s behind" in driver.state.troubles["clock/shelf/g2-s3"]
