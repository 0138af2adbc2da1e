"""Device doubles: whoever opens their path finds a device there, with all that can be wrong with one."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from edge.adapters.plates import Plates
from edge.adapters.serial import open_ports
from edge.adapters.serial.dialects.lines import checksum
from edge.cli import app
from edge.records import WeightBatch
from edge.site import PROTOCOLS, Site, SiteFile, load_site
from edge.store import load_store
from simulator.commands import DEMO
from simulator.devices import Controller, Desk, Reader, Scale, speak
from simulator.devices.pans import Pans
from simulator.devices.prompt import block, obey, of_protocol
from simulator.devices.rehearsal import Understudies
from simulator.devices.uart import heard
from tests.adapters.serial.ear import SHOP, Ear, device, site, until


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        yield desk


def client(path: Path, baud: int) -> serial.Serial:
    """pyserial, as anybody would use it."""
    return serial.Serial(str(path), baud, timeout=2.0)


def asked(scale: Scale, command: str) -> str:
    with client(scale.link, 9600) as port:
        port.write(command.encode() + b"\r\n")
        return port.readline().decode().rstrip("\r\n")


def test_a_scale_answers_as_its_manual_says(desk: Desk, tmp_path: Path) -> None:
    scale = desk.stand(Scale(tmp_path / "scale", number="B021002593", noise_g=0.0))
    assert asked(scale, "@") == asked(scale, "I4") == 'I4 A "B021002593"'
    assert asked(scale, "S") == asked(scale, "SI") == "S S        0.0 g"
    assert asked(scale, "XYZ") == "ES"
    scale.say(1, 129.07)
    assert asked(scale, "S") == "S S      129.1 g"
    assert asked(scale, "T") == "T S      129.1 g"
    assert asked(scale, "SI") == "S S        0.0 g"
    scale.say(1, 139.07)
    assert asked(scale, "Z") == "Z A"
    scale.say(1, 7000.0)
    assert asked(scale, "SI") == "S +"
    scale.say(1, -500.0)
    assert asked(scale, "SI") == "S -"
    scale.say(1, None)
    assert asked(scale, "SI") == "S I"


def test_a_scale_moves_while_it_rings_and_then_rests(desk: Desk, tmp_path: Path) -> None:
    scale = desk.stand(Scale(tmp_path / "scale", noise_g=0.0))
    with client(scale.link, 9600) as port:
        port.write(b"SIR\r\n")
        assert port.readline() == b"S S        0.0 g\r\n"
        scale.put(1, 500.0)
        seen = []
        until(lambda: seen.append(port.readline()) or seen[-1] == b"S S      500.0 g\r\n")  # type: ignore[func-returns-value]
        assert any(line.startswith(b"S D ") for line in seen)
        scale.put(1, -100.0)
        port.write(b"S\r\n")
        until(lambda: port.readline().startswith(b"S S      400."))


def test_a_controller_prints_its_plates_with_checksums(desk: Desk, tmp_path: Path) -> None:
    double = desk.stand(Controller(tmp_path / "mcu", plates=3, sums=True))
    double.say(2, 1523.4)
    with client(double.link, 115200) as port:
        until(lambda: port.readline() == b"2,1523.4*%02X\r\n" % checksum(b"2,1523.4"))
        double.wrong_sums = True
        until(lambda: port.readline() == b"2,1523.4*%02X\r\n" % (checksum(b"2,1523.4") ^ 0x55))


def test_a_reader_says_a_code_as_often_as_it_sees_it(desk: Desk, tmp_path: Path) -> None:
    reader = desk.stand(Reader(tmp_path / "reader", times=2))
    with client(reader.link, 9600) as port:
        reader.scan("6BFOXN*TS0")
        assert port.readline() + port.readline() == b"6BFOXN*TS0\r\n" * 2


def test_a_plug_that_is_pulled_is_gone_and_comes_back_at_the_same_path(desk: Desk, tmp_path: Path) -> None:
    double = desk.stand(Controller(tmp_path / "mcu"))
    with client(double.link, 115200) as port:
        assert port.readline()
        double.unplug()
        assert not os.path.lexists(double.link)
        with pytest.raises(OSError, match=r".+"):
            until(lambda: port.read(100) and False)
    double.plug()
    with client(double.link, 115200) as port:
        assert port.readline()


def test_a_desk_leaves_nothing_behind(tmp_path: Path) -> None:
    with Desk() as desk:
        for name in ("a", "b"):
            desk.stand(Controller(tmp_path / name))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_a_killed_double_left_is_taken_over_and_a_file_is_not(desk: Desk, tmp_path: Path) -> None:
    stale = tmp_path / "stale"
    stale.symlink_to("/dev/pts/99999")
    assert desk.stand(Reader(stale)).wire.plugged
    mine = tmp_path / "mine"
    mine.write_text("mine")
    with pytest.raises(FileExistsError, match=r"mine: cannot become the port \(File exists\)\. Name a path"):
        desk.stand(Reader(mine))
    assert mine.read_text() == "mine"


@given(st.binary(max_size=60), st.sampled_from([1200, 9600, 57600, 115200]))
def test_at_the_same_rate_every_byte_arrives(said: bytes, baud: int) -> None:
    assert heard(said, baud, baud) == said


@given(st.binary(max_size=60), st.sampled_from([0.97, 1.03]))
def test_a_crystal_that_is_three_per_cent_off_does_no_harm(said: bytes, off: float) -> None:
    assert heard(said, 96000, round(96000 * off)) == said


def test_at_another_rate_it_is_garbage() -> None:
    said = b"1,1523.4\r\n"
    for baud in (4800, 19200, 38400, 115200):
        assert said not in heard(said * 5, 9600, baud)


def test_what_is_put_down_rings_and_then_weighs_what_it_weighs() -> None:
    pans = Pans(2, noise_g=0.0)
    pans.put(2, 500.0, 10.0)
    during = [pans.read(10.0 + 0.01 * i)[1] or 0.0 for i in range(60)]
    assert max(during) > 505.0
    assert pans.moves(2, 10.2)
    assert not pans.moves(1, 10.2)
    assert not pans.moves(2, 11.0)
    assert pans.read(11.0) == [0.0, pytest.approx(500.0, abs=0.5)]
    assert pans.read(1000.0) == [0.0, pytest.approx(500.2, abs=0.1)], "creep, and the step is over"


def test_after_being_told_what_to_say_a_plate_weighs_on_from_there() -> None:
    pans = Pans(1, noise_g=0.0)
    pans.put(1, 100.0, 1.0)
    pans.say(1, 700.0)
    pans.put(1, 50.0, 5.0)
    assert pans.read(7.0) == [pytest.approx(750.0, abs=0.5)]


def test_a_recording_is_spoken_in_real_time_and_heard_as_it_was(desk: Desk, tmp_path: Path) -> None:
    double = desk.stand(Controller(tmp_path / "mcu", plates=4, hz=50.0))
    load_g = np.repeat([[1100.0], [0.0], [3125.0], [7.5]], 10, axis=1)
    after_g = load_g - np.array([[220.0], [0.0], [0.0], [0.0]])
    batches = [WeightBatch(t, t, "g1-s1", 20.0, g) for t, g in ((5.0, load_g), (5.5, load_g), (6.0, after_g))]
    ear, wiring = Ear(), site(device("lines", double.link, baud=115200))
    plates = Plates(SHOP, wiring, ear, batch_s=0.1)
    plates.start()
    (port,) = open_ports(wiring, SHOP, ear, plates)
    began_s = time.monotonic()
    speak(double, batches)
    assert time.monotonic() - began_s == pytest.approx(1.45, abs=0.3)
    until(lambda: ear.last_g(1) == 880.0)
    port.stop()
    plates.stop()
    rows = np.concatenate([b.mass_g for b in ear.batches()], axis=1)
    picked = rows[0][~np.isnan(rows[0])]
    assert set(picked.tolist()) <= {0.0, 1100.0, 880.0} | set(picked[:3].tolist())
    assert picked.tolist().count(1100.0) == pytest.approx(20, abs=4), "a second at 20 rows a second"
    assert rows[:, -1].tolist() == [880.0, 0.0, 3125.0, 7.5]


def test_what_is_typed_is_done(tmp_path: Path) -> None:
    double = Controller(tmp_path / "mcu", plates=2, noise_g=0.0)
    said: list[str] = []
    double.wire.plug()
    assert obey(double, ["1 +500\n", "2 =7\n", "", "sums", "silence", "unplug"], said.append)
    assert (said, double.wrong_sums, double.silent, double.wire.plugged) == ([], True, True, False)
    assert double.tick(time.monotonic() + 2)[0].startswith(b"1,500.")
    for wrong in ("3 +1", "1 +nan", "1 x", "dance", "scan", "scan TEXT", "reboot"):
        obey(double, [wrong], said.append)
    assert len(said) == 7
    assert not obey(double, ["quit", "plug"], said.append)
    assert not double.wire.plugged


@contextmanager
def command(*options: str, typed: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """``tebura simulate --serial`` as a process, ended in the end."""
    line = [sys.executable, "-m", "edge.cli", "simulate", "--serial", *options]
    process = subprocess.Popen(
        line, stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=DEMO.parents[1]
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def printed(process: subprocess.Popen[str]) -> str:
    """Its path and block, up to the empty line after the block."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 10.0)[0], "it says nothing"
    said = [process.stdout.readline() for _ in range(2)]
    while said[-1] != "\n" or len(said) == 2:
        said.append(process.stdout.readline())
    return "".join(said)


def test_the_command_prints_a_block_and_does_what_is_typed(tmp_path: Path) -> None:
    link = tmp_path / "port"
    with command("--protocol", "lines", "--plates", "3", "--link", str(link)) as process:
        path, _, block = printed(process).partition("\n")
        assert path == str(link)
        (wired,) = SiteFile.model_validate(tomllib.loads(block)).serial
        assert (wired.device, wired.protocol, wired.plates) == (str(link), "lines", (1, 2, 3))
        assert load_store(DEMO).layout.has_shelf(wired.shelf)
        assert process.stdin is not None
        with client(link, wired.baud) as port:
            process.stdin.write("2 +500\n")
            process.stdin.flush()
            until(lambda: port.readline().startswith(b"2,500."))
        process.stdin.write("quit\n")
        process.stdin.flush()
        assert process.wait(5) == 0
    assert not os.path.lexists(link)


def test_the_command_runs_on_when_nobody_types_until_it_is_interrupted(tmp_path: Path) -> None:
    link = tmp_path / "port"
    with command("--protocol", "mt-sics", "--link", str(link), typed=subprocess.DEVNULL) as process:
        printed(process)
        with client(link, 9600) as port:
            port.write(b"SIR\r\n")
            assert all(port.readline().startswith(b"S S ") for _ in range(5))
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
    assert not os.path.lexists(link)


@pytest.mark.parametrize("options", [["--protocol", "morse"], ["--protocol", "mt-sics", "--plates", "2"],
                                     ["--plates", "400"]])  # fmt: skip
def test_what_cannot_be_is_refused(options: list[str]) -> None:
    done = CliRunner().invoke(app, ["simulate", "--serial", *options])
    assert done.exit_code == 2
    assert "tebura: --p" in done.output


@pytest.mark.parametrize("kind", ["--serial", "--shelf=g1-s1"])
def test_a_link_that_cannot_be_made_is_named_with_the_remedy(kind: str, tmp_path: Path) -> None:
    link = tmp_path / "no" / "x"
    done = CliRunner().invoke(app, ["simulate", "--serial", kind, "--link", str(link)])
    assert done.exit_code == 2
    remedy = "Name a path where nothing is, in a folder that you may write to, with --link"
    assert f"tebura: {link}: cannot become the port (No such file or directory). {remedy}\n" in done.stderr


# --- every protocol -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_a_double_whose_block_wires_it(desk: Desk, tmp_path: Path, protocol: str) -> None:
    store = load_store(DEMO)
    double = desk.stand(of_protocol(protocol, None, tmp_path / "port", 1))
    (tmp_path / "site.toml").write_text(block(double, store), encoding="utf-8")
    (wired,) = load_site(tmp_path, store).serial
    ear, here = Ear(), Site(serial=(wired,))
    ports = open_ports(here, store, ear, Plates(store, here, ear))
    if isinstance(double, Reader):
        double.scan("6BFOXN*TS0BI$ZD4N9")
    until(lambda: ports[0].counts.readings > 1 or ear.said("gate/entry/scan"))
    ports[0].stop()
    assert not ear.refusals


def test_a_dialect_without_a_double_is_no_barcode_reader(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no double in .*counter\.py speaks it yet\. Write one and add it to COUNTER"):
        of_protocol("acme", None, tmp_path / "port", 1)


@pytest.mark.parametrize("protocol", [p for p in PROTOCOLS if p != "barcode"])
def test_a_recording_comes_out_of_whatever_a_site_is_wired_to(tmp_path: Path, protocol: str) -> None:
    """What was recorded as a shelf's batch is said by a double of the device that stands there."""
    more = {"bits": 7, "parity": "even", "unit": "kg"} if protocol == "toledo-8217" else {}
    wired = device(protocol, tmp_path / "port", plates=(2,), **more)
    here = site(wired)
    batch = WeightBatch(0.0, 0.0, "g1-s1", 10.0, np.full((4, 3), 1500.0), float("nan"))
    ear = Ear()
    with Understudies(here, SHOP) as cast:
        assert cast.say(batch)
        plates = Plates(SHOP, here, ear, batch_s=0.1)
        plates.start()
        ports = open_ports(here, SHOP, ear, plates)
        try:
            until(lambda: ear.last_g(2) == pytest.approx(1500.0, abs=1.0))
        finally:
            ports[0].stop()
            plates.stop()


def test_a_scale_can_be_switched_to_pieces_while_somebody_plays_with_it(tmp_path: Path) -> None:
    double = of_protocol("a-and-d", None, tmp_path / "scale", 1)
    double.wire.plug()
    said: list[str] = []
    assert obey(double, ["1 =12\n", "unit PC\n"], said.append)
    assert (said, double.answer(b"Q", 0.0)) == ([], [b"QT,+000012.0 PC"])
    double.wire.unplug()
