"""The embedded broker: nothing has to be installed for a shop to run.

Enters: the store, its site and a state folder. Leaves: an MQTT 3.1.1 broker on ``[broker]`` host and port, as a process
of its own, with a user for every device of the store; ``broker/passwords.toml`` and ``broker/log.txt`` in the state
folder. It is a process of its own because in the runtime's a busy thread makes messages late by seconds.

When it ends by itself it is started again (`edge.adapters.child`), and staff are told. It forgets what was retained;
the runtime says it again on its new connection. Staff are also told which device is refused at its door, and why
(``embedded-broker/<user>``).
"""

from __future__ import annotations

import errno
import json
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from edge.adapters.broker.passwords import Passwords
from edge.adapters.broker.rights import RUNTIME, Orders, rights_of, write_orders
from edge.adapters.child import Child
from edge.adapters.inbox import Inbox
from edge.site import Site
from edge.store import Store
from edge.told import NOTHING, Sentence, phrase, told

SOURCE: Final = "embedded-broker"
FOLDER: Final = "broker"

READY_S: Final = 10.0
"""A broker that has not said by then that it listens is started again."""


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
        self._tried = threading.Event()
        command = [sys.executable, "-m", "edge.adapters.broker.process"]
        self._child = Child(
            phrase("the embedded broker"), command, write_orders(self._orders), self._errors, attend=self._attend,
            failed=self._failed,
        )  # fmt: skip

    def start(self, timeout_s: float = 3.0) -> None:
        """Make the passwords, start the broker and wait until it listens, or could not: then staff are told, and it is
        tried again. `BrokenPasswords` where the state folder cannot be used.
        """
        self._passwords.provide(self._orders.rights)
        self._child.start()
        self._tried.wait(timeout_s)

    def stop(self) -> None:
        """End it; returns within a second or so."""
        self._child.stop()

    def password(self, user: str = RUNTIME) -> str:
        """After `start`; `KeyError` for somebody whom the store does not know."""
        return self._passwords.of(user)

    @property
    def pid(self) -> int | None:
        """The broker's process, while there is one."""
        return self._child.pid

    def _attend(self, process: subprocess.Popen[str]) -> Sentence:
        answer = _answer(process)
        if "ready" not in answer:
            return self._misfortune(answer)
        self._inbox.trouble(SOURCE, NOTHING)
        self._tried.set()
        complained = self._hear_out(process)
        status = process.wait()
        for user in complained:
            self._inbox.trouble(f"{SOURCE}/{user}", NOTHING)
        what = phrase("the embedded broker died (status {status}). Starting it again; see {file}")
        return told(what, status=status, file=self._log)

    def _hear_out(self, process: subprocess.Popen[str]) -> set[str]:
        """Tell staff who cannot come in, until the broker ends; whom it complained of."""
        assert process.stdout is not None
        complained: set[str] = set()
        for line in process.stdout:
            said = json.loads(line)
            complained.add(said["user"])
            self._inbox.trouble(f"{SOURCE}/{said['user']}", Sentence(said["why"]))
        return complained

    def _failed(self, why: Sentence) -> None:
        self._inbox.trouble(SOURCE, why)
        self._tried.set()

    def _misfortune(self, answer: dict[str, Any]) -> Sentence:
        host, port = self._orders.host, self._orders.port
        if answer.get("errno") == errno.EADDRINUSE:
            return told(
                "port {port} is taken by another program, perhaps another broker. Stop it, use it with "
                'kind = "mqtt", or set another port in [broker]',
                port=port,
            )
        if answer.get("errno") == errno.EACCES:
            return told("the embedded broker may not use port {port}. Set one above 1023 in [broker]", port=port)
        if answer.get("errno") == errno.EADDRNOTAVAIL:
            return told("this PC has no address {host}. Correct host in [broker]", host=host)
        what = phrase("the embedded broker does not start ({why}). See {file}")
        return told(what, why=answer.get("broken", "no answer"), file=self._errors)


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says about its start; nothing when it says nothing in time, or ended."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], READY_S)
    line = process.stdout.readline() if readable else ""
    answer: dict[str, Any] = json.loads(line) if line else {}
    return answer
