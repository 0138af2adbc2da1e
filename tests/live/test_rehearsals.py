"""A recording that is played into a real shop gives the receipts that its replay gives: over the broker, over ports."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.adapters.mqtt.line import LARGEST
from edge.site import load_site
from edge.wire import RecordingWriter, open_recording
from simulator.live import CannotPlay, Stage, own_stage, play_live
from simulator.replay import replay, visit_line
from tests.adapters.brokers import until
from tests.core.mornings import ANA_AT_THE_FRIDGE, story_of
from tests.corner import FILES, errand
from tests.live.stage import Theatre

ROOT = Path(__file__).parents[2]


def test_the_command_starts_a_shop_of_its_own_with_the_embedded_broker(tmp_path: Path) -> None:
    recording = story_of(ANA_AT_THE_FRIDGE, tmp_path / "ana.mcap")
    command = [sys.executable, "-m", "edge.cli", "replay", "--live", "--speed", "4", str(recording), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()] == replay(open_recording(recording)).lines()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_whoever_ends_it_ends_its_shop(tmp_path: Path, sign: signal.Signals) -> None:
    recording = story_of(ANA_AT_THE_FRIDGE, tmp_path / "ana.mcap")
    command = [sys.executable, "-m", "edge.cli", "replay", "--live", "--speed", "1", str(recording)]
    mine = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=mine, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as played:
        try:
            until(lambda: bool(shops_of(tmp_path)), "its shop runs", 60.0)
            played.send_signal(sign)
            played.wait(30)
        finally:
            played.kill()
    assert shops_of(tmp_path) == []
    assert list(tmp_path.glob("tebura-rehearsal-*")) == [], "nor is its folder left"


def shops_of(folder: Path) -> list[int]:
    """Processes that were given something in this folder, but the one that plays."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"run" in words and any(word.startswith(os.fsencode(folder)) for word in words):
                found.append(int(process.name))
    return found


def test_a_running_shop_says_what_came_of_it_and_how_much_it_heard(tmp_path: Path) -> None:
    """One message is larger than any that a sensor sends, and is not taken."""
    whole, rough = open_recording(errand(tmp_path / "whole.mcap")), tmp_path / "ana.mcap"
    with RecordingWriter(rough, whole.store_files(), 0.0) as recorder:
        for heard in whole:
            recorder.write(heard.topic, heard.payload, heard.received_s, heard.received_s)
        recorder.write("shelf/g1-s1/weight", b" " * (LARGEST + 1), heard.received_s, heard.received_s)
    theatre = Theatre(tmp_path / "shop", FILES)
    try:
        theatre.start()
        command = [
            sys.executable, "-m", "edge.cli", "replay", "--live", "--speed", "6", str(rough),
            "--store", str(theatre.folder), "--state", str(theatre.state),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        assert "ana: 1 visit, 1 settled, 0 for review\n" in done.stderr
        assert "ana: 1 of 274 messages were not heard" in done.stderr
    finally:
        theatre.close()


def test_a_shelf_on_a_serial_line_weighs_the_same(tmp_path: Path) -> None:
    recording = open_recording(errand(tmp_path / "ana.mcap"))
    port = tmp_path / "shelf"
    site = f'[slow]\nhz = 20.0\n[[serial]]\ndevice = "{port}"\nprotocol = "lines"\nbaud = 115200\nshelf = "g1-s1"\n'
    theatre = Theatre(tmp_path / "shop", FILES, site)
    try:
        theatre.start()
        stage = Stage(theatre.store, load_site(theatre.folder, theatre.store), theatre.state)
        played = play_live(recording, stage, 2.0)
        assert [visit_line("ana", entry) for entry in played.decided] == replay(recording).lines()
        told = str(theatre.ask(do="status")["troubles"])
        assert "has gone" in told or "is not there" in told, "it was unplugged when all was played"
    finally:
        theatre.close()


def test_a_shop_of_its_own_weighs_as_the_recorded_one_did(tmp_path: Path) -> None:
    rows = "".join(f"[[plate]]\nplate={p}\nchannel={p}\ng_per_unit=1.0\nnoise_g=0.3\n" for p in (1, 2, 3, 4))
    profile = f'shelf = "g1-s1"\nmade = 2026-11-01T09:00:00Z\n{rows}'.encode()
    files = {**FILES, "calibration/g1-s1.toml": profile}
    recording = open_recording(errand(tmp_path / "ana.mcap", files=files))
    with own_stage(recording) as stage:
        assert list(stage.store.profiles) == ["g1-s1"]
        assert dict(stage.store.sources) == files


def test_a_shop_that_is_killed_meanwhile_is_called_killed(tmp_path: Path) -> None:
    """Not a shop that nobody has started, nor a broker that somebody should start."""
    recording = open_recording(errand(tmp_path / "ana.mcap"))
    with own_stage(recording) as stage:
        threading.Timer(1.0, lambda: os.kill(process_of(stage), signal.SIGKILL)).start()
        with pytest.raises(CannotPlay, match=r"was killed \(SIGKILL\) before all was played; there are no receipts"):
            play_live(recording, stage, 1.0)


def test_a_running_shop_that_is_stopped_meanwhile_is_called_stopped(tmp_path: Path) -> None:
    recording = open_recording(errand(tmp_path / "ana.mcap"))
    theatre = Theatre(tmp_path / "shop", FILES)
    try:
        theatre.start()
        stage = Stage(theatre.store, load_site(theatre.folder, theatre.store), theatre.state)
        threading.Timer(1.0, theatre.terminate).start()
        with pytest.raises(CannotPlay, match=r"stopped while the recording was played.*play the recording anew"):
            play_live(recording, stage, 1.0)
    finally:
        theatre.close()


def process_of(stage: Stage) -> int:
    """The shop that runs in a state folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"run" in words and str(stage.state_folder).encode() in words:
                return int(process.name)
    raise AssertionError("no shop runs there")
