"""A recording whose cameras are looked through once more: frames in, and what people frames say comes from them.

Enters: a recording and the folder of its videos (`simulator.frames`, or a real shop's: what is needed is the
recording's `videos.json` and a profile of each camera). Leaves: the recording as it would have been with these eyes.
What the recording itself says of the filmed cameras is left out, everything else stays. The frames go through the very
`Eye` that `tebura camera` runs: judged, passed over where nothing moves, detected, put on the floor.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.camera.capture import NoPictures
from edge.camera.detect import Detector
from edge.camera.footage import footage
from edge.camera.node import Eye
from edge.camera.voice import Health
from edge.optics import View
from edge.records import PersonSeen
from edge.store import read_store
from edge.wire import Heard, Recording, encode_people, open_recording
from simulator.frames import VIDEOS

LAG_S = 0.1
"""From a frame's time to when the runtime hears about it: exposure, transport, the network."""


def filmed(
    path: Path, videos: Path, detector: Path | None, tell: Callable[[str], None], *, looks: bool = True
) -> Recording:
    """A recording, with what its filmed cameras see instead of what they said. ``tell`` hears of whatever is wrong with
    a camera. `NoPictures` where recording and videos do not belong together. Without ``looks`` nobody says what people
    look like.
    """
    open_recording(path)
    return _Filmed(path, videos, detector, tell, looks)


class _Filmed(Recording):
    def __init__(
        self, path: Path, videos: Path, detector: Path | None, tell: Callable[[str], None], looks: bool
    ) -> None:
        super().__init__(path)
        self._folder, self._detector, self._tell, self._looks = videos, detector, tell, looks
        self._videos = self._told_videos()
        views = {camera: sight.view for camera, sight in read_store(self.store_files()).sights.items()}
        for camera, told in self._videos.items():
            if camera not in views:
                raise NoPictures(f"{path}: carries no profile of camera {camera}. Record with a calibrated camera")
            if not (videos / told["file"]).is_file():
                raise NoPictures(
                    f"{videos / told['file']}: there is no such video. Name the folder of {path.name}'s videos"
                )
        self._views = views

    def __iter__(self) -> Iterator[Heard]:
        filmed = {f"camera/{camera}/{what}" for camera in self._videos for what in ("people", "health")}
        recorded = super().__iter__()
        rest = (heard for heard in recorded if heard.topic not in filmed)
        eyes = [self._watch(camera) for camera in self._videos]
        yield from heapq.merge(rest, *eyes, key=lambda heard: heard.received_s)

    def _told_videos(self) -> dict[str, dict[str, Any]]:
        told = self.attachments.get(VIDEOS)
        if told is None:
            remedy = "Simulate with --frames, or attach videos.json (docs/cameras.md)"
            raise NoPictures(f"{self.path}: does not say which videos belong to it. {remedy}")
        videos: dict[str, dict[str, Any]] = json.loads(told)
        return videos

    def _watch(self, camera: str) -> Iterator[Heard]:
        """What this camera's eye says, frame by frame."""
        voice, told = _Kept(), self._videos[camera]
        view: View = self._views[camera]
        detector = Detector(self._detector)
        eye = Eye(camera, view, voice, self._tell, appearance=self._looks)
        for frame in footage(self._folder / told["file"], told["start_s"], told["hz"], self._tell):
            eye.look(frame, detector)
            for at_s, people in voice.take():
                yield Heard(f"camera/{camera}/people", encode_people(at_s, people), at_s + LAG_S)


class _Kept:
    """A voice that is asked what it said."""

    def __init__(self) -> None:
        self._said: list[tuple[float, Sequence[PersonSeen]]] = []

    def take(self) -> list[tuple[float, Sequence[PersonSeen]]]:
        said, self._said = self._said, []
        return said

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None:
        self._said.append((at_s, people))

    def health(self, camera: str, health: Health) -> None:
        """The eye tells whoever replays."""

    def close(self) -> None:
        """Nothing is open."""
