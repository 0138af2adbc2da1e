"""What came out of jobs, so that the same recording and the same build cost nothing a second time.

A folder a build, a file a job, written whole or not at all. Deaths are not remembered: the next night tries again.
What nobody asked for in a while is thrown away.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from simulator.fleet.job import Done, Job

FORGOTTEN_S = 60 * 86_400.0


def usual_folder() -> Path:
    """The user's own cache (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".cache") / "tebura" / "replays"


class Kept:
    """Results in a folder; `OSError` where it cannot be made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._forget()

    def recall(self, job: Job) -> Done | None:
        """What came out before, if anything did that can be read."""
        if not job.key:
            return None
        path = self._path(job)
        try:
            done = msgspec.json.decode(path.read_bytes(), type=Done)
            os.utime(path)
        except (OSError, msgspec.DecodeError):
            return None
        return replace(done, known=True)

    def keep(self, job: Job, done: Done) -> None:
        if not job.key or done.dead:
            return
        path = self._path(job)
        path.parent.mkdir(exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=".half")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(done))
        os.replace(half, path)

    def _path(self, job: Job) -> Path:
        return self.folder / job.build.fingerprint / f"{hashlib.sha256(job.key.encode()).hexdigest()[:32]}.json"

    def _forget(self) -> None:
        before_s = time.time() - FORGOTTEN_S
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                if path.stat().st_mtime < before_s:
                    path.unlink()
        for folder in self.folder.glob("*/"):
            with suppress(OSError):  # not empty
                folder.rmdir()
