"""Health without touching anything: what is wrong is found, what is well is left alone, figures are right."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from calibration.health import Health
from edge.records import WeightBatch
from edge.store import Conversion, PlateProfile, ShelfProfile, load_store, read_store
from edge.wire import decode, open_recording
from simulator.commands import DEMO, simulate_busy
from simulator.rig import Climate, Hardware, Rig, healthy, spoil
from tests.calibration.shoppers import Goods, looked_at

STORE = load_store(DEMO)
SHELVES = STORE.layout.shelves

SEEN = ("dead", "stuck", "saturated", "noisy", "hum", "slow", "smoothed", "loose", "reversed", "span", "creeping",
        "drifting", "lost-samples", "clock")  # fmt: skip
"""Faults that shelves betray by themselves; the others need a weight, and a walk."""

TAKES = {"creeping": (2700.0, (12.0, 40.0)), "drifting": (1200.0, (3.0, 9.0)), "lost-samples": (120.0, (3.0, 9.0)),
         "stuck": (300.0, (3.0, 9.0))}  # fmt: skip
"""What creeps is seen when it is left alone for a while; how far a level wanders, when it has done so often enough;
what is lost or never moves, soon.
"""


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_found_by_its_name_at_its_plates_and_nothing_else(fault: str) -> None:
    for seed in (3, 22):
        shelf = SHELVES[seed % len(SHELVES)]
        hardware, plates = spoil(healthy(shelf.plates, seed), fault, seed)
        seconds, every_s = TAKES.get(fault, (600.0, (3.0, 9.0)))
        verdict = looked_at(STORE, shelf, hardware, seed, seconds, plates, every_s)
        assert {f.fault for f in verdict.findings} == {fault}
        assert sorted(p for f in verdict.findings for p in f.plates) == sorted(plates)


@pytest.mark.parametrize("seed", range(len(SHELVES)))
def test_nothing_is_invented_on_a_healthy_shelf(seed: int) -> None:
    shelf = SHELVES[seed]
    assert looked_at(STORE, shelf, healthy(shelf.plates, seed), seed, 240.0).well
    assert looked_at(STORE, shelf, healthy(shelf.plates, 100 + seed), seed, 60.0, every_s=None).well


def test_nothing_is_invented_in_a_busy_shop(tmp_path: Path) -> None:
    simulate_busy(STORE, 5, tmp_path / "busy.mcap", 3)
    recording = open_recording(tmp_path / "busy.mcap")
    store = read_store(recording.store_files())
    health = Health(store)
    for heard in recording:
        record = decode(store, heard.topic, heard.payload, heard.received_s)
        if isinstance(record, WeightBatch):
            health.hear(record)
    verdict = health.verdict()
    assert [s.shelf for s in verdict if s.findings] == []
    assert sum(p.steps for s in verdict for p in s.plates) > 10, "people took things"


def test_slow_lines_are_judged_by_their_own_pace() -> None:
    shelf = SHELVES[2]
    well = replace(healthy(shelf.plates, 5), hz=10.0, batch=5)
    assert looked_at(STORE, shelf, well, 5, 600.0).well
    for fault in ("noisy", "stuck", "loose"):
        hardware, plates = spoil(well, fault, 5)
        verdict = looked_at(STORE, shelf, hardware, 5, 600.0, plates)
        assert [(f.fault, f.plates) for f in verdict.findings] == [(fault, plates)]


def test_taking_things_is_no_drift() -> None:
    """Two hours in which most of the goods go: what the cells did by themselves is still what is told."""
    shelf = SHELVES[3]
    cells = tuple(replace(c, drift_g=0.05, warmth_g=0.0) for c in healthy(shelf.plates, 1).cells)
    hardware = replace(healthy(shelf.plates, 1), cells=cells, hz=20.0, batch=4)
    verdict = looked_at(STORE, shelf, hardware, 1, 7200.0, every_s=(20.0, 60.0))
    assert sum(p.steps for p in verdict.plates) > 50
    for plate in verdict.plates:
        assert abs(plate.drift.value) < 4 * plate.drift.error + 1.0
        assert plate.drift.error < 10.0
        assert abs(plate.wander.value - 0.05**2) < 4 * plate.wander.error
        assert plate.wander.error < 0.1**2


def test_noise_wander_and_warmth_are_what_the_cells_have() -> None:
    shelf = SHELVES[0]
    well = healthy(shelf.plates, 8)
    cells = tuple(
        replace(c, noise_g=1.0 + 0.3 * i, hum_g=0.0, drift_g=0.04 + 0.02 * i, warmth_g=0.5 * (i - 4))
        for i, c in enumerate(well.cells)
    )
    hardware = replace(well, cells=cells, hz=20.0, batch=4, climate=Climate(compressor_c=1.5))
    verdict = looked_at(STORE, shelf, hardware, 8, 3 * 3600.0, every_s=None)
    assert verdict.well
    for plate, cell in zip(verdict.plates, cells, strict=True):
        assert plate.noise.value == pytest.approx(cell.noise_g, rel=0.02)
        # A level that follows the compressor wanders too: over ten seconds by so much.
        swing_g = cell.warmth_g * 1.5 * 2 * math.pi / 900.0
        assert abs(plate.wander.value - cell.drift_g**2 - 11 * swing_g**2 / 2) < 4 * plate.wander.error
        assert plate.wander.error < 0.08**2
        assert abs(plate.warmth.value - cell.warmth_g) < 4 * plate.warmth.error + 0.1
        assert plate.warmth.error < 1.0


def test_clocks_are_judged_by_what_no_network_can_do() -> None:
    shelf = SHELVES[6]
    late = np.random.default_rng(1)

    def held_up(hardware: Hardware, seconds: float) -> Health:
        health = Health(STORE, [shelf.id])
        for batch in Goods(Rig(shelf, hardware, 4), STORE, 4).day(seconds, None):
            delay_s = float(late.choice([0.0, 0.05, 2.5], p=[0.3, 0.5, 0.2]))
            health.hear(structs.replace(batch, received_s=batch.received_s + delay_s))
        return health

    well = held_up(replace(healthy(shelf.plates, 4), clock_ppm=60.0), 900.0).verdict()[0]
    assert well.well, "a network that delays says nothing about clocks"
    assert well.controller.ppm == pytest.approx(-60.0, abs=15.0)
    ahead = held_up(replace(healthy(shelf.plates, 4), clock_offset_s=0.6), 60.0).verdict()[0]
    assert [f.fault for f in ahead.findings] == ["clock"]
    assert "ahead" in ahead.findings[0].what


@pytest.mark.parametrize("share", [0.7, 1.0])
def test_who_looks_for_batches_as_often_as_they_come_is_no_clock(share: float) -> None:
    """Each is sent a little later than the last, until one is skipped: with bad luck all the while that is listened."""
    shelf, seconds = SHELVES[5], 25.0
    hardware = healthy(shelf.plates, 4)
    lasts_s = hardware.batch / hardware.hz
    health = Health(STORE, [shelf.id])
    rig = Rig(shelf, hardware, 4)
    began_s = rig.now_s
    for batch in Goods(rig, STORE, 4).day(seconds, None):
        late_s = ((batch.at_s - began_s) / seconds / share) % 1.0 * lasts_s
        health.hear(structs.replace(batch, received_s=batch.received_s + late_s))
    assert health.verdict()[0].well


def test_between_two_recordings_nothing_is_lost() -> None:
    shelf = SHELVES[1]
    rig = Rig(shelf, healthy(shelf.plates, 2), 2)
    goods, health = Goods(rig, STORE, 2), Health(STORE, [shelf.id])
    for part in range(3):
        for batch in goods.day(60.0, None):
            health.hear(batch)
        health.part()
        for _ in range(40 * part):
            rig.batch()
    (verdict,) = health.verdict()
    assert verdict.well
    assert verdict.controller.lost == 0.0
    assert verdict.controller.gaps == 0
    assert verdict.controller.heard_s == pytest.approx(180.0, abs=1.0)


def test_raw_numbers_are_judged_without_grams_and_in_grams_once_there_is_a_profile() -> None:
    shelf = SHELVES[4]
    hardware, plates = spoil(healthy(shelf.plates, 3, unit="counts"), "noisy", 3)
    raw = replace(
        STORE,
        layout=replace(STORE.layout, gondolas=tuple(
            replace(g, shelves=tuple(replace(s, says="raw") for s in g.shelves)) for g in STORE.layout.gondolas
        )),
    )  # fmt: skip
    verdict = looked_at(raw, shelf, hardware, 3, 120.0, every_s=None)
    assert not verdict.grams
    assert [(f.fault, f.plates) for f in verdict.findings] == [("noisy", plates)]
    (noise,) = (p.noise.value for p in verdict.plates if p.plate == plates[0])
    assert verdict.findings[0].what == f"{noise:,.1f} units from sample to sample", "as its table says"
    profile = ShelfProfile(
        shelf=shelf.id,
        made=datetime(2026, 1, 1, tzinfo=UTC),
        plate=tuple(
            PlateProfile(plate=c.plate, channel=i, zero=c.zero, g_per_unit=1 / c.units_per_g, noise_g=2.0)
            for i, c in enumerate(hardware.cells, start=1)
        ),
    )
    calibrated = replace(raw, profiles={shelf.id: Conversion(profile)})
    verdict = looked_at(calibrated, shelf, hardware, 3, 120.0, every_s=None)
    assert verdict.grams
    assert [(f.fault, f.plates) for f in verdict.findings] == [("noisy", plates)]
    for plate in verdict.plates:
        assert plate.noise.value == pytest.approx(math.hypot(hardware.under(plate.plate).noise_g, 0.2), rel=0.1)
