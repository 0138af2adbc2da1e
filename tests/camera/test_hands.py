"""Hands belong to whom their arms do."""

from __future__ import annotations

import math

import cv2
import numpy as np

from edge.camera.background import Newness
from edge.camera.detect import Detections
from edge.camera.people import people
from edge.optics import Lens, looking_down
from edge.records import Point
from tests.camera.sight import VIEW, boxes, found

SIDE_BY_SIDE = [[0.3, -0.25, 1.55], [0.3, 0.25, 1.55]]
BETWEEN = [0.8, 0.0, 1.1]
"""A hand that either of the two may have."""


def new_along(*arms: tuple[list[float], list[float]], people_at: list[list[float]] = SIDE_BY_SIDE) -> Newness:
    """What is new where people stand and arms are held out, from one point in the shop to another."""
    plane = np.zeros((480, 640), np.uint8)

    def pixel(point: list[float]) -> tuple[int, int]:
        x, y = VIEW.pixels([point])[0]
        return round(x), round(y)

    for head in people_at:
        cv2.line(plane, pixel(head), pixel([*head[:2], 0.8]), 255, 36)
    for start, end in arms:
        cv2.line(plane, pixel(start), pixel(end), 255, 9)
    return Newness(plane, (1.0, 1.0), 0, 0)


def counts(seen: list[tuple[Point, ...]]) -> list[int]:
    return [len(hands) for hands in seen]


def test_hands_go_to_whom_they_can_belong() -> None:
    heads = [[0.3, 0.0, 1.55], [0.3, 0.9, 1.6]]
    hands = [[0.75, -0.1, 1.1], [0.2, -0.25, 0.85], [0.7, 1.0, 1.2]]
    one, other = people(found(heads, hands), VIEW)
    assert len(one.hands) == 2
    assert len(other.hands) == 1
    assert math.dist(other.hands[0][:2], hands[2][:2]) < 0.08


def test_nobody_has_three_hands_and_a_hand_without_anybody_is_nobodys() -> None:
    hands = [[0.6, 0.0, 1.0], [0.1, -0.3, 0.9], [0.4, 0.4, 1.1]]
    (seen,) = people(found([[0.3, 0.0, 1.55]], hands), VIEW)
    assert len(seen.hands) == 2
    (alone,) = people(found([[0.3, 0.0, 1.55]], [[-1.4, -0.8, 1.0]]), VIEW)
    assert alone.hands == ()
    assert people(found([], hands), VIEW) == []


def test_a_hand_that_may_be_eithers_is_told_as_boths() -> None:
    assert counts([p.hands for p in people(found(SIDE_BY_SIDE, [BETWEEN]), VIEW)]) == [1, 1]
    assert counts([p.hands for p in people(found(SIDE_BY_SIDE, [[0.7, -0.4, 1.1]]), VIEW)]) == [1, 0]


def test_an_elbow_tells_whose_hand_it_is() -> None:
    for mine, elbow in ((0, [0.58, -0.16, 1.2]), (1, [0.58, 0.16, 1.2])):
        seen = people(found(SIDE_BY_SIDE, [BETWEEN], elbows=[elbow]), VIEW)
        assert counts([p.hands for p in seen]) == ([1, 0] if mine == 0 else [0, 1])
        assert math.dist(seen[mine].hands[0], BETWEEN) < 0.15


def test_an_elbow_elsewhere_tells_nothing() -> None:
    seen = people(found(SIDE_BY_SIDE, [BETWEEN], elbows=[[-0.2, -0.4, 1.2], [1.5, 0.9, 1.1]]), VIEW)
    assert counts([p.hands for p in seen]) == [1, 1]


def test_the_arm_in_the_picture_tells_whose_hand_it_is() -> None:
    for mine in (0, 1):
        shoulder = [0.4, SIDE_BY_SIDE[mine][1] * 1.3, 1.35]
        seen = people(found(SIDE_BY_SIDE, [BETWEEN], new=new_along((shoulder, BETWEEN))), VIEW)
        assert counts([p.hands for p in seen]) == ([1, 0] if mine == 0 else [0, 1])


def test_a_bent_arm_is_one_too() -> None:
    shoulder, elbow = [0.4, -0.33, 1.35], [0.66, -0.24, 1.15]
    seen = people(found(SIDE_BY_SIDE, [BETWEEN], new=new_along((shoulder, elbow), (elbow, BETWEEN))), VIEW)
    assert counts([p.hands for p in seen]) == [1, 0]


def test_a_camera_that_does_not_know_its_shop_goes_by_reach() -> None:
    everywhere = Newness(np.full((480, 640), 255, np.uint8), (1.0, 1.0), 0, 0)
    blind, knowing = (people(found(SIDE_BY_SIDE, [BETWEEN], new=new), VIEW) for new in (None, everywhere))
    assert blind == knowing


def test_what_no_arm_leads_to_is_nobodys_hand() -> None:
    far, alone = [1.05, -0.25, 1.0], SIDE_BY_SIDE[:1]
    reaching = people(found(alone, [far], new=new_along((alone[0], far), people_at=alone)), VIEW)
    assert counts([p.hands for p in reaching]) == [1]
    beside = people(found(alone, [far], new=new_along(people_at=alone)), VIEW)
    assert counts([p.hands for p in beside]) == [0]


def test_somebody_whose_place_is_not_known_takes_no_hands_and_no_frame_from_the_others() -> None:
    """The store's origin, which stands for nowhere, is far out of this lens' sight."""
    lens = Lens(640, 480, 300.0, 300.0, 319.5, 239.5, (-0.3, 0.1, 0.0, 0.0, -0.01, 0.0, 0.0, 0.0))
    view = looking_down(lens, (30.0, 20.0, 2.7), 20.0)
    heads, hand = boxes([[30.3, 20.0, 1.55], [32.6, 21.8, 0.6]], "head", view), boxes([[30.6, 20.2, 1.1]], "hand", view)
    everywhere = Newness(np.full((480, 640), 255, np.uint8), (1.0, 1.0), 0, 0)
    (seen,) = people(Detections(heads, hand, np.empty((0, 5)), new=everywhere), view)
    assert math.dist(seen.head, (30.3, 20.0, 1.55)) < 0.1
    assert counts([seen.hands]) == [1]
