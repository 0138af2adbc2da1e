"""Which Tebura does the work: an interpreter, where its source lies, and a fingerprint of all that decides results.

Enters: a folder that somebody names: an environment, or a checkout with or without one. Leaves: a `Build`. Two builds
with the same fingerprint give the same results; the fingerprint is of the source and the data beside it, of Python and
of the packages that compute. Refuses (`NoBuild`): a folder in which there is no Tebura.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

# Runs in the build's own interpreter, which may be older than this file: standard library only.
_ASK = """
import importlib.metadata as m, importlib.util as u, json, pathlib, sys
computes = ["python " + sys.version]
for name in ("numpy", "scipy", "msgspec", "mcap", "zstandard", "opencv-python", "onnxruntime"):
    try:
        computes.append(name + " " + m.version(name))
    except m.PackageNotFoundError:
        pass
found = u.find_spec("edge")
print(json.dumps([str(pathlib.Path(found.origin).parents[1]) if found and found.origin else "", computes]))
"""
PACKAGES = ("edge", "calibration", "models", "simulator", "config")
ASKED_S = 60.0


class NoBuild(ValueError):
    """There is no Tebura where somebody says so; the message says what to name."""


@dataclass(frozen=True, slots=True)
class Build:
    """``source``: the folder that is imported from; empty: whatever the interpreter has installed."""

    name: str
    python: str
    source: str
    fingerprint: str

    def environment(self) -> dict[str, str]:
        """What its processes begin with. One recording keeps one core busy: libraries start no threads beside it. The
        folder in which somebody stands is no place to import from (``PYTHONSAFEPATH``): it may be another build.
        """
        given = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        given["PYTHONSAFEPATH"] = "1"
        given.pop("PYTHONPATH", None)
        return given | ({"PYTHONPATH": self.source} if self.source else {})


def this_build() -> Build:
    """The Tebura that runs this."""
    source = str(Path(__file__).parents[2])
    return Build(source, sys.executable, source, _fingerprint(sys.executable, source))


def build_at(folder: Path) -> Build:
    """The Tebura of an environment (``FOLDER/bin/python``) or a checkout (its ``.venv``, else this environment)."""
    for python in (folder / ".venv" / "bin" / "python", folder / "bin" / "python"):
        if python.exists():
            source = str(folder.resolve()) if (folder / "edge" / "__init__.py").exists() else ""
            # Not resolved: a virtual environment's interpreter is a link, and knows by its own path where it belongs.
            return Build(str(folder), str(python.absolute()), source, _fingerprint(str(python.absolute()), source))
    if (folder / "edge" / "__init__.py").exists():
        source = str(folder.resolve())
        return Build(str(folder), sys.executable, source, _fingerprint(sys.executable, source))
    raise NoBuild(f"{folder}: there is no Tebura in it. Name a checkout, or an environment in which it is installed")


def as_here(build: Build) -> str:
    """The fingerprint of what stands on this machine where a build is said to be; empty: nothing does."""
    try:
        return _fingerprint(build.python, build.source)
    except (NoBuild, OSError):
        return ""


def _fingerprint(python: str, source: str) -> str:
    where, computes = _asked(python, source)
    return hashlib.sha256(f"{computes} {_source(where)}".encode()).hexdigest()[:16]


@cache
def _asked(python: str, source: str) -> tuple[Path, str]:
    """(Where an interpreter has its Tebura, what else computes there.)"""
    given = Build("", python, source, "").environment()
    try:
        asked = subprocess.run([python, "-c", _ASK], env=given, cwd="/", capture_output=True, timeout=ASKED_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBuild(f"{python}: cannot be run ({error}). Name an environment that works on this machine") from error
    if asked.returncode != 0:
        last = asked.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise NoBuild(f"{python}: cannot be asked for its Tebura ({''.join(last)})")
    where, computes = json.loads(asked.stdout)
    if not where:
        raise NoBuild(f"{python}: has no Tebura. Install it there: pip install tebura")
    return Path(where), " ".join(computes)


def _source(where: Path) -> str:
    """A hash of every file of the packages. Asked before and after each job, so files are only read again when one of
    them was changed.
    """
    marks = []
    for package in PACKAGES:
        for folder, inner, files in os.walk(where / package):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            for name in sorted(files):
                now = os.stat(os.path.join(folder, name))
                marks.append((os.path.join(folder, name), now.st_size, now.st_mtime_ns))
    return _source_of(where, tuple(marks))


@lru_cache(maxsize=8)
def _source_of(where: Path, marks: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in marks:
        path = Path(name)
        digest.update(f"{path.relative_to(where).as_posix()} ".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
