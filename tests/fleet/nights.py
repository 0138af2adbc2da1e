"""What a night of replays is made of: short recordings, another build, a cluster."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.adapters.brokers import until

ROOT = Path(__file__).parents[2]


def checkout(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """Another build: this one's source with something replaced in some files."""
    for package in ("edge", "calibration", "simulator", "config"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "locale"))
    for name, (old, new) in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def dies_of(name: str, how: str) -> dict[str, tuple[str, str]]:
    """A change: whoever replays a recording of this name does ``how`` first."""
    return {
        "simulator/replay.py": (
            "    began = time.perf_counter()\n",
            f"    if recording.path.name == {name!r}:\n        {how}\n    began = time.perf_counter()\n",
        )
    }


@contextmanager
def cluster(folder: Path, workers: int = 2, source: Path = ROOT) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, each a process of its own: its address, and the workers."""
    given = {**os.environ, "PYTHONPATH": str(source)}
    log = (folder / "scheduler.log").open("wb")
    started = [subprocess.Popen(
        [sys.executable, "-c", "from distributed.cli.dask_scheduler import main; main()", "--host", "127.0.0.1",
         "--port", "0", "--no-dashboard"], stderr=log, stdout=log, env=given, cwd=folder,
    )]  # fmt: skip
    try:
        found: list[str] = []

        def listens() -> bool:
            said = (folder / "scheduler.log").read_text()
            found[:] = re.findall(r"Scheduler at:\s+(tcp://\S+)", said)
            return bool(found)

        until(listens, "the scheduler listens", 60.0)
        for number in range(workers):
            with (folder / f"worker{number}.log").open("wb") as own:
                started.append(subprocess.Popen(
                    [sys.executable, "-c", "from distributed.cli.dask_worker import main; main()", found[0],
                     "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", str(number)],
                    stderr=own, stdout=own, env=given, cwd=folder,
                ))  # fmt: skip

        def ready() -> bool:
            logs = [(folder / f"worker{number}.log").read_text() for number in range(workers)]
            return all("Registered to" in text for text in logs)

        until(ready, "the workers are registered", 60.0)
        yield found[0], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()
