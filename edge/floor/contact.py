"""Two people who come so close that cameras mix them up: who is who afterwards.

From the moment that two tracks could be exchanged until they have parted, the pair is followed by several stories at
once: in each frame the two heads may be either way round, or one of them hidden, or both in one blob. Each story moves
two bodies like people move, and pays for what does not fit. When the pair has parted, the stories in which each
went where the other's track is now, against those in which it did not, are the probability of an exchange.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.records import Point

SEEN_M = 0.06
"""Standard error of a head in a frame, bias removed, floor and height alike."""

BLOB_M = 0.12
"""… of the middle of two people that a camera took for one."""

TURNING_M2_S3 = 0.4
"""How fast people change their pace: variance of velocity gained per second."""

STOOPING_M2_S = 0.02
"""Variance of a head's height gained per second."""

MISSED_NATS = math.log(0.12)
SEEN_NATS = math.log(0.88)
BLOB_AT_M = 0.22
BLOB_SOFT_M = 0.05
"""Two heads nearer than about `BLOB_AT_M` are one blob in every second frame."""

FREE_NATS = -math.log(2 * math.pi * SEEN_M**2)
STORIES_EACH = 4
"""Stories kept of each kind: exchanged or not."""


class Moving(Protocol):
    """What a contact needs of a track."""

    id: int
    x: float
    y: float
    z: float
    vx: float
    vy: float
    variance: tuple[float, float, float]
    z_variance: float


@dataclass(frozen=True, slots=True)
class Body:
    """A person in motion: position and velocity (m, m/s), their variances of one axis, height and its variance."""

    x: float
    y: float
    z: float
    vx: float
    vy: float
    p: float
    pv: float
    v: float
    pz: float

    def moved(self, dt: float) -> Body:
        """Where the body is ``dt`` seconds later."""
        return Body(
            self.x + self.vx * dt,
            self.y + self.vy * dt,
            self.z,
            self.vx,
            self.vy,
            self.p + 2 * dt * self.pv + dt * dt * self.v + TURNING_M2_S3 * dt**3 / 3,
            self.pv + dt * self.v + TURNING_M2_S3 * dt * dt / 2,
            self.v + TURNING_M2_S3 * dt,
            self.pz + STOOPING_M2_S * dt,
        )

    def seen(self, head: Point, error_m: float) -> tuple[Body, float]:
        """The body after it was seen at ``head``, and the log-likelihood of that."""
        r = error_m * error_m
        s, sz = self.p + r, self.pz + r
        dx, dy, dz = head[0] - self.x, head[1] - self.y, head[2] - self.z
        nats = -0.5 * ((dx * dx + dy * dy) / s + min(dz * dz / sz, 12.0))
        nats -= math.log(2 * math.pi * s) + 0.5 * math.log(2 * math.pi * sz)
        k, kv, kz = self.p / s, self.pv / s, self.pz / sz
        return (
            Body(
                self.x + k * dx,
                self.y + k * dy,
                self.z + kz * dz,
                self.vx + kv * dx,
                self.vy + kv * dy,
                (1 - k) * self.p,
                (1 - k) * self.pv,
                self.v - kv * self.pv,
                (1 - kz) * self.pz,
            ),
            nats,
        )


@dataclass(frozen=True, slots=True)
class Story:
    """One way in which the frames came about: the two bodies as they are by it."""

    nats: float
    a: Body
    b: Body


@dataclass(slots=True)
class Contact:
    """Two tracks that could be exchanged, last at ``close_s``; ``at_s`` is the latest frame taken in."""

    a: int
    b: int
    at_s: float
    close_s: float
    stories: list[Story]


def meet(a: Moving, b: Moving, at_s: float) -> Contact:
    """Two tracks begin to be mistakable."""

    def body(t: Moving) -> Body:
        p, pv, v = t.variance
        return Body(t.x, t.y, t.z, t.vx, t.vy, p, pv, v, t.z_variance)

    return Contact(a.id, b.id, at_s, at_s, [Story(0.0, body(a), body(b))])


def witness(contact: Contact, heads: Sequence[Point], a: Moving, b: Moving, at_s: float) -> None:
    """Take in the heads (none, one or two) that one frame shows of the pair."""
    dt = max(0.0, at_s - contact.at_s)
    contact.at_s = max(contact.at_s, at_s)
    if dt > 0:
        contact.stories = [Story(s.nats, s.a.moved(dt), s.b.moved(dt)) for s in contact.stories]
    if not heads:
        return
    told = [t for s in contact.stories for t in (_two(s, heads) if len(heads) > 1 else _one(s, heads[0]))]
    told.sort(key=lambda s: -s.nats)
    kept: dict[bool, list[Story]] = {False: [], True: []}
    for story in told:
        kind = kept[_exchanged(story, a, b)]
        if len(kind) < STORIES_EACH:
            kind.append(story)
    best = told[0].nats
    contact.stories = [Story(s.nats - best, s.a, s.b) for s in kept[False] + kept[True] if s.nats > best - 25.0]


def exchanged(contact: Contact, a: Moving, b: Moving) -> float:
    """Probability that the pair's tracks have changed people since they met."""
    weights = {False: 0.0, True: 0.0}
    for story in contact.stories:
        weights[_exchanged(story, a, b)] += math.exp(story.nats)
    return weights[True] / (weights[True] + weights[False])


def _exchanged(story: Story, a: Moving, b: Moving) -> bool:
    """Whether the bodies are nearer to each other's tracks than to their own."""
    own = math.dist((story.a.x, story.a.y), (a.x, a.y)) ** 2 + math.dist((story.b.x, story.b.y), (b.x, b.y)) ** 2
    other = math.dist((story.a.x, story.a.y), (b.x, b.y)) ** 2 + math.dist((story.b.x, story.b.y), (a.x, a.y)) ** 2
    return other < own


def _two(story: Story, heads: Sequence[Point]) -> list[Story]:
    """Two heads: one way round or the other."""
    told = []
    for first, second in ((heads[0], heads[1]), (heads[1], heads[0])):
        a, nats_a = story.a.seen(first, SEEN_M)
        b, nats_b = story.b.seen(second, SEEN_M)
        told.append(Story(story.nats + nats_a + nats_b, a, b))
    return told


def _one(story: Story, head: Point) -> list[Story]:
    """One head: the other one was missed, or it is both of them."""
    a, nats_a = story.a.seen(head, SEEN_M)
    b, nats_b = story.b.seen(head, SEEN_M)
    gap = math.dist((story.a.x, story.a.y), (story.b.x, story.b.y))
    merged = 0.5 / (1 + math.exp(min(40.0, (gap - BLOB_AT_M) / BLOB_SOFT_M)))
    alone = math.log(1 - merged) + MISSED_NATS + SEEN_NATS
    told = [Story(story.nats + nats_a + alone, a, story.b), Story(story.nats + nats_b + alone, story.a, b)]
    middle = Body(
        (story.a.x + story.b.x) / 2,
        (story.a.y + story.b.y) / 2,
        (story.a.z + story.b.z) / 2,
        0.0,
        0.0,
        (story.a.p + story.b.p) / 4,
        0.0,
        0.0,
        (story.a.pz + story.b.pz) / 4,
    )
    _, nats = middle.seen(head, BLOB_M)
    return [*told, Story(story.nats + nats + math.log(merged + 1e-9), story.a, story.b)]
