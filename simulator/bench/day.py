"""Memory over a day: 24 recorded hours of a kiosk's ordinary traffic, as fast as the shop can take them.

Enters: a recorded hour. Leaves: the memory of the process after every hour. A broker between would make this day take
three quarters of an hour, so the daemon's own `Shop` is driven here without one, in a process of its own
(``python -m simulator.bench.day HOUR.mcap``): with its ear, core, ledger, recorder, checkpoints, retention and metrics.
The same hour comes again and again, with a restocking in between, as staff does it: in restock mode.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomlkit

from edge.daemon.clock import Clock
from edge.daemon.shop import Shop
from edge.daemon.watch import Watch
from edge.site import Site
from edge.store import Store, load_store, read_store
from edge.store.tables import planogram_text
from edge.told import NOTHING, Sentence
from edge.wire import Heard, encode_mode, open_recording
from simulator.bench.stage import rss_mib
from simulator.bench.traffic import stamped
from simulator.busy import Habits, busy_story
from simulator.commands import DEMO
from simulator.story import read_story
from simulator.world import play, record

HOURS = 24
HOUR_S = 3600.0
VISITS = 45
"""In an hour."""
RESTOCK_S = 4.0


def kiosk() -> Store:
    """One gondola of the demo shop, two cameras above it and its two gates: forty messages a second."""
    demo = load_store(DEMO)
    told: dict[str, Any] = tomllib.loads(demo.sources["store.toml"].decode())
    told["floor"]["polygon"] = [[0.0, 0.0], [3.0, 0.0], [3.0, 5.2], [0.0, 5.2]]
    told["gondola"] = told["gondola"][:1]
    told["camera"] = [{"id": f"c{i}", "position": [1.5, y, 2.7]} for i, y in enumerate((1.1, 3.6), 1)]
    for gate, x in zip(told["gate"], (0.6, 2.4), strict=True):
        gate["position"] = [x, 0.1]
    shelves = {shelf["id"] for shelf in told["gondola"][0]["shelf"]}
    kept = [facing for facing in demo.planogram.facings if facing.shelf in shelves]
    files = {
        "store.toml": tomlkit.dumps(told).encode(),
        "catalogue.csv": demo.sources["catalogue.csv"],
        "planogram.csv": planogram_text(kept).encode(),
    }
    return read_store(files)


def record_hour(path: Path) -> None:
    """An hour in which somebody comes in every eighty seconds."""
    store = kiosk()
    story = read_story(busy_story(store, VISITS, 4, Habits(gap_s=HOUR_S / (VISITS + 2))), store, "an hour")
    played = play(store, story, 4)
    played.end_s = played.start_s + HOUR_S
    record(played, story, 1.0, path)


def memory_over_a_day(folder: Path) -> tuple[list[float], float]:
    """(MiB at the end of every hour, seconds that it took)."""
    hour = folder / "hour.mcap"
    record_hour(hour)
    began_s = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-m", "simulator.bench.day", str(hour)], stdout=subprocess.PIPE, check=True, text=True
    )
    return [float(line) for line in told.stdout.splitlines()], time.monotonic() - began_s


# --- the process -----------------------------------------------------------------------------------------------------


class Told(Clock):
    """It is when the last message was received."""

    def __init__(self) -> None:
        super().__init__()
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s

    def not_before(self, at_s: float) -> None:
        self.at_s = max(self.at_s, at_s)

    def trouble(self) -> Sentence:
        return NOTHING


def hours(hour: Path) -> Iterator[Heard]:
    """The recorded hour again and again, each an hour later; at its end the shelves are filled up."""
    for i in range(HOURS):
        shift_s = i * HOUR_S
        first_s = last_s = 0.0
        for heard in open_recording(hour):
            at_s = heard.received_s + shift_s
            if not first_s:
                first_s = at_s
                yield Heard("shop/mode/set", encode_mode(at_s, "restock", "bench"), at_s)
            if last_s < first_s + RESTOCK_S <= at_s:
                yield Heard("shop/mode/set", encode_mode(at_s, "open", "bench"), at_s)
            last_s = at_s
            yield Heard(heard.topic, stamped(heard.payload, shift_s, at_s), at_s)


def main(hour: Path) -> None:
    """Hear all of it, and print the memory after every hour."""
    store = read_store(open_recording(hour).store_files())
    clock, watch = Told(), Watch()
    site = Site.model_validate({"recorder": {"keep_days": 0.01}, "payment": {"latency_s": 0.0}})
    gc.set_threshold(50_000, 20, 1000)  # as the daemon has it
    with TemporaryDirectory(prefix="tebura-day-") as name:
        shop = Shop(store, site, Path(name), publish=lambda _: None, observers=(watch,), timed=watch.timed, clock=clock)
        messages = hours(hour)
        shop.clock.not_before(next(iter(open_recording(hour))).received_s - 1.0)
        shop.open()
        next_s = clock.at_s + HOUR_S + RESTOCK_S

        def enough() -> bool:
            """Before the shop listens: put the next message where it will."""
            nonlocal next_s
            heard = next(messages, None)
            if heard is not None and heard.received_s >= next_s:
                next_s += HOUR_S
                print(f"{rss_mib(os.getpid()):.2f}", flush=True)
            if heard is None:
                print(f"{rss_mib(os.getpid()):.2f}", flush=True)
                return True
            clock.at_s = heard.received_s
            shop.ear.hear(heard.topic, heard.payload)
            return False

        shop.work(enough)
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
