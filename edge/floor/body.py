"""A person in motion, as a small Kalman filter: walking on, changing pace, bending, seen now and then."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from edge.records import Point

TURNING_M2_S3 = 0.4
"""How fast people change their pace: variance of velocity gained per second."""

STOOPING_M2_S = 0.02
"""Variance of a head's height gained per second."""


class Moving(Protocol):
    """What the crowd needs of a track."""

    id: int
    x: float
    y: float
    z: float
    vx: float
    vy: float
    variance: tuple[float, float, float]
    z_variance: float
    at_s: float


class Body(NamedTuple):
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


def body_of(track: Moving, at_s: float) -> Body:
    """The person whom a track follows, at a time."""
    body = Body(track.x, track.y, track.z, track.vx, track.vy, *track.variance, track.z_variance)
    return body.moved(max(0.0, at_s - track.at_s))
