"""Cameras that see people beside where they are: what can be learned of that, and what must not."""

from __future__ import annotations

import math

import numpy as np

from edge.floor import FloorState, open_floor, positions, update_tracks
from edge.floor.tracks import bias_of
from edge.records import PeopleFrame, PersonSeen

DOOR, EXIT = (0.0, 0.0), (6.0, 0.0)
OFF_M = {"c1": 0.0, "c2": 0.08}
"""How far to the right each camera sees people."""


def walked(visits: int, off_m: dict[str, float], seed: int = 1) -> FloorState:
    """People walk from the door to the exit, one after another, and stop for a while on the way."""
    rng = np.random.default_rng(seed)
    floor, at_s = open_floor([DOOR], [EXIT]), 1000.0
    for _ in range(visits):
        for n in range(240):
            x = min(3.0, n / 20) if n < 140 else 3.0 + (n - 140) / 20
            camera = sorted(off_m)[n % len(off_m)]
            dx, dy, dz = rng.normal(0, 0.03, 3)
            seen = PersonSeen((x + off_m[camera] + dx, 0.5 + dy, 1.7 + dz), (), 0.9)
            update_tracks(floor, PeopleFrame(at_s, at_s, camera, (seen,)))
            at_s += 0.05
        for n in range(80):
            update_tracks(floor, PeopleFrame(at_s, at_s, sorted(off_m)[n % len(off_m)], ()))
            at_s += 0.05
    return floor


def test_people_who_all_walk_the_same_way_push_no_camera_along() -> None:
    """Who walks is seen ahead of where they were expected; a month of that must not move people beside the shelves.
    What is learned from who walks is a decimetre after forty visits.
    """
    for cameras in ({"c1": 0.0}, {"c1": 0.0, "c2": 0.0}, {"c1": 0.0, "c2": 0.0, "c3": 0.0}):
        floor = walked(40, cameras)
        for camera in cameras:
            assert math.hypot(*bias_of(floor, camera)) < 0.03, cameras


def test_what_cameras_differ_by_is_learned_and_shared() -> None:
    floor = walked(40, OFF_M)
    assert abs(bias_of(floor, "c2")[0] - bias_of(floor, "c1")[0] - 0.08) < 0.02
    assert abs(bias_of(floor, "c2")[0] + bias_of(floor, "c1")[0]) < 0.01


def test_a_camera_that_is_far_off_is_not_followed_far() -> None:
    floor = walked(40, {"c1": 0.0, "c2": 0.5})
    assert max(abs(x) for camera in ("c1", "c2") for x in bias_of(floor, camera)) <= 0.15
    assert len(positions(floor)) <= 2
