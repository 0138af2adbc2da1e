"""Appearance: how much two views of people's heads and shoulders speak for one person (re-identification).

Enters: the vectors that camera nodes send with heads (`PersonSeen.embedding`). Leaves: log-likelihood ratios. Nothing
about the vectors' scale or length is assumed: how alike one person looks twice, in one camera and between two, and how
alike two people look, is learned from the floor itself, and a camera whose vectors tell nobody apart is worth nothing.

Vectors are features of hair and clothes seen from above, of one visit: they are kept with the tracks and visits that
they belong to, and go with them.
"""

from edge.appearance.gallery import NOBODY, Gallery, Vector, merged, unit
from edge.appearance.gauge import Gauges, alike, learn, tells_nobody_apart

__all__ = [
    "NOBODY",
    "Gallery",
    "Gauges",
    "Vector",
    "alike",
    "learn",
    "merged",
    "tells_nobody_apart",
    "unit",
]
