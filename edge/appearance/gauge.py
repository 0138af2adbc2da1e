"""How alike one person looks twice, and two people: learned, and turned into a log-likelihood ratio.

Likeness is the cosine of two vectors. Each camera has two gauges: against its own views of somebody, and against other
cameras' views, which light and lens make less alike. A gauge keeps the mean and spread of likeness of one person and of
two. Somebody may always be dressed like somebody else, and a view may always be spoilt: so no likeness proves much more
than that it is one of those, and no unlikeness that it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from edge.appearance.gallery import Gallery, Vector

MEMORY = 1500.0
"""A gauge follows so many latest likenesses."""

LEAST, ENOUGH = 20.0, 80.0
"""Before so many likenesses of one person and of two a gauge says nothing, and from so many on all that it can."""

DRESSED_ALIKE = 0.05
"""Of two people so many look like one: no likeness is worth more than three nats."""

SPOILT = 0.02
"""A view of somebody is spoilt so often, by an arm, a bag, a shadow: then it is like anything."""

LEAST_SPREAD = 0.01

USELESS = 0.5
"""Where one person and two differ by fewer spreads than this, vectors tell nobody apart."""


@dataclass(slots=True)
class Spread:
    """Mean and variance of a likeness, and of how many."""

    count: float = 0.0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, likeness: float) -> None:
        """One more."""
        self.count = min(self.count + 1.0, MEMORY)
        off = likeness - self.mean
        self.mean += off / self.count
        self.variance += (off * (likeness - self.mean) - self.variance) / self.count


@dataclass(slots=True)
class Gauge:
    """Likeness of one person's views, and of two people's."""

    one: Spread = field(default_factory=Spread)
    two: Spread = field(default_factory=Spread)

    def worth(self) -> float:
        """How far (0 to 1) it can be believed: it has seen enough, and tells people apart."""
        seen = (min(self.one.count, self.two.count) - LEAST) / (ENOUGH - LEAST)
        if seen <= 0.0 or self.apart() < USELESS:
            return 0.0
        return min(1.0, seen) * min(1.0, self.apart() - USELESS)

    def apart(self) -> float:
        """By how many spreads the likeness of one person and of two differ."""
        spread = math.sqrt((self.one.variance + self.two.variance) / 2)
        return (self.one.mean - self.two.mean) / max(spread, LEAST_SPREAD)

    def densities(self, likeness: float) -> tuple[float, float]:
        """Log-density of a likeness for one person and for two. More alike than usual is as alike as can be."""
        return _normal(min(likeness, self.one.mean), self.one), _normal(max(likeness, self.two.mean), self.two)


def _normal(likeness: float, spread: Spread) -> float:
    sigma = max(math.sqrt(spread.variance), LEAST_SPREAD)
    return -0.5 * ((likeness - spread.mean) / sigma) ** 2 - math.log(sigma)


@dataclass(slots=True)
class Gauges:
    """Camera -> its gauges."""

    within: dict[str, Gauge] = field(default_factory=dict)
    across: dict[str, Gauge] = field(default_factory=dict)


def learn(gauges: Gauges, camera: str, vector: Vector, gallery: Gallery, *, one: bool) -> None:
    """A view by ``camera`` and the gallery of the same person (``one``), or of another."""
    for found, likeness in _likenesses(gauges, camera, vector, gallery):
        (found.one if one else found.two).add(likeness)


def alike(gauges: Gauges, query: Gallery, known: Gallery) -> float:
    """How much ``query`` speaks for being the person of ``known`` rather than another: a log-likelihood ratio. 0 where
    nothing can be compared. Cameras see the same hair and clothes, so their densities are averaged, not multiplied.
    """
    if not known:
        return 0.0
    worth = one = two = 0.0
    for camera, (vector, _) in query.items():
        for gauge, likeness in _likenesses(gauges, camera, vector, known, most=1):
            share = gauge.worth()
            if share > 0.0:
                of_one, of_two = gauge.densities(likeness)
                worth, one, two = worth + share, one + share * of_one, two + share * of_two
    if worth <= 0.0:
        return 0.0
    one, two = one / worth, two / worth
    spoilt = math.log(SPOILT) + two
    one_said = max(one, spoilt) + math.log1p(math.exp(-abs(one - spoilt)))
    dressed = math.log(DRESSED_ALIKE) + one
    two_said = max(two, dressed) + math.log1p(math.exp(-abs(two - dressed)))
    return (one_said - two_said) * min(1.0, worth)


def tells_nobody_apart(gauges: Gauges, camera: str) -> bool:
    """Whether a camera has sent enough vectors to know that they are worth nothing."""
    gauge = gauges.within.get(camera)
    return gauge is not None and min(gauge.one.count, gauge.two.count) >= ENOUGH and gauge.apart() < USELESS


def _likenesses(
    gauges: Gauges, camera: str, vector: Vector, gallery: Gallery, most: int = 2
) -> list[tuple[Gauge, float]]:
    """(gauge, cosine) of a view and a gallery's: by the camera's own views, and by the others', ``most`` of the two:
    where the own are there, they say more.
    """
    found: list[tuple[Gauge, float]] = []
    length = math.sqrt(float(vector.dot(vector)))
    own = gallery.get(camera)
    if own is not None and own[0].shape == vector.shape:
        found.append((_gauge(gauges.within, camera), _cosine(vector, length, own[0])))
    if len(found) < most:
        others = [
            mean
            for name, (mean, _) in gallery.items()
            if name != camera and mean.shape == vector.shape and not tells_nobody_apart(gauges, name)
        ]
        if others:
            likeness = sum(_cosine(vector, length, mean) for mean in others) / len(others)
            found.append((_gauge(gauges.across, camera), likeness))
    return found


def _gauge(gauges: dict[str, Gauge], camera: str) -> Gauge:
    gauge = gauges.get(camera)
    if gauge is None:
        gauge = gauges[camera] = Gauge()
    return gauge


def _cosine(vector: Vector, length: float, mean: Vector) -> float:
    square = float(mean.dot(mean))
    return float(vector.dot(mean)) / (length * math.sqrt(square)) if square > 0.0 else 0.0
