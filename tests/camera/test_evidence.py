"""No picture is written unless the shop's policy wants any; what is written shows hands, and does not stay."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

import cv2

from edge.camera.evidence import Evidence, cut_out
from edge.camera.source import Frame
from edge.records import PersonSeen, Point
from edge.store import read_store
from tests.camera.scenes import SIZE, VIEW
from tests.camera.sight import boxes
from tests.corner import FILES

LAYOUT = read_store(FILES).layout
AT_SHELF: Point = (1.5, 2.1, 1.1)
IN_THE_AISLE: Point = (1.5, 1.2, 1.0)
AT_S = 1_700_000_000.0
CHECKS = np.kron(np.indices((SIZE[1] // 4, SIZE[0] // 4)).sum(axis=0) % 2, np.ones((4, 4))).astype(np.uint8) * 255
PICTURE = np.repeat(CHECKS[..., None], 3, axis=2)
"""A fine pattern: where it is blurred, only grey is left."""


def evidence(folder: Path, hours: float) -> tuple[Evidence, list[str]]:
    told: list[str] = []
    return Evidence(folder, hours, LAYOUT, told.append), told


def keep(kept: Evidence, hand: Point, at_s: float = AT_S) -> None:
    person = PersonSeen((1.5, 1.5, 1.6), (hand,), 0.9)
    kept.keep("cam", Frame(at_s, PICTURE), [person], boxes([[*person.head]], "head", VIEW), VIEW)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_without_a_policy_nothing_is_written(tmp_path: Path) -> None:
    kept, _ = evidence(tmp_path, 0.0)
    keep(kept, AT_SHELF)
    assert list(tmp_path.iterdir()) == []


def test_a_hand_at_a_shelf_is_kept_once_a_second_and_one_in_the_aisle_is_not(tmp_path: Path) -> None:
    kept, told = evidence(tmp_path, 1.0)
    keep(kept, IN_THE_AISLE)
    for tenth in range(15):
        keep(kept, AT_SHELF, AT_S + tenth / 10)
    assert files(tmp_path) == ["20231114T221320.000Z.jpg", "20231114T221321.000Z.jpg"]
    assert not told
    picture = cv2.imread(str(next((tmp_path / "evidence" / "cam").iterdir())))
    assert picture is not None
    assert picture.shape[0] < SIZE[1] // 2
    assert picture.shape[1] < SIZE[0] // 2


def test_sharp_is_what_a_hand_can_reach_and_neither_a_head_nor_anything_else() -> None:
    head = (1.5, 1.4, 1.6)
    cut = cut_out(PICTURE, VIEW, [AT_SHELF], boxes([[*head]], "head", VIEW)).astype(float)
    hand_px, head_px = VIEW.pixels([AT_SHELF, head])
    towards = (head_px - hand_px) / np.linalg.norm(head_px - hand_px)

    def contrast(px: float) -> float:
        """Around a place that is so many pixels from the hand, towards the head."""
        x, y = (np.array(cut.shape[1::-1]) / 2 + px * towards).astype(int)
        return float(cut[y - 4 : y + 4, x - 4 : x + 4].std())

    assert contrast(0.0) > 100  # the hand
    assert contrast(-20.0) > 100  # what it may hold
    assert contrast(26.0) < 30  # as near, but it is the head
    assert contrast(-45.0) < 30  # beyond reach


def test_a_clock_that_was_set_back_costs_no_cut_outs(tmp_path: Path) -> None:
    kept, _ = evidence(tmp_path, 2.0)
    for at_s in (AT_S, AT_S - 3600, AT_S - 3599.5, AT_S - 3000):
        keep(kept, AT_SHELF, at_s)
    assert files(tmp_path) == ["20231114T211320.000Z.jpg", "20231114T212320.000Z.jpg", "20231114T221320.000Z.jpg"]


def test_what_is_too_old_goes_and_so_does_everything_when_the_policy_ends(tmp_path: Path) -> None:
    kept, _ = evidence(tmp_path, 2.0)
    keep(kept, AT_SHELF, AT_S)
    keep(kept, AT_SHELF, AT_S + 5400)
    for path in (tmp_path / "evidence" / "cam").iterdir():
        at_s = AT_S if path.name.startswith("20231114T2213") else AT_S + 5400
        os.utime(path, (at_s, at_s))
    kept.tidy(AT_S + 7300)
    assert files(tmp_path) == ["20231114T234320.000Z.jpg"]
    evidence(tmp_path, 0.0)[0].tidy(AT_S + 7300)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_once_and_nobody_stops(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    kept, told = evidence(tmp_path, 1.0)
    for second in range(3):
        keep(kept, AT_SHELF, AT_S + second)
    (what,) = told
    assert what.startswith("cut-outs cannot be written to")
