"""Staff fill a shelf whose cells are wired backwards and speak in counts; what they confirm is the stock, live."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge.wire import encode_weight
from tests.adapters.brokers import until
from tests.corner import FILES, STORE
from tests.live.stage import Theatre
from tests.typed import typed

ROOT = Path(__file__).parents[2]
COUNTS_PER_G, ZERO = -40.0, 81_000.0
HZ = 60.0
PROFILE = 'shelf = "g1-s1"\nmade = 2026-11-01T09:00:00Z\n' + "".join(
    f"[[plate]]\nplate = {plate}\nchannel = {5 - plate}\n"
    f"zero = {ZERO}\ng_per_unit = {1 / COUNTS_PER_G}\nnoise_g = 1.0\n"
    for plate in (1, 2, 3, 4)
)


class Shelf:
    """The controller: it says counts, the last plate first, five times a second."""

    def __init__(self, theatre: Theatre) -> None:
        self._theatre = theatre
        self._loads = [(0.0, np.zeros(4))]
        self._noise = np.random.default_rng(5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def carry(self, *load_g: float) -> None:
        """This lies on its plates from now on."""
        self._loads = [self._loads[-1], (time.time(), np.array(load_g))]

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _talk(self) -> None:
        """Every sample is taken when it is due, however late the test's machine lets it be said."""
        topic = f"tebura/v1/{self._theatre.store.id}/shelf/g1-s1/weight"
        next_s = time.time()
        while not self._stop.wait(0.2):
            loads = self._loads
            at_s = next_s + np.arange(int((time.time() - next_s) * HZ)) / HZ
            lying_g = np.where(at_s < loads[-1][0], loads[0][1][:, None], loads[-1][1][:, None])
            grams = lying_g[::-1] + self._noise.normal(0.0, 1.0, lying_g.shape)
            self._theatre.client.publish(topic, encode_weight(next_s, HZ, grams * COUNTS_PER_G + ZERO))
            next_s += len(at_s) / HZ


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    (tmp_path / "shop" / "calibration" / "g1-s1").mkdir(parents=True)
    raw = STORE.replace("plate_width = 0.25", 'plate_width = 0.25\nsays = "raw"')
    files = {**FILES, "store.toml": raw.encode(), "calibration/g1-s1/20261101T090000Z.toml": PROFILE.encode()}
    theatre = Theatre(tmp_path / "shop", files)
    try:
        theatre.start()
        theatre.ask(do="rehearse", at=time.time(), speed=1.0)
        yield theatre
    finally:
        theatre.close()


def by_weight(theatre: Theatre) -> list[object]:
    return [p["by_weight"] for p in theatre.ask(do="stock")["places"]]  # type: ignore[attr-defined]


def test_what_staff_put_there_is_counted_by_weight_and_followed_from_then_on(theatre: Theatre) -> None:
    heard: dict[str, dict[str, object]] = {}
    theatre.client.on_message = lambda _client, _data, message: heard.__setitem__(
        message.topic.split("/", 3)[3], msgspec.json.decode(message.payload)
    )
    theatre.client.subscribe(f"tebura/v1/{theatre.store.id}/stock/+")
    shelf = Shelf(theatre)
    where = ("--store", str(theatre.folder), "--state", str(theatre.state))
    try:
        until(lambda: by_weight(theatre) == [0, 0], "the shelf is empty", 20.0)
        shelf.carry(6 * 110.0, 0.0, 2 * 625.0, 0.0)
        until(lambda: by_weight(theatre) == [6, 2], "the shelf weighs six and two", 20.0)
        done = typed("restock", *where, "--yes", "--by", "aki")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "2 places are counted.\n"
        until(lambda: len(heard) == 2, "the stock is told")
        assert (heard["stock/onigiri-salmon"]["quantity"], heard["stock/green-tea"]["state"]) == (6, "low")
        assert theatre.ask(do="status")["mode"] == "open"
        assert [e.body["by"] for e in theatre.entries("stock-counted")] == ["aki", "aki"]

        shelf.carry(5 * 110.0, 0.0, 2 * 625.0, 0.0)
        until(lambda: heard["stock/onigiri-salmon"]["quantity"] == 5, "one is gone")
        shown = typed("stock", *where).stdout
        assert [line.split()[-2:] for line in shown.splitlines()[1:]] == [["5", "5"], ["2", "2"]]
    finally:
        shelf.stop()


def test_who_counts_wrongly_is_told_how_it_is_written(theatre: Theatre) -> None:
    where = ("--store", str(theatre.folder), "--state", str(theatre.state))
    for wrong, remedy in (("g1-s1:2=4", "no such place"), ("six", "Write SHELF:PLATES=UNITS")):
        refused = typed("restock", *where, "--yes", "--set", wrong)
        assert refused.returncode == 2
        assert remedy in refused.stderr
        assert theatre.ask(do="status")["mode"] == "open"
    assert theatre.entries("stock-counted") == []


def test_where_nobody_has_calibrated_the_remedy_is_told_once_and_by_hand_it_goes(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    theatre = Theatre(tmp_path / "shop", FILES)
    where = ("--store", str(theatre.folder), "--state", str(theatre.state))
    try:
        theatre.start()
        done = typed("restock", *where, "--yes")
        assert (done.returncode, done.stdout) == (1, "0 places are counted.\n")
        assert done.stderr.count("is not counted: not calibrated") == 2
        shop = f"--store {theatre.folder} --state {theatre.state}"
        assert done.stderr.count(f"calibrate: `tebura calibrate shelf g1-s1 {shop}`; or count") == 1
        by_hand = typed("restock", *where, "--yes", "--set", "g1-s1:1=4")
        assert by_hand.stdout == "1 place is counted.\n"
    finally:
        theatre.close()


class Filler:
    """Somebody at a terminal of their own, in the middle of filling shelves."""

    def __init__(self, *where: str) -> None:
        self._keys, theirs = pty.openpty()
        command = [sys.executable, "-m", "edge.cli", "restock", *where]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self._read("Press Enter")

    def _read(self, text: str) -> None:
        said = b""
        while text.encode() not in said:
            said += os.read(self._keys, 1 << 16)

    def drain(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(self._keys, 1 << 16):
                pass

    def done(self) -> None:
        os.write(self._keys, b"\n")
        self._read("Or correct one")
        os.write(self._keys, b"\n")
        self.drain()
        self.process.wait(20)


def test_the_entry_opens_again_when_the_last_who_fills_is_done_and_not_against_staffs_word(theatre: Theatre) -> None:
    where = ("--store", str(theatre.folder), "--state", str(theatre.state))

    def mode() -> object:
        return theatre.ask(do="status")["mode"]

    aki, yui = Filler(*where), Filler(*where)
    aki.done()
    assert mode() == "restock", "yui still fills"
    yui.done()
    until(lambda: mode() == "open", "both are done")

    hung_up = Filler(*where)
    hung_up.process.terminate()
    hung_up.drain()
    hung_up.process.wait(20)
    until(lambda: mode() == "open", "who is cut off leaves nothing behind")

    late = Filler(*where)
    assert typed("mode", "closed", *where).returncode == 0
    until(lambda: mode() == "closed", "staff close the shop")
    late.done()
    assert mode() == "closed"
