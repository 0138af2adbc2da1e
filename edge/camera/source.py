"""Frames as they come: from a network camera, a USB camera, or a video file that stands in for one.

Enters: a ``[[camera]]`` table of ``site.toml``. Leaves: the newest frame, with the time at which it was taken, or why
there is none, in one sentence with the remedy. There is never a queue: a thread reads whatever comes, and puts a frame
into the one slot as often as somebody wants to look. What is not taken from there is overwritten.

A source that cannot be opened, or breaks off, is opened again, after half a second and up to ten, forever. Only a
video file ends. Passwords in an address are shown nowhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.camera.capture import MOST_SPOILT, Capture, NoPictures, is_film, lost, shown
from edge.camera.picture import Picture
from edge.site import CameraSource
from edge.told import NOTHING, Sentence, joined, told

BACKOFF_S: Final = (0.5, 10.0)
STEADY_S: Final = 10.0
"""A source that gave pictures for so long may be opened again at once."""
OPENS_S: Final = 10.0
STALE_S: Final = 3.0
"""A camera that has given no picture for so long, when it was opened and later, gives none."""
LATE: Final = 2.0
"""… and for so many periods of those that are asked for, where somebody wants a picture every few seconds."""
EARLY: Final = 0.25
"""A frame may come by this share of a period before it is due: cameras are not on time."""
TORN_S: Final = 1.5
"""A key frame comes every second or two; staff are told of a camera that is without for so long."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, and when it was taken: UNIX seconds."""

    at_s: float
    picture: Picture


class Source:
    """Reads one camera, from `start` to `stop`. ``arrived`` is called, from its thread, when there is a new frame."""

    def __init__(self, camera: CameraSource, arrived: Callable[[], None]) -> None:
        self.camera = camera
        self._arrived = arrived
        self._slot: Frame | None = None
        self._why = NOTHING
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
    def why(self) -> Sentence:
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
                capture = Capture(self.camera.source, self.camera.size)
                try:
                    ended = self._read(capture)
                finally:
                    capture.close()
                self._why = ended
                if is_film(self.camera.source):
                    return
            except NoPictures as error:
                self._why = Sentence(str(error))
            except Exception as error:  # whatever OpenCV and the system make of it: it is tried again
                self._why = joined(lost(self.camera.source), told("The last fault was: {error}", error=error))
            if time.monotonic() - began_s > STEADY_S:
                wait_s = BACKOFF_S[0]
            self._quit.wait(wait_s)
            wait_s = min(2 * wait_s, BACKOFF_S[1])

    def _read(self, capture: Capture) -> Sentence:
        """Until it ends; why it did."""
        source, period_s, film = self.camera.source, 1.0 / self.camera.hz, is_film(self.camera.source)
        began_s = due_s = whole_s = time.monotonic()
        spoilt = 0
        while not self._quit.is_set():
            if not capture.next():
                return told("the video {source} is over", source=shown(source)) if film else lost(source)
            if film and self._quit.wait(max(0.0, began_s + capture.at_s - time.monotonic())):
                break
            now_s = time.monotonic()
            if capture.torn:
                self._why = torn(source) if now_s > whole_s + TORN_S else self._why
                continue
            whole_s = now_s
            if now_s < due_s - EARLY * period_s:
                continue
            due_s = max(due_s, now_s) + period_s
            picture = capture.picture()
            if picture is not None:
                self._put(Frame(time.time() - self.camera.lag_s, picture))
            spoilt = 0 if picture is not None else spoilt + 1
            if spoilt > MOST_SPOILT:
                return lost(source)
        return NOTHING

    def _put(self, frame: Frame) -> None:
        with self._lock:
            self._slot = frame
        self._why, self._read_s, self._patience_s = NOTHING, time.monotonic(), max(STALE_S, LATE / self.camera.hz)
        self._arrived()


def torn(source: str | int) -> Sentence:
    """What staff read of a source whose pictures hang on lost ones for long."""
    return told(
        "pictures of {source} are lost on the way, and what follows is smeared. Look at its network, and "
        "let it send a key "
        "frame (I frame) every second or two",
        source=shown(source),
    )
