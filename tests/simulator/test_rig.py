"""A shelf that is not there weighs like one that is, and every fault shows where it is and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.shelf.asks import Ask, Deed, Place
from edge.records import WeightBatch
from edge.store import Shelf
from simulator.forces import Grams
from simulator.rig import FAULTS, Hardware, Mistake, Rig, Technician, Unit, faulty, healthy, spoil

PLATES = 6
SHELF = Shelf("g1-s1", "g1", 1.0, 0.4, PLATES, 0.15)
START_S = 1_800_000_000.0


def rig(hardware: Hardware, seed: int = 1) -> Rig:
    return Rig(SHELF, hardware, seed, START_S)


def heard(rig: Rig, for_s: float) -> list[WeightBatch]:
    until_s = rig.now_s + for_s - 1e-6
    found = []
    while rig.now_s < until_s:
        found.append(rig.batch())
    return [batch for batch in found if batch is not None]


def said(rig: Rig, for_s: float = 4.0) -> Grams:
    return np.concatenate([batch.mass_g for batch in heard(rig, for_s)], axis=1)


def level(rig: Rig, plate: int) -> float:
    """What the plate's channel says on average, after it came to rest, in grams as its hardware has them."""
    heard(rig, 1.0)
    cell = rig.hardware.under(plate)
    number = float(np.nanmedian(said(rig)[rig.hardware.order[plate - 1] - 1]))
    return (number - cell.zero) / abs(cell.units_per_g)


def weighed(rig: Rig, plate: int, mass_g: float = 500.0, place: Place = "centre", at: int | None = None) -> float:
    """By how much the plate (or the one ``at``) says more while a weight stands on it."""
    before = level(rig, at or plate)
    load = rig.put(plate, mass_g, place)
    after = level(rig, at or plate)
    rig.lift(load)
    heard(rig, 2.0)
    return after - before


# --- weighing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", get_args(Unit))
def test_a_healthy_shelf_weighs_everywhere_to_half_a_percent(unit: Unit) -> None:
    shelf = rig(healthy(PLATES, 3, unit=unit))
    for plate in range(1, PLATES + 1):
        for place in ("centre", "back-left"):
            assert weighed(shelf, plate, 500.0, place) == pytest.approx(500.0, abs=2.5)
            assert abs(weighed(shelf, plate, at=plate % PLATES + 1)) < 2.5, "its neighbour feels it"


def test_deeds_change_nothing_but_what_they_do() -> None:
    """The same seed, with and without a load in the middle of a piece: noise is the same to the bit."""
    alone, used = (rig(healthy(PLATES, 1), seed=9) for _ in range(2))
    heard(alone, 3.0)
    heard(used, 3.0)
    load = used.put(2, 500.0)
    heard(alone, 6.0)
    heard(used, 6.0)
    used.lift(load)
    one, other = said(alone, 5.0), said(used, 5.0)
    assert np.array_equal(np.delete(one, 1, axis=0), np.delete(other, 1, axis=0))
    assert not np.array_equal(one[1], other[1])


def test_what_is_planned_happens_then_and_the_past_stays() -> None:
    shelf = rig(healthy(PLATES, 1))
    load = shelf.put(3, 500.0, at_s=START_S + 5.0)
    shelf.lift(load, at_s=START_S + 12.0)
    numbers = said(shelf, 20.0)[2]
    moved = np.abs(numbers - np.median(numbers[:240])) > 250.0
    assert not moved[: 5 * 60].any()
    assert moved[6 * 60 : 12 * 60].all()
    assert not moved[13 * 60 :].any()
    with pytest.raises(ValueError, match="is over"):
        shelf.put(3, 500.0, at_s=START_S + 5.0)
    with pytest.raises(ValueError, match="does not stand"):
        shelf.lift(load)
    with pytest.raises(ValueError, match="plates are 1 to 6"):
        shelf.touch(7)


def test_a_moved_weight_keeps_its_number_and_weighs_once() -> None:
    shelf = rig(healthy(PLATES, 1))
    empty = [level(shelf, plate) for plate in (1, 2)]
    load = shelf.put(1, 500.0)
    heard(shelf, 2.0)
    shelf.move(load, 2, "front-left")
    heard(shelf, 3.0)
    assert [level(shelf, plate) - e for plate, e in zip((1, 2), empty, strict=True)] == pytest.approx([0, 500], abs=3)
    assert shelf.standing[load].plate == 2


def test_a_pulled_cable_says_nothing_and_time_goes_on() -> None:
    shelf = rig(healthy(PLATES, 1))
    shelf.pull(2.0, at_s=START_S + 1.0)
    batches = heard(shelf, 5.0)
    gap_s = np.diff([batch.at_s for batch in batches]).max()
    assert gap_s == pytest.approx(2.2, abs=0.1)
    shelf.unplugged = True
    assert heard(shelf, 1.0) == []
    assert shelf.now_s == pytest.approx(START_S + 6.0)


@settings(max_examples=15, deadline=None)
@given(
    deeds=st.lists(st.tuples(st.integers(1, PLATES), st.floats(20.0, 3000.0), st.booleans()), max_size=8),
    seed=st.integers(0, 99),
)
def test_a_cleared_shelf_weighs_what_it_weighed_before(deeds: list[tuple[int, float, bool]], seed: int) -> None:
    shelf = rig(healthy(PLATES, seed), seed)
    before = [level(shelf, plate) for plate in range(1, PLATES + 1)]
    for plate, mass_g, stays in deeds:
        load = shelf.put(plate, mass_g)
        heard(shelf, 1.0)
        if not stays:
            shelf.lift(load)
    for load in shelf.standing:
        shelf.lift(load)
    heard(shelf, 60.0)
    after = [level(shelf, plate) for plate in range(1, PLATES + 1)]
    assert np.abs(np.subtract(after, before)).max() < 9.0, "drift and what is left of creep, no more"


def test_the_told_temperature_is_what_levels_follow() -> None:
    """Hours of quiet, slowly sampled: what `tebura calibrate check` needs."""
    hardware = replace(healthy(PLATES, 1), hz=2.0, batch=60)
    warm = tuple(replace(cell, warmth_g=20.0 if cell.plate == 2 else 0.0) for cell in hardware.cells)
    batches = heard(rig(replace(hardware, cells=warm)), 4 * 3600.0)
    celsius = np.array([batch.celsius for batch in batches])
    levels = np.array([np.nanmean(batch.mass_g, axis=1) for batch in batches])
    slopes = np.polyfit(celsius, levels, 1)[0]
    assert slopes[1] == pytest.approx(20.0, rel=0.25)
    assert abs(slopes[4]) < 8.0


# --- faults -----------------------------------------------------------------------------------------------------------

PLATE = 3


def scatter(shelf: Rig) -> float:
    return float(np.nanstd(np.diff(said(shelf, 10.0)[PLATE - 1]))) / math.sqrt(2)


def hum(shelf: Rig) -> float:
    numbers = np.nan_to_num(said(shelf, 20.0)[PLATE - 1])
    power = np.abs(np.fft.rfft((numbers - numbers.mean()) * np.hanning(numbers.size)))
    return float(power[40:].max() / np.median(power[40:]))


def repeated(shelf: Rig) -> float:
    return float((np.diff(said(shelf)[PLATE - 1]) == 0).mean())


def lag(shelf: Rig) -> float:
    """Share of a load that is not there a second after it was set down."""
    before = level(shelf, PLATE)
    shelf.put(PLATE, 500.0)
    heard(shelf, 0.8)
    soon = float(np.median(said(shelf, 0.4)[PLATE - 1])) - shelf.hardware.under(PLATE).zero
    return (level(shelf, PLATE) - soon) / (level(shelf, PLATE) - before)


def wander(shelf: Rig) -> float:
    """Of ten-second means, g."""
    return float(np.ptp([np.nanmedian(said(shelf, 10.0)[PLATE - 1]) for _ in range(12)]))


def jumps(shelf: Rig) -> float:
    seconds = np.nanmedian(said(shelf, 30.0)[PLATE - 1].reshape(30, -1), axis=1)
    return float(np.abs(np.diff(seconds)).max())


def on_top(shelf: Rig) -> float:
    """How differently a weight weighs on top of a load."""
    alone = weighed(shelf, PLATE)
    shelf.put(PLATE, 1200.0)
    heard(shelf, 60.0)
    return abs(weighed(shelf, PLATE) / alone - 1)


def clings(shelf: Rig) -> float:
    """What is left of a weight that was lifted from a load."""
    shelf.put(PLATE, 800.0)
    heard(shelf, 60.0)
    before = level(shelf, PLATE)
    load = shelf.put(PLATE, 500.0)
    heard(shelf, 3.0)
    shelf.lift(load)
    return (level(shelf, PLATE) - before) / 500.0


def askew(shelf: Rig) -> float:
    corners = [weighed(shelf, PLATE, 500.0, place) for place in get_args(Place)]
    return float(np.ptp(corners)) / 500.0


def creep(shelf: Rig) -> float:
    shelf.put(PLATE, 2000.0)
    heard(shelf, 1.0)
    soon = level(shelf, PLATE)
    heard(shelf, 40.0)
    return abs(level(shelf, PLATE) - soon) / 2000.0


def untimely(shelf: Rig) -> float:
    """Seconds that the controller's clock is off after five minutes."""
    batch = heard(shelf, 300.0)[-1]
    return abs(batch.received_s - batch.at_s - 0.2)


SHOWS: dict[str, tuple[Callable[[Rig], float], float]] = {
    "dead": (lambda shelf: float(np.isnan(said(shelf)[PLATE - 1]).mean()), 0.9),
    "stuck": (lambda shelf: 1.0 - min(1.0, float(np.ptp(said(shelf)[PLATE - 1]))), 0.9),
    "saturated": (lambda shelf: 500.0 - weighed(shelf, PLATE), 100.0),
    "noisy": (scatter, 15.0),
    "hum": (hum, 12.0),
    "slow": (repeated, 0.8),
    "smoothed": (lag, 0.1),
    "loose": (jumps, 60.0),
    "reversed": (lambda shelf: -weighed(shelf, PLATE), 300.0),
    "order": (lambda shelf: 500.0 - float(np.ptp(_both(shelf)[PLATE - 1])), 300.0),
    "span": (lambda shelf: 1 - weighed(shelf, PLATE) / 500.0, 0.1),
    "nonlinear": (on_top, 0.02),
    "hysteresis": (clings, 0.01),
    "off-centre": (askew, 0.02),
    "touching": (lambda shelf: weighed(shelf, PLATE, at=PLATE + 1) / 500.0, 0.05),
    "creeping": (creep, 0.008),
    "drifting": (wander, 12.0),
    "lost-samples": (lambda shelf: 1 - len(heard(shelf, 120.0)) / 600, 0.05),
    "clock": (untimely, 1.2),
}
"""Fault -> a figure that anybody could measure in front of the shelf, and what only a faulty one exceeds."""


def _both(shelf: Rig) -> Grams:
    """Levels of the channels before and with a weight on `PLATE`: (channels, 2)."""
    before = np.median(said(shelf), axis=1)
    shelf.put(PLATE, 500.0)
    heard(shelf, 1.0)
    return np.stack([before, np.median(said(shelf), axis=1)], axis=1)


def test_every_fault_has_its_symptom() -> None:
    assert set(SHOWS) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_and_a_healthy_shelf_does_not(name: str) -> None:
    measure, limit = SHOWS[name]
    where = {"shelf": (), "pair": (PLATE, PLATE + 1)}.get(FAULTS[name].of, (PLATE,))
    where = (PLATE, PLATE + 2) if name == "order" else where
    for seed in (1, 2, 3):
        sound = healthy(PLATES, seed)
        bad, hit = spoil(sound, name, seed, where)
        assert hit == where
        assert measure(rig(bad, seed)) > limit
        assert measure(rig(sound, seed)) < limit


def test_seeds_go_through_all_faults_and_no_plate_has_two() -> None:
    seen: set[str] = set()
    for seed in range(2 * len(FAULTS)):
        hardware, truth = faulty(PLATES, seed)
        plates = [plate for hit in truth.values() for plate in hit]
        assert len(plates) == len(set(plates))
        assert set(plates) <= set(range(1, PLATES + 1))
        assert {name for name, hit in truth.items() if not hit} <= {"lost-samples", "clock"}
        assert hardware != healthy(PLATES, seed)
        wrong = {plate for plate, channel in enumerate(hardware.order, start=1) if plate != channel}
        assert wrong == set(truth.get("order", ()))
        seen |= set(truth)
    assert seen == set(FAULTS)


def test_what_begins_later_begins_then() -> None:
    """A cell that lies and one that hangs, an hour after they were calibrated: what `tebura calibrate check` finds."""
    hardware = healthy(PLATES, 1)
    later = tuple(
        replace(cell, lies_since_s=20.0, lies_by=0.05) if cell.plate == 1
        else replace(cell, stuck_since_s=20.0) if cell.plate == 2 else cell
        for cell in hardware.cells
    )  # fmt: skip
    shelf = rig(replace(hardware, cells=later))
    assert weighed(shelf, 1) == pytest.approx(500.0, abs=2.5)
    assert np.ptp(said(shelf, START_S + 20.0 - shelf.now_s)[1]) > 1.0
    assert weighed(shelf, 1) == pytest.approx(525.0, abs=2.5)
    assert np.ptp(said(shelf)[1]) == 0.0


@pytest.mark.parametrize(("fault", "plates"), [("dead", (7,)), ("order", (2,)), ("clock", (1,)), ("sleepy", ())])
def test_a_fault_that_cannot_be_is_refused(fault: str, plates: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=fault):
        spoil(healthy(PLATES, 1), fault, 1, plates)


def test_a_shelf_of_one_plate_has_no_neighbours_to_touch() -> None:
    for seed in range(2 * len(FAULTS)):
        truth = faulty(1, seed)[1]
        assert truth
        assert not {"touching", "order"} & set(truth)


# --- somebody in front of it ------------------------------------------------------------------------------------------


def ask(deed: Deed, plate: int = 0, place: Place = "centre") -> Ask:
    return Ask(deed, plate, deed, 500.0, place)


def done(technician: Technician, shelf: Rig, *asks: Ask) -> None:
    for one in asks:
        technician.do(one)
        heard(shelf, technician.free_s - shelf.now_s + 2.0)


def stands(shelf: Rig) -> list[tuple[int, Place, float]]:
    return sorted((load.plate, load.place, round(load.mass_g, 1)) for load in shelf.standing.values())


def test_a_technician_does_what_is_asked_with_one_weight_and_a_basket() -> None:
    shelf = rig(healthy(PLATES, 1))
    technician = Technician(shelf, weight_g=501.3)
    done(technician, shelf, ask("empty"), ask("hands-off"), ask("touch", 2), ask("put", 2), ask("put", 2, "back-left"))
    assert stands(shelf) == [(2, "back-left", 501.3)]
    done(technician, shelf, ask("put", 3))
    assert stands(shelf) == [(3, "centre", 501.3)], "there is only one weight"
    done(technician, shelf, ask("lift", 3), ask("product", 3), ask("put", 3))
    (product,) = [mass_g for _, _, mass_g in stands(shelf) if mass_g != 501.3]
    done(technician, shelf, ask("lift", 3))
    assert stands(shelf) == [(3, "centre", product)], "the weight was put last"
    done(technician, shelf, ask("empty"))
    assert stands(shelf) == []


def test_the_right_plate_feels_it_when_it_is_asked_for() -> None:
    hardware, _ = spoil(healthy(PLATES, 1), "order", 1, (1, 2))
    shelf = rig(hardware)
    technician = Technician(shelf)
    technician.do(ask("touch", 1))
    pressed = np.nanmax(np.abs(said(shelf, 8.0) - said(rig(hardware), 1.0).mean(axis=1, keepdims=True)), axis=1)
    assert int(np.argmax(pressed)) == 1, "the cell of plate 1 is plugged in as channel 2"


@pytest.mark.parametrize("mistake", get_args(Mistake))
def test_a_mistake_happens_once_and_the_next_time_it_is_right(mistake: Mistake) -> None:
    shelf = rig(healthy(PLATES, 1))
    technician = Technician(shelf, mistakes=[mistake])
    quiet = healthy(PLATES, 1)
    empty = [level(rig(quiet), plate) for plate in range(1, PLATES + 1)]
    technician.do(ask("hands-off"))
    stirred = float(np.ptp(said(shelf, 6.0), axis=1).max())
    assert (stirred > 150.0) == (mistake == "bump-during-tare")

    technician.do(ask("put", 2))
    batches = heard(shelf, 12.0)
    gap = max(np.diff([batch.at_s for batch in batches])) > 1.0
    assert gap == (mistake == "pulled-cable")
    shaken = np.ptp(np.concatenate([b.mass_g for b in batches], axis=1)[3])
    assert (shaken > 100.0) == (mistake == "leans")
    wanted = {"wrong-plate": [(3, "centre", 500.0)], "lifts-early": [], "wrong-weight": [(2, "centre", 200.0)]}
    assert stands(shelf) == wanted.get(mistake, [(2, "centre", 500.0)])

    done(technician, shelf, ask("put", 2), ask("product", 4), ask("empty"))
    left = [plate for plate, _, _ in stands(shelf)]
    assert left == ([2] if mistake == "forgets-one" else [])
    done(technician, shelf, ask("empty"))
    assert stands(shelf) == []
    assert [level(shelf, p) for p in range(1, PLATES + 1)] == pytest.approx(empty, abs=5.0)
