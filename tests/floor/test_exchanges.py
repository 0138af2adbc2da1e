"""Who is who after people came close: what positions leave open stays open, and what people look like closes it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.appearance import Gallery
from edge.floor import FloorState, IdentitySwitch, open_floor, update_tracks
from edge.floor.body import Body
from edge.floor.crowd import Crowd, LocalHypothesis, take_stock, ways
from edge.records import PeopleFrame, PersonSeen
from tests.floor.test_tracks import DOOR, EXIT, walk

Place = tuple[float, float]


def body(x: float, y: float, p: float = 0.002) -> Body:
    """Somebody at a place, known to the variance ``p``."""
    return Body(x, y, 1.7, 0.0, 0.0, p, 0.0, 0.01, 0.002, 1.7)


class At:
    """As much of a track as a crowd looks at."""

    def __init__(self, number: int, place: Place) -> None:
        self.id, (self.x, self.y), self.z = number, place, 1.7
        self.vx = self.vy = 0.0
        self.variance, self.z_variance = (0.002, 0.0, 0.01), 0.002
        self.at_s, self.tall_m = 0.0, 1.7
        self.looks: Gallery = {}


def crowd(*bodies: Body) -> Crowd:
    members = tuple(range(1, len(bodies) + 1))
    return Crowd(members, 0.0, 0.0, dict.fromkeys(members, 0.0), [LocalHypothesis(0.0, bodies)], [])


def test_a_body_that_nobody_saw_for_long_says_little_about_who_went_where() -> None:
    """One stays, the other walked away unseen: the one who stays is not the one who is far, whatever the sum of
    distances says.
    """
    tracks = {1: At(1, (0.82, 2.57)), 2: At(2, (1.21, 3.31))}
    assert ways(crowd(body(0.82, 2.57), body(0.76, 2.57, p=0.06)), tracks)[1, 2] > 0.99


def test_two_in_one_place_are_open() -> None:
    tracks = {1: At(1, (1.00, 1.0)), 2: At(2, (1.04, 1.0))}
    found = ways(crowd(body(1.03, 1.0), body(1.01, 1.0)), tracks)
    assert found[1, 2] == pytest.approx(0.5, abs=0.15)


def test_doubt_that_was_told_is_not_told_again() -> None:
    """From then on each story is told of whoever is where each track is, by it."""
    both = crowd(body(1.03, 1.0), body(1.01, 1.0))
    told = take_stock(both, {1: At(1, (1.00, 1.0)), 2: At(2, (1.04, 1.0))})
    assert max(told.values()) < 0.7
    assert len({story.bodies for story in both.stories}) == 2
    both.stories = [LocalHypothesis(s.nats, (body(0.5, 1.0), body(1.5, 1.0))) for s in both.stories]
    assert ways(both, {1: At(1, (0.5, 1.0)), 2: At(2, (1.5, 1.0))})[1, 2] > 0.99


Vector = NDArray[np.float64]
Met = tuple[FloorState, list[IdentitySwitch], dict[int, str]]


def met(looks: tuple[Vector, Vector], seed: int, *, turn: bool) -> Met:
    """Two people of one height meet, stand together for a second and a half, where cameras see one head, and go on past
    each other, or ``turn`` round.
    """
    rng = np.random.default_rng(seed)
    floor, doubts = open_floor([DOOR], [EXIT]), list[IdentitySwitch]()
    there = [walk(4.0, 6.45, 5.0, 1.7, 8.0, 10.5), walk(9.0, 6.55, 5.0, 1.7, 8.0, 10.5)]
    back = [walk(6.45, to, 5.0, 1.7, 12.0, 14.5) for to in ((4.0, 9.0) if turn else (9.0, 4.0))]
    begun: dict[int, str] = {}
    for frame in range(17 * 20):
        at_s = frame / 20
        heads = [np.array(path(at_s)) + rng.normal(0, 0.03, 3) for path in (there if at_s < 12.0 else back)]
        size = float(np.abs(looks).max())
        seen = [look + size * rng.normal(0, 0.12, len(look)) for look in looks]
        if abs(heads[0][0] - heads[1][0]) < 0.4:
            heads, seen = [(heads[0] + heads[1]) / 2], [seen[0] + seen[1]]
        people = tuple(
            PersonSeen((float(h[0]), float(h[1]), float(h[2])), (), 1.0, tuple(s.tolist()))
            for h, s in zip(heads, seen, strict=True)
        )
        told = update_tracks(floor, PeopleFrame(at_s + 0.1, at_s, f"c{frame % 2}", people))
        doubts += [t for t in told if isinstance(t, IdentitySwitch)]
        if at_s == 7.0:
            begun = {t.id: "a" if t.x < 6 else "b" for t in floor.tracks.values()}
    return floor, doubts, begun


def believed(floor: FloorState, doubts: list[IdentitySwitch], begun: dict[int, str]) -> float:
    """How sure it is that person a, who came from the left, is the one on the right in the end."""
    share = {t: float(who == "a") for t, who in begun.items()}
    for doubt in doubts:
        before = dict(share)
        for i, t in enumerate(doubt.tracks):
            share[t] = sum(p * before.get(way[i], 0.0) for way, p in doubt.ways)
    right = max((t for t in floor.tracks.values() if t.confirmed), key=lambda t: t.x)
    return share[right.id]


RED, BLUE = np.array([1.0, 0.1, 0.0, 0.3]), np.array([0.0, 0.2, 1.0, 0.3])


@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9])
def test_people_who_look_different_are_told_apart_after_they_met(turn: bool, scale: float) -> None:
    """Whatever scale a node's vectors have."""
    right = believed(*met((scale * RED, scale * BLUE), 1, turn=turn))
    assert (1.0 - right if turn else right) > 0.95


def test_people_who_look_alike_are_as_much_in_doubt_as_before() -> None:
    right = [believed(*met((RED, RED), 1, turn=turn)) for turn in (False, True)]
    assert min(right[0], 1.0 - right[1]) < 0.9
