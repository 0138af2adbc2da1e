"""Recordings: the same seed gives the same bytes, nothing is lost, everything keeps the contract."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import PeopleFrame, Refused, WeightBatch
from edge.store import read_store
from edge.wire import decode, open_recording
from simulator import Habits, simulate_busy, simulate_story
from simulator.shops import random_shop
from tests.simulator.plays import SHOP

SHORT = "seed 5\n09:00:00 ana enters\n09:00:14 ana takes 1 cola-500\n09:00:25 ana leaves\n"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def busy_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "busy.mcap"
    simulate_busy(SHOP, 3, path, 9, habits=Habits(gap_s=4))
    return path


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    simulate_busy(SHOP, 2, tmp_path / "here.mcap", 8)
    code = (
        "from pathlib import Path; from edge.store import load_store; from simulator import simulate_busy; "
        "from simulator.commands import DEMO; "
        f"simulate_busy(load_store(DEMO), 2, Path({str(tmp_path / 'there.mcap')!r}), 8)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": "77"})
    assert digest(tmp_path / "here.mcap") == digest(tmp_path / "there.mcap")


def test_another_seed_gives_another_day(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate_story(SHOP, SHORT, tmp_path / f"{seed}.mcap", seed)
    assert digest(tmp_path / "1.mcap") != digest(tmp_path / "2.mcap")


def test_a_story_that_names_its_seed_keeps_it(tmp_path: Path) -> None:
    simulate_story(SHOP, SHORT, tmp_path / "named.mcap")
    simulate_story(SHOP, SHORT, tmp_path / "given.mcap", 5)
    assert digest(tmp_path / "named.mcap") == digest(tmp_path / "given.mcap")


def test_a_recording_opens_again_with_everything_in_it(busy_recording: Path) -> None:
    recording = open_recording(busy_recording)
    heard = list(recording)
    assert recording.loss is None
    assert {"store.toml", "catalogue.csv", "planogram.csv", "truth.json", "story.txt"} <= set(recording.attachments)
    store = read_store(recording.store_files())
    assert [h.received_s for h in heard] == sorted(h.received_s for h in heard)
    records = [decode(store, h.topic, h.payload, h.received_s) for h in heard]
    assert not [r for r in records if isinstance(r, Refused)]
    assert {r.shelf for r in records if isinstance(r, WeightBatch)} == {s.id for s in store.layout.shelves}
    assert {r.camera for r in records if isinstance(r, PeopleFrame)} == {c.id for c in store.layout.cameras}
    assert all(-0.001 < r.received_s - r.at_s < 0.4 for r in records if not isinstance(r, Refused))


def test_the_truth_adds_up(busy_recording: Path) -> None:
    truth = json.loads(open_recording(busy_recording).attachments["truth.json"])
    assert len(truth["visits"]) == 3
    moved: dict[str, int] = {}
    for event in truth["events"]:
        sign = {"pick": 1, "put_back": -1}[event["action"]]
        moved[event["sku"]] = moved.get(event["sku"], 0) + sign * event["count"]
        assert event["shelf"]
        assert event["plates"]
        assert event["count"] > 0
    left: dict[str, int] = {}
    for visit in truth["visits"]:
        for sku, count in visit["items"].items():
            left[sku] = left.get(sku, 0) + count
    assert left == {sku: n for sku, n in moved.items() if n}


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 500), st.floats(0.3, 2.0))
def test_any_shop_can_be_simulated(tmp_path_factory: pytest.TempPathFactory, seed: int, roughness: float) -> None:
    path = tmp_path_factory.mktemp("any") / "shop.mcap"
    truth = simulate_busy(random_shop(seed), 2, path, seed, roughness=roughness)
    assert len(truth["visits"]) == 2
    assert sum(1 for _ in open_recording(path)) > 500
