"""What is done once a night, by a process of its own: nobody waits for it, and it cannot take the shop along.

Enters: the state folder, the time. Leaves: `tebura nightly`, started when a new day has begun, and whenever what it
makes is missing; a trouble for staff where it failed. A child that takes too long is ended, and the next one is an hour
away.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

from edge.forecast import kept
from edge.store import Store
from edge.told import NOTHING, Sentence, told

NIGHT_S: Final = 3 * 3600.0
"""A day has begun, for this, when people have gone home: at three in the morning by the shop's clocks."""
LOOK_S: Final = 20.0
AGAIN_S: Final = 3600.0
"""What failed is tried again so long after."""
LONGEST_S: Final = 1800.0


class Nightly:
    """From `open` to `close`. ``store_folder``: with what supplies say; ``now_s``: the shop's own time."""

    def __init__(
        self, store: Store, store_folder: Path, folder: Path, now_s: Callable[[], float],
        trouble: Callable[[Sentence], None], look_s: float = LOOK_S,
    ) -> None:  # fmt: skip
        self._store, self._store_folder, self._folder = store, store_folder, folder
        self._now_s, self._trouble, self._look_s = now_s, trouble, look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="nightly", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """A child in the middle of its work is ended: what it makes, it makes whole or not at all."""
        self._stop.set()
        process = self._process
        if process is not None:
            process.kill()
        self._thread.join(timeout=5.0)

    def due(self) -> date | None:
        """The day for which the night's work is missing."""
        day = datetime.fromtimestamp(self._now_s() - NIGHT_S, self._store.timezone).date()
        found = kept.read(self._folder, self._store.id)
        return day if found is None or found.before < day else None

    def _work(self) -> None:
        wait_s = self._look_s
        while not self._stop.wait(wait_s):
            wait_s = self._look_s
            day = self.due()
            if day is None:
                continue
            why = self._child(day)
            if self._stop.is_set():
                return
            self._trouble(
                told("the night's work failed ({why}). It is tried again in an hour; sales go on", why=why)
                if why
                else NOTHING
            )
            wait_s = AGAIN_S if why else self._look_s

    def _child(self, day: date) -> str:
        """Why it failed; nothing where it did not."""
        command = [sys.executable, "-m", "edge.cli.nightly", "--store", str(self._store_folder.absolute())]
        command += ["--state", str(self._folder.absolute()), "--day", day.isoformat()]
        try:
            process = self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return str(error)
        try:
            if self._stop.is_set():  # closed in the moment between
                process.kill()
            _, said = process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"it took longer than {LONGEST_S / 60:.0f} minutes"
        lines = said.decode(errors="replace").strip().splitlines()
        return "" if process.returncode == 0 else (lines[-1][:300] if lines else f"status {process.returncode}")
