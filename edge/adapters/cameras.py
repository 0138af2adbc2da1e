"""The cameras of the shop's own PC: a camera node as a process of its own, heard without a broker.

Enters: the ``[[camera]]`` tables of the site. Leaves: what `tebura camera` says, line by line, in the daemon's ear, as
if it had come over a broker. It is a process of its own because looking takes all of a core's time, and a message must
not wait for it; and because a picture that makes a decoder fall over must not take the shop with it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from edge.adapters.child import Child
from edge.adapters.inbox import Inbox
from edge.site import Site
from edge.told import NOTHING, Sentence, phrase, told

SOURCE: Final = "camera-node"
FOLDER: Final = "cameras"


class Cameras:
    """Keeps the node running, from `start` to `stop`; its own troubles are told as source ``camera-node``."""

    def __init__(self, site: Site, store_folder: Path, state_folder: Path, inbox: Inbox) -> None:
        self._inbox = inbox
        self._errors = state_folder / FOLDER / "stderr.txt"
        command = [sys.executable, "-m", "edge.cli", "camera", *(camera.id for camera in site.camera)]
        command += ["--store", str(store_folder.absolute()), "--state", str(state_folder.absolute()), "--pipe"]
        self._child = Child(
            phrase("the camera node"), command, "", self._errors, attend=self._attend,
            failed=lambda why: inbox.trouble(SOURCE, why),
        )  # fmt: skip

    def start(self) -> None:
        """Returns at once. `OSError` where the state folder cannot be used."""
        self._errors.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._child.start()

    def stop(self) -> None:
        """End it; returns within a second or so."""
        self._child.stop()

    @property
    def pid(self) -> int | None:
        """The node's process, while there is one."""
        return self._child.pid

    def _attend(self, process: subprocess.Popen[str]) -> Sentence:
        assert process.stdout is not None
        for line in process.stdout:
            topic, _, payload = line.rstrip("\n").partition(" ")
            self._inbox.trouble(SOURCE, NOTHING)
            self._inbox.hear(topic, payload.encode())
        status = process.wait()
        said = self._errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if said and said[-1].startswith("tebura: "):
            return Sentence(said[-1].removeprefix("tebura: "))
        what = phrase("the camera node died (status {status}). Starting it again; see {file}")
        return told(what, status=status, file=self._errors)
