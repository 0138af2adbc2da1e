"""The batches of one shelf -> moments of about a second: what every plate said in it, and whether it was quiet.

Enters: `WeightBatch` as the controller said it. Leaves: `Moment`, one later than it happened: a plate is only *at
rest* in a moment when it is not stirred before, in and after it, because a hand comes down gently. Whether a plate is
stirred, and from which level to which it went, is what the runtime's own `edge.shelf.sense` says of it, batch by batch:
health means how the runtime sees the plate. All else is worked out once a moment, over all plates at once.

A shelf that says raw numbers and was never calibrated is measured in units of its own first noise: then nothing can be
said in grams, and all that is relative still can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from edge.records import WeightBatch
from edge.shelf import Told, open_shelf, sense
from edge.store import Conversion

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOMENT_S = 1.0
FEWEST = 4
"""Samples of a moment, at least: one that is slow has longer moments."""
BEFORE = 8
"""So many samples before a moment are kept beside it: what jumps at its edge jumps from there."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Arrays are (plates,), ``said_g`` (plates, samples) with the `BEFORE` samples before it in front where they join.

    ``scatter_g2``: variance of the samples; ``white_g2``: half the mean square of their differences, which is the same
    for noise without a memory. ``same``: share of samples that repeat the one before. ``read``: share of samples that
    could be read.
    """

    at_s: float
    lasts_s: float
    hz: float
    joins: bool
    """It begins where the one before ended."""
    celsius: float
    said_g: Floats
    mean_g: Floats
    scatter_g2: Floats
    white_g2: Floats
    same: Floats
    low_g: Floats
    high_g: Floats
    leap_g: Floats
    """The largest change from one sample to the next."""
    read: Floats
    stirred: Bools
    rest: Bools


class Moments:
    """One shelf. Ask `hear` for every batch, `end` when there are no more."""

    def __init__(self, shelf: str, plates: int, lightest_g: float, conversion: Conversion | None, *, raw: bool) -> None:
        self._conversion = conversion
        self.state = open_shelf(shelf, plates, lightest_g, conversion.profile if conversion else None)
        self._raw = raw and conversion is None
        self.unit_g = np.ones(plates)
        """Of an uncalibrated raw shelf: what counts as a gram."""
        self._cut: list[Floats] = []
        self._count = 0
        self._hz = 0.0
        self._began_s = 0.0
        self._joins = False
        self._stirred = np.zeros(plates, dtype=bool)
        self._before = np.zeros((plates, 0))
        self._last: Moment | None = None
        self._was_stirred = np.zeros(plates, dtype=bool)

    def hear(self, batch: WeightBatch) -> tuple[list[Moment], list[Told]]:
        """The moments that are complete with it, and what settled with it."""
        batch = self._weighed(batch)
        ends_s = self.state.heard_until_s
        if batch.at_s < ends_s - 0.5 / batch.hz:
            return [], []
        told: list[Moment] = []
        if batch.hz != self._hz or batch.at_s > ends_s + 1.5 / batch.hz:
            told = self.end()
        if not self._count:
            self._began_s, self._hz = batch.at_s, batch.hz
        settled = sense(self.state, batch)
        self._stirred |= self.state.stirred
        self._cut.append(batch.mass_g)
        self._count += batch.mass_g.shape[1]
        size = max(FEWEST, round(MOMENT_S * batch.hz))
        if self._count >= size:
            told += self._complete(size, batch.celsius)
        return told, settled

    def end(self) -> list[Moment]:
        """The signal breaks off here: the last moment is as good as it gets, the piece behind it is left out."""
        told = [] if self._last is None else [self._rested(self._last, self._stirred)]
        self._cut, self._count, self._last, self._joins = [], 0, None, False
        self._before = np.zeros((len(self._stirred), 0))
        return told

    def _weighed(self, batch: WeightBatch) -> WeightBatch:
        """In grams, plate by plate."""
        if self._conversion is not None:
            return structs.replace(batch, mass_g=self._conversion.grams(batch.mass_g))
        if not self._raw:
            return batch
        if self.state.blocks == 0:
            rough = np.nanstd(np.diff(batch.mass_g, axis=1), axis=1) / np.sqrt(2)
            known = rough[np.isfinite(rough) & (rough > 0)]
            self.unit_g[:] = float(np.median(known)) if known.size else 1.0
        return structs.replace(batch, mass_g=batch.mass_g / self.unit_g[:, None])

    def _complete(self, size: int, celsius: float) -> list[Moment]:
        said = self._cut[0] if len(self._cut) == 1 else np.concatenate(self._cut, axis=1)
        told: list[Moment] = []
        while said.shape[1] >= size:
            moment = self._moment(said[:, :size], celsius)
            if self._last is not None:
                told.append(self._rested(self._last, moment.stirred))
            self._last, said = moment, said[:, size:]
            self._began_s += size / self._hz
            self._joins = True
        self._cut, self._count = ([said], said.shape[1]) if said.shape[1] else ([], 0)
        self._stirred = self.state.stirred.copy()
        return told

    def _rested(self, moment: Moment, stirred_after: Bools) -> Moment:
        rest = ~(self._was_stirred | moment.stirred | stirred_after) & (moment.read > 0.9)
        self._was_stirred = moment.stirred
        return replace(moment, rest=rest)

    def _moment(self, said: Floats, celsius: float) -> Moment:
        finite = np.isfinite(said)
        read = np.ones(said.shape[0])
        whole = said
        if not finite.all():
            read = finite.mean(axis=1)
            with np.errstate(invalid="ignore"):
                middle = np.where(finite, said, 0.0).sum(axis=1) / finite.sum(axis=1)
            whole = np.where(finite, said, np.nan_to_num(middle)[:, None])
        size = whole.shape[1]
        mean = whole.sum(axis=1) / size
        off = whole - mean[:, None]
        leaps = off[:, 1:] - off[:, :-1]
        before = self._before if self._joins else self._before[:, :0]
        self._before = whole[:, -BEFORE:]
        return Moment(
            at_s=self._began_s,
            lasts_s=size / self._hz,
            hz=self._hz,
            joins=self._joins,
            celsius=celsius,
            said_g=np.concatenate((before, whole), axis=1),
            mean_g=np.where(read > 0, mean, np.nan),
            scatter_g2=np.einsum("ij,ij->i", off, off) / (size - 1),
            white_g2=np.einsum("ij,ij->i", leaps, leaps) / (2 * (size - 1)),
            same=np.count_nonzero(whole[:, 1:] == whole[:, :-1], axis=1) / (size - 1),
            low_g=whole.min(axis=1),
            high_g=whole.max(axis=1),
            leap_g=np.abs(leaps).max(axis=1),
            read=read,
            stirred=self._stirred.copy(),
            rest=np.zeros(said.shape[0], dtype=bool),
        )
