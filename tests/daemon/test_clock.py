"""The PC's clock is set, and the shop's time goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.daemon.clock import Clock
from edge.wire import encode_weight
from tests.daemon.rehearsals import Rehearsal

HOUR_S = 3600.0
EMPTIER = np.array([880.0, 0.0, 3125.0, 0.0])[:, None] + np.random.default_rng(1).normal(0, 0.3, (4, 12))


class Hands:
    """A PC's clock, and its counter that nobody can set."""

    def __init__(self) -> None:
        self.wall_s, self.steady_s = 1000.0, 50.0
        self.clock = Clock(lambda: self.wall_s, lambda: self.steady_s)

    def pass_s(self, seconds: float) -> float:
        self.wall_s += seconds
        self.steady_s += seconds
        return self.clock.now_s()


def test_time_is_the_pcs_while_nobody_sets_it() -> None:
    hands = Hands()
    assert [hands.pass_s(1.0) for _ in range(3)] == [1001.0, 1002.0, 1003.0]
    assert hands.clock.trouble() == ""


def test_small_steps_back_are_steering_and_time_waits_for_them() -> None:
    hands = Hands()
    hands.pass_s(1.0)
    hands.wall_s -= 0.3
    assert hands.clock.now_s() == 1001.0
    assert hands.pass_s(0.1) == 1001.0
    assert hands.pass_s(0.5) == pytest.approx(1001.3)
    assert hands.clock.trouble() == ""


def test_set_back_time_goes_on_by_itself_until_the_pc_has_caught_up() -> None:
    hands = Hands()
    hands.pass_s(1.0)
    hands.wall_s -= HOUR_S
    assert hands.pass_s(10.0) == pytest.approx(1001.0, abs=10.0)
    before_s = hands.clock.now_s()
    assert hands.pass_s(10.0) == pytest.approx(before_s + 10.0)
    assert "set back by 3" in hands.clock.trouble()
    assert "restart the runtime when nobody is in the shop" in hands.clock.trouble()
    hands.wall_s += HOUR_S
    assert hands.pass_s(10.0) >= before_s + 20.0
    assert hands.clock.trouble() == ""


def test_set_forward_time_follows_at_once() -> None:
    hands = Hands()
    hands.pass_s(1.0)
    hands.wall_s += HOUR_S
    assert hands.pass_s(1.0) == 1002.0 + HOUR_S
    assert hands.clock.trouble() == ""


def test_an_hour_back_while_ana_shops_changes_nothing_but_the_status(tmp_path: Path) -> None:
    """The sensors keep their time. Staff read of it, until the clock is right again."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 5.0)
    shop.set_s = -HOUR_S
    shop.play(5.0, 18.0)
    shop.settle()
    shop.is_untouched()
    assert shop.status["state"] == "degraded"
    assert "set back by 3" in shop.status["troubles"]["clock-set-back"]
    shop.set_s = 0.0
    shop.pass_s(3)
    assert shop.status["troubles"] == {}
    shop.shop.close()


def test_an_hour_forward_and_back_while_nobody_is_there_is_forgotten_with_a_restart(tmp_path: Path) -> None:
    """The mode stays, members come from their register, and sensors that were right all along are heard again."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.pass_s(2)
    shop.set_s = HOUR_S
    shop.pass_s(5)
    shop.set_s = 0.0
    shop.pass_s(2)
    assert "set back by 3" in shop.status["troubles"]["clock-set-back"]
    shop.shop.close()
    shop.at_s -= 9.0
    found = shop.open()
    assert "set back by 3" in found.cold
    assert "set back by 3" in shop.status["troubles"]["repair"]
    shop.play(0.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_an_hour_back_across_a_restart_keeps_the_visit(tmp_path: Path) -> None:
    """Ana is inside: the runtime goes on in its own time."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    shop.leave_as_killed()
    shop.set_s = -HOUR_S
    found = shop.open()
    assert found.cold == ""
    assert found.lost == ()
    shop.play(9.0, 18.0)
    assert "set back by 3" in shop.status["troubles"]["clock-set-back"]
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_an_hour_forward_while_ana_shops_loses_no_visit(tmp_path: Path) -> None:
    """Gates that keep the right time are too late now; she is not forgotten, and not charged for what nobody saw."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    shop.set_s = HOUR_S
    shop.play(9.0, 18.0)
    assert [v.subject for v in shop.shop.driver.state.door.visits.values()] == ["ana"]
    assert shop.shop.driver.state.refused["gate message too late"] == 1
    for _ in range(900):
        shop.pass_s(1)
        shop.shop.ear.hear("camera/cam/people", b'{"t":%f,"people":[]}' % shop.at_s)
        shop.shop.ear.hear("shelf/g1-s1/weight", encode_weight(shop.at_s, 60.0, EMPTIER))
    shop.settle()
    (line,) = shop.outcome()
    assert (line["state"], line["items"]) == ("review", {"onigiri-salmon": 2}), "nobody saw her leave: a person looks"
    assert shop.charges() == []
    shop.shop.close()
