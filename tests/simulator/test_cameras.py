"""Cameras: near the truth, and wrong in the ways in which cameras are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.records import PersonSeen
from edge.store import Camera
from simulator.cameras import Eye, reach_of
from simulator.floorplan import FloorPlan
from simulator.people import Body, born
from simulator.plates import Blind
from tests.simulator.plays import SHOP

FLOOR = FloorPlan(SHOP.layout)
LENS = Camera("c", (1.5, 1.5, 2.7))
Frames = list[tuple[float, float, list[PersonSeen]]]


def standing(x: float, y: float, name: str = "ana") -> Body:
    body = born(name, 0, 1)
    body.appear(0.0, (x, y))
    body.stay(100.0)
    return body


def looked(*bodies: Body, blind: tuple[Blind, ...] = (), rough: float = 1.0, seed: int = 1) -> Frames:
    return list(Eye(LENS, bodies, FLOOR, 2.8, blind, rough, seed).frames(1.0, 61.0))


def heads(frames: Frames) -> np.ndarray:
    return np.array([p.head for _, _, people in frames for p in people if p.hands or p.score > 0.5])


def test_somebody_who_stands_there_is_mostly_seen_near_where_they_are() -> None:
    body = standing(1.2, 1.0)
    frames = looked(body)
    seen = [people for _, _, people in frames if people]
    assert 0.85 < len(seen) / len(frames) < 0.999
    true = body.pose(np.array([10.0, 10.1])).head[0]
    off = np.median(heads(frames), axis=0) - true
    assert np.abs(off).max() < 0.12
    assert 0.02 < np.std(heads(frames)[:, 2]) < 0.25


def test_each_camera_is_wrong_in_its_own_way() -> None:
    medians = [np.median(heads(looked(standing(1.2, 1.0), seed=seed)), axis=0) for seed in range(4)]
    assert np.ptp(medians, axis=0).max() > 0.01


def test_wrists_are_missed_every_third_time() -> None:
    frames = looked(standing(1.2, 1.0))
    hands = sum(len(p.hands) for _, _, people in frames for p in people)
    people = sum(len(people) for _, _, people in frames)
    assert 0.5 < hands / (2 * people) < 0.85


def test_two_heads_together_become_one() -> None:
    apart = looked(standing(1.0, 1.0), standing(1.9, 1.0, "ben"))
    together = looked(standing(1.0, 1.0), standing(1.12, 1.0, "ben"))
    assert np.mean([len(p) for _, _, p in apart]) > 1.7
    assert np.mean([len(p) for _, _, p in together]) < 1.5


def test_rough_cameras_are_worse() -> None:
    fine, rough = (heads(looked(standing(1.2, 1.0), rough=r)) for r in (0.5, 2.0))
    assert np.std(rough[:, 0]) > 2 * np.std(fine[:, 0])
    assert len(rough) < len(fine)


def test_nobody_is_seen_from_afar_and_now_and_then_nobody_is_somebody() -> None:
    frames = looked(standing(5.6, 5.0), rough=3.0)
    ghosts = sum(len(people) for _, _, people in frames)
    assert 0 < ghosts < 0.2 * len(frames)


def test_a_silent_camera_sends_nothing() -> None:
    frames = looked(standing(1.2, 1.0), blind=(Blind(0, "silent", 20.0, 30.0),))
    assert not [m for m, _, _ in frames if 20 <= m < 30]


def test_frames_come_ten_a_second_and_a_little_late() -> None:
    frames = looked()
    received = [r for _, r, _ in frames]
    assert len(frames) == pytest.approx(600, abs=2)
    assert received == sorted(received)
    assert all(0.055 < r - m < 0.14 for m, r, _ in frames)


def test_together_they_see_the_whole_floor() -> None:
    reach_m = reach_of(SHOP.layout.cameras, FLOOR)
    for shelf in SHOP.layout.shelves:
        for plate in range(1, shelf.plates + 1):
            spot = FLOOR.stand(shelf.id, (plate - 0.5) * shelf.plate_width)
            assert any(math.dist(spot, c.position[:2]) < reach_m for c in SHOP.layout.cameras)
