"""A simulated evening whose every visit waits for a person: its book and its diary, as a shop at work leaves them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from edge.checkout import sale_of
from edge.daemon.desk import NobodyThere, ask
from edge.evidence import DIARY, Diary
from edge.ledger import Book
from edge.store import load_store
from edge.wire import open_recording
from simulator.commands import DEMO, simulate_busy
from simulator.replay import replay
from tests.adapters.brokers import free_port, until
from tests.live.faults import command

KEEP_S = 1e10

DOUBTFUL = {
    'below = "withhold"': 'below = "review"',
    "charge_at = 0.80": "charge_at = 0.98",
    "charge_who_at = 0.85": "charge_who_at = 0.98",
}
"""A shop that asks a person about nearly everything."""


class Evening:
    """The demo shop with so many visits behind it; `tebura run` at work, so that decisions reach a book."""

    def __init__(self, folder: Path, visits: int, seed: int) -> None:
        self.store, self.state = folder / "store", folder / "state"
        shutil.copytree(DEMO, self.store)
        text = (self.store / "store.toml").read_text(encoding="utf-8")
        for before, after in DOUBTFUL.items():
            assert before in text
            text = text.replace(before, after)
        (self.store / "store.toml").write_text(text, encoding="utf-8")
        site = f'[broker]\nport = {free_port()}\n[web]\nlisten = ""\n'
        (self.store / "site.toml").write_text(site, encoding="utf-8")
        self.state.mkdir(mode=0o700)
        recording = folder / "evening.mcap"
        store = load_store(self.store)
        simulate_busy(store, visits, recording, seed)
        diary = Diary(self.state / DIARY, store, KEEP_S)
        with Book(self.state / "ledger.db") as book:
            replay(open_recording(recording), book=book, observers=[diary])
        diary.close()
        self._log = folder / "run.log"

    def __enter__(self) -> Evening:
        with self._log.open("wb") as log:
            where = ("--store", str(self.store), "--state", str(self.state))
            self._shop = subprocess.Popen(command("run", *where), stdout=log, stderr=log)
        until(self._is_there, "the shop is there", 30.0)
        return self

    def _is_there(self) -> bool:
        assert self._shop.poll() is None, self._log.read_text(encoding="utf-8")
        try:
            return bool(ask(self.state, {"do": "status"}).get("connected"))
        except NobodyThere:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shop.terminate()
        self._shop.wait(15)

    def waiting(self) -> int:
        return int(sum(ask(self.state, {"do": "status"})["waiting"].values()))

    def decided(self, visit: str) -> tuple[str, str, dict[str, int]]:
        """Verdict, by whom, and what is charged; empty while nobody has decided."""
        with Book(self.state / "ledger.db", read_only=True) as book:
            entries = [w.entry for w in book.entries(visit=visit) if w.entry.kind == "settlement"]
        if not entries:
            return "", "", {}
        sale = sale_of(entries[0].body)
        lines = {line.sku: line.quantity for line in sale.lines}
        return sale.state, str(entries[0].body["decided_by"]), lines
