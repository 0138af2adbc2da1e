"""Pictures to calibrate from: saved ones, a video, or the camera itself.

Enters: a folder of pictures, a picture, a video, or a camera's address. Leaves: (name, picture), one after the other;
of a video some a second, because neighbours show the same; of a camera always the newest. Refuses (`NoPictures`, with
the remedy): what cannot be opened, folders without pictures, and pictures that say they are to be turned (EXIF): with
them everybody would be seen at the other end of the shop, if the camera's stream is not turned as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge.camera.capture import NoPictures
from edge.camera.footage import footage
from edge.camera.picture import Picture
from edge.camera.source import Source
from edge.site import CameraSource

__all__ = ["NoPictures", "frames", "is_live"]

PICTURES: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
GONE_S: Final = 30.0
"""A camera that has given pictures is opened again and again for so long."""
A_SECOND: Final = 4.0
"""So many pictures a second of a video or a camera are looked at."""


def is_live(source: str) -> bool:
    """A camera goes on for ever; files end."""
    return source.isdecimal() or "://" in source or source.startswith("/dev/")


def frames(source: str, size: tuple[int, int] | None = None) -> Iterator[tuple[str, Picture]]:
    """Every picture of a folder by name, one file, some of a video, or a camera's until nobody asks any more.
    ``size``: what a USB camera is asked for.
    """
    path = Path(source)
    if is_live(source):
        yield from _live(source, size)
    elif path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
        if not files:
            raise NoPictures(f"{path}: there is no picture in it ({', '.join(PICTURES)})")
        for file in files:
            yield file.name, _read(file)
    elif path.suffix.lower() in PICTURES:
        yield path.name, _read(path)
    else:
        yield from ((f"{path.name} at {f.at_s:.1f} s", f.picture) for f in footage(path, 0.0, A_SECOND))


def _read(path: Path) -> Picture:
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise NoPictures(f"{path}: cannot be read ({error.strerror or error})") from error
    # Read twice: OpenCV tells nobody that it has turned a picture, in whichever of its formats that can be said.
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    if picture is None:
        raise NoPictures(f"{path}: is no picture that can be read. Take it out, or save it again as PNG or JPEG")
    if not np.array_equal(picture, cv2.imdecode(data, cv2.IMREAD_COLOR)):  # type: ignore[arg-type]
        what = (
            f"{path}: says that it is to be turned (EXIF orientation), and nobody knows whether the camera's stream is"
        )
        remedy = (
            "Name the camera itself (`live`, or its address), or a picture out of its stream, which does not say so"
        )
        raise NoPictures(f"{what}. {remedy}")
    return picture.astype(np.uint8, copy=False)


def _live(source: str, size: tuple[int, int] | None) -> Iterator[tuple[str, Picture]]:
    there = threading.Event()
    where = int(source) if source.isdecimal() else source
    camera = Source(CameraSource(id="calibrated", source=where, size=size, hz=A_SECOND), there.set)
    camera.start()
    try:
        count, shown_s = 0, time.monotonic()
        while True:
            there.wait(1.0)
            there.clear()
            frame = camera.take()
            if frame is not None:
                count, shown_s = count + 1, time.monotonic()
                yield f"picture {count}", frame.picture
            elif camera.why and (not count or time.monotonic() > shown_s + GONE_S):
                raise NoPictures(camera.why)
    finally:
        camera.stop()
        camera.wait()
