"""Whatever cameras send as vectors: what it is worth depends on nothing but who looks like whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.appearance import NOBODY, Gallery, Gauges, alike, learn, merged, tells_nobody_apart, unit
from edge.appearance.gauge import DRESSED_ALIKE, SPOILT
from edge.floor import arrive
from edge.state import freeze, open_shop, thaw
from edge.store import read_store
from tests.corner import FILES, OPENS_S

SIZE = 8
NOISE = 0.25
VIEWS = 150
"""Of each camera in a play: more than a gauge needs to say all that it can."""

Embedding = Sequence[float]
Row = NDArray[np.float64]
Said = tuple[str, int, Embedding]
"""Which camera sees whom, and what it says."""


@dataclass
class Room:
    """What is known of several people in one shop."""

    gauges: Gauges = field(default_factory=Gauges)
    looks: dict[int, Gallery] = field(default_factory=dict)
    views: dict[str, int] = field(default_factory=dict)

    def see(self, said: Iterable[Said]) -> Room:
        """Learn from every view, as the floor does: one person's against their own gallery and one of the others'."""
        for camera, who, embedding in said:
            vector = unit(embedding)
            if vector is None:
                continue
            known = self.looks.get(who, NOBODY)
            others = [self.looks[other] for other in sorted(self.looks) if other != who]
            views = self.views[camera] = self.views.get(camera, 0) + 1
            if known:
                learn(self.gauges, camera, vector, known, one=True)
            if others:
                learn(self.gauges, camera, vector, others[views % len(others)], one=False)
            self.looks[who] = merged(known, {camera: (vector, 1.0)})
        return self

    def ratios(self, said: Iterable[Said]) -> list[float]:
        """How much each view speaks for being each of the people."""
        found = []
        for camera, _, embedding in said:
            vector = unit(embedding)
            query = NOBODY if vector is None else {camera: (vector, 1.0)}
            found += [alike(self.gauges, query, self.looks[who]) for who in sorted(self.looks)]
        return found


def plays(cameras: Sequence[str] = ("a", "b"), people: int = 3, seed: int = 1, views: int = VIEWS) -> list[Said]:
    """People who look like themselves, more or less, to cameras that all see them in turn."""
    chance = np.random.default_rng(seed)
    looks = chance.normal(0, 1, (people, SIZE))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    rows: list[Said] = []
    for n in range(views * len(cameras)):
        who = int(chance.integers(people))
        told: Row = looks[who] + chance.normal(0, NOISE, SIZE)
        rows.append((cameras[n % len(cameras)], who, told.tolist()))
    return rows


LEARNED, ASKED = plays(), plays(seed=1, views=VIEWS + 10)[-20:]
AS_IT_IS = Room().see(LEARNED).ratios(ASKED)


def retold(said: Iterable[Said], camera: str, change: Callable[[Embedding], Embedding]) -> list[Said]:
    return [(c, who, change(told) if c == camera else told) for c, who, told in said]


def test_the_play_is_worth_something() -> None:
    assert max(AS_IT_IS) > 1.0
    assert min(AS_IT_IS) < -1.0


@settings(deadline=None, max_examples=30)
@given(camera=st.sampled_from("ab"), power=st.floats(-290, 290))
@example(camera="a", power=-290.0)
@example(camera="a", power=290.0)
def test_nothing_depends_on_the_scale_of_a_cameras_vectors(camera: str, power: float) -> None:
    def scaled(told: Embedding) -> Embedding:
        return [value * 10.0**power for value in told]

    room = Room().see(retold(LEARNED, camera, scaled))
    assert room.ratios(retold(ASKED, camera, scaled)) == pytest.approx(AS_IT_IS, abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(more=st.integers(1, 60))
def test_nothing_depends_on_the_length_of_vectors(more: int) -> None:
    def longer(told: Embedding) -> Embedding:
        return [*told, *[0.0] * more]

    def of_all(said: Iterable[Said]) -> list[Said]:
        return retold(retold(said, "a", longer), "b", longer)

    assert Room().see(of_all(LEARNED)).ratios(of_all(ASKED)) == pytest.approx(AS_IT_IS, abs=1e-9)


def test_cameras_that_say_vectors_of_different_lengths_are_judged_each_by_itself() -> None:
    def longer(told: Embedding) -> Embedding:
        return [*told, 0.0, 0.0]

    room = Room().see(retold(LEARNED, "b", longer))
    assert not any(gauge.one.count for gauge in room.gauges.across.values())
    asked = [said for said in ASKED if said[0] == "a"]
    alone = Room().see([said for said in LEARNED if said[0] == "a"])
    assert min(room.gauges.within["a"].worth(), room.gauges.within["b"].worth()) == 1.0
    assert np.sign(room.ratios(asked)).tolist() == np.sign(alone.ratios(asked)).tolist()


@pytest.mark.parametrize("length", [1, SIZE - 3, SIZE + 5])
def test_a_camera_may_say_longer_or_shorter_vectors_from_now_on(length: int) -> None:
    """Its node was brought up to date."""

    def otherwise(told: Embedding) -> Embedding:
        return [*told, *told][:length]

    room = Room().see(LEARNED)
    changed = retold(plays(seed=1, views=2 * VIEWS)[2 * VIEWS :], "a", otherwise)
    assert all(math.isfinite(nats) for nats in room.ratios(changed))
    room.see(changed)
    assert all(math.isfinite(nats) for nats in room.ratios(changed))
    assert {room.looks[who]["a"][0].shape for who in room.looks} == {(length,)}
    assert all(room.looks[who]["b"][0].shape == (SIZE,) for who in room.looks)


WORTHLESS: dict[str, Embedding] = {
    "empty": [],
    "zero": [0.0] * SIZE,
    "minus zero": [-0.0] * SIZE,
    "huge": [1e300, -1e300] * (SIZE // 2),
    "the largest": [1.7976931348623157e308] * SIZE,
    "subnormal": [5e-324, -5e-324] * (SIZE // 2),
    "mixed": [1e300, 5e-324, 0.0, -1.0] * (SIZE // 4),
    "constant": [0.3] * SIZE,
    "one number": [1.0],
}


@pytest.mark.parametrize("told", WORTHLESS.values(), ids=WORTHLESS.keys())
def test_vectors_that_say_the_same_of_everybody_are_worth_nothing(told: Embedding) -> None:
    room = Room().see(retold(LEARNED, "a", lambda _: told))
    asked = [said for said in retold(ASKED, "a", lambda _: told) if said[0] == "a"]
    assert room.ratios(asked) == [0.0] * len(asked) * len(room.looks)


@settings(deadline=None, max_examples=60)
@given(told=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=12))
def test_any_vector_has_a_direction_or_none(told: list[float]) -> None:
    vector = unit(told)
    assert (vector is None) == (not any(told))
    if vector is not None:
        assert math.isclose(float(vector.dot(vector)), 1.0, rel_tol=1e-9)
        assert all(math.isfinite(nats) for nats in Room().see(LEARNED).ratios([("a", 0, told)]))


@pytest.mark.parametrize("told", ["random", *WORTHLESS])
def test_a_camera_that_tells_nobody_apart_spoils_no_other(told: str) -> None:
    """What a camera makes of its own views stays the same to the bit; between cameras little is left of the time when
    nobody knew what that one is.
    """
    chance = np.random.default_rng(7)
    honest = plays(("a", "b", "bad"), views=4 * VIEWS)

    def wild(_: Embedding) -> Embedding:
        return chance.normal(0, 1, SIZE).tolist() if told == "random" else WORTHLESS[told]

    first = plays()[:20]  # everybody is known to both before it comes
    good = [said for said in honest if said[0] != "bad"]
    with_it = Room().see(first).see(retold(honest, "bad", wild))
    without = Room().see(first).see(good)
    assert with_it.gauges.within["a"] == without.gauges.within["a"]
    assert with_it.gauges.within["b"] == without.gauges.within["b"]
    assert with_it.ratios(good[-30:]) == without.ratios(good[-30:])
    seen_by_others = [
        (room, {"a": room.looks[0]["a"]}, {camera: look for camera, look in room.looks[who].items() if camera != "a"})
        for room in (with_it, without)
        for who in (0, 1)
    ]
    same, other, same_without, other_without = [alike(r.gauges, query, known) for r, query, known in seen_by_others]
    assert same == pytest.approx(same_without, abs=0.25)
    assert other == pytest.approx(other_without, abs=0.25)
    assert same_without - other_without > 1.0, "it is worth something that it might spoil"


def test_it_is_told_of_a_camera_that_is_useless_and_of_no_other() -> None:
    chance = np.random.default_rng(7)
    room = Room()
    said = retold(plays(("a", "bad"), views=400), "bad", lambda _: chance.normal(0, 1, SIZE).tolist())
    room.see(said[:60])
    assert not tells_nobody_apart(room.gauges, "bad"), "nobody knows yet"
    room.see(said[60:])
    assert tells_nobody_apart(room.gauges, "bad")
    assert not tells_nobody_apart(room.gauges, "a")
    assert not tells_nobody_apart(room.gauges, "elsewhere")


def test_two_people_are_told_apart_after_enough_views_and_not_at_all_before() -> None:
    said = plays(("a",), people=2, views=600)
    room, worth = Room(), []
    for n in range(0, 600, 10):
        room.see(said[n : n + 10])
        told = [
            alike(room.gauges, {"a": (vector, 1.0)}, room.looks[who]) - alike(room.gauges, {"a": (vector, 1.0)}, other)
            for _, who, embedding in said[n : n + 10]
            if (vector := unit(embedding)) is not None and len(room.looks) == 2
            for other in [room.looks[1 - who]]
        ]
        worth.append(sum(told) / max(1, len(told)))
    gauge = room.gauges.within["a"]
    assert worth[0] == worth[1] == 0.0, "twenty views, of whoever it was"
    assert worth[-1] > 2.0
    assert gauge.worth() == 1.0
    assert sum(nats > 0 for nats in worth[-10:]) == 10


def test_no_likeness_proves_more_than_that_somebody_may_be_dressed_alike() -> None:
    assert max(AS_IT_IS) <= -math.log(DRESSED_ALIKE) + 1e-9
    assert min(AS_IT_IS) >= math.log(SPOILT) - 1e-9


def test_of_nobody_nothing_is_said() -> None:
    room = Room().see(LEARNED)
    query = {"a": (unit([1.0] * SIZE), 1.0)}
    assert alike(room.gauges, query, NOBODY) == 0.0  # type: ignore[arg-type]
    assert alike(room.gauges, NOBODY, room.looks[0]) == 0.0


def test_a_checkpoint_keeps_it_to_the_last_bit() -> None:
    room, state = Room().see(LEARNED), open_shop(read_store(FILES))
    state.floor.gauges = room.gauges
    tracks = {who: arrive(state.floor, (0.0, 0.0), OPENS_S) for who in sorted(room.looks)}
    for who, track in tracks.items():
        state.floor.tracks[track].looks = room.looks[who]
    floor = thaw(freeze(state)).floor
    again = Room(floor.gauges, {who: floor.tracks[track].looks for who, track in tracks.items()}, dict(room.views))
    assert again.ratios(ASKED) == AS_IT_IS
    more = plays(seed=9, views=40)
    assert again.see(more).ratios(ASKED) == room.see(more).ratios(ASKED)
