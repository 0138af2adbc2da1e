"""A shop in this process, over real files, whose clock is ours: things happen at the very second that a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from edge.adapters.payment.local import LocalProvider
from edge.daemon.cashier import Cashier
from edge.daemon.clock import Clock
from edge.daemon.recovery import Recovered
from edge.daemon.shop import LEDGER, PAYMENTS, Shop
from edge.daemon.watch import Watch
from edge.driver import Observer, Provider
from edge.ledger import Book
from edge.records import LedgerEntry, Publish
from edge.site import Site
from edge.store import load_store
from edge.wire import Heard, open_recording
from simulator.replay import visit_line
from tests.adapters.brokers import until
from tests.corner import OPENS_S, errand, write_store


class Rehearsal:
    """The corner shop with Ana's errand. ``set_s``: by how much somebody has set the PC's clock."""

    observers: tuple[Observer, ...] = ()

    def __init__(self, folder: Path, provider: Provider | None = None) -> None:
        self.store = load_store(write_store(folder / "store"))
        self.messages = list(open_recording(errand(folder / "errand.mcap")))
        self.state = folder / "state"
        self.at_s = OPENS_S
        self.set_s = 0.0
        self.said: list[Publish] = []
        self.provider = provider
        self.site = Site()
        self.frozen: Callable[[], Callable[[], None]] = lambda: lambda: None

    def open(self, conducts: Mapping[str, str] | None = None) -> Recovered:
        """Begin, or begin again; the last shop may have been left as a kill leaves it."""
        self.watch = Watch()
        clock = Clock(lambda: self.at_s + self.set_s, lambda: self.at_s)
        self.shop = Shop(
            self.store, self.site, self.state, publish=self.said.append, observers=(self.watch, *self.observers),
            clock=clock,
            timed=self.watch.timed, frozen=self.frozen,
        )  # fmt: skip
        found = self.shop.open()
        if self.provider is not None or conducts is not None:
            self.shop.cashier.stop()
            provider = self.provider or LocalProvider(conducts, journal=self.state / PAYMENTS)
            book = self.shop.live_book
            self.shop.cashier = Cashier(provider, self.shop.ear, lambda: not book.refused, book.stands)
            self.shop.driver.provider = self.shop.cashier
            self.shop.cashier.start()
        self.work()
        return found

    def work(self) -> None:
        """Everything that has been heard."""
        self.shop.ear.wake()
        self.shop.work(lambda: not self.shop.ear.waiting)

    def play(self, from_s: float, to_s: float, messages: Iterable[Heard] | None = None) -> None:
        """What is said between two seconds of the errand."""
        for heard in self.messages if messages is None else messages:
            if from_s <= heard.received_s - OPENS_S < to_s:
                self.at_s = heard.received_s
                self.shop.ear.hear(heard.topic, heard.payload)
                self.work()

    def pass_s(self, seconds: float) -> None:
        """Time passes, second by second."""
        for _ in range(int(seconds)):
            self.at_s += 1.0
            self.work()

    def settle(self, most_s: float = 200.0) -> None:
        """Time passes until nothing is pending."""
        end_s = self.at_s + most_s

        def settled() -> bool:
            self.at_s += 0.1
            self.work()
            assert self.at_s < end_s, "the shop does not come to rest"
            return self.shop.pending == 0

        until(settled, "nothing is pending")

    def leave_as_killed(self) -> None:
        """Nothing is closed in good order. Seconds pass in no time here, so what would have been flushed by now is."""
        self.shop.recorder.flush()
        self.shop.cashier.stop()
        self.shop.book.close()
        self.shop.members.close()

    @property
    def status(self) -> dict[str, Any]:
        return next(p.payload for p in reversed(self.said) if p.topic == "runtime/status")

    def entries(self, *kinds: str) -> list[LedgerEntry]:
        return [w.entry for w in self.shop.book.entries() if not kinds or w.entry.kind in kinds]

    def entries_of_closed(self, *kinds: str) -> list[LedgerEntry]:
        """The same, of a shop that does not run."""
        with Book(self.state / LEDGER, read_only=True) as book:
            return [w.entry for w in book.entries() if not kinds or w.entry.kind in kinds]

    def outcome(self) -> list[dict[str, Any]]:
        return [visit_line("", e) for e in self.entries("settlement", "review")]

    def charges(self) -> list[int]:
        """What the local provider really took."""
        return [c.amount_minor for c in LocalProvider(journal=self.state / PAYMENTS).charges.values()]

    def is_untouched(self) -> None:
        (line,) = self.outcome()
        assert (line["state"], line["items"], line["total"]) == ("settled", {"onigiri-salmon": 2}, 356), line
        assert self.charges() == [356]
        assert self.shop.book.prove() == []


def own_threads() -> set[str]:
    """Names of the threads that a shop has started."""
    return {t.name for t in threading.enumerate()} & {"cashier", "checkpoint", "desk", "broker-line", "watch-page"}
