"""The diary: an observer that writes down what shows how carts came about, while it happens.

Bounded: nothing is written while nobody is there; weights are kept in memory for a minute (`edge.evidence.traces`), and
in a trace there are at most `SAMPLES` of each plate. A disk that does not take it costs the diary and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.evidence.pages import HOUR_S, Explained, Line, People, Said, Weights, began_s, path_at
from edge.evidence.people import where_people_are
from edge.evidence.traces import RecentWeights, Trace
from edge.records import Effect, GatePassage, PeopleFrame, Record, WeightBatch
from edge.records import Explained as Settled
from edge.state import State
from edge.store import Store

SAMPLE_S: Final = 0.5
"""People are written down so often; one who walks is a long step further by then, and is drawn in between."""
ODDS: Final = 3
"""So many explanations of an event are kept: the fourth is hardly ever one in a hundred."""
SAMPLES: Final = 120
SURELY: Final = 0.02
"""Whose a track is with less than this is not written down."""


class Diary:
    """An observer of the driver. ``store``: how shelves weigh that say raw numbers. Kept for ``keep_s``."""

    def __init__(self, folder: Path, store: Store, keep_s: float) -> None:
        self._folder, self._store, self._keep_s = folder, store, keep_s
        self._weights = RecentWeights(self._grams)
        self._waiting: list[Settled] = []
        self._file: BinaryIO | None = None
        self._path = Path()
        self._sampled_s = 0.0

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        if isinstance(record, WeightBatch):
            self._weighed(record)
        elif isinstance(record, PeopleFrame | GatePassage) and self._is_time(record.received_s):
            self._sample(state, record.received_s)
        for effect in effects:
            if isinstance(effect, Settled):
                self._waiting.append(effect)
                self._write([_explained(effect, record.received_s if record is not None else state.now_s)])

    def close(self) -> None:
        """What waits in memory is written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _weighed(self, batch: WeightBatch) -> None:
        self._weights.heard(batch)
        if not self._waiting:
            return
        ready = [e for e in self._waiting if self._weights.complete(e.event)]
        if ready:
            self._waiting = [e for e in self._waiting if all(e is not r for r in ready)]
            traces = ((e, self._weights.cut(e.event)) for e in ready)
            self._write(_weights(e, trace, batch.received_s) for e, trace in traces if trace is not None)

    def _grams(self, batch: WeightBatch) -> NDArray[np.float64]:
        profile = self._store.profiles.get(batch.shelf)
        return batch.mass_g if profile is None else profile.grams(batch.mass_g)

    def _is_time(self, at_s: float) -> bool:
        """By the shop's own clock, which may have been set back."""
        return not 0.0 <= at_s - self._sampled_s < SAMPLE_S

    def _sample(self, state: State, at_s: float) -> None:
        self._sampled_s = at_s
        seen = where_people_are(state)
        if seen:
            told = [
                (track, round(x * 100), round(y * 100), {v: round(p, 2) for v, p in whose.items() if p >= SURELY})
                for track, x, y, whose in seen
            ]
            self._write([People(round(at_s, 2), told)])

    def _write(self, lines: Iterable[Line]) -> None:
        try:
            for line in lines:
                self._at(line.t).write(msgspec.json.encode(line) + b"\n")
            if self._file is not None:
                self._file.flush()
        except OSError:
            self._file = None

    def _at(self, at_s: float) -> BinaryIO:
        path = path_at(self._folder, at_s)
        if self._file is None or path != self._path:
            self.close()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file, self._path = path.open("ab"), path
            tidy_diary(self._folder, self._keep_s, at_s)
        return self._file


def _explained(settled: Settled, at_s: float) -> Explained:
    event = settled.event
    odds = [
        (round(e.probability, 4), [Said(s.visit, s.sku, s.quantity) for s in e.shares])
        for e in settled.explanations[:ODDS]
    ]
    near = [(v, round(min(r.hand_gap_m, r.head_gap_m), 2)) for v, r in settled.reaches]
    change_g = round(float(event.change_g.sum()), 1)
    return Explained(
        round(at_s, 2), round(event.step_s, 2), event.id, event.shelf, list(event.plates), change_g, event.blind, odds,
        [(v, gap) for v, gap in near if math.isfinite(gap)],
    )  # fmt: skip


def _weights(settled: Settled, trace: Trace, at_s: float) -> Weights:
    """A trace, thinned to what a picture shows."""
    thin = max(1, math.ceil(trace.at_s.size / SAMPLES))
    step_s = float(trace.at_s[-1] - trace.at_s[0]) / max(1, trace.at_s.size - 1) * thin
    rows = [[round(float(g), 1) if math.isfinite(g) else None for g in row[::thin]] for row in trace.change_g]
    return Weights(round(at_s, 2), settled.event.id, round(float(trace.at_s[0]), 3), round(step_s, 4), rows)


def tidy_diary(folder: Path, keep_s: float, now_s: float) -> list[Path]:
    """Delete what is older than that; what was deleted."""
    gone = []
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        hour_s = began_s(path)
        if hour_s is not None and hour_s + HOUR_S < now_s - keep_s:
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone
