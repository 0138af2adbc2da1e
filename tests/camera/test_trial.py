"""`tebura camera --try`: what detectors see in pictures, as a table, as JSON, and on one page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")
pytest.importorskip("onnx", reason="the test's networks are built with onnx")

import cv2
from typer.testing import CliRunner, Result

from edge.camera.sheet import GAP, HAND, HEAD, MARGIN
from edge.camera.trial import unlike
from edge.cli import app
from tests.camera.nets import colour_net
from tests.camera.pose_nets import SPOT, spot_net
from tests.camera.test_networks import SPOTS, spotted


def tried(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["camera", "--try", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture of two people, and one of nobody."""
    made = tmp_path / "pictures"
    made.mkdir()
    cv2.imwrite(str(made / "two.png"), spotted(640, 512, SPOTS, 2 * SPOT))
    cv2.imwrite(str(made / "none.jpg"), spotted(320, 256, [], SPOT))
    (made / "notes.txt").write_text("milk")
    return made


def test_json_has_every_picture_with_its_heads_and_hands(folder: Path) -> None:
    said = tried(folder, "--detector", spot_net(folder.parent / "net.onnx", "movenet"), "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["none.jpg"] == {"heads": [], "hands": []}
    heads = sorted(told["two.png"]["heads"])
    assert np.abs(np.array(heads)[:, :2] - [(191.5, 127.5), (447.5, 255.5)]).max() <= 4.0
    assert len(told["two.png"]["hands"]) == 4
    assert all(len(mark) == 3 for kind in told["two.png"].values() for mark in kind)


def test_several_detectors_stand_side_by_side_on_one_sheet(folder: Path) -> None:
    nets = [colour_net(folder.parent / "colours.onnx"), spot_net(folder.parent / "pose.onnx", "yolo-raw")]
    sheet = folder.parent / "sheet.png"
    said = tried(folder, "--detector", nets[0], "--detector", nets[1], "--sheet", sheet)
    assert said.exit_code == 0, said.output
    assert "colours.onnx" in said.stdout
    assert "pose.onnx" in said.stdout
    page = cv2.imread(str(sheet))
    assert page is not None
    middle = MARGIN + (page.shape[1] - 2 * MARGIN) // 2 + GAP // 2

    def painted(part: np.ndarray, colour: tuple[int, int, int]) -> int:
        return int((np.abs(part.astype(int) - colour).max(axis=2) < 12).sum())

    below = page[120:]
    assert painted(below[:, middle:], HEAD) > 50, "the pose network's heads"
    assert painted(below[:, middle:], HAND) > 50, "and their hands"
    assert painted(below[:, : middle - GAP], HAND) == 0, "no square of the other one's hands is green"


def test_what_is_not_believed_is_told_from_a_score_on(folder: Path) -> None:
    net = spot_net(folder.parent / "net.onnx", "movenet", sure=0.1)
    believed, all_of_it = (
        json.loads(tried(folder, "--detector", net, "--json", *more).stdout) for more in ((), ("--least", 0.05))
    )
    assert believed["two.png"]["heads"] == []
    assert len(all_of_it["two.png"]["heads"]) == 2
    assert all_of_it["two.png"]["hands"] == [], "hands of heads that are none mean nothing"


def test_a_detector_that_says_nothing_is_named(folder: Path) -> None:
    said = tried(folder, "--detector", spot_net(folder.parent / "dead.onnx", "yolo-told", sure=0.0))
    assert said.exit_code == 0
    assert "dead.onnx (ultralytics pose) has told no score above zero in 2 pictures. Export it again" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--try wants pictures: name files, or folders of them"),
        (("{}/absent.jpg",), "there is no picture {}/absent.jpg. Name files, or folders of them"),
        (("{}/empty",), "{}/empty has no pictures in it. Name a folder with files like *.jpg or *.png"),
        (("{}/pictures/notes.txt",), "notes.txt is no picture that can be read. Save it as JPEG or PNG"),
        (("{}/pictures", "--detector", "{}/absent.onnx"), "there is no detector {}/absent.onnx"),
        (("{}/pictures", "--sheet", "{}/sheet.jpg"), "write a PNG file, like sheet.png"),
        (("{}/pictures", "--sheet", "{}/nowhere/sheet.png"), "there is no folder {}/nowhere"),
        (("{}/pictures", "--store", "{}"), "leave --store, --video, --at, --dry-run and --show out"),
    ],
)
def test_bad_input_is_told_in_one_line_with_the_remedy(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    (folder.parent / "empty").mkdir()
    said = tried(*(argument.replace("{}", str(folder.parent)) for argument in arguments))
    assert said.exit_code == 2
    assert told.replace("{}", str(folder.parent)) in said.stderr
    assert said.stderr.count("\n") == 1


def test_options_of_a_trial_are_for_a_trial() -> None:
    said = CliRunner().invoke(app, ["camera", "c1", "--store", "shop", "--down"])
    assert said.exit_code == 2
    assert "go with --try" in said.stderr


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    assert unlike([Path("a/b/x.jpg"), Path("a/c/x.jpg"), Path("a/c/y.jpg")]) == ["b/x.jpg", "c/x.jpg", "c/y.jpg"]
    assert unlike([Path("a/x.jpg")]) == ["x.jpg"]
