"""A function of this build as a job: ``python -m simulator.fleet.task`` reads what to call and says what came out.

Enters on stdin: a pickle of (module, function, arguments). Leaves on stdout: a pickle of the result; whatever the
function prints goes to stderr. Both ends are the same build on machines that trust each other.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from simulator.fleet.crew import Hands, Told
    from simulator.fleet.job import Job

Result = TypeVar("Result")


class LostTask(RuntimeError):
    """A part of a measurement died twice, so there is no measurement; the message says which, and why."""


def task(name: str, function: Callable[..., Any], *arguments: object) -> Job:
    """A job that calls a function of a module of ours."""
    from simulator.fleet.build import this_build
    from simulator.fleet.job import Job

    given = pickle.dumps((function.__module__, function.__qualname__, arguments))
    return Job(name, this_build(), ("-m", "simulator.fleet.task"), given)


def spread(
    function: Callable[..., Result], calls: Iterable[Sequence[object]], hands: Hands, told: Told | None = None
) -> Iterator[Result]:
    """What a function says to each tuple of arguments, in their order. `LostTask`, `simulator.fleet.crew.NoCrew`."""
    from simulator.fleet.crew import carried_out

    jobs = [task(f"{function.__name__} {number}", function, *call) for number, call in enumerate(calls, start=1)]
    for job, done in zip(jobs, carried_out(jobs, hands, told=told), strict=True):
        if done.dead:
            raise LostTask(f"{job.name} {done.dead}\n{done.told}".rstrip())
        result: Result = pickle.loads(done.said)
        yield result


def main() -> None:
    """Do what stdin says; the result alone goes to stdout."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, function, arguments = pickle.load(sys.stdin.buffer)
    result = getattr(import_module(module), function)(*arguments)
    pickle.dump(result, answer)
    answer.flush()


if __name__ == "__main__":
    main()
