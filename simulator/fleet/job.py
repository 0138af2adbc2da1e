"""One job: a command of Tebura in a process of its own, so that whatever happens to it happens to nobody else.

Enters: a `Job`, on this machine or on one of a cluster. Leaves: `Done`, with what it said and what it cost. A process
that dies costs one more try; one that dies twice, or does not come to an end, is `dead`, with why. Refuses
(`WrongMachine`), before anything is started: a machine with another build, or without the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from simulator.fleet.build import Build, as_here

LIMIT_S = 3600.0
"""No recording takes so long; one that does is stopped and set aside."""
TRIES = 2


class WrongMachine(RuntimeError):
    """A machine cannot do the job as it is meant; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Job:
    """``words`` follow the build's interpreter; ``given`` comes on stdin. ``answers``: exit statuses that are an
    answer, all others are a death. ``file``, with its hash, must be there, unchanged. ``key``: what it is remembered
    by; empty: it is not.
    """

    name: str
    build: Build
    words: tuple[str, ...]
    given: bytes = b""
    answers: tuple[int, ...] = (0,)
    file: Path | None = None
    sha256: str = ""
    key: str = ""
    limit_s: float = LIMIT_S


@dataclass(frozen=True, slots=True)
class Done:
    """``said``: stdout; ``told``: stderr. ``cpu_s`` and ``peak_mib`` are the process's own, of its last try. ``dead``:
    why it has no answer; ``known``: it was remembered.
    """

    code: int
    said: bytes
    told: str
    cpu_s: float
    peak_mib: float
    tries: int = 1
    dead: str = ""
    known: bool = False


def carry_out(job: Job, ended: threading.Event | None = None) -> Done:
    """Once, and once more where the process died; not where ``ended`` is set: nobody wants it any more."""
    ended = ended or threading.Event()
    _expect(job)
    tries, done = 1, _once(job, ended)
    while done.dead and tries < TRIES and not ended.is_set():
        tries, done = tries + 1, _once(job, ended)
    if as_here(job.build) != job.build.fingerprint:
        what = f"{job.build.name} was changed while it worked"
        raise WrongMachine(f"{what}. Begin again: replays that were done are remembered")
    return replace(done, tries=tries)


def _expect(job: Job) -> None:
    there = as_here(job.build)
    if there != job.build.fingerprint:
        what = f"has another build ({there})" if there else "has no Tebura there"
        raise WrongMachine(
            f"{os.uname().nodename} {what}: {job.build.source or job.build.python} is {job.build.fingerprint} where "
            "this was asked for. Install the same on every machine, at the same place"
        )
    if job.file is not None and (not job.file.is_file() or hash_of(job.file) != job.sha256):
        what = "is another file" if job.file.is_file() else "is missing"
        raise WrongMachine(f"{job.file} {what} on {os.uname().nodename}. Put recordings where all machines see them")


def hash_of(file: Path) -> str:
    """SHA-256 of what is in it, in hex; read once as long as nobody changes it."""
    now = file.stat()
    return _hash_of(str(file.resolve()), now.st_size, now.st_mtime_ns)


@cache
def _hash_of(file: str, size: int, changed_ns: int) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --- one try ---------------------------------------------------------------------------------------------------------

working: set[int] = set()
"""Processes that are at work now."""


def stop_all(ended: threading.Event) -> None:
    """Whoever is stopped leaves nobody behind, and nobody begins anew."""
    ended.set()
    for process in list(working):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _once(job: Job, ended: threading.Event) -> Done:
    # Files instead of pipes: the process is waited for by `wait4`, which alone says what this one has cost.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        given.write(job.given)
        given.seek(0)
        process = subprocess.Popen(
            [job.build.python, *job.words], stdin=given, stdout=said, stderr=told, env=job.build.environment()
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        alarm = threading.Timer(job.limit_s, stop)
        alarm.daemon = True
        alarm.start()
        working.add(process.pid)
        if ended.is_set():  # between the look and the start
            process.kill()
        _, status, cost = os.wait4(process.pid, 0)
        working.discard(process.pid)
        alarm.cancel()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        for stream in (said, told):
            stream.seek(0)
        errors = told.read().decode(errors="replace")
        dead = ""
        if late.is_set():
            dead = f"was not done after {job.limit_s:.0f} s"
        elif code < 0:
            dead = f"died of {signal.Signals(-code).name}"
        elif code not in job.answers:
            dead = f"ended with {code}: {(errors.strip().splitlines() or ['without a word'])[-1]}"
        return Done(code, said.read(), errors, cost.ru_utime + cost.ru_stime, cost.ru_maxrss / 1024, dead=dead)
