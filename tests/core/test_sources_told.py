"""What is wrong with a shelf's clock or its cells, staff read in the status: whose, by how much, and the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import Effect, LedgerEntry, Publish, Restarted
from edge.runtime import unreadable
from edge.runtime.health import alerts
from edge.runtime.shelves import started_anew
from edge.state import open_shop
from edge.wire import Heard, encode_tick, open_recording
from tests.core.mornings import SHOP, entries_of, story_of

MORNING = """\
shop demo
seed 6

09:00:00  ana enters
09:00:12  ana takes 1 nuts-mix from g2-s3:7
09:00:20  {fault}
09:00:30  ana takes 1 chips-salt from g2-s2:2
09:00:45  ana leaves
09:00:50  60 s pass
"""


def heard(fault: str, path: Path) -> tuple[list[dict[str, Any]], Driver, Book]:
    """Every status of a morning, and the shop at its end."""
    said: list[Publish] = []
    book = Book()
    driver = Driver(SHOP, book=book, provider=LocalProvider(), publish=said.append)
    for message in open_recording(story_of(MORNING.format(fault=fault), path / "morning.mcap")):
        driver.hear(message)
    driver.finish()
    return [dict(p.payload) for p in said if p.topic == "runtime/status"], driver, book


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("shelf g2-s3 is 2 s behind", "the clock of shelf g2-s3 is 2.0 s behind this PC's, and is corrected."),
        ("shelf g2-s3 is 5 hours ahead", "the clock of shelf g2-s3 is 5 hours ahead of this PC's, and is corrected."),
        ("plate g2-s3:4 spits", "plate 4 of g2-s3 spits: single readings are nonsense. Look at its cable and power"),
    ],
)
def test_staff_are_told_whose_and_what_to_do(fault: str, told: str, tmp_path: Path) -> None:
    statuses, _, book = heard(fault, tmp_path)
    with book:
        assert statuses[0]["state"] == "open"
        troubles = [t for s in statuses for t in s["troubles"].values()]
        assert any(t.startswith(told) for t in troubles), troubles
        assert statuses[-1]["state"] == "degraded"
        (settlement,) = entries_of(book, "settlement")
        lines: Any = settlement.body["lines"]
        assert sorted(line["sku"] for line in lines) == ["chips-salt", "nuts-mix"]


def test_scales_that_start_anew_stand_in_the_book(tmp_path: Path) -> None:
    _, _, book = heard("shelf g2-s3 starts anew", tmp_path)
    with book:
        (entry,) = entries_of(book, "shelf-restarted")
        assert entry.body["shelf"] == "g2-s3"
        assert not entry.postings


def test_a_shelf_that_was_filled_while_nobody_listened_is_to_be_counted() -> None:
    state, effects = open_shop(SHOP), list[Effect]()
    started_anew(state, SHOP, Restarted("g2-s3", 1000.0, 30_000.0, (1, 2, 3), filled=True), effects)
    (entry,) = (e for e in effects if isinstance(e, LedgerEntry))
    assert (entry.kind, entry.body["shelf"]) == ("shelf-filled", "g2-s3")
    told = [e.payload for e in alerts(state, SHOP, effects) if isinstance(e, Publish) and e.topic == "runtime/alert"]
    assert [t["text"] for t in told] == ["a shelf was filled while it said nothing, or nobody listened. Count it"]


def late(messages: Iterator[Heard], shelf: str) -> Iterator[Heard]:
    """A shelf whose every word is an old one, said again and again; and the runtime's own clock."""
    first: Heard | None = None
    ticks = 0.0
    for message in messages:
        if message.received_s > ticks + 1.0:
            ticks = message.received_s
            yield Heard("shop/clock/tick", encode_tick(ticks), ticks)
        if message.topic == f"shelf/{shelf}/weight":
            first = first or message
            yield replace(first, received_s=message.received_s)
        else:
            yield message


def test_a_shelf_that_says_nothing_of_use_is_late_and_blind(tmp_path: Path) -> None:
    path = story_of(MORNING.format(fault="ana takes 1 nuts-mix from g2-s3:7"), tmp_path / "late.mcap")
    driver = Driver(SHOP)
    for message in late(iter(open_recording(path)), "g2-s3"):
        driver.hear(message)
    assert "shelf/g2-s3" in driver.state.late
    assert len(unreadable(driver.state, SHOP)["g2-s3"]) == SHOP.layout.shelf("g2-s3").plates
    assert json.dumps(driver.state.troubles).count("clock of shelf g2-s3 is not steady") == 1


def test_a_camera_that_says_who_is_there_is_not_blind(tmp_path: Path) -> None:
    """Its node lost the network for a moment, and the old connection's will is said when the new one is there."""
    gone = msgspec.json.encode({"state": "blind", "why": "its node is gone. Start it again"})
    said: list[Publish] = []
    driver = Driver(SHOP, provider=LocalProvider(), publish=said.append)
    messages = list(open_recording(story_of(MORNING.format(fault="10 s pass"), tmp_path / "will.mcap")))
    when = len(messages) // 2
    for message in messages[:when]:
        driver.hear(message)
    driver.hear(Heard("camera/c1/health", gone, messages[when].received_s))
    assert "its node is gone" in str(said[-1].payload["troubles"])
    for message in messages[when:]:
        driver.hear(message)
    assert driver.state.troubles == {}
    assert said[-1].payload["state"] == "open"
