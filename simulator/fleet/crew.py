"""Many jobs, as many at a time as there are hands: workers of this machine, or a cluster's.

Enters: jobs, and where they are done. Leaves: what came out of each, in the jobs' order, as soon as all before it are
there. Both kinds of hands are executors as the standard library defines them; a cluster is Dask's
(https://distributed.dask.org), which is asked for only where somebody names one. A job's process is the worker's child,
so that a recording which kills its process kills no worker; a worker that is lost costs its jobs one more try.
Refuses (`NoCrew`): a scheduler that does not answer, has nobody, or is of another version; machines with another build.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from simulator.fleet.job import Done, Job, WrongMachine, carry_out, stop_all
from simulator.fleet.kept import Kept

ANSWERS_S = 10.0
LOST = 3
"""A job whose worker was lost so many times is set aside."""


class NoCrew(RuntimeError):
    """Nobody can do the jobs; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Hands:
    """``workers`` of this machine; or those of the ``cluster`` whose scheduler has this address."""

    workers: int = 1
    cluster: str = ""

    def open(self) -> AbstractContextManager[Executor]:
        return _cluster(self.cluster) if self.cluster else _machine(self.workers)


def all_cores() -> Hands:
    """Every core of this machine."""
    return Hands(os.cpu_count() or 1)


Told = Callable[[int, Done], None]
"""Hears of each job that is done, in the order in which they are: its number, and what came out."""


def carried_out(
    jobs: Sequence[Job], hands: Hands, kept: Kept | None = None, told: Told | None = None
) -> Iterator[Done]:
    """What came out of each job, in their order; a job that is named twice is done once. `NoCrew`."""
    done: dict[int, Done] = {}
    first: dict[tuple[str, str], int] = {}
    same: dict[int, list[int]] = {}
    for number, job in enumerate(jobs):
        same.setdefault(first.setdefault((job.build.fingerprint, job.key or f"#{number}"), number), []).append(number)
    for number in same:
        known = kept.recall(jobs[number]) if kept is not None else None
        if known is not None:
            _settle(number, known, same, done, told)
    missing = [number for number in same if number not in done]
    following = iter(range(len(jobs)))
    awaited = next(following, None)
    with hands.open() if missing else _nobody() as crew:
        came = _came(crew, jobs, missing)
        while awaited is not None:
            while awaited not in done:
                number, result = next(came)
                if kept is not None:
                    kept.keep(jobs[number], result)
                _settle(number, result, same, done, told)
            yield done.pop(awaited)
            awaited = next(following, None)


def _settle(number: int, result: Done, same: dict[int, list[int]], done: dict[int, Done], told: Told | None) -> None:
    for each in same[number]:
        done[each] = result
        if told is not None:
            told(each, result)


def _came(crew: Executor | None, jobs: Sequence[Job], missing: Sequence[int]) -> Iterator[tuple[int, Done]]:
    """As they are done."""
    if crew is None:
        return
    futures: dict[Future[Done], int] = {crew.submit(carry_out, jobs[number]): number for number in missing}
    for future in as_completed(futures):
        yield futures[future], _result(future)


def _result(future: Future[Done]) -> Done:
    try:
        return future.result()
    except WrongMachine as error:
        raise NoCrew(str(error)) from error
    except OSError as error:
        return Done(-1, b"", "", 0.0, 0.0, dead=f"could not be started ({error})")
    except Exception as error:
        if type(error).__name__ != "KilledWorker":  # Dask's; it is not there where no cluster is used
            raise
        return Done(-1, b"", "", 0.0, 0.0, tries=LOST, dead=f"was lost with its worker {LOST} times")


# --- hands -----------------------------------------------------------------------------------------------------------


@contextmanager
def _nobody() -> Iterator[None]:
    """Everything is known."""
    yield None


class _Threads(ThreadPoolExecutor):
    """A thread a worker, each of which waits for its job's process."""

    def __init__(self, workers: int, name: str) -> None:
        super().__init__(workers, name)
        self.ended = threading.Event()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(function, *args, **kwargs, ended=self.ended)


@contextmanager
def _machine(workers: int) -> Iterator[Executor]:
    crew = _Threads(workers, "crew")
    try:
        yield crew
    finally:
        # Nothing is left to do where all went well; else whoever stopped wants no more of it.
        crew.shutdown(wait=False, cancel_futures=True)
        stop_all(crew.ended)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError as error:
        raise NoCrew(f"{error.name} is missing: pip install 'tebura[cluster]'") from error
    try:
        client: Any = distributed.Client(address, timeout=ANSWERS_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise NoCrew(f"no scheduler answers at {address} ({error}). Start one: dask scheduler") from error
    try:
        _refuse_others(client.get_versions(), address)
        crew = client.get_executor(pure=False, retries=0)
        try:
            yield crew
        finally:
            crew.shutdown(wait=False)
    finally:
        client.close()


def _refuse_others(versions: dict[str, Any], address: str) -> None:
    """A cluster without workers, and one that speaks another version of Dask or Python."""
    workers = versions["workers"]
    if not workers:
        raise NoCrew(f"the scheduler at {address} has no workers. Start some: dask worker {address}")
    ours = _speaks(versions["client"])
    for who, said in {f"the scheduler at {address}": versions["scheduler"], **workers}.items():
        if _speaks(said) != ours:
            raise NoCrew(f"{who} speaks {_speaks(said)}, this machine {ours}. Install the same on both")


def _speaks(said: dict[str, Any]) -> str:
    python = ".".join(said["host"]["python"].split(".")[:2])
    return f"distributed {said['packages']['distributed']} on Python {python}"
