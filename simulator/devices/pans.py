"""What weighs down on a double's plates at this moment.

Enters: loads that somebody puts there or takes away, or readings that are said outright. Leaves: grams a plate, and
whether it moves. The forces are the simulator's (`simulator.forces`): a load comes within a tenth of a second, the
plate rings, the cell creeps. Times are seconds of any clock that only goes forward. May be used from several threads.
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from simulator.chance import stream
from simulator.forces import ENDED, Force, Grams, Step, loads

OVER_S = 0.12
"""A thing that is set down has its weight on the plate within this time."""


class Pans:
    """``count`` plates with a noise of ``noise_g`` (standard deviation)."""

    def __init__(self, count: int, noise_g: float, seed: int = 1) -> None:
        self.count, self.noise_g = count, noise_g
        self._rng = stream(seed, "pans", count)
        self._rest_g = np.zeros(count)
        self._steps: list[Step] = []
        self._said: dict[int, float | None] = {}
        self._lock = Lock()

    def put(self, plate: int, change_g: float, at_s: float) -> None:
        """Put ``change_g`` on a plate (1-based), or take it away."""
        change = np.zeros(self.count)
        change[self._index(plate)] = change_g
        with self._lock:
            if plate in self._said:
                self._stand(plate, self._said.pop(plate) or 0.0, at_s)
            self._steps.append(Step(at_s, change, OVER_S))

    def say(self, plate: int, mass_g: float | None) -> None:
        """The plate reads just this from now on; None: it cannot be read."""
        self._index(plate)
        with self._lock:
            self._said[plate] = mass_g

    def read(self, at_s: float) -> list[float | None]:
        """What the cells say, one number a plate."""
        with self._lock:
            mass_g = self._load(at_s) + self._rng.normal(0.0, 1.0, self.count) * self.noise_g
            return [self._said.get(i + 1, float(g)) for i, g in enumerate(mass_g)]

    def moves(self, plate: int, at_s: float) -> bool:
        """Something was put there or taken away, and the plate still rings."""
        i = self._index(plate)
        with self._lock:
            return any(s.change_g[i] and at_s < s.began_s + s.over_s + ENDED * s.ring_s for s in self._steps)

    def _load(self, at_s: float) -> Grams:
        over = [s for s in self._steps if s.ended_s < at_s]
        for step in over:
            self._rest_g = self._rest_g + step.stays_g
            self._steps.remove(step)
        acting: list[Force] = [*self._steps]
        total: Grams = loads(acting, self._rest_g, np.array([at_s]))[:, 0]
        return total

    def _stand(self, plate: int, mass_g: float, at_s: float) -> None:
        """From being told what to say to weighing again, without a jump."""
        self._rest_g = self._rest_g.copy()
        self._rest_g[plate - 1] += mass_g - self._load(at_s)[plate - 1]

    def _index(self, plate: int) -> int:
        if not 1 <= plate <= self.count:
            raise ValueError(f"there is no plate {plate}: plates are 1 to {self.count}")
        return plate - 1
