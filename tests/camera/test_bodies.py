"""From joints to people: what shoulders, the plumb line and feet say of places, and what is said of their error."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.camera.networks.poses import Poses
from edge.camera.people import people
from edge.optics import looking_down
from tests.camera.posed import LENS, detections, person, seen, tilted


@pytest.mark.parametrize(("tilt_deg", "height_m"), [(0, 2.6), (0, 3.2), (35, 2.8), (50, 2.8)])
def test_people_stand_where_they_are_said_to_within_the_error_that_is_said(tilt_deg: int, height_m: float) -> None:
    view, chance = tilted(tilt_deg, height_m), np.random.default_rng(tilt_deg)
    off, said, told, visible = [], [], 0, 0
    for i in range(120):
        child = chance.random() < 0.15
        height = chance.normal(1.1, 0.15) if child else chance.normal(1.54, 0.1)
        x, y = (
            chance.uniform(-1.2, 1.2),
            math.tan(math.radians(tilt_deg)) * (height_m - height) + chance.uniform(-0.8, 1),
        )
        body = person(x, y, height, chance.uniform(0, 360), size=math.exp(chance.normal(0, 0.08)))
        if not LENS.inside(view.pixels(body[:5])).all():
            continue
        poses = seen(view, body, off_m=0.03, seed=i)
        if i % 3 == 0:
            poses.joints[:, 15:, 2] = 0.02  # feet behind a shelf
        visible += 1
        for somebody in people(detections(poses), view):
            told += 1
            off.append(math.dist(somebody.head[:2], (x, y)))
            said.append(somebody.error_m or math.nan)
    assert told >= 0.6 * visible, "who may be a step aside is not told at all"
    assert np.median(off) <= 0.06
    assert np.quantile(off, 0.9) <= 0.15
    share = np.array(off) / np.array(said)
    assert 0.5 <= np.sqrt((share**2).mean()) <= 1.1, "neither more nor much less than it is"
    assert (share < 2.0).mean() >= 0.95


def test_a_child_is_small_and_near_its_feet_and_no_grown_up_far_away() -> None:
    view = tilted(40, 2.7)
    for height in (0.95, 1.6):
        (somebody,) = people(detections(seen(view, person(0.2, 1.4, height))), view)
        assert math.dist(somebody.head, (0.2, 1.4, height)) < 0.12


def test_without_feet_and_ears_shoulders_tell_how_tall_somebody_is() -> None:
    view = tilted(0, 2.7)
    heights = []
    for height in (1.15, 1.65):
        poses = seen(view, person(0.8, 0.3, height, 70.0))
        poses.joints[:, [*range(5), 15, 16], 2] = 0.05
        poses.joints[:, 0, 2] = 0.9
        heights += [somebody.head[2] for somebody in people(detections(poses), view)]
    assert heights[0] < 1.4 < heights[1]


@pytest.mark.parametrize("tilt_deg", [0, 35])
def test_hands_are_an_arm_from_their_own_shoulder(tilt_deg: float) -> None:
    view = tilted(tilt_deg, 2.8)
    y = 2.0 * math.tan(math.radians(tilt_deg)) * 0.6
    one, other = person(-0.35, y, 1.55, 90.0, left=(0.3, 0.05, 0.25)), person(0.35, y, 1.6, 90.0, left=(0.2, 0.3, 0.1))
    found = detections(seen(view, one, other))
    assert found.bodies is not None
    for somebody in people(found, view):
        body = one if somebody.head[0] < 0 else other
        truth = [body[w] + 0.33 * (body[w] - body[e]) for w, e in ((9, 7), (10, 8))]
        assert len(somebody.hands) == 2
        for hand in truth:
            near = min(somebody.hands, key=lambda told: math.dist(told, hand))
            assert math.dist(near[:2], hand[:2]) < 0.15
            assert abs(near[2] - hand[2]) < 0.4, "one view from above leaves open how far an arm hangs down"


def test_hands_of_a_head_that_is_furniture_are_nobodys() -> None:
    view = looking_down(LENS, (0.0, 0.0, 2.8))
    found = detections(seen(view, person(-0.5, 0, 1.5), person(0.6, 0, 1.6)))
    assert found.bodies is not None
    gone = int(found.bodies.heads[0])
    kept = found.each(lambda name, boxes: np.arange(len(boxes)) != 0 if name == "head" else np.ones(len(boxes), bool))
    (left,) = people(kept, view)
    assert len(left.hands) == 2
    assert kept.bodies is not None
    assert gone not in kept.bodies.heads
    assert kept.bodies.hands.shape == found.bodies.hands.shape


def test_above_the_horizon_there_is_nobody() -> None:
    view = tilted(120, 2.8)
    level = seen(tilted(0, 2.8), person(0.2, 0.1, 1.5))
    assert people(detections(Poses(level.scores, level.joints)), view) == []
