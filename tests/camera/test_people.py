"""From boxes to people: heights that nobody measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.camera.detect import Detections
from edge.camera.people import people
from edge.optics import View
from tests.camera.sight import VIEW, boxes, found


@pytest.mark.parametrize("height", [0.95, 1.3, 1.55, 1.78])
@pytest.mark.parametrize("aside", [0.3, 1.1, 1.8])
def test_tall_and_small_are_put_where_they_stand(height: float, aside: float) -> None:
    head = [aside, 0.4, height]
    (seen,) = people(found([head], feet=[[aside, 0.4, 0.0]]), VIEW)
    assert math.dist(seen.head[:2], head[:2]) < 0.10
    assert seen.head[2] == pytest.approx(height, abs=0.15)


def test_feet_tell_what_a_misjudged_size_hides() -> None:
    head, feet = [1.6, -0.5, 1.35], [1.6, -0.5, 0.0]
    (with_feet,) = people(found([head], feet=[feet], wrong=1.08), VIEW)
    (without,) = people(found([head], wrong=1.08), VIEW)
    assert math.dist(with_feet.head, head) < 0.75 * math.dist(without.head, head)
    assert math.dist(with_feet.head[:2], head[:2]) < 0.10


def test_somebody_elses_feet_do_not_pull_a_head_away() -> None:
    heads = [[0.9, 0.2, 1.62], [0.9, 0.75, 1.48]]
    feet = [[0.9, 0.2, 0.0], [0.9, 0.75, 0.0]]
    one, other = people(found(heads, feet=feet), VIEW)
    assert math.dist(one.head, heads[0]) < 0.07
    assert math.dist(other.head, heads[1]) < 0.07
    (alone,) = people(found([heads[0]], feet=[[-1.5, -1.0, 0.0]]), VIEW)
    assert math.dist(alone.head, heads[0]) < 0.07


def test_who_bends_is_not_put_behind_their_feet() -> None:
    head = [1.2, 0.0, 0.95]
    (seen,) = people(found([head], feet=[[0.75, 0.0, 0.0]]), VIEW)
    assert math.dist(seen.head[:2], head[:2]) < 0.15 < math.dist(head[:2], (0.75, 0.0))


def test_a_head_that_the_edge_cuts_is_placed_by_stature() -> None:
    whole = boxes([[2.05, 0.35, 1.55]], "head")
    cut = whole.copy()
    right = VIEW.lens.width - 0.5
    low = whole[0, 0] - whole[0, 2] / 2
    cut[0, 0], cut[0, 2] = (low + right) / 2, right - low
    (seen,) = people(Detections(cut, np.empty((0, 5)), np.empty((0, 5))), VIEW)
    assert 1.3 < seen.head[2] < 1.75, "half a box does not mean twice as far"


def test_above_the_horizon_there_is_nobody() -> None:
    tilted = View(VIEW.lens, (0.0, 0.0, 3.0), (1.6, 0.0, 0.0))
    sky = np.array([[320.0, 20.0, 30.0, 30.0, 0.9]])
    assert people(Detections(sky, sky, sky), tilted) == []
