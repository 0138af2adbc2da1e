"""How soon a shopper sees what they took, and how soon after the exit gate their receipt is settled.

Enters: simulated recordings of the demo shop and what happened in them, played at their own speed into a shop that
runs. Leaves: seconds. A client of the broker sees carts appear, and a reader of the ledger payments: from outside.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.daemon.shop import LEDGER
from edge.ledger import Book
from edge.wire import open_recording
from simulator.bench.stage import Stage, playing, until
from simulator.bench.traffic import Plan, whole
from simulator.forces import Step
from simulator.stage import Happening
from simulator.stage import Stage as Play

SAME_G = 2.5
"""A sample that is nearer than this to the new level shows the new level: plates tremble by about as much."""
ALONE_S = 4.0
"""Two picks of one product by one person within this time cannot be told apart in a cart, and are left out."""
SHOWN_WITHIN_S = 10.0
LOOK_S = 0.005
"""So often it is looked whether a payment was approved."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Something was taken: from ``began_s``; ``last_s`` is the last sample that still differs from the new level."""

    subject: str
    sku: str
    began_s: float
    last_s: float


@dataclass(slots=True)
class Latencies:
    """Seconds. ``unseen`` picks were in no cart within `SHOWN_WITHIN_S`: withheld, somebody else's or not noticed."""

    settled_s: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)
    stepped_s: list[float] = field(default_factory=list)
    """From every message's arrival to the end of its step: what of all this is the daemon being busy."""
    unseen: int = 0
    unpaid: int = 0


@dataclass(slots=True)
class Seen:
    """What was seen from outside, and when (UNIX seconds)."""

    carts: dict[str, list[tuple[float, dict[str, int]]]] = field(default_factory=lambda: defaultdict(list))
    visit_of: dict[str, str] = field(default_factory=dict)
    left_s: dict[str, float] = field(default_factory=dict)
    paid_s: dict[str, float] = field(default_factory=dict)


def latencies(plan: Plan, plays: Sequence[Play], folder: Path) -> Latencies:
    """Play it all in its own time. ``plays``: what happened in the first recording, and in the others."""
    stage = Stage(whole(plan), folder, "mosquitto")
    seen = Seen()
    with stage.open(), playing(plan, stage) as devices:
        client = _listen(stage, seen)
        with Book(stage.state / LEDGER, read_only=True) as book:
            position = 0
            while not devices.is_over:
                position = _look(book, position, seen)
                time.sleep(LOOK_S)
            until(lambda: stage.ask("pending")["pending"] == 0, "nothing is pending any more")
            _look(book, position, seen)
        client.disconnect()
        client.loop_stop()
        shift_s = devices.sent.shift_s
    found = Latencies()
    found.settled_s = [paid_s - seen.left_s[visit] for visit, paid_s in seen.paid_s.items()]
    found.stepped_s = stage.timings()["spent_s"].tolist()
    found.unpaid = len(seen.left_s) - len(seen.paid_s)
    for copy, pick in _picks_of_copies(plan, plays):
        _judge(found, seen, pick, f"{pick.subject}.{copy}" if copy else pick.subject, shift_s)
    return found


def _listen(stage: Stage, seen: Seen) -> Client:
    prefix = f"tebura/v1/{stage.store.id}/visit/"

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        at_s = time.time()
        lines = msgspec.json.decode(message.payload)["lines"] if message.payload else []
        visit = message.topic[len(prefix) :].partition("/")[0]
        seen.carts[visit].append((at_s, {line["sku"]: line["quantity"] for line in lines}))

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.on_message = on_message
    client.connect("127.0.0.1", stage.port)
    client.subscribe(f"{prefix}+/cart", 1)
    client.loop_start()
    return client


def _look(book: Book, position: int, seen: Seen) -> int:
    """What the ledger says since ``position``; the new position."""
    for written in book.entries(since_seq=position):
        entry, position = written.entry, written.seq
        if entry.kind == "visit":
            seen.visit_of[str(entry.body["subject"])] = entry.visit
        elif entry.kind == "settlement":
            seen.left_s[entry.visit] = entry.at_s
        elif entry.kind == "payment-approved":
            seen.paid_s[entry.visit] = time.time()
    return position


def _judge(found: Latencies, seen: Seen, pick: Pick, subject: str, shift_s: float) -> None:
    """When the cart of whoever took something had more of it than before."""
    carts = seen.carts.get(seen.visit_of.get(subject, ""), [])
    before = [cart.get(pick.sku, 0) for at_s, cart in carts if at_s < pick.began_s + shift_s]
    had = before[-1] if before else 0
    soon = (at_s for at_s, cart in carts if at_s >= pick.began_s + shift_s and cart.get(pick.sku, 0) > had)
    shown_s = next(soon, np.inf) - (pick.last_s + shift_s)
    if shown_s < SHOWN_WITHIN_S:
        found.shown_s.append(float(shown_s))
    else:
        found.unseen += 1


# --- what really happened -------------------------------------------------------------------------------------------


def _picks_of_copies(plan: Plan, plays: Sequence[Play]) -> Iterator[tuple[int, Pick]]:
    """(copy, pick) with the times of the whole traffic, before it is played now."""
    began_s = [next(iter(open_recording(Path(name)))).received_s for name in (plan.first, plan.others)]
    for copy in range(plan.copies):
        play = plays[min(copy, 1)]
        later_s = began_s[0] - began_s[min(copy, 1)] + copy * plan.apart_s
        for pick in picks_of(play):
            yield copy, Pick(pick.subject, pick.sku, pick.began_s + later_s, pick.last_s + later_s)


def picks_of(play: Play) -> list[Pick]:
    """Every pick of one product by one person, far enough from others of the same to be told apart."""
    found = []
    for h in play.happened:
        same = [o for o in play.happened if o is not h and (o.subject, o.sku) == (h.subject, h.sku)]
        step = _step_of(play, h)
        if h.action == "pick" and step is not None and all(abs(o.at_s - h.at_s) > ALONE_S for o in same):
            found.append(Pick(h.subject, h.sku, step.began_s, _last_s(step)))
    return found


def _step_of(play: Play, h: Happening) -> Step | None:
    """The force behind a happening: it begins, or where it is slow ends, when the truth tells."""
    steps = [f for f in play.forces[h.shelf] if isinstance(f, Step)]
    return next((s for s in steps if h.at_s in (s.began_s, s.began_s + s.over_s)), None)


def _last_s(step: Step) -> float:
    times = step.began_s + np.arange(0.0, step.over_s + 2.0, 1 / 60)
    differs = np.abs(step.load_g(times) - step.change_g[:, None]).max(axis=0) > SAME_G
    return float(times[np.flatnonzero(differs)[-1]]) if differs.any() else step.began_s
