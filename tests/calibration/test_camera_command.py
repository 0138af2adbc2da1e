"""`tebura calibrate camera` as somebody uses it: print, calibrate, look, find the pose anew, go back."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.store import load_store
from simulator.commands import DEMO
from tests.calibration.ceiling import HANGS, LAID, floor_picture, pictures


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["calibrate", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo shop, what its technician photographed, and where the markers lie."""
    shop = tmp_path / "shop"
    shop.mkdir()
    for name in ("store.toml", "catalogue.csv", "planogram.csv"):
        (shop / name).write_bytes((DEMO / name).read_bytes())
    (tmp_path / "boards").mkdir()
    for i, picture in enumerate(pictures()):
        cv2.imwrite(str(tmp_path / "boards" / f"{i:02}.png"), picture)
    cv2.imwrite(str(tmp_path / "floor.png"), floor_picture())
    rows = (f"[[marker]]\nid = {n}\nposition = [{x}, {y}]\n" for n, (x, y) in enumerate(LAID, 1))
    (shop / "markers.toml").write_text("".join(rows), encoding="utf-8")
    return shop


def test_from_pictures_to_a_dated_profile_and_a_picture_and_after_a_bump_the_pose_alone(folder: Path) -> None:
    boards, floor = folder.parent / "boards", folder.parent / "floor.png"
    words = ("camera", "c1", "--store", folder, "--paper", "A3", "--floor", floor, "--yes", "--by", "aki")
    first = run(*words, "--lens", boards)
    assert first.exit_code == 0, first.output
    assert "c1 is accepted" in first.stdout
    sight = load_store(folder).sights["c1"]
    assert sight.position == pytest.approx(HANGS, abs=0.01)
    assert (sight.by, sight.why) == ("aki", "lens and pose")
    drawn = cv2.imread(str(folder / "calibration" / "c1" / f"{sight.name}.png"))
    assert drawn is not None
    assert drawn.shape[0] > 480, "the plan over the view, and a legend below"

    again = json.loads(run(*words, "--note", "ladder", "--json", "--picture", folder / "look.png").stdout)
    assert again["accepted"]
    assert (folder / "look.png").exists()
    newer = load_store(folder).sights["c1"]
    assert newer.lens == sight.lens
    assert newer.why == f"pose; the lens is that of c1 {sight.name}: ladder"

    other = run("camera", "c2", "--store", folder, "--paper", "A3", "--floor", floor, "--lens-of", "c1", "--yes")
    assert other.exit_code == 1
    assert "elsewhere: it would hang at 2.00" in re.sub(r"\s+", " ", other.stdout)
    assert "c2" not in load_store(folder).sights

    assert "nothing differs but the date" in run("diff", "c1", "--store", folder).stdout
    assert "640x480" in run("show", "c1", "--store", folder).stdout
    assert run("rollback", "c1", sight.name, "--store", folder).exit_code == 0
    rows = [json.loads(line) for line in run("list", "--store", folder, "--json").stdout.splitlines()]
    assert [(row["camera"], row["counts"]) for row in rows] == [("c1", False), ("c1", False), ("c1", True)]
    assert rows[-1]["why"] == f"repeats {sight.name}"


def test_what_cannot_begin_says_what_to_do(folder: Path, tmp_path: Path) -> None:
    floor = tmp_path / "floor.png"
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "places.toml").write_text("[[marker]]\nid = 99\nposition = [1, 2]\n", encoding="utf-8")
    camera = ("camera", "c1", "--store", folder, "--yes")
    for words, says in (
        (("camera", "c9", "--store", folder), "there is no camera 'c9'"),
        ((*camera,), "say --floor SOURCE"),
        ((*camera, "--floor", floor), "c1 has no lens yet: say --lens SOURCE"),
        ((*camera, "--floor", floor, "--lens-of", "c2"), "c2 is no camera that has been calibrated"),
        ((*camera, "--floor", floor, "--lens", tmp_path / "empty"), "there is no picture in it"),
        ((*camera, "--floor", floor, "--lens", tmp_path / "broken.png"), "save it again as PNG or JPEG"),
        ((*camera, "--floor", floor, "--lens", tmp_path / "none.mp4"), "there is no"),
        ((*camera, "--floor", floor, "--lens", "live"), "site.toml has no [[camera]] c1"),
        ((*camera, "--floor", floor, "--marker", "3=1.0"), "write it as ID=X,Y"),
        ((*camera, "--floor", floor, "--board-at", "1,2"), "write it as X,Y,YAW"),
        ((*camera, "--floor", floor, "--places", tmp_path / "places.toml"), "marker[1].id"),
        ((*camera, "--paper", "B5"), "there is A4 and A3"),
        ((*camera, "--bar", "1000"), "it should measure 100 mm"),
        ((*camera, "--print", tmp_path / "x.gif"), "ends in .pdf or .png"),
        ((*camera, "--print", tmp_path / "x.pdf", "--markers", "40"), "numbered 1 to 32"),
    ):
        result = run(*words)
        assert result.exit_code == 2, (words, result.output)
        assert says in re.sub(r"\s+", " ", result.stderr), words
    assert not (folder / "calibration").exists()


def test_sheets_are_printed_in_their_true_size(folder: Path, tmp_path: Path) -> None:
    told = run("camera", "c1", "--store", folder, "--print", tmp_path / "s.pdf", "--paper", "A4", "--markers", "1-3")
    assert told.exit_code == 0
    assert "hold a ruler to the bar" in told.stderr
    pdf = (tmp_path / "s.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(boxes) == 4
    assert [float(v) * 25.4 / 72 for v in boxes[0]] == pytest.approx([210.0, 297.0], abs=0.1)
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    assert pdf[start : start + 4] == b"xref"
    run("camera", "c1", "--store", folder, "--print", tmp_path / "s.png", "--markers", "2")
    png = (tmp_path / "s.png").read_bytes()
    at = png.index(b"pHYs")
    assert int.from_bytes(png[at + 4 : at + 8], "big") == 11811, "dots a metre: 300 an inch"
    assert (tmp_path / "s-marker-2.png").exists()


def test_without_opencv_one_line_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    result = run("camera", "c1", "--store", folder, "--yes")
    assert result.exit_code == 2
    assert "pip install 'tebura[camera]'" in result.stderr
    assert run("list", "--store", folder).exit_code == 0, "looking goes without"
