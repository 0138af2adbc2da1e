"""What the screens cost the core: ``python -m tests.web.core``, about four minutes.

Plays the same half minute into the demo shop as it runs, in turns with nobody at its screens and with staff who watch
the floor (once a second), the lists, a review and 300 streams that are told of every change. Prints how long the core
took for a message, from its arrival to the end of its step; of each pair of turns how much longer watched than alone,
and how busy the PC was besides. Nothing of it is a test: machines differ.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlencode

from edge.daemon.watch import TIMING, TIMINGS
from edge.store import load_store
from edge.web.staff import FILE, Staff
from edge.wire import RecordingWriter, open_recording
from simulator.commands import DEMO, simulate_busy
from simulator.live import play_live, started
from tests.web.served import Served
from tests.web.shops import PASSWORD

VISITS, SEED, TURNS, STREAMS = 8, 5, 3, 300
LASTS_S = 20.0
"""So much is played of it, from the first who comes in."""
PAGES = ("/staff/now/floor", "/staff/now/inside", "/staff/now/state", "/staff/reviews", "/staff/visits", "/m/")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        whole, recording = Path(name) / "busy.mcap", Path(name) / "short.mcap"
        simulate_busy(load_store(DEMO), VISITS, whole, SEED)
        _cut(whole, recording)
        ratios: dict[int, list[float]] = {500: [], 990: []}
        for turn in range(TURNS):
            cuts: dict[bool, list[float]] = {}
            for watched in (turn % 2 == 1, turn % 2 == 0):  # what warms up or wears on is not always the same one's
                took_ms = sorted(1000 * s for s in _played(recording, Path(name) / f"{turn}-{watched}", watched))
                cut = cuts[watched] = [0.0, *statistics.quantiles(took_ms, n=1000)]
                told = f"p50 {cut[500]:.2f}, p99 {cut[990]:.2f}, p99.9 {cut[999]:.2f} ms"
                who = "watched" if watched else "alone  "
                print(f"{who} {len(took_ms):,} messages: {told}, load {os.getloadavg()[0]:.1f}", flush=True)
            for of, found in ratios.items():
                found.append(cuts[True][of] / cuts[False][of])
        for of, found in ratios.items():
            spread = f"{min(found):.2f} to {max(found):.2f}"
            print(f"p{of / 10:g} watched / alone: {statistics.median(found):.2f} ({spread} in {TURNS} pairs)")


def _cut(whole: Path, short: Path) -> None:
    """The part of a recording that is played."""
    recording = open_recording(whole)
    began_s = next(heard.received_s for heard in recording if heard.topic.endswith("/scan"))
    with RecordingWriter(short, recording.store_files(), 0.0) as writer:
        for heard in recording:
            if began_s - 5.0 <= heard.received_s <= began_s + LASTS_S:
                writer.write(heard.topic, heard.payload, heard.received_s, heard.received_s)


def _played(recording: Path, folder: Path, watched: bool) -> Iterator[float]:
    folder.mkdir()
    for name in ("store.toml", "catalogue.csv", "planogram.csv", "prices.csv"):
        (folder / name).write_bytes((DEMO / name).read_bytes())
    timings = folder / "timings"
    os.environ[TIMINGS] = str(timings)
    try:
        with started(folder, folder / "state") as stage:
            with Staff(stage.state_folder / FILE) as staff:
                staff.add("aki", PASSWORD, ["owner"], time.time())
            with _watching(folder, stage.state_folder) if watched else nullcontext():
                play_live(open_recording(recording), stage, 1.0)
    finally:
        del os.environ[TIMINGS]
    for _, spent_s in TIMING.iter_unpack(timings.read_bytes()):
        yield spent_s


@contextmanager
def _watching(store: Path, state: Path) -> Iterator[None]:
    over = threading.Event()
    with Served(store, state) as served:
        line = http.client.HTTPConnection("127.0.0.1", served.port)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/staff/login", urlencode({"name": "aki", "password": PASSWORD}), form)
        answer = line.getresponse()
        cookie = re.match(r"[^;]+", answer.headers["set-cookie"])
        answer.read()
        assert cookie is not None
        streams = []
        for _ in range(STREAMS):
            stream = http.client.HTTPConnection("127.0.0.1", served.port)
            stream.request("GET", "/staff/events?of=status,carts,alerts,book", headers={"Cookie": cookie[0]})
            streams.append(stream)

        def look() -> None:
            while not over.wait(1.0):
                for page in PAGES:
                    line.request("GET", page, headers={"Cookie": cookie[0]})
                    assert line.getresponse().read()

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()
            for stream in streams:
                stream.close()


if __name__ == "__main__":
    main()
