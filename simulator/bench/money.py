"""How soon after the exit gate the money is there, and how long the entry waits for a hold, with a provider that takes
its time.

Enters: nothing. Leaves: seconds, as the shop's own book and recording tell them. The demo shop runs for real: `tebura
run` behind mosquitto, Stripe's official client, and the double of Stripe, which takes 300 ms for each answer. Ten
people leave a minute, three of them within a second, while others come in and have money reserved.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.adapters.members import FILE, Members
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.store import Store, read_store
from simulator.bench.stage import Stage, playing, until
from simulator.bench.traffic import Plan
from simulator.busy import NAMES, OPENING_S, clock
from simulator.chance import stream
from simulator.commands import DEMO
from simulator.providers import KEY, StripeDouble
from simulator.story import read_story
from simulator.world import play, record

LATENCY_S = 0.3
EVERY_S = 18.0
TOGETHER = 3
"""So many leave within a second, every so many seconds: ten a minute."""
BURSTS = 34
STAYS_S = 33.0
POLICY = '\nhold = "fixed"\nhold_minor = 500\noffline_limit_minor = 100000\n'


@dataclass(slots=True)
class Waits:
    """Seconds."""

    captured_s: list[float] = field(default_factory=list)
    """From the passage at the exit to the entry in the book that says that all of it is taken."""
    held_s: list[float] = field(default_factory=list)
    """From the request for a hold to its answer's entry."""
    asked: dict[str, int] = field(default_factory=dict)
    """How often each operation was asked for."""


def waits(folder: Path) -> Waits:
    """Play the morning in its own time. `simulator.bench.stage.CannotMeasure`."""
    store = _holding()
    recording = folder / "morning.mcap"
    story = read_story(_story(store), store, "bench")
    played = play(store, story, 1)
    record(played, story, 1.0, recording)
    plan = Plan(str(recording), str(recording), 1, 0.0, True, played.end_s - played.start_s, 0)
    with StripeDouble(latency_s=lambda: LATENCY_S) as double:
        key = folder / "key"
        key.touch(mode=0o600)
        key.write_text(KEY, encoding="utf-8")
        payment = f'[payment]\nprovider = "stripe"\nurl = "{double.url}"\nsecret_file = "{key}"\n'
        stage = Stage(store, folder / "shop", "mosquitto", site=payment)
        _enrol(stage, double, [name for burst in range(BURSTS) for name in _names(burst)])
        with stage.open(), playing(plan, stage) as devices:
            until(lambda: devices.is_over, "all is played", plan.for_s + 60.0)
            until(lambda: stage.ask("pending")["pending"] == 0, "nothing is pending any more")
    with Book(stage.state / "ledger.db", read_only=True) as book:
        return told_by([written.entry for written in book.entries()])


def told_by(entries: Sequence[LedgerEntry]) -> Waits:
    """What a book says. An entry's time is that of the record that it follows from: a passage, an answer."""
    found = Waits()
    left_s: dict[str, float] = {}
    asked_s: dict[str, float] = {}
    paid_s: dict[str, float] = {}
    for entry in entries:
        key, operation = str(entry.body.get("key", "")), str(entry.body.get("operation", ""))
        if entry.kind == "settlement":
            left_s[entry.visit] = entry.at_s
        elif entry.kind == "payment-asked":
            asked_s.setdefault(key, entry.at_s)
            found.asked[operation] = found.asked.get(operation, 0) + 1
        elif entry.kind == "payment-approved" and operation == "hold":
            found.held_s.append(entry.at_s - asked_s[key])
        elif entry.kind == "payment-approved" and operation in ("capture", "charge"):
            paid_s[entry.visit] = entry.at_s
    found.captured_s = [paid_s[visit] - left_s[visit] for visit in paid_s]
    return found


def _holding() -> Store:
    """The demo shop with holds."""
    files = {path.name: path.read_bytes() for path in DEMO.iterdir() if path.is_file()}
    files["store.toml"] = files["store.toml"].replace(b"[policy]\n", f"[policy]{POLICY}".encode(), 1)
    return read_store(files)


def _names(burst: int) -> list[str]:
    return [f"{NAMES[(burst * TOGETHER + i) % len(NAMES)]}-b{burst}" for i in range(TOGETHER)]


def _story(store: Store) -> str:
    """Three come within some seconds, take one thing each, and leave within one second; then the next three."""
    rng = stream(1, "money", store.id)
    lines: list[tuple[float, str]] = []
    for burst in range(BURSTS):
        begins_s = OPENING_S + EVERY_S * burst
        for i, name in enumerate(_names(burst)):
            facing = store.planogram.facings[int(rng.integers(len(store.planogram.facings)))]
            lines.append((begins_s + 3.0 * i, f"{name} enters"))
            lines.append((begins_s + 14.0 + 2.5 * i, f"{name} takes 1 {facing.sku}"))
            lines.append((begins_s + STAYS_S + float(rng.uniform(0.0, 1.0)), f"{name} leaves"))
    told = [f"{clock(at_s)}  {text}" for at_s, text in sorted(lines)]
    return "\n".join([f"shop {store.id}", "seed 1", "", *told]) + "\n"


def _enrol(stage: Stage, double: StripeDouble, names: Sequence[str]) -> None:
    stage.state.mkdir(mode=0o700, parents=True)
    with Members(stage.state / FILE) as members:
        for name in names:
            members.add(name, b"", "member", time.time())
            members.keep_wallet(name, ":".join(double.customer()), time.time())
