"""How well people are told apart by what they look like, and what tells them apart.

Enters: rendered shops in which the same people are seen again and again (`models.render.again`), through the very code
that the camera node runs: the detector, the places, the features. Leaves: the projection that the node reads (`fit`),
and how alike the vectors of one person and of two are (`Figures`), within one camera and between two. Only people of
one shop are compared: nobody else is ever mixed up.

The projection is a linear discriminant (Fisher 1936) with a ridge: within-person scatter is made round, and each
direction is shortened by how much of it is noise, as probabilistic discriminant analysis does (Ioffe 2006). What all
the people of a shop have in common, its light, tells none of them apart, and is no part of what lies between people.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.appearance import Colours, features, projected
from edge.camera.detect import Detector
from edge.camera.people import people
from edge.records import PersonSeen
from models.evaluate import WHOLE
from models.render.again import SIZE, Shot, Watch, is_sober, watches

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

NUMBERS = 24
"""Of a vector."""
RIDGE = 0.5
"""Of the mean within-person variance, added to each direction's."""
NEAR_M = 0.25
"""Who was put so near to a head is taken for its owner, unless two may be."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Features (n, numbers) with whose they are: shop, camera and person (n,)."""

    told: Array
    shop: NDArray[np.int64]
    camera: NDArray[np.int64]
    person: NDArray[np.int64]

    @property
    def whose(self) -> NDArray[np.int64]:
        """A number for each person of each shop (n,)."""
        pairs = np.column_stack([self.shop, self.person])
        return np.asarray(np.unique(pairs, axis=0, return_inverse=True)[1], np.int64).ravel()

    def of(self, which: Flags) -> Sightings:
        return Sightings(self.told[which], self.shop[which], self.camera[which], self.person[which])


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Cosines of pairs of vectors: of one person or two, under one camera or two. ``share``: of those who were found,
    who have a vector.
    """

    one_here: Array
    one_there: Array
    two_here: Array
    two_there: Array
    share: float

    @property
    def here(self) -> float:
        """The chance that two vectors of one person are more alike than those of two, under one camera (AUC)."""
        return auc(self.one_here, self.two_here)

    @property
    def there(self) -> float:
        """The same between two cameras."""
        return auc(self.one_there, self.two_there)


def seen_again(
    split: str, shops: int, seed: int, *, size: tuple[int, int] = SIZE, detector: Path | None = None,
    processes: int = 0, told: Callable[[], None] | None = None,
) -> Sightings:  # fmt: skip
    """Everybody whom the node finds in so many shops; ``told`` hears of each that is done."""
    found = []
    tasks = [(split, number, seed, size, detector) for number in range(shops)]
    with multiprocessing.get_context("spawn").Pool(processes or None) as pool:
        for one in pool.imap(_shop, tasks):
            found.append(one)
            if told is not None:
                told()
    return Sightings(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _shop(task: tuple[str, int, int, tuple[int, int], Path | None]) -> tuple[Array, *tuple[NDArray[np.int64], ...]]:
    split, number, seed, size, file = task
    cv2.setNumThreads(1)
    detector = Detector(file)
    told, cameras, persons = [], [], []
    for camera, watch in enumerate(watches(split, number, seed, size=size)):
        for vectors, who in sightings(watch, detector):
            told.append(vectors)
            cameras += [camera] * len(who)
            persons += who
    all_told = np.concatenate(told)
    return all_told, np.full(len(all_told), number), np.array(cameras, np.int64), np.array(persons, np.int64)


def sightings(watch: Watch, detector: Detector) -> list[tuple[Array, list[int]]]:
    """Picture by picture: features (n, numbers) of those who were found, and their numbers."""
    known, colours = detector.knowing(watch.empty), Colours()
    colours.learn(watch.empty, 0.0)
    found = []
    for shot in watch.shots:
        detections = detector.detect(shot.picture, known)
        pairs = _whose(people(detections, watch.view), shot)
        if pairs:
            heads = np.array([person.head for person, _ in pairs])
            told = features(shot.picture, heads, detections.new, watch.view, colours.grey)
            found.append((told, [who for _, who in pairs]))
    return found


def _whose(found: list[PersonSeen], shot: Shot) -> list[tuple[PersonSeen, int]]:
    """Who was found, where that is beyond doubt."""
    pairs = []
    for person in found:
        near = [(who, seen) for who, seen in shot.people if math.dist(person.head, seen.head) < NEAR_M]
        if len(near) == 1 and near[0][1].head_seen >= WHOLE:
            pairs.append((person, near[0][0]))
    return pairs


def fit(seen: Sightings) -> tuple[Array, Array]:
    """(middle (numbers,), weights (numbers, `NUMBERS`)): what `edge.camera.appearance.projected` wants."""
    middle, scale = np.nanmean(seen.told, axis=0), np.nanstd(seen.told, axis=0) + 1e-6
    x, whose = np.nan_to_num((seen.told - middle) / scale), seen.whose
    often = np.bincount(whose)
    means = np.zeros((len(often), x.shape[1]))
    np.add.at(means, whose, x)
    means /= often[:, None]
    within = x - means[whose]
    noise = within.T @ within / (len(x) - len(often))
    shop = np.zeros(len(often), np.int64)
    shop[whose] = np.unique(seen.shop, return_inverse=True)[1]
    common = np.zeros((shop[-1] + 1, x.shape[1]))
    np.add.at(common, shop, means)
    common /= np.bincount(shop)[:, None]
    twice = often > 1
    apart = (means - common[shop])[twice]
    between = apart.T @ apart / (len(apart) - len(common)) - noise * np.mean(1.0 / often[twice])
    noise += RIDGE * np.trace(noise) / len(noise) * np.eye(len(noise))
    round_ = np.linalg.inv(np.linalg.cholesky(noise))
    values, ways = np.linalg.eigh(round_ @ between @ round_.T)
    best = np.argsort(-values)[:NUMBERS]
    kept = np.maximum(values[best], 0.0)
    weights = (round_.T @ ways[:, best]) * np.sqrt(kept / (1.0 + kept)) / scale[:, None]
    return middle, weights


def save(path: Path, middle: Array, weights: Array) -> None:
    """Write a projection as the node reads it, in half precision."""
    np.savez_compressed(path, middle=middle.astype(np.float16), weights=weights.astype(np.float16))


def load(path: Path) -> tuple[Array, Array]:
    """(middle (features,), weights (features, numbers)) of a projection that `save` wrote."""
    with np.load(path) as told:
        return told["middle"].astype(np.float64), told["weights"].astype(np.float64)


def measure(seen: Sightings, middle: Array, weights: Array) -> Figures:
    """Compare all vectors of each shop with each other."""
    vectors = np.round(projected(seen.told, middle, weights), 3)
    known = ~np.isnan(vectors[:, 0])
    kept, vectors = seen.of(known), vectors[known]
    one, other = np.triu_indices(len(vectors), 1)
    pair = kept.shop[one] == kept.shop[other]
    one, other = one[pair], other[pair]
    cosines = np.einsum("ij,ij->i", vectors[one], vectors[other])
    same, here = kept.person[one] == kept.person[other], kept.camera[one] == kept.camera[other]
    parts = [cosines[of & at] for of in (same, ~same) for at in (here, ~here)]
    return Figures(parts[0], parts[1], parts[2], parts[3], float(known.mean()))


def auc(higher: Array, lower: Array) -> float:
    """The chance that one of ``higher`` is above one of ``lower`` (Mann and Whitney); NaN where there are none."""
    if not len(higher) or not len(lower):
        return math.nan
    ranks = np.argsort(np.argsort(np.concatenate([higher, lower]))) + 1.0
    above = ranks[: len(higher)].sum() - len(higher) * (len(higher) + 1) / 2
    return float(above / (len(higher) * len(lower)))


def table(seen: Sightings, middle: Array, weights: Array) -> str:
    """All figures, for people."""
    sober = np.array([is_sober(int(shop)) for shop in seen.shop], np.bool_)
    lines = [
        f"{len(seen.told)} sightings of {len(np.unique(seen.whose))} people in {len(np.unique(seen.shop))} shops",
        "",
        "| dress | AUC, one camera | AUC, two | one person, one camera | one, two cameras | two people, one camera "
        "| two, two | with a vector |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, which in {"sober": sober, "any": ~sober, "both": np.ones_like(sober)}.items():
        if which.any():
            f = measure(seen.of(which), middle, weights)
            spread = " | ".join(_spread(cosines) for cosines in (f.one_here, f.one_there, f.two_here, f.two_there))
            lines.append(f"| {name} | {f.here:.3f} | {f.there:.3f} | {spread} | {f.share:.0%} |")
    return "\n".join(lines)


def _spread(cosines: Array) -> str:
    return f"{cosines.mean():.2f} ± {cosines.std():.2f}"
