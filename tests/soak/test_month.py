"""A month of an ordinary small shop, accelerated: lingerers, unseen exits, staff, stops with people inside, other
prices, another tax rate, a plate that spits, a shelf whose clock wanders.

`make test-all` runs it; ``pytest -m "" -s tests/soak`` prints what came of it.
"""

from __future__ import annotations

import math
from pathlib import Path

from tests.soak.days import DAYS, day_of
from tests.soak.life import Life

OVERCHARGED = 0.02
"""Of the settled visits of a month fewer are charged for something that they did not take: 7 of 698 were (1.0 %), and
5.7 % while shelves that were filled over night were explained like picks."""
BY_CHANCE = 2.0
"""… and so many standard deviations more are chance."""
REVIEWED = 0.05
WEEK = 7


def test_a_month(tmp_path: Path) -> None:
    life = Life(tmp_path)
    for number in range(1, DAYS + 1):
        life.live(day_of(life.store, number))
    came = life.outcome_of_it
    print(came)
    life.open()
    assert life.shop.book.prove() == []
    assert life.entries("set-aside") == [], "the core digests everything"
    assert came.untold == [], "every visit ends"
    assert came.mispriced == []
    spread = math.sqrt(came.settled * OVERCHARGED * (1 - OVERCHARGED))
    assert len(came.overcharged) <= OVERCHARGED * came.settled + BY_CHANCE * spread, came.overcharged
    assert came.reviews.total() <= REVIEWED * came.visits
    first, last = came.frozen_bytes[:WEEK], came.frozen_bytes[-WEEK:]
    assert sum(last) < 1.6 * sum(first), "the state does not grow"
    life.shop.close()
