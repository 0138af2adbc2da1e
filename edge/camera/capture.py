"""What OpenCV opens and decodes, one picture after the other: a network camera, a USB camera, or a video file.

Enters: a source as ``site.toml`` names it. Leaves: pictures, and at which second of the stream each stands, by the
stream's own times, which are not even. Refuses (`NoPictures`, one sentence with the remedy): what cannot be opened,
what is no video, a USB camera that has not the size that is asked for, and pictures that say they are to be turned:
some programs do that and some do not, and nobody knows which of the two the camera was calibrated with.

What cannot be decoded is passed over. Most pictures are told as changes of the one before, so what follows a lost one
is smeared, and shows people who are not there, until one comes that is told as a whole (a key frame); decoders smear
without a word. So nothing is believed (`Capture.torn`) from a picture that could not be decoded, or that is missing in
an even file (or stream over UDP), to the next key frame. A stream without any renews itself bit by bit, in seconds.
What cannot be noticed is damage inside a picture of which the container knows nothing (H.265 in an MP4, say): FFmpeg's
decoder marks none, takes no options from OpenCV, and between two pictures somebody who walks changes more.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from pathlib import Path
from statistics import median
from typing import Final

import cv2

from edge.camera.picture import Picture
from edge.told import Sentence, joined, phrase, told

# What FFmpeg and OpenCV say of each lost packet is not for staff.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
# Without it a packet of which a part is known to be lost (MPEG-TS) is decoded all the same. The other is OpenCV's own.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fflags;discardcorrupt")

OPEN_MS: Final = 5000
READ_MS: Final = 4000
MOST_SPOILT: Final = 20
"""So many pictures in a row that cannot be decoded: the stream is opened anew, for its beginning was misunderstood."""
MOST_SPOILT_OF_FILE: Final = 1000
"""A file cannot be opened anew: there may be something behind the damage."""
AT_ONCE_S: Final = 0.5
"""A damaged picture is found out at once; a camera that is gone is waited for, and once is enough."""
USUAL_FPS: Final = 25.0
"""Of a video file that does not say."""
FAR_S: Final = 3600.0
"""Two pictures of one stream are not further apart."""
EVEN: Final = 8
"""So many steps between pictures are looked at, whether they are even …"""
UNEVEN: Final = 1.5
"""… which they are not where the longest is so many times the shortest."""
MISSING: Final = 1.8
"""A step so many times the usual one lacks a picture."""
RENEWED_S: Final = 10.0
"""So long at most nothing is believed for want of a key frame: by then streams without any have renewed all of it."""
_CHANGES: Final = (ord("P"), ord("B"))
"""Kinds of frames that are told as changes of others. MJPEG has none; USB cameras do not say."""


class NoPictures(OSError):
    """Nothing can be read there; the text says why, and what to do."""


class Capture:
    """An open source: `next`, then `picture` where it is wanted; `close` in the end."""

    def __init__(self, source: str | int, size: tuple[int, int] | None = None) -> None:
        self._is_file = is_film(source)
        self._cv = _opened(source, size)
        self._may_lose = _may_lose(source)
        self._steps: deque[float] = deque(maxlen=EVEN)
        self._told_s: float | None = None
        self._torn_s: float | None = None
        self.at_s = 0.0
        """At which second of the stream the picture stands that was reached."""
        self.undecoded = 0
        """So many pictures could not be decoded so far."""

    @property
    def torn(self) -> bool:
        """Whether the picture that was reached hangs on one that was lost."""
        return self._torn_s is not None

    @property
    def fps(self) -> float:
        """Frames a second, as the source says, if what it says can be."""
        fps = float(self._cv.get(cv2.CAP_PROP_FPS))
        return fps if 0.1 <= fps <= 1000.0 else USUAL_FPS

    @property
    def lasts_s(self) -> float:
        """How long a file says it is; 0 where it says nothing."""
        return max(0.0, float(self._cv.get(cv2.CAP_PROP_FRAME_COUNT))) / self.fps

    def next(self) -> bool:
        """Go on to the next picture that can be decoded; False: it is over, or gives none any more."""
        for spoilt in range(MOST_SPOILT_OF_FILE if self._is_file else MOST_SPOILT):
            began_s = time.monotonic()
            if self._cv.grab():
                self.undecoded += spoilt
                self._reached(whole=spoilt == 0)
                return True
            if time.monotonic() - began_s > AT_ONCE_S:
                return False
        return False

    def picture(self) -> Picture | None:
        """The one that was reached, if that much of it can be decoded."""
        good, picture = self._cv.retrieve()
        return picture if good else None  # type: ignore[return-value]

    def close(self) -> None:
        self._cv.release()

    def _reached(self, *, whole: bool) -> None:
        """By the stream's own time, where that goes on as time does. Files that lack it are taken for even."""
        told_s = float(self._cv.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
        if self._told_s is None:
            self.at_s = told_s if 0.0 <= told_s < FAR_S else 0.0
        else:
            step_s = told_s - self._told_s
            known = 0.0 < step_s < FAR_S
            whole = whole and not (known and self._lacks_one(step_s))
            self.at_s += step_s if known else 1.0 / self.fps
            self._steps.append(step_s if known else 1.0 / self.fps)
        self._told_s = told_s
        is_key = int(self._cv.get(cv2.CAP_PROP_FRAME_TYPE)) not in _CHANGES
        if is_key or (self._torn_s is not None and self.at_s > self._torn_s + RENEWED_S):
            self._torn_s = None
        elif not whole:
            self._torn_s = self.at_s

    def _lacks_one(self, step_s: float) -> bool:
        even = self._may_lose and len(self._steps) == EVEN and max(self._steps) < UNEVEN * min(self._steps)
        return even and step_s > MISSING * median(self._steps)


def _opened(source: str | int, size: tuple[int, int] | None) -> cv2.VideoCapture:
    if isinstance(source, str) and "://" not in source and not Path(source).exists():
        raise NoPictures(joined(told("there is no {source}", source=source), remedy_of(source)))
    usb = is_usb(source)
    limits = [] if usb else [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    if isinstance(source, str) and "://" in source:
        limits += [cv2.CAP_PROP_N_THREADS, 1]  # several decode several frames at a time, and are late by as many
    capture = cv2.VideoCapture(source, cv2.CAP_V4L2 if usb else cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        what = phrase("{source} is no video") if is_film(source) else phrase("{source} gives no picture")
        raise NoPictures(joined(told(what, source=shown(source)), remedy_of(source)))
    if usb:
        _ask_for(capture, source, size)
    turned = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
    if turned and not usb:
        capture.release()
        what = phrase(
            "{source} says that its pictures are to be turned by {turned}°, and they are not: nobody knows "
            "which way round "
            "the camera was calibrated. Turn that off where it was recorded, or take it out "
            "(ffmpeg -display_rotation 0 -i IN -c copy OUT)"
        )
        raise NoPictures(told(what, source=shown(source), turned=turned))
    return capture


def _ask_for(capture: cv2.VideoCapture, source: str | int, size: tuple[int, int] | None) -> None:
    """A USB camera takes the nearest that it has, and says nothing. Large pictures fit through its cable as JPEG."""
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if size is None:
        return
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    given = round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if given != tuple(size):
        capture.release()
        what = phrase(
            "{source} has no pictures of {wanted}, and would give {given}. Write a size that it has: "
            "`v4l2-ctl --list-formats-ext` names them"
        )
        sizes = {"wanted": f"{size[0]}x{size[1]}", "given": f"{given[0]}x{given[1]}"}
        raise NoPictures(told(what, source=shown(source), **sizes))


def _may_lose(source: str | int) -> bool:
    """Whether a picture can get lost that was told already. Over TCP none can: what is missing there, the camera has
    not taken, and what follows is whole.
    """
    over_udp = "udp" in os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS", "")
    return is_film(source) or (isinstance(source, str) and (over_udp or source.startswith(("udp:", "rtp:"))))


def is_film(source: str | int) -> bool:
    """A file that ends, not a camera."""
    return isinstance(source, str) and "://" not in source and not source.startswith("/dev/")


def is_usb(source: str | int) -> bool:
    """A camera of this PC's own, by its number or its device."""
    return isinstance(source, int) or source.startswith("/dev/")


def shown(source: str | int) -> str:
    """A source as people may read it, without user and password."""
    if isinstance(source, int):
        return f"USB camera {source}"
    if "://" not in source:
        return source
    # By hand: people write any sign into a password, and some recorders want it in the path.
    scheme, _, rest = source.partition("://")
    return f"{scheme}://{re.split('[?#&;=]', rest.rpartition('@')[2])[0]}"


def lost(source: str | int) -> Sentence:
    """What staff read of a source that gave pictures and gives none any more."""
    return joined(told("{source} gives no picture any more", source=shown(source)), remedy_of(source))


def remedy_of(source: str | int) -> Sentence:
    """What to look at, by what kind of source it is."""
    if is_film(source):
        return told("Name a video file that OpenCV can read (MP4, AVI, MKV)")
    if isinstance(source, str) and "://" in source:
        return told("Check its power, the network, and the address with its user and password in site.toml")
    return told("Is it plugged in, and may this user read it (group video)? `ls -l /dev/v4l/by-id` names what there is")
