"""The same recording gives the same ledger, to the byte: twice, in two processes, and stopped anywhere between."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import Effect, Record
from edge.shelf import still_stirring
from edge.state import State
from edge.store import read_store
from edge.wire import Heard, open_recording
from simulator.replay import open_ledger, replay
from tests.core.mornings import SHOP, entries_of

ROOT = Path(__file__).parents[2]


def tebura(*arguments: object, hash_seed: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def ledger(busy_morning: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a replay in one go writes, in a process of its own."""
    path = tmp_path_factory.mktemp("ledgers") / "whole.db"
    tebura("replay", busy_morning, "--json", "--ledger", path, hash_seed=1)
    return path


def test_two_processes_with_different_hash_seeds_write_the_same_file(
    busy_morning: Path, ledger: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.db"
    tebura("replay", busy_morning, "--json", "--ledger", again, hash_seed=4_294_967_295)
    assert again.read_bytes() == ledger.read_bytes()
    with Book(ledger, read_only=True) as book:
        assert len(entries_of(book, "settlement") + entries_of(book, "review")) >= 3


def test_stopped_and_continued_on_the_command_line(busy_morning: Path, ledger: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts.db"
    tebura("replay", busy_morning, "--json", "--ledger", parts, "--stop-after", 3333, hash_seed=2)
    tebura("replay", busy_morning, "--json", "--ledger", parts, "--continue", hash_seed=3)
    assert parts.read_bytes() == ledger.read_bytes()


def test_stopped_again_and_again(busy_morning: Path, ledger: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts.db"
    recording = open_recording(busy_morning)
    store, count = read_store(recording.store_files()), sum(1 for _ in recording)
    for stop in (0, 1, count // 7, count // 3, count // 3 + 1, count // 2, count - 1, None):
        with open_ledger(parts, go_on=True, store=store) as book:
            done = replay(recording, book=book, stop_after=stop, go_on=True)
            if not done.stopped:
                book.seal()
    assert parts.read_bytes() == ledger.read_bytes()


class Stops:
    """Watches a replay and picks the moments at which a stop hurts most."""

    def __init__(self) -> None:
        self.heard = 0
        self.found: dict[str, list[int]] = {}

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        if any(s.state == "asked" for s in state.settlements.values()):
            self._note("a payment is on its way")
        if any(still_stirring(shelf) < state.now_s for shelf in state.shelves.values()):
            self._note("a shelf stirs")
        if state.door.passings:
            self._note("somebody stands in a gate")
        if state.floor.crowds:
            self._note("people are close together")
        if any(len(cluster.hypotheses) > 1 for cluster in state.belief.clusters):
            self._note("several stories are carried")

    def _note(self, what: str) -> None:
        self.found.setdefault(what, []).append(self.heard)


MOMENTS = (
    "a payment is on its way", "a shelf stirs", "somebody stands in a gate", "people are close together",
    "several stories are carried",
)  # fmt: skip


@pytest.fixture(scope="module")
def watched(busy_morning: Path) -> tuple[list[Heard], Stops, bytes]:
    """The messages, where stops hurt, and the canonical export of the book in the end."""
    messages, stops = list(open_recording(busy_morning)), Stops()
    with Book() as book:
        driver = Driver(SHOP, book=book, provider=LocalProvider(), observers=[stops])
        for heard in messages:
            stops.heard += 1
            driver.hear(heard)
        driver.finish()
        return messages, stops, b"".join(book.export())


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stop_when_it_hurts_changes_nothing(watched: tuple[list[Heard], Stops, bytes], moment: str) -> None:
    messages, stops, whole = watched
    at = [i for i in stops.found[moment] if i < len(messages)]
    stop = at[len(at) // 2]
    with Book() as book:
        first = Driver(SHOP, book=book, provider=LocalProvider())
        for heard in messages[:stop]:
            first.hear(heard)
        frozen = first.freeze()
        second = Driver(SHOP, book=book, provider=LocalProvider())
        second.thaw(frozen)
        assert second.freeze() == frozen
        for heard in messages[stop:]:
            second.hear(heard)
        second.finish()
        assert b"".join(book.export()) == whole
