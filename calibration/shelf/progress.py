"""Everything that a walk has measured so far, as a value that survives the walk.

Enters and leaves: ``unfinished.json`` beside the shelf's profiles, written after every step as a whole or not at all.
Refuses: a file that is not one of these; the walk then begins afresh and says why.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from calibration.shelf.diagnosis import Diagnosis
from calibration.shelf.readings import Reading
from calibration.steady import Level
from edge.store.profile import FOLDER

UNFINISHED = "unfinished.json"


@dataclass(slots=True)
class Quiet:
    """What one channel did while nobody worked on it: sums that become its drift, and how often it jumped.

    ``near``, ``far``: sums of squared differences of second means that lie one and four seconds apart, in its own unit.
    """

    near: float = 0.0
    far: float = 0.0
    count: int = 0
    jumps: int = 0


@dataclass(slots=True)
class Line:
    """How the controller talked: batches and samples that came and that should have, and its clock.

    ``first`` and ``last``: (when it says, how much later it was received at least) of some seconds at both ends, each.
    """

    samples: int = 0
    missing: float = 0.0
    unread: int = 0
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None


@dataclass(slots=True)
class Progress:
    """``order``: plate -> channel, both 1-based. ``pressed``: what the touch did to that channel, its sign is the
    polarity. ``silent``: plates at which nothing answered. ``together``: plates that could not be told apart by touch.
    ``rises_s``: plate -> how long each change took from half to nine tenths. ``saturated``, ``stuck``: plates that were
    found so under the weight.
    """

    shelf: str
    weights_g: list[float]
    plates: list[int]
    began_s: float = 0.0
    diagnosis: Diagnosis | None = None
    noise: list[float] = field(default_factory=list)
    inflation: list[float] = field(default_factory=list)
    tare: list[Level] | None = None
    order: dict[int, int] = field(default_factory=dict)
    pressed: dict[int, float] = field(default_factory=dict)
    silent: list[int] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)
    readings: dict[int, list[Reading]] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    rises_s: dict[int, list[float]] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)
    saturated: list[int] = field(default_factory=list)
    stuck: list[int] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    line: Line = field(default_factory=Line)


class UnusableProgress(ValueError):
    """What was kept of a walk cannot be taken up; the message says why."""


def unfinished(store: Path, shelf: str) -> Path:
    """Where a shelf's unfinished walk lies."""
    return store / FOLDER / shelf / UNFINISHED


def save(store: Path, progress: Progress) -> None:
    """Write it as a whole: a killed process leaves the last one or this one."""
    path = unfinished(store, progress.shelf)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(asdict(progress), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def take_up(store: Path, shelf: str) -> Progress | None:
    """What was kept of this shelf's walk; None: nothing. `UnusableProgress`."""
    try:
        text = unfinished(store, shelf).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableProgress(f"cannot be read ({error})") from error
    try:
        # Python's own reader knows NaN, which JSON does not: a dead channel's level is one.
        progress = msgspec.convert(json.loads(text), Progress, strict=False)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise UnusableProgress(f"is not the progress of a walk ({error})") from error
    if progress.shelf != shelf:
        raise UnusableProgress(f"is of {progress.shelf}")
    if not _holds_together(progress):
        raise UnusableProgress("contradicts itself")
    return progress


def _holds_together(progress: Progress) -> bool:
    """Whether somebody may have measured this: as many levels as channels, and plates that there are."""
    count = len(progress.noise)
    lengths = {len(progress.inflation)}
    lengths |= {len(progress.tare)} if progress.tare is not None else set()
    lengths |= {len(progress.diagnosis.channels)} if progress.diagnosis is not None else set()
    known = {*progress.plates, *progress.order, *progress.order.values(), *progress.done, *progress.readings}
    return (
        bool(progress.weights_g and progress.plates)
        and all(w > 0 for w in progress.weights_g)
        and lengths == {count}
        and (not count or all(1 <= n <= count for n in known))
    )


def drop(store: Path, shelf: str) -> None:
    """The walk is over."""
    with contextlib.suppress(FileNotFoundError):
        unfinished(store, shelf).unlink()
