"""The closer look: what is suspected is cut out where it is, judged by itself, and said in the form of any detector."""

from __future__ import annotations

import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.camera.detect import Detector
from models.__main__ import app
from models.render.dataset import render
from tests.models.trainings import SHIPPED, refused, signal_after, training

MISSING = [name for name in ("torch", "torchvision", "ultralytics", "onnxslim") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make trainer")

WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("pictures")
    render(data, 8, 4, 0, seed=3, processes=1)
    return data


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch."""
    folder = tmp_path_factory.mktemp("run")
    with training("look", pictures, SHIPPED, "--out", folder, "--epochs", 1, "--processes", 1) as process:
        out, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert out == f"{folder}/closer.pt\n"
    lines = told.splitlines()
    assert lines[:2] == ["8 of 8 pictures seen", "4 of 4 pictures seen"]
    assert lines[2].endswith(" suspects, 1 processes")
    assert all(line.startswith("epoch 1.") for line in lines[3:])
    return folder


def test_a_stopped_run_goes_on(pictures: Path, run: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(run, tmp_path / "run"))
    more = (pictures, SHIPPED, "--out", mine, "--processes", 2, "--resume", "--epochs")
    with training("look", *more, 999_999) as process:
        status, last = signal_after("from epoch", process, signal.SIGTERM)
    assert (status, last) == (130, "stopped: go on with --resume")
    with training("look", *more, 3) as process:
        _, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert told.splitlines()[-1].startswith("epoch 3.")


def test_what_cannot_be_looked_at_is_refused_in_a_line(pictures: Path, run: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.pt"
    assert "leave out --resume" in refused("look", pictures, SHIPPED, "--out", tmp_path, "--resume")
    assert "go on with --resume" in refused("look", pictures, SHIPPED, "--out", run)
    assert "ask for more --epochs" in refused("look", pictures, SHIPPED, "--out", run, "--resume", "--epochs", 1)
    assert "there are no pictures" in refused("look", tmp_path, SHIPPED, "--out", tmp_path / "new")
    assert "no such weights" in refused("look", pictures, none, "--out", tmp_path / "new")
    export = ("export", SHIPPED, "-o", tmp_path / "shop.onnx")
    assert "name them with --data" in refused(*export, "--closer", run / "closer.pt")
    none.write_text("no weights")
    assert "name RUN/closer.pt" in refused(*export, "--data", pictures, "--closer", none)
    assert not (tmp_path / "shop.onnx").exists()


@pytest.fixture(scope="module")
def files(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The first network alone, and the same with a second one that has learned nothing."""
    import torch

    from models.closer.network import Closer

    folder = tmp_path_factory.mktemp("files")
    untaught = folder / "closer.pt"
    torch.save({"network": Closer(64).state_dict(), "features": 64, "epoch": 0.0}, untaught)
    alone, both = folder / "alone.onnx", folder / "both.onnx"
    for file, more in ((alone, []), (both, ["--closer", str(untaught)])):
        said = CliRunner().invoke(
            app, ["export", str(SHIPPED), "-o", str(file), "--data", str(pictures), "--int8", *more]
        )
        assert said.exit_code == 0, said.output
    assert sorted(p.name for p in folder.iterdir()) == ["alone.onnx", "both.onnx", "closer.pt"]
    return alone, both


def test_a_look_that_learned_nothing_changes_nothing(pictures: Path, files: tuple[Path, Path]) -> None:
    alone, both = (Detector(file) for file in files)
    assert list(both.least) == ["head", "hand", "feet", "elbow"]
    suspected = 0
    for path in sorted((pictures / "images").rglob("*.jpg")):
        picture = np.asarray(cv2.imread(str(path)), np.uint8)
        before, after = alone.suspect(picture, 0.12), both.suspect(picture, 0.12)
        for kind in ("heads", "hands", "feet", "elbows"):
            one, other = getattr(before, kind), getattr(after, kind)
            assert one.shape == other.shape, (path.name, kind)
            assert np.allclose(one[:, :2], other[:, :2], atol=0.01)
            assert np.allclose(one[:, 4], other[:, 4], atol=0.02)
        suspected += len(before.heads) + len(before.hands)
    assert suspected > 10


def test_a_picture_in_which_nothing_is_suspected_is_looked_at_once(files: tuple[Path, Path]) -> None:
    grey = np.full((HEIGHT, WIDTH, 3), 114, np.uint8)
    assert not len(Detector(files[1]).suspect(grey, 0.12).heads)


def test_what_is_seen_of_a_suspect_is_what_is_there() -> None:
    import torch

    from models.closer.network import NEAR, SEEN_PX, WIDE, looks

    images = torch.zeros(1, 4, HEIGHT, WIDTH)
    images[0, 0, 90:110, 190:210] = 1.0  # a red square of 20 px around 200, 100
    images[0, 2, :, 300:] = 1.0  # and all blue from 300 on
    suspects = torch.tensor([[190.0, 90.0, 210.0, 110.0, 0.5], [290.0, 230.0, 310.0, 250.0, 0.9]])
    seen = looks(images, torch.zeros(1, 3, HEIGHT // 8, WIDTH // 8), suspects, torch.tensor([1.0, 0.0]))
    assert seen.near.shape == seen.wide.shape == (2, 4, SEEN_PX, SEEN_PX)
    for cut, sides in ((seen.near, NEAR), (seen.wide, WIDE)):
        assert float(cut[0, 0].mean()) == pytest.approx(1.0 / sides**2, rel=0.1)
        assert float(cut[0, 0, SEEN_PX // 2, SEEN_PX // 2]) == 1.0
        left, right = cut[1, 2].chunk(2, dim=1)
        assert (float(left.mean()), float(right.mean())) == pytest.approx((0.0, 1.0), abs=0.06)
    assert seen.about[:, 5:].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_suspect_is_right_where_a_label_has_its_middle() -> None:
    from models.closer.suspects import truth

    head, hand, hidden = (0, 100, 100, 40, 40, 1), (1, 100, 100, 20, 20, 1), (1, 300, 300, 20, 20, 0)
    boxes = np.array([head, hand, hidden], np.float64)
    suspects = [
        [85, 85, 125, 125],  # a hand of twice the size, within half a side
        [85, 85, 125, 125],  # the head
        [105, 105, 125, 125],  # no hand
        [295, 295, 315, 315],  # one that is hidden: nobody asks
    ]
    rows = np.column_stack([np.array(suspects, np.float64), np.zeros((4, 2))])
    told = truth(rows, np.array([1, 0, 1, 1]), boxes)
    assert told[0] == pytest.approx([1.0, -5 / 40, -5 / 40, np.log(20 / 40)])
    assert told[1] == pytest.approx([1.0, -5 / 40, -5 / 40, 0.0])
    assert told[2].tolist() == [0.0] * 4
    assert np.isnan(told[3]).all()
