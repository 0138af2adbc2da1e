"""`tebura bench --live`: the real daemon behind a real broker, measured from outside.

Enters: which part. Leaves: tables on stdout. The shop is `tebura run` in a process of its own, the broker is mosquitto
on loopback (or the embedded one), the devices are `simulator.bench.traffic` in a third process. Times from arrival to
the end of a step are the daemon's own (`edge.daemon.watch`); when a message was sent stands in its payload, and when it
arrived in the daemon's recording. So nothing that measures stands between what is measured.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from edge.journal import heard_since
from edge.store import Store, load_store
from simulator.bench.day import HOURS, VISITS, memory_over_a_day
from simulator.bench.latency import latencies
from simulator.bench.money import EVERY_S, LATENCY_S, TOGETHER, waits
from simulator.bench.stage import BrokerKind, Stage, cpu_s, machine, mosquitto, playing, rss_mib, until
from simulator.bench.traffic import Plan, Sent, hall, sent_s, whole
from simulator.busy import Habits, busy_story
from simulator.commands import DEMO
from simulator.stage import Stage as Play
from simulator.story import read_story
from simulator.world import play, record

WIDTH = 120

Seconds: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A shop under load. The first ``warm_s`` are not measured: people come in, levels are learned."""

    title: str
    store: Callable[[], Store]
    copies: int
    inhabited: bool
    broker: BrokerKind
    habits: Habits
    visits: int
    warm_s: float
    span_s: float
    apart_s: float = 2.0


def demo() -> Store:
    return load_store(DEMO)


LOAD = Case("10,080 plates", hall, 12, True, "mosquitto", Habits(items=4.0, gap_s=15.0), 12, 70.0, 60.0)
EMBEDDED = Case("328 plates", demo, 2, False, "embedded", Habits(gap_s=6.0), 10, 20.0, 30.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a case gave. ``stepped_s``: from arrival to the end of the step; ``whole_s``: from being sent."""

    case: Case
    store: Store
    people: float
    picks_a_s: float
    sent: Sent
    heard: dict[str, int]
    sent_a_s: float
    refused: int
    waiting: Sequence[int]
    stepped_s: Seconds
    whole_s: Seconds
    cpu: tuple[float, float, float]
    """Cores: daemon, broker, generator."""
    rss_mib: float


LATENCY = Case("six demo shops", demo, 6, True, "mosquitto", Habits(), 24, 0.0, 600.0, 7.0)
STARTS = 5
WARM_H = (4, 12)
"""Hours after which memory should have stopped growing; the later one says more."""


def bench(part: str = "") -> None:
    """Measure, and print the tables of one part, or of all."""
    if part not in ("embedded", "day"):
        mosquitto()
    console = Console(highlight=False, width=WIDTH)
    console.print(f"{machine()}\n")
    parts: dict[str, tuple[str, Callable[[Path], Table]]] = {
        "load": ("Ten thousand plates, two minutes and a half", lambda folder: load_table(measure(LOAD, folder))),
        "embedded": ("The embedded broker, a minute", lambda folder: load_table(measure(EMBEDDED, folder))),
        "latency": ("A hundred visits at their own speed, five minutes", lambda folder: latency_table(folder)),
        "money": (
            "A hundred visits that are paid at Stripe's double, eleven minutes",
            lambda folder: money_table(folder),
        ),
        "start": ("Starting and stopping, a minute", lambda folder: start_table(folder)),
        "day": ("A day of a kiosk, some minutes", lambda folder: day_table(*memory_over_a_day(folder))),
    }
    with TemporaryDirectory(prefix="tebura-bench-") as name:
        for key, (title, make) in parts.items():
            if part in ("", key):
                folder = Path(name) / key
                folder.mkdir()
                with console.status(f"{title} …"):
                    table = make(folder)
                console.print(table)
                console.print()


# --- under load ----------------------------------------------------------------------------------------------------


def measure(case: Case, folder: Path) -> Figures:
    """Simulate, play in real time, and count what came of it."""
    plan, plays = simulate(case, folder)
    stage = Stage(whole(plan), folder / "shop", case.broker)
    with stage.open(), playing(plan, stage) as devices:
        pids = (stage.daemon_pid, stage.broker_pid, devices.pid)
        time.sleep(case.warm_s)
        before = [cpu_s(pid) for pid in pids]
        from_s = time.time()
        waiting = list(_watched(stage, case.span_s - 1.0))
        took_s = time.time() - from_s
        cpu = [(cpu_s(pid) - b) / took_s for pid, b in zip(pids, before, strict=True)]
        memory_mib = rss_mib(stage.daemon_pid)
        sent = devices.sent
        until(lambda: stage.ask("pending")["pending"] == 0, "nothing is pending any more")
        refused = stage.refused()
    stepped_s, whole_s, heard, count = _times(stage, from_s, from_s + took_s)
    copies = case.copies if case.inhabited else 1
    window = (from_s - devices.began_s, from_s - devices.began_s + took_s)
    there = [_there(p, *window, case.apart_s * i) for i, p in enumerate([plays[0], *[plays[1]] * (copies - 1)])]
    people, picks = (sum(x) for x in zip(*there, strict=True))
    return Figures(
        case, stage.store, people, picks, sent, heard, count / took_s, refused, waiting, stepped_s, whole_s,
        (cpu[0], cpu[1], cpu[2]), memory_mib,
    )  # fmt: skip


def simulate(case: Case, folder: Path) -> tuple[Plan, list[Play]]:
    """Two recordings of busy traffic, how to play them, and what happened in them."""
    store = case.store()
    for_s = case.warm_s + case.span_s
    names = [str(folder / f"{name}.mcap") for name in ("first", "others")]
    plays = []
    for seed, name in enumerate(names, 4):
        story = read_story(busy_story(store, case.visits, seed, case.habits), store, "bench")
        played = play(store, story, seed)
        played.end_s = min(played.end_s, played.start_s + for_s + 5.0)
        record(played, story, 1.0, Path(name))
        plays.append(played.stage)
    return Plan(names[0], names[1], case.copies, case.apart_s, case.inhabited, for_s, 0), plays


def _watched(stage: Stage, span_s: float) -> Iterator[int]:
    """What the daemon has not done yet, once a second."""
    end_s = time.monotonic() + span_s
    while time.monotonic() < end_s:
        time.sleep(1.0)
        yield int(stage.ask("pending")["pending"])


def _times(stage: Stage, from_s: float, to_s: float) -> tuple[Seconds, Seconds, dict[str, int], int]:
    """(arrival to step, sent to step) of what was sent in a span, all that was heard by kind, how many in the span."""
    timings = stage.timings()
    by_kind = {kind: timings["spent_s"][timings["kind"] == kind.encode()] for kind in ("weight", "people")}
    counts: Counter[str] = Counter()
    stepped, complete = list[float](), list[float]()
    for heard in heard_since(stage.state / "recordings", None):
        kind = heard.topic.rpartition("/")[2]
        i = counts[kind]
        counts[kind] += 1
        if kind in by_kind and i < len(by_kind[kind]):
            left_s = sent_s(heard.payload)
            if from_s <= left_s < to_s:
                spent_s = float(by_kind[kind][i])
                stepped.append(spent_s)
                complete.append(heard.received_s - left_s + spent_s)
    return np.array(stepped), np.array(complete), dict(counts), len(stepped)


def _there(play: Play, from_s: float, to_s: float, later_s: float) -> tuple[float, float]:
    """(people at once, picks and put-backs a second) in a span of a copy that began so much later."""
    opened_s = min(b.came_s for b in play.bodies) - 6.0
    times = opened_s + np.arange(from_s, to_s, 0.5) - later_s
    people = float(np.mean([sum(b.came_s <= t < b.gone_s for b in play.bodies) for t in times]))
    picks = sum(times[0] <= h.at_s < times[-1] for h in play.happened)
    return people, picks / (to_s - from_s)


def load_table(f: Figures) -> Table:
    """One case, a figure a line."""
    table = Table(f"{f.case.title} behind {f.case.broker}", "", box=None, padding=(0, 2))
    shelves, cameras = f.store.layout.shelves, f.store.layout.cameras
    plates = sum(s.plates for s in shelves)
    wanted, got = (sum(counts.get(k, 0) for k in f.sent.counts) for counts in (f.sent.counts, f.heard))
    third = max(1, len(f.waiting) // 3)
    early, late = np.mean(f.waiting[:third]), np.mean(f.waiting[-third:])
    rows = {
        "shop": f"{plates:,} plates at 60 Hz on {len(shelves)} shelves, {len(cameras)} cameras at 10 frames/s",
        "batches": "5 messages a second a shelf, 12 samples of every plate in each",
        "in it": f"{f.people:.0f} people, {f.picks_a_s:.1f} picks and put-backs a second",
        "messages": f"{f.sent_a_s:,.0f} a second, for {f.case.span_s:.0f} s after {f.case.warm_s:.0f} s to warm up",
        "lost": f"{wanted - got} of {wanted:,} sent; {f.refused} refused",
        "waiting": f"{early:.0f} messages at first, {late:.0f} at last (means of a third), {max(f.waiting)} at most",
        "arrival to step done": tail(f.stepped_s),
        "sent to step done": tail(f.whole_s),
        "generator": f"late by {f.sent.late_s * 1e3:.0f} ms at most",
        "cores": f"daemon {f.cpu[0]:.2f}, broker {f.cpu[1]:.2f}, generator {f.cpu[2]:.2f}",
        "daemon's memory": f"{f.rss_mib:.0f} MiB",
    }  # fmt: skip
    for name, figure in rows.items():
        table.add_row(name, figure)
    return table


def tail(spent_s: Sequence[float] | Seconds) -> str:
    """Median, 99th percentile and worst, in milliseconds."""
    if not len(spent_s):
        return "nothing was measured"
    middle, high = np.percentile(spent_s, [50, 99])
    return ", ".join(
        f"{name} {s * 1e3:,.{0 if s > 0.1 else 1}f} ms"
        for name, s in zip(("p50", "p99", "max"), (middle, high, np.max(spent_s)), strict=True)
    )


# --- latency, starts, memory ----------------------------------------------------------------------------------------


def latency_table(folder: Path) -> Table:
    """From outside: exit gate to settled receipt, last sample of a pick to the shopper's cart."""
    plan, plays = simulate(LATENCY, folder)
    found = latencies(plan, plays, folder / "shop")
    table = Table(f"{LATENCY.title}, {LATENCY.broker}", "", "", "target", box=None, padding=(0, 2))
    table.add_row("exit passage to approved payment", f"{len(found.settled_s)} visits", tail(found.settled_s), "2 s")
    table.add_row("last sample of a pick to the cart", f"{len(found.shown_s)} picks", tail(found.shown_s), "1 s")
    table.add_row("arrival to step done", f"{len(found.stepped_s):,} messages", tail(found.stepped_s))
    table.add_row("in no cart within ten seconds", f"{found.unseen} picks")
    table.add_row("settled without a payment", f"{found.unpaid} visits")
    return table


def money_table(folder: Path) -> Table:
    """From outside: exit gate to captured money, with a provider that takes its time."""
    found = waits(folder)
    exits = f"{60 / EVERY_S * TOGETHER:.0f} exits a minute, {TOGETHER} at once; {LATENCY_S * 1e3:.0f} ms an answer"
    table = Table(exits, "", "", "target", box=None, padding=(0, 2))
    table.add_row("exit passage to captured", f"{len(found.captured_s)} visits", tail(found.captured_s), "2 s")
    table.add_row("hold asked for to answered", f"{len(found.held_s)} holds", tail(found.held_s), "1.2 s")
    table.add_row("asked for", ", ".join(f"{count} × {name}" for name, count in sorted(found.asked.items())))
    return table


def start_table(folder: Path) -> Table:
    """Process start to serving, SIGTERM to exit."""
    table = Table("shop", "broker", "start to serving", "worst", "SIGTERM to exit", "worst", box=None, padding=(0, 2))
    plan, _ = simulate(LOAD, folder)
    shops: Sequence[tuple[str, Store, BrokerKind]] = (
        ("demo", demo(), "mosquitto"), ("demo", demo(), "embedded"), (LOAD.title, whole(plan), "mosquitto"),
    )  # fmt: skip
    for i, (name, store, broker) in enumerate(shops):
        stage = Stage(store, folder / str(i), broker)
        times = list[tuple[float, float]]()
        with stage.open():
            for again in range(STARTS):
                if again:
                    stage.start()
                time.sleep(0.5)
                stage.stop()
                times.append((stage.started_s, stage.stopped_s))
        started_s, stopped_s = zip(*times, strict=True)
        figures = [f"{f(s):.2f} s" for s in (started_s, stopped_s) for f in (np.median, max)]
        table.add_row(name, broker, *figures)
    return table


def day_table(memory_mib: Sequence[float], took_s: float) -> Table:
    """Memory after every hour, and how it grows when everything has been seen once."""
    table = Table("a kiosk's day without a broker", "", box=None, padding=(0, 2))
    table.add_row("played", f"{HOURS} h with {VISITS} visits each, in {took_s / 60:.1f} min")
    table.add_row("MiB after each hour", " ".join(f"{m:.0f}" for m in memory_mib))
    for hour in WARM_H:
        late_mib = memory_mib[hour - 1 :]
        slope = np.polyfit(np.arange(len(late_mib)), late_mib, 1)[0]
        table.add_row(f"growth after hour {hour}", f"{slope:+.2f} MiB/h")
    return table
