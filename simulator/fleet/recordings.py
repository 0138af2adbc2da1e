"""Replays as jobs: recordings and a build -> one job a recording, remembered by what is in it.

The command is `tebura replay FILE` itself, as a person would run it, so that every build there ever was can do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulator.fleet.build import Build
from simulator.fleet.job import Job, hash_of

REFUSED = 2
"""A file that is no recording: an answer, and the same one tomorrow."""


def replays(build: Build, files: Sequence[Path], options: Sequence[str] = ("--json",)) -> list[Job]:
    """One job a file. `OSError` for one that is not there."""
    jobs = []
    for file in files:
        path, sha256 = file.absolute(), hash_of(file)
        key = " ".join((sha256, file.name, *options))  # receipts and lines name the file
        words = ("-m", "edge.cli", "replay", str(path), *options)
        jobs.append(
            Job(str(file), build, words, answers=(0, REFUSED), file=path, sha256=sha256, key=key)
        )  # fmt: skip
    return jobs
