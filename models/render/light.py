"""How a shop is lit: many lamps under the ceiling, and often one side that is brighter.

Enters: points and normals (n, 3) each, store frame. Leaves: how much light falls there (n,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.render.solids import Array


@dataclass(frozen=True, slots=True)
class Light:
    """``ambient``: what reaches everything; ``above``: what a ceiling full of lamps adds to what looks up; ``side``:
    what comes from the direction ``towards`` (3,) the light; ``pools``: how uneven the lamps make it, 0…1, with lamps
    ``apart_m`` apart and ``shift`` (2,).
    """

    ambient: float
    above: float
    side: float
    towards: Array
    pools: float = 0.0
    apart_m: float = 2.0
    shift: tuple[float, float] = (0.0, 0.0)

    def on(self, points: Array, normals: Array) -> Array:
        light = self.ambient + self.above * (0.5 + 0.5 * normals[:, 2])
        light = light + self.side * np.clip(normals @ self.towards, 0.0, 1.0)
        if self.pools:
            turn = 2 * np.pi / self.apart_m
            wave = np.cos((points[:, 0] + self.shift[0]) * turn) * np.cos((points[:, 1] + self.shift[1]) * turn)
            light = light * (1.0 + self.pools * wave)
        return light.astype(np.float32)
