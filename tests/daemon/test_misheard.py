"""A device that speaks, and of which nothing can be used, is told to staff with what is wrong; a lone slip is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal

WEIGHT = "shelf/g1-s1/weight"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Rehearsal]:
    shop = Rehearsal(tmp_path)
    shop.open()
    yield shop
    shop.shop.close()


def spoil(shop: Rehearsal, topic: str, payload: bytes, begins_s: float, ends_s: float) -> None:
    """Between these seconds, something else is said on a topic."""
    shop.messages = [
        replace(h, payload=payload) if h.topic == topic and begins_s <= h.received_s - OPENS_S < ends_s else h
        for h in shop.messages
    ]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b'{"t": 1.0, "hz": 10, "g": [[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0]]}', "7 rows,"),
        (b'{"t": "1.0", "hz": 10, "g": [[1.0]]}', "$.t"),
        (b'{"hz": 10, "g": [[1.0]]}', "missing required field `t`"),
        (b'{"t": 1.0, "hz": 0.1, "g": [[1.0]]}', "$.hz"),
        (b'{"t": 1.0, "hz": 10,', "not JSON"),
    ],
)
def test_staff_read_why_nothing_of_a_shelf_can_be_used_until_it_can(shop: Rehearsal, payload: bytes, why: str) -> None:
    spoil(shop, WEIGHT, payload, 2.0, 5.0)
    shop.play(0.0, 4.9)
    assert why in shop.status["troubles"][f"wire/{WEIGHT}"]
    shop.play(4.9, 8.0)
    assert f"wire/{WEIGHT}" not in shop.status["troubles"]


@pytest.mark.parametrize(("topic", "after_s"), [(WEIGHT, 60.0), ("gate/in/scan", 600.0)])
def test_who_has_fallen_silent_says_nothing_wrong(shop: Rehearsal, topic: str, after_s: float) -> None:
    shop.play(0.0, 1.0)
    for _ in range(3):
        shop.shop.ear.hear(topic, b"{")
    shop.work()
    shop.pass_s(after_s - 2.0)
    assert f"wire/{topic}" in shop.status["troubles"]
    shop.pass_s(4.0)
    assert f"wire/{topic}" not in shop.status["troubles"]


def test_a_lone_slip_is_counted_and_told_to_nobody(shop: Rehearsal) -> None:
    said = len(shop.said)
    spoil(shop, WEIGHT, b"{", 2.0, 2.21)
    shop.play(0.0, 5.0)
    assert shop.shop.ear.refused["shelf/g1-s1", "not JSON"] >= 1
    told = [p.payload["troubles"] for p in shop.said[said:] if p.topic == "runtime/status"]
    assert not any(told)


def test_a_phone_at_the_exit_is_no_fault_of_the_gate(shop: Rehearsal) -> None:
    shop.play(0.0, 1.0)
    for _ in range(5):
        shop.shop.ear.hear("gate/out/scan", b'{"t": 1.0, "credential": "X"}')
    shop.play(1.0, 3.0)
    assert shop.shop.ear.refused["gate/out", "not an entry gate"] == 5
    assert shop.status["troubles"] == {}


def test_a_name_that_the_shop_does_not_have_is_in_the_log(shop: Rehearsal) -> None:
    shop.play(0.0, 1.0)
    with structlog.testing.capture_logs() as lines:
        shop.shop.ear.hear("shelf/G1-S1/weight", b'{"t": 1.0, "hz": 10, "g": [[1.0]]}')
        shop.work()
    assert [(line["reason"], line["detail"]) for line in lines if line["event"] == "refused"] == [
        ("unknown shelf", "'G1-S1'")
    ]
