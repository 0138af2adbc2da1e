"""`tebura camera` as somebody types it, and as the shop runs it: a video in, people in the runtime, troubles told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

from edge.adapters.broker.embedded import EmbeddedBroker
from edge.adapters.cameras import SOURCE, Cameras
from edge.adapters.mqtt.line import BrokerLine
from edge.camera.detect import Detector
from edge.camera.node import Eye
from edge.camera.sights import Sights
from edge.camera.source import Frame
from edge.camera.voice import Aloud
from edge.daemon.desk import NobodyThere, ask
from edge.optics import View
from edge.records import PeopleFrame, SourceTrouble
from edge.site import load_shop
from edge.store import load_store
from edge.wire import decode
from tests.adapters.brokers import Ear, free_port, until
from tests.camera.nets import colour_net
from tests.camera.scenes import film, shop, shown, walk

BEGINS_S = 1_700_000_000


def tebura(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
    blind = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=blind)


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of nobody, three in which somebody crosses the floor from x = 0.8 to 3.2, two of nobody."""
    return film(tmp_path_factory.mktemp("films") / "walk.avi", walk(30))


def test_a_dry_run_prints_who_is_where_and_tells_nobody(tmp_path: Path, walked: Path) -> None:
    done = tebura("camera", "cam", "--store", shop(tmp_path), "--video", walked, "--at", BEGINS_S, "--dry-run")
    assert done.returncode == 0, done.stderr
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    times = [frame["t"] - BEGINS_S for frame in frames]
    assert times == sorted(times)
    assert max(np.diff(times)) <= 0.6, "longer silences make the runtime doubt who is who"
    inside = [frame for frame in frames if 2.0 <= frame["t"] - BEGINS_S < 5.0]
    assert len(inside) == 30
    for frame in inside:
        (person,) = frame["people"]
        wanted = 0.8 + 2.4 * (frame["t"] - BEGINS_S - 2.0) / 3.0
        assert abs(person["head"][0] - wanted) < 0.3  # off the axis a square is no head
        assert abs(person["head"][1] - 0.8) < 0.15
    assert not any(frame["people"] for frame in frames if not 2.0 <= frame["t"] - BEGINS_S < 5.0)
    assert done.stderr == f"tebura: cam sees\ntebura: {walked} is over: 70 frames\n"


def test_a_dry_run_ends_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    video = film(tmp_path / "long.avi", [shown([(1.0, 1.0, 1.55)], seed=i) for i in range(60)], fps=2.0)
    folder = shop(tmp_path / "shop", f'[[camera]]\nid = "cam"\nsource = "{video}"')
    with running("camera", "--store", folder, "--dry-run") as node:
        assert node.stdout is not None
        assert json.loads(node.stdout.readline())["camera"] == "cam"
        node.stdout.close()
        until(lambda: node.poll() is not None, "it ends", 30.0)
        node.stdout = None
        assert node.stderr is not None
        assert "blind" not in node.stderr.read()


def test_people_come_over_the_broker_and_an_end_is_told(tmp_path: Path, walked: Path) -> None:
    folder = shop(tmp_path / "shop", f"[broker]\nport = {free_port()}")
    store, site = load_shop(folder)
    ear = Ear()
    broker = EmbeddedBroker(store, site, tmp_path / "state", ear)
    broker.start()
    line = BrokerLine(store.id, site.broker, ear, password=broker.password())
    line.start()
    assert line.ready.wait(10.0), ear.troubles
    with running("camera", "cam", "--store", folder, "--state", tmp_path / "state", "--video", walked) as node:
        until(lambda: node.poll() is not None, "the video is over", 60.0)
        assert node.returncode == 0
    until(lambda: "stopped" in str(ear.heard[-1:]), "its last word")
    line.stop()
    broker.stop()
    at_once = [(topic, payload, json.loads(payload).get("t", time.time())) for topic, payload in ear.heard]
    records = [decode(store, *heard) for heard in at_once]
    seen = [record for record in records if isinstance(record, PeopleFrame) and record.people]
    assert 28 <= len(seen) <= 30
    assert abs(seen[0].at_s - time.time()) < 30.0
    troubles = [record.trouble for record in records if isinstance(record, SourceTrouble)]
    assert troubles[0] == ""
    assert troubles[-1] == "blind: its node was stopped. Start it again"


def test_a_camera_of_this_pc_is_heard_without_a_broker_and_its_node_is_started_again(tmp_path: Path) -> None:
    video = film(tmp_path / "shop.avi", [shown(seed=i) for i in range(90)], fps=1.0)
    folder = shop(tmp_path / "shop", f'[[camera]]\nid = "cam"\nsource = "{video}"')
    store, site = load_shop(folder)
    ear = Ear()
    cameras = Cameras(site, folder, tmp_path / "state", ear)
    cameras.start()
    try:
        until(lambda: "camera/cam/people" in [topic for topic, _ in ear.heard], "it sees", 60.0)
        assert decode(store, *ear.heard[0], time.time()) is not None
        assert cameras.pid is not None
        os.kill(cameras.pid, signal.SIGKILL)
        until(lambda: ear.trouble_of(SOURCE).startswith("the camera node died (status -9)"), "it is missed")
        until(lambda: ear.trouble_of(SOURCE) == "", "another one sees", 60.0)
        pid = cameras.pid
    finally:
        began_s = time.monotonic()
        cameras.stop()
    assert time.monotonic() - began_s < 2.0
    assert pid is not None
    assert not Path(f"/proc/{pid}/status").exists()


def test_staff_read_why_a_camera_is_blind_and_the_shop_goes_on(tmp_path: Path) -> None:
    video = film(tmp_path / "black.avi", [np.zeros((480, 640, 3), np.uint8)] * 120, fps=1.0)
    wired = f'[broker]\nport = {free_port()}\n[web]\nlisten = ""\n[[camera]]\nid = "cam"\nsource = "{video}"'
    folder = shop(tmp_path / "shop", wired)
    state = tmp_path / "state"
    with running("run", "--store", folder, "--state", state) as daemon:

        def told() -> str:
            assert daemon.poll() is None
            try:
                troubles = ask(state, {"do": "status"}).get("troubles", {})
            except (NobodyThere, ValueError):
                return ""
            return str(troubles.get("camera/cam", ""))

        until(lambda: told().startswith("blind: the picture is black. Is the lens covered"), "staff read it", 60.0)
        began_s = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10.0) == 0
        assert time.monotonic() - began_s < 2.0


def test_a_node_stops_within_two_seconds_also_when_its_camera_and_its_broker_do_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        wired = f'[broker]\nkind = "mqtt"\nport = {port}\n[[camera]]\nid = "cam"\nsource = "rtsp://127.0.0.1:{port}/"'
        folder = shop(tmp_path / "shop", wired)
        with running("camera", "--store", folder, "--state", tmp_path / "state") as node:
            silent.settimeout(60.0)
            connections = [silent.accept() for _ in range(2)]  # the camera's and the broker's
            began_s = time.monotonic()
            node.send_signal(signal.SIGTERM)
            assert node.wait(10.0) == 0
            assert time.monotonic() - began_s < 2.0
            for connection, _ in connections:
                connection.close()


@pytest.mark.parametrize(
    "what",
    [
        "uncalibrated",
        "broken profile",
        "another lens",
        "broken video",
        "other outputs",
        "unknown",
        "unwired",
        "no screen",
        "no floor",
        "no time",
    ],
)
def test_bad_input_is_told_in_one_line_with_the_remedy(tmp_path: Path, walked: Path, what: str) -> None:
    folder = shop(tmp_path / "shop", calibrated=what != "uncalibrated")
    camera, video = "cam", ["--video", walked]
    if what == "broken profile":
        (folder / "calibration" / "cam" / "20261122T011406Z.toml").write_text("fx =")
    elif what == "another lens":
        video = ["--video", film(tmp_path / "wide.avi", [np.full((360, 640, 3), i, np.uint8) for i in range(5)])]
    elif what == "broken video":
        (tmp_path / "broken.mp4").write_bytes(walked.read_bytes()[:300])
        video = ["--video", tmp_path / "broken.mp4"]
    elif what == "other outputs":
        colour_net(folder / "colours.onnx", columns=5)
    elif what == "no floor":
        upwards = {p.name: p.read_text() for p in (folder / "calibration" / "cam").iterdir()}
        for name, text in upwards.items():
            lines = [line if not line.startswith("rotation") else "rotation = [0, 0, 0]" for line in text.split("\n")]
            (folder / "calibration" / "cam" / name).write_text("\n".join(lines))
    elif what == "no time":
        video += ["--at", "nan"]
    elif what == "unknown":
        camera = "attic"
    elif what == "unwired":
        video = []
    show = ["--show"] if what == "no screen" else []
    done = tebura("camera", camera, "--store", folder, *video, "--dry-run", *show)
    told = {
        "uncalibrated": "cam is blind: nobody has calibrated it. Run `tebura calibrate camera cam`",
        "broken profile": "cam is blind: calibration/cam.toml: profile: it cannot be used (is not TOML",
        "another lens": "cam is blind: the picture is 640x360, the lens was calibrated at 640x480: that is another",
        "broken video": "broken.mp4 is no video. Name a video file that OpenCV can read",
        "other outputs": "colours.onnx is no detector: it has input picture",
        "unknown": "there is no camera 'attic' in store.toml. It has cam",
        "no floor": "cam is blind: calibration/cam.toml: profile: it cannot be used (lens, rotation: in its picture",
        "no time": "--at nan: write a time like",
        "no screen": "there is no screen for --show. Run it without",
        "unwired": 'site.toml does not say where the pictures of cam come from. Add [[camera]] with id = "cam"',
    }[what]
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if " is blind: " in told else 2)


def test_what_goes_wrong_with_one_camera_blinds_that_camera_alone(tmp_path: Path) -> None:
    """Pictures in which its detector answers nonsense: no other error of a camera may end its node either."""
    told: list[str] = []
    sight = load_store(shop(tmp_path / "shop")).sights["cam"].view
    eye = Eye("cam", sight, Aloud(told.clear), told.append)
    detector = Detector(colour_net(tmp_path / "net.onnx"))
    eye.look(Frame(0.0, shown([(1.0, 1.0, 1.55)], seed=1)), detector)
    eye.look(Frame(0.1, shown([(1.0, 1.0, 1.55)], seed=2)[..., 0]), detector)  # no colours
    eye.look(Frame(0.2, shown([(1.0, 1.0, 1.55)], seed=3)), detector)
    assert [line.split(":")[0] for line in told] == ["cam sees", "cam is blind", "cam sees"]
    assert "its pictures cannot be looked through" in told[1]


def test_a_new_profile_is_believed_without_a_restart(tmp_path: Path) -> None:
    video = film(tmp_path / "long.avi", [shown([(1.0, 1.0, 1.55)], seed=i) for i in range(60)], fps=2.0)
    folder = shop(tmp_path / "shop", f'[[camera]]\nid = "cam"\nsource = "{video}"', calibrated=False)
    store = load_store(folder)
    assert not store.sights
    with running("camera", "--store", folder, "--dry-run") as node:
        assert node.stderr is not None
        assert node.stdout is not None
        assert "nobody has calibrated it" in node.stderr.readline()
        calibrated = shop(tmp_path / "other") / "calibration"
        calibrated.rename(folder / "calibration")
        assert node.stderr.readline() == "tebura: cam sees\n"
        assert json.loads(node.stdout.readline())["people"]
        (folder / "calibration" / "cam" / "20261122T011406Z.toml").write_text("fx =")
        assert "the new profile of cam cannot be used: calibration/cam.toml: profile" in node.stderr.readline()
        assert json.loads(node.stdout.readline())["people"], "the one before it counts on"


def test_a_profile_that_came_beside_a_broken_store_is_believed_when_it_is_mended(tmp_path: Path) -> None:
    folder, told = shop(tmp_path / "shop", calibrated=False), list[str]()
    sights = Sights(folder, load_store(folder), told.append)
    catalogue = folder / "catalogue.csv"
    whole = catalogue.read_text()
    (shop(tmp_path / "other") / "calibration").rename(folder / "calibration")
    catalogue.write_text("nonsense\n")
    for _ in range(3):
        assert isinstance(sights()["cam"], str)
    catalogue.write_text(whole)
    assert isinstance(sights()["cam"], View)
    (once,) = told
    assert once.startswith("a new profile cannot be used yet: catalogue.csv")


def test_a_pc_without_the_extra_is_told_what_to_install(tmp_path: Path) -> None:
    """The rest of the command does without it, which is why nothing else may import it."""
    without = "import sys; sys.modules['cv2'] = sys.modules['onnxruntime'] = None; from edge.cli import main; main()"
    command = [sys.executable, "-c", without, "camera", "cam", "--store", str(shop(tmp_path)), "--video", "x.mp4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == "tebura: cv2 is missing: pip install 'tebura[camera]'\n"


def test_a_pc_without_a_desktop_is_told_which_libraries_to_install(tmp_path: Path) -> None:
    """Where opencv-python is installed and finds no libGL, as on a server."""
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    without = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from edge.cli import main; main()"
    command = [sys.executable, "-c", without, "camera", "cam", "--store", str(shop(tmp_path)), "--video", "x.mp4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "(libGL.so.1: cannot open shared object file). Install" in done.stderr
    assert "apt install libgl1 libglib2.0-0" in done.stderr
