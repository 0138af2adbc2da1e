"""Did somebody bump against a camera? From nothing but ordinary traffic.

Enters: the `PeopleFrame` of all cameras and the shelves' events, in the order in which they came; what was learned
while all was well, if anything was. Leaves: one `CameraHealth` a camera whenever it is asked for. No clock is read.

*Heads that disagree.* Where two cameras see the same head, alone, each says where it is. A camera that hangs a little
elsewhere, or is turned a little, is off by a field over the floor that six numbers describe (three of place, three of
turn, `field`); all cameras' fields are fitted to all disagreements at once. *Hands that are not there.* A shelf knows
where something was taken; along the shelf, the hands are there too, whichever side people come from. That is coarse,
but it speaks for a camera that no other overlaps, and says which of two is wrong.

Every camera is off by some centimetres, and in its own way for years: what counts is a *change* against what was
learned (``--learn``, kept in one dated file for all cameras). Where nothing was learned, only what is gross is told.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.records import PeopleFrame, Point, ShelfEvent
from edge.store import Store
from edge.told import Sentence, joined, phrase, told

Array = NDArray[np.float64]

LOOK_S: Final = 0.4
"""Of each camera a frame so often; those between say nothing new."""
BRACKET_S: Final = 0.35
"""Two frames further apart do not say where a head was in between."""
NEAR_M: Final = 0.45
ALONE_M: Final = 0.9
"""Heads nearer than the first may be one; one with another nearer than the second may be confused."""
HEIGHTS_M: Final = 0.3
LEAST_BELOW_M: Final = 0.5
"""Heads nearer under the lens are seen by hardly any camera as one."""
HEAD_SD_M: Final = 0.06
HAND_SD_M: Final = 0.25
HAND_M: Final = 0.6
HAND_S: Final = 0.4
"""A hand that made a shelf's event was seen so near in place and time."""
BLOCK_S: Final = 20.0
"""Errors of one person are alike for a while: doubt is reckoned over such blocks."""
PRIOR: Final = np.array([0.05, 0.05, 0.05, 0.03, 0.03, 0.03])
"""m and rad: cameras are not off by much more."""
CHANGED_CM: Final = 1.7
"""Root mean square over where people are seen. A camera moved by 3 cm changes by that, one turned by 1° by 2 cm."""
GROSS_CM: Final = 15.0
SIGMAS: Final = 4.0
ENOUGH, ENOUGH_HANDS = 150, 25
"""Heads that another camera saw as well (of a busy shop two minutes), or hands at shelves."""
LEARNED = phrase("what it sees is {shift_cm:.1f} ± {error_cm:.1f} cm off since it was learned")
BESIDE = phrase("what it sees is {shift_cm:.1f} ± {error_cm:.1f} cm off beside the others")

AT_SHELF_M, EMPTY = 1.0, 0.5
"""Somebody whose head is so near to a shelf's event has a hand there, but for one time in ten."""
AMBIGUOUS: Final = 0.8
REMEMBERED: Final = 250
"""Frames of a camera: a shelf's event is known some seconds after it happened."""

Key = tuple[str, str]
SHELVES: Final = ""
"""Stands for the shelves where a second camera stands otherwise."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one camera is off against the others while all is well: `PRIOR`'s six numbers."""

    camera: str
    profile: str
    """The profile that it was learned with; another one makes it void."""
    off: tuple[float, ...]
    heads: int


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """One camera. ``shift_cm`` ± ``error_cm``: how far what it says is off, root mean square over where people are.

    ``learned``: against what was learned; else as it is. ``instead``: the camera that may have been bumped as well.
    ``empty``: share of shelf events at which somebody was seen and no hand.
    """

    camera: str
    heads: int
    hands: int
    shift_cm: float
    error_cm: float
    learned: bool
    bumped: bool
    empty: float = 0.0
    instead: str = ""

    @property
    def what(self) -> Sentence:
        if self.empty > EMPTY:
            return told(
                "at {percent:.0f} % of the moments at which shelves change it sees people and no hand there",
                percent=100 * self.empty,
            )
        off = told(LEARNED if self.learned else BESIDE, shift_cm=self.shift_cm, error_cm=self.error_cm)
        return joined(off, told("it may be {camera} instead", camera=self.instead), by="; ") if self.instead else off


def field_of(point: Array, camera: Point) -> Array | None:
    """How far a head is put beside where it is, (2, 6), per metre and radian that the camera is off; None: too near."""
    vx, vy, vz = (p - c for p, c in zip(point, camera, strict=True))
    if vz > -LEAST_BELOW_M:
        return None
    # δ + ω × v, then along the ray back to the head's height
    ax, ay = vx / vz, vy / vz
    return np.array(
        [
            [1.0, 0.0, -ax, -ax * vy, vz + ax * vx, -vy],
            [0.0, 1.0, -ay, -vz - ay * vy, ay * vx, vx],
        ]
    )


@dataclass(slots=True)
class _Sums:
    """Normal equations of what two cameras said in one block: 12 unknowns, the first camera's before the second's."""

    squares: Array = field(default_factory=lambda: np.zeros((12, 12)))
    products: Array = field(default_factory=lambda: np.zeros(12))
    count: int = 0

    def add(self, slopes: Array, off: Array, sd_m: float) -> None:
        self.squares += slopes.T @ slopes / sd_m**2
        self.products += slopes.T @ off / sd_m**2
        self.count += 1


class Traffic:
    """What all cameras of a store said about the same heads."""

    def __init__(self, store: Store) -> None:
        self._layout = store.layout
        self.profiles = {c.id: store.sights[c.id].name if c.id in store.sights else "" for c in store.layout.cameras}
        self._hang = {
            c.id: store.sights[c.id].position if c.id in store.sights else c.position for c in store.layout.cameras
        }
        self._recent: dict[str, deque[PeopleFrame]] = {c: deque(maxlen=REMEMBERED) for c in self._hang}
        self._looked_s: dict[Key, float] = defaultdict(lambda: -math.inf)
        self._sums: dict[tuple[int, Key], _Sums] = defaultdict(_Sums)
        self._seen: dict[str, Array] = {c: np.zeros((6, 6)) for c in self._hang}
        self._at_shelf: dict[str, tuple[int, int]] = dict.fromkeys(self._hang, (0, 0))
        self.frames = 0

    def hear(self, frame: PeopleFrame) -> None:
        """One frame; a camera that the store does not have is left out."""
        recent = self._recent.get(frame.camera)
        if recent is None or (recent and frame.at_s <= recent[-1].at_s):
            return
        self.frames += 1
        if recent and frame.at_s - recent[-1].at_s < BRACKET_S:
            for other, frames in self._recent.items():
                if other != frame.camera:
                    self._compare(recent[-1], frame, other, frames)
        recent.append(frame)

    def event(self, event: ShelfEvent) -> None:
        """Something was taken or put back: whose hand is there?"""
        weight = np.abs(event.change_g)
        if event.blind or not weight.sum() > 0:
            return
        gondola, shelf = self._layout.gondola_of(event.shelf), self._layout.shelf(event.shelf)
        along = (float((np.arange(len(weight)) + 0.5) @ weight / weight.sum())) * shelf.plate_width
        middle = np.array(gondola.outward((along, shelf.depth / 2, shelf.height + 0.1)))
        right = gondola.gondola_from_store[0, :2]
        for camera, frames in self._recent.items():
            people = [p for f in frames if abs(f.at_s - event.step_s) < HAND_S for p in f.people]
            near = [np.array(h) for p in people for h in p.hands if math.dist(h, middle) < HAND_M]
            if any(math.dist(p.head[:2], middle[:2]) < AT_SHELF_M for p in people):
                there, empty = self._at_shelf[camera]
                self._at_shelf[camera] = there + 1, empty + (not near)
            slopes = field_of(middle, self._hang[camera])
            if not near or slopes is None:
                continue
            off = np.median([(h - middle)[:2] @ right for h in near])
            self._seen[camera] += slopes.T @ slopes
            row = np.concatenate([right @ slopes, np.zeros(6)])[None]
            self._sums[int(event.step_s // BLOCK_S), (camera, SHELVES)].add(row, np.array([off]), HAND_SD_M)

    def part(self) -> None:
        """Another recording begins."""
        for recent in self._recent.values():
            recent.clear()

    def _compare(self, before: PeopleFrame, after: PeopleFrame, other: str, frames: deque[PeopleFrame]) -> None:
        """Heads that ``other`` saw between two frames of this camera."""
        key = (other, after.camera)
        for seen in reversed(frames):
            if seen.at_s <= before.at_s:
                return
            if seen.at_s > after.at_s or seen.at_s < self._looked_s[key] + LOOK_S:
                continue
            self._looked_s[key] = seen.at_s
            share = (seen.at_s - before.at_s) / (after.at_s - before.at_s)
            for head, there in _same(seen, before, after, share):
                # Half-way: at either end the field would be fitted to that end's own noise.
                middle = (head + there) / 2
                mine, theirs = field_of(middle, self._hang[other]), field_of(middle, self._hang[after.camera])
                if mine is None or theirs is None:
                    continue
                slopes = np.concatenate([mine, -theirs], axis=1)
                self._sums[int(seen.at_s // BLOCK_S), key].add(slopes, (head - there)[:2], HEAD_SD_M)
                self._seen[other] += mine.T @ mine
                self._seen[after.camera] += theirs.T @ theirs

    # --- judging ----------------------------------------------------------------------------------------------------

    def counts(self, camera: str) -> tuple[int, int]:
        """Heads that another camera saw as well, hands at shelves."""
        mine = [(key, s.count) for (_, key), s in self._sums.items() if camera in key]
        return sum(n for key, n in mine if SHELVES not in key), sum(n for key, n in mine if SHELVES in key)

    def _enough(self, camera: str) -> bool:
        heads, hands = self.counts(camera)
        return heads >= ENOUGH or hands >= ENOUGH_HANDS

    def learned(self, but: Collection[str] = (), before: Sequence[Agreement] = ()) -> list[Agreement]:
        """How the cameras are off now, of those that others saw often enough. Cameras that were bumped, and those that
        were hardly seen, keep what was learned ``before``: nobody wants to get used to faults.
        """
        known = [c for c in self._hang if self._enough(c)]
        off = self._fit(known, {})[0] if known else np.zeros(0)
        now = {
            c: Agreement(c, self.profiles[c], tuple(off[6 * i : 6 * i + 6].tolist()), self.counts(c)[0])
            for i, c in enumerate(known)
            if c not in but
        }
        return list(({a.camera: a for a in before} | now).values()) if now else []

    def verdict(self, agreements: Sequence[Agreement] = ()) -> list[CameraHealth]:
        """Every camera as of now. Whoever explains most is found first, and what it is off is known from then on: the
        others need not be off as well.
        """
        usual = {a.camera: np.array(a.off) for a in agreements if self.profiles.get(a.camera) == a.profile}
        learned, bumped = frozenset(usual), dict[str, CameraHealth]()
        while True:
            told = {c: self._told(c, usual, c in learned) for c in self._hang if c not in bumped}
            ill = {c: gain for c, (health, _, gain) in told.items() if health.bumped}
            if not ill:
                return [bumped.get(c) or told[c][0] for c in self._hang]
            worst = max(ill, key=lambda c: ill[c])
            rivals = {c: gain for c, gain in ill.items() if c != worst and gain > AMBIGUOUS * ill[worst]}
            health, off, _ = told[worst]
            bumped[worst] = replace(health, instead=max(rivals, key=lambda c: rivals[c], default=""))
            usual[worst] = usual.get(worst, np.zeros(6)) + off

    def _told(self, camera: str, usual: Mapping[str, Array], learned: bool) -> tuple[CameraHealth, Array, float]:
        """One camera, how it is off beyond what is usual, and how much of the disagreement that explains."""
        heads, hands = self.counts(camera)
        there, without = self._at_shelf[camera]
        empty = without / there if there >= ENOUGH_HANDS else 0.0
        if heads + hands == 0:
            return CameraHealth(camera, 0, 0, 0.0, 0.0, learned, empty > EMPTY, empty), np.zeros(6), 0.0
        off, doubt, gain = self._fit([camera], usual)
        seen = self._seen[camera] / (heads + hands)
        shift_cm = 100 * math.sqrt(max(0.0, float(off @ seen @ off)))
        error_cm = 100 * math.sqrt(max(0.0, float(np.trace(seen @ doubt))))
        limit_cm = CHANGED_CM if learned else GROSS_CM
        off_it_is = self._enough(camera) and shift_cm > limit_cm and shift_cm > SIGMAS * error_cm
        ill = off_it_is or empty > EMPTY
        return CameraHealth(camera, heads, hands, shift_cm, error_cm, learned, ill, empty), off, gain

    def _fit(self, cameras: Sequence[str], usual: Mapping[str, Array]) -> tuple[Array, Array, float]:
        """How these cameras are off, beyond what is usual: (6 n,), its covariance, and how much it explains."""
        at = {c: 6 * i for i, c in enumerate(cameras)}
        size = 6 * len(cameras)
        squares, products = np.diag(np.tile(PRIOR**-2.0, len(cameras))), np.zeros(size)
        blocks: dict[int, list[tuple[Array, Array]]] = defaultdict(list)
        for (block, key), sums in self._sums.items():
            mine = [(c, 6 * side) for side, c in enumerate(key) if c in at]
            if not mine:
                continue
            before = np.concatenate([usual.get(c, np.zeros(6)) for c in key])
            left = sums.products - sums.squares @ before
            own, product = np.zeros((size, size)), np.zeros(size)
            for c, i in mine:
                product[at[c] : at[c] + 6] += left[i : i + 6]
                for d, j in mine:
                    own[at[c] : at[c] + 6, at[d] : at[d] + 6] += sums.squares[i : i + 6, j : j + 6]
            squares, products = squares + own, products + product
            blocks[block].append((own, product))
        spread = np.linalg.inv(squares)
        off = spread @ products
        scores = [sum((p - own @ off for own, p in rows), np.zeros(size)) for rows in blocks.values()]
        meat = sum((np.outer(s, s) for s in scores), np.zeros((size, size)))
        doubt: Array = spread @ meat @ spread
        return off, doubt, float(products @ off)


def _same(seen: PeopleFrame, before: PeopleFrame, after: PeopleFrame, share: float) -> Iterator[tuple[Array, Array]]:
    """Heads of one camera that another saw before and after, each alone: where the one says, and where the other."""
    for head in _alone(seen):
        one, other = _nearest(head, before), _nearest(head, after)
        if one is None or other is None:
            continue
        there = one + share * (other - one)
        if abs(there[2] - head[2]) < HEIGHTS_M:
            yield head, there


def _alone(frame: PeopleFrame) -> list[Array]:
    heads = [np.array(p.head) for p in frame.people]
    crowded = set()
    for i, j in combinations(range(len(heads)), 2):
        if math.dist(heads[i][:2], heads[j][:2]) < ALONE_M:
            crowded |= {i, j}
    return [h for i, h in enumerate(heads) if i not in crowded]


def _nearest(head: Array, frame: PeopleFrame) -> Array | None:
    """The one head that is near; None where there is none, or a second one about."""
    apart = sorted((math.dist(head[:2], p.head[:2]), p.head) for p in frame.people)
    if not apart or apart[0][0] > NEAR_M or (len(apart) > 1 and apart[1][0] < ALONE_M):
        return None
    return np.array(apart[0][1])
