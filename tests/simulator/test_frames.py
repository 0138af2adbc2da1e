"""A play is filmed, and its film says the same as the play."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.store import read_store
from edge.wire import open_recording
from simulator.frames import HZ, VIDEOS
from tests.corner import FILES

STORY = """\
09:00:00  ana enters
09:00:06  ana takes 1 green-tea
09:00:12  ana leaves
= ana pays 151 JPY: 1 green-tea
"""


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corner shop's morning: shop/, ana.story, ana.mcap, videos/."""
    folder = tmp_path_factory.mktemp("filmed")
    (folder / "shop").mkdir()
    for name, content in FILES.items():
        (folder / "shop" / name).write_bytes(content)
    (folder / "ana.story").write_text(STORY)
    run = CliRunner().invoke(
        app, ["simulate", str(folder / "ana.story"), "-o", str(folder / "ana.mcap"), "--store", str(folder / "shop"),
              "--frames", str(folder / "videos")],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    return folder


def test_every_camera_has_its_video_and_the_recording_knows(filmed: Path) -> None:
    recording = open_recording(filmed / "ana.mcap")
    told = json.loads(recording.attachments[VIDEOS])["cam"]
    video = cv2.VideoCapture(str(filmed / "videos" / told["file"]))
    first = next(iter(recording)).received_s
    assert told["hz"] == HZ
    assert told["start_s"] == pytest.approx(first, abs=1.0)
    last = max(heard.received_s for heard in recording)
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) / HZ == pytest.approx(last - told["start_s"], abs=1.0)
    sight = read_store(recording.store_files()).sights["cam"]
    assert (sight.width, sight.height) == (
        video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT),
    )  # fmt: skip


def test_something_moves_where_the_recording_says_that_somebody_is(filmed: Path) -> None:
    recording = open_recording(filmed / "ana.mcap")
    view = read_store(recording.store_files()).sights["cam"].view
    told = json.loads(recording.attachments[VIDEOS])["cam"]
    people = [json.loads(h.payload) for h in recording if h.topic == "camera/cam/people"]
    seen = [p for p in people if len(p["people"]) == 1]
    there = seen[len(seen) // 2]
    video = cv2.VideoCapture(str(filmed / "videos" / told["file"]))
    empty = np.asarray(video.read()[1], np.int16)
    video.set(cv2.CAP_PROP_POS_FRAMES, round((there["t"] - told["start_s"]) * HZ))
    moved = np.abs(np.asarray(video.read()[1], np.int16) - empty).max(axis=2) > 40
    x, y = view.pixels([there["people"][0]["head"]])[0].astype(int)
    assert moved[y - 8 : y + 8, x - 8 : x + 8].mean() > 0.5
    assert moved.mean() < 0.25, "only where somebody is"


def test_frames_make_the_receipt(filmed: Path) -> None:
    """Rendered pictures, the shipped detector, tracks, attribution: nothing in between is told."""
    run = CliRunner().invoke(app, ["replay", str(filmed / "ana.mcap"), "--videos", str(filmed / "videos"), "--json"])
    assert run.exit_code == 0, run.output
    (line,) = (json.loads(text) for text in run.stdout.splitlines())
    assert (line["subject"], line["state"], line["items"]) == ("ana", "settled", {"green-tea": 1})


def test_a_recording_that_was_not_filmed_is_refused(filmed: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mcap"
    made = CliRunner().invoke(
        app, ["simulate", str(filmed / "ana.story"), "-o", str(plain), "--store", str(filmed / "shop")]
    )
    assert made.exit_code == 0, made.output
    run = CliRunner().invoke(app, ["replay", str(plain), "--videos", str(filmed / "videos")])
    assert run.exit_code == 2
    assert "--frames" in run.output
    lost = CliRunner().invoke(app, ["replay", str(filmed / "ana.mcap"), "--videos", str(tmp_path)])
    assert lost.exit_code == 2
    assert "no such video" in lost.output


def test_a_folder_that_cannot_hold_the_videos_is_named_and_not_the_recording(filmed: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mcap"
    run = CliRunner().invoke(
        app, ["simulate", str(filmed / "ana.story"), "-o", str(plain), "--store", str(filmed / "shop"),
              "--frames", "/proc/x"],
    )  # fmt: skip
    assert run.exit_code == 2
    remedy = "Name a folder that you may write to with --frames"
    assert run.stderr == f"tebura: /proc/x: cannot hold the videos (No such file or directory). {remedy}\n"
    assert not plain.exists()
