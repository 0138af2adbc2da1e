"""However many stand together and whatever a camera says of them: a frame takes a moment, and not twice as long with
each head more.
"""

from __future__ import annotations

import random
from time import process_time

import pytest
from scipy.optimize import linear_sum_assignment  # imported before the clock runs

from edge.floor import open_floor, update_tracks
from edge.records import PeopleFrame, PersonSeen

A_MOMENT_S = 2.0
"""Of one core, however busy, for one frame: it takes a tenth. Twenty heads took 12 s before, 25 never ended."""


def seconds_of_the_slowest(frames: list[list[tuple[float, float, float]]]) -> float:
    assert linear_sum_assignment is not None
    floor, slowest_s = open_floor([(0.0, 0.0)], [(20.0, 0.0)]), 0.0
    for n, heads in enumerate(frames):
        people = tuple(PersonSeen(head, (), 0.9) for head in heads)
        began_s = process_time()
        update_tracks(floor, PeopleFrame(n / 10 + 0.03, n / 10, "c", people))
        slowest_s = max(slowest_s, process_time() - began_s)
        assert slowest_s < A_MOMENT_S, f"{len(heads)} heads in frame {n}"
    return slowest_s


@pytest.mark.parametrize("heads", [18, 25, 60])
def test_many_who_stand_in_a_square_metre(heads: int) -> None:
    """Cameras miss every tenth head, so that those beside it could be it."""
    chance = random.Random(1)
    stand = [(5 + chance.random(), 5 + chance.random(), chance.uniform(1.5, 1.9)) for _ in range(heads)]
    seconds_of_the_slowest(
        [
            [(x + chance.gauss(0, 0.03), y + chance.gauss(0, 0.03), z) for x, y, z in stand if chance.random() < 0.9]
            for _ in range(60)
        ]
    )


@pytest.mark.parametrize("heads", [30, 200])
def test_heads_out_of_nowhere_around_three_people(heads: int) -> None:
    """Three stand so close that they could be mistaken; then a camera says heads all over them."""
    chance = random.Random(2)
    three = [(5.0, 5.0, 1.7), (5.15, 5.0, 1.7), (5.0, 5.15, 1.7)]
    sane = [[(x + chance.gauss(0, 0.02), y + chance.gauss(0, 0.02), z) for x, y, z in three] for _ in range(30)]
    wild = [
        [(5 + chance.uniform(-0.3, 0.3), 5 + chance.uniform(-0.3, 0.3), chance.uniform(1.5, 1.8)) for _ in range(heads)]
        for _ in range(30)
    ]
    seconds_of_the_slowest(sane + wild)
