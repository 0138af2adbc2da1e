"""PostgreSQL and NATS from Debian's packages, started by themselves in a folder, for a demo and for tests.

Enters: a folder of this process's. Leaves: two servers that nobody else can reach (PostgreSQL by a socket in that
folder, NATS on a loopback port). Both may be stopped roughly and started again. PostgreSQL refuses to be root: where
this process is, it runs as Debian's user ``postgres``. `Missing`, with the remedy, where a package is not there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

READY_S: Final = 20.0


class Missing(RuntimeError):
    """A server is not installed."""


def binaries() -> tuple[Path, Path]:
    """The folder with ``initdb``, and ``nats-server``. `Missing`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    nats = shutil.which("nats-server") or shutil.which("/usr/sbin/nats-server")
    lacking = [name for name, there in (("postgresql", found), ("nats-server", nats)) if not there]
    if lacking or nats is None:
        raise Missing(f"{' and '.join(lacking)} not installed. On Debian: apt-get install {' '.join(lacking)}")
    return found[-1].parent, Path(nats)


class Postgres:
    """``durable=False``: no waiting for the disk, for what can be had again."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._bin, _ = binaries()
        self._folder, self._durable = folder / "postgres", durable
        self._user = _other_user()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"postgresql:///tebura?host={self._folder}&user=postgres"

    def start(self) -> None:
        """Returns when it answers; the database ``tebura`` is there."""
        if not (self._folder / "data").is_dir():
            self._folder.mkdir(mode=0o700)
            if self._user:
                shutil.chown(self._folder, "postgres", "postgres")
            self._run("initdb", "-D", str(self._folder / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        data, home = str(self._folder / "data"), str(self._folder)
        command = [str(self._bin / "postgres"), "-D", data, "-k", home, "-c", "listen_addresses="]
        command += ["-c", "unix_socket_permissions=0700", "-c", "max_connections=60"]
        command += [] if self._durable else ["-c", "fsync=off"]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, cwd="/", **self._user
            )
        _until(lambda: self._ask("pg_isready", "-q"), f"PostgreSQL does not start; see {self._folder}/log")
        if not self._ask("psql", "-d", "tebura", "-c", ""):
            self._ask("createdb", "tebura")

    def stop(self, *, roughly: bool = False) -> None:
        """``roughly``: as if the power went."""
        _end(self._process, signal.SIGQUIT if roughly else signal.SIGINT)

    def _ask(self, program: str, *more: str) -> bool:
        command = [str(self._bin / program), "-h", str(self._folder), "-U", "postgres", *more]
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **self._user).returncode == 0

    def _run(self, program: str, *more: str) -> None:
        done = subprocess.run([self._bin / program, *more], capture_output=True, check=False, cwd="/", **self._user)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace').strip()}")


class Nats:
    """``users``: a file that its configuration includes; None: everybody may do everything."""

    def __init__(self, folder: Path, users: Path | None = None) -> None:
        _, self._binary = binaries()
        self.folder, self.port = folder / "nats", free_port()
        self._users = users
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it listens. Its folder may have been deleted."""
        self.folder.mkdir(exist_ok=True)
        include = f'include "{os.path.relpath(self._users, self.folder)}"\n' if self._users else ""
        settings = self.folder / "nats.conf"
        settings.write_text(f"listen: 127.0.0.1:{self.port}\nmax_connections: 20000\n{include}", encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binary, "-c", settings], stdout=log, stderr=log, start_new_session=True
            )
        _until(self._listens, f"NATS does not start; see {self.folder}/log")

    def reload(self) -> None:
        """Take the users as they stand now."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self, *, roughly: bool = False) -> None:
        _end(self._process, signal.SIGKILL if roughly else signal.SIGTERM)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1.0):
            return True
        return False


def free_port() -> int:
    """One that nobody listens on at the moment."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _other_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise Missing(
            "there is no user postgres, and PostgreSQL does not run as root. Start this as another user"
        ) from None
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _until(ready: Any, what: str) -> None:
    end_s = time.monotonic() + READY_S
    while not ready():
        if time.monotonic() > end_s:
            raise RuntimeError(what)
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes] | None, sign: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(sign)
    try:
        process.wait(10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
