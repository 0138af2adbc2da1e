"""Ceiling cameras: what each node makes of the people under it.

Enters: everybody's plan, and when a camera is silent. Leaves: frames as they go on the wire, anonymous. A node misses
people, for a moment or a second; it is off by a bias of its own that grows away from its lens; two heads close
together become one; wrists are missed every third time and sometimes belong to the wrong head; and some people do not
exist. What everybody looks like is said, too, where that is asked for (`simulator.looks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from edge.records import PersonSeen
from edge.store import Camera
from simulator.chance import stream
from simulator.floorplan import FloorPlan
from simulator.looks import Tinted, unit
from simulator.people import Body, Pose
from simulator.plates import Blind

HZ = 10.0
PIECE = 200
"""Frames made at a time: 20 s."""
LAG_S = (0.06, 0.13)
BLOB_M = 0.32
"""Two heads nearer than this are one to a camera, most of the time."""
REACH_M = 3.2
"""A fisheye under a ceiling of 2.7 m; further out a head is too small and hides behind others."""
OVERLOOKED_FRAMES = 9
"""Nobody is overlooked for longer than this by one camera."""
HEAD_SD_M = np.array([0.035, 0.035, 0.04])
WRIST_SD_M = 0.06
GHOSTS_1_S = 0.012
GHOST_FRAMES = 4.0

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class _Seen:
    """One body as one camera sees it, frame by frame: heads (n, 3), wrists (2, n, 3), and what is not seen."""

    head: NDArray[np.float64]
    wrists: NDArray[np.float64]
    here: Flags
    wrist_here: NDArray[np.bool_]
    look: NDArray[np.float64] | None = None
    """(n, numbers), not of length one yet; None: this camera does not say."""


def reach_of(cameras: Sequence[Camera], floor: FloorPlan) -> float:
    """How far from below its lens a camera sees heads, metres: enough that together they see the whole floor."""
    corners = np.asarray(floor.layout.floor)
    x, y = (np.linspace(lo, hi, 40) for lo, hi in zip(corners.min(axis=0), corners.max(axis=0), strict=True))
    points = np.array([(a, b) for a in x for b in y])
    points = points[floor.free(points)]
    lenses = np.array([c.position[:2] for c in cameras])
    if not len(points) or not len(lenses):
        return REACH_M
    far = np.hypot(*(points[:, None] - lenses[None]).transpose(2, 0, 1)).min(axis=1).max()
    return float(max(REACH_M, 1.2 * far))


class Eye:
    """One camera node. Ask once for `frames`: what it misses, it misses for a while."""

    def __init__(
        self, camera: Camera, bodies: Sequence[Body], floor: FloorPlan, reach_m: float, blind: Sequence[Blind],
        roughness: float, seed: int, looks: bool = True,
    ) -> None:  # fmt: skip
        self.camera, self._bodies, self._floor = camera, bodies, floor
        self._reach_m, self._blind, self._rough = reach_m, blind, roughness
        self._rng = stream(seed, "camera", camera.id)
        self._bias = self._rng.normal(0.0, 0.03, 3) * roughness
        self._scale = self._rng.normal(0.0, 0.012) * roughness
        self._tinted = Tinted(camera.id, bodies, roughness, seed) if looks else None
        self._low, self._high = np.min(floor.layout.floor, axis=0), np.max(floor.layout.floor, axis=0)

    def frames(self, start_s: float, end_s: float) -> Iterator[tuple[float, float, list[PersonSeen]]]:
        """(measured, received, people) from ``start_s`` to ``end_s``."""
        start_s += self._rng.uniform(0.0, 1 / HZ)
        last = start_s
        for piece in range(int((end_s - start_s) * HZ / PIECE) + 1):
            at_s = start_s + (piece * PIECE + np.arange(PIECE)) / HZ + self._rng.uniform(-0.003, 0.003, PIECE)
            crowd = self._look(at_s)
            lag_s = np.clip(LAG_S[0] + self._rng.gamma(2.0, 0.008, PIECE), *LAG_S)
            for i, measured in enumerate(at_s.tolist()):
                if measured > end_s:
                    return
                last = max(last + 1e-4, measured + float(lag_s[i]))
                if not any(b.from_s <= measured < b.to_s for b in self._blind):
                    yield measured, last, crowd[i]

    def _look(self, at_s: NDArray[np.float64]) -> list[list[PersonSeen]]:
        """Everybody in each frame, blobs merged, wrists mixed up, ghosts added, in no order."""
        near = [b for b in self._bodies if b.came_s < at_s[-1] and b.gone_s > at_s[0]]
        seen = [self._see(b, b.pose(at_s)) for b in near]
        for one, other in combinations(seen, 2):
            self._merge(one, other)
        frames: list[list[PersonSeen]] = [[] for _ in at_s]
        for s in seen:
            scores = np.clip(self._rng.normal(0.85, 0.09, at_s.size), 0.4, 0.99)
            for i in np.flatnonzero(s.here):
                hands = [_point(s.wrists[h, i]) for h in self._rng.permutation(2) if s.wrist_here[h, i]]
                look = None if s.look is None else _look_of(s.look[i])
                frames[i].append(PersonSeen(_point(s.head[i]), tuple(hands), float(scores[i]), look))
        self._haunt(frames, seen)
        for people in frames:
            if len(people) > 1:
                self._rng.shuffle(people)
        return frames

    def _see(self, body: Body, pose: Pose) -> _Seen:
        """A body without the others."""
        rng, n = self._rng, len(pose.here)
        off = np.hypot(*(pose.head[:, :2] - np.asarray(self.camera.position[:2])).T)
        missed = self._bursts(n, 0.006 * self._rough, 4.0) | (
            rng.random(n) < (0.03 + 0.05 * (off / self._reach_m) ** 3)
        )
        here = pose.here & (off < self._reach_m) & ~missed
        head = self._shift(pose.head) + rng.normal(0.0, 1.0, (n, 3)) * HEAD_SD_M * self._rough
        wrists = self._shift(pose.wrists) + rng.normal(0.0, WRIST_SD_M * self._rough, (2, n, 3))
        strays = rng.random((2, n)) < 0.015 * self._rough
        wrists[strays] += rng.normal(0.0, 0.25, (int(strays.sum()), 3))
        inside = pose.busy > 0.9
        lost = rng.random((2, n)) < np.clip(np.where(inside, 0.3, 0.22) * self._rough**0.5, 0, 0.7)
        bursts = np.stack([self._bursts(n, 0.025, 3.0) for _ in (0, 1)])
        look = None if self._tinted is None else self._tinted.look(body, pose)
        return _Seen(head, wrists, here, ~(lost | bursts), look)

    def _shift(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where this camera, not quite calibrated, believes points (…, 3) to be."""
        lens = np.asarray(self.camera.position)
        moved: NDArray[np.float64] = points + self._bias + (points - lens) * np.array([self._scale, self._scale, 0.0])
        return moved

    def _bursts(self, n: int, start: float, frames: float) -> Flags:
        """(n,): True while something is overlooked; begins with chance ``start`` a frame, lasts ``frames`` or so."""
        flags = np.zeros(n, dtype=bool)
        for i in np.flatnonzero(self._rng.random(n) < start):
            flags[i : i + 1 + min(OVERLOOKED_FRAMES, int(self._rng.exponential(frames)))] = True
        return flags

    def _merge(self, one: _Seen, other: _Seen) -> None:
        """In place: where two heads are too near, ``one`` becomes a blob and ``other`` is not there."""
        rng = self._rng
        both = one.here & other.here
        apart = np.hypot(*(one.head[:, :2] - other.head[:, :2]).T)
        blob = both & (apart < BLOB_M) & (rng.random(len(both)) < 0.85)
        part = rng.uniform(0.3, 0.7)
        mixed = part * one.head + (1 - part) * other.head
        mixed[:, 2] = np.maximum(one.head[:, 2], other.head[:, 2])
        one.head = np.where(blob[:, None], mixed, one.head)
        if one.look is not None and other.look is not None:
            one.look = np.where(blob[:, None], part * one.look + (1 - part) * other.look, one.look)
        other.here = other.here & ~blob
        swap = (blob & (rng.random(len(both)) < 0.5)) | (both & ~blob & (apart < 0.6) & (rng.random(len(both)) < 0.06))
        hand = int(rng.integers(2))
        mine, theirs = one.wrists[hand].copy(), other.wrists[hand].copy()
        one.wrists[hand] = np.where(swap[:, None], theirs, mine)
        other.wrists[hand] = np.where(swap[:, None], mine, theirs)
        one.wrist_here[hand], other.wrist_here[hand] = (
            np.where(swap, other.wrist_here[hand], one.wrist_here[hand]),
            np.where(swap, one.wrist_here[hand], other.wrist_here[hand]),
        )

    def _haunt(self, frames: list[list[PersonSeen]], seen: Sequence[_Seen]) -> None:
        """Ghosts: a pillar, a coat, a reflection a metre beside somebody, for a few frames."""
        rng = self._rng
        for i in np.flatnonzero(rng.random(len(frames)) < GHOSTS_1_S / HZ * self._rough):
            near = [s.head[i] for s in seen if s.here[i]]
            if near and rng.random() < 0.5:
                spot = near[int(rng.integers(len(near)))][:2] + rng.normal(0.0, 0.8, 2)
            else:
                spot = np.clip(
                    np.asarray(self.camera.position[:2]) + rng.uniform(-1, 1, 2) * self._reach_m, self._low, self._high
                )
            head = np.array([*spot, rng.uniform(1.0, 1.8)])
            look = None if self._tinted is None else _look_of(self._tinted.ghost())
            for frame in frames[i : i + 1 + int(rng.exponential(GHOST_FRAMES))]:
                place = _point(head + rng.normal(0.0, 0.04, 3))
                frame.append(PersonSeen(place, (), float(rng.uniform(0.3, 0.75)), look))


def _point(p: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = p.tolist()
    return x, y, z


def _look_of(seen: NDArray[np.float64]) -> tuple[float, ...] | None:
    """A look as it goes on the wire; None where there was none to be had."""
    return None if np.isnan(seen[0]) else tuple(unit(seen).tolist())
