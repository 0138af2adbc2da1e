"""A camera's clock is told by two voices, its frames and its node's health: whatever they say, no frame comes before it
was measured, and nobody is blind for longer than it takes to see that the clock was set.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.driver import Driver
from edge.records import PeopleFrame, PersonSeen, SourceTrouble
from edge.store import read_store
from tests.corner import FILES, OPENS_S

SHOP = read_store(FILES)
ANA = (PersonSeen((1.2, 1.4, 1.65), (), 0.95),)
HEALTH_EVERY_S = 10.0
FRAME_S = 0.1
HOUR_S = 3600.0


class Node:
    """A camera node; its clock is ``ahead_s`` ahead, it looks at a picture for ``looks_s``."""

    def __init__(self, looks_s: float = 0.3) -> None:
        self.faults: list[Exception] = []
        self.driver = Driver(SHOP, faulted=self.faults.append)
        self.at_s, self.ahead_s, self.looks_s = OPENS_S, 0.0, looks_s
        self.health_ahead_s: float | None = None
        """By how much what its health says of the time is ahead; None: as its frames are."""
        self.placed: list[float] = []
        """By how much each frame that was used was put too late."""
        self._said_s = -1e9

    def go_on(self, for_s: float) -> Node:
        until_s = self.at_s + for_s
        while self.at_s < until_s:
            self.at_s += FRAME_S
            if self.at_s >= self._said_s + HEALTH_EVERY_S:
                self._said_s = self.at_s
                ahead_s = self.ahead_s if self.health_ahead_s is None else self.health_ahead_s
                now_s = self.at_s + 0.02
                self.driver.feed(SourceTrouble(now_s, now_s, "camera/cam", "", max(0.0, self.at_s + ahead_s)))
            floor, late = self.driver.state.floor, self.driver.state.floor.late
            heard_s = self.at_s + self.looks_s + 0.02
            self.driver.feed(PeopleFrame(heard_s, max(0.0, self.at_s + self.ahead_s), "cam", ANA))
            if floor.late == late:
                self.placed.append(floor.heard_until_s["cam"] - self.at_s)
                assert floor.heard_until_s["cam"] <= heard_s + 0.1, "nothing is seen before it was measured"
        return self

    def tracks(self) -> int:
        return len(self.driver.state.floor.tracks)


@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S, 9 * HOUR_S, -9 * HOUR_S, 3.0, -3.0, 86_400.0])
def test_a_clock_that_is_set_makes_nobody_blind_for_long(off_s: float) -> None:
    node = Node().go_on(60.0)
    node.ahead_s = off_s
    node.go_on(4.0)
    node.placed.clear()
    node.go_on(56.0)
    assert len(node.placed) > 540, "frames are used again as soon as they have kept their new time"
    assert max(map(abs, node.placed)) < 0.5
    node.ahead_s = 0.0
    node.go_on(4.0)
    node.placed.clear()
    node.go_on(56.0)
    assert len(node.placed) > 540
    node.driver.finish()
    assert not node.faults


@pytest.mark.parametrize("health_s", [-OPENS_S + 77.0, HOUR_S, -HOUR_S, 60.0, -60.0])
def test_a_health_that_tells_another_time_is_not_believed(health_s: float) -> None:
    """An uptime, say: by it all frames would be of another day."""
    node = Node()
    node.health_ahead_s = health_s
    node.go_on(120.0)
    assert len(node.placed) > 1190
    assert max(map(abs, node.placed)) < 0.5
    node.driver.finish()


@pytest.mark.parametrize("ahead_s", [0.0, 20.0, -20.0])
def test_a_node_that_looks_for_long_is_in_time_by_its_health(ahead_s: float) -> None:
    node = Node(looks_s=2.5)
    node.ahead_s = ahead_s
    node.go_on(60.0)
    node.placed.clear()
    node.go_on(30.0)
    assert len(node.placed) > 290
    assert max(map(abs, node.placed)) < 0.15


@settings(deadline=None, max_examples=40)
@given(
    sets=st.lists(
        st.tuples(
            st.floats(0.2, 40.0),
            st.sampled_from([0.0, 0.3, -0.3, 1.0, -1.0, 4.0, -4.0, 60.0, -60.0, HOUR_S, -HOUR_S, -OPENS_S]),
            st.sampled_from([None, None, None, 0.0, HOUR_S, -OPENS_S]),
        ),
        min_size=1, max_size=6,
    ),
    looks_s=st.sampled_from([0.1, 0.5, 2.0]),
)  # fmt: skip
def test_whatever_the_two_say_frames_are_never_of_the_future(
    sets: list[tuple[float, float, float | None]], looks_s: float
) -> None:
    node = Node(looks_s)
    for for_s, node.ahead_s, node.health_ahead_s in sets:
        node.go_on(for_s)
    node.ahead_s, node.health_ahead_s = 0.0, None
    node.go_on(45.0)
    node.placed.clear()
    node.go_on(10.0)
    assert len(node.placed) > 95
    node.driver.finish()
    assert not node.faults
