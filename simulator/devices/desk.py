"""A desk with device doubles on it, and a recording that is played out of them.

Enters: which doubles, at which paths. Leaves: ports to open; when the desk is left, every plug is pulled and every link
is gone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from threading import Event
from types import TracebackType
from typing import Protocol, TypeVar

from edge.records import WeightBatch
from simulator.devices.double import Double

Kind = TypeVar("Kind", bound=Double)


class Desk:
    """Use it as a context: ``with Desk() as desk: scale = desk.stand(Scale(path))``."""

    def __init__(self) -> None:
        self._doubles: list[Double] = []

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for double in self._doubles:
            double.stop()

    def stand(self, double: Kind) -> Kind:
        """Plug a double in and let it talk."""
        double.start()
        self._doubles.append(double)
        return double


class Sayer(Protocol):
    """A double whose plates can be told what to read."""

    def say(self, plate: int, mass_g: float | None) -> None: ...


def speak(double: Sayer, batches: Iterable[WeightBatch], stop: Event | None = None) -> None:
    """Play a shelf's recorded batches out of a double in real time, row 1 as its plate 1; until the end, or ``stop``.

    Every sample is what the plate reads from its moment on; the double says it at its own rate.
    """
    stopped = stop or Event()
    first_s: float | None = None
    began_s = time.monotonic()
    for batch in batches:
        first_s = batch.at_s if first_s is None else first_s
        for i in range(batch.mass_g.shape[1]):
            due_s = began_s + batch.at_s + i / batch.hz - first_s
            if stopped.wait(max(0.0, due_s - time.monotonic())):
                return
            for plate, mass_g in enumerate(batch.mass_g[:, i].tolist(), start=1):
                double.say(plate, None if math.isnan(mass_g) else mass_g)
