"""What never moves is furniture after a minute; people are not, however patiently they stand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

from edge.camera.detect import Detections
from edge.camera.fixtures import SETTLED_S, Fixtures

HZ = 10.0
BALL = (300.0, 200.0, 40.0, 40.0, 0.6)
NOISE_PX = 0.3
"""How much the detector's word for the very same thing changes from frame to frame."""


def found(*heads: tuple[float, float, float, float, float]) -> Detections:
    nothing = np.empty((0, 5))
    return Detections(np.array(heads, np.float64).reshape(-1, 5), nothing, nothing)


def jittered(rng: np.random.Generator, x: float, y: float) -> tuple[float, float, float, float, float]:
    a, b, wide, high = (np.array([x, y, 40.0, 40.0]) + rng.normal(0.0, NOISE_PX, 4)).tolist()
    return a, b, wide, high, 0.6


def settled(fixtures: Fixtures, seconds: float, rng: np.random.Generator) -> list[int]:
    """How many heads are left of each of the ball's frames."""
    frames = range(int(seconds * HZ))
    return [len(fixtures.without(found(jittered(rng, 300, 200)), i / HZ).heads) for i in frames]


def test_a_ball_on_a_shelf_is_furniture_after_a_minute() -> None:
    left = settled(Fixtures(), 2 * SETTLED_S, np.random.default_rng(1))
    assert all(left[: int((SETTLED_S - 1) * HZ)])
    assert not any(left[int((SETTLED_S + 1) * HZ) :])


def test_who_stands_still_sways_and_stays_somebody() -> None:
    rng, fixtures = np.random.default_rng(2), Fixtures()
    for i in range(int(5 * SETTLED_S * HZ)):
        sway = 4.0 * np.sin(i / HZ * 2 * np.pi / 11.0)  # 2.5 cm, in eleven seconds
        assert len(fixtures.without(found(jittered(rng, 300 + sway, 200)), i / HZ).heads) == 1


def test_who_walks_past_the_ball_is_seen_all_the_way_and_the_ball_stays_furniture() -> None:
    rng, fixtures = np.random.default_rng(3), Fixtures()
    settled(fixtures, 2 * SETTLED_S, rng)
    for i in range(100):
        walker = (200.0 + 2 * i, 205.0, 52.0, 52.0, 0.9)
        heads = fixtures.without(found(jittered(rng, 300, 200), walker), 2 * SETTLED_S + i / HZ).heads
        assert heads[:, 2].tolist() == [52.0]


def test_furniture_that_was_carried_off_leaves_the_place_free_within_the_hour() -> None:
    rng, fixtures = np.random.default_rng(4), Fixtures()
    settled(fixtures, 2 * SETTLED_S, rng)
    hour_s = 2 * SETTLED_S + 3601.0
    fixtures.without(found(), hour_s)
    assert len(fixtures.without(found(BALL), hour_s + 0.1).heads) == 1
