"""How fast the runtime is, how that grows, and how much memory it takes.

Enters: recordings, or none; then their own are simulated in a temporary folder. Leaves: tables on stdout. Every case
runs in a process of its own, whose peak memory is what the operating system says about it.

What is measured: the replay of a recording from the outside, start of Python, reading, settling and all; and in
one process per case the time from a message's bytes to its effects (decoding, `step`, carrying out), for weight
batches and camera frames apart. Many plates are the demo shop's gondolas many times over: the first copy is busy, the
others are quiet, as most of a large shop is at any moment. Many people are busy copies of the whole shop, seven
seconds apart, so that a crowd is as dense as in the demo shop. `simulator.roof` says what is real about copies. The
last row has its people in one small shop, which is denser than people like it: what it shows is the price of crowds.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.floor import positions
from edge.records import PeopleFrame, WeightBatch
from edge.store import Store, load_store
from edge.wire import Heard, decode, open_recording
from simulator.busy import Habits
from simulator.commands import DEMO, simulate_busy, simulate_story
from simulator.replay import summary_of
from simulator.roof import roof, under_one_roof, width_of

APART_S = 7.0
WIDTH = 100
WARM_S = 3.0
"""Caches fill and levels are learned in the first seconds of a case; they are not measured."""
EMPTY_S = 20
NOBODY = f"shop demo\nseed 1\n\n09:00:00  ana enters\n09:00:{EMPTY_S:02d}  ana leaves\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One run. ``first`` is heard in the first copy of the shop, ``others`` in every other one, for ``span_s``."""

    name: str
    first: str
    others: str
    copies: int
    inhabited: bool
    span_s: float
    from_s: float = 0.0


PLATES = (
    Case("2 shops", "lively", "empty", 2, False, 20.0),
    Case("6 shops", "lively", "empty", 6, False, 20.0),
    Case("18 shops", "lively", "empty", 18, False, 20.0),
    Case("61 shops", "lively", "empty", 61, False, 12.0),
)
PEOPLE = (
    Case("calm", "calm", "calm", 1, True, 60.0, 15.0),
    Case("lively", "lively", "lively", 1, True, 60.0, 15.0),
    Case("3 shops", "lively", "lively", 3, True, 40.0, 30.0),
    Case("12 shops", "lively", "lively", 12, True, 20.0, 90.0),
    Case("packed", "packed", "packed", 1, True, 20.0, 25.0),
)
VISITS = {"calm": (8, 15.0), "lively": (24, 6.0), "packed": (24, 2.5)}
"""Visits and the mean seconds between two arrivals."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a case took. Times are microseconds: (median, 99th percentile)."""

    plates: int
    cameras: int
    people: float
    messages_a_s: float
    faster: float
    weight_us: tuple[float, float]
    people_us: tuple[float, float]
    peak_mib: float = 0.0


def bench(files: Sequence[Path] = ()) -> None:
    """Measure, and print the tables; with ``files`` only how fast these are replayed."""
    console = Console(highlight=False, width=WIDTH)
    console.print(f"{os.cpu_count()} cores; every case runs on one of them\n")
    with TemporaryDirectory() as folder:
        if not files:
            with console.status("Simulating …"):
                simulated = _simulate(Path(folder))
        console.print(replay_table(files or [simulated["lively"]]))
        if files:
            return
        for title, cases in (("\nplates", PLATES), ("\npeople", PEOPLE)):
            with console.status(f"Many {title.strip()} …"):
                table = growth_table([(case, _in_own_process(case, Path(folder))) for case in cases])
            console.print(title)
            console.print(table)


def _simulate(folder: Path) -> dict[str, Path]:
    shop = load_store(DEMO)
    made = {name: folder / f"{name}.mcap" for name in ("empty", *VISITS)}
    simulate_story(shop, NOBODY, made["empty"])
    for name, (visits, gap_s) in VISITS.items():
        simulate_busy(shop, visits, made[name], seed=4, habits=Habits(gap_s=gap_s))
    return made


# --- replay, from outside ------------------------------------------------------------------------------------------


def replay_table(files: Sequence[Path]) -> Table:
    """How fast recordings are replayed, everything included."""
    table = _table("replay", "lasts", "messages", "takes", "× real time", "peak MiB")
    for path in files:
        recording = open_recording(path)
        summary = summary_of(path)
        times = [heard.received_s for heard in recording]
        span_s = times[-1] - times[0] if times else 0.0
        spent_s, peak_mib = _run(["-m", "edge.cli", "replay", str(path), "--json"])
        messages = summary[0] if summary else len(times)
        table.add_row(
            recording.name, f"{span_s:.0f} s", f"{messages:,}", f"{spent_s:.2f} s", f"{span_s / spent_s:.0f}",
            f"{peak_mib:.0f}",
        )  # fmt: skip
    return table


def _run(arguments: Sequence[str], out: Path | None = None) -> tuple[float, float]:
    """(seconds, peak MiB) of a Python process of its own; what it prints goes to ``out``."""
    began = time.perf_counter()
    with open(out or os.devnull, "wb") as sink:
        child = subprocess.Popen([sys.executable, *arguments], stdout=sink)
        _, status, usage = os.wait4(child.pid, 0)
    spent_s = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {child.returncode}")
    return spent_s, usage.ru_maxrss / 1024


# --- growth, from inside -------------------------------------------------------------------------------------------


def growth_table(rows: Sequence[tuple[Case, Figures]]) -> Table:
    table = _table(
        "shop", "plates", "cameras", "people", "msg/s", "× real time", "weight µs", "p99", "frame µs", "p99", "MiB"
    )  # fmt: skip
    for case, f in rows:
        table.add_row(
            case.name, f"{f.plates:,}", f"{f.cameras}", f"{f.people:.0f}", f"{f.messages_a_s:,.0f}", f"{f.faster:.1f}",
            f"{f.weight_us[0]:.0f}", f"{f.weight_us[1]:,.0f}", f"{f.people_us[0]:.0f}", f"{f.people_us[1]:,.0f}",
            f"{f.peak_mib:.0f}",
        )  # fmt: skip
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(first, box=None, padding=(0, 1))
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _in_own_process(case: Case, folder: Path) -> Figures:
    told = folder / "figures.json"
    _, peak_mib = _run(["-m", "simulator.bench.replays", str(folder), json.dumps(asdict(case))], told)
    return msgspec.convert({**json.loads(told.read_text()), "peak_mib": peak_mib}, Figures)


def _heard(case: Case, folder: Path, shop: Store) -> Iterator[Heard]:
    first = list(open_recording(folder / f"{case.first}.mcap"))
    others = first if case.others == case.first else list(open_recording(folder / f"{case.others}.mcap"))
    if not case.inhabited:
        others = [heard for heard in others if heard.topic.startswith("shelf/")]
    return under_one_roof(first, others, case.copies, width_of(shop), APART_S if case.inhabited else 0.0)


def measure(case: Case, folder: Path) -> Figures:
    """Hear a case's messages one by one, with a watch. The copying is not on the watch."""
    small = load_store(DEMO)
    store = roof(small, case.copies, inhabited=case.inhabited)
    driver = Driver(store, provider=LocalProvider())
    spent_us: dict[type, list[float]] = {WeightBatch: [], PeopleFrame: []}
    whole_s, began_s, heard_s, there = 0.0, 0.0, 0.0, list[int]()
    gc.set_threshold(50_000, 20, 100)  # as a replay has it
    for heard in _heard(case, folder, small):
        began_s = began_s or heard.received_s + max(case.from_s, WARM_S)
        start = time.perf_counter()
        record = decode(store, heard.topic, heard.payload, heard.received_s)
        driver.feed(record)
        took_s = time.perf_counter() - start
        heard_s = heard.received_s
        if heard_s < began_s:
            continue
        if heard_s > began_s + case.span_s:
            break
        whole_s += took_s
        if type(record) in spent_us:
            spent_us[type(record)].append(took_s * 1e6)
        if isinstance(record, PeopleFrame):
            there.append(len(positions(driver.state.floor)))
    shelves, span_s = store.layout.shelves, heard_s - began_s
    return Figures(
        sum(s.plates for s in shelves), len(store.layout.cameras), float(np.mean(there)),
        sum(map(len, spent_us.values())) / span_s, span_s / whole_s,
        _middle_and_tail(spent_us[WeightBatch]), _middle_and_tail(spent_us[PeopleFrame]),
    )  # fmt: skip


def _middle_and_tail(values: Sequence[float]) -> tuple[float, float]:
    middle, tail = np.percentile(values, [50, 99])
    return float(middle), float(tail)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Case(**json.loads(sys.argv[2])), Path(sys.argv[1])))))
