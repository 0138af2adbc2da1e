"""All that the diary knows about one visit.

Enters: the diary's folder, a visit, from when to when. Leaves: an `Evidence`. What was written twice, because the shop
stepped it once more after a stop, is read once; a line that a power cut tore is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from edge.evidence.pages import HOUR_S, Explained, Line, People, Weights, path_at

LIKELY = 0.01
"""What is less likely than this is not shown: it has hardly ever been so."""

GONE_S = 2.0
"""A way is broken where its person was not seen for so long."""

_LINES = msgspec.json.Decoder(Line)


@dataclass(frozen=True, slots=True)
class Part:
    """Where one track went while it may have been a visit's person: ``(UNIX seconds, x m, y m, how surely)``."""

    track: int
    visit: str
    points: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """One explanation of an event: how likely, and who took (negative: put back) how many of what."""

    probability: float
    shares: tuple[tuple[str, str, int], ...]
    """(visit, sku, quantity)."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One shelf event with what it was taken for at the time, and what its plates said."""

    id: str
    at_s: float
    shelf: str
    plates: tuple[int, ...]
    change_g: float
    blind: bool
    guesses: tuple[Guess, ...]
    near: tuple[tuple[str, float], ...]
    """(visit, metres from the change)."""
    from_s: float = 0.0
    step_s: float = 0.0
    grams: tuple[tuple[float | None, ...], ...] = ()
    """For each plate its weight against the level before; empty where it was not kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything around a visit, in order of time; ``others``: who else may have done what it did."""

    visit: str
    others: tuple[str, ...]
    parts: tuple[Part, ...]
    happened: tuple[Happened, ...]


def evidence_of(
    folder: Path, visit: str, from_s: float, to_s: float, events: Collection[str] = (), others: Collection[str] = ()
) -> Evidence:
    """What concerns a visit: ``events`` of its own lines, and those of which it is likely enough to have made them;
    the ways of its people, of the ``others`` and of whom those events name as well.
    """
    lines = list(_lines(folder, from_s, to_s))
    people = {line.t: line for line in lines if isinstance(line, People)}
    seen = [people[t] for t in sorted(people)]
    explained = {line.id: line for line in lines if isinstance(line, Explained)}
    traces = {line.id: line for line in lines if isinstance(line, Weights)}
    happened = [
        _happened(line, traces.get(line.id))
        for line in sorted(explained.values(), key=lambda line: line.step_s)
        if line.id in events or _share_of(visit, line) >= LIKELY
    ]
    named = {v for h in happened for g in h.guesses if g.probability >= LIKELY for v, _, _ in g.shares}
    shown = tuple(sorted({*named, *others} - {visit, ""}))
    return Evidence(visit, shown, tuple(_parts(seen, {visit, *shown})), tuple(happened))


def _share_of(visit: str, line: Explained) -> float:
    """How likely it is that a visit had a hand in an event."""
    return sum(p for p, shares in line.odds if any(said.visit == visit for said in shares))


def _parts(seen: list[People], visits: Collection[str]) -> Iterator[Part]:
    """Ways of these visits' people: each as long as it is likeliest the same one's."""
    open_: dict[int, tuple[str, list[tuple[float, float, float, float]]]] = {}
    for line in seen:
        for track, x_cm, y_cm, whose in line.who:
            visit = max(whose, key=lambda v: whose[v], default="")
            point = (line.t, x_cm / 100, y_cm / 100, whose.get(visit, 0.0))
            before = open_.get(track)
            if before is not None and before[0] == visit and line.t - before[1][-1][0] <= GONE_S:
                before[1].append(point)
                continue
            if before is not None and before[0] in visits:
                yield Part(track, before[0], tuple(before[1]))
            open_[track] = (visit, [point])
    for track, (visit, points) in open_.items():
        if visit in visits:
            yield Part(track, visit, tuple(points))


def _happened(line: Explained, trace: Weights | None) -> Happened:
    guesses = tuple(Guess(p, tuple((s.visit, s.sku, s.quantity) for s in shares)) for p, shares in line.odds)
    told = Happened(
        line.id, line.step_s, line.shelf, tuple(line.plates), line.change_g, line.blind, guesses, tuple(line.near)
    )
    if trace is None:
        return told
    return replace(told, from_s=trace.from_s, step_s=trace.step_s, grams=tuple(tuple(row) for row in trace.g))


def _lines(folder: Path, from_s: float, to_s: float) -> Iterator[Line]:
    hour_s = from_s // HOUR_S * HOUR_S
    while hour_s <= to_s:
        path = path_at(folder, hour_s)
        if path.is_file():
            with path.open("rb") as file:
                for raw in file:
                    try:
                        line = _LINES.decode(raw)
                    except msgspec.MsgspecError:
                        continue
                    if from_s <= line.t <= to_s:
                        yield line
        hour_s += HOUR_S
