"""A process of its own for what must not share the runtime's: kept running from `start` to `stop`.

Enters: a command, the orders that it reads on stdin, and somebody who attends to it as long as it lives. Leaves: a
process, started again when it ends by itself, after 0.2 s and up to 10 s; and each time why it ended.

A child ends with the runtime, however that one ended, because it watches the pipe that its orders came through.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edge.told import NOTHING, Sentence, phrase, told

BACKOFF_S: Final = (0.2, 10.0)
STEADY_S: Final = 5.0
"""A child that lived for so long may be started again at once."""
STOP_S: Final = 1.0

Attend = Callable[["subprocess.Popen[str]"], Sentence]
"""Stays with a child until it ends; returns why it did, for staff to read, or nothing."""


class Child:
    """``failed`` is told why it ended, or could not be started. What the child writes on stderr is in ``errors``."""

    def __init__(
        self, name: str, command: Sequence[str], orders: str, errors: Path, *, attend: Attend,
        failed: Callable[[Sentence], None],
    ) -> None:  # fmt: skip
        self._name, self._command, self._orders, self._errors = name, command, orders, errors
        self._attend, self._failed = attend, failed
        self._starting = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._live, name=name.replace(" ", "-"), daemon=True)

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End it; returns within two seconds or so."""
        self._quit.set()
        with self._starting:
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
            if self._process is not None and self._thread.is_alive():
                self._process.kill()
                self._thread.join(STOP_S)

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _live(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._quit.is_set():
            began_s = time.monotonic()
            why = self._run()
            if self._quit.is_set():
                return
            self._failed(why)
            if time.monotonic() - began_s > STEADY_S:
                wait_s = BACKOFF_S[0]
            self._quit.wait(wait_s)
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    def _run(self) -> Sentence:
        """One process, from its start to its end; why it ended."""
        try:
            process = self._begin()
        except OSError as error:
            what = phrase("{what} cannot be started ({error}). See {file}")
            return told(what, what=self._name, error=error, file=self._errors)
        if process is None:
            return NOTHING
        try:
            return self._attend(process)
        finally:
            _end(process)

    def _begin(self) -> subprocess.Popen[str] | None:
        """A process that has its orders; none when it is time to stop."""
        with self._starting, self._errors.open("w", encoding="utf-8") as errors:
            if self._quit.is_set():
                return None
            self._process = process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                start_new_session=True,
            )  # fmt: skip
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._orders)
                process.stdin.flush()
            return process


def _end(process: subprocess.Popen[str]) -> None:
    """Its orders end, and so does it; a second later by force."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
