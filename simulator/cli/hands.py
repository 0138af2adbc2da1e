"""Who does many jobs: options that several commands share, and what is seen while they are under way."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.terminal import UNUSABLE, refuse, say

if TYPE_CHECKING:
    from simulator.fleet.crew import Hands
    from simulator.fleet.job import Done, Job
    from simulator.fleet.kept import Kept

Workers = Annotated[
    int | None, typer.Option("--workers", help="So many at once on this machine, each in a process.", min=1, max=512)
]
Cluster = Annotated[
    str, typer.Option("--cluster", help="Let the workers of this Dask scheduler do it.", metavar="ADDRESS")
]
Afresh = Annotated[bool, typer.Option("--afresh", help="Replay also what was replayed before by the same build.")]


def hands(workers: int | None, cluster: str, otherwise: int = 1) -> Hands:
    """Whose hands do it, so many of this machine's where nobody says; both named is refused."""
    from simulator.fleet.crew import Hands

    if workers is not None and cluster:
        refuse("--workers are of this machine, --cluster is of others: name one of them")
    return Hands(workers or otherwise, cluster)


def hands_or_all(workers: int | None, cluster: str) -> Hands:
    """… and all of this machine's where nobody says."""
    return hands(workers, cluster, os.cpu_count() or 1)


def kept(afresh: bool) -> Kept | None:
    """Where results are remembered; None where that is not wanted."""
    from simulator.fleet.kept import Kept, usual_folder

    folder = usual_folder()
    if afresh:
        return None
    try:
        return Kept(folder)
    except OSError as error:
        say(f"{folder}: results cannot be kept there ({error.strerror}); name another folder in XDG_CACHE_HOME")
        return None


def carried_out(jobs: Sequence[Job], crew: Hands, remembered: Kept | None) -> Iterator[Done]:
    """What came out of each job, in their order, with a bar on stderr where somebody sees it, and what it took in the
    end. Refuses where nobody can do them.
    """
    from simulator.fleet.crew import NoCrew
    from simulator.fleet.crew import carried_out as done_by

    known, began_s = 0, time.monotonic()

    def told(number: int, done: Done) -> None:
        nonlocal known
        known += done.known
        step()

    with _stopped_with_us(), progress(len(jobs), "replays") as step:
        try:
            yield from done_by(jobs, crew, remembered, told)
        except NoCrew as error:
            refuse(str(error))
    where = crew.cluster or f"{crew.workers} worker{'' if crew.workers == 1 else 's'}"
    before = f", {known} of them known from before" if known else ""
    say(f"{len(jobs)} replays{before}, {time.monotonic() - began_s:.1f} s, {where}")


@contextmanager
def _stopped_with_us() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: whoever works for it is stopped as well."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar with an estimate; each call is one more that is done."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def many(total: int, what: str) -> Iterator[Callable[[int, Done], None]]:
    """The same for functions of ours that hands do: refuses where nobody can, or where one died twice."""
    from simulator.fleet.crew import NoCrew
    from simulator.fleet.task import LostTask

    with _stopped_with_us(), progress(total, what) as step:
        try:
            yield lambda number, done: step()
        except (NoCrew, LostTask) as error:
            refuse(str(error))


def set_aside(job: Job, done: Done) -> bool:
    """Tell of a job that has no answer."""
    if done.dead:
        times = f", {done.tries} times" if done.tries > 1 else ""
        say(f"{job.name}: set aside: it {done.dead}{times}")
    return bool(done.dead)


def leave(unusable: bool) -> None:
    """The exit status of a command of which a part could not be done."""
    if unusable:
        raise typer.Exit(UNUSABLE)
