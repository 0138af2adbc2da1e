"""Rendered pictures say the truth: things are where the lens puts them, and hidden is hidden."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.optics import Lens, View, looking_down
from models.background import plane, read_empty
from models.evaluate import WHOLE
from models.render.camera import bent
from models.render.dataset import LEAST_AREA, SHOTS, OtherPictures, a_camera, boxes, pictures, render
from models.render.figure import HEAD, PARTS, RIGHT, Looks, figure, upright_posture
from models.render.film import Film, Painted
from models.render.hand import Grip, hand
from models.render.light import Light
from models.render.paint import Paint, a_sheet
from models.render.people import some_looks
from models.render.scene import draw_people
from models.render.shop import a_layout
from models.render.solids import Array, Box, Limb, upright

LIGHT = Light(0.3, 0.7, 0.1, np.array([0.0, 0.6, 0.8], np.float32))
SMALL = (640, 480)
VIEW = looking_down(Lens(416, 320, 170.0, 170.0, 207.5, 159.5, bent(0.9, [0.001, -0.001])), (0.0, 0.0, 3.0), 15.0)


def somebody() -> Looks:
    rng = np.random.default_rng(4)
    return replace(some_looks(rng, a_sheet(rng)), height_m=1.7, burden="none", hair="short", held=(None, None))


def standing(x: float, y: float, wrists: list[list[float]] | None = None) -> tuple[list[Painted], Array]:
    hands = np.array(wrists or [[x - 0.3, y, 0.85], [x + 0.3, y, 0.85]], np.float32)
    head = np.array([x, y, 1.57], np.float32)
    posture = upright_posture(head, np.array([x, y]), hands, math.pi / 2, 0.0, 1.7)
    return figure(posture, somebody(), 1), head


@pytest.mark.parametrize("point", [(0.2, 0.1, 1.4), (1.3, -0.9, 0.6), (-1.5, 0.8, 0.2)])
def test_a_thing_is_drawn_where_the_lens_puts_it(point: tuple[float, float, float]) -> None:
    film, at = Film(VIEW, LIGHT), np.array(point, np.float32)
    film.draw([Painted(Limb(at, at + np.float32(1e-4), 0.05, 0.05), Paint((1, 1, 1)), owner=7)])
    rows, columns = np.nonzero(film.owner == 7)
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(VIEW.pixels([point])[0]), abs=0.6)
    width = np.ptp(columns) + 1
    told = VIEW.balls([point], 0.10)[0, 0]
    assert width == pytest.approx(told, abs=1.5)


def test_what_stands_before_hides_what_is_behind() -> None:
    parts, head = standing(0.8, 0.3)
    film = Film(VIEW, LIGHT)
    film.draw(parts)
    assert film.visible(PARTS + HEAD)[1] > 0.95
    lid = Box(
        head + np.array([-0.3, -0.3, 0.3], np.float32), np.array([0.6, 0.6, 0.02], np.float32), upright(math.pi / 2)
    )
    film.draw([Painted(lid, Paint((0.2, 0.2, 0.2)))])
    shown, share = film.visible(PARTS + HEAD)
    assert shown == 0
    assert share == 0.0


def test_a_hand_under_a_shelf_board_is_not_to_be_found() -> None:
    board = Box(np.array([0.5, 0.25, 1.2], np.float32), np.array([0.8, 0.4, 0.03], np.float32), upright(math.pi / 2))
    empty = Film(VIEW, LIGHT)
    empty.draw([Painted(board, Paint((0.5, 0.5, 0.5)))])
    for hidden, y in ((True, 0.40), (False, 0.02)):
        wrists = np.array([[0.5, -0.3, 0.8], [0.9, y, 1.0]], np.float32)
        head = np.array([0.85, -0.2, 1.57], np.float32)
        posture = upright_posture(head, np.array([0.85, -0.25]), wrists, math.pi / 2, 0.0, 1.7)
        film, (seen,) = draw_people(empty, [(posture, somebody())])
        assert (seen.hands_seen[RIGHT - 2] < 0.1) == hidden
        labels = boxes(film.view, [seen])
        right = VIEW.pixels([seen.hands[1]])[0]
        near = np.hypot(*(labels[labels[:, 0] == 1][:, 1:3] - right).T) < 2
        assert near.any() != hidden


def test_what_shows_less_than_must_be_found_has_a_label_and_what_shows_hardly_anything_is_faint() -> None:
    head, wrists = np.array([0.85, -0.2, 1.57], np.float32), np.array([[0.5, -0.3, 0.8], [0.9, 0.0, 1.0]], np.float32)
    posture = upright_posture(head, np.array([0.85, -0.25]), wrists, math.pi / 2, 0.0, 1.7)
    _, (seen,) = draw_people(Film(VIEW, LIGHT), [(posture, somebody())])

    def told(shares: tuple[float, float], areas: tuple[float, float]) -> tuple[int, int]:
        person = replace(seen, hands_seen=shares, hands_area=(areas[0] * LEAST_AREA, areas[1] * LEAST_AREA))
        labels, faint = (boxes(VIEW, [person], hardly)[:, 0] == 1 for hardly in (False, True))
        return int(labels.sum()), int(faint.sum())

    assert told((WHOLE, WHOLE), (1.0, 1.0)) == (2, 0)
    assert told((0.32, 0.9), (1.0, 0.6)) == (2, 0)
    assert told((0.12, 0.9), (1.0, 0.4)) == (0, 2)
    assert told((0.0, 0.01), (0.0, 0.1)) == (0, 0)


def test_an_elbow_is_asked_for_where_it_shows() -> None:
    reaching = np.array([[0.5, -0.4, 0.85], [1.1, 0.35, 1.1]], np.float32)
    posture = upright_posture(
        np.array([0.9, -0.2, 1.57], np.float32), np.array([0.9, -0.25]), reaching, math.pi / 2, 0.0, 1.7
    )
    free = Film(VIEW, LIGHT)
    _, (seen,) = draw_people(free, [(posture, somebody())])
    assert seen.elbows_seen[RIGHT - 2] == 1.0
    assert math.dist(seen.elbows[1], seen.hands[1]) < 0.4
    lid = Box(seen.elbows[1] + np.array([-0.2, -0.2, 0.15], np.float32), np.array([0.4, 0.4, 0.02], np.float32),
              upright(math.pi / 2))  # fmt: skip
    covered = Film(VIEW, LIGHT)
    covered.draw([Painted(lid, Paint((0.5, 0.5, 0.5)))])
    _, (hidden,) = draw_people(covered, [(posture, somebody())])
    assert hidden.elbows_seen[RIGHT - 2] == 0.0
    assert [int((boxes(VIEW, [s])[:, 0] == 3).sum()) for s in (seen, hidden)] == [2, 1]


def test_a_box_says_how_far_away_a_head_is() -> None:
    _, (seen,) = draw_people(
        Film(VIEW, LIGHT),
        [(upright_posture(np.array([1.0, 0.5, 1.57], np.float32), np.array([1.0, 0.5]),
                          np.array([[0.7, 0.5, 0.8], [1.3, 0.5, 0.8]], np.float32), 0.0, 0.0, 1.7), somebody())],
    )  # fmt: skip
    (head,) = (row for row in boxes(VIEW, [seen]) if row[0] == 0)
    spread = VIEW.lens.spread([head[1:3]])[0]
    assert 0.24 * spread / head[3:] == pytest.approx(math.dist(seen.head, VIEW.position), rel=0.01)


def test_a_camera_that_is_to_look_into_the_room_does_and_sees_people_upright() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        layout = a_layout(rng)
        view = a_camera(rng, layout, SMALL, kept_back=False, aside=1.0)
        assert 20.0 < view.tilt_deg < 66.0
        ahead = view.at_height([[320.0, 240.0]], 0.5)[0]
        feet, head = view.pixels([[*ahead[:2], 0.1], [*ahead[:2], 1.6]])
        assert head[1] < feet[1] - 20.0, "heads are above feet"
        assert abs(head[0] - feet[0]) < 0.5 * (feet[1] - head[1])


def test_the_same_seed_draws_the_same_scene() -> None:
    one, other = (list(pictures("train", 0, 2, 5, SMALL)) for _ in range(2))
    assert all((a[0] == b[0]).all() for a, b in zip(one, other, strict=True))
    assert not (one[0][0] == next(pictures("train", 0, 1, 6, SMALL))[0]).all()


def test_beside_each_picture_lies_the_shop_without_its_people(tmp_path: Path) -> None:
    render(tmp_path, SHOTS, 0, 0, seed=5, processes=1, size=SMALL)
    heads, rest = [], []
    for path in sorted((tmp_path / "images" / "train").iterdir()):
        picture = np.asarray(cv2.imread(str(path)), np.uint8)
        new = plane(picture, read_empty(path, picture))
        labels = np.loadtxt(tmp_path / "labels" / "train" / f"{path.stem}.txt", ndmin=2).reshape(-1, 5)
        for _, x, y, _, _ in labels[labels[:, 0] == 0] * (1, 640, 480, 1, 1):
            heads.append(int(np.median(new[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4])))
        rest.append(float(np.median(new)))
    assert len(heads) > 5
    assert np.median(heads) > 100
    assert max(rest) < 40


def test_a_stopped_rendering_goes_on(tmp_path: Path) -> None:
    render(tmp_path, 2, 1, 1, seed=3, processes=1, size=SMALL)
    truths = sorted((tmp_path / "truth").rglob("*.json"))
    kinds = ("images", "labels", "faint", "truth", "empty")
    assert [len(list((tmp_path / kind / "train").iterdir())) for kind in kinds] == [2, 2, 2, 2, 2]
    untouched, torn = truths[0], truths[-1]
    untouched.write_text('{"kept": true}')
    before = torn.read_text()
    torn.unlink()
    heard: list[tuple[int, int]] = []
    render(tmp_path, 2, 1, 1, seed=3, processes=1, told=lambda done, total: heard.append((done, total)), size=SMALL)
    assert heard[-1] == (4, 4)
    assert json.loads(torn.read_text()) == json.loads(before)
    assert sum(json.loads(t.read_text()) == {"kept": True} for t in truths) == 1, "what was there is not drawn again"


def test_pictures_of_another_seed_size_or_version_are_not_mixed_in(tmp_path: Path) -> None:
    render(tmp_path, 1, 0, 0, seed=3, processes=1, size=SMALL)
    for seed, size in ((4, SMALL), (3, (320, 240))):
        with pytest.raises(OtherPictures, match="name an empty folder"):
            render(tmp_path, 1, 0, 0, seed=seed, processes=1, size=size)
    described = tmp_path / "data.yaml"
    described.write_text("\n".join(line for line in described.read_text().splitlines() if "form" not in line))
    with pytest.raises(OtherPictures, match="size or version"):
        render(tmp_path, 1, 0, 0, seed=3, processes=1, size=SMALL)


def test_somebody_far_aside_shows_from_the_side(tmp_path: Path) -> None:
    view = View(VIEW.lens, VIEW.position, VIEW.rotation)
    film = Film(view, LIGHT)
    parts, head = standing(1.6, 0.0)
    film.draw(parts)
    rows, columns = np.nonzero(film.owner >= PARTS)
    head_px, feet_px = view.pixels(np.array([head, [1.6, 0.0, 0.05]]))
    middle = np.array([columns.mean(), rows.mean()])
    assert math.dist(head_px, feet_px) > 40
    assert math.dist(middle, (head_px + feet_px) / 2) < 0.35 * math.dist(head_px, feet_px)


@pytest.mark.parametrize("left", [True, False])
def test_a_spread_hand_shows_its_fingers_and_a_fist_does_not(left: bool) -> None:
    axes = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)  # an arm that reaches forward, its palm down
    filled = {}
    for curl in (0.0, 1.0):
        film = Film(looking_down(replace(VIEW.lens, fx=1500.0, fy=1500.0), (0.0, 0.0, 3.0)), LIGHT)
        film.draw(
            hand(np.array([0.0, -0.1, 1.0], np.float32), axes, 1.0, left, Grip(0.0, curl, 0.2), Paint((1, 1, 1)), 5)
        )
        (shape, *_), _ = cv2.findContours((film.owner == 5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        filled[curl] = cv2.contourArea(shape) / cv2.contourArea(cv2.convexHull(shape))
        columns = np.nonzero(film.owner == 5)[1]
        thumb_side = np.mean(columns) - (columns.min() + columns.max()) / 2
        assert (thumb_side < 0) == left  # most of it is away from the thumb, which is on the right of a left hand
    assert filled[0.0] < 0.8 < 0.9 < filled[1.0]


def test_it_is_darker_beside_an_arm_that_lies_on_something_and_not_far_below_it() -> None:
    def beside(height: float) -> float:
        film = Film(VIEW, LIGHT)
        film.draw([Painted(Box(np.array([-2, -2, -0.1], np.float32), np.array([4, 4, 0.1], np.float32),
                               upright(math.pi / 2)), Paint((0.5, 0.5, 0.5)))])  # fmt: skip
        arm = Limb(np.array([-0.3, 0, height], np.float32), np.array([0.3, 0, height], np.float32), 0.04, 0.04)
        before = film.exposure().copy()
        film.draw([Painted(arm, Paint((0.5, 0.5, 0.5)), 1)])
        bare = cv2.dilate((film.owner == 1).astype(np.uint8), np.ones((5, 5))) > (film.owner == 1)
        return float((film.exposure()[bare] / before[bare]).mean())

    assert beside(0.05) < 0.93
    assert beside(1.2) == pytest.approx(1.0, abs=0.01)
