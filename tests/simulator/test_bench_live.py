"""The bench's devices: everything that they say keeps the contract, and their packets are MQTT."""

from __future__ import annotations

from itertools import islice

import pytest

from edge.records import PeopleFrame, Refused, WeightBatch
from edge.wire import decode
from simulator.bench.day import kiosk
from simulator.bench.latency import picks_of
from simulator.bench.live import Case, demo, simulate
from simulator.bench.traffic import Plan, hall, packet, sent_s, stamped, traffic, whole
from simulator.busy import Habits
from simulator.stage import Stage

SMALL = Case("small", demo, 2, True, "mosquitto", Habits(gap_s=5.0), 2, 0.0, 60.0)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[Stage]]:
    return simulate(SMALL, tmp_path_factory.mktemp("bench"))


def test_everything_that_the_devices_say_is_understood(simulated: tuple[Plan, list[Stage]]) -> None:
    plan, _ = simulated
    store, kinds = whole(plan), set()
    for heard in islice(traffic(plan), 6000):
        sent = stamped(heard.payload, 1000.0, heard.received_s + 1000.5)
        record = decode(store, heard.topic, sent, heard.received_s + 1001.0)
        assert not isinstance(record, Refused), (heard.topic, record.reason)
        assert sent_s(sent) == pytest.approx(heard.received_s + 1000.5, abs=1e-4)
        before = decode(store, heard.topic, heard.payload, heard.received_s + 1.0)
        assert not isinstance(before, Refused)
        assert record.at_s == pytest.approx(before.at_s + 1000.0, abs=1e-3)
        kinds.add(type(record))
    assert {WeightBatch, PeopleFrame} <= kinds


def test_picks_are_found_with_the_last_sample_that_differs(simulated: tuple[Plan, list[Stage]]) -> None:
    _, plays = simulated
    picks = [pick for play in plays for pick in picks_of(play)]
    assert picks
    assert all(pick.began_s <= pick.last_s < pick.began_s + 6.0 for pick in picks)


def test_twelve_halls_are_ten_thousand_plates_under_forty_eight_cameras() -> None:
    store = hall()
    assert sum(shelf.plates for shelf in store.layout.shelves) * 12 == 10_080
    assert len(store.layout.cameras) * 12 == 48
    assert {f.shelf for f in store.planogram.facings} == {shelf.id for shelf in store.layout.shelves}


def test_a_kiosk_is_a_shop() -> None:
    assert len(kiosk().layout.shelves) == 4


def test_packets_are_framed_as_mqtt_wants_it() -> None:
    assert packet(b"a/b", b"xy") == b"\x30\x07\x00\x03a/bxy"
    assert packet(b"a/b", b"xy", 258) == b"\x32\x09\x00\x03a/b\x01\x02xy"
    assert packet(b"a", b"x" * 200)[1:3] == b"\xcb\x01"
