"""One walk from the question to the file: who is asked, what is kept, what is written.

Enters: a store, what somebody wants (`Wanted`), where batches come from, a face, and somebody who answers questions, if
there is one. Leaves: a new profile, or none. Refuses (`CannotWalk`, with the remedy): what cannot begin. Whatever ends
a walk early, the steps that were done are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from calibration.history import NoSuchProfile, find, history, keep, usable
from calibration.shelf.evidence import evidence
from calibration.shelf.faces import Face
from calibration.shelf.goods import goods_of
from calibration.shelf.progress import Progress, UnusableProgress, save, take_up
from calibration.shelf.verdict import Terms, Verdict, judge
from calibration.shelf.walk import Walk, begin
from edge.records import WeightBatch
from edge.store import BrokenStore, ShelfProfile, Store, load_store, read_store
from edge.store.load import FILES
from edge.wire import Recording, decode

LOOK_S = 1.0
SILENT_S = 3.0
"""A controller says something twice a second at least; so long a silence is told."""
TOLD_AGAIN_S = 10.0


class CannotWalk(ValueError):
    """The walk cannot begin; the message says why and what to do."""


class BrokeOff(ValueError):
    """The recording ended before the walk did."""


class Questions(Protocol):
    """Somebody at a terminal."""

    def weight(self) -> float: ...
    def go_on(self, progress: Progress) -> bool: ...
    def trusts(self, what: str) -> bool: ...
    def writes(self) -> bool: ...


class Source(Protocol):
    """Where batches come from. ``next``: None where none came in time."""

    where: str

    @property
    def troubles(self) -> Mapping[str, str]: ...
    def next(self, timeout_s: float) -> WeightBatch | None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """``plates``: only these. ``fresh`` and ``resume``: what to do with a walk that was not finished."""

    shelf: str
    weights_g: tuple[float, ...]
    plates: tuple[int, ...] = ()
    by: str = ""
    note: str = ""
    yes: bool = False
    fresh: bool = False
    resume: bool = False
    trusted: bool = False


class Recorded:
    """A walk that was recorded: its batches, as fast as they can be read."""

    troubles: Mapping[str, str] = {}

    def __init__(self, store: Store, recording: Recording, shelf: str) -> None:
        self.where = recording.path.name
        self._records = (decode(store, h.topic, h.payload, h.received_s) for h in recording if _of(h.topic, shelf))

    def next(self, timeout_s: float) -> WeightBatch | None:
        for record in self._records:
            if isinstance(record, WeightBatch):
                return record
        raise BrokeOff(f"{self.where} ends before the walk is over")


def _of(topic: str, shelf: str) -> bool:
    return topic == f"shelf/{shelf}/weight"


def store_of(folder: Path) -> Store:
    """The store, without its profiles where it is they that are broken: a walk is the remedy. `BrokenStore`."""
    try:
        return load_store(folder)
    except BrokenStore as error:
        if not all(fault.file.startswith("calibration/") for fault in error.faults):
            raise
    return read_store({name: (folder / name).read_bytes() for name in FILES})


def plates_of(text: str, count: int) -> tuple[int, ...]:
    """``3-5,8`` -> the plates; `CannotWalk`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not first.strip().isdecimal() or not (last or first).strip().isdecimal():
            raise CannotWalk(f"--plates {text}: name plates like 4, or 3-5, or 3-5,8")
        found |= set(range(int(first), int(last or first) + 1))
    wrong = [p for p in sorted(found) if not 1 <= p <= count]
    if wrong or (text and not found):
        raise CannotWalk(f"--plates {text}: the shelf has plates 1 to {count}")
    return tuple(sorted(found))


def begun(store: Store, folder: Path, wanted: Wanted, questions: Questions | None) -> Progress:
    """Where the walk stands: taken up, or from the start."""
    count = store.layout.shelf(wanted.shelf).plates
    kept = None
    try:
        kept = None if wanted.fresh else take_up(folder, wanted.shelf)
    except UnusableProgress as error:
        raise CannotWalk(f"what was kept of the last walk {error}. Begin afresh with --fresh") from error
    if kept is not None and len(kept.noise) not in (0, count):
        raise CannotWalk("what was kept of the last walk is of a shelf with other plates. Begin afresh with --fresh")
    if kept is not None and not wanted.resume:
        if questions is None:
            raise CannotWalk("a walk of this shelf was not finished. Go on with --resume, or begin again with --fresh")
        kept = kept if questions.go_on(kept) else None
    if kept is not None:
        if wanted.weights_g and [*wanted.weights_g] != kept.weights_g:
            typed = ", ".join(f"{w:g}" for w in kept.weights_g)
            raise CannotWalk(f"that walk was begun with {typed} g. Go on without --weight, or begin again with --fresh")
        return kept
    weights_g = wanted.weights_g or ((questions.weight(),) if questions is not None else ())
    if not weights_g:
        raise CannotWalk("name the weight that you have: --weight 500")
    before = _before(store, folder, wanted)
    if wanted.plates and before is None:
        remedy = f"Walk the whole shelf once: tebura calibrate shelf {wanted.shelf}"
        raise CannotWalk(f"the other plates have no profile that could be kept. {remedy}")
    return begin(wanted.shelf, count, weights_g, wanted.plates, before if wanted.plates else None)


def _before(store: Store, folder: Path, wanted: Wanted) -> ShelfProfile | None:
    try:
        return usable(find(history(store, folder, wanted.shelf), wanted.shelf), ShelfProfile)
    except NoSuchProfile:
        return None


def replayed(store: Store, folder: Path, wanted: Wanted) -> Progress:
    """A recorded walk begins at its beginning, and leaves nothing behind that could be taken up."""
    if not wanted.weights_g:
        raise CannotWalk("name the weight that was used: --weight 500")
    before = _before(store, folder, wanted) if wanted.plates else None
    return begin(wanted.shelf, store.layout.shelf(wanted.shelf).plates, wanted.weights_g, wanted.plates, before)


def walk_to(store: Store, wanted: Wanted, progress: Progress) -> Walk:
    """The walk of this shelf, with the products that the planogram puts there."""
    return Walk(store.layout.shelf(wanted.shelf).plates, progress, goods_of(store, wanted.shelf))


def walk_through(walk: Walk, source: Source, face: Face, folder: Path | None) -> None:
    """Until everything is measured, if it is not; each step is kept in the store's ``folder``, if there is one."""
    if walk.complete:
        return
    face.begin(walk, source.where)
    steps, silent_s, told_s = walk.kept, 0.0, 0.0
    try:
        while not walk.over:
            batch = source.next(LOOK_S)
            if batch is None:
                silent_s += LOOK_S
                if silent_s >= SILENT_S and (told_s == 0.0 or silent_s - told_s >= TOLD_AGAIN_S):
                    told_s = silent_s
                    face.silent(silent_s, source.troubles)
                continue
            silent_s = told_s = 0.0
            for said in walk.hear(batch):
                face.say(said)
            face.draw()
            if walk.kept != steps:
                steps = walk.kept
                if folder is not None:
                    save(folder, walk.progress)
    finally:
        face.close()


def decide(
    store: Store, folder: Path, wanted: Wanted, progress: Progress, now: datetime, questions: Questions | None
) -> Verdict:
    """The verdict; where only the weight is doubted, somebody may vouch for it."""
    before = _before(store, folder, wanted)
    why = f"walk with {', '.join(f'{w:g} g' for w in progress.weights_g)}"
    if len(progress.plates) < store.layout.shelf(wanted.shelf).plates:
        why += f", plates {', '.join(map(str, progress.plates))}"
    why += f": {wanted.note}" if wanted.note else ""

    def judged(trusted: bool) -> Verdict:
        grams = store.layout.shelf(wanted.shelf).says == "grams"
        terms = Terms(grams, trusted, goods_of(store, wanted.shelf), before)
        return judge(progress, terms, now, wanted.by, why)

    verdict = judged(wanted.trusted)
    doubts = [f for f in verdict.findings if f.refuses]
    only_weight = bool(doubts) and all(f.fault == "weight" for f in doubts)
    if only_weight and questions is not None and not wanted.trusted and questions.trusts(doubts[0].what):
        verdict = judged(True)
    return verdict


def write(folder: Path, progress: Progress, verdict: Verdict, where: str) -> Path:
    """The new profile."""
    assert verdict.profile is not None
    return keep(folder, verdict.profile, evidence(progress, verdict, where))
