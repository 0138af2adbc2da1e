"""What the shop looks like with nobody in it, so that the network is told what is new in a picture.

Enters: one camera's pictures as the network sees them, in their order, and where people were found in them. Leaves: for
each pixel how unlike the empty shop it is, 0…255 (`NEW`: quite, or nobody knows yet). A head on a floor of its own
colour, a hand before goods, a ball on a shelf: what one picture leaves open, the picture of the empty shop decides.

*What others do.* Background subtraction (Stauffer & Grimson 1999, KNN, ViBe) decides for itself which pixels are
foreground, and detectors of people look at single pictures. Here the network weighs both: a difference is one more
colour of its input, which it has learned to doubt, for goods come and go, exposures change, and somebody who stood
still for long may have been taken for furniture.

*How it is learned.* Each pixel goes a few levels a second towards what it shows (a running median: Manzanera & Richefeu
2007), but not near people. Whoever walks past unnoticed leaves no trace, a product that was taken is forgotten within a
minute, and so is a shelf that was filled. The exposure is taken out first: one factor for the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.picture import DULL, Picture

Plane: TypeAlias = NDArray[np.uint8]
"""(height, width)."""

NEW: Final = 255
TIMES: Final = 4.0
"""A difference of a quarter of all levels is as new as can be."""
HOLD_S: Final = 10.0
"""Where somebody was found, nothing is learned for so long: they may be missed in some frames."""
PULL: Final = 0.9
"""This power of the exposure is taken out: the rest draws the memory's exposure towards the camera's, since one that
began too bright could not hold what is white now."""
LEVELS_S: Final = 2.0
"""So many levels a second a pixel goes towards what it shows."""
EVERY_S: Final = 1.0
SAMPLE: Final = 12
"""The exposure is compared on one pixel in so many, across and down."""
DARK, BRIGHT = 12, 243
"""Beyond these levels a pixel says nothing about exposure."""
LEAST_SAMPLES: Final = 50
EXPOSURES = 0.5, 2.0
"""A camera's exposure changes by no more than that."""
AROUND: Final = (5, 5)
"""A pixel is as new as its neighbourhood is."""


@dataclass(frozen=True, slots=True, eq=False)
class Newness:
    """How unlike the empty shop a picture is, which the network saw ``scale`` times as large, ``left`` and ``top``
    pixels from its corner.
    """

    plane: Plane
    scale: tuple[float, float]
    left: int
    top: int

    def at(self, pixels: NDArray[np.float64], *, around: bool = True) -> NDArray[np.float64]:
        """About pixels (n, 2) of the picture: (n,), 0…1; 0 where a lens sees none (NaN). ``around``: they and their
        neighbours.
        """
        near = cv2.blur(self.plane, AROUND) if around else self.plane
        spots = (pixels + 0.5) * self.scale + (self.left, self.top) - 0.5
        x, y = np.rint(np.nan_to_num(spots).clip(0, (near.shape[1] - 1, near.shape[0] - 1))).astype(int).T
        return np.where(np.isfinite(spots).all(axis=1), near[y, x] / NEW, 0.0)


class Background:
    """One camera's. Pictures are all of one size; one of another size begins anew."""

    _empty: Picture
    _unknown: Plane
    _held: Plane
    """How lately somebody was found there."""
    _learned_s: float

    def __init__(self, empty: Picture | None = None) -> None:
        """``empty``: what is known already."""
        self._begin((1, 1, 3) if empty is None else empty.shape)
        if empty is not None:
            self._empty[...] = empty
            self._unknown[...] = 0

    def novelty(self, picture: Picture) -> Plane:
        """How new each pixel is; good until the next picture."""
        if self._empty.shape != picture.shape:
            self._begin(picture.shape)
        found = novelty(picture, self._empty, exposure(picture, self._empty), self._paper)
        cv2.max(found, self._unknown, dst=found)
        return found

    def due(self, at_s: float) -> bool:
        """Whether there is something to learn again; `learn` asks, too."""
        return not 0.0 <= at_s - self._learned_s < EVERY_S

    def learn(self, picture: Picture, at_s: float, people: NDArray[np.float64]) -> None:
        """Of everything that is not near ``people`` (n, 3): x, y and radius, pixels."""
        if self._empty.shape != picture.shape or at_s < self._learned_s:
            self._begin(picture.shape)
        passed_s = min(HOLD_S, at_s - self._learned_s)
        if not self.due(at_s) or float(picture[::SAMPLE, ::SAMPLE].std()) < DULL:
            return
        self._learned_s = at_s
        cv2.subtract(self._held, round(NEW * passed_s / HOLD_S), dst=self._held)  # type: ignore[call-overload]
        for x, y, radius in np.rint(people).astype(int).tolist():
            cv2.circle(self._held, (x, y), radius, NEW, cv2.FILLED)
        free = cv2.compare(self._held, 0, cv2.CMP_EQ)  # type: ignore[call-overload]
        known, first = cv2.bitwise_and(free, cv2.bitwise_not(self._unknown)), cv2.bitwise_and(free, self._unknown)
        levels = np.uint8(round(LEVELS_S * passed_s))
        shown, step = self._paper.shown, self._paper.off
        cv2.convertScaleAbs(picture, dst=shown, alpha=exposure(picture, self._empty) ** -PULL)
        cv2.subtract(shown, self._empty, dst=step)
        cv2.add(self._empty, np.minimum(step, levels, out=step), dst=self._empty, mask=known)
        cv2.subtract(self._empty, shown, dst=step)
        cv2.subtract(self._empty, np.minimum(step, levels, out=step), dst=self._empty, mask=known)
        cv2.copyTo(shown, first, self._empty)
        cv2.bitwise_and(self._unknown, cv2.bitwise_not(free), dst=self._unknown)

    def _begin(self, size: tuple[int, ...]) -> None:
        """Nothing is known."""
        self._empty, self._paper = np.zeros(size, np.uint8), _Paper(size)
        self._unknown, self._held = np.full(size[:2], NEW, np.uint8), np.zeros(size[:2], np.uint8)
        self._learned_s = -np.inf


class _Paper:
    """What pictures of one size are computed on: to ask for a megabyte anew takes longer than to fill it."""

    def __init__(self, size: tuple[int, ...]) -> None:
        self.shown, self.off = np.empty(size, np.uint8), np.empty(size, np.uint8)
        self.planes = [np.empty(size[:2], np.uint8) for _ in range(3)]


def novelty(picture: Picture, empty: Picture, gain: float, paper: _Paper | None = None) -> Plane:
    """How unlike the empty shop, shown ``gain`` times as bright, each pixel of a picture is."""
    paper = paper or _Paper(picture.shape)
    cv2.convertScaleAbs(empty, dst=paper.shown, alpha=gain)
    cv2.absdiff(picture, paper.shown, dst=paper.off)
    cv2.split(paper.off, paper.planes)
    most, green, red = paper.planes
    cv2.max(most, green, dst=most)
    cv2.max(most, red, dst=most)
    return np.asarray(cv2.convertScaleAbs(most, dst=most, alpha=TIMES), np.uint8)


def exposure(picture: Picture, empty: Picture) -> float:
    """How many times brighter a picture is than the empty shop's, by most of their pixels."""
    one, other = picture[::SAMPLE, ::SAMPLE, 1].ravel(), empty[::SAMPLE, ::SAMPLE, 1].ravel()
    told = (one > DARK) & (one < BRIGHT) & (other > DARK) & (other < BRIGHT)
    if int(np.count_nonzero(told)) < LEAST_SAMPLES:
        return 1.0
    low, high = EXPOSURES
    return float(np.clip(np.median(one[told] / other[told].astype(np.float32)), low, high))
