"""A rig that can be reached: over MQTT, or as a microcontroller on a pseudo-terminal.

Enters: a rig, and a broker or a path. Leaves: the same numbers that the rig says, in real time or so many times as
fast, to whoever listens. Batches carry the rig's own time: let a fast one begin so long ago that it does not overtake
the listener's clock. Deeds may come from another thread than the one that talks: they go through `Pace.hands`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.records import WeightBatch
from simulator.devices.controller import Printer
from simulator.rig.cells import Rig
from simulator.rig.hardware import DIGITS, Hardware

AGAIN_S = 1
"""A controller whose broker is gone looks for it so often."""


class Pace:
    """Keeps a rig in step with the clock on the wall, ``speed`` times as fast, from its making on."""

    def __init__(self, rig: Rig, speed: float = 1.0) -> None:
        self._rig, self._speed, self._lock = rig, speed, Lock()
        self._began_s, self._first_s = time.monotonic(), rig.now_s

    @contextmanager
    def hands(self) -> Iterator[Rig]:
        """The rig for somebody who does something to it, at its now."""
        with self._lock:
            yield self._rig

    def due(self) -> list[WeightBatch]:
        """What was said since the last look: a batch is said when its last sample is measured."""
        until_s = self._measured_s() - self._lasts_s
        said = []
        with self._lock:
            while self._rig.now_s < until_s:
                said.append(self._rig.batch())
        return [batch for batch in said if batch is not None]

    @property
    def every_s(self) -> float:
        """How long a batch takes on the wall."""
        return self._lasts_s / self._speed

    def wait_s(self) -> float:
        """How long until there is more: who only waited `every_s` would say each a little later than the last."""
        with self._lock:
            return max(0.0, self._rig.now_s + self._lasts_s - self._measured_s()) / self._speed

    @property
    def _lasts_s(self) -> float:
        return self._rig.hardware.batch / self._rig.hardware.hz

    def _measured_s(self) -> float:
        return self._first_s + (time.monotonic() - self._began_s) * self._speed


class OverMqtt:
    """A controller that publishes ``tebura/v1/<store>/shelf/<shelf>/weight``; use it as a context manager.

    It waits for a broker that is not there yet, and looks for one that went away, as controllers do.
    """

    def __init__(
        self, rig: Rig, store: str, host: str, port: int, *, user: str = "", password: str = "", speed: float = 1.0
    ) -> None:
        self.pace = Pace(rig, speed)
        self._rig, self._place = rig, (host, port)
        self.topic = f"tebura/v1/{store}/shelf/{rig.shelf.id}/weight"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"{rig.shelf.id}-double")
        self._client.reconnect_delay_set(AGAIN_S, AGAIN_S)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = self._answered
        self.refused = ""
        """Why the broker does not let it in, in the broker's words."""
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"rig {rig.shelf.id}", daemon=True)

    def __enter__(self) -> OverMqtt:
        self._client.connect_async(*self._place)
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(2.0)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def _answered(
        self, client: Client, data: object, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        self.refused = str(code) if code.is_failure else ""

    def _run(self) -> None:
        while not self._stop.wait(self.pace.wait_s()):
            for batch in self.pace.due():
                if self._client.is_connected():
                    self._client.publish(self.topic, self._rig.encoded(batch))


class OverLines(Printer):
    """A microcontroller that prints ``<channel>,<number>`` as it converts."""

    def __init__(self, link: Path, rig: Rig, baud: int = 115200, seed: int = 1, *, sums: bool = True) -> None:
        super().__init__(link, baud, seed, sums=sums, digits=DIGITS[rig.hardware.unit])
        self.pace = Pace(rig)
        self.every_s = self.pace.every_s

    def tick(self, at_s: float) -> list[bytes]:
        return [
            self.line(channel, number)
            for batch in self.pace.due()
            for sample in batch.mass_g.T.tolist()
            for channel, number in enumerate(sample, start=1)
            if not math.isnan(number)
        ]


def on_a_line(hardware: Hardware, hz: float = 10.0) -> Hardware:
    """The same cells behind a microcontroller that prints each conversion by itself, as slowly as those do."""
    return replace(hardware, hz=hz, batch=1)
