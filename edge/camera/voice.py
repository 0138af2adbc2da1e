"""What a node says, and to whom: the shop's broker, the daemon that started it, or whoever types.

Enters: people and health, camera by camera. Leaves: `camera/<id>/people` and `camera/<id>/health` (docs/wire.md). Over
a broker each camera speaks under its own user, as its rights are: one connection a camera. To the daemon it is a line
a message, topic and payload, on stdout: a camera that is wired to the shop's own PC is heard as a serial scale is,
without a broker in between. Nothing waits: what nobody can hear now is dropped.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from edge.adapters.mqtt.line import BrokerLine
from edge.records import PersonSeen, Publish
from edge.site import Broker
from edge.told import Sentence, told
from edge.wire import encode_people, people_payload

STOP_S = 0.5

Health = Mapping[str, Any]
"""``camera/<camera>/health``, JSON-ready."""


GONE: Health = {"state": "blind", "why": told("its node is gone. Start it again")}
STOPPED: Health = {"state": "blind", "why": told("its node was stopped. Start it again")}


class Voice(Protocol):
    """What an eye speaks with. Every method may be called from any thread, and returns at once."""

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None: ...

    def health(self, camera: str, health: Health) -> None: ...


class Outlet(Voice, Protocol):
    """A voice that leads out of this process."""

    def open(self) -> None: ...

    def close(self) -> None: ...


class BrokerVoice:
    """Over the shop's broker. ``passwords``: camera -> its password there. ``tell`` is told what is wrong with that."""

    def __init__(self, store: str, settings: Broker, passwords: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._troubles: dict[str, str] = {}
        self._lock = threading.Lock()
        self._lines = {
            camera: BrokerLine(
                store, settings.model_copy(update={"user": camera}), _Deaf(self, camera), password=password, guest=(),
                will=Publish(f"camera/{camera}/health", dict(GONE)),
            )
            for camera, password in passwords.items()
        }  # fmt: skip

    def open(self) -> None:
        """Connect, now and whenever a connection is lost."""
        for line in self._lines.values():
            line.start()

    def reached(self, timeout_s: float) -> bool:
        """Whether the broker is there for every camera, or will be so in time."""
        until_s = time.monotonic() + timeout_s
        return all(line.ready.wait(max(0.0, until_s - time.monotonic())) for line in self._lines.values())

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None:
        self._lines[camera].publish(Publish(f"camera/{camera}/people", people_payload(at_s, people)))

    def health(self, camera: str, health: Health) -> None:
        self._lines[camera].publish(Publish(f"camera/{camera}/health", dict(health)))

    def close(self) -> None:
        """Say that nobody looks any more, and hang up, all at a time."""
        ends = []
        for camera, line in self._lines.items():
            closing = Publish(f"camera/{camera}/health", dict(STOPPED))
            ends.append(threading.Thread(target=line.stop, args=(closing, STOP_S), daemon=True))
        for end in ends:
            end.start()
        for end in ends:
            end.join(2 * STOP_S)

    def trouble(self, camera: str, what: str) -> None:
        """The same of several cameras is told once."""
        with self._lock:
            before = set(self._troubles.values()) - {""}
            self._troubles[camera] = what
            after = set(self._troubles.values()) - {""}
        for news in after - before:
            self._tell(news)
        if before and not after:
            self._tell("the broker is there again")


class _Deaf:
    """The inbox of a line that only speaks (`edge.adapters.inbox`)."""

    def __init__(self, voice: BrokerVoice, camera: str) -> None:
        self._voice, self._camera = voice, camera

    def now_s(self) -> float:
        raise NotImplementedError("nobody listens here")

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        """It subscribes to nothing."""

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        """What could not be said is old by the time that it could."""

    def trouble(self, source: str, what: Sentence) -> None:
        self._voice.trouble(self._camera, what)


class PipeVoice:
    """To the daemon that started this process, until it is gone, for whatever reason: then ``gone`` is called."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone
        self._lock = threading.Lock()

    def open(self) -> None:
        """Stdin ends when whoever holds its other end does."""
        threading.Thread(target=self._follow, name="follow-parent", daemon=True).start()

    def _follow(self) -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        self._gone()

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None:
        self._write(f"camera/{camera}/people", encode_people(at_s, people))

    def health(self, camera: str, health: Health) -> None:
        self._write(f"camera/{camera}/health", msgspec.json.encode(health))

    def close(self) -> None:
        """The daemon knows that we end, and why."""

    def _write(self, topic: str, payload: bytes) -> None:
        try:
            with self._lock:
                sys.stdout.buffer.write(topic.encode() + b" " + payload + b"\n")
                sys.stdout.buffer.flush()
        except OSError:
            self._gone()


class Aloud:
    """A JSON line a frame, on stdout; health is for whoever reads stderr. Nobody reads any more: ``gone`` is called."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone

    def open(self) -> None:
        """Stdout is."""

    def people(self, camera: str, at_s: float, people: Sequence[PersonSeen]) -> None:
        try:
            sys.stdout.write(json.dumps({"camera": camera, **people_payload(at_s, people)}) + "\n")
            sys.stdout.flush()
        except OSError:
            self._gone()

    def health(self, camera: str, health: Health) -> None:
        """The node tells staff's stderr by itself."""

    def close(self) -> None:
        """Nothing is open."""
