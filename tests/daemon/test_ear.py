"""What adapters say is heard in order; garbage is counted, and said once a minute; a flood costs no gate's word."""

from __future__ import annotations

import pytest
import structlog

from edge.daemon.clock import Clock
from edge.daemon.ear import MOST_WAITING, Ear
from edge.told import Sentence


class Minute:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.ear = Ear(Clock(lambda: self.now_s, lambda: self.now_s))


def test_messages_come_in_their_order_with_the_time_at_which_they_came() -> None:
    here = Minute()
    here.ear.hear("gate/in/scan", b"1")
    here.now_s += 2.0
    here.ear.hear("gate/in/scan", b"2")
    got = [here.ear.next(0.0), here.ear.next(0.0), here.ear.next(0.0)]
    assert [(g[0].payload, g[0].received_s) for g in got if g] == [(b"1", 1000.0), (b"2", 1002.0)]
    assert got[2] is None


def test_the_same_garbage_is_counted_always_and_said_once_a_minute() -> None:
    here = Minute()
    with structlog.testing.capture_logs() as lines:
        for _ in range(100):
            here.ear.refuse("shelf/s1", "not JSON", b"\xff\xfe")
        here.ear.refuse("shelf/s2", "not JSON")
        here.now_s += 61.0
        for _ in range(100):
            here.ear.refuse("shelf/s1", "not JSON", b"x" * 10_000)
    assert here.ear.refused == {("shelf/s1", "not JSON"): 200, ("shelf/s2", "not JSON"): 1}
    assert [(line["source"], line["count"]) for line in lines] == [("shelf/s1", 1), ("shelf/s2", 1), ("shelf/s1", 101)]
    assert all(len(line["sample"]) <= 80 for line in lines)


def test_a_trouble_is_heard_once_until_it_changes_and_its_end_too() -> None:
    ear = Minute().ear
    for what in ("down", "down", "still down", "", ""):
        ear.trouble("broker", Sentence(what))
    heard = [ear.next(0.0) for _ in range(4)]
    assert [b"down" in h[0].payload or b"still" in h[0].payload for h in heard if h] == [True, True, False]


def test_troubles_from_before_a_restart_are_over_unless_somebody_has_them_still() -> None:
    ear = Minute().ear
    ear.trouble("broker", Sentence("still down"))
    ear.forget({"broker": "down", "ledger": "the disk is full"})
    heard = [h[0].payload for h in (ear.next(0.0), ear.next(0.0), ear.next(0.0)) if h]
    assert len(heard) == 2
    assert b"still down" in heard[0]
    assert b'"ledger","trouble":""' in heard[1]


def test_when_nobody_listens_sensors_are_dropped_and_gates_are_kept() -> None:
    ear = Minute().ear
    for _ in range(MOST_WAITING + 10):
        ear.hear("camera/cam/people", b"{}")
    ear.hear("gate/out/passage", b"{}")
    ear.hear("payment/v1/reply", b"{}")
    assert ear.dropped == 10
    assert ear.waiting == MOST_WAITING + 2
    assert ear.refused["runtime", "cannot keep up"] == 10


def test_who_waits_for_a_message_can_be_woken_without_one() -> None:
    ear = Minute().ear
    ear.wake()
    assert ear.next(30.0) is None


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, 0.01])
def test_silence_is_none(timeout_s: float) -> None:
    assert Minute().ear.next(timeout_s) is None
