"""How fast a camera node looks: from a decoded frame to what it says, on one core, and what an empty aisle costs.

Enters: detectors (the shipped one without any), and where somebody wants the comparison, weights that ultralytics can
read. Leaves: a table on stdout. The frames are rendered test pictures, 640x480, and the code is the node's own `Eye`
with a voice that makes the bytes and sends them nowhere. With one thread the time is the processor's: other work
on the machine hardly counts. The network alone is timed on the same kind of input, and what is left is what stands
around it. Every eighth picture is of another shop and camera, so that nothing is learned by heart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from rich.console import Console
from rich.table import Table

from edge.camera.detect import SHIPPED, Detector, Picture
from edge.camera.node import Eye
from edge.camera.source import Frame
from edge.camera.voice import Health
from edge.optics import View
from edge.records import PersonSeen
from edge.wire import encode_people
from models.render.camera import a_light, a_sensor
from models.render.dataset import pictures
from models.render.film import Film
from models.render.paint import a_sheet
from models.render.shop import a_dressing, a_layout, furnish

SCENES, SHOTS = 6, 8
ROUNDS = 4
EMPTY_FRAMES = 400
HZ = 10.0
WARM = 5


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds a frame: the network alone, all of a frame with people in it, one of an empty aisle."""

    network_ms: float
    busy_ms: float
    empty_ms: float


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
    view, empty = _empty_shop(shots[0][0][1])
    table = Table("detector", "network ms", "frame ms", "around ms", "frames/s", "empty ms", "of a frame", box=None)
    for path in files or (SHIPPED,):
        speed = measured(Detector(path, threads=threads), shots, view, empty, threads)
        table.add_row(
            path.name, f"{speed.network_ms:.2f}", f"{speed.busy_ms:.2f}", f"{speed.busy_ms - speed.network_ms:.2f}",
            f"{1000 / speed.busy_ms:.0f}", f"{speed.empty_ms:.2f}", f"{speed.empty_ms / speed.busy_ms:.1%}",
        )  # fmt: skip
    if weights is not None:
        theirs_ms = _ultralytics_ms(weights, [picture for scene in shots for picture, _ in scene], threads)
        table.add_row("predict()", "", f"{theirs_ms:.2f}", "", f"{1000 / theirs_ms:.0f}", "", "")
    kind = "a core's time" if threads == 1 else "time that passed"
    console.print(
        f"{SCENES * SHOTS} pictures of {SCENES} shops, 640x480; {threads} thread{'s' * (threads > 1)}; {kind}\n"
    )
    console.print(table)


def measured(
    detector: Detector, shots: Sequence[Sequence[tuple[Picture, View]]], view: View, empty: Sequence[Picture],
    threads: int,
) -> Speed:  # fmt: skip
    """One detector, looked with at the same frames as any other."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    spent_s, frames = 0.0, 0
    for scene in shots:
        eye = Eye("c1", scene[0][1], _Unheard(), _nobody)
        for i, (picture, _) in enumerate([*scene[:WARM], *list(scene) * ROUNDS]):
            began_s = clock()
            eye.look(Frame(i / HZ, picture), detector)
            if i >= WARM:
                spent_s, frames = spent_s + clock() - began_s, frames + 1
    return Speed(
        network_ms=_network_ms(detector, threads, clock),
        busy_ms=1000.0 * spent_s / frames,
        empty_ms=_empty_ms(detector, view, empty, clock),
    )


def _empty_ms(detector: Detector, view: View, empty: Sequence[Picture], clock: Callable[[], float]) -> float:
    eye, settled = Eye("c1", view, _Unheard(), _nobody), EMPTY_FRAMES // 4
    spent_s = 0.0
    for i in range(EMPTY_FRAMES):
        frame = Frame(i / HZ, empty[i % len(empty)])
        began_s = clock()
        eye.look(frame, detector)
        spent_s += clock() - began_s if i >= settled else 0.0
    return 1000.0 * spent_s / (EMPTY_FRAMES - settled)


def _network_ms(detector: Detector, threads: int, clock: Callable[[], float]) -> float:
    """The network alone, as onnxruntime runs it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Any = onnxruntime.InferenceSession(str(detector.path), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    kind = {"tensor(float)": np.float32, "tensor(float16)": np.float16}.get(given.type, np.uint8)
    paper = np.zeros((1, 3, detector.height, detector.width), kind)
    times = []
    for _ in range(100):
        began_s = clock()
        session.run(None, {given.name: paper})
        times.append(clock() - began_s)
    return 1000.0 * float(np.mean(times[WARM:]))


def _ultralytics_ms(weights: Path, frames: Sequence[Picture], threads: int) -> float:
    """What `predict()` takes for the same frames."""
    from models.offline import ultralytics

    yolo = ultralytics()
    import torch

    torch.set_num_threads(threads)
    clock = time.thread_time if threads == 1 else time.perf_counter
    model = yolo.YOLO(str(weights))
    for frame in frames[:WARM]:
        model.predict(frame, imgsz=(480, 640), device="cpu", verbose=False)
    began_s = clock()
    for frame in frames:
        model.predict(frame, imgsz=(480, 640), device="cpu", verbose=False)
    return 1000.0 * (clock() - began_s) / len(frames)


def _empty_shop(view: View) -> tuple[View, list[Picture]]:
    """A shop without anybody, as a camera shows it: the same again and again, but for the noise."""
    rng = np.random.default_rng(7)
    sheet, layout = a_sheet(rng), a_layout(rng)
    film = Film(view, a_light(rng))
    film.draw(furnish(rng, layout, a_dressing(rng, sheet)))
    sensor = a_sensor(rng)
    return view, [sensor.develop(film.colour, rng) for _ in range(16)]


def _nobody(what: str) -> None:
    """Whom nothing is told."""
