"""Single readings become a shelf's batches: true times, a row all 1/hz s, and null where nobody knows."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest

from edge.adapters.plates import Plates
from edge.site import PlainPlate, Site, Slow
from tests.adapters.serial.ear import SHOP, Ear, device, until


class Clockwork(Ear):
    """An ear whose clock somebody sets, though it runs."""

    ahead_s = 0.0

    def now_s(self) -> float:
        return time.time() + self.ahead_s


def plain(plate: int) -> PlainPlate:
    return PlainPlate(topic=f"esp/{plate}", shelf="g1-s1", plate=plate)


@contextmanager
def plates(wiring: Site, ear: Ear) -> Iterator[Plates]:
    made = Plates(SHOP, wiring, ear, batch_s=0.1)
    made.start()
    try:
        yield made
    finally:
        made.stop()


ALL = Site(plain=tuple(plain(p) for p in range(1, 5)), slow=Slow(hz=50.0, stale_s=0.3))


def rows(ear: Ear) -> tuple[np.ndarray, np.ndarray]:
    """All samples so far: times (rows,) and grams (plates, rows)."""
    batches = ear.batches()
    times = np.concatenate([b.at_s + np.arange(b.mass_g.shape[1]) / b.hz for b in batches])
    return times, np.concatenate([b.mass_g for b in batches], axis=1)


def test_a_plate_stands_at_its_last_reading_and_then_nobody_knows() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        began_s = time.time()
        made.put("g1-s1", 2, 500.0, began_s)
        until(lambda: ear.batches() and ear.batches()[-1].at_s > began_s + 0.5)
    times, mass_g = rows(ear)
    stood = times[mass_g[1] == 500.0]
    assert began_s <= stood[0] < began_s + 0.03
    assert stood[-1] == pytest.approx(began_s + 0.3, abs=0.03)
    assert np.isnan(mass_g[[0, 2, 3]]).all()
    assert np.isnan(mass_g[1, times > stood[-1]]).all()


def test_rows_follow_one_another_without_gap_or_overlap() -> None:
    ear = Ear()
    with plates(ALL, ear):
        until(lambda: len(ear.batches()) > 5)
    times, _ = rows(ear)
    np.testing.assert_allclose(np.diff(times), 0.02, atol=2e-4)
    for batch in ear.batches():
        assert batch.mass_g.shape == (4, 5)


def test_a_reading_stands_from_the_row_after_it_on() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        said = []
        for i in range(40):
            at_s = time.time()
            made.put("g1-s1", 1, float(i), at_s)
            said.append(at_s)
            time.sleep(0.013)
        until(lambda: rows(ear)[0][-1] > said[-1] + 0.05)
    times, mass_g = rows(ear)
    for at_s, grams in zip(times, mass_g[0], strict=True):
        before = [i for i, t in enumerate(said) if t <= at_s + 1e-4]
        if before and said[0] + 0.03 < at_s < said[-1]:
            assert grams in (before[-1], before[-1] - 1), "never a reading from later, at most one row late"


def test_two_messages_a_second_and_the_time_of_the_first_row() -> None:
    ear = Ear()
    made = Plates(SHOP, Site(plain=(plain(1),)), ear)
    made.start()
    until(lambda: len(ear.batches()) == 3)
    made.stop()
    assert [b.mass_g.shape for b in ear.batches()] == [(4, 5)] * 3
    assert {b.hz for b in ear.batches()} == {10.0}
    assert [round(b.at_s - a.at_s, 3) for a, b in pairwise(ear.batches())] == [0.5, 0.5]


def test_plates_without_a_source_are_null_and_told_once() -> None:
    ear = Ear()
    with plates(Site(plain=(plain(2),), slow=ALL.slow), ear) as made:
        until(lambda: len(ear.batches()) > 8, meanwhile=lambda: made.put("g1-s1", 2, 7.0, time.time()))
    told = "plates 1, 3-4 without a source: wire in site.toml, or correct plates in store.toml"
    assert ear.troubles["plates/g1-s1"] == [told]
    _, mass_g = rows(ear)
    assert mass_g[1, -1] == 7.0
    assert np.isnan(mass_g[[0, 2, 3]]).all()


def test_a_silent_plate_is_told_by_its_number_and_forgiven() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:

        def others() -> None:
            for plate in (1, 2, 4):
                made.put("g1-s1", plate, 1.0, time.time())

        def all_four() -> None:
            others()
            made.put("g1-s1", 3, 1.0, time.time())

        until(lambda: "plate 3 silent for 0.3 s" in ear.ails("plates/g1-s1"), meanwhile=others)
        until(lambda: ear.ails("plates/g1-s1") == "", meanwhile=all_four)


def test_a_plate_that_says_it_cannot_tell_is_null_at_once() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        made.put("g1-s1", 1, 5.0, time.time())
        until(lambda: ear.last_g(1) == 5.0)
        made.put("g1-s1", 1, None, time.time())
        until(lambda: math.isnan(ear.last_g(1)), 0.3)
        until(lambda: "plate 1 cannot be read" in ear.ails("plates/g1-s1"))


def test_many_threads_may_put_at_once() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        end_s = time.monotonic() + 0.5

        def busy(plate: int) -> None:
            while time.monotonic() < end_s:
                made.put("g1-s1", plate, float(plate), time.time())

        threads = [threading.Thread(target=busy, args=(p,)) for p in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: len(ear.batches()) > 4)
    _, mass_g = rows(ear)
    for plate in range(4):
        assert set(mass_g[plate][~np.isnan(mass_g[plate])].tolist()) == {plate + 1.0}


@pytest.mark.parametrize("ahead_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_begins_a_new_grid(ahead_s: float) -> None:
    ear = Clockwork()
    with plates(ALL, ear) as made:
        until(lambda: ear.batches())
        seen = len(ear.said("shelf/g1-s1/weight"))
        ear.ahead_s = ahead_s
        until(lambda: len(ear.said("shelf/g1-s1/weight")) > seen + 3)
        made.put("g1-s1", 1, 9.0, ear.now_s())
        until(lambda: b"[9.0" in ear.said("shelf/g1-s1/weight")[-1])
    assert len(ear.said("shelf/g1-s1/weight")) < seen + 40, "no hour of batches at once"


def test_a_reading_from_the_future_stands_from_now_on() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        made.put("g1-s1", 1, 9.0, time.time() + 1e6)
        until(lambda: ear.last_g(1) == 9.0, 1.0)


def test_a_plate_that_is_not_there_is_refused() -> None:
    ear = Ear()
    with plates(ALL, ear) as made:
        made.put("g1-s1", 5, 1.0, time.time())
        made.put("elsewhere", 1, 1.0, time.time())
    assert sum(ear.refusals.values()) == 2


def test_a_shop_without_single_readings_says_nothing() -> None:
    ear = Ear()
    with plates(Site(serial=(device("barcode"),)), ear) as made:
        assert made.shelves == ()
    assert ear.said("shelf/g1-s1/weight") == []
