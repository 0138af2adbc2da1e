"""Looks: what hair and clothes come to in numbers, and what each camera makes of them.

Enters: everybody who is in the play. Leaves: for each of them a unit vector, and for each camera vectors near it, as a
node makes them (`edge.camera.appearance`). People are alike, some of them very; a camera sees everybody in a tint of
its own, from each place and side a little different, and each picture is noisy, some of them much. Standing still does
not average the second of these away. How much all this is, is what a node's vectors of soberly dressed people were
measured to have (`python -m models looks`, models/README.md). All of it is drawn from streams of its own: who leaves
vectors out hears the very same frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.chance import stream
from simulator.people import Body, Pose

Vectors = NDArray[np.float64]

SIZE = 16
COMMON = 0.32
"""Of a look's square, what everybody has: a head above shoulders. The mean cosine of two people."""
DECAY = 0.6
"""Each number tells less than the one before: there is more light and dark than there are colours."""
DOUBLES = 1 / 7
"""Of those who come in, dressed like one of the `BEFORE` who came before …"""
BEFORE = 6
ALIKE = 0.8
"""… with so large a cosine between them."""
TINT = 0.27
"""Length of what one camera adds to everybody's unit vector …"""
PLACE = 0.36
"""… of what a place and a heading add to one person's (standard deviation) …"""
NOISE = 0.30
"""… and one picture, times the exponential of …"""
UNEVEN = 0.6
"""… so much (standard deviation): an arm, a brim, a bag, somebody before them."""
ROOM_M = 0.8
"""So far on, somebody looks different again."""
WAVES = 24
UNSEEN = 0.03
"""Sightings without a look: at the picture's edge, or behind somebody."""


def looks_of(bodies: Sequence[Body], seed: int) -> list[Vectors]:
    """Everybody's look, a unit vector (`SIZE`,), in the order of ``bodies``."""
    looks: list[Vectors] = []
    for body in bodies:
        rng = stream(seed, "look", body.name, body.visit)
        own, before = _somebody(rng), looks[-BEFORE:]
        double, whose = rng.random() < DOUBLES, rng.random()
        looks.append(_near(before[int(whose * len(before))], own) if before and double else own)
    return looks


def _somebody(rng: np.random.Generator) -> Vectors:
    own = rng.normal(0.0, 1.0, SIZE) * DECAY ** np.arange(SIZE)
    return unit(np.sqrt(COMMON / SIZE) + np.sqrt(1 - COMMON) * unit(own))


def _near(other: Vectors, own: Vectors) -> Vectors:
    """The look at a cosine of `ALIKE` from another one, towards one's own."""
    aside = unit(own - own @ other * other)
    near: Vectors = ALIKE * other + np.sqrt(1 - ALIKE**2) * aside
    return near


def unit(vectors: Vectors) -> Vectors:
    """The same (…, `SIZE`), each of length one."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


class Tinted:
    """What one camera makes of everybody's look. ``roughness`` scales what it adds to them."""

    def __init__(self, camera: str, bodies: Sequence[Body], roughness: float, seed: int) -> None:
        self._rough = roughness
        self._rng = stream(seed, "look", "camera", camera)
        self._tint = TINT * roughness * unit(self._rng.normal(0.0, 1.0, SIZE))
        self._gazes = {
            (body.name, body.visit): _Gaze(look, stream(seed, "look", "camera", camera, body.name, body.visit))
            for body, look in zip(bodies, looks_of(bodies, seed), strict=True)
        }

    def look(self, body: Body, pose: Pose) -> Vectors:
        """(n, `SIZE`), not of length one yet: blobs are mixed of them. Rows of NaN where there is none to be had."""
        gaze, n = self._gazes[body.name, body.visit], len(pose.here)
        noise = gaze.rng.normal(0.0, SIZE**-0.5, (n, SIZE)) * np.exp(gaze.rng.normal(0.0, UNEVEN, (n, 1)))
        seen: Vectors = gaze.look + self._tint + self._rough * (NOISE * noise + PLACE * gaze.aside(pose))
        seen[gaze.rng.random(n) < UNSEEN] = np.nan
        return seen

    def ghost(self) -> Vectors:
        """What is no person looks like somebody whom nobody knows: (`SIZE`,)."""
        return _somebody(self._rng) + self._tint


class _Gaze:
    """One camera on one person."""

    def __init__(self, look: Vectors, rng: np.random.Generator) -> None:
        self.look, self.rng = look, rng
        self._waves = rng.normal(0.0, 1.0, (4, WAVES))
        self._phase = rng.uniform(0.0, 2 * np.pi, WAVES)
        self._aside = rng.normal(0.0, SIZE**-0.5, (WAVES, SIZE))

    def aside(self, pose: Pose) -> Vectors:
        """How much else they look like from where they are and as they stand: (n, `SIZE`), of length one or so. A
        smooth random function (random Fourier features, Rahimi and Recht 2007).
        """
        stands = np.column_stack([pose.middle / ROOM_M, np.cos(pose.heading), np.sin(pose.heading)])
        wave = np.cos(stands @ self._waves + self._phase) * np.sqrt(2 / WAVES)
        aside: Vectors = wave @ self._aside
        return aside
