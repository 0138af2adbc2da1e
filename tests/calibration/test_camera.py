"""A camera is calibrated from rendered sheets as a technician's pictures would be, or refused with the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.camera.frames import NoPictures
from calibration.camera.lens import fit_lens, uncovered
from calibration.camera.look import Look, look
from calibration.camera.pose import (
    BoardAt,
    Placed,
    PoseFit,
    corners_of,
    fit_pose,
    judge_pose,
    on_floor,
    points_of,
    together,
)
from calibration.camera.session import MISSED, gathered
from calibration.camera.sheets import DOTS_PER_MM, PAPERS, board_of, board_origin_mm, board_page
from edge.optics import Lens, View, looking_down
from simulator.rig.boards import Camera, Picture, lying, marker_lying, photograph, random_lens
from tests.calibration.ceiling import BOARD, HANGS, LAID, LENS, PAPER, VIEW, boards, camera, floor, pictures, placed


def posed(seen: Look, laid: list[Placed], lens: Lens = LENS) -> tuple[PoseFit, list[str]]:
    points, found = points_of(seen, lens, laid, None, BOARD)
    fit = fit_pose(points, lens)
    assert fit is not None
    return fit, [f.fault for f in (*found, *judge_pose(fit, seen, HANGS, laid))]


def off_cm(view: View) -> float:
    return 100 * float(np.linalg.norm(np.subtract(view.position, HANGS)))


def turned_deg(view: View) -> float:
    turn = view.camera_from_store @ VIEW.camera_from_store.T
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def test_what_is_printed_is_what_is_looked_for() -> None:
    for paper in PAPERS.values():
        seen = look(board_page(paper), board_of(paper))
        mm = (seen.pixels + 0.5) / DOTS_PER_MM - board_origin_mm(paper)
        assert len(seen.corners) == 24
        assert mm / 1000 == pytest.approx(board_of(paper).corners[seen.corners], abs=5e-5)


def test_lens_and_pose_of_a_wide_camera_are_as_good_as_promised() -> None:
    fit, found = fit_lens(boards(), BOARD)
    assert fit is not None
    assert found == []
    assert fit.residual_px < 0.3
    pose, faults = posed(floor(), placed(), fit.lens)
    assert faults == []
    assert off_cm(pose.view) < 1.0
    assert turned_deg(pose.view) < 0.2
    assert pose.residual_cm < 0.5


def test_a_view_that_lies_is_left_out() -> None:
    """One picture is of another board: its corners contradict all the others."""
    wrong = boards()[3]
    bent = replace(wrong, pixels=wrong.pixels + np.random.default_rng(1).normal(0, 3.0, wrong.pixels.shape))
    fit, found = fit_lens([*boards()[:3], bent, *boards()[4:]], BOARD)
    assert fit is not None
    assert not [f for f in found if f.refuses]
    assert bent.name not in {seen.name for seen in fit.looks}
    assert fit.residual_px < 0.2


def test_a_part_of_the_picture_that_never_saw_the_board_is_named() -> None:
    away = [seen for seen in boards() if not ((seen.pixels < (240, 190)).all(axis=1)).any()]
    assert "upper left" in uncovered(away)
    _, found = fit_lens(away, BOARD)
    assert any(f.fault == "uncovered" and "upper left" in f.what and "there as well" in str(f) for f in found)


def test_boards_that_are_all_held_alike_do_not_say_how_long_the_lens_is() -> None:
    rng = np.random.default_rng(2)
    flat = np.column_stack([BOARD.corners, np.full(24, 0.45)])
    looks = []
    for x in np.linspace(-0.55, 0.3, 5):
        for y in np.linspace(-0.5, 0.15, 4):
            pixels = LENS.pixels(flat + np.array([x, y, 0.0])) + rng.normal(0.0, 0.1, (24, 2))
            on = LENS.inside(pixels)
            looks.append(Look("", 640, 480, np.flatnonzero(on), pixels[on], {}, 2.0))
    _, found = fit_lens(looks, BOARD)
    assert [f.fault for f in found if f.fault != "uncovered"] == ["alike"]
    assert "Tilt the board" in str(found[-1])


@pytest.mark.parametrize(
    ("spoil", "fault", "says"),
    [
        (lambda p: np.zeros_like(p), "black", "Take the cap off"),
        (lambda p: cv2.flip(p, 1), "mirrored", "Turn mirroring"),
        (lambda p: np.full_like(p, 120), "no-board", "--print board.pdf"),
        (lambda p: cv2.GaussianBlur(cv2.resize(p, None, fx=2, fy=2), (0, 0), 2.2), "blurred", "Hold it still"),
    ],
)
def test_pictures_that_show_nothing_of_use_are_told_with_the_remedy(
    spoil: Callable[[Picture], Picture], fault: str, says: str
) -> None:
    fit, found = fit_lens([look(spoil(picture), BOARD) for picture in pictures()[:12]], BOARD)
    assert fit is None
    assert [f.fault for f in found] == [fault]
    assert says in str(found[0])


def test_a_live_camera_that_shows_no_board_says_so_while_it_is_looked_at() -> None:
    told: list[str] = []
    black = np.zeros((480, 640, 3), np.uint8)
    assert gathered([(str(i), black) for i in range(2 * MISSED)], BOARD, told.append, live=True) == []
    assert told == [f"0 boards; of the last {MISSED} pictures most: black"] * 2


def test_a_camera_that_is_lost_leaves_what_was_seen_of_the_board() -> None:
    def until_it_is_lost(shown: tuple[Picture, ...]) -> Iterator[tuple[str, Picture]]:
        yield from ((str(i), picture) for i, picture in enumerate(shown))
        raise NoPictures("it gives no picture any more")

    told: list[str] = []
    assert len(gathered(until_it_is_lost(pictures()[:3]), BOARD, told.append, live=True)) == 3
    assert told == ["it gives no picture any more: what was seen until then has to do"]
    with pytest.raises(NoPictures):
        gathered(until_it_is_lost(()), BOARD, told.append, live=True)


def test_pictures_of_two_sizes_are_refused() -> None:
    _, found = fit_lens([*boards(), replace(boards()[0], width=1280, height=960)], BOARD)
    assert [f.fault for f in found] == ["resolution"]


def test_the_board_on_the_floor_will_do_where_it_is_seen_large() -> None:
    at = BoardAt((1.8, 1.3, 0.0), 30.0)
    laid = lying(board_page(PAPER), board_origin_mm(PAPER), at.position, at.yaw_deg)
    lens = random_lens(np.random.default_rng(3), 1920, 1080, 65.0)
    near = looking_down(lens, HANGS, -40.0)
    seen = look(photograph(Camera(near), [laid], 5), BOARD)
    points, _ = points_of(seen, lens, [], at, BOARD)
    fit = fit_pose(points, lens)
    assert fit is not None
    assert off_cm(fit.view) < 1.5
    assert on_floor(BOARD.corners[:1], at)[0] == pytest.approx((1.8 + 0.0737, 1.3 - 0.0198, 0.0), abs=1e-3)


def test_a_marker_whose_direction_was_measured_counts_by_its_corners() -> None:
    laid = [replace(p, yaw_deg=40.0 * p.number) for p in placed()[:2]]
    points, _ = points_of(floor(), LENS, laid, None, BOARD)
    fit = fit_pose(points, LENS)
    assert fit is not None
    assert len(points.of) == 8
    assert off_cm(fit.view) < 2.0
    upper_left = corners_of(Placed(1, (1.0, 2.0, 0.0), 0.2, 90.0))[0]
    assert upper_left == pytest.approx((0.9, 1.9, 0.0))


def test_a_marker_that_lies_elsewhere_is_named_with_where() -> None:
    x, y = LAID[2]
    fit, faults = posed(floor(), placed(m3=(x + 0.12, y - 0.05)))
    assert faults == ["misplaced"]
    (told,) = judge_pose(fit, floor(), HANGS, placed(m3=(x + 0.12, y - 0.05)))
    assert "marker 3 lies 13 cm from where it is said to, at about 0.90, 1.90" in str(told)


def test_markers_that_the_printer_shrank_are_told() -> None:
    fit, faults = posed(floor(0.93), placed())
    assert faults == ["print-size"]
    assert re.search("their bars should measure 9[23] mm", str(judge_pose(fit, floor(0.93), HANGS, placed())[0]))


def test_who_forgot_to_say_the_paper_is_reminded() -> None:
    other = next(p for p in PAPERS.values() if p is not PAPER)
    laid = [replace(marker, size_m=other.marker_mm / 1000) for marker in placed()]
    told = str(judge_pose(posed(floor(), placed())[0], floor(), HANGS, laid)[0])
    assert f"or say --paper {PAPER.name} if they were printed on that" in told


def test_a_board_that_the_printer_shrank_contradicts_the_ceiling() -> None:
    at = BoardAt((1.8, 1.3, 0.0), 0.0)
    shrunk = lying(board_page(PAPER), board_origin_mm(PAPER), at.position, at.yaw_deg)
    shrunk = replace(shrunk, pitch_m=shrunk.pitch_m * 0.85)
    lens = random_lens(np.random.default_rng(3), 1920, 1080, 65.0)
    seen = look(photograph(Camera(looking_down(lens, HANGS)), [shrunk], 5), BOARD)
    fit = fit_pose(points_of(seen, lens, [], at, BOARD)[0], lens)
    assert fit is not None
    (told,) = (f for f in judge_pose(fit, seen, HANGS, []) if f.fault != "vague")
    assert told.fault == "print-size"
    assert "a bar of 85 mm would explain it" in told.what


def test_a_camera_that_would_hang_elsewhere_is_refused() -> None:
    fit, _ = posed(floor(), placed())
    (told,) = judge_pose(fit, floor(), (4.0, 1.1, 2.7), placed())
    assert told.fault == "elsewhere"
    assert "correct [[camera]] position in store.toml" in str(told)


def test_markers_in_a_heap_do_not_say_where_the_camera_hangs() -> None:
    spots = [(1.9, 1.0), (2.2, 1.0), (1.9, 1.3), (2.2, 1.3)]
    seen = look(photograph(camera(), [marker_lying(PAPERS["A4"], n, at) for n, at in enumerate(spots, 1)], 3), BOARD)
    laid = [Placed(n, (x, y, 0.0), 0.17) for n, (x, y) in enumerate(spots, 1)]
    points, _ = points_of(seen, LENS, laid, None, BOARD)
    fit = fit_pose(points, LENS)
    assert fit is not None
    assert "vague" in {f.fault for f in judge_pose(fit, seen, HANGS, laid)}


def test_something_that_moved_between_two_pictures_of_the_floor_is_told() -> None:
    moved = {**floor().markers, 2: floor().markers[2] + 9.0}
    both, found = together([floor(), replace(floor(), markers=moved)])
    assert both is None
    assert "something moved by 9 px" in str(found[0])
