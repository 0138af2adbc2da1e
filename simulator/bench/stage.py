"""A shop that runs to be measured: its folder, its broker, its daemon, and what the operating system says of them.

Enters: a store, and which broker. Leaves: processes that are started and stopped here, their CPU time and memory (from
/proc: Linux), how long every message took, and what `tebura run` recorded. Refuses to begin without mosquitto where
that one is wanted, with the remedy.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.daemon.desk import NobodyThere, ask
from edge.daemon.watch import TIMINGS
from edge.store import Store
from simulator.bench.traffic import Plan, Sent

BrokerKind: TypeAlias = Literal["mosquitto", "embedded"]

PATIENCE_S = 60.0
"""For anything to start or to stop."""
TICKS_A_S = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
TIMING = np.dtype([("kind", "S8"), ("spent_s", "<f8")])


class CannotMeasure(OSError):
    """Something that is needed is missing or did not start; the message says what, and the remedy."""


def mosquitto() -> str:
    """Where it is; `CannotMeasure` where it is not."""
    found = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if found is None:
        raise CannotMeasure("mosquitto is not installed, and this measures with it. As root: apt-get install mosquitto")
    return found


def machine() -> str:
    """The machine in one line, and how busy it is with other things."""
    model, memory_mib = platform.machine(), 0.0
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
        memory_mib = float(Path("/proc/meminfo").read_text().split()[1]) / 1024
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory_mib / 1024:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; load average before: {load:.1f}"
    )


def until(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S, every_s: float = 0.01) -> None:
    """Wait for something; `CannotMeasure` says for what it was in vain."""
    end_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end_s:
            raise CannotMeasure(f"not within {patience_s:.0f} s: {what}")
        time.sleep(every_s)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


# --- processes ------------------------------------------------------------------------------------------------------


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_S


def rss_mib(pid: int) -> float:
    """Memory of a process that is in use now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


class Stage:
    """One shop in a folder of its own. ``started_s`` and ``stopped_s`` are how long the daemon took for either;
    ``site`` is what its ``site.toml`` says beside broker and web.
    """

    def __init__(self, store: Store, folder: Path, broker: BrokerKind, site: str = "") -> None:
        self.store, self.folder, self.kind = store, folder, broker
        self.state = folder / "state"
        self.port, self._web = free_port(), free_port()
        self.timings_file = folder / "timings.bin"
        self._log = folder / "log.txt"
        self.started_s = self.stopped_s = 0.0
        self._broker: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        for name, data in store.sources.items():
            (folder / name).write_bytes(data)
        kind = "mqtt" if broker == "mosquitto" else "embedded"
        wired = f'[broker]\nkind = "{kind}"\nport = {self.port}\n[web]\nport = {self._web}\n{site}'
        (folder / "site.toml").write_text(wired, encoding="utf-8")

    @contextmanager
    def open(self) -> Iterator[Stage]:
        """Broker and daemon run meanwhile."""
        with ExitStack() as stack:
            if self.kind == "mosquitto":
                self._start_broker()
                stack.callback(self._stop_broker)
            stack.callback(self.stop)
            self.start()
            yield self

    def start(self) -> None:
        """The daemon, until it serves and its broker has let it in."""
        command = [sys.executable, "-m", "edge.cli", "run", "--store", str(self.folder), "--state", str(self.state)]
        began_s = time.monotonic()
        with self._log.open("wb") as log:
            environment = {**os.environ, TIMINGS: str(self.timings_file)}
            self._daemon = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        until(self._serves, "the shop serves", every_s=0.005)
        self.started_s = time.monotonic() - began_s
        until(self._is_connected, "the shop is connected to its broker")

    def stop(self) -> None:
        """SIGTERM, and wait."""
        if self._daemon.poll() is None:
            began_s = time.monotonic()
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.wait(PATIENCE_S)
            self.stopped_s = time.monotonic() - began_s

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def ask(self, do: str) -> dict[str, Any]:
        return ask(self.state, {"do": do})

    @property
    def daemon_pid(self) -> int:
        return self._daemon.pid

    @property
    def broker_pid(self) -> int:
        if self._broker is not None:
            return self._broker.pid
        return children_of(self._daemon.pid)[0]

    def refused(self) -> int:
        """What the daemon could not use, all kinds together: it says so itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._web}/metrics", timeout=10.0) as page:
            lines = page.read().decode().splitlines()
        return round(sum(float(x.rsplit(" ", 1)[1]) for x in lines if x.startswith("tebura_refused{")))

    def timings(self) -> NDArray[np.void]:
        """Every message since the start: ``kind`` and ``spent_s`` from arrival to the end of its step."""
        whole = self.timings_file.stat().st_size // TIMING.itemsize
        return np.fromfile(self.timings_file, dtype=TIMING, count=whole)

    def _serves(self) -> bool:
        if self._daemon.poll() is not None:
            raise CannotMeasure(f"the shop did not start:\n{self.log()[-2000:]}")
        return b"event='serving'" in self._log.read_bytes()

    def _is_connected(self) -> bool:
        with contextlib.suppress(NobodyThere):
            return bool(self.ask("status").get("connected"))
        return False

    def _start_broker(self) -> None:
        settings = self.folder / "mosquitto.conf"
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_queued_messages 10000\nmax_queued_bytes 67108864\n"
        )
        command: Sequence[str] = [mosquitto(), "-c", str(settings)]
        self._broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._listens, "mosquitto listens")

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
            return True
        return False

    def _stop_broker(self) -> None:
        if self._broker is not None:
            self._broker.terminate()
            self._broker.wait(PATIENCE_S)


# --- devices --------------------------------------------------------------------------------------------------------


class Devices:
    """The process that plays a plan; it began to when this was made."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        self.began_s = time.time()
        self._tell("go")

    @property
    def is_over(self) -> bool:
        """Whether everything was sent."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0.0)[0])

    @cached_property
    def sent(self) -> Sent:
        """What was sent, when it is over."""
        assert self._process.stdout is not None
        return Sent(**json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        self._tell("bye")

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{word}\n")
            self._process.stdin.flush()


@contextmanager
def playing(plan: Plan, stage: Stage) -> Iterator[Devices]:
    """A plan is played to a shop, by a process of its own."""
    passwords = "" if stage.kind == "mosquitto" else str(stage.state / "broker" / "passwords.toml")
    told = json.dumps(asdict(replace(plan, port=stage.port, passwords=passwords)))
    command = [sys.executable, "-m", "simulator.bench.traffic", told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise CannotMeasure("the devices did not get through to the broker")
        devices = Devices(process)
        try:
            yield devices
        finally:
            devices.end()
