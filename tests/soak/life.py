"""A live shop through a month, in this process: the daemon's own code over real files, with a clock of ours."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from edge.records import LedgerEntry
from edge.site import Site
from edge.store import load_store
from simulator.stage import Said
from simulator.story import read_story
from simulator.world import messages, play
from tests.daemon.rehearsals import Rehearsal
from tests.soak.days import DEARER, RAISED_MINOR, Day
from tests.soak.kiosk import products, write_kiosk


@dataclass(slots=True)
class Outcome:
    """What came of the month. Receipts are compared with what people really left with."""

    visits: int = 0
    exact: int = 0
    settled: int = 0
    overcharged: list[str] = field(default_factory=list)
    mispriced: list[str] = field(default_factory=list)
    reviews: Counter[str] = field(default_factory=Counter)
    untold: list[str] = field(default_factory=list)
    frozen_bytes: list[int] = field(default_factory=list)
    """The state at the end of each day."""

    def __str__(self) -> str:
        return (
            f"{self.visits} visits, {self.exact} exact, {self.settled} settled, {len(self.overcharged)} of them "
            f"overcharged, {self.reviews.total()} reviews {dict(self.reviews)}, {len(self.mispriced)} mispriced, "
            f"{len(self.untold)} untold, state {self.frozen_bytes[0]} -> {self.frozen_bytes[-1]} bytes"
        )


class Life(Rehearsal):
    """The kiosk, day by day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raised = 0
        self.store = load_store(write_kiosk(folder / "store"))
        self.state = folder / "state"
        self.set_s, self.said, self.provider, self.site = 0.0, [], None, Site()
        self.frozen = lambda: lambda: None
        self.outcome_of_it = Outcome()
        self._seen = 0

    def live(self, day: Day) -> None:
        """One day from opening to closing; what came of it is added to the outcome."""
        store = self.store
        story = read_story(day.story, store, f"day {day.number}")
        played = play(store, story, day.number)
        self.at_s = played.start_s
        self.open()
        stops_s = played.start_s + day.stops_s if day.stops_s else float("inf")
        prices: dict[str, int] = {}
        for said in messages(played, 1.0):
            if said.received_s >= stops_s:
                stops_s = float("inf")
                self._stop(day)
            if said.topic.endswith("/scan"):
                self._notice_price(said, prices)
            self.at_s = said.received_s
            self.shop.ear.hear(said.topic, said.payload)
            self.work()
        self.settle()
        self._compare(played.stage.truth(), prices)
        self.outcome_of_it.frozen_bytes.append(len(self.shop.driver.freeze()))
        self.shop.close()

    def _stop(self, day: Day) -> None:
        """The PC stops, and begins again with what stands in the folder then."""
        if day.killed:
            self.leave_as_killed()
        else:
            self.shop.close()
        if day.number in DEARER:
            self.raised += RAISED_MINOR
            self.store = load_store(write_kiosk(self.folder / "store", self.raised))
        self.open()

    def _notice_price(self, said: Said, prices: dict[str, int]) -> None:
        """What a price was raised by when somebody came in: that is what they were promised."""
        prices[str(msgspec.json.decode(said.payload)["subject"])] = self.raised

    def _compare(self, truth: dict[str, Any], prices: dict[str, int]) -> None:
        entries: list[LedgerEntry] = [w.entry for w in self.shop.book.entries(self._seen)]
        self._seen = self.shop.book.head()[0]
        took = {str(v["subject"]): Counter({s: n for s, n in v["items"].items() if n}) for v in truth["visits"]}
        first = {sku: price for sku, price, _ in products()}
        result = self.outcome_of_it
        result.visits += len(took)
        for entry in entries:
            if entry.kind not in ("settlement", "review"):
                continue
            body: Any = entry.body
            charged = Counter[str]()
            for line in body["lines"]:
                charged[line["sku"]] += line["quantity"]
            really = took.pop(body["subject"], Counter())
            if entry.kind == "review":
                result.reviews[re.sub(r"\d+", "N", body["reason"])] += 1
                continue
            result.settled += 1
            result.exact += charged == really
            if charged - really:
                result.overcharged.append(f"{entry.visit} {body['subject']} {dict(charged - really)}")
            owed = sum((first[sku] + prices[body["subject"]]) * n for sku, n in charged.items())
            if body["total_minor"] != owed:
                result.mispriced.append(f"{entry.visit} {body['subject']}: {body['total_minor']} instead of {owed}")
        result.untold += [f"{who} {dict(items)}" for who, items in took.items()]
