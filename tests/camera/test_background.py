"""The camera learns its shop without people, and tells what is new in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")

import cv2

from edge.camera.background import NEW, Background
from edge.camera.picture import Picture

SIZE = (120, 160)
HZ = 10.0
HERE, THERE = (slice(40, 70), slice(50, 80)), (slice(80, 100), slice(100, 130))
NOBODY: NDArray[np.float64] = np.empty((0, 3))
SOMEBODY = np.array([[65.0, 55.0, 30.0]])
"""Around `HERE`."""


def shop(rng: np.random.Generator, bright: float = 1.0) -> Picture:
    """A floor with a pattern, as a camera shows it: with noise."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    floor = 90.0 + 40.0 * ((x // 16 + y // 16) % 2)
    noisy = floor[..., None] * bright * (1.0, 0.9, 0.8) + rng.normal(0, 1.5, (*SIZE, 3))
    return np.asarray(noisy.clip(0, 255), np.uint8)


def at(picture: Picture, place: tuple[slice, slice], colour: tuple[int, int, int] = (30, 40, 200)) -> Picture:
    shown = picture.copy()
    shown[place] = colour
    return shown


def watched(background: Background, seconds: float, picture: Picture, begin_s: float, people=NOBODY) -> None:  # type: ignore[no-untyped-def]
    for i in range(round(seconds * HZ)):
        background.learn(picture, begin_s + i / HZ, people)


@pytest.mark.parametrize("bright", [1.0, 0.8, 1.3])
def test_who_came_in_is_new_whatever_the_exposure_does(bright: float) -> None:
    rng = np.random.default_rng(1)
    background = Background()
    assert (background.novelty(shop(rng)) == NEW).all()
    watched(background, 2.0, shop(rng), 0.0)
    new = background.novelty(at(shop(rng, bright), HERE))
    assert new[HERE].min() > 150
    new[HERE] = 0
    assert np.percentile(new, 99) < 40


def test_where_somebody_stands_nothing_is_learned_until_they_go() -> None:
    rng = np.random.default_rng(2)
    background = Background()
    watched(background, 120.0, at(shop(rng), HERE), 0.0, SOMEBODY)
    new = background.novelty(at(shop(rng), HERE))
    assert (new[HERE] == NEW).all()
    assert new[THERE].max() < 40
    watched(background, 11.0, shop(rng), 120.0)
    assert background.novelty(shop(rng))[HERE].max() < 40


def test_who_is_missed_in_some_frames_is_not_taken_for_furniture() -> None:
    rng = np.random.default_rng(7)
    background = Background()
    watched(background, 2.0, shop(rng), 0.0)
    for i in range(600):
        people = SOMEBODY if rng.random() < 0.8 else NOBODY
        background.learn(at(shop(rng), HERE), 2.0 + i, people)
    assert background.novelty(at(shop(rng), HERE))[HERE].min() > 150


def test_a_memory_that_began_too_bright_or_black_is_put_right_within_a_minute() -> None:
    for begin in (2.2, 0.0):
        rng = np.random.default_rng(8)
        background = Background()
        watched(background, 2.0, shop(rng, begin), 0.0)
        watched(background, 60.0, shop(rng, 1.6), 2.0)
        assert np.percentile(background.novelty(shop(rng, 1.6)), 90) < 60


def test_who_passes_unnoticed_leaves_no_trace() -> None:
    rng = np.random.default_rng(3)
    background = Background()
    watched(background, 2.0, shop(rng), 0.0)
    for i in range(60):
        passing = at(shop(rng), (slice(40, 70), slice(2 * i, 2 * i + 30)))
        background.learn(passing, 2.0 + i / HZ, NOBODY)
    assert background.novelty(shop(rng)).max() < 60


def test_goods_that_were_taken_are_forgotten_within_a_minute() -> None:
    rng = np.random.default_rng(4)
    background = Background()
    watched(background, 2.0, at(shop(rng), THERE, (60, 60, 180)), 0.0)
    assert background.novelty(shop(rng))[THERE].min() > 100
    watched(background, 60.0, shop(rng), 2.0)
    assert background.novelty(shop(rng))[THERE].max() < 40


def test_a_camera_of_another_size_begins_anew() -> None:
    rng = np.random.default_rng(5)
    background = Background(shop(rng))
    larger = np.asarray(cv2.resize(shop(rng), (320, 240)), np.uint8)
    assert (background.novelty(larger) == NEW).all()
    background.learn(larger, 0.0, NOBODY)
    assert background.novelty(larger).max() < 40


@pytest.mark.parametrize("by_pixel", [False, True])
def test_a_red_ball_that_was_always_there_is_no_head_for_a_network_that_asks_what_is_new(
    tmp_path: Path, by_pixel: bool
) -> None:
    pytest.importorskip("onnx", reason="the test's network is built with onnx")
    from onnx import TensorProto

    from edge.camera.detect import Detections, Detector
    from tests.camera.nets import HEIGHT, SQUARE, WIDTH, colour_net

    def picture(*corners: tuple[int, int]) -> Picture:
        made = np.full((HEIGHT * 2, WIDTH * 2, 3), 30, np.uint8)
        for x, y in corners:
            made[y : y + 2 * SQUARE, x : x + 2 * SQUARE] = (0, 0, 255)
        return made

    kind = TensorProto.UINT8 if by_pixel else TensorProto.FLOAT
    net = colour_net(tmp_path / "net.onnx", colours=4, kind=kind, by_pixel=by_pixel)
    detector, background = Detector(net), Background()
    ball, head, nothing = (104, 152), (504, 304), np.empty((0, 5))
    assert len(detector.detect(picture(ball), background).heads) == 1
    detector.remember(background, Detections(nothing, nothing, nothing), 0.0)
    found = detector.detect(picture(ball, head), background)
    assert len(found.heads) == 1
    assert found.heads[0, :2] == pytest.approx([head[0] + SQUARE, head[1] + SQUARE], abs=10)
    detector.remember(background, found, 1.0)
    assert len(detector.detect(picture(ball, head), background).heads) == 1
    assert len(detector.detect(picture(ball, head)).heads) == 2
