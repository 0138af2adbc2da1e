"""Several processes that train one network: each on pictures of its own, with the mean of their gradients.

Enters: how many. Leaves: who is who, and what all must have alike. On two cores two processes with a thread each train
faster than one process with two threads, and four times as fast where the PC is busy otherwise: threads wait for each
other at every layer, processes once a step. Ultralytics knows this for GPUs only.
"""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Together:
    """One of several processes; the first one (``rank`` 0) says, looks and writes."""

    rank: int = 0
    of: int = 1
    meeting: str = ""
    """A file that all of them see, where they find each other."""

    @property
    def first(self) -> bool:
        return self.rank == 0

    def meet(self) -> None:
        if self.of > 1:
            from torch import distributed

            distributed.init_process_group(
                "gloo", init_method=f"file://{self.meeting}", rank=self.rank, world_size=self.of
            )

    def average(self, parameters: Iterable[Any]) -> None:
        """Every process goes on with the mean gradient."""
        if self.of > 1:
            import torch

            gradients = [p.grad for p in parameters if p.grad is not None]
            all_of_them = torch.cat([g.flatten() for g in gradients])
            torch.distributed.all_reduce(all_of_them)
            all_of_them /= self.of
            for gradient, mean in zip(gradients, all_of_them.split([g.numel() for g in gradients]), strict=True):
                gradient.copy_(mean.view_as(gradient))

    def same(self, numbers: Iterable[Any]) -> None:
        """What the first process has, every process has."""
        if self.of > 1:
            from torch import distributed

            for one in numbers:
                distributed.broadcast(one, 0)


@contextmanager
def together(processes: int, work: Callable[..., object], *arguments: object) -> Iterator[Together]:
    """The process that asks as the first, and others that do ``work(Together, *arguments)`` as long as it goes on."""
    if processes < 2:
        yield Together()
        return
    with tempfile.TemporaryDirectory(prefix="tebura-train-") as folder:
        meeting = str(Path(folder) / "meeting")
        others = [
            multiprocessing.get_context("spawn").Process(
                target=_other, args=(work, Together(rank, processes, meeting), *arguments), daemon=True
            )
            for rank in range(1, processes)
        ]
        for other in others:
            other.start()
        try:
            yield Together(0, processes, meeting)
            for other in others:
                other.join(60)
        finally:
            for other in others:
                other.terminate()
            for other in others:
                other.join()


def _other(work: Callable[..., object], us: Together, *arguments: object) -> None:
    """Ctrl-C reaches every process; the first one hears it, ends the others, and takes away what they leave."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = str(Path(us.meeting).parent)
    work(us, *arguments)
