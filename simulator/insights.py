"""What `tebura insight` says of simulated mornings against what really happened there.

Enters: so many visits, a seed. Leaves: for dwell, pick-ups and put-backs what was told and what is true, and how far
the heat map's positions are from where heads really were. Stays are measured with the room's own yardstick
(`edge.insight.stays`) on true positions, so that only what cameras and the core get wrong is left.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from edge.evidence import where_people_are
from edge.insight import Insight
from edge.insight.floor import CELL_M, SAMPLE_S
from edge.insight.rebuild import from_recordings
from edge.insight.stays import Stay, Stays, on_floor
from edge.records import Effect, PeopleFrame, Record
from edge.state import State
from edge.store import Layout, load_store
from simulator.busy import Habits, busy_story
from simulator.commands import DEMO
from simulator.story import read_story
from simulator.world import Played, play, record

FINE_S = 0.05
"""Where heads really were is looked at so often."""
LAG_S = 0.3
"""From a picture to the track that it moves, at most."""

FACTS = ("dwells", "dwell_s", "picked_up", "put_back")


@dataclass(slots=True)
class Against:
    """What was told and what is true, by name of the figure; ``off_m``: of each position that was put on the map."""

    told: Counter[str] = field(default_factory=Counter)
    true: Counter[str] = field(default_factory=Counter)
    off_m: list[float] = field(default_factory=list)

    def __iadd__(self, other: Against) -> Against:
        self.told.update(other.told)
        self.true.update(other.true)
        self.off_m += other.off_m
        return self

    def off(self, name: str) -> float:
        """By which share a figure is off."""
        return abs(self.told[name] - self.true[name]) / max(1.0, self.true[name])


class Positions:
    """An observer: where everybody was put on the map, sample after sample."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.seen: list[tuple[float, float, float]] = []
        self._sampled_s = 0.0

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        if isinstance(record, PeopleFrame) and record.received_s - self._sampled_s >= SAMPLE_S:
            self._sampled_s = record.received_s
            seen = where_people_are(state)
            self.seen += [(record.received_s, x, y) for _, x, y, _ in seen if on_floor(self._layout, x, y)]


def against(visits: int, seed: int, habits: Habits | None = None) -> Against:
    """One morning, told and true."""
    store = load_store(DEMO)
    story = read_story(busy_story(store, visits, seed, habits), store, "morning")
    played = play(store, story, seed)
    positions = Positions(store.layout)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "morning.mcap"
        record(played, story, 1.0, path)
        with Insight(Path(folder) / "insight.db") as insight:
            from_recordings([path], insight, observers=[positions])
            found = Against(told=_told(insight))
    heads = _heads(played)
    found.true = _true(played, heads)
    found.off_m = [_off_m(heads, played.start_s, *seen) for seen in positions.seen]
    return found


def _told(insight: Insight) -> Counter[str]:
    rows = insight.rows(
        "SELECT kind, count(*), sum(until_s - at_s), sum(count) FROM event WHERE NOT rested GROUP BY kind"
    )
    found = Counter[str]()
    for kind, count, seconds, units in rows:
        if kind == "dwelt":
            found["dwells"], found["dwell_s"] = count, round(seconds, 1)
        elif kind in ("picked-up", "put-back"):
            found[kind.replace("-", "_")] = units
    return found


Heads = NDArray[np.float64]
"""(samples, bodies, 2): x and y of every head every `FINE_S`, store frame; NaN who is not there."""


def _heads(played: Played) -> Heads:
    at_s = np.arange(played.start_s, played.end_s, FINE_S)
    found = np.full((at_s.size, len(played.stage.bodies), 2), np.nan)
    for i, body in enumerate(played.stage.bodies):
        pose = body.pose(at_s)
        found[pose.here, i] = pose.head[pose.here, :2]
    return found


def _true(played: Played, heads: Heads) -> Counter[str]:
    stays, over = Stays(played.stage.store.layout), list[Stay]()
    for sample, where in enumerate(heads[:: round(SAMPLE_S / FINE_S)]):
        people = [
            (i, float(x), float(y), {str(played.stage.bodies[i].visit): 1.0})
            for i, (x, y) in enumerate(where)
            if np.isfinite(x)
        ]
        over += stays.sample(played.start_s + sample * SAMPLE_S, people)
    over += stays.end()
    dwells = [stay for stay in over if stay.stopped]
    found = Counter[str]({"dwells": len(dwells)})
    found["dwell_s"] = round(sum(stay.until_s - stay.from_s for stay in dwells), 1)  # type: ignore[assignment]
    for happening in played.stage.happened:
        if happening.action in ("pick", "put_back"):
            found["picked_up" if happening.action == "pick" else "put_back"] += happening.count
    return found


def _off_m(heads: Heads, start_s: float, at_s: float, x: float, y: float) -> float:
    """From the middle of the cell that a position was put in to the nearest place where a head was within `LAG_S`
    before it was heard: a place on a way is no worse for being told a moment later.
    """
    last = min(max(round((at_s - start_s) / FINE_S), 0), len(heads) - 1)
    where = heads[max(0, last - round(LAG_S / FINE_S)) : last + 1].reshape(-1, 2)
    cell = np.array([(x // CELL_M + 0.5) * CELL_M, (y // CELL_M + 0.5) * CELL_M])
    gaps = np.hypot(*(where - cell).T)
    return float(np.nanmin(gaps)) if np.isfinite(gaps).any() else math.inf


def show(mornings: int, visits: int, seed: int) -> None:
    """Measure and print."""
    whole = Against()
    for number in range(seed, seed + mornings):
        whole += against(visits, number)
    print(f"{mornings} mornings of {visits} visits, seeds {seed} to {seed + mornings - 1}")
    for name in FACTS:
        print(f"{name:10}  told {whole.told[name]:8g}   true {whole.true[name]:8g}   off {whole.off(name):.1%}")
    off_m = np.asarray(whole.off_m)
    print(f"positions   {off_m.size}, off by {np.median(off_m) * 100:.1f} cm in the median, "
          f"{(off_m <= 0.15).mean():.1%} within 15 cm")  # fmt: skip
