"""A shelf that is not there is heard like one that is: over MQTT, on a serial port, and from the command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.listen import Listening, listen
from edge.adapters.broker.passwords import Passwords
from edge.cli import app
from edge.records import WeightBatch
from edge.site import Broker, SerialDevice, Site, SiteFile
from edge.store import load_store, read_store
from edge.wire import decode
from simulator.commands import DEMO
from simulator.devices import Desk
from simulator.rig import Rig, Unit, healthy, spoil
from simulator.rig.wires import OverLines, OverMqtt, on_a_line
from tests.adapters.brokers import free_port, until

FILES = {name: (DEMO / name).read_bytes() for name in ("store.toml", "catalogue.csv", "planogram.csv")}
STORE = load_store(DEMO)
SHELF = STORE.layout.shelves[0]
PLATE = 2


def raw_files() -> dict[str, bytes]:
    """The demo shop, its first shelf's controller saying counts."""
    text = FILES["store.toml"].decode("utf-8")
    raw = re.sub(rf'(id = "{SHELF.id}"\n)', r'\1says = "raw"\n', text, count=1)
    assert raw != text
    return {**FILES, "store.toml": raw.encode("utf-8")}


def newest(listening: Listening) -> float:
    """What `PLATE`'s channel says now, on average over a batch."""
    batch = listening.next(15.0)  # a client that found no broker asks again later and later
    assert batch is not None, dict(listening.troubles)
    return float(np.nanmean(batch.mass_g[PLATE - 1]))


@pytest.mark.parametrize("unit", ["counts", "volts", "grams"])
def test_what_goes_on_the_wire_is_what_was_said(unit: Unit) -> None:
    hardware, _ = spoil(healthy(SHELF.plates, 1, unit=unit), "dead", 1, (3,))
    told, silent = Rig(SHELF, hardware), Rig(SHELF, hardware)
    payload, said = told.message(), silent.batch()
    assert payload is not None
    assert said is not None
    heard = decode(STORE, f"shelf/{SHELF.id}/weight", payload, said.received_s)
    assert isinstance(heard, WeightBatch)
    assert heard.celsius == pytest.approx(said.celsius, abs=0.01)
    assert np.isnan(heard.mass_g[2]).all()
    lost_g = (heard.mass_g - said.mass_g) / hardware.under(1).units_per_g
    assert np.nanmax(np.abs(lost_g)) < 0.06, "rounding costs less than a tenth of a gram"


def test_it_is_heard_over_the_shops_own_broker_and_faster_than_life(tmp_path: Path) -> None:
    port = free_port()
    rig = Rig(SHELF, healthy(SHELF.plates, 1), start_s=time.time() - 3600.0)
    with listen(STORE, Site(broker=Broker(port=port)), tmp_path, [SHELF.id]) as listening:
        passwords = Passwords(tmp_path / "broker" / "passwords.toml")
        passwords.read()
        wrong = OverMqtt(rig, STORE.id, "127.0.0.1", port, user=SHELF.id, password="guessed")
        with wrong:
            until(lambda: bool(wrong.refused), "a wrong password is refused, and told")
        with OverMqtt(
            rig, STORE.id, "127.0.0.1", port, user=SHELF.id, password=passwords.of(SHELF.id), speed=20.0
        ) as double:
            before = newest(listening)
            began_s, at_s = time.monotonic(), rig.now_s
            with double.pace.hands() as hands:
                load = hands.put(PLATE, 500.0)
            until(lambda: abs(newest(listening) - before - 500.0) < 10.0, "500 g")
            with double.pace.hands() as hands:
                hands.lift(load)
                hands.unplugged = True
            until(lambda: listening.next(0.2) is None, "the cable is pulled")
            with double.pace.hands() as hands:
                hands.unplugged = False
            until(lambda: abs(newest(listening) - before) < 10.0, "empty again")
            assert rig.now_s - at_s > 5 * (time.monotonic() - began_s)


def test_it_is_heard_on_a_serial_line_in_its_own_unit(tmp_path: Path) -> None:
    store = read_store(raw_files())
    shelf = store.layout.shelf(SHELF.id)
    rig = Rig(shelf, on_a_line(healthy(shelf.plates, 1, unit="volts")))
    with Desk() as desk:
        double = desk.stand(OverLines(tmp_path / "port", rig))
        device = SerialDevice(
            device=str(double.link), protocol="lines", baud=double.wire.baud, shelf=shelf.id, unit="raw"
        )
        with listen(store, Site(serial=(device,)), tmp_path / "state", [shelf.id]) as listening:
            until(lambda: not np.isnan(newest(listening)), "volts")
            before = newest(listening)
            with double.pace.hands() as hands:
                hands.put(PLATE, 1000.0)
            until(lambda: newest(listening) - before == pytest.approx(0.2, rel=0.05), "1 kg is 0.2 V")


@contextmanager
def command(*options: str) -> Iterator[subprocess.Popen[str]]:
    """``tebura simulate --shelf`` as a process, ended in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.cli", "simulate", "--shelf", SHELF.id, *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=DEMO.parents[1],
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_shelf_from_the_command_line_is_found_by_whoever_comes_later(tmp_path: Path) -> None:
    """The controller is there first, as controllers are; the broker comes with whoever listens."""
    folder, port = tmp_path / "shop", free_port()
    folder.mkdir()
    for name, data in raw_files().items():
        (folder / name).write_bytes(data)
    (folder / "site.toml").write_text(f"[broker]\nport = {port}\n", encoding="utf-8")
    options = ("--store", str(folder), "--state", str(tmp_path / "state"), "--fault", f"reversed:{PLATE}")
    with command(*options) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == f"tebura/v1/demo/shelf/{SHELF.id}/weight\n"
        site = Site(broker=Broker(port=port))
        with listen(load_store(folder), site, tmp_path / "state", [SHELF.id]) as listening:
            before = newest(listening)
            process.stdin.write(f"put {PLATE} 500 back-left\n")
            process.stdin.flush()
            until(lambda: newest(listening) < before - 50_000, "500 g are some hundred thousand counts less")
        said, told = process.communicate("stands\nput 99 500\nquit\n", timeout=10)
        assert process.returncode == 0
        assert said == "", "results are all that goes to stdout"
        assert f"plate {PLATE}: reversed:" in told
        assert f"load 1: 500 g on plate {PLATE}, back-left" in told
        assert "there is no plate 99" in told


def test_a_shelf_on_a_serial_port_prints_what_wires_it(tmp_path: Path) -> None:
    link = tmp_path / "port"
    with command("--serial", "--link", str(link), "--unit", "counts") as process:
        said, told = process.communicate("touch 1\nsilence\nquit\n", timeout=10)
        path, _, block = said.partition("\n")
        assert path == str(link)
        (wired,) = SiteFile.model_validate(tomllib.loads(block)).serial
        assert (wired.device, wired.protocol, wired.shelf, wired.unit) == (str(link), "lines", SHELF.id, "raw")
        assert "a finger on plate 1" in told
    assert not os.path.lexists(link)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shelf", "nowhere"], "there are g1-s1"),
        (["--shelf", SHELF.id, "--fault", "sleepy"], "there are dead, stuck"),
        (["--shelf", SHELF.id, "--fault", "dead:99"], "there is no plate 99"),
        (["--shelf", SHELF.id, "--fault", "clock:1"], "of no plate"),
        (["--shelf", SHELF.id, "--unit", "stones"], "counts, volts, grams"),
        (["--shelf", SHELF.id, "--busy", "3"], "--shelf goes with"),
        (["--fault", "dead"], "go with --shelf"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *options])
    assert done.exit_code == 2
    assert says in done.output
