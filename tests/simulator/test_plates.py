"""The physics of shelves: what is taken is what the plates lose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store import Shelf
from simulator.forces import Force, Press, Step, hill_over, loads
from simulator.plates import BATCH, HZ, Blind, Plates
from tests.simulator.plays import SHELVES, SHOP, acted, busy, errands, load_at

BOARD = Shelf("s", "g", 1.0, 0.4, 6, 0.12)


def sensed(forces: list[Force], blind: list[Blind] | None = None, seed: int = 1, seconds: float = 50.0) -> np.ndarray:
    """All samples of a shelf with 500 g on each of six plates: (plates, samples)."""
    plates = Plates(BOARD, np.full(6, 500.0), forces, blind or [], 1.0, seed)
    return np.concatenate([g for _, _, g in plates.batches(0.0, seconds)], axis=1)


def step(change_g: float, at_s: float = 20.0) -> Step:
    return Step(at_s, np.array([0, 0, 0.6, 0.4, 0, 0]) * change_g, 0.15)


@settings(max_examples=8, deadline=None)
@given(errands(), st.integers(0, 2**31))
def test_mass_is_conserved(lines: list[str], seed: int) -> None:
    played = acted(*lines, seed=seed)
    for shelf in SHELVES:
        end = load_at(played, shelf, played.end_s + 300)
        np.testing.assert_allclose(end, played.stage.stock.load_g(shelf), rtol=1e-3, atol=3.0)


@pytest.mark.parametrize("seed", [3, 4])
def test_every_truth_can_be_seen_on_the_plates_that_it_names(seed: int) -> None:
    played = busy(seed)
    happened = played.stage.happened
    assert len(happened) > 5
    for h in happened:
        near = [o for o in happened if o is not h and o.shelf == h.shelf and abs(o.at_s - h.at_s) < 8]
        if near:
            continue
        change = load_at(played, h.shelf, h.at_s + 6) - load_at(played, h.shelf, h.at_s - 6)
        expected = SHOP.catalogue[h.sku].weight_g * h.count * (-1 if h.action == "pick" else 1)
        named = change[[p - 1 for p in h.plates]]
        assert np.all(np.sign(named) == np.sign(expected)), h
        assert named.sum() == pytest.approx(expected, rel=0.12), h
        assert change.sum() == pytest.approx(expected, rel=0.10), h


def test_an_empty_shelf_gives_what_it_has_and_then_nothing() -> None:
    lines = ["09:00:00 ana enters"]
    lines += [f"09:{1 + i // 4:02d}:{i % 4 * 15:02d} ana takes 20 nuts-mix" for i in range(8)]
    played = acted(*lines, "09:05:00 ana hesitates over nuts-mix", "09:06:00 ana leaves")
    there = sum(h.count for h in played.stage.happened)
    assert there < 160
    assert played.stage.visits[0].items == {"nuts-mix": there}
    assert all(u.sku != "nuts-mix" for shelf in SHELVES for u in played.stage.stock.on(shelf))


def test_a_unit_that_comes_back_weighs_what_was_taken() -> None:
    played = acted(
        "09:00:00 ana enters",
        "09:00:15 ana takes 1 tea-green-500",
        "09:00:30 ana puts back 1 tea-green-500 on g3-s2:5",
        "09:00:40 ben enters",
        "09:01:00 ben takes 1 tea-green-500 from g3-s2:5",
        "09:01:10 ana leaves",
        "09:01:20 ben leaves",
    )
    pick, back, again = played.stage.happened
    assert (pick.subject, back.subject, again.subject) == ("ana", "ana", "ben")
    masses = [
        abs(float((load_at(played, h.shelf, h.at_s + 6) - load_at(played, h.shelf, h.at_s - 6)).sum()))
        for h in (pick, back, again)
    ]
    assert masses == pytest.approx([masses[0]] * 3, rel=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.floats(20, 2000), st.booleans(), st.integers(0, 1000))
def test_the_settled_level_says_what_left(mass: float, held: bool, seed: int) -> None:
    gone = Step(20.0, np.array([0, 0, 0.6, 0.4, 0, 0]) * -mass, 2.0 if held else 0.15, held=0.5 if held else 0.0)
    grams = sensed([gone], seed=seed)
    before, after = grams[:, int(17 * HZ) : int(19.5 * HZ)], grams[:, int(23 * HZ) : int(25.5 * HZ)]
    change = np.nanmedian(after, axis=1) - np.nanmedian(before, axis=1)
    assert change.sum() == pytest.approx(-mass, rel=0.01, abs=6.0)


def test_a_hand_and_a_leaning_body_leave_nothing_behind() -> None:
    lean: list[Force] = [Press(20.0, 1.2, 600 * hill_over(6, 3.0, 2.0)), Press(22.0, 0.3, -40 * hill_over(6, 2.0, 0.5))]
    at_s = np.arange(19.0, 24.0, 1 / HZ)
    load = loads(lean, np.zeros(6), at_s)
    assert load.max() > 500
    np.testing.assert_allclose(load[:, [0, -1]], 0.0, atol=1e-9)
    assert np.all(np.diff(load[:, int(1.5 * HZ)]) * [1, 1, -1, -1, -1] > 0), "a smooth hill"


def test_plates_ring_after_a_step_and_come_to_rest() -> None:
    at_s = np.arange(19.0, 23.0, 1 / HZ)
    load = loads([step(-1000)], np.zeros(6), at_s)[2]
    assert load.min() < -620
    late = load[at_s > 21.0]
    assert np.ptp(late) < 0.5


def test_the_same_moments_in_pieces_give_the_same_grams() -> None:
    forces: list[Force] = [step(-300), Press(19.5, 0.6, np.full(6, 80.0), 0.2, 1.0)]
    at_s = np.arange(15.0, 30.0, 1 / HZ)
    whole = loads(forces, np.zeros(6), at_s)
    pieces = np.concatenate([loads(forces, np.zeros(6), part) for part in np.split(at_s, 9)], axis=1)
    np.testing.assert_allclose(whole, pieces, atol=1e-9)


def test_noise_drift_and_zero_are_each_cells_own() -> None:
    grams = sensed([])
    noise = np.std(np.diff(grams, axis=1), axis=1) / math.sqrt(2)
    assert np.all((noise > 0.7) & (noise < 6.5))
    assert len(set(np.round(noise, 3))) == 6
    assert np.ptp(np.median(grams, axis=1)) > 30, "nobody ever zeroed these"
    assert np.all(np.abs(grams[:, -600:].mean(axis=1) - grams[:, :600].mean(axis=1)) < 15)


def test_a_dead_cell_says_nothing_and_a_stuck_one_the_same() -> None:
    faults = [Blind(3, "dead", 15.0, 30.0), Blind(4, "stuck", 15.0, 30.0)]
    grams = sensed([step(-500)], faults)
    during, healed = slice(int(15.1 * HZ), int(29.9 * HZ)), slice(int(30.3 * HZ), None)
    assert np.isnan(grams[2, during]).all()
    assert np.ptp(grams[3, during]) == 0
    assert not np.isnan(grams[2, healed]).any()
    assert np.median(grams[3, healed]) == pytest.approx(grams[3, during][0] - 200, abs=10), "what left shows later"


def test_a_silent_controller_sends_nothing() -> None:
    plates = Plates(BOARD, np.zeros(6), [], [Blind(0, "silent", 10.0, 20.0)], 1.0, 1)
    sent = [(measured, received) for measured, received, _ in plates.batches(0.0, 30.0)]
    assert not [m for m, _ in sent if 10 <= m < 20]
    assert all(received - measured > BATCH / HZ for measured, received in sent)
    assert len(sent) == pytest.approx(20 * HZ / BATCH, abs=3)
