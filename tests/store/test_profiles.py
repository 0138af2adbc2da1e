"""How shelves weigh: the newest profile counts, broken ones are told, recordings carry them, the core goes by them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.driver import Driver
from edge.records import Publish, WeightBatch
from edge.runtime import step
from edge.state import freeze, open_shop, reopen_shelves, thaw
from edge.store import BrokenStore, load_store, read_store
from edge.wire import RecordingWriter, encode_weight, open_recording
from tests.corner import FILES, OPENS_S, STORE, errand, write_store
from tests.shelf.signals import Signal, told

WIRED = (3, 1, 4, 2)
"""Plate 1's cell is on channel 3, and so on."""


def profile(*, per_unit: float = -0.025, zero: float = 81_000.0, made: str = "2026-11-01T09:00:00Z") -> str:
    rows = "".join(
        f"[[plate]]\nplate = {p}\nchannel = {c}\nzero = {zero}\n"
        f"g_per_unit = {per_unit}\nnoise_g = 1.0\ndrift_g = 0.05\n"
        for p, c in enumerate(WIRED, 1)
    )
    return f'shelf = "g1-s1"\nmade = {made}\nby = "aki"\n{rows}\n[[trial]]\nplate = 1\n'


def folder_with(tmp_path: Path, **profiles: str) -> Path:
    folder = write_store(tmp_path / "shop")
    history = folder / "calibration" / "g1-s1"
    history.mkdir(parents=True)
    for name, text in profiles.items():
        (history / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def raw(path: Path, out: Path, files: dict[str, bytes]) -> Path:
    """A recording as a controller with other numbers and other wires would have made it."""
    recording = open_recording(path)
    with RecordingWriter(out, {**files, "truth.json": b"{}"}, OPENS_S) as writer:
        for heard in recording:
            payload = heard.payload
            if heard.topic.endswith("/weight"):
                told = json.loads(payload)
                mass_g = np.array(told["g"], dtype=float)
                said = np.empty_like(mass_g)
                for plate, channel in enumerate(WIRED, 1):
                    said[channel - 1] = mass_g[plate - 1] / -0.025 + 81_000.0
                payload = encode_weight(told["t"], told["hz"], said)
            writer.write(heard.topic, payload, heard.received_s, heard.received_s)
    return out


def lines(*arguments: str) -> list[object]:
    done = CliRunner().invoke(app, ["replay", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return [{**json.loads(line), "recording": ""} for line in done.stdout.splitlines()]


def test_the_newest_counts_and_travels_with_the_store(tmp_path: Path) -> None:
    old, new = profile(per_unit=-0.03), profile(made="2026-11-02T09:00:00Z")
    store = load_store(folder_with(tmp_path, **{"20261101T090000Z": old, "20261102T090000Z": new}))
    assert store.profiles["g1-s1"].profile.name == "20261102T090000Z"
    assert store.sources["calibration/g1-s1.toml"] == new.encode()
    again = read_store(dict(store.sources))
    assert again.profiles["g1-s1"].profile == store.profiles["g1-s1"].profile


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("shelf = ", "is not TOML"),
        (profile().replace("g1-s1", "g9-s9", 1), "it is the profile of g9-s9"),
        (profile().replace("channel = 3", "channel = 1"), "every channel must belong to one plate"),
        (profile(per_unit=0.0), "weighs nothing"),
        (profile(per_unit=1e-300), "weighs nothing"),
        (profile(zero=float("nan")), "zero"),
        (profile(zero=float("inf")), "zero"),
        (profile().split("[[plate]]\nplate = 4")[0], "it has 3 plates, and the shelf 4"),
    ],
)
def test_a_profile_that_cannot_be_used_keeps_the_shop_shut_and_says_what_to_do(
    tmp_path: Path, broken: str, says: str
) -> None:
    if "3 plates" in says:
        broken = broken.replace("channel = 4", "channel = 2")
    folder = folder_with(tmp_path, **{"20261101T090000Z": profile(), "20261102T090000Z": broken})
    with pytest.raises(BrokenStore) as refused:
        load_store(folder)
    assert says in str(refused.value)
    assert "rollback" in str(refused.value)


@pytest.mark.parametrize("name", ["old", "20261102T090000Z (copy)", "zero"])
def test_only_files_that_are_named_by_a_date_count(tmp_path: Path, name: str) -> None:
    other = profile(per_unit=-7.0, made="2026-11-02T09:00:00Z")
    store = load_store(folder_with(tmp_path, **{"20261101T090000Z": profile(), name: other}))
    assert store.profiles["g1-s1"].profile.name == "20261101T090000Z"


def test_a_newest_profile_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, **{"20261101T090000Z": profile()})
    (folder / "calibration" / "g1-s1" / "20261102T090000Z.toml").mkdir()
    with pytest.raises(BrokenStore, match="cannot be read"):
        load_store(folder)


def test_counts_from_crossed_wires_make_the_receipt_that_grams_make(tmp_path: Path) -> None:
    plain = errand(tmp_path / "plain.mcap")
    counts = raw(plain, tmp_path / "counts.mcap", {**FILES, "calibration/g1-s1.toml": profile().encode()})
    assert lines(str(counts)) == lines(str(plain))


def test_a_replay_can_weigh_as_another_calibration_says(tmp_path: Path) -> None:
    plain = errand(tmp_path / "plain.mcap")
    wrong = raw(plain, tmp_path / "wrong.mcap", {**FILES, "calibration/g1-s1.toml": profile(per_unit=-0.02).encode()})
    folder = folder_with(tmp_path, **{"20261101T090000Z": profile()})
    assert lines(str(wrong)) != lines(str(plain))
    assert lines(str(wrong), "--calibration", str(folder)) == lines(str(plain))


def test_raw_numbers_mean_nothing_before_the_shelf_is_calibrated(tmp_path: Path) -> None:
    text = STORE.replace("plate_width = 0.25", 'plate_width = 0.25\nsays = "raw"')
    files = {**FILES, "store.toml": text.encode()}
    store = read_store(files)
    counts = raw(errand(tmp_path / "plain.mcap"), tmp_path / "counts.mcap", files)
    said: list[Publish] = []
    driver = Driver(store, publish=said.append)
    for heard in open_recording(counts):
        driver.hear(heard)
        driver.hear(type(heard)("shop/clock/tick", b'{"t": %.3f}' % heard.received_s, heard.received_s))
    status = [p.payload for p in said if p.topic == "runtime/status"]
    assert status[-1]["state"] == "degraded"
    assert "tebura calibrate shelf g1-s1" in str(status[-1]["troubles"])
    assert not [p for p in said if p.payload.get("lines")]


def test_a_new_profile_forgets_where_the_plates_stood_and_nothing_else(tmp_path: Path) -> None:
    before = read_store({**FILES, "calibration/g1-s1.toml": profile().encode()})
    state = open_shop(before)
    step(state, before, WeightBatch(1.0, 0.8, "g1-s1", 60.0, np.full((4, 12), 81_000.0)))
    reopen_shelves(state, before)
    assert state.shelves["g1-s1"].blocks, "the same profile: it goes on"
    after = read_store({**FILES, "calibration/g1-s1.toml": profile(per_unit=-0.03).replace("-01T", "-02T").encode()})
    again = thaw(freeze(state))
    reopen_shelves(again, after)
    assert again.shelves["g1-s1"].blocks == 0
    edited = read_store({**FILES, "calibration/g1-s1.toml": profile(per_unit=-0.03).encode()})
    reopen_shelves(state, edited)
    assert state.shelves["g1-s1"].blocks == 0, "another way of weighing under the same date"
    assert again.now_s == state.now_s


def test_a_plate_that_wanders_much_is_less_sure_of_a_pick() -> None:
    store = read_store({**FILES, "calibration/g1-s1.toml": profile(per_unit=1.0, zero=0.0).encode()})
    steady = store.profiles["g1-s1"].profile
    restless = steady.model_copy(
        update={"plate": tuple(p.model_copy(update={"drift_g": 3.0, "span_error": 0.02}) for p in steady.plate)}
    )
    errors = []
    for known in (steady, restless):
        picks, _ = told(Signal(4, 12.0).step(5.0, {1: -300.0}), known)
        assert len(picks) == 1
        errors.append(float(picks[0].error_g[0]))
    assert errors[1] > 5 * errors[0]
