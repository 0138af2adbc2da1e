"""What a node sees, in a window or for a test: boxes on the picture, for whoever sets a camera up.

Enters: frames and what was found in them. Leaves: pictures on the screen, never in a file. Refuses (`NoScreen`): a PC
without one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

import cv2

from edge.camera.detect import Array, Detections
from edge.camera.picture import Picture
from edge.camera.source import Frame
from edge.optics import View

COLOURS: Final = {
    "heads": (60, 200, 60), "hands": (40, 160, 255), "feet": (220, 140, 60), "elbows": (200, 90, 200),
}  # fmt: skip
"""Blue, green, red."""


class NoScreen(OSError):
    """Nothing can be shown here."""


def drawn(picture: Picture, found: Detections) -> Picture:
    """A copy of the picture with what was found in it."""
    shown = picture.copy()
    for kind, colour in COLOURS.items():
        boxes: Array = getattr(found, kind)
        for x, y, width, height, score in boxes:
            low = (round(x - width / 2), round(y - height / 2))
            high, above = (round(x + width / 2), round(y + height / 2)), (low[0], low[1] - 3)
            cv2.rectangle(shown, low, high, colour, 1, cv2.LINE_AA)
            cv2.putText(shown, f"{score:.2f}", above, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
    return shown


def window(closed: Callable[[], None]) -> Callable[[str, Frame, Detections, View], None]:
    """Somebody who shows what was found, a window a camera; ``q`` and Esc call ``closed``."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):  # OpenCV would end the process
        raise NoScreen("there is no screen for --show. Run it without, or at a PC with one")

    def show(camera: str, frame: Frame, found: Detections, view: View) -> None:
        picture = drawn(frame.picture, found)
        taken = datetime.fromtimestamp(frame.at_s).astimezone().strftime("%H:%M:%S.%f")[:-4]
        cv2.putText(picture, taken, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
        cv2.imshow(camera, picture)
        if cv2.waitKey(1) & 0xFF in (27, ord("q")):
            closed()

    return show
