"""The runtime's time: UNIX seconds that never go backwards, whatever is done to the PC's clock.

What has happened is ordered by when it was received, so that time must not repeat: a clock that is set back would make
an hour of weights and passages look like the past. Set forward, the runtime follows at once; set back, it goes on by
itself until the PC's clock has caught up, and staff see that. After a restart it goes on behind what was recorded,
unless that would take long and nobody is in the shop: then it begins anew, in the PC's time (`edge.daemon.recovery`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.told import NOTHING, Sentence, told

SET_BACK_S = 0.5
"""The PC's clock is steered in smaller steps than this; a larger one back means that it was set."""

Reading = Callable[[], float]


class Clock:
    """Safe to ask from any thread."""

    def __init__(self, wall: Reading = time.time, steady: Reading = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._last_s = 0.0
        self._own: tuple[float, float] | None = None
        """(time, steady reading) from which the runtime's time goes on by itself."""
        self._behind_s = 0.0

    def now_s(self) -> float:
        """The time now, never before any that was given."""
        with self._lock:
            wall_s, steady_s = self._wall(), self._steady()
            now_s = wall_s
            if self._own is not None:
                now_s = self._own[0] + steady_s - self._own[1]
                if wall_s >= now_s - SET_BACK_S:
                    self._own, now_s = None, wall_s
            elif wall_s < self._last_s - SET_BACK_S:
                self._own, now_s = (self._last_s, steady_s), self._last_s
            self._behind_s = now_s - wall_s if self._own is not None else 0.0
            self._last_s = max(self._last_s, now_s)
            return self._last_s

    def not_before(self, at_s: float) -> None:
        """Recorded time ended there: go on behind it."""
        with self._lock:
            self._last_s = max(self._last_s, at_s)

    def behind_s(self, at_s: float) -> float:
        """How far the PC's clock is behind a recorded time; never negative."""
        return max(0.0, at_s - self._wall())

    def trouble(self) -> Sentence:
        """What is wrong with the PC's clock; empty: nothing."""
        if self._behind_s < SET_BACK_S:
            return NOTHING
        return told(
            "this PC's clock was set back by {by_s:.0f} s, and the runtime goes on by its own. If it is right now "
            "(timedatectl), restart the runtime when nobody is in the shop; if not, set it right",
            by_s=self._behind_s,
        )


class RehearsalClock(Clock):
    """The time of a recording that is played into a real shop, ``speed`` times as fast as it happened."""

    def __init__(self) -> None:
        super().__init__()
        self._anchor = (0.0, time.monotonic(), 0.0)

    def not_before(self, at_s: float) -> None:
        """Until a rehearsal begins, time stands where recorded time ended."""
        self._anchor = (at_s, time.monotonic(), 0.0)

    def rehearse(self, at_s: float, speed: float) -> None:
        """From now on it is ``at_s``, and time passes ``speed`` times as fast."""
        self._anchor = (at_s, time.monotonic(), speed)

    def now_s(self) -> float:
        """Stands still until a rehearsal begins."""
        at_s, steady_s, speed = self._anchor
        return at_s + (time.monotonic() - steady_s) * speed

    def behind_s(self, at_s: float) -> float:
        """A rehearsal begins wherever it wants to."""
        return 0.0

    def trouble(self) -> Sentence:
        """A rehearsal needs no clock."""
        return NOTHING
