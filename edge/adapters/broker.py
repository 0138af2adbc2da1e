"""The embedded broker: nothing has to be installed for a shop to run.

Enters: the store, its site and a state folder. Leaves: an MQTT 3.1.1 broker on ``[broker]`` host and port, as a process
of its own, with a user for every device of the store; ``broker/passwords.toml`` and ``broker/log.txt`` in the state
folder. It is a process of its own because in the runtime's a busy thread makes messages late by seconds.

The broker ends with the runtime, however that one ends, because it watches the pipe that its orders came through. When
it ends by itself it is started again, after 0.2 s and up to 10 s, and staff are told. It forgets what was retained; the
runtime says it again on its new connection.
"""

from __future__ import annotations

import contextlib
import errno
import json
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from edge.adapters.broker_rights import RUNTIME, Orders, rights_of, write_orders
from edge.adapters.inbox import Inbox
from edge.adapters.passwords import Passwords
from edge.site import Site
from edge.store import Store

SOURCE: Final = "embedded-broker"
FOLDER: Final = "broker"

READY_S: Final = 10.0
"""A broker that has not said by then that it listens is started again."""
BACKOFF_S: Final = (0.2, 10.0)
STEADY_S: Final = 5.0
STOP_S: Final = 1.0


class EmbeddedBroker:
    """Keeps a broker running, from `start` to `stop`; troubles are told as source ``embedded-broker``."""

    def __init__(self, store: Store, site: Site, state_folder: Path, inbox: Inbox, *, rehearsal: bool = False) -> None:
        folder = state_folder / FOLDER
        self._inbox = inbox
        self._log = folder / "log.txt"
        self._errors = folder / "stderr.txt"
        file, rights = folder / "passwords.toml", rights_of(store, site.plain, rehearsal=rehearsal)
        self._orders = Orders(site.broker.host, site.broker.port, file, self._log, rights)
        self._passwords = Passwords(file)
        self._starting = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._quit = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._live, name="embedded-broker", daemon=True)

    def start(self, timeout_s: float = 3.0) -> None:
        """Make the passwords, start the broker and wait until it listens, or could not: then staff are told, and it is
        tried again. `BrokenPasswords` where the state folder cannot be used.
        """
        self._passwords.provide(self._orders.rights)
        self._thread.start()
        self._tried.wait(timeout_s)

    def stop(self) -> None:
        """End it; returns within a second or so."""
        self._quit.set()
        with self._starting:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_S)

    def password(self, user: str = RUNTIME) -> str:
        """After `start`; `KeyError` for somebody whom the store does not know."""
        return self._passwords.of(user)

    @property
    def pid(self) -> int | None:
        """The broker's process, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _live(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._quit.is_set():
            began_s = time.monotonic()
            why = self._run()
            if self._quit.is_set():
                return
            self._inbox.trouble(SOURCE, why)
            self._tried.set()
            if time.monotonic() - began_s > STEADY_S:
                wait_s = BACKOFF_S[0]
            self._quit.wait(wait_s)
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    def _run(self) -> str:
        """One broker, from its start to its end; why it ended."""
        try:
            process = self._begin()
        except OSError as error:
            return f"the embedded broker cannot be started ({error}). See {self._errors}"
        if process is None:
            return ""
        try:
            answer = _answer(process)
            if "ready" not in answer:
                return self._misfortune(answer)
            self._inbox.trouble(SOURCE, "")
            self._tried.set()
            status = process.wait()
            return f"the embedded broker died (status {status}). Starting it again; see {self._log}"
        finally:
            _end(process)

    def _begin(self) -> subprocess.Popen[str] | None:
        """A process that has its orders; none when it is time to stop."""
        with self._starting, self._errors.open("w", encoding="utf-8") as errors:
            if self._quit.is_set():
                return None
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "edge.adapters.broker_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(write_orders(self._orders))
                process.stdin.flush()
            return process

    def _misfortune(self, answer: dict[str, Any]) -> str:
        host, port = self._orders.host, self._orders.port
        if answer.get("errno") == errno.EADDRINUSE:
            remedy = 'Stop it, use it with kind = "mqtt", or set another port in [broker]'
            return f"port {port} is taken by another program, perhaps another broker. {remedy}"
        if answer.get("errno") == errno.EACCES:
            return f"the embedded broker may not use port {port}. Set one above 1023 in [broker]"
        if answer.get("errno") == errno.EADDRNOTAVAIL:
            return f"this PC has no address {host}. Correct host in [broker]"
        return f"the embedded broker does not start ({answer.get('broken', 'no answer')}). See {self._errors}"


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says about its start; nothing when it says nothing in time, or ended."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], READY_S)
    line = process.stdout.readline() if readable else ""
    answer: dict[str, Any] = json.loads(line) if line else {}
    return answer


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
