"""The node: looks through every camera of a PC, as often as was asked, and says who is there.

Enters: frames of several cameras, whichever is newest; what each camera's profile says about its lens and place.
Leaves: people, through a `Voice`, and whether each camera sees. The cameras are dealt to as many threads as the site
allows, each with a network of its own, which takes its cameras in turn: whoever has a new frame is judged
(`edge.camera.picture`), passed over where nothing moves (`edge.camera.still`), and looked at otherwise, furniture left
out (`edge.camera.fixtures`). What people look like is said, too, where the site wants that (`edge.camera.appearance`).
Several frames in one run of the network would be no faster per frame (docs/cameras.md), and each later.

A camera that is blind says why, and says nothing about people: silence is what the runtime takes for blindness. A
camera above an empty aisle says so now and then, and is not looked through for it. A blind camera concerns nobody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.camera.appearance import Appearance
from edge.camera.background import Background
from edge.camera.detect import Detections, Detector
from edge.camera.evidence import Evidence
from edge.camera.fixtures import Fixtures
from edge.camera.networks.load import UnusableDetector
from edge.camera.people import people
from edge.camera.picture import Judge, misfit, thumbnail
from edge.camera.sights import Sight
from edge.camera.source import Frame, Source
from edge.camera.still import Still
from edge.camera.voice import Outlet, Voice
from edge.optics import View
from edge.records import PersonSeen
from edge.site import CameraSource
from edge.told import NOTHING, Sentence, told

EMPTY_S: Final = 0.4
"""An empty view is said so often. Where no camera has said anything for 0.6 s, people may have changed places unseen,
and the runtime doubts who is who (`edge.floor.partings`)."""
HEALTH_S: Final = 10.0
WAIT_S: Final = 0.25
NOW_AND_THEN_S: Final = 5.0
STEEP_DEG: Final = 25.0
"""Where a camera looks less far from straight down, people lie in its pictures any way round."""
CLOCK_S: Final = 0.5
"""The PC's clock is steered in smaller steps than this; a larger one means that it was set."""

Tell = Callable[[str], None]
"""Something for the person at the terminal."""
Watch = Callable[[str, Frame, Detections, View], None]
"""Somebody who wants to see what was found: camera, frame, what was found, and the view that it is in."""


class Eye:
    """One camera, frame by frame: what to look at, and what to say about it."""

    def __init__(
        self, camera: str, sight: Sight, voice: Voice, tell: Tell, *, evidence: Evidence | None = None,
        watch: Watch | None = None, appearance: bool = True,
    ) -> None:  # fmt: skip
        self.camera, self._voice, self._tell, self._evidence, self._watch = camera, voice, tell, evidence, watch
        self._known = self._sight = self._fitted = sight
        self._judge, self._still, self._fixtures, self._background = Judge(), Still(), Fixtures(), Background()
        self._appearance = Appearance() if appearance else None
        self._said_s = float("-inf")
        self._had = False
        """Somebody was in the last frame: that they are gone is said at once."""
        self._why: str | None = None
        """Why it is blind, as it was last told; None: nothing was told yet."""
        self._told_s = float("-inf")
        self._frames, self._spent_s, self._since_s = 0, 0.0, time.monotonic()

    def calibrated(self, sight: Sight) -> None:
        """It sees like this from the next frame on; from any thread."""
        self._known = sight

    def look(self, frame: Frame, detector: Detector) -> None:
        """Say who is in this frame, or that it shows nothing. What goes wrong with it concerns this camera alone."""
        try:
            self._look(frame, detector)
        except Exception as error:  # a fault of ours or of its detector: the other cameras go on
            what = str(error) if isinstance(error, UnusableDetector) else f"{type(error).__name__}: {error}"
            self.blind(told("its pictures cannot be looked through ({error})", error=what))

    def _look(self, frame: Frame, detector: Detector) -> None:
        began_s = time.perf_counter()
        small = thumbnail(frame.picture)
        why = self._misfit(frame) or self._judge.fault(frame.picture, small, frame.at_s)
        if why or isinstance(self._fitted, str):
            self.blind(why)
            return
        found: list[PersonSeen] = []
        if self._still.stirs(small, frame.at_s):
            down = self._fitted.tilt_deg < STEEP_DEG
            everything = detector.detect(frame.picture, self._background, down=down)
            seen = self._fixtures.without(everything, frame.at_s)
            detector.remember(self._background, seen, frame.at_s)
            self._still.looked(small, frame.at_s, somebody=bool(len(seen.heads) or len(seen.hands)))
            found = people(seen, self._fitted)
            if self._appearance is not None:
                found = self._appearance.seen(frame.picture, found, seen.new, self._fitted, frame.at_s)
            if self._evidence is not None:
                self._evidence.keep(self.camera, frame, found, everything.heads, self._fitted)
            if self._watch is not None:
                self._watch(self.camera, frame, seen, self._fitted)
        if found or self._had or not 0.0 <= frame.at_s - self._said_s < EMPTY_S:
            self._voice.people(self.camera, frame.at_s, found)
            self._said_s = frame.at_s
        self._had = bool(found)
        self._frames, self._spent_s = self._frames + 1, self._spent_s + time.perf_counter() - began_s
        self._health(NOTHING)

    def blind(self, why: Sentence) -> None:
        """It cannot see at present."""
        self._said_s, self._had = float("-inf"), False
        self._health(why)

    def _misfit(self, frame: Frame) -> Sentence:
        """Why this frame cannot be understood; where it can, the view is of its size."""
        if self._known != self._sight:
            self._sight = self._fitted = self._known
            self._judge, self._fixtures, self._background = Judge(), Fixtures(), Background()
            self._appearance = None if self._appearance is None else Appearance()
        if isinstance(self._sight, str) or isinstance(self._fitted, str):
            return Sentence(str(self._sight))
        height, width = frame.picture.shape[:2]
        if (self._fitted.lens.width, self._fitted.lens.height) != (width, height):
            why = misfit(width, height, self._sight.lens)
            if why:
                return why
            self._fitted = self._sight.scaled(width, height)
        return NOTHING

    def _health(self, why: Sentence) -> None:
        """Tell it where it changed, and every ten seconds."""
        now_s = time.monotonic()
        if why == self._why and now_s < self._told_s + HEALTH_S:
            return
        if why != self._why:
            self._tell(f"{self.camera} is blind: {why}" if why else f"{self.camera} sees")
        health: dict[str, object] = {"t": round(time.time(), 3), "state": "blind" if why else "seeing"}
        if why:
            health["why"] = why
        elif why == self._why:
            health["fps"] = round(self._frames / (now_s - self._since_s), 1)
            health["ms"] = round(1000.0 * self._spent_s / max(1, self._frames), 2)
        self._voice.health(self.camera, health)
        self._why, self._told_s = why, now_s
        self._frames, self._spent_s, self._since_s = 0, 0.0, now_s


class Node:
    """Live: every camera's newest frames, until `stop`. ``sights``: what is known of the cameras now, asked often."""

    def __init__(
        self, cameras: Sequence[CameraSource], sights: Callable[[], Mapping[str, Sight]], detector: Path | None,
        voice: Outlet, tell: Tell, *, threads: int = 1, evidence: Evidence | None = None, watch: Watch | None = None,
    ) -> None:  # fmt: skip
        self._sights, self._voice, self._tell, self._evidence = sights, voice, tell, evidence
        known = sights()
        self._quit = threading.Event()
        self._eyes = {
            c.id: Eye(c.id, known[c.id], voice, tell, evidence=evidence, watch=watch, appearance=c.appearance)
            for c in cameras
        }
        count = min(threads, len(cameras))
        self._turns = [
            _Turns([(self._eyes[c.id], c) for c in cameras[i::count]], Detector(detector, threads=threads // count))
            for i in range(count)
        ]
        self._broken: list[BaseException] = []

    def stop(self) -> None:
        """Let `run` come to its end; from any thread or signal."""
        self._quit.set()
        for turns in self._turns:
            turns.arrived.set()

    def run(self) -> None:
        """Look, until somebody says that it is enough. What watches is told from the thread that calls this."""
        self._voice.open()
        others = [threading.Thread(target=self._take, args=(turns,), daemon=True) for turns in self._turns[1:]]
        others.append(threading.Thread(target=self._look_after, daemon=True))
        for thread in others:
            thread.start()
        self._take(self._turns[0])
        for thread in others:
            thread.join(1.0)
        self._voice.close()
        if self._broken:
            raise self._broken[0]

    def _take(self, turns: _Turns) -> None:
        try:
            turns.take(self._quit)
        except BaseException as error:
            self._broken.append(error)
            self.stop()

    def _look_after(self) -> None:
        clock_s = time.time() - time.monotonic()
        while not self._quit.wait(NOW_AND_THEN_S):
            try:
                clock_s = self._now_and_then(clock_s)
            except Exception as error:  # a full disk under stderr, say: profiles and evidence want looking after still
                with suppress(OSError):
                    self._tell(f"profiles, evidence and the clock could not be looked after ({error})")

    def _now_and_then(self, clock_s: float) -> float:
        """New profiles, old evidence, and the clock: by how much it is ahead of one that nobody sets."""
        known = self._sights()
        for camera, eye in self._eyes.items():
            eye.calibrated(known.get(camera, told("store.toml names it no more")))
        if self._evidence is not None:
            self._evidence.tidy()
        now_s = time.time() - time.monotonic()
        if abs(now_s - clock_s) > CLOCK_S:
            remedy = "Let it ask a time server (timedatectl): hands and shelves are compared by their times"
            self._tell(f"this PC's clock was set by {now_s - clock_s:+.1f} s. {remedy}")
        return now_s


class _Turns:
    """Some cameras and the network that looks through them, in one thread."""

    def __init__(self, cameras: Sequence[tuple[Eye, CameraSource]], detector: Detector) -> None:
        self.arrived = threading.Event()
        self._cameras = [(eye, Source(camera, self.arrived.set)) for eye, camera in cameras]
        self._detector = detector

    def take(self, enough: threading.Event) -> None:
        for _, source in self._cameras:
            source.start()
        while not enough.is_set():
            self.arrived.wait(WAIT_S)
            self.arrived.clear()
            for eye, source in self._cameras:
                frame = source.take()
                if frame is not None:
                    eye.look(frame, self._detector)
                elif source.why:
                    eye.blind(source.why)
        for _, source in self._cameras:
            source.stop()
        for _, source in self._cameras:
            source.wait()
