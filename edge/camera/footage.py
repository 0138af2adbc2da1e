"""A video file, frame by frame, in the time in which it was filmed.

Enters: a path and when its first frame was taken. Leaves: frames with their times, as many a second as are wanted, all
of them in their order, however long somebody takes to look; what could not be decoded, and what hangs on that, is left
out, and ``tell`` hears how much that was. Refuses (`NoPictures`): a file that is no video, that breaks off, or whose
times do not fit to it.

The time of a frame is the start plus what the file says about it, which need not be even. Where ``FILE.times`` stands
beside ``FILE``, its lines are the frames' UNIX times in seconds, a line for each of its frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path

from edge.camera.capture import FAR_S, Capture, NoPictures
from edge.camera.source import EARLY, Frame

TIMES = ".times"
LATEST_S = 4e9
MOST_OF = 0.9


def footage(
    path: Path, start_s: float, hz: float | None = None, tell: Callable[[str], None] | None = None
) -> Iterator[Frame]:
    """All of its frames, or about ``hz`` of them a second."""
    times = times_beside(path)
    capture = Capture(str(path))
    try:
        due_s, torn = -math.inf, 0
        for number in count():
            if not capture.next():
                _whole(path, capture, number)
                break
            line = number + capture.undecoded
            if times is not None and line >= len(times):
                what = f"{path.name} has more frames than {path.name}{TIMES} has lines"
                raise NoPictures(f"{what}. Delete that file to go by the video's own times")
            at_s = times[line] if times is not None else start_s + capture.at_s
            if capture.torn:
                torn += 1
                continue
            if hz is not None:
                if at_s < due_s - EARLY / hz:
                    continue
                due_s = max(due_s, at_s) + 1.0 / hz
            picture = capture.picture()
            if picture is not None:
                yield Frame(at_s, picture)
        if tell is not None and (torn or capture.undecoded):
            what = f"{capture.undecoded} of its {number + capture.undecoded} frames cannot be decoded"
            tell(f"{path}: {what}, and {torn} hang on what is lost: nobody is looked for in them")
    finally:
        capture.close()


def _whole(path: Path, capture: Capture, read: int) -> None:
    """Did it end where it says? By its time: containers only estimate how many frames they hold."""
    reached_s = capture.at_s + 1.0 / capture.fps if read else 0.0
    if reached_s < MOST_OF * capture.lasts_s - 1.0 / capture.fps:
        what = f"{path} breaks off after {reached_s:.1f} of {capture.lasts_s:.1f} s: it is damaged, or was not closed"
        remedy = f"Copy it again, or repair it (ffmpeg -i {path.name} -c copy whole.mkv)"
        raise NoPictures(f"{what} when it was recorded. {remedy}")


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
