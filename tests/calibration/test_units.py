"""`tebura planogram learn`: units on a shelf and numbers from a reader become rows of the catalogue."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.planogram.barcodes import NoNumber, NoReader, Reader
from calibration.planogram.catalogue_file import NoSuchCell, rewritten
from calibration.planogram.learning import Learning, Unlearnt
from calibration.planogram.units import UnitScale, UnitWeight, enough, unit_weight
from edge.cli import app
from edge.store import Conversion, PlateProfile, Shelf, ShelfProfile, load_store
from simulator.commands import DEMO
from simulator.devices import Desk
from simulator.devices.reader import Reader as ReaderDouble
from simulator.rig import Hardware, Rig, healthy
from simulator.rig.wires import OverMqtt
from tests.adapters.brokers import until
from tests.corner import CATALOGUE, PLANOGRAM, STORE, write_store
from tests.live.stage import Theatre

SHELF = Shelf("g1-s1", "g1", 1.0, 0.4, 8, 0.12)
ROOT = Path(__file__).parents[2]


def calibrated(hardware: Hardware) -> Conversion:
    """What a perfect walk would have found."""
    channel = {cell.plate: i for i, cell in enumerate(hardware.cells, start=1)}
    plates = [(p, channel[p], hardware.cells[channel[p] - 1]) for p in range(1, hardware.plates + 1)]
    rows = tuple(
        PlateProfile(plate=p, channel=c, zero=cell.zero, g_per_unit=1 / cell.units_per_g, noise_g=1.0)
        for p, c, cell in plates
    )
    return Conversion(ShelfProfile.model_validate({"shelf": "g1-s1", "made": "2026-11-01T09:00:00Z", "plate": rows}))


class Hands:
    """Somebody who puts units down one after another, and lifts what the shelf has felt."""

    def __init__(self, rig: Rig, units_g: Sequence[float]) -> None:
        self.rig, self._coming = rig, list(units_g)
        self._standing: int | None = None
        self.refused: list[str] = []

    def weigh(self, scale: UnitScale, least: int) -> None:
        until_s = self.rig.now_s + 600.0
        while not enough(scale, least):
            assert self.rig.now_s < until_s, f"only {scale.masses_g} in five minutes; {self.refused}"
            batch = self.rig.batch()
            for felt in scale.hear(batch) if batch is not None else ():
                if felt.kind == "refused":
                    self.refused.append(felt.text)
                if felt.kind == "put" or self._standing is not None:
                    self._lift()
                elif self._coming:
                    plate = 1 + len(self._coming) % self.rig.shelf.plates
                    self._standing = self.rig.put(plate, self._coming.pop(0), at_s=self.rig.now_s + 1.5)

    def _lift(self) -> None:
        assert self._standing is not None
        self.rig.lift(self._standing, at_s=self.rig.now_s + 1.0)
        self._standing = None


@pytest.mark.parametrize("seed", range(20))
def test_a_weight_is_right_to_half_a_gram_or_half_a_percent_on_any_healthy_shelf(seed: int) -> None:
    mass_g = (22.0, 71.0, 110.0, 527.0, 1500.0)[seed % 5]
    hardware = healthy(SHELF.plates, seed, unit=("counts", "volts", "grams")[seed % 3])
    scale = UnitScale(SHELF.plates, calibrated(hardware))
    Hands(Rig(SHELF, hardware, seed), [mass_g] * 12).weigh(scale, 3)
    found = unit_weight(scale.masses_g, scale.errors_g)
    assert abs(found.weight_g - mass_g) <= max(0.5, 0.005 * mass_g)
    assert found.good
    assert 0.002 * mass_g < found.weight_sd_g < 0.015 * mass_g + 0.5


def test_units_that_differ_are_said_to_differ() -> None:
    hardware = healthy(SHELF.plates, 3)
    units_g = 100.0 + np.random.default_rng(3).normal(0.0, 2.0, 12)
    scale = UnitScale(SHELF.plates, calibrated(hardware))
    Hands(Rig(SHELF, hardware, 3), units_g.tolist()).weigh(scale, 12)
    found = unit_weight(scale.masses_g, scale.errors_g)
    assert found.weight_g == pytest.approx(float(units_g.mean()), abs=0.5)
    assert found.weight_sd_g == pytest.approx(float(units_g.std(ddof=1)), rel=0.3)
    assert not found.good, "a dozen units that differ by two grams do not tell the mean to a quarter"


def test_two_at_once_are_not_taken_for_one() -> None:
    hardware = healthy(SHELF.plates, 4)
    hands = Hands(Rig(SHELF, hardware, 4), [110.0, 220.0, *[110.0] * 12])
    scale = UnitScale(SHELF.plates, calibrated(hardware))
    hands.weigh(scale, 3)
    assert unit_weight(scale.masses_g, scale.errors_g).weight_g == pytest.approx(110.0, abs=0.5)
    assert len(hands.refused) == 1
    assert "is it one unit" in hands.refused[0]


def test_who_lifts_too_soon_is_told_so() -> None:
    hardware = healthy(SHELF.plates, 6)
    rig, scale = Rig(SHELF, hardware, 6), UnitScale(SHELF.plates, calibrated(hardware))
    said: list[str] = []
    while rig.now_s < 1_800_000_030.0 and not any("too short" in text for text in said):
        batch = rig.batch()
        for felt in scale.hear(batch) if batch is not None else ():
            said.append(felt.text)
            if felt.kind == "ready":
                load = rig.put(3, 110.0, at_s=rig.now_s + 1.0)
                rig.lift(load, at_s=rig.now_s + 2.8)
    assert said == ["Put one unit down.", "That was too short. Put it down, and lift it when you are told to"]
    assert scale.masses_g == []


# --- the file ---------------------------------------------------------------------------------------------------------

FILE = (
    "\ufeffsku,gtin,name,price,weight_g,weight_sd_g\r\n"
    "# drinks, as of November\r\n"
    '"tea",,"Tea, green ""500""",160,527.0,5.3\r\n'
    "\r\n"
    'cake,2010470104441,"Cake\nwith a line",99,60,1'
)


def test_only_the_cells_change_and_everything_else_stays_as_the_shopkeeper_wrote_it() -> None:
    assert rewritten(FILE, "tea", {"weight_g": "526.1"}) == FILE.replace("527.0", "526.1")
    assert rewritten(FILE, "cake", {"weight_sd_g": "0.7"}) == FILE[:-1] + "0.7"
    assert rewritten(FILE, "tea", {"gtin": "2010470104076"}) == FILE.replace('"tea",,', '"tea",2010470104076,')


def test_a_row_or_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(NoSuchCell, match=r"no row of coffee\. Add one"):
        rewritten(FILE, "coffee", {"weight_g": "1"})
    with pytest.raises(NoSuchCell, match="no column low_stock"):
        rewritten(FILE, "tea", {"low_stock": "1"})


# --- the reader -------------------------------------------------------------------------------------------------------


def test_the_reader_says_a_number_once_and_a_shoppers_code_is_none(tmp_path: Path) -> None:
    with Desk() as desk:
        double = desk.stand(ReaderDouble(tmp_path / "reader"))
        with Reader(str(tmp_path / "reader")) as reader:
            read: list[str] = []

            def look() -> bool:
                number = reader.number()
                read.extend([number] if number else [])
                return bool(read)

            double.scan("2010470104076")
            until(look, "the number is read")
            double.scan("TB1:SOMEBODY")
            with pytest.raises(NoNumber, match="is no number of goods"):
                until(lambda: reader.number() is not None, "the code is read")
            assert read == ["2010470104076"]
    with pytest.raises(NoReader, match="plug it in"):
        Reader(str(tmp_path / "reader"))


# --- the command ------------------------------------------------------------------------------------------------------


def weighed(folder: Path, units: int, stop_after: int = 0) -> tuple[int, str, Path, dict[str, bytes]]:
    """A technician with a bottle of water, a shelf on a real broker, a reader on a real port: exit status, stdout, the
    store's folder and its files before. ``stop_after``: Ctrl-C when so many units are weighed.
    """
    files = {n: (DEMO / n).read_bytes() for n in ("store.toml", "catalogue.csv", "planogram.csv")}
    files["catalogue.csv"] = files["catalogue.csv"].replace(b"2010470105189", b"")
    theatre = Theatre(folder / "shop", files)
    board = load_store(theatre.folder).layout.shelf("g1-s1")
    rig = Rig(board, healthy(board.plates, 2), start_s=time.time() - 1000.0)
    try:
        with Desk() as desk, OverMqtt(rig, "demo", "127.0.0.1", theatre.port, speed=4.0) as double:
            goods = desk.stand(ReaderDouble(folder / "reader"))
            command = [
                sys.executable, "-m", "edge.cli", "planogram", "learn", "water-500", "--shelf", "g1-s1",
                "--units", str(units), "--store", str(theatre.folder), "--state", str(theatre.state),
                "--reader", str(folder / "reader"),
            ]  # fmt: skip
            learning = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                bufsize=1,
            )  # fmt: skip
            assert learning.stderr is not None
            assert learning.stdout is not None
            patience = threading.Timer(60.0, learning.kill)
            patience.start()
            load = done = 0
            stopped = False
            for line in learning.stderr:
                done += "Put the next unit down" in line
                if stop_after and done == stop_after:
                    if not stopped:  # once: a second Ctrl-C ends a program that is ending
                        learning.send_signal(signal.SIGINT)
                    stopped = True
                elif "under the reader" in line:
                    goods.scan("2010470105189")
                elif "unit down" in line:
                    with double.pace.hands() as shelf:
                        load = shelf.put(3, 509.5)
                elif "Lift it again" in line:
                    with double.pace.hands() as shelf:
                        shelf.lift(load)
            patience.cancel()
            return learning.wait(30), learning.stdout.read(), theatre.folder, files
    finally:
        theatre.close()


def test_the_command_writes_what_it_weighed_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    status, said, folder, files = weighed(tmp_path, 1)
    assert status == 0
    assert said.startswith("water-500: 516 g → 5")
    before, after = files["catalogue.csv"].decode(), (folder / "catalogue.csv").read_text(encoding="utf-8")
    changed = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert len(changed) == 1
    learnt = load_store(folder).catalogue["water-500"]
    assert learnt.gtin == "2010470105189"
    assert abs(learnt.weight_g - 509.5) < 2.6


@pytest.mark.parametrize("units", [1, 2])
def test_ctrl_c_keeps_what_several_units_have_told(tmp_path: Path, units: int) -> None:
    status, said, folder, files = weighed(tmp_path, 9, stop_after=units)
    assert status == 130
    kept = load_store(folder).catalogue["water-500"].weight_g
    if units == 1:
        assert said == ""
        assert (folder / "catalogue.csv").read_bytes() == files["catalogue.csv"]
    else:
        assert "from 2 units" in said
        assert abs(kept - 509.5) < 2.6


def test_a_number_that_two_products_have_is_neither_s(tmp_path: Path) -> None:
    """Else the weight of the one would be written into the row of the other."""
    catalogue = CATALOGUE.replace("2000000000022", "02000000000015")
    files = {"store.toml": STORE.encode(), "catalogue.csv": catalogue.encode(), "planogram.csv": PLANOGRAM.encode()}
    theatre = Theatre(tmp_path / "shop", files)
    try:
        with Desk() as desk:
            goods = desk.stand(ReaderDouble(tmp_path / "reader"))
            command = [
                sys.executable, "-m", "edge.cli", "planogram", "learn", "--shelf", "g1-s1",
                "--store", str(theatre.folder), "--state", str(theatre.state), "--reader", str(tmp_path / "reader"),
            ]  # fmt: skip
            learning = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, bufsize=1)
            patience = threading.Timer(60.0, learning.kill)
            patience.start()
            told = ""
            assert learning.stderr is not None
            for line in learning.stderr:
                if "hold a product" in line:
                    goods.scan("2000000000015")
                elif "2000000000015" in line:
                    told = line
                    learning.kill()
            learning.wait()
            patience.cancel()
    finally:
        theatre.close()
    assert "is the number of onigiri-salmon, green-tea: correct catalogue.csv, or name one of them" in told


def test_while_the_shop_is_open_nothing_is_weighed(tmp_path: Path) -> None:
    files = {n: (DEMO / n).read_bytes() for n in ("store.toml", "catalogue.csv", "planogram.csv")}
    theatre = Theatre(tmp_path / "shop", files)
    try:
        theatre.start()
        command = [
            sys.executable, "-m", "edge.cli", "planogram", "learn", "water-500", "--shelf", "g1-s1",
            "--store", str(theatre.folder), "--state", str(theatre.state),
        ]  # fmt: skip
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert refused.returncode == 2
        assert f"tebura mode closed --store {theatre.folder} --state {theatre.state}" in refused.stderr
    finally:
        theatre.close()


def test_whoever_else_edits_the_catalogue_meanwhile_loses_nothing(tmp_path: Path) -> None:
    """Two people learn at once, for a while; the file is a link to where the shop's settings are kept."""
    folder = write_store(tmp_path / "shop")
    real = (folder / "catalogue.csv").rename(tmp_path / "kept.csv")
    (folder / "catalogue.csv").symlink_to(real)
    store = load_store(folder)
    failed: list[Exception] = []

    def learn(sku: str) -> None:
        learning = Learning(folder, store, "g1-s1", 3, say=print, done=print)
        for tenth in range(40):
            try:
                learning._write(store.catalogue[sku], "", UnitWeight(100.0 + tenth / 10, 0.1, 1.0, 3))
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=learn, args=(sku,)) for sku in ("onigiri-salmon", "green-tea")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {p.weight_g for p in load_store(folder).catalogue.values()} == {103.9}
    assert (folder / "catalogue.csv").is_symlink()
    assert not list(folder.glob(".*")) + list(tmp_path.glob(".*"))


def test_a_catalogue_that_somebody_has_broken_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "shop")
    store = load_store(folder)
    broken = CATALOGUE.replace(",151,", ",abc,")
    (folder / "catalogue.csv").write_text(broken, encoding="utf-8")
    learning = Learning(folder, store, "g1-s1", 3, say=print, done=print)
    with pytest.raises(Unlearnt, match="line 3: price 'abc'"):
        learning._write(store.catalogue["onigiri-salmon"], "", UnitWeight(111.0, 0.1, 1.0, 3))
    assert (folder / "catalogue.csv").read_text(encoding="utf-8") == broken


def test_raw_numbers_are_no_weights(tmp_path: Path) -> None:
    raw = STORE.replace("plate_width = 0.25", 'plate_width = 0.25\nsays = "raw"')
    folder = write_store(tmp_path / "shop", store_toml=raw)
    where = ["--store", str(folder), "--state", str(tmp_path)]
    done = CliRunner().invoke(app, ["planogram", "learn", "green-tea", "--shelf", "g1-s1", *where])
    assert done.exit_code == 2
    assert "tebura calibrate shelf g1-s1" in done.stderr
