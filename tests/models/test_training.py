"""From a dozen pictures to the file that the node reads, by the commands; whatever ends a training loses no epoch."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import onnxruntime
import pytest
from typer.testing import CliRunner

from edge.camera.detect import Detector
from models.__main__ import app
from models.export import export
from models.lean import in_blocks, joined_late
from models.offline import weights_in
from models.peaks import FAINT, peaks
from models.render.dataset import render

MISSING = [name for name in ("torch", "torchvision", "ultralytics", "onnxslim") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make trainer")

SHIPPED = Path(__file__).parents[2] / "models" / "ceiling.pt"
PATIENCE_S = 300.0
"""For a PC that is busy with a training of its own."""


@contextmanager
def training(*arguments: object, most_kb: int = 0) -> Iterator[subprocess.Popen[str]]:
    """`python -m models train …` in a process group of its own, whose files may have so many kB."""
    command = [sys.executable, "-m", "models", "train", *map(str, arguments), "--batch", "4", "--minutes", "10"]
    if most_kb:
        command = ["bash", "-c", f'ulimit -f {most_kb}; exec "$@"', "bash", *command]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def train(*arguments: object, most_kb: int = 0) -> tuple[int, str, list[str]]:
    """(exit status, stdout, the lines on stderr)."""
    with training(*arguments, most_kb=most_kb) as process:
        out, told = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, told.splitlines()


def signal_after(epoch: int, process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal as soon as an epoch is told to be done: (exit status, the last line)."""
    assert process.stderr
    last = ""
    for line in process.stderr:
        last = line.strip()
        if line.startswith(f"epoch {epoch} of") and " done:" in line:
            process.send_signal(number)
    return process.wait(PATIENCE_S), last


def nobody_left(group: int) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def refused(*arguments: object) -> str:
    """The one line that a command says when it refuses."""
    said = CliRunner().invoke(app, [str(a) for a in arguments])
    assert (said.exit_code, said.stdout) == (2, "")
    (line,) = said.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("pictures")
    render(data, 8, 4, 0, seed=3, processes=1, size=(640, 480))
    shutil.rmtree(data / "empty" / "val")  # whoever labels pictures of their own may have none without people
    return data


@pytest.fixture(scope="module")
def told(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Sequence[str]]:
    """A run of one epoch: where it lies, and what was said on stdout and stderr."""
    run = tmp_path_factory.mktemp("run")
    status, out, lines = train(pictures, "--out", run, "--epochs", 1, "--processes", 1)
    assert status == 0, lines
    return run, out, lines


@pytest.fixture
def run(told: tuple[Path, str, Sequence[str]], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(told[0], tmp_path / "run"))


def test_an_epoch_is_told_in_our_words_alone(told: tuple[Path, str, Sequence[str]]) -> None:
    run, out, lines = told
    assert out == f"{run}/weights/best.pt\n"
    assert lines[0] == "8 pictures, 1 processes"
    assert all(line.startswith("epoch 1 of 1") for line in lines[1:])
    assert lines[-1].startswith("epoch 1 of 1 done:")
    assert sorted(p.name for p in (run / "weights").iterdir()) == ["best.pt", "last.pt"]


def test_weights_that_are_given_away_do_not_say_where_they_were_made(
    told: tuple[Path, str, Sequence[str]], run: Path
) -> None:
    with zipfile.ZipFile(run / "weights" / "best.pt") as best:
        said = b"".join(best.read(part) for part in best.namelist() if part.endswith(".pkl"))
    assert b"head" in said
    for folder in (told[0], Path(__file__).parents[2], Path.home()):
        assert str(folder).encode() not in said


def test_a_killed_run_goes_on_after_its_last_epoch(pictures: Path, run: Path) -> None:
    more = (pictures, "--out", run, "--epochs", 99, "--processes", 1, "--resume")
    with training(*more) as process:
        status, _ = signal_after(2, process, signal.SIGKILL)
    assert status == -signal.SIGKILL
    status, out, lines = train(*more[:4], 4, *more[5:])
    assert status == 0, lines
    gone_on = lines[0].removeprefix("8 pictures, 1 processes, going on after epoch ")
    assert gone_on in ("2", "3")
    assert lines[-1].startswith("epoch 4 of 4 done:")
    assert out == f"{run}/weights/best.pt\n"


def test_processes_train_together_and_leave_together(pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with training(pictures, "--out", run, "--epochs", 99, "--processes", 2, "--from", SHIPPED) as process:
        status, last = signal_after(1, process, signal.SIGTERM)
        assert (status, last) == (130, "stopped: go on with --resume")
        assert nobody_left(process.pid)
    assert (run / "weights" / "last.pt").is_file()


def test_a_full_disk_leaves_the_epoch_before(pictures: Path, run: Path) -> None:
    last = run / "weights" / "last.pt"
    before = last.read_bytes()
    status, _, lines = train(
        pictures, "--out", run, "--epochs", 2, "--processes", 1, "--resume",
        most_kb=len(before) // 2048,
    )  # fmt: skip
    assert status == 2
    assert lines[-1].endswith("make room, then --resume")
    assert last.read_bytes() == before


@pytest.mark.parametrize("options", [[], ["--half"], ["--int8"]])
def test_the_node_reads_what_is_exported(pictures: Path, run: Path, tmp_path: Path, options: list[str]) -> None:
    file = tmp_path / "shop.onnx"
    best = run / "weights" / "best.pt"
    size = ["--width", "416", "--height", "320"]
    said = CliRunner().invoke(app, ["export", str(best), "-o", str(file), "--data", str(pictures), *size, *options])
    assert said.exit_code == 0, said.output
    assert [p.name for p in tmp_path.iterdir() if p.suffix or p == file] == ["shop.onnx"]

    network = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    nothing = np.zeros((2, 320, 416, 4), np.uint8) if "--int8" in options else np.zeros((2, 4, 320, 416), np.float32)
    (people,) = network.run(None, {"images": nothing})
    assert (people.shape, people.dtype) == ((2, 100, 6), np.float32)

    detector = Detector(file)
    assert list(detector.least) == ["head", "hand", "feet", "elbow"]
    picture = cv2.imread(str(next((pictures / "images" / "val").glob("*.jpg"))))
    assert picture is not None
    found = detector.suspect(picture.astype(np.uint8), 0.0)
    boxes = np.concatenate([found.heads, found.hands, found.feet])
    assert len(boxes)
    assert np.isfinite(boxes).all()


def test_a_network_in_bytes_says_what_its_weights_say(pictures: Path, tmp_path: Path) -> None:
    done = export(SHIPPED, tmp_path / "bytes.onnx", width=640, height=480, int8=True, data=pictures)
    assert done.rows > 10
    assert done.lost <= 0.15 * done.rows
    assert done.median_px < 2.5, "2.1 on a CPU without VNNI, below 2.0 on others: these few pictures give 33 rows"
    assert done.size_bytes < 2_000_000


def test_channels_that_say_nothing_are_counted(pictures: Path, tmp_path: Path) -> None:
    import torch

    network = weights_in(SHIPPED)[0]
    layer = network.model[2].cv2
    layer.bn.weight.data.zero_()
    layer.bn.bias.data.fill_(-1.0)
    torch.save({"model": network}, tmp_path / "mute.pt")

    def silent(weights: Path) -> tuple[int, int]:
        told = export(weights, tmp_path / "out.onnx", width=320, height=256, data=pictures).silent
        assert told is not None
        return told

    usual, mute = silent(SHIPPED), silent(tmp_path / "mute.pt")
    assert mute[1] == usual[1]
    assert usual[0] < mute[0] <= usual[0] + len(layer.bn.bias)
    assert mute[0] >= len(layer.bn.bias)


def test_what_is_faint_is_neither_asked_for_nor_held_against_a_network() -> None:
    import torch

    network = weights_in(SHIPPED)[0].train()
    network.args = SimpleNamespace(box=2.0, cls=1.0, dfl=1.5)
    loss = peaks()(network)
    sure = torch.full((1, 4, 48), -6.0)
    sure[0, 1, 8 * 2 + 3] = 4.0  # the third row's fourth cell: a hand, it says
    said = {"boxes": torch.ones(1, 4, 48), "scores": sure, "feats": [torch.zeros(1, 64, 6, 8)]}

    def presence(*kinds: int) -> float:
        middle = torch.tensor([[28 / 64, 20 / 48, 16 / 64, 16 / 48]] * len(kinds)).reshape(-1, 4)
        batch = {"batch_idx": torch.zeros(len(kinds)), "cls": torch.tensor(kinds).float(), "bboxes": middle}
        return float(loss.get_assigned_targets_and_loss(said, batch)[1][1])

    nothing, hand, faint = presence(), presence(1), presence(1 + FAINT)
    assert hand < 0.1
    assert faint < 0.1
    assert nothing > 5.0
    sure[:] = -6.0
    assert presence(1) > 5.0, "not found"
    assert presence(1 + FAINT) < 0.1


def test_a_leaner_network_answers_the_same() -> None:
    import torch

    usual = weights_in(SHIPPED)[0].float().eval().fuse(verbose=False)
    usual.model[-1].export, usual.model[-1].format = True, "onnx"
    picture = torch.randint(0, 256, (1, 4, 96, 128), generator=torch.manual_seed(0)).float()
    with torch.no_grad():
        wanted = usual(picture / 255)
        joined_late(usual)
        assert torch.allclose(usual(picture / 255), wanted, atol=1e-3)
        assert not any(isinstance(layer, torch.nn.Upsample) for layer in usual.model)
        in_blocks(usual, 128, 96)
        assert torch.allclose(usual(picture.permute(0, 2, 3, 1)), wanted, atol=1e-3)


def test_what_cannot_be_trained_is_refused_in_a_line(pictures: Path, run: Path, tmp_path: Path) -> None:
    new, data = tmp_path / "new", tmp_path / "data"
    assert "make pictures with `python -m models render`" in refused("train", data, "--out", new)

    data.mkdir()
    shutil.copy(pictures / "data.yaml", data)
    assert refused("train", data, "--out", new).startswith(f"{data}/images/train: there are no pictures")

    shutil.copytree(pictures / "images", data / "images")
    assert refused("train", data, "--out", new).startswith(f"{data}/labels/train: there are no labels")

    (data / "data.yaml").write_text("names: {0: person}\n")
    assert "but no `head`" in refused("train", data, "--out", new)

    assert "leave out --resume" in refused("train", pictures, "--out", new, "--resume")
    assert "go on with --resume" in refused("train", pictures, "--out", run)
    assert "ask for more --epochs" in refused("train", pictures, "--out", run, "--epochs", 1, "--resume")

    none = tmp_path / "none.pt"
    assert "no such weights" in refused("train", pictures, "--out", new, "--from", none)
    assert "no such weights" in refused("export", none, "-o", new)
    none.write_text("no weights")
    assert "name RUN/weights/best.pt" in refused("train", pictures, "--out", new, "--from", none)
    assert "name RUN/weights/best.pt" in refused("export", none, "-o", new)
    assert not new.exists()
