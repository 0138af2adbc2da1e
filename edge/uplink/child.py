"""The line to headquarters as a child of the shop: started, fed with what the shop says of itself, heard.

Enters: ``[headquarters]`` of the site, somebody to ask how the shop is. Leaves: a process of its own, because the
core's messages must not wait for it, and what staff should know of it as troubles of ``headquarters``. Its death
stops nothing. Without the extra that it needs, that is a trouble too, and the shop sells.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from edge.adapters.child import Child
from edge.adapters.inbox import Inbox
from edge.site import Headquarters
from edge.told import Sentence, phrase, told

SOURCE: Final = "headquarters"
STATUS_S: Final = 5.0
CONFIGURATION: Final = ("store.toml", "site.toml", "catalogue.csv", "planogram.csv", "prices.csv")


class Orders(msgspec.Struct, frozen=True):
    """The first line of the child's stdin."""

    store: str
    book: str
    state_folder: str
    address: str
    credentials: str
    ca_file: str
    quiet_minutes: float
    version: str
    config: str


class Uplink:
    """Runs from `start` to `stop`; ``health`` says how the shop is, from any thread."""

    def __init__(
        self, settings: Headquarters, store: str, book: Path, store_folder: Path | None, inbox: Inbox,
        health: Callable[[], dict[str, object]],
    ) -> None:  # fmt: skip
        self._inbox, self._health = inbox, health
        self._errors = book.parent / "headquarters.stderr.txt"
        orders = Orders(
            store, str(book.absolute()), str(book.parent.absolute()), settings.address,
            str(settings.credentials_file or ""), str(settings.ca_file or ""), settings.quiet_minutes, _running(),
            _configuration(store_folder),
        )  # fmt: skip
        self._child = Child(
            phrase("the line to headquarters"), [sys.executable, "-m", "edge.uplink"],
            msgspec.json.encode(orders).decode() + "\n", self._errors, attend=self._attend,
            failed=lambda why: inbox.trouble(SOURCE, why),
        )  # fmt: skip

    def start(self) -> None:
        """Returns at once."""
        if find_spec("nats") is None:
            self._inbox.trouble(SOURCE, told("nats-py is missing: pip install 'tebura[uplink]'. Sales go on"))
            return
        self._child.start()

    def stop(self) -> None:
        """End it; returns within a second or so. What is not sent yet is sent after the next start."""
        self._child.stop()

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._child.pid

    def _attend(self, process: subprocess.Popen[str]) -> Sentence:
        assert process.stdout is not None
        over = threading.Event()
        threading.Thread(target=self._feed, args=(process, over), name="headquarters-status", daemon=True).start()
        for line in process.stdout:
            self._inbox.trouble(SOURCE, Sentence(line.rstrip("\n")))
        over.set()
        what = phrase("the line to headquarters died (status {status}). Starting it again; see {file}")
        return told(what, status=process.wait(), file=self._errors)

    def _feed(self, process: subprocess.Popen[str], over: threading.Event) -> None:
        assert process.stdin is not None
        while not over.is_set():
            with suppress(OSError, ValueError):  # it has just ended
                process.stdin.write(msgspec.json.encode(self._health()).decode() + "\n")
                process.stdin.flush()
            over.wait(STATUS_S)


def _running() -> str:
    with suppress(PackageNotFoundError):
        return version("tebura")
    return ""


def _configuration(folder: Path | None) -> str:
    """A mark of the shop's files, another one when one of them is."""
    mark = hashlib.sha256()
    for name in CONFIGURATION if folder is not None else ():
        with suppress(OSError):
            mark.update(name.encode() + b"\0" + (folder / name).read_bytes() if folder is not None else b"")
    return mark.hexdigest()[:12] if folder is not None else ""
