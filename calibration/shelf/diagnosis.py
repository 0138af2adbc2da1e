"""Ten seconds hands off: which channels talk, how fast, how noisy, what hums, and what is broken already.

Enters: raw batches of a shelf that nobody touches. Leaves: one `Channel` a channel, in its own unit, and one
`Controller`. It only measures: which figure is a fault is decided when grams are known (`calibration.shelf.verdict`),
because a noise of two hundred counts is a good cell or a bad one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calibration.steady import Floats
from edge.records import WeightBatch

State = Literal["well", "dead", "stuck"]

READABLE = 0.5
"""A channel of which less than this share can be read is dead."""
HUM_STANDS_OUT = 20.0
"""A spectral line is a hum when its power is so many times its surroundings': chance makes one in 10⁷ of that."""
HUM_FROM_HZ = 0.7
"""Below, everything that drifts looks like a hum."""
LINES = ((50.0, "the mains (50 Hz)"), (60.0, "the mains (60 Hz)"), (100.0, "lamps or a power supply (100 Hz)"),
         (120.0, "lamps or a power supply (120 Hz)"))  # fmt: skip
LINE_WITHIN_HZ = 0.3
REPEATS = 0.35
"""A converter whose share of repeated numbers is greater is slower than its controller says."""
BUMPED = 8.0
"""A second that spans so many times what seconds usually span was no quiet one."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel at rest, in its own unit.

    ``noise``: standard deviation of one sample, slow wander taken out. ``hum``: amplitude of the strongest line, 0
    where none stands out, at ``hum_hz`` as it is sampled. ``repeats``: samples that a number stands for, 1 for a
    converter that keeps up. ``quantum``: its last digit, 0 where unknown. ``unread``: share of samples that could not
    be read.
    """

    state: State
    level: float
    noise: float
    hum: float = 0.0
    hum_hz: float = 0.0
    repeats: float = 1.0
    quantum: float = 0.0
    unread: float = 0.0


@dataclass(frozen=True, slots=True)
class Controller:
    """``hz`` as it says, ``real_hz`` as its own clock counts what came; ``lost``: share of samples that never did."""

    hz: float
    real_hz: float
    lost: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    channels: tuple[Channel, ...]
    controller: Controller


def diagnose(batches: Sequence[WeightBatch]) -> Diagnosis:
    """What ten quiet seconds tell; at least two batches."""
    said = np.concatenate([b.mass_g for b in batches], axis=1)
    hz = batches[-1].hz
    span_s = batches[-1].at_s - batches[0].at_s
    before = sum(b.mass_g.shape[1] for b in batches[:-1])
    real_hz = before / span_s if span_s > 0 else hz
    missing = max(0.0, 1 - before / (span_s * hz)) if span_s > 0 else 0.0
    controller = Controller(hz, real_hz, missing if missing > 1 / max(before, 1) else 0.0)
    return Diagnosis(tuple(_channel(row, hz) for row in said), controller)


def bumped(batches: Sequence[WeightBatch]) -> tuple[int, ...]:
    """Channels (1-based) that were not quiet: some second of theirs spans far more than the others do."""
    seconds: dict[int, list[Floats]] = {}
    for batch in batches:
        seconds.setdefault(int(batch.at_s - batches[0].at_s), []).append(batch.mass_g)
    if len(seconds) < 3:
        return ()
    spans = np.array([np.nan_to_num(np.ptp(np.concatenate(part, axis=1), axis=1)) for part in seconds.values()])
    usual, most = np.median(spans, axis=0), np.max(spans, axis=0)
    return tuple(int(c) + 1 for c in np.flatnonzero((most > BUMPED * usual) & (usual > 0)))


def _channel(said: Floats, hz: float) -> Channel:
    read = np.isfinite(said)
    unread = 1 - float(read.mean())
    if unread > READABLE:
        return Channel("dead", math.nan, math.nan, unread=unread)
    said = said[read]
    level = float(np.median(said))
    steps = np.abs(np.diff(said))
    moves = steps[steps > 1e-9 * max(abs(level), 1e-12)]
    if moves.size == 0:
        return Channel("stuck", level, 0.0, unread=unread)
    quantum = float(moves.min())
    flat = _flat(said, hz)
    spread = 1.4826 * float(np.median(np.abs(flat - np.median(flat))))
    noise = min(float(flat.std()), max(3 * spread, quantum / 2))
    hum, hum_hz = _hum(flat, hz)
    return Channel("well", level, noise, hum, hum_hz, _repeats(steps, quantum, noise), quantum, unread)


def _flat(said: Floats, hz: float) -> Floats:
    """Without what moves more slowly than seconds."""
    width = max(3, min(said.size // 2, round(2 * hz)) | 1)
    ends = np.concatenate([np.repeat(said[: width // 2].mean(), width // 2), said,
                           np.repeat(said[-(width // 2) :].mean(), width // 2)])  # fmt: skip
    sums = np.cumsum(np.concatenate([[0.0], ends - said[0]]))
    flat: Floats = said - said[0] - (sums[width:] - sums[:-width]) / width
    return flat


def _hum(flat: Floats, hz: float) -> tuple[float, float]:
    """Amplitude and frequency of the strongest line that stands out; (0, 0)."""
    if flat.size < 32:
        return 0.0, 0.0
    window = np.hanning(flat.size)
    power = np.abs(np.fft.rfft(flat * window)) ** 2
    frequency = np.fft.rfftfreq(flat.size, 1 / hz)
    # The last bins are half as often complex: a line there (50 Hz seen at 100) is real all the same.
    looks = np.flatnonzero(frequency >= HUM_FROM_HZ)
    if looks.size < 8:
        return 0.0, 0.0
    top = int(looks[np.argmax(power[looks])])
    near = power[max(looks[0], top - 40) : top + 41]
    floor = float(np.median(near)) / math.log(2)
    if power[top] < HUM_STANDS_OUT * floor:
        return 0.0, 0.0
    line = power[max(0, top - 1) : top + 2].sum() / (window @ window) * 2 / flat.size
    return math.sqrt(2 * float(line)), float(frequency[top])


def _repeats(steps: Floats, quantum: float, noise: float) -> float:
    """For how many samples a number stands."""
    same = steps < quantum / 2
    if same.mean() < REPEATS or noise < 3 * quantum:
        return 1.0
    return float(1 / max(1 - same.mean(), 1 / same.size))


def hum_of(hum_hz: float, hz: float) -> str:
    """What may hum so: a line of the mains as it looks when it is sampled ``hz`` times a second, or a machine."""
    for line_hz, name in LINES:
        seen_hz = abs(line_hz - round(line_hz / hz) * hz)
        if abs(seen_hz - hum_hz) <= LINE_WITHIN_HZ:
            return f"{name}, seen at {hum_hz:.1f} Hz" if abs(seen_hz - line_hz) > 0.1 else name
    return f"{hum_hz:.1f} Hz, a machine near it: a compressor or a fan"
