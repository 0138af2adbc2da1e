"""Where health is heard from: recordings, one after the other, or the live shop for a while.

Leaves: `Heard` with the verdict, the course for a plot, and what could not be used with its remedy. What a shelf says
and nobody can read is a trouble of that shelf, not silence.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from calibration.camera.agreement import agreements_of
from calibration.camera.bumped import CameraHealth, Traffic
from calibration.faults import Finding
from calibration.health.verdict import ShelfHealth
from calibration.health.watch import Health
from calibration.listen import Listening, meaning
from edge.journal import segments
from edge.records import PeopleFrame, Refused, WeightBatch
from edge.store import Store, load_store, read_store
from edge.told import told
from edge.wire import decode, open_recording

SOME = 3
"""So many batches of a shelf that cannot be used are no accident."""
LOOK_S = 0.5


class NothingHeard(ValueError):
    """Nothing that could be judged; the message says what to do."""


@dataclass(slots=True)
class Ear:
    """What was heard of a store's shelves, and ``of`` what it is."""

    store: Store
    health: Health
    of: str = ""
    traffic: Traffic | None = None
    """What the cameras saw; nothing where only some shelves are wanted."""
    began_s: float = 0.0
    ended_s: float = 0.0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    """Of no shelf in particular."""

    def hear(self, batch: WeightBatch) -> None:
        for event in self.health.hear(batch):
            if self.traffic is not None:
                self.traffic.event(event)
        self.began_s = self.began_s or batch.at_s
        self.ended_s = max(self.ended_s, batch.at_s)

    def verdict(self) -> list[ShelfHealth]:
        """Every shelf; what kept its batches from being used is with it. `NothingHeard` where there was none."""
        shelves = []
        for shelf in self.health.verdict():
            wrong = tuple(what for (name, what), n in self.refused.items() if name == shelf.shelf and n >= SOME)
            silent = not shelf.controller.batches and not wrong
            nothing = (Finding("dead", (), told("nothing came from its controller")),) if silent else ()
            shelves.append(replace(shelf, findings=(*nothing, *shelf.findings), troubles=wrong))
        if not any(s.controller.batches or s.troubles for s in shelves):
            why = "; ".join(self.troubles) or "Look at power and network of the controllers"
            raise NothingHeard(f"no weights in {self.of}. {why}")
        return shelves

    def part(self) -> None:
        """Another recording begins, or there is no more."""
        self.health.part()
        if self.traffic is not None:
            self.traffic.part()

    def cameras(self) -> list[CameraHealth]:
        """Every camera that was heard. `calibration.camera.agreement.UnusableAgreement`."""
        if self.traffic is None or not self.traffic.frames:
            return []
        return self.traffic.verdict(agreements_of(self.store))

    @property
    def span(self) -> str:
        """When, for people."""
        began, ended = (datetime.fromtimestamp(t, self.store.timezone) for t in (self.began_s, self.ended_s))
        return f"{began:%Y-%m-%d %H:%M:%S} to {ended:%Y-%m-%d %H:%M:%S}"


def from_recordings(files: Sequence[Path], store_folder: Path | None, shelves: Collection[str]) -> Ear:
    """Recordings and folders of them, in the order in which they are named.

    Without a store folder the first recording's own store counts. `BrokenStore`, `UnreadableRecording`, `NothingHeard`.
    """
    paths = [path for file in files for path in (segments(file) if file.is_dir() else [file])]
    if not paths:
        raise NothingHeard(f"{files[0]}: there are no recordings in it. Name a shop's recordings, or FILE.mcap")
    recordings = [open_recording(path) for path in paths]
    store = load_store(store_folder) if store_folder else read_store(recordings[0].store_files())
    traffic = None if shelves else Traffic(store)
    ear = Ear(store, Health(store, known(store, shelves)), ", ".join(dict.fromkeys(map(str, files))), traffic)
    wanted = {f"shelf/{shelf}/weight": shelf for shelf in ear.health.shelves}
    watched = {f"camera/{c.id}/people" for c in store.layout.cameras} if traffic else set()
    for recording in recordings:
        ear.part()
        for heard in recording:
            shelf = wanted.get(heard.topic, "")
            if not shelf and heard.topic not in watched:
                continue
            record = decode(store, heard.topic, heard.payload, heard.received_s)
            if isinstance(record, PeopleFrame) and traffic is not None:
                traffic.hear(record)
            if isinstance(record, WeightBatch):
                ear.hear(record)
            elif isinstance(record, Refused) and shelf:
                ear.refused[shelf, meaning(store, shelf, record.reason, heard.payload)] += 1
        if recording.loss is not None:
            ear.troubles.append(f"{recording.path}: {recording.loss.reason}")
    ear.part()
    return ear


def from_live(store: Store, listening: Listening, shelves: Collection[str], for_s: float) -> Ear:
    """The live shop for a while. Ctrl-C ends it sooner."""
    ear = Ear(store, Health(store, shelves), listening.where, Traffic(store) if listening.cameras else None)
    until_s = time.monotonic() + for_s
    troubles: dict[str, str] = {}
    try:
        while (left_s := until_s - time.monotonic()) > 0:
            batch = listening.next(min(LOOK_S, left_s))
            while ear.traffic is not None and listening.people:
                ear.traffic.hear(listening.people.popleft())
            if batch is not None:
                ear.hear(batch)
            troubles |= listening.troubles
    except KeyboardInterrupt:
        pass
    ear.part()
    for source, what in troubles.items():
        kind, _, name = source.partition("/")
        shelf = name.split(":")[0]
        if kind in ("shelf", "serial", "plates", "plain") and shelf in ear.health.shelves:
            ear.refused[shelf, what] += SOME
        else:
            ear.troubles.append(f"{source}: {what}")
    return ear


def known(store: Store, shelves: Collection[str]) -> tuple[str, ...]:
    """The shelves that were named, all of them without a name; `NothingHeard` for one that is not there."""
    for shelf in shelves:
        if not store.layout.has_shelf(shelf):
            there = ", ".join(s.id for s in store.layout.shelves[:8])
            raise NothingHeard(f"there is no shelf {shelf!r} in store.toml. Name one of {there} …")
    return tuple(s.id for s in store.layout.shelves if not shelves or s.id in shelves)
