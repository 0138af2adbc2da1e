"""A video file, frame by frame, in the time in which it was filmed.

Enters: a path and when its first frame was taken. Leaves: frames with their times, as many a second as are wanted, all
of them in their order, however long somebody takes to look. Refuses (`NoPictures`): a file that is no video, and one
whose times do not fit to it.

The time of a frame is the start plus its number over the file's frames a second. Cameras are not that regular: where
``FILE.times`` stands beside ``FILE``, its lines are the frames' UNIX times in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from edge.camera.source import EARLY, Frame, NoPictures, fps_of, opened

TIMES = ".times"


def footage(path: Path, start_s: float, hz: float | None = None) -> Iterator[Frame]:
    """All of its frames, or about ``hz`` of them a second."""
    times = times_beside(path)
    capture = opened(str(path))
    try:
        fps, due_s = fps_of(capture), -math.inf
        for number in count():
            if not capture.grab():
                return
            if times is not None and number >= len(times):
                what = f"{path.name} has more frames than {path.name}{TIMES} has lines"
                raise NoPictures(f"{what}. Delete that file to go by the video's own frames a second")
            at_s = times[number] if times is not None else start_s + number / fps
            if hz is not None:
                if at_s < due_s - EARLY / hz:
                    continue
                due_s = max(due_s, at_s) + 1.0 / hz
            good, picture = capture.retrieve()
            if good:
                yield Frame(at_s, picture)  # type: ignore[arg-type]
    finally:
        capture.release()


def times_beside(path: Path) -> list[float] | None:
    """When each frame was taken, where a file says so."""
    beside = path.with_name(path.name + TIMES)
    if not beside.exists():
        return None
    try:
        return [float(line) for line in beside.read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as error:
        raise NoPictures(f"{beside} cannot be read ({error}). It needs one UNIX time a line, or delete it") from error
