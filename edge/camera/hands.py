"""Whose hand: each hand of a picture goes to the person whose arm it ends.

Enters: where the heads of a frame are, what was found of hands and elbows, and what is new in the picture. Leaves: for
each head its hands, in the store frame; a hand whose owner is in doubt goes to both, one that is nobody's of these to
none. Three things are weighed. *Reach*: how far it is from whose shoulders. *The elbow*: a forearm from the hand and an
upper arm from there, each of a length that arms have. *The arm itself*: what lies between somebody's shoulders and
their hand is new all the way, while between two people it is floor.

*What others do.* Ceiling systems give a hand to the nearest head, and whoever stands shoulder to shoulder is charged
for the other's. Networks that join joints by what lies between them (Cao et al. 2017, part affinity fields) learn that
from pictures; here the empty shop tells it, and the lengths are metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge.camera.background import Newness
from edge.camera.detect import Detections
from edge.camera.rays import along, filled, placed
from edge.optics import View

Array = NDArray[np.float64]

HAND_SIZE_SD = 0.13
"""Of the logarithm of their distance by size."""
SHOULDERS_M = 0.25
"""Below the middle of the head."""
ARM_M, ARM_SD_M, LONGEST_ARM_M = 0.47, 0.15, 0.95
"""From the shoulders to a hand."""
UPPER_M, UPPER_SD_M = 0.31, 0.08
"""From between the shoulders to an elbow."""
FORE_M, FORE_SD_M, FORE_SIZES = 0.30, 0.06, 3.5
"""From an elbow to a hand: metres, and so many sizes of the hand's box at most."""
HEIGHTS_M = np.arange(0.04, 2.1, 0.05)
"""Where a hand or an elbow can be, above the floor."""

REACH, ARM = 1.1, 3.3
"""What the log-likelihood of a reach counts, and an arm that is not there at all, in nats."""
ELBOW = 1.4
"""Nats for an elbow in the right place."""
NOBODYS = -2.5
"""… and for a hand that is none of theirs."""
BENDS = (-0.25, -0.12, 0.0, 0.12, 0.25)
"""How far an elbow may be aside of the straight line to the shoulders, as a share of its length."""
STEPS = 16
"""An arm is looked at in so many places …"""
FROM_HAND, FROM_HEAD = 0.5, 0.8
"""… from so many sizes of the hand's box to so many of the head's."""
CERTAIN = 0.7
"""Novelty from which on something is there as surely as can be."""
EITHERS = 0.7
"""Where two people are so nearly as likely, the hand is told as both's: other frames and cameras may know better, and
whoever is charged for a guess may be charged wrongly."""


def given(heads: Array, found: Detections, rays: Array, by_size: Array, view: View) -> list[list[Array]]:
    """For each head of ``found``, at (n, 3), its hands (0…2 of (3,)); none where its place is NaN, not known. ``rays``
    and ``by_size`` are what was judged of the hands, and after them of the elbows.
    """
    hands: list[list[Array]] = [[] for _ in heads]
    known = np.flatnonzero(np.isfinite(heads).all(axis=1))
    if not len(found.hands) or not len(known):
        return hands
    points, far = along(rays, view, HEIGHTS_M)
    size, count = _by_size(far, by_size), len(found.hands)
    points, elbows = np.split(points, [count])
    size, elbow_size = np.split(size, [count])
    shoulders = heads[known] - np.array([0.0, 0.0, SHOULDERS_M])
    apart = np.sqrt(((points[None] - shoulders[:, None, None, :]) ** 2).sum(axis=3))
    weights = -0.5 * ((apart - ARM_M) / ARM_SD_M) ** 2 + size
    weights = np.maximum(weights, _bent(shoulders, points, size, elbows, elbow_size, found))
    weights = np.where(apart < LONGEST_ARM_M, weights, -50.0)
    nats = REACH * filled(weights, -50.0).max(axis=2)
    if found.new is not None:
        nats += ARM * (_arms(view.pixels(shoulders), found.heads[known], found.hands, found.new) - 1.0)
    for i, theirs in zip(known, _dealt(nats, weights, points), strict=True):
        hands[i] = theirs
    return hands


def _by_size(far: Array, by_size: Array) -> Array:
    """Log-likelihood (n, heights) of things so ``far`` away, by their size."""
    return -0.5 * filled((np.log(far) - by_size[:, None]) / HAND_SIZE_SD) ** 2


def _bent(shoulders: Array, points: Array, size: Array, elbows: Array, elbow_size: Array, found: Detections) -> Array:
    """Log-likelihood (heads, hands, heights) of each hand by the elbow that fits best between it and the shoulders.
    Points (n, heights, 3) and log-likelihoods by size (n, heights) of hands and of elbows.
    """
    best = np.full((len(shoulders), *size.shape), -50.0)
    if not len(found.elbows):
        return best
    upper = np.sqrt(((elbows[None] - shoulders[:, None, None, :]) ** 2).sum(axis=3))
    upper = filled(-0.5 * ((upper - UPPER_M) / UPPER_SD_M) ** 2 + elbow_size, -50.0)
    gaps = np.hypot(*np.moveaxis(found.hands[:, None, :2] - found.elbows[None, :, :2], 2, 0))
    hands, joints = np.nonzero(gaps < FORE_SIZES * found.hands[:, None, 2])
    fore = np.sqrt(((elbows[joints, :, None] - points[hands, None]) ** 2).sum(axis=3))
    fore = filled(-0.5 * ((fore - FORE_M) / FORE_SD_M) ** 2, -50.0)
    through = (upper[:, joints, :, None] + fore).max(axis=2) + size[hands] + ELBOW
    for i, j in enumerate(hands):
        best[:, j] = np.maximum(best[:, j], through[:, i])
    return best


def _arms(shoulders: Array, heads: Array, hands: Array, new: Newness) -> Array:
    """How surely something leads from shoulders (n, 2) to hands (m, 5) in the picture: (n, m), 0…1. A bend in the elbow
    is allowed for; who is so near that there is no arm between has one.
    """
    way = shoulders[:, None] - hands[None, :, :2]
    length = np.maximum(np.hypot(way[..., 0], way[..., 1]), 1.0)
    begin = FROM_HAND * hands[None, :, 2] / length
    end = 1.0 - FROM_HEAD * heads[:, None, 2] / length
    on = begin[..., None] + (end - begin)[..., None] * np.linspace(0.0, 1.0, STEPS)
    aside = np.stack([-way[..., 1], way[..., 0]], axis=-1)
    bent = np.array(BENDS)[:, None] * np.sin(np.pi * on)[:, :, None, :]
    spots = hands[None, :, None, None, :2] + on[:, :, None, :, None] * way[:, :, None, None]
    spots = spots + bent[..., None] * aside[:, :, None, None]
    there = np.minimum(new.at(spots.reshape(-1, 2)).reshape(spots.shape[:-1]) / CERTAIN, 1.0)
    return np.where(end > begin, there.min(axis=3).max(axis=2), 1.0)


def _dealt(nats: Array, weights: Array, points: Array) -> list[list[Array]]:
    """Two hands each at most, as it is likeliest for all together; ``nats`` (heads, hands)."""
    people = len(nats)
    rows, columns = linear_sum_assignment(np.maximum(np.vstack([nats, nats]) - NOBODYS, 0.0), maximize=True)
    sure = [(i % people, j) for i, j in zip(rows, columns, strict=True) if nats[i % people, j] > NOBODYS]
    maybe = [(k, j) for i, j in sure for k in range(people) if k != i and nats[k, j] > nats[i, j] - EITHERS]
    theirs: list[list[int]] = [[] for _ in nats]
    for i, j in sure + maybe:
        if len(theirs[i]) < 2 and nats[i, j] > NOBODYS:
            theirs[i].append(int(j))
    return [list(placed(weights[i, some], points[some])[0]) for i, some in enumerate(theirs)]
