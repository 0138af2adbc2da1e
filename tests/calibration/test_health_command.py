"""`tebura calibrate check` as somebody uses it: recordings, the live shop, pictures, and what is learned."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.store import load_store
from edge.wire import RecordingWriter
from simulator.commands import DEMO
from simulator.rig import Hardware, Rig, healthy, spoil
from simulator.rig.wires import OverMqtt
from tests.adapters.brokers import until
from tests.calibration.shoppers import Goods
from tests.live.stage import Theatre

FILES = {name: (DEMO / name).read_bytes() for name in ("store.toml", "catalogue.csv", "planogram.csv")}
STORE = load_store(DEMO)
SHELF = STORE.layout.shelves[5]


def check(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["calibrate", "check", *map(str, words)])


def facts(result: Result) -> Mapping[str, object]:
    """The only line of ``--json``."""
    (line,) = result.stdout.splitlines()
    told: dict[str, object] = json.loads(line)
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store folder that may be written to."""
    folder = tmp_path / "store"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def record(
    path: Path, hardware: Hardware, seconds: float, change: Callable[[bytes], bytes] = lambda said: said
) -> Path:
    """A morning at `SHELF`, on file; ``change`` spoils payloads."""
    rig = Rig(SHELF, hardware, 7)
    with RecordingWriter(path, FILES, rig.now_s) as writer:
        for batch in Goods(rig, STORE, 7).day(seconds):
            said = change(rig.encoded(batch))
            writer.write(f"shelf/{SHELF.id}/weight", said, batch.at_s, batch.received_s)
    return path


def test_a_healthy_morning_ends_with_nought_and_needs_no_store(tmp_path: Path) -> None:
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 120.0)
    result = check(path, "--shelf", SHELF.id)
    assert result.exit_code == 0, result.output
    assert f"1 shelf with {SHELF.plates} plates: all is well." in result.stdout
    told = facts(check(path, "--shelf", SHELF.id, "--json"))
    assert told["well"] is True
    plates = told["plates"]
    assert isinstance(plates, list)
    assert [p["plate"] for p in plates] == list(range(1, SHELF.plates + 1))


def test_a_few_seconds_are_too_short_to_say_that_all_is_well(tmp_path: Path) -> None:
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 8.0)
    result = check(path, "--shelf", SHELF.id)
    assert result.exit_code == 2, result.output
    assert "s are too short to say that all is well. Listen for 20 s at least." in result.stdout
    assert facts(check(path, "--shelf", SHELF.id, "--json"))["well"] is False


def test_faults_end_with_one_and_say_what_to_do(tmp_path: Path) -> None:
    hardware, (plate,) = spoil(healthy(SHELF.plates, 1), "noisy", 1)
    path = record(tmp_path / "morning.mcap", hardware, 120.0)
    result = check(path, "--shelf", SHELF.id)
    assert result.exit_code == 1
    assert f"{SHELF.id} plate {plate}  noisy" in result.stdout
    assert "Look at the cable's shield" in result.stdout
    faults = facts(check(path, "--shelf", SHELF.id, "--json"))["faults"]
    assert isinstance(faults, list)
    assert [(f["fault"], f["plates"]) for f in faults] == [("noisy", [plate])]


def test_a_shelf_that_says_nothing_or_nothing_that_fits_is_no_healthy_one(tmp_path: Path) -> None:
    other = STORE.layout.shelves[0].id
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 30.0)
    result = check(path, "--shelf", SHELF.id, "--shelf", other)
    assert result.exit_code == 1
    assert f"{other}  dead: nothing came from its controller" in result.stdout

    def one_short(said: bytes) -> bytes:
        payload = msgspec.json.decode(said)
        return msgspec.json.encode({**payload, "g": payload["g"][1:]})

    path = record(tmp_path / "short.mcap", healthy(SHELF.plates, 1), 30.0, one_short)
    result = check(path, "--shelf", SHELF.id)
    assert result.exit_code == 1
    assert f"sends {SHELF.plates - 1} rows, store.toml says {SHELF.plates} plates" in result.stdout


def test_what_cannot_be_used_ends_with_two_and_the_remedy(tmp_path: Path, folder: Path) -> None:
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 30.0)
    (tmp_path / "empty").mkdir()
    for words, told in (
        ([tmp_path / "none.mcap"], "there is no such file"),
        ([tmp_path / "empty"], "there are no recordings"),
        ([], "name the store's folder"),
        ([path, "--learn"], "name the store's folder"),
        ([path, "--shelf", "g9"], "there is no shelf 'g9'"),
        ([path, "--plot", "x.pdf"], "a picture ends in .html, .png, .svg"),
        ([path, "--plot", tmp_path / "no" / "x.html"], f"(there is no folder {tmp_path / 'no'}). Name a file"),
        ([path, "--store", tmp_path], "3 faults in the store"),
        ([path, "--shelf", STORE.layout.shelves[0].id], "no weights in"),
    ):
        result = check(*words)
        assert result.exit_code == 2, (words, result.output)
        assert told in result.stderr
        assert not result.stdout


def test_pictures_are_drawn_and_pages_stand_alone(tmp_path: Path) -> None:
    hardware, (plate,) = spoil(healthy(SHELF.plates, 1), "loose", 2)
    path = record(tmp_path / "morning.mcap", hardware, 240.0)
    for suffix, begins in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("html", b"<!doctype html>")):
        picture = tmp_path / f"health.{suffix}"
        result = check(path, "--shelf", SHELF.id, "--plot", picture)
        assert result.exit_code == 1, result.output
        assert picture.read_bytes().startswith(begins)
    page = (tmp_path / "health.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert f"{SHELF.id} plate {plate}" in page
    assert "never quiet" in page or "loose" in page
    assert "src=" not in page
    assert "<link" not in page


def test_without_matplotlib_pictures_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 30.0)
    result = check(path, "--plot", tmp_path / "x.png")
    assert result.exit_code == 2
    assert "pip install 'tebura[plot]'" in result.stderr
    assert check(path, "--shelf", SHELF.id).exit_code == 0, "all else goes without"


def test_what_is_learned_becomes_the_next_profile_and_the_last_one_stays(tmp_path: Path, folder: Path) -> None:
    hardware = healthy(SHELF.plates, 1)
    path = record(tmp_path / "morning.mcap", hardware, 600.0)
    words = (path, "--shelf", SHELF.id, "--store", folder, "--learn")
    assert check(*words).exit_code == 0
    learned = load_store(folder).profiles[SHELF.id].profile
    for plate in learned.plate:
        cell = hardware.under(plate.plate)
        assert (plate.channel, plate.g_per_unit, plate.zero) == (plate.plate, 1.0, None)
        assert plate.noise_g == pytest.approx(np.hypot(cell.noise_g, cell.hum_g / np.sqrt(2)), rel=0.05)
        assert cell.drift_g * 0.6 < plate.drift_g < cell.drift_g * 1.4 + 0.06 * plate.noise_g
    assert learned.why == f"noise and drift learned from {path}"
    assert check(*words).exit_code == 0
    again = load_store(folder).profiles[SHELF.id].profile
    assert len(list((folder / "calibration" / SHELF.id).glob("*.toml"))) == 2
    assert f"else as {learned.name}" in again.why
    assert again.plate == learned.plate, "the same recording teaches the same"


def test_a_plate_with_a_fault_keeps_what_it_had(tmp_path: Path, folder: Path) -> None:
    well = healthy(SHELF.plates, 1)
    hardware, (plate,) = spoil(well, "noisy", 3)
    words = ("--shelf", SHELF.id, "--store", folder, "--learn")
    assert check(record(tmp_path / "well.mcap", well, 120.0), *words).exit_code == 0
    before = load_store(folder).profiles[SHELF.id].profile
    assert check(record(tmp_path / "ill.mcap", hardware, 120.0), *words).exit_code == 1
    after = load_store(folder).profiles[SHELF.id].profile
    assert after.name != before.name
    assert after.plate[plate - 1].noise_g == before.plate[plate - 1].noise_g


def on_time(theatre: Theatre) -> bool:
    """The shop takes this PC's time for its own; False where it was busy: its clock is behind by how long it took."""
    began_s = time.time()
    theatre.ask(do="rehearse", at=began_s, speed=1.0)
    return time.time() - began_s < 0.1


def test_a_running_shop_is_checked_while_it_runs_and_its_recordings_as_well(tmp_path: Path) -> None:
    hardware, (plate,) = spoil(healthy(SHELF.plates, 2), "hum", 2)
    theatre = Theatre(tmp_path / "shop", FILES)
    with closing(theatre):
        theatre.start()
        until(lambda: on_time(theatre), "the shop's clock is this PC's")
        with OverMqtt(Rig(SHELF, hardware, 2, time.time()), STORE.id, "127.0.0.1", theatre.port):
            words = ("--store", theatre.folder, "--state", theatre.state, "--shelf", SHELF.id)
            live = check(*words, "--for", "25", "--json")
        assert live.exit_code == 1, live.output
        assert "listening to the running shop" in live.stderr
        recorded = check(theatre.state / "recordings", *words, "--json")
        assert recorded.exit_code == 1, recorded.output
        for result in (live, recorded):
            faults = facts(result)["faults"]
            assert isinstance(faults, list)
            assert [(f["fault"], f["plates"]) for f in faults] == [("hum", [plate])], faults
        assert theatre.ask(do="status")["connected"], "the shop did not notice"


def test_a_picture_that_only_the_writing_finds_impossible_comes_after_the_verdict(tmp_path: Path) -> None:
    path = record(tmp_path / "morning.mcap", healthy(SHELF.plates, 1), 30.0)
    result = check(path, "--shelf", SHELF.id, "--plot", "/proc/x.html")
    assert result.exit_code == 2
    assert f"{SHELF.plates} plates" in result.stdout
    remedy = "Name a file in a folder that you may write to with --plot"
    assert f"tebura: /proc/x.html: cannot be written (No such file or directory). {remedy}\n" in result.stderr
