"""`tebura calibrate` as it is used: behind a broker, on a serial line, at a terminal, stopped and resumed."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pytest
from typer.testing import CliRunner

from calibration.shelf.asks import Ask
from calibration.shelf.progress import unfinished
from calibration.shelf.walk import Walk, begin
from edge.cli import app
from edge.records import WeightBatch
from edge.store import Store, load_store
from edge.store.profile import read_profile
from edge.wire import decode
from edge.wire.recording import RecordingWriter
from simulator.commands import DEMO
from simulator.devices import Desk
from simulator.rig import Rig, Technician, healthy, spoil
from simulator.rig.hardware import Hardware
from simulator.rig.wires import OverLines, OverMqtt, on_a_line
from tests.adapters.brokers import free_port
from tests.calibration.rooms import quiet
from tests.corner import write_store
from tests.live.stage import Theatre

SHELF, PLATES, SPEED = "s1", 3, 25.0
LONGEST_S = 180.0
"""A walk waits for ever for whoever does not do what it asks; a test does not."""


def files() -> dict[str, bytes]:
    """The demo shop with one short shelf of raw numbers."""
    text = (DEMO / "store.toml").read_text(encoding="utf-8")
    head = text[: text.index("[[gondola]]")]
    gondola = '[[gondola]]\nid = "g"\norigin = [2.0, 2.0, 0.0]\nyaw_deg = 0.0\n'
    shelf = f'[[gondola.shelf]]\nid = "{SHELF}"\nheight = 1.0\ndepth = 0.4\nplates = {PLATES}\nplate_width = 0.1\n'
    catalogue = (DEMO / "catalogue.csv").read_bytes()
    return {
        "store.toml": f'{head}{gondola}{shelf}says = "raw"\n'.encode(),
        "catalogue.csv": catalogue,
        "planogram.csv": b"shelf,plates,sku\n",
    }


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    with closing(Theatre(tmp_path / "shop", files())) as theatre:
        yield theatre


class Walker:
    """The command in a process of its own, and a technician who does what it asks for."""

    def __init__(self, theatre: Theatre, double: OverMqtt, technician: Technician, *options: str) -> None:
        self._double, self._technician = double, technician
        command = [sys.executable, "-m", "edge.cli", "calibrate", "shelf", SHELF, "--store", str(theatre.folder),
                   "--state", str(theatre.state), "--yes", "--json", *options]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.events: list[dict[str, Any]] = []

    def lead(self, *, stop_at: tuple[str, int] | None = None) -> int:
        """Its exit code; with ``stop_at`` (deed, plate) somebody presses Ctrl-C there."""
        assert self.process.stdout is not None
        limit = Timer(LONGEST_S, self.process.kill)
        limit.start()
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if event["event"] != "ask":
                continue
            if stop_at == (event["deed"], event["plate"]):
                self.process.send_signal(signal.SIGINT)
                continue
            ask = Ask(event["deed"], event["plate"], event["text"], event["mass_g"], event["place"])
            with self._double.pace.hands():
                self._technician.do(ask)
        limit.cancel()
        return self.process.wait(30)

    def said(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()


def double_of(theatre: Theatre, hardware: Hardware) -> tuple[OverMqtt, Technician]:
    rig = Rig(theatre.store.layout.shelf(SHELF), hardware, start_s=time.time() - 7200.0)
    return OverMqtt(rig, theatre.store.id, "127.0.0.1", theatre.port, speed=SPEED), Technician(rig)


def test_a_walk_behind_a_broker_is_stopped_and_goes_on(theatre: Theatre) -> None:
    hardware, _ = spoil(spoil(quiet(plates=PLATES), "order", 1, (1, 3))[0], "reversed", 1, (2,))
    double, technician = double_of(theatre, hardware)
    profiles = unfinished(theatre.folder, SHELF).parent
    with double:
        first = Walker(theatre, double, technician, "--weight", "500")
        assert first.lead(stop_at=("product", 2)) == 130
        assert "kept: run it again to go on" in first.said()
        assert [p.name for p in profiles.iterdir()] == ["unfinished.json"]
        undecided = Walker(theatre, double, technician)
        assert undecided.lead() == 2
        assert "--resume" in undecided.said()
        second = Walker(theatre, double, technician, "--resume", "--by", "aki")
        assert second.lead() == 0, second.said()
    asked = {(e["deed"], e["plate"]) for e in second.events if e["event"] == "ask"}
    assert ("empty", 2) in asked
    assert ("product", 1) not in asked, "plate 1 was done"
    assert [p.suffix for p in profiles.iterdir()] == [".toml"], "nothing is left over"
    profile = load_store(theatre.folder).profiles[SHELF].profile
    assert profile.by == "aki"
    assert tuple(p.channel for p in profile.plate) == hardware.order
    for plate in profile.plate:
        assert plate.g_per_unit * hardware.under(plate.plate).units_per_g == pytest.approx(1.0, abs=1e-3)
    verdict = second.events[-1]
    assert verdict["accepted"]
    assert {f["fault"] for f in verdict["findings"]} == {"order", "reversed", "clock"}, "it lives faster than we do"


def test_a_bad_shelf_is_refused_and_nothing_is_written(theatre: Theatre) -> None:
    hardware, _ = spoil(quiet(plates=PLATES), "touching", 1, (2, 3))
    double, technician = double_of(theatre, hardware)
    with double:
        walker = Walker(theatre, double, technician, "--weight", "500")
        assert walker.lead() == 1
    assert [f["fault"] for f in walker.events[-1]["findings"] if f["refuses"]] == ["touching"]
    assert not list(unfinished(theatre.folder, SHELF).parent.iterdir())


def test_an_open_shop_is_not_walked_in(theatre: Theatre) -> None:
    theatre.start()
    command = ["calibrate", "shelf", SHELF, "--store", str(theatre.folder), "--state", str(theatre.state)]
    told = CliRunner().invoke(app, [*command, "--yes", "--weight", "500"])
    assert told.exit_code == 2
    assert "tebura mode closed" in told.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--yes"),
        (("--yes",), "--weight 500"),
        (("--yes", "--weight", "500", "--plates", "2-9"), "plates 1 to 3"),
        (("--yes", "--weight", "500", "--plates", "2"), "Walk the whole shelf once"),
        (("--yes", "--weight", "-3"), "more than 0 g"),
        (("--yes", "--fresh", "--resume"), "exclude each other"),
    ],
)
def test_without_a_terminal_flags_answer(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    for name, data in files().items():
        (tmp_path / name).write_bytes(data)
    command = ["calibrate", "shelf", SHELF, "--store", str(tmp_path), "--state", str(tmp_path / "state")]
    said = CliRunner().invoke(app, [*command, *options])
    assert said.exit_code == 2
    assert told in said.stderr


def test_a_recorded_walk_and_what_is_kept_of_it(tmp_path: Path) -> None:
    for name, data in files().items():
        (tmp_path / name).write_bytes(data)
    shelf = load_store(tmp_path).layout.shelf(SHELF)
    rig = Rig(shelf, quiet(plates=PLATES))
    _record(rig, load_store(tmp_path), tmp_path / "walk.mcap")
    walk = ["shelf", SHELF, "--from", str(tmp_path / "walk.mcap"), "--weight", "500", "--yes"]

    def tebura(*words: str) -> str:
        told = CliRunner().invoke(app, ["calibrate", *words, "--store", str(tmp_path)])
        assert told.exit_code == 0, told.output
        return told.stdout

    assert "is accepted" in tebura(*walk)
    tebura(*walk, "--note", "again")
    first, second = sorted((tmp_path / "calibration" / SHELF).glob("*.toml"))
    assert read_profile(first.read_text()).plate == read_profile(second.read_text()).plate
    assert "nothing differs" in tebura("diff", SHELF)
    tebura("rollback", SHELF, first.stem, "--note", "the older one")
    listed = tebura("list")
    assert listed.count(SHELF) == 3
    assert f"repeats {first.stem}" in " ".join(listed.split())
    assert json.loads(tebura("show", SHELF, "--json"))["why"] == f"repeats {first.stem}: the older one"


def test_a_store_without_profiles_is_told_how_they_are_made(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "shop")
    for words, whose in (((), ""), (("--shelf", "g1-s1"), " of g1-s1")):
        listed = CliRunner().invoke(app, ["calibrate", "list", "--store", str(folder), *words])
        assert listed.exit_code == 0
        assert f"There are no profiles{whose} yet: `tebura calibrate shelf SHELF --store {folder}`" in listed.stdout
        assert "in force" not in listed.stdout


def _record(rig: Rig, store: Store, path: Path) -> None:
    """A whole walk, as the wire has it."""
    walk, technician = Walk(PLATES, begin(SHELF, PLATES, [500.0])), Technician(rig)
    topic = f"shelf/{SHELF}/weight"
    with RecordingWriter(path, {}, rig.now_s) as recording:
        while not walk.over:
            said = rig.batch()
            assert said is not None
            recording.write(topic, rig.encoded(said), said.at_s, said.received_s)
            batch = decode(store, topic, rig.encoded(said), said.received_s)
            assert isinstance(batch, WeightBatch)
            for told in walk.hear(batch):
                if told.ask is not None:
                    technician.do(told.ask)


def test_on_a_serial_line_and_at_a_terminal(tmp_path: Path) -> None:
    """The first steps, in real time: a microcontroller at one pseudo-terminal, a technician's eyes at another."""
    for name, data in files().items():
        (tmp_path / name).write_bytes(data)
    rig = Rig(load_store(tmp_path).layout.shelf(SHELF), on_a_line(healthy(PLATES, 1, unit="counts")))
    technician = Technician(rig)
    with Desk() as desk:
        double = desk.stand(OverLines(tmp_path / "line", rig))
        (tmp_path / "site.toml").write_text(
            f'[[serial]]\ndevice = "{double.link}"\nprotocol = "lines"\nbaud = 115200\n'
            f'shelf = "{SHELF}"\nunit = "raw"\n[broker]\nport = {free_port()}\n',
            encoding="utf-8",
        )
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "edge.cli", "calibrate", "shelf", SHELF, "--store", str(tmp_path),
                   "--state", str(tmp_path / "state"), "--weight", "500"]  # fmt: skip
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        shown = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment)
        os.close(follower)
        seen = bytearray()
        Thread(target=_watch, args=(leader, seen), daemon=True).start()

        def appears(text: str) -> None:
            until_s = time.monotonic() + 60.0
            while text.encode() not in seen:
                assert time.monotonic() < until_s, bytes(seen[-3000:]).decode(errors="replace")
                assert shown.poll() is None, bytes(seen[-3000:]).decode(errors="replace")
                time.sleep(0.05)

        appears("Hands off")
        for plate in (1, 2):
            appears(f"Press plate {plate} ")
            with double.pace.hands():
                technician.do(Ask("touch", plate, ""))
        appears("Press plate 3 ")
        assert "█".encode() in seen, "the finger was seen on the screen"
        shown.send_signal(signal.SIGINT)
        assert shown.wait(20) == 130
    assert unfinished(tmp_path, SHELF).exists()


def _watch(leader: int, seen: bytearray) -> None:
    try:
        while piece := os.read(leader, 65536):
            seen.extend(piece)
    except OSError:
        pass  # the other end is closed: that is how a terminal ends
