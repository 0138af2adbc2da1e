"""What people look like: the same in another place, turned, in other light and by another camera; and unlike others."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

from edge.camera.appearance import Appearance
from edge.camera.picture import Picture
from edge.optics import Lens, View, looking_down
from edge.records import PersonSeen, Point
from models.looks import auc
from models.render.camera import Sensor, bent
from models.render.figure import Looks, upright_posture
from models.render.film import Film, Painted
from models.render.light import Light
from models.render.paint import Paint, a_sheet
from models.render.people import some_looks
from models.render.scene import draw_people
from models.render.solids import Box
from tests.camera.scenes import film, shop, walk
from tests.camera.test_command import tebura

Vectors = NDArray[np.float64]
Stand = tuple[int, tuple[float, float], float]
"""Who, where, and facing which way, degrees."""

LENS = Lens(480, 360, 200.0, 200.0, 239.5, 179.5, bent(0.9, [0.0, 0.0]))
ONE, OTHER = looking_down(LENS, (0.0, 0.0, 2.8)), looking_down(LENS, (0.7, -0.3, 3.1), 100.0)
LAMPS = Light(0.3, 0.7, 0.2, np.array([0.5, 0.5, 0.7], np.float32))
SENSOR = Sensor(0.45, (1.0, 1.0, 1.0), 2.2, 1.0, 0.1, 0.5, 0.01, 95)
DARK_AND_WARM = replace(SENSOR, bright=0.3, tint=(0.85, 0.98, 1.15))
FLOOR = Painted(
    Box(np.array([-4, -4, -0.1], np.float32), np.array([8, 8, 0.1], np.float32), np.eye(3, dtype=np.float32)),
    Paint((0.4, 0.42, 0.45), "tiles", (0.3, 0.3, 0.3), 0.4),
)
HEAD_M = 1.57
PEOPLE = 8


@cache
def shopper(number: int) -> Looks:
    rng = np.random.default_rng([7, number])
    return replace(some_looks(rng, a_sheet(rng)), height_m=1.7, burden="none", held=(None, None))


@cache
def floor(view: View) -> Film:
    empty = Film(view, LAMPS)
    empty.draw([FLOOR])
    return empty


def picture(stands: Sequence[Stand], view: View = ONE, sensor: Sensor = SENSOR) -> Picture:
    drawn = []
    for who, (x, y), degrees in stands:
        turn = math.radians(degrees)
        aside = 0.25 * np.array([math.sin(turn), -math.cos(turn)])
        wrists = np.array([[x - aside[0], y - aside[1], 0.85], [x + aside[0], y + aside[1], 0.85]])
        drawn.append(
            (upright_posture(np.array([x, y, HEAD_M]), np.array([x, y]), wrists, turn, 0.1, 1.7), shopper(who))
        )
    return sensor.develop(draw_people(floor(view), drawn)[0].exposure(), np.random.default_rng(1))


def told(
    shown: Picture, heads: Sequence[Point], view: View = ONE, sensor: Sensor = SENSOR
) -> list[tuple[float, ...] | None]:
    """What a camera that has seen its shop empty says of people with heads there."""
    eyes = Appearance()
    eyes.seen(picture([], view, sensor), [], None, view, 0.0)
    return [p.embedding for p in eyes.seen(shown, [PersonSeen(h, (), 1.0) for h in heads], None, view, 1.0)]


def vectors(stands: Sequence[Stand], view: View = ONE, sensor: Sensor = SENSOR) -> Vectors:
    """Of people who stand apart: (n, numbers)."""
    return np.array(told(picture(stands, view, sensor), [(*spot, HEAD_M) for _, spot, _ in stands], view, sensor))


def in_pairs(turn: float, shift: float) -> list[list[Stand]]:
    """Everybody, two in a picture, at so many degrees and so far beside the middle."""
    spots = ((0.75 - shift, 0.2 + shift), (-0.6 + shift, -0.4 - shift))
    return [[(i + j, spot, turn + 80.0 * j) for j, spot in enumerate(spots)] for i in range(0, PEOPLE, 2)]


@cache
def everybody(turn: float, shift: float, view: View, sensor: Sensor) -> Vectors:
    return np.concatenate([vectors(pair, view, sensor) for pair in in_pairs(turn, shift)])


def told_apart(ones: Vectors, others: Vectors) -> float:
    """AUC of the same people against others, the same order both times."""
    cosines = ones @ others.T
    same = np.eye(len(cosines), dtype=bool)
    return auc(cosines[same], cosines[~same])


def test_a_vector_is_of_length_one() -> None:
    assert np.linalg.norm(everybody(10.0, 0.0, ONE, SENSOR), axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("view", "sensor", "least"), [(ONE, SENSOR, 0.95), (OTHER, DARK_AND_WARM, 0.92)], ids=["one camera", "two cameras"]
)
def test_the_same_person_looks_more_alike_than_two(view: View, sensor: Sensor, least: float) -> None:
    assert told_apart(everybody(10.0, 0.0, ONE, SENSOR), everybody(150.0, 0.25, view, sensor)) > least


def test_whoever_turns_round_looks_the_same() -> None:
    front, back = everybody(0.0, 0.0, ONE, SENSOR), everybody(180.0, 0.0, ONE, SENSOR)
    assert np.median((front * back).sum(axis=1)) > 0.8
    assert told_apart(front, back) > 0.95


def test_other_lamps_and_another_exposure_change_little() -> None:
    bright, dark = everybody(0.0, 0.0, ONE, SENSOR), everybody(0.0, 0.0, ONE, DARK_AND_WARM)
    assert (bright * dark).sum(axis=1).min() > 0.85


def test_the_light_is_followed() -> None:
    """The lamps become warmer while the camera looks: half a minute later nobody looks different for it."""
    stands: list[Stand] = [(0, (0.75, 0.2), 0.0)]
    people = [PersonSeen((0.75, 0.2, HEAD_M), (), 1.0)]
    eyes = Appearance()
    cold, warm_floor = picture([]), picture([], sensor=DARK_AND_WARM)
    for second in range(60):
        eyes.seen(cold, [], None, ONE, float(second))
    (before,) = eyes.seen(picture(stands), people, None, ONE, 60.0)
    warm = picture(stands, sensor=DARK_AND_WARM)
    (at_once,) = eyes.seen(warm, people, None, ONE, 60.1)
    for second in range(61, 240):
        eyes.seen(warm_floor, [], None, ONE, float(second))
    (later,) = eyes.seen(warm, people, None, ONE, 240.0)
    assert np.dot(before.embedding or (), later.embedding or ()) > 0.9
    assert np.dot(before.embedding or (), later.embedding or ()) > np.dot(
        before.embedding or (), at_once.embedding or ()
    )


def test_there_is_no_vector_at_the_edge_and_behind_somebodys_head() -> None:
    edge = ONE.at_height([[479.3, 180.0]], HEAD_M)[0]
    behind = (0.9 * 1.45, 0.2 * 1.45, 2.8 - 1.45 * (2.8 - HEAD_M))
    assert told(picture([]), [(float(edge[0]), float(edge[1]), HEAD_M)]) == [None]
    before, hidden = told(picture([(0, (0.9, 0.2), 0.0)]), [(0.9, 0.2, HEAD_M), behind])
    assert before is not None
    assert hidden is None


@pytest.mark.parametrize("wanted", [True, False])
def test_it_is_said_where_the_site_wants_it(tmp_path: Path, wanted: bool) -> None:
    video = film(tmp_path / "walk.avi", walk(4, of=2))
    camera = f'[[camera]]\nid = "cam"\nsource = "{video}"\nappearance = {str(wanted).lower()}'
    done = tebura("camera", "cam", "--store", shop(tmp_path / "shop", camera), "--video", video, "--dry-run")
    assert done.returncode == 0, done.stderr
    people = [person for line in done.stdout.splitlines() for person in json.loads(line)["people"]]
    assert people
    assert all(("embedding" in person) is wanted for person in people)
    for person in people if wanted else ():
        assert math.hypot(*person["embedding"]) == pytest.approx(1.0, abs=0.01)
        assert all(round(number, 3) == number for number in person["embedding"])
