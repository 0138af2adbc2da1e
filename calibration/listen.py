"""Live batches, for whoever calibrates or checks: from the shop that runs, else from its sensors themselves.

Enters: a store, its site and state folder, and the shelves that somebody wants to hear. Leaves: their batches as the
controllers said them, in the controllers' own numbers and order, what keeps others from coming, and, where somebody
wants that too, whom the cameras saw meanwhile.

Where a shop runs, its recording is followed: that covers MQTT, serial lines and plain plates alike, and takes nothing
away from the shop. Where none runs, the same adapters are opened as `tebura run` opens, as a guest of the shop's broker
or with its embedded one. Gates and payments are not listened to, and nothing is ever said.
"""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from edge.adapters.broker.embedded import EmbeddedBroker
from edge.adapters.broker.passwords import BrokenPasswords
from edge.adapters.mqtt.line import BrokerLine
from edge.adapters.mqtt.plain import Plains
from edge.adapters.plates import Plates
from edge.adapters.serial import open_ports
from edge.daemon.desk import NobodyThere, ask
from edge.daemon.shop import RECORDINGS
from edge.journal import segments
from edge.records import PeopleFrame, Refused, SourceTrouble, WeightBatch
from edge.site import Site
from edge.store import Store
from edge.wire import Heard, decode
from edge.wire.gaps import with_gaps
from edge.wire.reader import Tail

LOOK_S: Final = 0.05
"""A running shop gives its recording to the operating system so often."""
QUIET_S: Final = 3.0
"""A shop writes once a second at least: if it has not for so long, it is asked whether it still runs."""
REACHED_S: Final = 8.0
"""A broker that cannot be used by then is none; the embedded one needs some seconds to start."""
STANDS_S: Final = 10.0
"""What had to be refused is a trouble until it has not happened for so long."""

HEARD: Final = ("shelf/", "shop/sources/", "camera/")
"""Topics of a shop's recording that matter here: gates are nobody's business."""
KEPT: Final = 10_000
"""Frames of cameras that nobody has asked for yet: some minutes."""

WRONG: Final = {
    "not JSON": "what {of} sends is not JSON: look at its firmware, and whether the topic is its own",
    "breaks the contract": "what {of} sends is not what a shelf says: compare its payload with docs/wire.md",
    "rows of unequal length": "{of} sends rows of unequal length: each plate needs as many samples as the others",
    "no samples": "{of} sends batches without samples: look at its firmware",
    "from the future": "the clock of {of} is ahead of this PC's: let it ask a time server (NTP), or set it",
    "batch too long": "{of} sends batches that last longer than 5 s, or names a wrong hz: correct it in its firmware",
}
"""Reason of a refusal -> what it means for a shelf's controller, with the remedy."""


class NobodyToListenTo(OSError):
    """No batch can come; the message says why and what to do."""


class Listening(ABC):
    """Use it as a context manager. ``where``, for people: what is listened to."""

    where: str

    def __init__(self, store: Store, shelves: Collection[str], cameras: Collection[str] = ()) -> None:
        self._store, self._shelves, self.cameras = store, frozenset(shelves), frozenset(cameras)
        self.people: deque[PeopleFrame] = deque(maxlen=KEPT)
        """Whom the wanted cameras saw, until somebody takes it from here; filled by `next`."""
        self._stack = ExitStack()
        self._told: dict[str, str] = {}
        self._refused: dict[str, tuple[str, float]] = {}

    def __enter__(self) -> Listening:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def troubles(self) -> Mapping[str, str]:
        """Source -> what is wrong with it as of now, with the remedy."""
        recent_s = time.monotonic() - STANDS_S
        refused = {source: what for source, (what, at_s) in list(self._refused.items()) if at_s > recent_s}
        return {source: what for source, what in {**refused, **self._told}.items() if what}

    def next(self, timeout_s: float) -> WeightBatch | None:
        """The next batch of one of the shelves; None: none came in time."""
        until_s = time.monotonic() + timeout_s
        while True:
            heard = self._hear(max(0.0, until_s - time.monotonic()))
            if heard is None:
                return None
            batch = self._understood(heard)
            if batch is not None:
                return batch

    @abstractmethod
    def _hear(self, timeout_s: float) -> Heard | None:
        """The next message, of whatever kind."""

    def _understood(self, heard: Heard) -> WeightBatch | None:
        """A batch that was asked for; what is wrong is noted on the way."""
        if not heard.topic.startswith(HEARD):
            return None
        record = decode(self._store, heard.topic, heard.payload, heard.received_s)
        if isinstance(record, WeightBatch) and record.shelf in self._shelves:
            self._refused.pop(f"shelf/{record.shelf}", None)
            return record
        if isinstance(record, PeopleFrame) and record.camera in self.cameras:
            self.people.append(record)
        if isinstance(record, Refused):
            room, _, name = record.topic.rpartition("/")[0].partition("/")
            if room == "shelf" and name in self._shelves:
                self._refuse(f"shelf/{name}", meaning(self._store, name, record.reason, heard.payload))
        elif isinstance(record, SourceTrouble) and self._concerns(record.source):
            self._told[record.source] = record.trouble
        return None

    def _refuse(self, source: str, what: str) -> None:
        self._refused[source] = what, time.monotonic()

    def _concerns(self, source: str) -> bool:
        """Whether a source can keep the wanted batches from coming."""
        kind, _, name = source.partition("/")
        if kind in ("serial", "plates", "plain", "shelf"):
            return name.split(":")[0] in self._shelves
        return kind in ("broker", "embedded-broker", "recorder")


def listen(
    store: Store, site: Site, state_folder: Path, shelves: Collection[str], cameras: Collection[str] = ()
) -> Listening:
    """Hear these shelves and cameras from now on. `NobodyToListenTo` with the remedy."""
    unknown = [s for s in shelves if not store.layout.has_shelf(s)]
    if unknown:
        known = ", ".join(s.id for s in store.layout.shelves[:8])
        raise NobodyToListenTo(f"there is no shelf {unknown[0]!r} in store.toml. Name one of {known} …")
    try:
        status = ask(state_folder, {"do": "status"})
    except NobodyThere:
        return Sensors(store, site, state_folder, shelves, cameras)
    except ValueError as error:
        raise NobodyToListenTo(f"the shop in {state_folder} does not say how it is ({error})") from error
    return RunningShop(store, state_folder, shelves, cameras, status)


class RunningShop(Listening):
    """Follows what a running shop records, across its segments and its restarts."""

    where = "the running shop"

    def __init__(
        self, store: Store, state_folder: Path, shelves: Collection[str], cameras: Collection[str],
        status: Mapping[str, Any],
    ) -> None:  # fmt: skip
        super().__init__(store, shelves, cameras)
        self._folder = state_folder
        self._told = {s: what for s, what in status.get("troubles", {}).items() if self._concerns(s)}
        self._tail: Tail | None = None
        known = segments(state_folder / RECORDINGS)
        if known:
            self._tail = Tail(known[-1])
            for _ in self._tail.look():
                pass  # it is past; but a recording names its topics once
        self._coming: Iterator[Heard] = iter(())
        self._heard_at_s = time.monotonic()

    def _hear(self, timeout_s: float) -> Heard | None:
        until_s = time.monotonic() + timeout_s
        while (heard := next(self._coming, None)) is None:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return None
            time.sleep(min(LOOK_S, left_s))
            self._look()
        self._heard_at_s = time.monotonic()
        self._told.pop("shop", None)
        return heard

    def _look(self) -> None:
        """What was written meanwhile; a segment that stays behind a newer one has all that it ever will."""
        known = segments(self._folder / RECORDINGS)
        newer = known[known.index(self._tail.path) + 1 :] if self._tail and self._tail.path in known else known[-1:]
        try:
            said = [Heard(*message) for message in self._tail.look()] if self._tail is not None else []
        except OSError:
            said = []  # tidied away
        if not said and newer:
            self._tail = Tail(newer[0])
        self._coming = iter(said)
        if time.monotonic() - self._heard_at_s > QUIET_S:
            self._heard_at_s = time.monotonic()
            self._told["shop"] = self._is_gone()

    def _is_gone(self) -> str:
        try:
            ask(self._folder, {"do": "status"})
        except NobodyThere:
            remedy = "Start it again with `tebura run`, or begin this command anew to hear the sensors without it"
            return f"the shop was stopped. {remedy}"
        except ValueError:
            pass
        return ""


class Sensors(Listening):
    """No shop runs: hears the shelves through the shop's own adapters. It is their `edge.adapters.inbox.Inbox`."""

    def __init__(
        self, store: Store, site: Site, state_folder: Path, shelves: Collection[str], cameras: Collection[str]
    ) -> None:
        super().__init__(store, shelves, cameras)
        self._queue: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._site = site.model_copy(
            update={
                "serial": tuple(s for s in site.serial if s.protocol != "barcode" and s.shelf in self._shelves),
                "plain": tuple(p for p in site.plain if p.shelf in self._shelves),
            }
        )
        self._plates = Plates(store, self._site, self)
        on_the_wire = sorted(self._shelves - set(self._plates.shelves))
        places = [device.device for device in self._site.serial]
        try:
            if on_the_wire or self._site.plain:
                self._reach_broker(state_folder, on_the_wire, alone=not places)
                places.append(f"mqtt://{site.broker.host}:{site.broker.port}")
            self._plates.start()
            self._stack.callback(self._plates.stop)
            for port in open_ports(self._site, store, self, self._plates):
                self._stack.callback(port.stop)
        except BaseException:
            self._stack.close()
            raise
        self.where = ", ".join(places)

    def _reach_broker(self, state_folder: Path, shelves: Collection[str], *, alone: bool) -> None:
        password = None
        if self._site.broker.kind == "embedded":
            password = self._start_broker(state_folder)
        plain = Plains(self._plates, self, self._site.slow.stale_s)
        line = BrokerLine(
            self._store.id, self._site.broker, self, plates=self._site.plain, plain=plain, password=password,
            guest=[*(f"shelf/{shelf}/weight" for shelf in shelves), *(f"camera/{c}/people" for c in self.cameras)],
        )  # fmt: skip
        line.start()
        self._stack.callback(line.stop)
        if not line.ready.wait(REACHED_S) and alone:
            said = self._told.get("embedded-broker") or self._told.get("broker")
            raise NobodyToListenTo(said or "the broker does not answer. See [broker] of site.toml")

    def _start_broker(self, state_folder: Path) -> str:
        try:
            state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            broker = EmbeddedBroker(self._store, self._site, state_folder, self)
            broker.start()
        except BrokenPasswords as error:
            raise NobodyToListenTo(str(error)) from error
        except OSError as error:
            remedy = "Give this user a folder that it may write to, or name another with --state"
            raise NobodyToListenTo(
                f"{state_folder}: cannot be the state folder ({error.strerror or error}). {remedy}"
            ) from error
        self._stack.callback(broker.stop)
        if what := self._told.get("embedded-broker"):
            raise NobodyToListenTo(what)
        return broker.password()

    def _hear(self, timeout_s: float) -> Heard | None:
        try:
            return self._queue.get(timeout=timeout_s) if timeout_s > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None

    # --- for adapters, from any thread ----------------------------------------------------------------------------

    def now_s(self) -> float:
        return time.time()

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        self._queue.put(Heard(topic, payload, self.now_s()))

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        """A serial line tells its troubles by itself; half a line at its beginning is none."""
        if not source.startswith("serial/"):
            said = f" ({sample[:60].decode(errors='replace')!a})" if sample else ""
            self._refuse(source, f"what is said here cannot be used: {reason}{said}. Correct what sends it")

    def trouble(self, source: str, what: str) -> None:
        self._told[source] = what


def meaning(store: Store, shelf: str, reason: str, payload: bytes) -> str:
    """Why a controller's batches cannot be used, and what to do."""
    of = f"the controller of {shelf}"
    if reason != "wrong number of plates":
        return WRONG.get(reason, "what {of} sends cannot be used (" + reason + ")").format(of=of)
    rows, plates = len(msgspec.json.decode(with_gaps(payload, quoted=True))["g"]), store.layout.shelf(shelf).plates
    remedy = "correct plates in store.toml" if rows > plates else "look which cell it misses, or correct store.toml"
    return f"{of} sends {rows} rows, store.toml says {plates} plates: {remedy}"
