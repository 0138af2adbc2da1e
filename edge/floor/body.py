"""A person in motion, as a small Kalman filter: walking on, changing pace, bending, seen now and then."""

from __future__ import annotations

import math
from typing import Protocol

import msgspec

from edge.appearance import Gallery
from edge.records import Point

TURNING_M2_S3 = 0.4
"""How fast people change their pace: variance of velocity gained per second."""

STOOPING_M2_S = 0.02
"""Variance of a head's height gained per second."""


LEAST_M = 0.04
"""A head is known no better, whatever its camera says: cameras differ by their calibrations."""

UPRIGHT_M = 0.06
"""Spread of an upright person's head around their height, in one frame."""

BENT = 0.25
BENT_DENSITY = 0.10
TALLER_DENSITY = 0.01
"""A quarter of the time people bend; a head lower than its person fits this much worse than at its height, and a
higher one hardly ever."""


def as_tall(z: float, tall_m: float, error_m: float = 0.0) -> float:
    """Log of how well a head's height, that may be off by ``error_m``, fits a person of a known height (0: as well as
    can be).
    """
    off = z - tall_m
    bent = BENT_DENSITY if off < 0 else TALLER_DENSITY
    return math.log((1 - BENT) * math.exp(-0.5 * off * off / (UPRIGHT_M**2 + error_m**2)) + BENT * bent)


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
    tall_m: float
    looks: Gallery


class Body(msgspec.Struct, frozen=True, gc=False):
    """A person in motion: position and velocity (m, m/s), their variances of one axis, the head's height and its
    variance, how tall the person is (NaN: not known), and whose looks they have (an index; -1: nobody's).
    """

    x: float
    y: float
    z: float
    vx: float
    vy: float
    p: float
    pv: float
    v: float
    pz: float
    tall_m: float
    looks: int = -1

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
            self.tall_m,
            self.looks,
        )

    def seen(self, head: Point, error_m: float, told_m: float = 0.0) -> tuple[Body, float]:
        """The body after it was seen at ``head``, and the log-likelihood of that. ``told_m``: the error that its camera
        told, which is one of height, too.
        """
        r = error_m * error_m
        s, sz = self.p + r, self.pz + r
        dx, dy, dz = head[0] - self.x, head[1] - self.y, head[2] - self.z
        nats = -0.5 * (dx * dx + dy * dy) / s - math.log(2 * math.pi * s)
        if math.isnan(self.tall_m):
            nats -= 0.5 * (min(dz * dz / sz, 12.0) + math.log(2 * math.pi * sz))
        else:
            nats += as_tall(head[2], self.tall_m, told_m) - 0.5 * math.log(2 * math.pi * (UPRIGHT_M**2 + told_m**2))
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
                self.tall_m,
                self.looks,
            ),
            nats,
        )


def body_of(track: Moving, at_s: float, looks: int = -1) -> Body:
    """The person whom a track follows, at a time. ``looks``: see `Body`."""
    body = Body(track.x, track.y, track.z, track.vx, track.vy, *track.variance, track.z_variance, track.tall_m, looks)
    return body.moved(max(0.0, at_s - track.at_s))
