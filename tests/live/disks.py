"""Disks that misbehave: a small one that can be filled, in a namespace of its own; and one that takes nothing any more.

The small disk is a tmpfs in a user and mount namespace that a process of its own keeps alive, so that a killed daemon
finds it again. Who watches from outside looks through ``/proc/<pid>/root``. It needs no rights, but a kernel that lets
users have namespaces; where it does not, tests are skipped.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class SmallDisk:
    """``at``: the folder that the disk is mounted on, seen from inside; ``seen``: the same from outside."""

    def __init__(self, at: Path, mib: float) -> None:
        program = shutil.which("unshare")
        if program is None:
            pytest.skip("unshare is not installed")
        at.mkdir(parents=True, exist_ok=True)
        self.at = at
        script = f"mount -t tmpfs -o size={int(mib * 1024)}k none '{at}' && echo ready && exec sleep 600"
        self._keeper = subprocess.Popen([program, "-rm", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline().strip() != "ready":
            self.close()
            pytest.skip("this kernel lets nobody mount a disk of their own")
        self.seen = Path(f"/proc/{self._keeper.pid}/root{at}")

    @property
    def keeper(self) -> int:
        """The process in whose namespaces the disk is."""
        return self._keeper.pid

    def fill(self) -> None:
        """Not a byte more."""
        with (self.seen / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def empty(self) -> None:
        (self.seen / "ballast").unlink()

    def close(self) -> None:
        self._keeper.kill()
        self._keeper.wait()


def enter(keeper: int) -> None:
    """Go into another process's user and mount namespaces; this one must have a single thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptors = [os.open(f"/proc/{keeper}/ns/{kind}", os.O_RDONLY) for kind in ("user", "mnt")]
    for descriptor in descriptors:
        if libc.setns(descriptor, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)


@contextlib.contextmanager
def unwritable(pid: int) -> Iterator[None]:
    """Every write of a process to any file fails, as on a disk that has become read-only."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
