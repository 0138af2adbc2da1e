"""Pictures as cameras, recorders and phones leave them: uneven, damaged, turned; believed only where they can be."""

from __future__ import annotations

import struct
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

import cv2
import numpy as np

from calibration.camera.frames import frames
from edge.camera.capture import Capture, NoPictures
from edge.camera.footage import footage
from edge.camera.picture import Picture
from edge.camera.source import Source
from edge.site import CameraSource
from tests.adapters.brokers import until
from tests.camera.mkv import mkv
from tests.camera.mp4 import damaged, mp4, turned, with_steps
from tests.camera.scenes import shown as scene
from tests.camera.scenes import walk

UNEVEN_MS = (33, 50, 133, 41, 67)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """Somebody walks through eighty of them."""
    return walk(40)


def times_of(path: Path, told: list[str] | None = None) -> list[float]:
    return [frame.at_s for frame in footage(path, 1000.0, tell=told.append if told is not None else None)]


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_frames_that_are_not_even_have_the_times_that_the_file_says(
    tmp_path: Path, kind: str, pictures: list[Picture]
) -> None:
    """Cameras dim their rate with the light. By the file's average a hand would be a second away from where it was."""
    steps_ms = [*(20 for _ in range(20)), *(UNEVEN_MS[i % 5] for i in range(20))]
    at_ms = list(accumulate(steps_ms[:-1], initial=0))
    path = tmp_path / f"uneven.{kind}"
    if kind == "mp4":
        with_steps(mp4(path, pictures[:40]), [step / 1000 for step in steps_ms])
    else:
        mkv(path, pictures[:40], at_ms)
    assert times_of(path) == pytest.approx([1000.0 + at / 1000 for at in at_ms], abs=0.002)


def test_after_a_damaged_frame_the_rest_is_seen_from_the_next_key_frame_on(
    tmp_path: Path, pictures: list[Picture]
) -> None:
    """What comes between hangs on what is lost: it is smeared."""
    path, told = damaged(mp4(tmp_path / "damaged.mp4", pictures), 20), list[str]()
    assert times_of(path, told) == pytest.approx([1000.0 + i / 20 for i in range(80) if not 20 <= i < 24])
    what = "1 of its 80 frames cannot be decoded, and 3 hang on what is lost: nobody is looked for in them"
    assert told == [f"{path}: {what}"]


def test_the_times_beside_a_damaged_file_stay_with_their_frames(tmp_path: Path, pictures: list[Picture]) -> None:
    path = damaged(mp4(tmp_path / "damaged.mp4", pictures), 20)
    (tmp_path / "damaged.mp4.times").write_text("\n".join(str(5000.0 + 0.07 * i) for i in range(80)))
    assert times_of(path) == pytest.approx([5000.0 + 0.07 * i for i in range(80) if not 20 <= i < 24])


def test_what_follows_a_frame_that_is_missing_in_an_even_stream_is_not_believed(
    tmp_path: Path, pictures: list[Picture]
) -> None:
    """A recorder that lost one on the way writes the others down as if nothing were."""
    steps_s = [0.05] * 80
    steps_s[19] = 0.10
    path, told = with_steps(mp4(tmp_path / "gap.mp4", pictures), steps_s), list[str]()
    at_s = list(accumulate(steps_s[:-1], initial=1000.0))
    assert times_of(path, told) == pytest.approx([at for i, at in enumerate(at_s) if not 20 <= i < 24], abs=0.002)
    assert "0 of its 80 frames cannot be decoded, and 4 hang on what is lost" in told[0]


def test_what_follows_a_packet_that_is_lost_in_a_transport_stream_is_not_believed(
    tmp_path: Path, pictures: list[Picture]
) -> None:
    """Its packets are counted (ISO/IEC 13818-1, continuity_counter), and a picture with a hole in it is no picture."""
    path = mp4(tmp_path / "stream.ts", pictures[:60])
    whole = times_of(path)
    data = path.read_bytes()
    packets = [data[i : i + 188] for i in range(0, len(data), 188)]
    of_pictures = [i for i, p in enumerate(packets) if p[1] & 0x1F == 1 and p[2] == 0]
    lost = of_pictures[len(of_pictures) // 3]
    path.write_bytes(b"".join(p for i, p in enumerate(packets) if i != lost))
    seen = times_of(path)
    missing = [i for i, at_s in enumerate(whole) if not any(abs(at_s - other) < 0.01 for other in seen)]
    assert len(whole) == 60
    assert 1 <= len(missing) <= 12, "the picture with the hole, and what hangs on it"
    assert missing == list(range(missing[0], missing[0] + len(missing)))
    assert (missing[-1] + 1) % 12 == 0, "a key frame is whole again"


def test_what_is_missing_in_a_stream_over_tcp_its_camera_has_not_taken(tmp_path: Path, pictures: list[Picture]) -> None:
    """Cameras skip a frame now and then, before it is coded; what follows is whole, and nobody is blind for it."""
    path = without_picture(mp4(tmp_path / "stream.ts", pictures[:40]), 18)
    seen = [round(20 * (at_s - 1000.0)) for at_s in times_of(path)]
    assert seen == [i for i in range(40) if not 18 <= i < 24], "a file may have lost it"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        capture = Capture(f"http://127.0.0.1:{server.server_port}/stream.ts")
        count = 0
        while capture.next():
            assert not capture.torn
            count += 1
        capture.close()
        server.shutdown()
    assert count == 39


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not into the test's output."""


def without_picture(path: Path, picture: int) -> Path:
    """A transport stream that never had it: the packets are counted on."""
    data, made, begun, number = path.read_bytes(), b"", -1, 0
    for at in range(0, len(data), 188):
        packet = bytearray(data[at : at + 188])
        if packet[1] & 0x1F == 1 and packet[2] == 0:
            begun += packet[1] >> 6 & 1
            if begun == picture:
                continue
            packet[3] = packet[3] & 0xF0 | number
            number = (number + 1) % 16
        made += packet
    path.write_bytes(made)
    return path


def test_a_stream_whose_frames_stand_alone_loses_only_what_is_lost(tmp_path: Path, pictures: list[Picture]) -> None:
    at_ms = [50 * i for i in range(30) if i != 20]
    path, told = mkv(tmp_path / "gap.mkv", [pictures[at // 50] for at in at_ms], at_ms), list[str]()
    assert times_of(path, told) == pytest.approx([1000.0 + at / 1000 for at in at_ms], abs=0.002)
    assert told == []


def test_the_node_goes_on_behind_damage_as_well(tmp_path: Path, pictures: list[Picture]) -> None:
    count = 0

    def arrived() -> None:
        nonlocal count
        count += 1

    path = damaged(mp4(tmp_path / "damaged.mp4", pictures, fps=60.0), 20)
    camera = Source(CameraSource(id="cam", source=str(path), hz=60.0), arrived)
    camera.start()
    until(lambda: camera.why != "", "the video is over")
    assert camera.why == f"the video {path} is over"
    assert count > 60, "everything but four of eighty, as far as this PC keeps up"


def test_staff_are_told_of_a_stream_whose_key_frames_do_not_come(tmp_path: Path, pictures: list[Picture]) -> None:
    """One key frame in twelve, and four frames a second: a lost one is seen for three seconds."""
    path = damaged(mp4(tmp_path / "slow.mp4", pictures[:22], fps=4.0), 1)
    camera = Source(CameraSource(id="cam", source=str(path), hz=4.0), lambda: None)
    camera.start()
    until(lambda: camera.why != "", "it is told")
    assert camera.why.startswith(f"pictures of {path} are lost on the way, and what follows is smeared. Look at its")
    until(lambda: camera.why == "", "it sees again")
    camera.stop()


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_video_that_says_it_is_to_be_turned_is_refused_by_everybody(
    tmp_path: Path, pictures: list[Picture], degrees: int
) -> None:
    """The same for who calibrates and for who looks later: else the one sees the other's shop from its other end."""
    path = turned(mp4(tmp_path / "phone.mp4", pictures[:12]), degrees)
    what = r"phone\.mp4 says that its pictures are to be turned by \d+°, and they are not"
    with pytest.raises(NoPictures, match=what):
        list(footage(path, 1000.0))
    with pytest.raises(NoPictures, match=what):
        list(frames(str(path)))
    camera = Source(CameraSource(id="cam", source=str(path)), lambda: None)
    camera.start()
    until(lambda: "are to be turned" in camera.why, "the node says so")
    camera.stop()


def jpeg(orientation: int, byte_order: str = ">") -> bytes:
    """A picture whose EXIF says how it is to be turned (CIPA DC-008, tag 0x0112)."""
    coded = cv2.imencode(".jpg", scene(seed=3))[1].tobytes()
    mark = b"MM" if byte_order == ">" else b"II"
    tag = struct.pack(f"{byte_order}HHIHH", 0x0112, 3, 1, orientation, 0)
    ifd = mark + struct.pack(f"{byte_order}HIH", 42, 8, 1) + tag + bytes(4)
    exif = b"Exif\0\0" + ifd
    return coded[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + coded[2:]


@pytest.mark.parametrize("byte_order", [">", "<"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_that_says_it_is_to_be_turned_is_refused(tmp_path: Path, orientation: int, byte_order: str) -> None:
    """A floor picture with orientation 3 would put everybody at the other end of the shop."""
    path = tmp_path / "floor.jpg"
    path.write_bytes(jpeg(orientation, byte_order))
    if orientation == 1:
        ((name, picture),) = frames(str(path))
        assert (name, picture.shape) == ("floor.jpg", scene().shape)
        return
    for where in (path, tmp_path):
        with pytest.raises(NoPictures, match=r"floor\.jpg: says that it is to be turned \(EXIF orientation\)"):
            list(frames(str(where)))


class Webcam:
    """`cv2.VideoCapture` of a USB camera: V4L2 sets the nearest mode that the camera has, and reports success."""

    modes: ClassVar = {"YUYV": [(640, 480)], "MJPG": [(640, 480), (1280, 720)]}

    def __init__(self, source: object, backend: int, limits: list[int]) -> None:
        assert backend == cv2.CAP_V4L2
        self._kind, self._wanted, self._mode = "YUYV", [640, 480], (640, 480)

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, key: int, value: float) -> bool:
        if key == cv2.CAP_PROP_FOURCC:
            self._kind = next(k for k in self.modes if cv2.VideoWriter.fourcc(*k) == int(value))
        elif key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
            self._wanted[0 if key == cv2.CAP_PROP_FRAME_WIDTH else 1] = int(value)
        self._mode = min(
            self.modes[self._kind], key=lambda m: abs(m[0] - self._wanted[0]) + abs(m[1] - self._wanted[1])
        )
        return True

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FRAME_WIDTH: self._mode[0], cv2.CAP_PROP_FRAME_HEIGHT: self._mode[1]}.get(key, 0.0)

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, Picture]:
        return True, np.zeros((self._mode[1], self._mode[0], 3), np.uint8)

    def release(self) -> None: ...


def test_a_usb_camera_is_asked_for_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Webcam)
    for size, gives in ((None, (480, 640)), ((1280, 720), (720, 1280))):
        capture = Capture(0, size)
        assert capture.next()
        assert not capture.torn
        picture = capture.picture()
        assert picture is not None
        assert picture.shape[:2] == gives
    with pytest.raises(NoPictures, match="USB camera 0 has no pictures of 1920x1080, and would give 1280x720"):
        Capture(0, (1920, 1080))
    _, picture = next(frames("0", (1280, 720)))
    assert picture.shape[:2] == (720, 1280), "who calibrates it asks for the same"
