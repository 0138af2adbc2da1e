"""Seeded chance, one stream a thing.

Every plate, camera, person and line of a story draws from a stream of its own, named by what it is. So a story that
gets one line more keeps everything else as it was, down to the noise of a plate at the other end of the shop.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random stream of the thing that ``names`` name; the same on every machine and in every process."""
    return np.random.default_rng([seed & 0xFFFFFFFF, crc32("/".join(map(str, names)).encode())])
