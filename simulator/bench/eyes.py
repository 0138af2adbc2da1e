"""How fast a camera node looks: from a decoded frame to what it says, on one core, and what an empty aisle costs.

Enters: detectors (the shipped one without any), and where somebody wants the comparison, weights that ultralytics can
read. Leaves: a table on stdout. The frames are rendered test pictures, 1280x960, and the code is the node's own `Eye`
with a voice that makes the bytes and sends them nowhere. With one thread the time is the processor's: other work
on the machine hardly counts. The network alone is timed on the same pictures, and what is left is what stands around
it, of which what people look like is timed by itself, too. Every eighth picture is of another shop and camera, so that
nothing is learned by heart. All who are compared look in turn, scene by scene: a PC's clock goes up and down.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from rich.console import Console
from rich.table import Table

from edge.camera.appearance import Appearance
from edge.camera.background import Background
from edge.camera.detect import SHIPPED, Detector
from edge.camera.networks.form import COLOURS
from edge.camera.node import Eye
from edge.camera.people import people
from edge.camera.picture import Picture
from edge.camera.source import Frame
from edge.camera.voice import Health
from edge.optics import View
from edge.records import PersonSeen
from edge.wire import encode_people
from models import LOOKS_AT, SHOWN
from models.background import plane, stacked
from models.render.camera import a_light, a_sensor
from models.render.dataset import pictures
from models.render.film import Film
from models.render.paint import a_sheet
from models.render.shop import a_dressing, a_layout, furnish

SCENES, SHOTS = 6, 8
ROUNDS = 4
EMPTY_FRAMES = 200
HZ = 10.0
WARM = 5


class _Unheard:
    """A voice that makes the bytes."""

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None:
        encode_people(at_s, people)

    def health(self, camera: str, health: Health) -> None:
        """Every ten seconds: nothing."""


def bench(files: Sequence[Path], weights: Path | None, threads: int) -> None:
    """The command."""
    cv2.setNumThreads(1)
    console = Console()
    busy = [list(pictures("test", scene * 100, SHOTS, 1)) for scene in range(SCENES)]
    shots = [[(picture, view) for picture, view, _ in scene] for scene in busy]
    empty = _empty_shop(shots[0][0][1])
    ours = [_Ours(Detector(path, threads=threads), threads) for path in files or (SHIPPED,)]
    theirs = [_Theirs(weights, threads)] if weights is not None else []
    for _ in range(ROUNDS):
        for scene in shots:
            for their in theirs:
                their.look(scene)
            for our in ours:
                our.look(scene)
                our.look_at_nobody(shots[0][0][1], empty)
    table = Table(
        "detector", "network ms", "frame ms", "around ms", "looks ms", "frames/s", "empty ms", "of a frame", box=None
    )  # fmt: skip
    for our in ours:
        network_ms, frame_ms, empty_ms = our.network.ms, our.frame.ms, our.empty.ms
        table.add_row(
            our.detector.path.name, f"{network_ms:.2f}", f"{frame_ms:.2f}", f"{frame_ms - network_ms:.2f}",
            f"{our.looks.ms:.2f}", f"{1000 / frame_ms:.0f}", f"{empty_ms:.2f}", f"{empty_ms / frame_ms:.1%}",
        )  # fmt: skip
    for their in theirs:
        table.add_row("predict()", "", f"{their.frame.ms:.2f}", "", "", f"{1000 / their.frame.ms:.0f}", "", "")
    kind = "a core's time" if threads == 1 else "time that passed"
    size, by = "x".join(map(str, SHOWN)), f"{threads} thread{'s' * (threads > 1)}"
    console.print(f"{SCENES * SHOTS} pictures of {SCENES} shops, {size}; {by}; {kind}\n")
    console.print(table)


class _Spent:
    """Time that one kind of work took."""

    def __init__(self, threads: int) -> None:
        self._clock = time.thread_time if threads == 1 else time.perf_counter
        self._spent_s, self._times = 0.0, 0

    @contextmanager
    def once(self) -> Iterator[None]:
        began_s = self._clock()
        yield
        self._spent_s += self._clock() - began_s
        self._times += 1

    @property
    def ms(self) -> float:
        """Of one time."""
        return 1000.0 * self._spent_s / self._times


class _Ours:
    """A detector in the node's own `Eye`."""

    def __init__(self, detector: Detector, threads: int) -> None:
        self.detector = detector
        self.network, self.frame, self.empty, self.looks = (_Spent(threads) for _ in range(4))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._alone: Any = onnxruntime.InferenceSession(str(detector.path), options, providers=["CPUExecutionProvider"])
        self._name = self._alone.get_inputs()[0].name

    def look(self, scene: Sequence[tuple[Picture, View]]) -> None:
        """At one camera's frames, and the network alone, and what people look like, as often."""
        eye = Eye("c1", scene[0][1], _Unheard(), _refused)
        for i, (picture, _) in enumerate([*scene[:WARM], *scene]):
            with self.frame.once() if i >= WARM else nullcontext():
                eye.look(Frame(i / HZ, picture), self.detector)
        for i, (picture, _) in enumerate([*scene[:WARM], *scene]):
            shown = self.detector.shown(picture)
            with self.network.once() if i >= WARM else nullcontext():
                self._alone.run(None, {self._name: shown})
        appearance, background = Appearance(), Background()
        for i, (picture, view) in enumerate([*scene[:WARM], *scene]):
            found = self.detector.detect(picture, background)
            seen = people(found, view)
            with self.looks.once() if i >= WARM else nullcontext():
                appearance.seen(picture, seen, found.new, view, i / HZ)

    def look_at_nobody(self, view: View, empty: Sequence[Picture]) -> None:
        """At so many frames of an empty shop, once it is known to be empty."""
        eye = Eye("c1", view, _Unheard(), _refused)
        for i in range(EMPTY_FRAMES):
            with self.empty.once() if i >= EMPTY_FRAMES // 4 else nullcontext():
                eye.look(Frame(i / HZ, empty[i % len(empty)]), self.detector)


class _Theirs:
    """Ultralytics' own `predict()`. Its fourth colour says "not known yet", and is made outside of its time."""

    def __init__(self, weights: Path, threads: int) -> None:
        from models.offline import ultralytics

        yolo = ultralytics()
        import torch

        torch.set_num_threads(threads)
        self._model = yolo.YOLO(str(weights))
        self._colours = int(self._model.model.model[0].conv.in_channels)
        self.frame = _Spent(threads)

    def look(self, scene: Sequence[tuple[Picture, View]]) -> None:
        """At one camera's frames."""
        for i, (picture, _) in enumerate([*scene[:WARM], *scene]):
            shown = stacked(picture, plane(picture, None)) if self._colours > COLOURS else picture
            with self.frame.once() if i >= WARM else nullcontext():
                self._model.predict(shown, imgsz=LOOKS_AT[::-1], device="cpu", verbose=False)


def _empty_shop(view: View) -> list[Picture]:
    """A shop without anybody, as a camera shows it: the same again and again, but for the noise."""
    rng = np.random.default_rng(7)
    sheet, layout = a_sheet(rng), a_layout(rng)
    film = Film(view, a_light(rng))
    film.draw(furnish(rng, layout, a_dressing(rng, sheet)))
    sensor = a_sensor(rng)
    return [sensor.develop(film.exposure(), rng) for _ in range(16)]


def _refused(what: str) -> None:
    """A network that fails is fast: a camera that is blind with it ends the comparison."""
    if " is blind: " in what:
        raise RuntimeError(what)
