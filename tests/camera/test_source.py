"""The newest frame or why there is none, whatever a camera does; and files frame by frame."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

import cv2

from edge.camera.capture import Capture, NoPictures, shown
from edge.camera.footage import footage
from edge.camera.source import Frame, Source
from edge.site import CameraSource
from tests.adapters.brokers import free_port, until
from tests.camera.scenes import film
from tests.camera.scenes import shown as scene


def source(where: str, hz: float = 10.0) -> Source:
    return Source(CameraSource(id="cam", source=where, hz=hz), lambda: None)


def test_only_the_newest_frame_waits_and_the_end_of_a_file_is_told(tmp_path: Path) -> None:
    path = film(tmp_path / "short.avi", [scene(seed=i) for i in range(12)], fps=20.0)
    camera = source(str(path), hz=20.0)
    camera.start()
    until(lambda: camera.why != "", "the video is over")
    assert camera.why == f"the video {path} is over"
    frame = camera.take()
    assert frame is not None
    assert abs(frame.at_s - time.time()) < 2.0
    assert camera.take() is None


def test_a_file_is_played_at_its_own_speed_and_looked_at_as_often_as_was_asked(tmp_path: Path) -> None:
    path = film(tmp_path / "live.avi", [scene(seed=i) for i in range(30)], fps=30.0)
    times: list[float] = []
    camera = Source(CameraSource(id="cam", source=str(path), hz=10.0), lambda: times.append(time.monotonic()))
    camera.start()
    until(lambda: camera.why != "", "the video is over")
    assert 8 <= len(times) <= 12
    assert 0.7 < times[-1] - times[0] < 1.5


def test_a_camera_that_comes_back_is_seen_again_without_anybody_s_help(tmp_path: Path) -> None:
    """A device node that appears: whoever plugs the camera in again has to do nothing else."""
    path = tmp_path / "late.avi"
    camera = source(str(path))
    camera.start()
    until(lambda: camera.why.startswith(f"there is no {path}. Name a video file"), "it is missed")
    film(tmp_path / "made.avi", [scene(seed=i) for i in range(40)]).rename(path)
    until(lambda: camera.take() is not None, "a frame")
    assert camera.why == ""
    camera.stop()


class NetworkCamera:
    """A camera on the network, as simple ones are: one JPEG after the other over HTTP, to whoever asks."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://viewer:hush@127.0.0.1:{self._server.getsockname()[1]}/stream.mjpg"
        self._shows = threading.Event()
        self._shows.set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def fail(self) -> None:
        """Break off in the middle of a picture, and show nothing to anybody."""
        self._shows.clear()

    def recover(self) -> None:
        self._shows.set()

    def close(self) -> None:
        self.fail()
        self._server.close()

    def _serve(self) -> None:
        coded = cv2.imencode(".jpg", scene())[1].tobytes()
        part = b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(coded), coded)
        head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"
        while True:
            try:
                viewer, _ = self._server.accept()
            except OSError:
                return
            with viewer, contextlib.suppress(OSError):
                viewer.recv(4096)
                viewer.sendall(head if self._shows.is_set() else b"HTTP/1.0 503 Not now\r\n\r\n")
                while self._shows.wait(0.0):
                    viewer.sendall(part)
                    time.sleep(0.02)
                viewer.sendall(part[:500])


def test_a_network_camera_that_breaks_off_is_told_and_seen_again_when_it_is_back() -> None:
    there = NetworkCamera()
    camera = source(there.address)
    camera.start()
    until(lambda: camera.take() is not None, "its first picture", 60.0)
    there.fail()
    until(lambda: camera.why != "", "it is missed", 60.0)
    assert camera.why.startswith(f"http://127.0.0.1:{there.address.rpartition(':')[2]} gives no picture")
    there.recover()
    until(lambda: camera.take() is not None, "it is seen again", 60.0)
    assert camera.why == ""
    camera.stop()
    there.close()


def test_an_address_that_nobody_answers_at_is_told_without_its_password() -> None:
    camera = source(f"rtsp://viewer:hush@127.0.0.1:{free_port()}/stream")
    camera.start()
    until(lambda: camera.why != "", "nobody is there", 20.0)
    assert "gives no picture. Check its power, the network, and the address" in camera.why
    assert "hush" not in camera.why
    camera.stop()


def test_a_stream_that_takes_the_connection_and_says_nothing_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        camera = source(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/stream")
        camera.start()
        until(lambda: "gives no picture" in camera.why, "it is found out", 20.0)
        camera.stop()


def test_passwords_are_not_shown() -> None:
    assert shown("rtsp://viewer:hush@10.0.0.5:554/stream?token=hush") == "rtsp://10.0.0.5:554/stream"
    assert shown("rtsp://viewer:h[u/s#h?@10.0.0.5:554/stream") == "rtsp://10.0.0.5:554/stream"
    assert shown("rtsp://10.0.0.5/user=viewer&password=hush&channel=1") == "rtsp://10.0.0.5/user"
    assert shown(0) == "USB camera 0"


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("milk, eggs")
    with pytest.raises(NoPictures, match=r"notes\.mp4 is no video\. Name a video file"):
        Capture(str(tmp_path / "notes.mp4"))


def test_footage_has_every_frame_at_its_time_or_as_many_as_are_wanted(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.avi", [scene(seed=i) for i in range(20)], fps=20.0)
    every = [frame.at_s for frame in footage(path, 1000.0)]
    assert every == pytest.approx([1000.0 + i / 20 for i in range(20)])
    assert [frame.at_s for frame in footage(path, 1000.0, hz=10.0)] == pytest.approx(every[::2])
    (tmp_path / "clip.avi.times").write_text("\n".join(str(5000.0 + 0.07 * i) for i in range(20)))
    assert [frame.at_s for frame in footage(path, 1000.0)] == pytest.approx([5000.0 + 0.07 * i for i in range(20)])
    for wrong in ("5000.0\n4000.0", "5000.0\n5e7", "nan\n5000.0", "5000.0\ninf"):
        (tmp_path / "clip.avi.times").write_text(wrong)
        with pytest.raises(NoPictures, match=r"clip\.avi\.times, line [12]: \S+ does not follow"):
            list(footage(path, 1000.0))
    (tmp_path / "clip.avi.times").write_text("5000.0\n5000.1\n")
    with pytest.raises(NoPictures, match=r"clip\.avi has more frames than clip\.avi\.times has lines"):
        list(footage(path, 1000.0))


def test_a_file_that_breaks_off_is_told_after_what_it_shows(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.avi", [scene(seed=i) for i in range(40)], fps=20.0)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    seen: list[Frame] = []
    with pytest.raises(NoPictures, match=r"clip\.avi breaks off after [\d.]+ of 2\.0 s: it is damaged"):
        seen.extend(footage(path, 1000.0))
    assert len(seen) > 10
