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
from itertools import count, pairwise
from pathlib import Path

import cv2

from edge.camera.source import EARLY, Frame, NoPictures, fps_of, opened

TIMES = ".times"
FAR_S = 3600.0
"""Two frames of one video are not further apart."""
LATEST_S = 4e9
MOST_OF = 0.9


def footage(path: Path, start_s: float, hz: float | None = None) -> Iterator[Frame]:
    """All of its frames, or about ``hz`` of them a second."""
    times = times_beside(path)
    capture = opened(str(path))
    try:
        fps, due_s = fps_of(capture), -math.inf
        for number in count():
            if not capture.grab():
                _whole(path, number, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
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


def _whole(path: Path, read: int, told: int) -> None:
    """Did it end where it says? Containers only estimate how many frames they hold."""
    if read < MOST_OF * told - 1:
        what = f"{path} breaks off after {read} of {told} frames: it is damaged, or was not closed when it was recorded"
        raise NoPictures(f"{what}. Copy it again, or repair it (ffmpeg -i {path.name} -c copy whole.mkv)")


def times_beside(path: Path) -> list[float] | None:
    """When each frame was taken, where a file says so."""
    beside = path.with_name(path.name + TIMES)
    if not beside.exists():
        return None
    try:
        times = [float(line) for line in beside.read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as error:
        raise NoPictures(f"{beside} cannot be read ({error}). It needs one UNIX time a line, or delete it") from error
    for number, (before, after) in enumerate(pairwise([0.0, *times]), 1):
        if not 0.0 <= after - before < (FAR_S if number > 1 else LATEST_S):
            what = f"{beside}, line {number}: {after:g} does not follow {before:g}"
            raise NoPictures(f"{what}. Frames are in the order of their UNIX times; correct it, or delete the file")
    return times
