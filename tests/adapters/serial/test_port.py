"""Real threads, real pseudo-terminals, real symbolic links: devices that work, fail, vanish and come back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from math import isnan
from pathlib import Path

import msgspec
import pytest
import serial

from edge.adapters.serial.port import MOST_LINES_PER_S
from edge.site import SerialDevice
from simulator.devices import Controller, Desk, Reader, Scale
from simulator.devices.plug import Plug
from tests.adapters.serial.ear import device, shows, until, wired

CONTROLLER = "serial/g1-s1"
SCALE = "serial/g1-s1:1"
READER = "serial/in"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        yield desk


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "usb-maker_thing-port0"


def lines(link: Path, **more: object) -> SerialDevice:
    return device("lines", link, baud=115200, **more)


def test_what_is_put_on_a_microcontrollers_plate_arrives_on_the_shelf(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link, plates=4, sums=True))
    with wired(lines(link)) as (ear, _):
        shows(ear, 3, 0.0)
        double.put(3, 625.0)
        shows(ear, 3, 625.0)
        assert abs(ear.last_g(1)) < 2.0
        assert ear.ails(CONTROLLER) == ""
        assert not ear.refusals


def test_its_plates_may_be_other_ones_of_the_shelf(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link, plates=2))
    double.say(1, 100.0)
    double.say(2, 200.0)
    with wired(lines(link, plates=[4, 2])) as (ear, _):
        shows(ear, 4, 100.0)
        shows(ear, 2, 200.0)
        assert isnan(ear.last_g(1))


@pytest.mark.parametrize("repeats", [True, False])
def test_a_scale_is_read_whether_it_repeats_by_itself_or_not(desk: Desk, link: Path, repeats: bool) -> None:
    scale = desk.stand(Scale(link, repeats=repeats))
    with wired(device("mt-sics", link)) as (ear, _):
        shows(ear, 1, 0.0)
        scale.put(1, 500.0)
        shows(ear, 1, 500.0)
        assert not ear.refusals


def test_overload_is_a_plate_that_cannot_be_read_and_no_error(desk: Desk, link: Path) -> None:
    scale = desk.stand(Scale(link))
    with wired(device("mt-sics", link)) as (ear, _):
        shows(ear, 1, 0.0)
        scale.put(1, 9000.0)
        until(lambda: isnan(ear.last_g(1)))
        until(lambda: "plate 1 cannot be read" in ear.ails("plates/g1-s1"))
        scale.put(1, -8000.0)
        shows(ear, 1, 1000.0)
        assert ear.ails(SCALE) == ""
        assert not ear.refusals


def test_a_scale_that_was_switched_off_and_on_is_heard_again(desk: Desk, link: Path) -> None:
    scale = desk.stand(Scale(link))
    with wired(device("mt-sics", link)) as (ear, _):
        shows(ear, 1, 0.0)
        scale.reboot()
        scale.put(1, 300.0)
        shows(ear, 1, 300.0)


def test_a_code_under_the_reader_is_one_scan_at_its_gate(desk: Desk, link: Path) -> None:
    reader = desk.stand(Reader(link, times=2))
    with wired(device("barcode", link)) as (ear, ports):
        until(lambda: ports[0].counts.openings)
        before_s = time.time()
        reader.scan("6BFOXN*TS0BI$ZD4N9")
        reader.scan("4901234567894")
        until(lambda: ear.refused("goods") == 2)
        (scan,) = ear.said("gate/in/scan")
        said = msgspec.json.decode(scan)
        assert said["credential"] == "6BFOXN*TS0BI$ZD4N9"
        assert before_s - 0.1 <= said["t"] <= time.time()


def test_a_device_that_is_not_there_yet_is_waited_for(desk: Desk, link: Path) -> None:
    with wired(lines(link)) as (ear, _):
        until(lambda: "is not there: plug it in, or correct device in site.toml" in ear.ails(CONTROLLER))
        desk.stand(Controller(link))
        shows(ear, 1, 0.0)
        assert ear.ails(CONTROLLER) == ""


def test_a_device_that_is_pulled_and_put_back_goes_on(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link))
    double.say(2, 100.0)
    with wired(lines(link)) as (ear, ports):
        shows(ear, 2, 100.0)
        double.unplug()
        until(lambda: ear.ails(CONTROLLER))
        until(lambda: isnan(ear.last_g(2)))
        until(lambda: "plates 1-4 silent" in ear.ails("plates/g1-s1"))
        double.say(2, 50.0)
        double.plug()
        shows(ear, 2, 50.0)
        until(lambda: ear.ails("plates/g1-s1") == "")
        assert ear.ails(CONTROLLER) == ""
        assert ports[0].counts.openings == 2


def test_a_port_that_somebody_else_holds_is_busy_until_they_let_go(desk: Desk, link: Path) -> None:
    desk.stand(Controller(link))
    with serial.Serial(str(link), 115200, exclusive=True) as other, wired(lines(link)) as (ear, _):
        until(lambda: "is busy: stop the program that holds it" in ear.ails(CONTROLLER))
        other.close()
        shows(ear, 1, 0.0)


@pytest.mark.parametrize("what", ["file", "folder", "null"])
def test_what_is_no_serial_port_is_said_to_be_none(tmp_path: Path, what: str) -> None:
    path = {"file": tmp_path / "file", "folder": tmp_path, "null": Path("/dev/null")}[what]
    (tmp_path / "file").write_bytes(b"1,5\n")
    with wired(lines(path)) as (ear, _):
        until(lambda: "is no serial port: correct device in site.toml" in ear.ails(CONTROLLER))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_port_that_may_not_be_opened_names_the_group(tmp_path: Path) -> None:
    path = tmp_path / "locked"
    path.write_bytes(b"")
    path.chmod(0)
    with wired(lines(path)) as (ear, _):
        until(lambda: "add the user to group dialout" in ear.ails(CONTROLLER))


def test_what_is_wrong_with_four_devices_at_once_is_told_of_each(desk: Desk, tmp_path: Path) -> None:
    silent = desk.stand(Scale(tmp_path / "silent"))
    silent.silent = True
    for plate, name in ((2, "baud"), (3, "half"), (4, "protocol")):
        desk.stand(Controller(tmp_path / name, plates=4, hz=30.0)).say(1, 1523.4 * plate)
    with wired(
        device("mt-sics", silent.link),
        device("lines", tmp_path / "baud", baud=230400, plates=[2]),
        device("lines", tmp_path / "half", baud=57600, plates=[3]),
        device("mt-sics", tmp_path / "protocol", baud=115200, plates=[4]),
    ) as (ear, ports):
        until(lambda: "is open but says nothing" in ear.ails(SCALE))
        until(lambda: "garbage at 230400 baud: correct baud" in ear.ails("serial/g1-s1:2"))
        until(lambda: "at 57600 baud: correct protocol or baud" in ear.ails("serial/g1-s1:3"))
        until(lambda: "not MT-SICS at 115200 baud: correct protocol" in ear.ails("serial/g1-s1:4"))
        assert [p.counts.readings for p in ports] == [0, 0, 0, 0]
        silent.silent = False
        shows(ear, 1, 0.0)
        until(lambda: ear.ails(SCALE) == "")


def test_garbage_between_the_lines_costs_only_what_it_hits(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link, sums=True, hz=50.0))
    double.say(1, 77.0)
    with wired(lines(link)) as (ear, ports):
        shows(ear, 1, 77.0)
        for _ in range(20):
            double.garbage(80)
        until(lambda: ports[0].counts.refused > 0)
        seen = ports[0].counts.readings
        until(lambda: ports[0].counts.readings > seen + 50)
        rows = [g for b in ear.batches() for g in b.mass_g[0].tolist() if not isnan(g)]
        assert set(rows) == {77.0}
        assert ear.ails(CONTROLLER) == ""


def test_half_lines_are_never_believed(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link, plates=1, sums=True, hz=50.0))
    double.say(1, 1523.4)
    with wired(lines(link, plates=[1])) as (ear, ports):
        shows(ear, 1, 1523.4)
        for _ in range(5):
            double.half()
            seen = ports[0].counts.readings
            until(lambda: ports[0].counts.readings > seen + 2)  # noqa: B023
        assert ports[0].counts.refused >= 4
        rows = [g for b in ear.batches() for g in b.mass_g[0].tolist() if not isnan(g)]
        assert set(rows) == {1523.4}


def test_wrong_checksums_are_counted_and_never_believed(desk: Desk, link: Path) -> None:
    double = desk.stand(Controller(link, sums=True))
    with wired(lines(link)) as (ear, _):
        shows(ear, 1, 0.0)
        double.wrong_sums = True
        until(lambda: isnan(ear.last_g(1)))
        assert ear.refused("wrong checksum") > 3
        double.wrong_sums = False
        shows(ear, 1, 0.0)


def test_a_flood_loses_its_oldest_and_takes_nobody_along(desk: Desk, link: Path, tmp_path: Path) -> None:
    mad = desk.stand(Controller(link, plates=2))
    sane = desk.stand(Scale(tmp_path / "scale"))
    with wired(lines(link, plates=[3, 4]), device("mt-sics", tmp_path / "scale")) as (ear, ports):
        shows(ear, 3, 0.0)
        shows(ear, 1, 0.0)
        began_s = time.monotonic()
        mad.flood(0.4)
        sane.put(1, 250.0)
        until(lambda: ports[0].counts.dropped > 0)
        shows(ear, 1, 250.0)
        until(lambda: "more than can be taken in" in ear.ails("serial/g1-s1:3,4"))
        took = time.monotonic() - began_s
        assert ports[0].counts.readings < MOST_LINES_PER_S * (took + 1.5)
        assert ear.refused("too many lines") > 0
        mad.put(1, 90.0)
        shows(ear, 3, 90.0)
        until(lambda: ear.ails("serial/g1-s1:3,4") == "", 8.0)


def test_a_megabyte_of_noise_makes_no_reading_and_the_next_line_is_heard(link: Path) -> None:
    plug = Plug(link, 9600)
    plug.plug()
    with ExitStack() as stack:
        stack.callback(plug.unplug)
        ear, ports = stack.enter_context(wired(device("lines", link)))
        until(lambda: ports[0].counts.openings)
        noise = bytes(i * i % 251 | 0x80 for i in range(4096))
        sent = 0
        deadline_s = time.monotonic() + 8
        while sent < 1_000_000 and time.monotonic() < deadline_s:
            sent += plug.write(noise)
        assert sent >= 1_000_000
        until(lambda: ports[0].counts.bytes_ >= sent)
        assert ports[0].counts.readings == 0
        assert "garbage at 9600 baud" in ear.ails(CONTROLLER)
        until(lambda: plug.write(b"\r\n1,42.0\r\n") and ear.last_g(1) == 42.0)
        until(lambda: ear.ails(CONTROLLER) == "")


def test_stopping_does_not_wait_for_a_device_that_is_not_there(link: Path) -> None:
    with wired(lines(link)) as (ear, _):
        until(lambda: ear.ails(CONTROLLER))


def test_two_readers_at_one_gate_have_names_of_their_own(desk: Desk, tmp_path: Path) -> None:
    readers = [desk.stand(Reader(tmp_path / name)) for name in ("left", "right")]
    with wired(*(device("barcode", r.link) for r in readers)) as (_, ports):
        assert [p.source for p in ports] == [READER, f"{READER}-2"]
