"""Tracks, by what cameras get wrong."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from edge.floor import (
    DuplicateTrack,
    FloorState,
    IdentitySwitch,
    keep,
    open_floor,
    positions,
    reaches,
    update_tracks,
    went_through,
)
from edge.records import PeopleFrame, PersonSeen

DOOR, EXIT = (0.0, 0.0), (20.0, 0.0)
Path = Callable[[float], tuple[float, float, float] | None]
"""Where somebody's head is at a time, or None while nobody sees them."""


def watch(paths: list[Path], seconds: float, seed: int = 1) -> tuple[FloorState, list[IdentitySwitch]]:
    """Two cameras at 10 Hz with 4 cm noise look at people."""
    rng = np.random.default_rng(seed)
    floor, doubts = open_floor([DOOR], [EXIT]), []
    for frame in range(round(seconds * 20)):
        at_s = frame / 20
        heads = [path(at_s) for path in paths]
        off = rng.normal(0, 0.04, (len(heads), 3))
        people = tuple(
            PersonSeen((head[0] + dx, head[1] + dy, head[2] + dz), (), 1)
            for head, (dx, dy, dz) in zip(heads, off.tolist(), strict=True)
            if head is not None
        )
        told = update_tracks(floor, PeopleFrame(at_s + 0.1, at_s, f"c{frame % 2}", people))
        doubts += [t for t in told if isinstance(t, IdentitySwitch)]
    return floor, doubts


def walk(x0: float, x1: float, y: float, height_m: float, from_s: float, to_s: float) -> Path:
    """Along x at height; standing before and after."""

    def path(at_s: float) -> tuple[float, float, float]:
        share = min(1.0, max(0.0, (at_s - from_s) / (to_s - from_s)))
        return x0 + share * (x1 - x0), y, height_m

    return path


def test_a_person_is_one_track() -> None:
    floor, doubts = watch([walk(0.0, 4.0, 0.0, 1.7, 1, 5)], 6)
    ((_, x, y),) = positions(floor)
    assert math.dist((x, y), (4.0, 0.0)) < 0.1
    assert doubts == []


def test_a_missed_second_changes_nothing() -> None:
    whole = walk(0.0, 4.0, 0.0, 1.7, 1, 5)
    floor, _ = watch([lambda t: None if 2.5 < t < 3.5 else whole(t)], 6)
    assert [track for track, _, _ in positions(floor)] == [1]


def test_a_ghost_is_nobody() -> None:
    floor, _ = watch([lambda t: (3.0, 2.0, 1.5) if 1.0 < t < 1.2 else None], 4)
    assert positions(floor) == []


def test_who_is_lost_in_the_middle_of_the_shop_is_found_again() -> None:
    whole = walk(0.0, 4.0, 0.0, 1.7, 1, 5)
    floor, _ = watch([lambda t: None if 3.0 < t < 7.0 else whole(t)], 9)
    assert [track for track, _, _ in positions(floor)] == [1]


def seen_by(cameras: dict[str, Callable[[float], list[PersonSeen]]], seconds: float) -> tuple[FloorState, int]:
    """Cameras that each see what they see, in turn, ten times a second; and how many doubts they left."""
    floor, doubts = open_floor([DOOR], [EXIT]), 0
    for frame in range(round(seconds * 10)):
        for turn, (camera, look) in enumerate(cameras.items()):
            at_s = frame / 10 + turn / 40
            told = update_tracks(floor, PeopleFrame(at_s + 0.1, at_s, camera, tuple(look(at_s))))
            doubts += sum(isinstance(t, IdentitySwitch) for t in told)
    return floor, doubts


def somebody(x: float, y: float, error_m: float | None = None) -> PersonSeen:
    return PersonSeen((x, y, 1.6), (), 1.0, error_m=error_m)


def test_a_camera_that_sees_somebody_elsewhere_than_the_others_makes_nobody() -> None:
    """One at the far edge of a picture is put 38 cm further away, for a quarter of a minute."""
    right = {camera: (lambda t: [somebody(2.0, 1.0)]) for camera in ("c1", "c2")}
    floor, doubts = seen_by({**right, "edge": lambda t: [somebody(2.0, 1.38)] if t > 3 else []}, 18)
    ((_, x, y),) = positions(floor)
    assert math.dist((x, y), (2.0, 1.0)) < 0.15
    assert doubts == 0


def test_who_is_beside_somebody_in_one_picture_is_somebody() -> None:
    """They step out from behind a shelf, 40 cm from who is there."""
    both = [somebody(2.0, 1.0), somebody(2.0, 1.4)]
    floor, _ = seen_by({c: (lambda t: both if t > 3 else both[:1]) for c in ("c1", "c2")}, 6)
    assert len(positions(floor)) == 2


def test_what_one_camera_of_three_sees_beside_somebody_is_its_ghost() -> None:
    """A reflection, 80 cm from who is there, for most of a second."""
    both = [somebody(2.0, 1.0), somebody(2.0, 1.8)]
    right = {camera: (lambda t: both[:1]) for camera in ("c1", "c2")}
    floor, doubts = seen_by({**right, "mirror": lambda t: both if 3.0 < t < 3.9 else both[:1]}, 4.5)
    assert [track for track, _, _ in positions(floor)] == [1]
    assert doubts == 0


def test_who_is_in_the_way_of_one_camera_only_is_somebody_all_the_same() -> None:
    """The two others see who stands beside them, and not what is behind a shelf."""
    both = [somebody(2.0, 1.0), somebody(2.0, 1.8)]
    right = {camera: (lambda t: both[:1]) for camera in ("c1", "c2")}
    floor, _ = seen_by({**right, "near": lambda t: both if t > 3.0 else both[:1]}, 6)
    assert len(positions(floor)) == 2


def test_who_is_missing_may_turn_up_where_no_camera_sees_both() -> None:
    """They vanish behind a shelf, and come out beside somebody else; each camera sees only who is nearer."""
    one, gone, back = somebody(2.0, 1.0), somebody(3.6, 1.4), somebody(2.0, 1.4)
    floor, _ = seen_by({
        "c1": lambda t: [one, gone] if t < 8 else [one],
        "c2": lambda t: [one, gone] if t < 8 else [one] if t < 10 else [back],
    }, 12)  # fmt: skip
    assert {(track, round(y, 1)) for track, _, y in positions(floor)} == {(1, 1.0), (2, 1.4)}


def test_a_place_that_a_camera_doubts_counts_less() -> None:
    """After two seconds the second camera sees somebody, and 25 cm aside."""
    moved = {}
    for told in (None, 0.3):
        aside = somebody(2.0, 1.25, told)
        floor, _ = seen_by({"c1": lambda t: [somebody(2.0, 1.0)], "edge": lambda t: [aside] if t > 2 else []}, 2.4)  # noqa: B023
        ((_, _, y),) = positions(floor)
        moved[told] = y - 1.0
    assert abs(moved[0.3]) < 0.02 < 0.05 < moved[None]


def test_people_who_pass_each_other_keep_their_tracks() -> None:
    floor, doubts = watch([walk(0.0, 4.0, 0.0, 1.55, 1, 4), walk(4.0, 0.0, 0.35, 1.80, 1, 4)], 6)
    where = {track: x for track, x, _ in positions(floor)}
    assert abs(where[1] - 4.0) < 0.3
    assert abs(where[2]) < 0.3
    assert all(d.ways[0][0] == d.tracks and d.ways[0][1] > 0.95 for d in doubts)


def test_people_of_one_height_who_vanish_into_one_blob_are_in_doubt() -> None:
    """They meet, stand as one for two seconds, and go back to where they came from, or on: nobody can know."""

    def left(t: float) -> tuple[float, float, float]:
        return (min(2.0, 0.5 * t), 1.0, 1.7) if t < 6 else (max(0.5, 2.0 - 0.5 * (t - 6)), 1.0, 1.7)

    def right(t: float) -> tuple[float, float, float] | None:
        if 4.0 < t < 6.0:
            return None
        return (max(2.0, 4.0 - 0.5 * t), 1.0, 1.7) if t < 6 else (min(3.5, 2.0 + 0.5 * (t - 6)), 1.0, 1.7)

    _, doubts = watch([left, right], 9)
    assert doubts
    assert min(max(p for _, p in d.ways) for d in doubts) < 0.9


def test_who_walks_through_the_gate_passed_it_and_not_who_waits_in_it() -> None:
    paths = [walk(-0.6, 1.0, 0.0, 1.7, 2.0, 3.6), walk(-0.3, -0.3, 0.1, 1.6, 0, 1)]
    floor, _ = watch(paths, 3.4)
    weights = went_through(floor, DOOR, 2.6, leaving=False)
    walker = min(positions(floor), key=lambda p: -p[1])[0]
    assert max(weights, key=lambda t: weights[t]) == walker
    assert weights[walker] > 0.9


def test_a_hand_in_the_shelf_is_nearer_than_one_beside_it() -> None:
    floor = open_floor([DOOR], [EXIT])
    for frame in range(40):
        hands = ((2.05, 0.15, 1.1), (2.4, -0.3, 0.9))
        person = PersonSeen((2.1, -0.35, 1.6), hands, 1)
        update_tracks(floor, PeopleFrame(frame / 20 + 0.1, frame / 20, "c1", (person,)))
    box = ((2.0, 0.0, 1.0), (2.1, 0.4, 1.3))
    (near,) = reaches(floor, (0.0, 0.0, 0.0), 0.0, box, 1.0, 2.0)
    (beside,) = reaches(floor, (0.0, 0.0, 0.0), 0.0, ((3.0, 0.0, 1.0), (3.1, 0.4, 1.3)), 1.0, 2.0)
    assert near.hand_gap_m < 0.02
    assert beside.hand_gap_m > 0.5


def test_a_ghost_that_somebody_walks_into_is_not_a_second_person_for_long() -> None:
    """One camera's reflection, long enough to be somebody; then its place is where a visitor stands."""
    floor, told = open_floor([DOOR], [EXIT]), []
    for frame in range(1200):
        at_s = frame / 60
        heads = [(2.0 + min(1.0, max(0.0, at_s - 4.0)), 1.0)]
        if frame % 3 == 0 and 2.0 < at_s < 4.4:
            heads.append((3.0, 1.1))
        people = tuple(somebody(x, y) for x, y in heads)
        told += update_tracks(floor, PeopleFrame(at_s + 0.1, at_s, f"c{frame % 3}", people))
        if frame == 60:
            keep(floor, [1])
    (same,) = (t for t in told if isinstance(t, DuplicateTrack))
    assert same.of == 1
    assert [track for track, _, _ in positions(floor)] == [1]
    assert not any(isinstance(t, IdentitySwitch) for t in told)
