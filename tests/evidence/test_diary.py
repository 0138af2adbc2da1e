"""The diary: what shows how a cart came about is written down while it happens."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from edge.evidence import Diary, Evidence, evidence_of, tidy_diary
from edge.evidence.pages import path_at
from edge.store import read_store
from edge.wire import open_recording
from simulator.replay import replay
from tests.corner import OPENS_S, TWO_ONIGIRI, Pick, errand

KEEP_S = 86400.0


def written(tmp_path: Path, folder: Path, times: int = 1) -> str:
    """Ana takes two onigiri and puts one back; the visit."""
    back = (*TWO_ONIGIRI, Pick(8.5, 1, -110.0, "onigiri-salmon"))
    recording = errand(tmp_path / "ana.mcap", back)
    visit = ""
    for _ in range(times):
        opened = open_recording(recording)
        diary = Diary(folder, read_store(opened.store_files()), KEEP_S)
        visit = replay(opened, observers=[diary]).decided[0].visit
        diary.close()
    return visit


def read(folder: Path, visit: str) -> Evidence:
    return evidence_of(folder, visit, OPENS_S, OPENS_S + 60.0)


def test_one_visit_from_the_door_to_the_door(tmp_path: Path) -> None:
    visit = written(tmp_path, tmp_path / "diary")
    found = read(tmp_path / "diary", visit)
    assert found.others == ()
    points = [point for part in found.parts if part.visit == visit for point in part.points]
    assert points == sorted(points)
    assert math.dist(points[0][1:3], (0.2, 0.8)) < 0.6
    assert math.dist(points[-1][1:3], (3.8, 0.8)) < 0.6
    assert max(b[0] - a[0] for a, b in pairwise(points)) < 1.1
    taken, back = found.happened
    assert taken.guesses[0].shares == ((visit, "onigiri-salmon", 2),)
    assert back.guesses[0].shares == ((visit, "onigiri-salmon", -1),)
    assert taken.guesses[0].probability > 0.9
    assert taken.near[0][0] == visit
    assert taken.change_g == pytest.approx(-220.0, abs=4.0)


def test_plates_are_drawn_against_what_they_said_before(tmp_path: Path) -> None:
    visit = written(tmp_path, tmp_path / "diary")
    taken = read(tmp_path / "diary", visit).happened[0]
    assert len(taken.grams) == len(taken.plates)
    row = [g for g in taken.grams[0] if g is not None]
    assert row[0] == pytest.approx(0.0, abs=5.0)
    assert min(row) == pytest.approx(-220.0, abs=5.0)
    assert 0 < len(row) <= 121
    end_s = taken.from_s + taken.step_s * (len(row) - 1)
    assert taken.from_s < OPENS_S + TWO_ONIGIRI[0].at_s < end_s


def test_what_is_stepped_once_more_is_read_once(tmp_path: Path) -> None:
    once = read(tmp_path / "one", written(tmp_path, tmp_path / "one"))
    twice = read(tmp_path / "two", written(tmp_path, tmp_path / "two", times=2))
    assert once == twice


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "diary"
    visit = written(tmp_path, folder)
    whole = read(folder, visit)
    path = path_at(folder, OPENS_S)
    path.write_bytes(path.read_bytes() + b'{"type":"event","t":17')
    assert read(folder, visit) == whole


def test_a_diary_that_cannot_be_written_costs_nobody_anything(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("somebody's file")
    assert written(tmp_path, tmp_path / "diary")
    assert read(tmp_path / "diary", "x").happened == ()


def test_it_goes_when_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "diary"
    visit = written(tmp_path, folder)
    (folder / "mine.jsonl").write_text("kept")
    assert tidy_diary(folder, KEEP_S, OPENS_S + KEEP_S) == []
    assert read(folder, visit).happened
    assert tidy_diary(folder, KEEP_S, OPENS_S + KEEP_S + 7200.0) == [path_at(folder, OPENS_S)]
    assert (folder / "mine.jsonl").read_text() == "kept"
