"""Is it worth looking? A camera above an empty aisle costs next to nothing.

Enters: thumbnails of one camera's pictures with their times, and whether somebody was seen in those that were looked
at. Leaves: which pictures to look at. Where in doubt it is looked: as long as anybody is in view, for some seconds
after anything moved, and every `LOOK_S` in any case, so that whoever stands perfectly still is not lost.

A pixel moves when it differs from the calm picture by more than it usually does. The calm picture follows slow changes
of light by itself; what an automatic exposure does to the whole picture at once (brightness and contrast) is taken out
first; and what flickers or plays all day, a screen or a fan, is learned per pixel whenever a look found nobody.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from edge.camera.picture import Thumbnail

LOOK_S: Final = 5.0
LINGER_S: Final = 3.0
CALM_S: Final = 2.0
"""The calm picture follows within so long: slower than anybody moves, faster than the sun."""
LEARN_S: Final = 8.0
LEAST: Final = 4.0
"""Grey levels of a thumbnail: so much a pixel has to differ, at least."""
TIMES: Final = 4.0
PIXELS: Final = 4
"""So many pixels have to move: a hand has nine."""
STRAY: Final = 3.0
"""What is further off than so many times the mean is no part of an exposure's change."""
LONGEST_S: Final = 1.0
"""A gap between two pictures counts at most so much."""


class Still:
    """Watches one camera's thumbnails."""

    def __init__(self) -> None:
        self._calm: Thumbnail | None = None
        self._noise: Thumbnail = np.zeros((1, 1), np.float32)
        self._off: Thumbnail = self._noise
        self._last_s = self._looked_s = self._awake_until_s = -np.inf
        self._passed_s = self._learned_s = 0.0

    def stirs(self, small: Thumbnail, at_s: float) -> bool:
        """Whether this picture should be looked at; then tell `looked`."""
        if self._calm is None or self._calm.shape != small.shape or at_s < self._last_s:
            self._begin(small)
            self._last_s, self._awake_until_s = at_s, at_s + LINGER_S
            self._looked_s = -np.inf
        self._passed_s, self._last_s = min(LONGEST_S, at_s - self._last_s), at_s
        self._off = np.abs(small - self._exposed(small))
        moved = int(np.count_nonzero(self._off > TIMES * self._noise + np.float32(LEAST)))
        if moved >= PIXELS:
            self._awake_until_s = at_s + LINGER_S
        if at_s < self._awake_until_s or at_s - self._looked_s >= LOOK_S:
            return True
        self._learn(small, CALM_S)
        return False

    def looked(self, small: Thumbnail, at_s: float, *, somebody: bool) -> None:
        """The picture of the last `stirs` was looked at, and somebody was in it, or nobody."""
        self._looked_s = at_s
        if somebody:
            self._awake_until_s = at_s + LINGER_S
        else:
            self._learn(small, 0.0)

    def _begin(self, small: Thumbnail) -> None:
        self._calm, self._noise, self._learned_s = small.copy(), np.full_like(small, 1.0), 0.0

    def _learn(self, small: Thumbnail, within_s: float) -> None:
        """Nobody is there: this is what calm looks like, and how much it flickers."""
        assert self._calm is not None
        self._learned_s = min(LEARN_S, self._learned_s + self._passed_s)
        if self._learned_s > 0.0:
            self._noise += (self._off - self._noise) * np.float32(self._passed_s / self._learned_s)
        self._calm += (small - self._calm) * np.float32(min(1.0, self._passed_s / within_s) if within_s else 1.0)

    def _exposed(self, small: Thumbnail) -> Thumbnail:
        """The calm picture as this picture's exposure would show it: ``gain * calm + offset`` fits best, without those
        pixels where somebody may be.
        """
        calm = self._calm
        assert calm is not None
        off = np.abs(small - calm)
        plain = off <= STRAY * off.mean() + 1.0
        x, y = calm[plain], small[plain]
        mean_x, mean_y = x.mean(), y.mean()
        spread = float(((x - mean_x) ** 2).mean())
        gain = float(((x - mean_x) * (y - mean_y)).mean()) / spread if spread > 1.0 else 1.0
        gain = min(2.0, max(0.5, gain))
        shown: Thumbnail = (calm - mean_x) * np.float32(gain) + mean_y
        return shown
