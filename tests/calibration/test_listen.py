"""Whoever calibrates hears shelves wherever they can be heard, and learns why not where they cannot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from calibration.listen import Listening, NobodyToListenTo, listen, meaning
from edge.records import WeightBatch
from edge.site import Broker, SerialDevice, Site, load_site
from edge.store import load_store
from edge.wire import Heard, encode_weight
from simulator.commands import DEMO
from simulator.devices import Controller, Desk
from tests.adapters.brokers import Device, free_port, until
from tests.live.stage import Theatre

FILES = {name: (DEMO / name).read_bytes() for name in ("store.toml", "catalogue.csv", "planogram.csv")}
STORE = load_store(DEMO)
SHELF = STORE.layout.shelves[0]
OTHER = STORE.layout.shelves[1]


def said(mass_g: float, shelf: str = SHELF.id, rows: int = SHELF.plates) -> Heard:
    now_s = time.time()
    return Heard(f"shelf/{shelf}/weight", encode_weight(now_s, 60.0, np.full((rows, 12), mass_g)), now_s)


def next_of(listening: Listening, mass_g: float) -> WeightBatch:
    """The batch that says so; others before it are older."""
    until_s = time.monotonic() + 10.0
    while time.monotonic() < until_s:
        batch = listening.next(0.5)
        if batch is not None and batch.mass_g[0, 0] == mass_g:
            return batch
    raise AssertionError(f"no batch of {mass_g} g; {dict(listening.troubles)}")


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path / "shop", FILES, "[recorder]\nsegment_minutes = 0.01\n")
    with closing(theatre):
        yield theatre


def rehearse(theatre: Theatre) -> None:
    """The shop's time becomes ours."""
    theatre.ask(do="rehearse", at=time.time(), speed=1.0)


def test_a_running_shop_is_followed_through_its_segments_and_its_restart(theatre: Theatre) -> None:
    theatre.start()
    rehearse(theatre)
    theatre.say(said(1.0))
    time.sleep(0.2)
    site = load_site(theatre.folder, theatre.store)
    with listen(theatre.store, site, theatre.state, [SHELF.id]) as listening:
        assert listening.where == "the running shop"
        recordings = theatre.state / "recordings"
        for mass_g in (2.0, 3.0, 4.0):
            segments = len(list(recordings.glob("*.mcap")))
            theatre.say(said(999.0, OTHER.id, OTHER.plates))
            theatre.say(said(mass_g))
            assert next_of(listening, mass_g).shelf == SHELF.id
            until(lambda n=segments: len(list(recordings.glob("*.mcap"))) > n, "another segment")  # type: ignore[misc]
        theatre.terminate()
        until(lambda: listening.next(0.1) is None and "shop" in listening.troubles, "the stop is told")
        assert "was stopped" in listening.troubles["shop"]
        theatre.start()
        rehearse(theatre)
        theatre.say(said(5.0))
        assert next_of(listening, 5.0)
        until(lambda: listening.next(0.1) is None and not listening.troubles, "all is well again")


def test_what_the_shop_refuses_reaches_the_technician_with_its_remedy(theatre: Theatre) -> None:
    theatre.start()
    rehearse(theatre)
    site = load_site(theatre.folder, theatre.store)
    with listen(theatre.store, site, theatre.state, [SHELF.id]) as listening:
        theatre.say(said(1.0, rows=SHELF.plates - 1))
        theatre.say(Heard(f"shelf/{OTHER.id}/weight", b"nonsense", 0.0))
        until(lambda: listening.next(0.1) is None and bool(listening.troubles), "a trouble")
        (told,) = listening.troubles.values()
        assert f"sends {SHELF.plates - 1} rows, store.toml says {SHELF.plates} plates" in told
        theatre.say(said(2.0))
        assert next_of(listening, 2.0)
        assert not listening.troubles


def test_a_guest_hears_the_same_broker_beside_a_shop_and_takes_nothing_away(theatre: Theatre, tmp_path: Path) -> None:
    theatre.start()
    rehearse(theatre)
    site = load_site(theatre.folder, theatre.store)
    with listen(theatre.store, site, tmp_path / "elsewhere", [SHELF.id]) as listening:
        assert listening.where == f"mqtt://127.0.0.1:{theatre.port}"
        theatre.say(said(7.0))
        assert next_of(listening, 7.0)
        until(lambda: int(str(theatre.ask(do="status")["heard"])) > 0, "the shop hears it as well")
        assert theatre.ask(do="status")["connected"]
    until(lambda: bool(theatre.ask(do="status")["connected"]), "the shop stays connected")
    assert "lost" not in theatre.log()


def test_without_a_shop_the_embedded_broker_is_started_and_ended(tmp_path: Path) -> None:
    port = free_port()
    site = Site(broker=Broker(port=port))
    with listen(STORE, site, tmp_path / "state", [SHELF.id]) as listening:
        passwords = (tmp_path / "state" / "broker" / "passwords.toml").read_text(encoding="utf-8")
        password = next(line.split('"')[3] for line in passwords.splitlines() if line.startswith(f'"{SHELF.id}"'))
        with Device(port, SHELF.id, password) as device:
            heard = said(8.0)
            device.say(f"tebura/v1/{STORE.id}/{heard.topic}", heard.payload)
            assert next_of(listening, 8.0)
        with pytest.raises(NobodyToListenTo, match=f"port {port} is taken"):
            listen(STORE, site, tmp_path / "second", [SHELF.id])
    with listen(STORE, site, tmp_path / "state", [SHELF.id]):
        pass  # the port is free again


def test_a_serial_shelf_needs_no_broker_and_its_cable_is_told(tmp_path: Path) -> None:
    with Desk() as desk:
        controller = desk.stand(Controller(tmp_path / "port", plates=SHELF.plates, noise_g=0.0))
        device = SerialDevice(device=str(controller.link), protocol="lines", baud=115200, shelf=SHELF.id)
        site = Site(broker=Broker(kind="mqtt", port=free_port()), serial=(device,))
        with listen(STORE, site, tmp_path / "state", [SHELF.id]) as listening:
            assert listening.where == str(controller.link)
            controller.put(2, 500.0)
            until(lambda: (b := listening.next(1.0)) is not None and abs(b.mass_g[1, -1] - 500.0) < 1.0, "500 g")
            controller.unplug()
            until(lambda: bool(listening.next(0.1)) and bool(listening.troubles), "the cable is told")
            assert "plug it in" in " ".join(listening.troubles.values())


def test_nobody_to_listen_to_is_said_with_the_remedy(tmp_path: Path) -> None:
    site = Site(broker=Broker(kind="mqtt", port=free_port()))
    with pytest.raises(NobodyToListenTo, match="Start the broker"):
        listen(STORE, site, tmp_path, [SHELF.id])
    with pytest.raises(NobodyToListenTo, match="there is no shelf 'g9'"):
        listen(STORE, site, tmp_path, ["g9"])


def test_too_few_rows_are_told_with_their_number_even_where_a_sample_is_none() -> None:
    payload = b'{"t": 1, "hz": 60, "g": [[1, NaN]]}'
    told = meaning(STORE, SHELF.id, "wrong number of plates", payload)
    assert f"sends 1 rows, store.toml says {SHELF.plates} plates" in told
