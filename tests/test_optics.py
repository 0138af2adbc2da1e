"""One lens model for all: it is OpenCV's, and what it projects it finds again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.optics import Distortion, Lens, View, looking_down, turn_of, turned

small = st.floats(-0.15, 0.15)
bends = st.floats(0.0, 1.0)


def fisheye(bend: float, askew: tuple[float, float] = (0.0, 0.0)) -> Distortion:
    q = bend * bend
    return 7 / 9 * q, 64 / 945 * q * q, *askew, 0.0, 10 / 9 * q, 5 / 21 * q * q, 0.0


def a_view(bend: float, tilt: tuple[float, float], yaw_deg: float) -> View:
    lens = Lens(640, 480, 210.0, 208.0, 322.0, 236.0, fisheye(bend, (0.001, -0.0006)))
    level = looking_down(lens, (1.0, 2.0, 2.7), yaw_deg)
    return View(lens, level.position, turn_of(turned((*tilt, 0.0)) @ level.camera_from_store))


@settings(deadline=None)
@given(bends, st.tuples(small, small), st.floats(-180, 180))
def test_it_is_opencvs_model(bend: float, tilt: tuple[float, float], yaw_deg: float) -> None:
    view = a_view(bend, tilt, yaw_deg)
    points = np.array([[x, y, z] for x in (0.2, 1.0, 2.1) for y in (1.3, 2.0, 2.6) for z in (0.0, 0.9, 1.6)])
    away = -view.camera_from_store @ np.array(view.position)
    theirs, _ = cv2.projectPoints(
        points, np.array(view.rotation), away, view.lens.matrix, np.array(view.lens.distortion)
    )
    assert np.allclose(view.pixels(points), theirs[:, 0], atol=1e-6)


@settings(deadline=None)
@given(bends, st.tuples(small, small), st.floats(-180, 180))
def test_a_pixel_finds_its_point_again(bend: float, tilt: tuple[float, float], yaw_deg: float) -> None:
    view = a_view(bend, tilt, yaw_deg)
    points = np.array([[x, y, 1.5] for x in np.linspace(0, 2, 7) for y in np.linspace(1.2, 2.8, 7)])
    assert np.allclose(view.at_height(view.pixels(points), points[:, 2]), points, atol=1e-6)


def test_straight_down_means_straight_down() -> None:
    view = looking_down(Lens(640, 480, 300, 300, 320, 240), (1.0, 2.0, 3.0))
    right, ahead = view.pixels([[2.0, 2.0, 0.0], [1.0, 3.0, 0.0]])
    assert right == pytest.approx([420, 240])
    assert ahead == pytest.approx([320, 140]), "the upper edge of the picture is towards +y"
    assert view.at_height([[320, 240]], 1.7)[0] == pytest.approx([1.0, 2.0, 1.7])


def test_what_no_pixel_shows_is_not_seen() -> None:
    view = looking_down(Lens(640, 480, 300, 300, 320, 240), (1.0, 2.0, 3.0))
    assert np.isnan(view.pixels([[1.0, 2.0, 3.5]])).all(), "above the lens"
    assert np.isnan(view.pixels([[40.0, 2.0, 2.9]])).all(), "outside any lens' field"
    assert np.isnan(view.at_height([[320, 240]], 3.4)).all(), "the ray goes down"


def test_a_ball_is_as_large_as_the_lens_says() -> None:
    view = a_view(0.9, (0.05, 0.02), 30.0)
    centre, radius = np.array([2.4, 2.9, 1.4]), 0.01
    sphere = np.random.default_rng(1).normal(size=(4000, 3))
    seen = view.pixels(centre + radius * sphere / np.linalg.norm(sphere, axis=1, keepdims=True))
    size = np.ptp(seen, axis=0)
    (told,) = view.balls([centre], 2 * radius)
    assert size == pytest.approx(told, rel=0.02)


def test_a_smaller_picture_of_the_same_view() -> None:
    view = a_view(0.7, (0.0, 0.1), 0.0)
    points = np.array([[0.5, 1.5, 0.0], [1.7, 2.4, 1.0]])
    whole, half = view.pixels(points), view.scaled(320, 240).pixels(points)
    assert np.allclose((whole + 0.5) / 2 - 0.5, half)


@settings(deadline=None)
@given(st.lists(st.floats(-3.1, 3.1), min_size=3, max_size=3))
def test_turns_come_back(vector: list[float]) -> None:
    matrix = turned(vector)
    assert np.allclose(turned(turn_of(matrix)), matrix, atol=1e-9)
