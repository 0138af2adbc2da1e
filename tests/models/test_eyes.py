"""Eyes on a backbone: read as it was written, taught what lies in the windows, and exported as the node reads it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.camera.detect import Detector
from models.__main__ import app
from models.offline import CannotTrain
from tests.models.movenet_file import STEM, movenet_file

MISSING = [name for name in ("torch", "onnxslim") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make trainer")

RED = (40, 40, 230)


def said(*arguments: object) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of `python -m models …`."""
    told = CliRunner().invoke(app, [str(a) for a in arguments])
    return told.exit_code, told.stdout, told.stderr


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of red balls on grey, each labelled a head; the shop without them is known."""
    data, rng = tmp_path_factory.mktemp("balls"), np.random.default_rng(1)
    for split in ("train", "val"):
        for kind in ("images", "labels", "empty"):
            (data / kind / split).mkdir(parents=True)
        for i in range(6):
            shop = rng.integers(90, 130, (480, 640, 1), np.uint8).repeat(3, axis=2)
            x, y, radius = (int(n) for n in rng.integers((100, 100, 15), (540, 380, 40)))
            cv2.imwrite(str(data / "empty" / split / f"{i}.jpg"), shop)
            cv2.imwrite(str(data / "images" / split / f"{i}.jpg"), cv2.circle(shop, (x, y), radius, RED, cv2.FILLED))
            row = f"0 {(x + 0.5) / 640} {(y + 0.5) / 480} {2 * radius / 640} {2 * radius / 480}\n"
            (data / "labels" / split / f"{i}.txt").write_text(row)
    return data


@pytest.fixture(scope="module")
def taught(balls: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    status, out, told = said(
        "teach", balls, "--out", folder / "run", "--backbone", movenet_file(folder), "--minutes", 0.03, "--batch", 4,
        "--processes", 1,
    )  # fmt: skip
    assert (status, out) == (0, f"{folder / 'run' / 'eyes.pt'}\n"), told
    return folder / "run" / "eyes.pt"


def test_a_layer_looks_where_tensorflow_s_does(tmp_path: Path) -> None:
    import torch

    from models.backbone import movenet

    backbone, picture = movenet(movenet_file(tmp_path)), np.random.default_rng(0).random((64, 64, 3), np.float32)
    with torch.no_grad():
        image = torch.from_numpy(picture.transpose(2, 0, 1))[None]
        seen = backbone.stem(image * backbone.times + backbone.darkest)[0].numpy()
        fine, deep, joints = backbone(image)
    assert fine.shape[2:] == deep.shape[2:] == joints.shape[2:] == (16, 16)
    assert joints.shape[1] == 20
    # "SAME" of TensorFlow: an even picture has one more row and column, of nothing, below and to the right.
    padded = np.zeros((65, 65, 3), np.float32)
    padded[:64, :64] = 2.0 * picture - 1.0
    weights, bias = backbone.stem.conv.weight.detach().numpy(), backbone.stem.conv.bias.detach().numpy()
    for row, column in ((0, 0), (7, 20), (31, 31)):
        part = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3].transpose(2, 0, 1)
        wanted = ((weights * part).sum(axis=(1, 2, 3)) + bias).clip(0.0, 6.0)
        assert wanted.shape == (STEM,)
        assert seen[:, row, column] == pytest.approx(wanted, abs=2e-3)


@pytest.mark.parametrize(
    ("lacks", "cut_by", "remedy"),
    [("out_relu", 0, "take movenet-multipose.json"), ("box_scale", 0, "take movenet-multipose.json"),
     ("", 100, "fetch it again")],
)  # fmt: skip
def test_another_file_than_movenet_s_is_refused(tmp_path: Path, lacks: str, cut_by: int, remedy: str) -> None:
    from models.backbone import movenet

    with pytest.raises(CannotTrain, match=remedy):
        movenet(movenet_file(tmp_path, lacks=lacks, cut_by=cut_by))


def test_a_window_s_rows_lie_where_its_things_do(balls: Path) -> None:
    from models.glimpses import Glimpses

    windows, seen = iter(Glimpses([balls], seed=3)), 0
    for _ in range(40):
        (red, green, blue, new), rows = (part for part in next(windows))
        if len(rows) != 1 or not (rows[0, 1:3] > 60).all() or not (rows[0, 1:3] < 260).all():
            continue
        kind, x, y, width, height = rows[0]
        redder = cv2.GaussianBlur(red.astype(np.float32) - np.maximum(green, blue), (0, 0), 2.0)
        if redder.max() < 40:  # without colours
            continue
        at_y, at_x = np.nonzero(redder > redder.max() / 2)
        assert kind == 0
        assert (at_x.mean() + 0.5, at_y.mean() + 0.5) == pytest.approx((x, y), abs=2.0)
        assert (np.ptp(at_x) + 1, np.ptp(at_y) + 1) == pytest.approx((width, height), abs=5.0)
        assert new[int(y), int(x)] > 200, "a ball is new, whether the shop is known or not"
        seen += 1
    assert seen > 8


def test_what_is_taught_is_what_is_read() -> None:
    """Scores and boxes that say exactly what a row asks for cost least, and are read as that row."""
    import torch

    from models.eyes import CELL, USUAL_PX, rows
    from models.teach import compared

    asked = torch.tensor([[[1.0, 85.0, 44.0, 30.0, 26.0]]])
    scores, boxes = torch.full((1, 4, 16, 16), -9.0), torch.zeros(1, 16, 16, 16)
    column, row = int(85.0 // CELL), int(44.0 // CELL)
    scores[0, 1, row, column] = 9.0
    at = torch.tensor([85.0 / CELL - column - 0.5, 44.0 / CELL - row - 0.5])
    boxes[0, 4:8, row, column] = torch.cat([at, (torch.tensor([30.0, 26.0]) / USUAL_PX).log()])
    (x1, y1, x2, y2, score, kind) = rows(scores, boxes)[0, 0].tolist()
    assert (x1, y1, x2, y2) == pytest.approx((70.0, 31.0, 100.0, 57.0), abs=1e-3)
    assert (kind, score > 0.99) == (1.0, True)
    there = torch.ones(1, 1, dtype=torch.bool)
    best = compared(scores, boxes, asked, there)
    elsewhere = asked + torch.tensor([0.0, 3.0 * CELL, 0.0, 0.0, 0.0])
    assert (compared(scores, boxes, elsewhere, there) > best).all()
    assert float(best[0]) < 0.01


def test_the_node_reads_what_was_taught_as_it_is_and_in_bytes(balls: Path, taught: Path, tmp_path: Path) -> None:
    picture = cv2.imread(str(balls / "images" / "val" / "0.jpg"))
    assert picture is not None
    for options in (["--int8", "--data", balls], []):
        file = tmp_path / "eyes.onnx"
        status, out, told = said("export", taught, "-o", file, *options)
        assert status == 0, told
        detector = Detector(file)
        found = detector.suspect(picture.astype(np.uint8), 0.0)
        boxes = np.concatenate(found.kinds)
        assert len(boxes)
        assert np.isfinite(boxes).all()
        assert "sha256" in out


def test_a_run_that_is_there_is_not_written_over(balls: Path, taught: Path, tmp_path: Path) -> None:
    before = taught.read_bytes()
    again = ("teach", balls, "--out", taught.parent, "--minutes", 0.01)
    assert said(*again, "--backbone", movenet_file(tmp_path))[::2] == (
        2, f"{taught.parent}: a run lies there already: go on with --from {taught}, or name another --out\n"
    )  # fmt: skip
    assert taught.read_bytes() == before
    assert said("teach", balls, "--out", tmp_path / "new", "--minutes", 0.01)[0] == 2
    assert not (tmp_path / "new").exists()
    assert said(*again, "--from", taught, "--processes", 1)[0] == 0
    assert taught.read_bytes() != before
