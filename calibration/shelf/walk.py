"""The walk: one technician, one shelf, a weight and a handful of products, asked for one deed after the other.

Enters: batches, and nothing else: what somebody did is felt, never confirmed by a key, and time is the batches' own.
Leaves: what to say (`Said`), and `Progress`, complete after every step, from which a walk goes on as if it had
never stopped. What the figures mean is not decided here but in `calibration.shelf.verdict`.

    hands off -> empty -> touch plate 1, 2, 3 ... -> a weight on each plate, up and down -> verdict

A stage (`calibration.shelf.stages`) owns one of these steps. Which one comes next follows from the progress alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calibration.shelf.goods import Goods
from calibration.shelf.progress import Progress
from calibration.shelf.stages import Empty, HandsOff, Room, Said, Stage, Touch
from calibration.shelf.weighing import Weigh
from calibration.shelf.witness import JUMPS, Witness
from calibration.steady import Floats, Watch
from edge.records import WeightBatch
from edge.store import ShelfProfile


def begin(
    shelf: str,
    plates: int,
    weights_g: Sequence[float],
    only: Sequence[int] = (),
    before: ShelfProfile | None = None,
) -> Progress:
    """A walk of which nothing is done. ``only``: these plates, the others being as ``before`` says; without it all."""
    progress = Progress(shelf, [*weights_g], sorted(only or range(1, plates + 1)))
    if before is not None:
        progress.order = {p.plate: p.channel for p in before.plate if p.plate not in progress.plates}
    return progress


class Walk:
    """``plates`` plates; ``progress`` is taken up where it stands. ``goods``: plate -> what may be put there as product
    whose weight is known.

    ``over``: everything is measured. ``kept``: counts the steps after which the progress is worth keeping.
    """

    def __init__(self, plates: int, progress: Progress, goods: Mapping[int, Goods] | None = None) -> None:
        self.progress = progress
        watch = Watch(plates)
        if progress.noise:
            watch.relearn(progress.noise, progress.inflation)
        self._room = Room(plates, watch, progress)
        self._witness = Witness(watch, progress)
        self._goods = goods or {}
        self._stage: Stage | None = None
        self._gaps = 0
        self.kept = 0

    def still(self, plate: int) -> bool:
        """Does it stand still now?"""
        room = self._room
        return bool(room.watch.still[room.progress.order.get(plate, plate) - 1])

    @property
    def over(self) -> bool:
        return self._room.over

    @property
    def complete(self) -> bool:
        """Nothing is left to be measured, whether or not anything was heard since it was taken up."""
        p = self.progress
        known = p.diagnosis is not None and p.tare is not None
        return known and all((q in p.order or q in p.silent) and q in p.done for q in p.plates)

    @property
    def steps(self) -> tuple[int, int]:
        """Done, and of how many."""
        p = self.progress
        touched = len(set(p.order) & set(p.plates)) + len(p.silent)
        weighed = len(p.done)
        done = bool(p.diagnosis) + bool(p.tare) + touched + weighed
        return done, 2 + 2 * len(p.plates)

    def hear(self, batch: WeightBatch) -> list[Said]:
        """Take in one batch, and say what follows."""
        room, watch = self._room, self._room.watch
        if room.over:
            return []
        heard_s = watch.now_s
        watch.hear(batch)
        if not self.progress.began_s:
            self.progress.began_s = batch.at_s
        self._witness.hear(batch, room.busy)
        said: list[Said] = []
        if self._stage is None:
            said += self._enter(taken_up=bool(self.progress.done or self.progress.readings))
        elif watch.gaps > self._gaps:
            silent_s = batch.at_s - heard_s
            said.append(Said("note", f"Nothing came for {silent_s:.0f} s: the cable? This step begins again."))
            said += self._stage.again(room)
        self._gaps = watch.gaps
        self._look_for_loose()
        if self._stage is not None:
            said += self._stage.hear(room, batch)
        while self._stage is not None and self._stage.over:
            self.kept += 1
            said += self._enter()
        return said

    def _enter(self, *, taken_up: bool = False) -> list[Said]:
        """The next stage, as the progress asks for it."""
        room, p = self._room, self.progress
        room.busy[:] = False
        if p.diagnosis is None:
            self._stage = HandsOff()
        elif p.tare is None:
            self._stage = Empty()
        elif (plate := next((q for q in p.plates if q not in p.order and q not in p.silent), 0)) != 0:
            self._stage = Touch(plate)
        else:
            room.order_the_silent()
            left = next((q for q in p.plates if q not in p.done), 0)
            self._stage = Weigh(left, self._goods.get(left)) if left else None
        if self._stage is None:
            room.over = True
            return [Said("done", "Everything is measured. Take your weight and the products away.")]
        return self._stage.again(room) if taken_up else self._stage.begin(room)

    def _look_for_loose(self) -> None:
        room = self._room
        for channel, quiet in enumerate(self.progress.quiet):
            if quiet.jumps >= JUMPS:
                room.helpless[channel] = True

    def shown(self, for_s: float) -> tuple[Floats, bool]:
        """What each plate said lately (plates, blocks), and whether it is grams by now: for the screen."""
        units = self._room.units_per_g()
        recent = self._room.recent(for_s)
        if np.isfinite(units).all():
            return recent / units[:, None], True
        return recent, False
