"""What the tests of faults share: an errand in the smallest shop, played into a real daemon; and who watches it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.daemon.shop import LEDGER
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.wire import Heard, encode_scan, open_recording
from simulator.replay import visit_line
from tests.adapters.brokers import Device, until
from tests.corner import FILES, OPENS_S, STORE, errand
from tests.live import stage
from tests.live.disks import SmallDisk, enter
from tests.live.stage import Theatre, sensors

BASE = "tebura/v1/corner/"
SPEED = 8.0
RECEIPT = {"onigiri-salmon": 2}
OWES = 356
"""What Ana's errand costs when nothing goes wrong."""

TWO_OF_EACH = STORE.replace(
    "[[gondola]]", '[[camera]]\nid = "cam2"\nposition = [3, 1, 2.6]\n\n[[gondola]]'
).replace(
    "[[tax]]", '[[gondola.shelf]]\nid = "g1-s2"\nheight = 0.5\ndepth = 0.4\nplates = 4\nplate_width = 0.25\n\n[[tax]]'
)  # fmt: skip
"""The corner shop with a second camera and a second shelf."""


class Show(Theatre):
    """A theatre with Ana's errand, and staff in the audience."""

    def __init__(self, folder: Path, site: str = "", store: str = STORE) -> None:
        super().__init__(folder, {**FILES, "store.toml": store.encode()}, site)
        self.messages = sensors(open_recording(errand(folder / "errand.mcap")))
        self.staff = Staff(self.port)
        self.web = ""

    def start(self, wait: bool = True) -> None:
        super().start(wait)
        if wait:
            self.ask(do="rehearse", at=OPENS_S, speed=0.0)

    @property
    def pid(self) -> int:
        assert self._daemon is not None
        assert self._daemon.pid is not None
        return self._daemon.pid

    def part(self, from_s: float, to_s: float, speed: float = SPEED) -> None:
        """Play what is said between two seconds of the errand."""
        self.play([h for h in self.messages if from_s <= h.received_s - OPENS_S < to_s], speed)

    def stand_still(self, at_s: float) -> None:
        """It stays that second of the errand: what is waited for now costs no time in the shop, where nobody would be
        seen meanwhile.
        """
        self.ask(do="rehearse", at=OPENS_S + at_s, speed=0.0)

    def scan(self, subject: str, at_s: float) -> dict[str, Any]:
        """Somebody's palm at the entry, at a second of the errand; what the gate is told."""
        before = len(self.staff.said("gate/in/command"))
        self.say(Heard("gate/in/scan", encode_scan(OPENS_S + at_s, subject, "palm"), 0.0))
        until(lambda: len(self.staff.said("gate/in/command")) > before, f"the gate answers {subject}")
        return self.staff.said("gate/in/command")[-1]

    @contextmanager
    def book(self) -> Iterator[Book]:
        with Book(self.state / LEDGER, read_only=True) as book:
            yield book

    def entries(self, *kinds: str) -> list[LedgerEntry]:
        with self.book() as book:
            return [w.entry for w in book.entries() if not kinds or w.entry.kind in kinds]

    def prove(self) -> list[str]:
        with self.book() as book:
            return [str(fault) for fault in book.prove()]

    def settle(self) -> None:
        """Let time pass until all is paid."""
        now_s = max(h.received_s for h in self.messages)
        self.ask(do="rehearse", at=now_s, speed=SPEED)
        self.settle_down()

    def outcome(self) -> list[dict[str, Any]]:
        """How visits ended, as `tebura replay --json` tells it."""
        return [visit_line("", e) for e in self.entries("settlement", "review")]

    def is_untouched(self) -> None:
        """Ana's receipt is what it would have been, she was charged once, and the book holds."""
        (line,) = self.outcome()
        assert (line["state"], line["items"], line["total"]) == ("settled", RECEIPT, OWES), line
        assert [amount for _, amount in self.charges()] == [OWES]
        assert len(self.entries("payment-approved")) == 1
        assert self.prove() == []

    def troubles(self) -> dict[str, str]:
        return self.ask(do="status").get("troubles", {})  # type: ignore[return-value]

    def close(self) -> None:
        self.staff.leave()
        super().close()


class SmallShow(Show):
    """The same on a disk of its own."""

    def __init__(self, folder: Path, mib: float, site: str = "") -> None:
        super().__init__(folder, site)
        self.disk = SmallDisk(folder / "state", mib)
        self.state = self.disk.seen

    def start(self, wait: bool = True) -> None:
        log = str(self.folder / "log.txt")
        there = (self.disk.keeper, str(self.folder), str(self.disk.at), log)
        self._daemon = stage.forks.Process(target=run_inside, args=there, daemon=True)
        self._daemon.start()
        self.restarts += 1
        if wait:
            self.wait_until_open()
            self.ask(do="rehearse", at=OPENS_S, speed=0.0)

    @contextmanager
    def book(self) -> Iterator[Book]:
        """A copy of the book: SQLite would not look through ``/proc``."""
        with tempfile.TemporaryDirectory() as folder:
            for path in self.state.glob(f"{LEDGER}*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, folder)
            with Book(Path(folder) / LEDGER) as book:
                yield book

    def close(self) -> None:
        super().close()
        self.disk.close()


def run_inside(keeper: int, folder: str, state: str, log: str) -> None:
    """In the child: the daemon, where the small disk is."""
    enter(keeper)
    stage._run(folder, state, log)


class Staff:
    """Hears what the runtime says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.come()

    def come(self) -> None:
        self.device = Device(self.port, None, client=f"staff-{os.getpid()}-{id(self)}")
        assert self.device.is_let_in()
        self.device.listen(BASE + "runtime/#", BASE + "gate/+/command", BASE + "visit/+/cart")

    def leave(self) -> None:
        self.device.__exit__()

    def said(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(payload) for heard, payload, _ in self.device.heard if heard == BASE + topic and payload]

    @property
    def status(self) -> dict[str, Any]:
        said = self.said("runtime/status")
        return said[-1] if said else {}

    def sees(self, state: str, why: str = "", **more: str) -> None:
        """The status says so, now or soon; ``more`` are words that stand in its troubles."""

        def so() -> bool:
            now = self.status
            troubles = now.get("troubles", {})
            told = all(word in troubles.get(source, "") for source, word in more.items())
            return now.get("state") == state and now.get("why", "") == why and told

        try:
            until(so, f"status {state} {why} {more}", 20.0)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.status}") from None


def command(*words: str) -> Sequence[str]:
    """`tebura`, as a program."""
    return [sys.executable, "-m", "edge.cli", *words]
