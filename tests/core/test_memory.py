"""A shop that runs for days remembers no more than one that has just opened: its frozen state does not grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.records import Record, Refused
from edge.state import freeze
from edge.wire import decode, open_recording
from tests.core.mornings import BUYS_ONE, SHOP, THINKS_BETTER, story_of

EVERY_S = 1800.0
"""Between two visits the sensors are silent: every level is found again after a long gap."""
KEPT = 3
"""A settlement that is over is remembered for an hour."""


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return records_of(THINKS_BETTER, tmp_path_factory.mktemp("memory") / "visit.mcap")


def records_of(story: str, path: Path) -> list[Record]:
    return [decode(SHOP, h.topic, h.payload, h.received_s) for h in open_recording(story_of(story, path))]


def later(records: Sequence[Record], by_s: float) -> Iterator[Record]:
    """The same records on another occasion."""
    for record in records:
        if isinstance(record, Refused):
            yield replace(record, received_s=record.received_s + by_s)
        else:
            yield replace(record, received_s=record.received_s + by_s, at_s=record.at_s + by_s)


def sizes_of(visit: Sequence[Record], visits: int) -> list[int]:
    """How large the frozen state is after each of so many visits, of which nothing else may be left."""
    driver, sizes = Driver(SHOP, provider=LocalProvider()), list[int]()
    for i in range(visits):
        for record in later(visit, i * EVERY_S):
            driver.feed(record)
        sizes.append(len(freeze(driver.state)))
        assert len(driver.state.settlements) <= KEPT
        assert not driver.state.door.visits
        assert not driver.state.belief.clusters
        assert len(driver.state.floor.tracks) <= 2
    return sizes


def test_thirty_visits_in_fifteen_hours_leave_nothing_behind(visit: list[Record]) -> None:
    sizes = sizes_of(visit, 30)
    assert max(sizes[-5:]) - max(sizes[5:10]) < 500, sizes


def test_what_nobody_is_seen_to_restock_is_all_that_is_remembered(tmp_path: Path) -> None:
    """Ana buys the same rice ball every time: somebody put it back at night. That is one short note a visit, and
    belief keeps at most `MOST_STRAYS` of them.
    """
    sizes = sizes_of(records_of(BUYS_ONE, tmp_path / "buys.mcap"), 12)
    assert max(sizes[-3:]) - max(sizes[3:6]) < 6 * 100 + 300, sizes


def test_a_quiet_hour_leaves_nothing_behind(visit: list[Record]) -> None:
    """Nobody there, all sensors talking: only the end of the recording, again and again."""
    quiet = [r for r in visit if r.received_s > visit[-1].received_s - 4.0]
    driver, sizes = Driver(SHOP), list[int]()
    for record in visit:
        driver.feed(record)
    for i in range(1, 41):
        for record in later(quiet, i * 4.05):
            driver.feed(record)
        sizes.append(len(freeze(driver.state)))
    assert max(sizes[-5:]) <= max(sizes[:10]) + 500, sizes
