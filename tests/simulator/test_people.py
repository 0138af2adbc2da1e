"""People: they walk around things, not through them, and their hands are where the goods are."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.busy import busy_story
from simulator.floorplan import BODY_M, FloorPlan
from simulator.people import Body
from simulator.shops import random_shop
from simulator.story import read_story
from simulator.world import Played, play
from tests.simulator.plays import SHOP, acted, busy

FLOOR = FloorPlan(SHOP.layout)


def awake(body: Body) -> np.ndarray:
    """Twenty moments a second of a body's stay."""
    return np.arange(body.came_s, body.gone_s, 0.05)


def check_walks(played: Played) -> None:
    for body in played.stage.bodies:
        at_s = awake(body)
        where = body.middle(at_s)
        assert played.stage.floor.clearance(where).min() > 0.05, f"{body.name} walks through a gondola"
        assert np.hypot(*np.diff(where, axis=0).T).max() / 0.05 < 3.5, f"{body.name} jumps"


@pytest.mark.parametrize("seed", [3, 4])
def test_nobody_walks_through_a_gondola(seed: int) -> None:
    check_walks(busy(seed))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_not_in_any_other_shop_either(seed: int) -> None:
    shop = random_shop(seed)
    check_walks(play(shop, read_story(busy_story(shop, 3, seed), shop), seed))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_ways_are_clear_and_not_longer_than_they_must_be(data: st.DataObject) -> None:
    shelves = SHOP.layout.shelves
    ends = []
    for _ in (0, 1):
        shelf = data.draw(st.sampled_from(shelves))
        ends.append(FLOOR.stand(shelf.id, data.draw(st.floats(0, shelf.plates * shelf.plate_width))))
    way = FLOOR.way(*ends)
    assert way[0] == ends[0]
    assert way[-1] == ends[1]
    for a, b in pairwise(way):
        points = np.linspace(a, b, 50)
        assert FLOOR.clearance(points).min() > BODY_M - 0.03
    assert len(way) > 2 or FLOOR.clear(*ends)


def test_a_wrist_is_in_the_shelf_when_something_leaves_it() -> None:
    played = busy(3)
    for h in played.stage.happened:
        bodies = [b for b in played.stage.bodies if played.stage.visits[b.visit].subject == h.subject]
        gondola, board = SHOP.layout.gondola_of(h.shelf), SHOP.layout.shelf(h.shelf)
        plates = np.mean(h.plates) * board.plate_width
        gaps = []
        for body in bodies:
            for wrist in body.pose(np.array([h.at_s - 0.02, h.at_s])).wrists[:, -1]:
                x, y, z = gondola.local(wrist[None])[0]
                gaps.append((abs(x - plates), y, z - board.height))
        assert any(dx < 0.35 and -0.15 < y < 0.35 and -0.05 < dz < 0.3 for dx, y, dz in gaps), (h, gaps)


def test_heads_sink_for_low_shelves() -> None:
    played = acted(
        "09:00:00 ana enters",
        "09:00:15 ana takes 1 tea-green-500 from fridge-s1:1",
        "09:00:30 ana takes 1 onigiri-salmon",
        "09:00:45 ana leaves",
    )
    (body,) = played.stage.bodies
    low, high = (body.pose(np.array([h.at_s, h.at_s + 0.01])).head[0, 2] for h in played.stage.happened)
    assert low < high - 0.25


def test_a_party_comes_on_one_scan_and_goes_together() -> None:
    played = acted("09:00:00 ana enters with a party of 3", "09:00:20 ana takes 1 cola-500", "09:00:40 ana leaves")
    topics = [s.topic for s in played.stage.said]
    assert topics.count("gate/entry/scan") == 1
    assert topics.count("gate/entry/passage") == topics.count("gate/exit/passage") == 3
    assert [(v.subject, v.items) for v in played.stage.visits] == [("ana", {"cola-500": 1})]
    ana, *others = played.stage.bodies
    (pick,) = played.stage.happened
    here = ana.middle(np.array([pick.at_s]))[0]
    for other in others:
        assert math.dist(here, other.middle(np.array([pick.at_s]))[0]) < 2.5, "they come along"


def test_people_stand_shoulder_to_shoulder_not_in_one_another() -> None:
    played = acted(
        "09:00:00 ana enters",
        "09:00:05 ben enters",
        "09:00:20 ana walks to g2-s2:5",
        "09:00:20 ben walks to g2-s2:5",
        "09:00:40 ana leaves",
        "09:00:50 ben leaves",
    )
    at_s = np.array([played.start_s + 6 + s for s in (23, 25, 27)])
    a, b = (body.middle(at_s) for body in played.stage.bodies)
    apart = np.hypot(*(a - b).T)
    assert apart.min() > 0.2
    assert apart.max() < 0.9


def test_what_is_handed_over_stays_its_pickers() -> None:
    lines = (
        "09:00:00 ana enters",
        "09:00:05 ben enters",
        "09:00:15 ana takes 2 choco-bar",
        "09:00:30 ana hands 2 choco-bar to ben",
        "09:00:45 ben puts back 1 choco-bar",
        "09:01:00 ben leaves",
        "09:01:10 ana leaves",
    )
    played = acted(*lines)
    assert [(v.subject, v.items) for v in played.stage.visits] == [("ana", {"choco-bar": 1}), ("ben", {})]
    assert [h.subject for h in played.stage.happened] == ["ana", "ben"]
