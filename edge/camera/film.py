"""One camera's video file, as if its camera had shown it: every frame in its turn, however long looking takes.

Enters: a file, when it was filmed, and an `Eye`. Leaves: what the eye says. ``paced``: at the speed at which it was
filmed, because somebody listens now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.camera.capture import NoPictures
from edge.camera.detect import Detector
from edge.camera.footage import footage
from edge.camera.node import Eye
from edge.camera.voice import BrokerVoice, Outlet

REACHED_S = 5.0


def run_film(
    path: Path, start_s: float, hz: float, eye: Eye, detector: Detector, voice: Outlet, *, paced: bool,
    enough: threading.Event, tell: Callable[[str], None],
) -> int:  # fmt: skip
    """How many frames were looked at; `NoPictures`, also where nobody can hear what they show."""
    voice.open()
    if isinstance(voice, BrokerVoice) and not voice.reached(REACHED_S):
        raise NoPictures("nobody hears this node. Start the shop's broker, or look at it alone with --dry-run")
    count, began_s, first_s = 0, time.monotonic(), None
    for frame in footage(path, start_s, hz, tell):
        first_s = frame.at_s if first_s is None else first_s
        wait_s = began_s + frame.at_s - first_s - time.monotonic() if paced else 0.0
        if enough.wait(max(0.0, wait_s)):
            break
        eye.look(frame, detector)
        count += 1
    voice.close()
    return count
