"""Frames as they come: from a network camera, a USB camera, or a video file that stands in for one.

Enters: a ``[[camera]]`` table of ``site.toml``. Leaves: the newest frame, with the time at which it was taken, or why
there is none, in one sentence with the remedy. There is never a queue: a thread reads whatever comes, and puts a frame
into the one slot as often as somebody wants to look. What is not taken from there is overwritten.

A source that cannot be opened, or breaks off, is opened again, after half a second and up to ten, forever. Only a
video file ends. Passwords in an address are shown nowhere.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from edge.camera.picture import Picture
from edge.site import CameraSource

# What FFmpeg and OpenCV say of each lost packet is not for staff.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

OPEN_MS: Final = 5000
READ_MS: Final = 4000
BACKOFF_S: Final = (0.5, 10.0)
STEADY_S: Final = 10.0
"""A source that gave pictures for so long may be opened again at once."""
OPENS_S: Final = 10.0
STALE_S: Final = 3.0
"""A camera that has given no picture for so long, when it was opened and later, gives none."""
LATE: Final = 2.0
"""… and for so many periods of those that are asked for, where somebody wants a picture every few seconds."""
MOST_SPOILT: Final = 20
"""So many pictures in a row that cannot be decoded: the stream is opened anew, for its beginning was misunderstood."""
EARLY: Final = 0.25
"""A frame may come by this share of a period before it is due: cameras are not on time."""
USUAL_FPS: Final = 25.0
"""Of a video file that does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, and when it was taken: UNIX seconds."""

    at_s: float
    picture: Picture


class NoPictures(OSError):
    """Nothing can be read there; the text says why, and what to do."""


class Source:
    """Reads one camera, from `start` to `stop`. ``arrived`` is called, from its thread, when there is a new frame."""

    def __init__(self, camera: CameraSource, arrived: Callable[[], None]) -> None:
        self.camera = camera
        self._arrived = arrived
        self._slot: Frame | None = None
        self._why = ""
        self._read_s, self._patience_s = time.monotonic(), OPENS_S
        self._lock = threading.Lock()
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"camera-{camera.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Read no more; returns at once."""
        self._quit.set()

    def wait(self, timeout_s: float = 0.2) -> None:
        """Until it has stopped. A camera that does not answer is not waited for: its thread ends with the process."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def take(self) -> Frame | None:
        """The newest frame, once."""
        with self._lock:
            frame, self._slot = self._slot, None
        return frame

    @property
    def why(self) -> str:
        """Why there is no picture at present; empty: there is one, or it is being opened."""
        if self._why or time.monotonic() < self._read_s + self._patience_s:
            return self._why
        return lost(self.camera.source)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._quit.is_set():
            began_s = time.monotonic()
            try:
                capture = opened(self.camera.source)
                try:
                    ended = self._read(capture)
                finally:
                    capture.release()
                self._why = ended
                if is_film(self.camera.source):
                    return
            except NoPictures as error:
                self._why = str(error)
            except Exception as error:  # whatever OpenCV and the system make of it: it is tried again
                self._why = f"{lost(self.camera.source)} ({error})"
            if time.monotonic() - began_s > STEADY_S:
                wait_s = BACKOFF_S[0]
            self._quit.wait(wait_s)
            wait_s = min(2 * wait_s, BACKOFF_S[1])

    def _read(self, capture: cv2.VideoCapture) -> str:
        """Until it ends; why it did."""
        source, period_s = self.camera.source, 1.0 / self.camera.hz
        film_s = 1.0 / fps_of(capture) if is_film(source) else 0.0
        began_s = due_s = time.monotonic()
        count = spoilt = 0
        while not self._quit.wait(max(0.0, began_s + count * film_s - time.monotonic()) if film_s else 0.0):
            if not capture.grab():
                return f"the video {shown(source)} is over" if film_s else lost(source)
            now_s, count = time.monotonic(), count + 1
            if now_s < due_s - EARLY * period_s:
                continue
            due_s = max(due_s, now_s) + period_s
            good, picture = capture.retrieve()
            if good:
                self._put(Frame(time.time() - self.camera.lag_s, picture))  # type: ignore[arg-type]
            spoilt = 0 if good else spoilt + 1
            if spoilt > MOST_SPOILT:
                return lost(source)
        return ""

    def _put(self, frame: Frame) -> None:
        with self._lock:
            self._slot = frame
        self._why, self._read_s, self._patience_s = "", time.monotonic(), max(STALE_S, LATE / self.camera.hz)
        self._arrived()


def opened(source: str | int) -> cv2.VideoCapture:
    """A source that gives pictures; `NoPictures`."""
    if isinstance(source, str) and "://" not in source and not Path(source).exists():
        raise NoPictures(f"there is no {source}. {remedy_of(source)}")
    usb = isinstance(source, int) or source.startswith("/dev/")
    limits = [] if usb else [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    if isinstance(source, str) and "://" in source:
        limits += [cv2.CAP_PROP_N_THREADS, 1]  # several decode several frames at a time, and are late by as many
    capture = cv2.VideoCapture(source, cv2.CAP_V4L2 if usb else cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        what = f"{shown(source)} is no video" if is_film(source) else f"{shown(source)} gives no picture"
        raise NoPictures(f"{what}. {remedy_of(source)}")
    if usb:
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def is_film(source: str | int) -> bool:
    """A file that ends, not a camera."""
    return isinstance(source, str) and "://" not in source and not source.startswith("/dev/")


def fps_of(capture: cv2.VideoCapture) -> float:
    """Frames a second, as the file says, if what it says can be."""
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0.1 <= fps <= 1000.0 else USUAL_FPS


def shown(source: str | int) -> str:
    """A source as people may read it, without user and password."""
    if isinstance(source, int):
        return f"USB camera {source}"
    if "://" not in source:
        return source
    # By hand: people write any sign into a password, and some recorders want it in the path.
    scheme, _, rest = source.partition("://")
    return f"{scheme}://{re.split('[?#&;=]', rest.rpartition('@')[2])[0]}"


def lost(source: str | int) -> str:
    return f"{shown(source)} gives no picture any more. {remedy_of(source)}"


def remedy_of(source: str | int) -> str:
    """What to look at, by what kind of source it is."""
    if is_film(source):
        return "Name a video file that OpenCV can read (MP4, AVI, MKV)"
    if isinstance(source, str) and "://" in source:
        return "Check its power, the network, and the address with its user and password in site.toml"
    return "Is it plugged in, and may this user read it (group video)? `ls -l /dev/v4l/by-id` names what there is"
