"""Recordings in segments, checkpoints beside them, and what may be deleted."""

from __future__ import annotations

import importlib
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.journal import Checkpoint, Position, Recorder, Span, due_to_go, heard_since, save_checkpoint, segments
from edge.journal.checkpoints import NAMES, last_checkpoint
from edge.journal.housekeeping import tidy
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.site import Recorder as Settings
from edge.state import open_shop
from edge.store import load_store
from edge.visit import Visit
from edge.wire import Heard, open_recording
from tests.corner import OPENS_S, write_store

AT_S = OPENS_S


def heard(i: int) -> Heard:
    return Heard("gate/in/scan", b'{"t":%d}' % i, AT_S + i)


def recorder(folder: Path, segment_s: float = 10.0, segment_bytes: float = 1e9) -> Recorder:
    return Recorder(folder, {"store.toml": b"x"}, segment_s=segment_s, segment_bytes=segment_bytes)


def write(into: Recorder, *numbers: int) -> None:
    for i in numbers:
        into.write(heard(i), AT_S + i)
    into.flush()


def read(folder: Path, position: Position | None = None) -> list[int]:
    return [round(h.received_s - AT_S) for h in heard_since(folder, position)]


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- segments ------------------------------------------------------------------------------------------------------


def test_a_segment_ends_when_its_time_is_over_and_each_can_be_replayed_by_itself(tmp_path: Path) -> None:
    opening = [Heard("shop/members/standing", b"{}", AT_S)]
    into = Recorder(tmp_path, {"store.toml": b"x"}, segment_s=10.0, segment_bytes=1e9, opening=lambda _: opening)
    write(into, 0, 5, 9, 10, 15, 25)
    into.close()
    found = segments(tmp_path)
    assert [path.name for path in found] == [
        "20231114T221320Z-000001.mcap", "20231114T221330Z-000002.mcap", "20231114T221345Z-000003.mcap"
    ]  # fmt: skip
    for path in found:
        recording = open_recording(path)
        assert recording.attachments == {"store.toml": b"x"}
        assert next(iter(recording)).topic == "shop/members/standing"


def test_numbers_never_repeat_and_order_is_theirs_whatever_the_clock_says(tmp_path: Path) -> None:
    write(recorder(tmp_path), 100)
    write(recorder(tmp_path), 0)
    assert [path.name[17:23] for path in segments(tmp_path)] == ["000001", "000002"]
    assert read(tmp_path) == [100, 0]


def test_what_was_flushed_before_a_kill_is_read_and_what_stands_behind_a_position_alone(tmp_path: Path) -> None:
    into = recorder(tmp_path)
    write(into, 0, 1)
    position = into.position
    write(into, 2, 3, 12)
    assert read(tmp_path) == [0, 1, 2, 3, 12]
    assert read(tmp_path, position) == [2, 3, 12]
    assert read(tmp_path, Position(segments(tmp_path)[-1].name, 1 << 62)) == []


def test_a_segment_that_is_torn_anywhere_gives_a_beginning_and_stops_nobody(tmp_path: Path) -> None:
    into = recorder(tmp_path, segment_s=1e9)
    for i in range(50):
        write(into, i)
    into.close()
    (path,) = segments(tmp_path)
    data = path.read_bytes()
    chance = random.Random(1)
    for _ in range(40):
        path.write_bytes(data[: chance.randrange(len(data))])
        got = read(tmp_path)
        assert got == list(range(len(got)))
    for _ in range(40):
        at = chance.randrange(8, len(data))
        path.write_bytes(data[:at] + chance.randbytes(30) + data[at + 30 :])
        got = read(tmp_path)
        assert got == sorted(set(got) & set(range(50)))


def test_a_disk_that_refuses_is_a_trouble_until_it_takes_the_next_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("edge.journal.segments"), "TRY_AGAIN_S", 0.0)
    into = recorder(tmp_path)
    write(into, 0, 1)
    with nothing_can_be_written():
        write(into, 2, 3, 4)
        assert "recordings cannot be written" in into.trouble
        assert str(tmp_path) in into.trouble
        assert into.position.segment == "", "no checkpoint may point there"
    assert into.lost >= 3
    assert len(list(tmp_path.iterdir())) == 1, "tries leave no litter"
    write(into, 5, 6)
    assert into.trouble == ""
    assert read(tmp_path) == [0, 1, 5, 6]


def test_a_folder_that_vanishes_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("edge.journal.segments"), "TRY_AGAIN_S", 0.0)
    folder = tmp_path / "recordings"
    into = recorder(folder, segment_s=5.0)
    write(into, 0)
    (folder / segments(folder)[0].name).unlink()
    folder.rmdir()
    write(into, 10)
    assert read(folder) == [10]


# --- checkpoints ---------------------------------------------------------------------------------------------------


def checkpoint(n: int) -> Checkpoint:
    return Checkpoint("1.0", Position("s", n), b"state" * 100 + str(n).encode())


def test_the_newest_whole_checkpoint_counts(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    for n in range(3):
        save_checkpoint(tmp_path, checkpoint(n))
        assert last_checkpoint(tmp_path) == checkpoint(n)
    newest, before = (tmp_path / name for name in NAMES)
    whole = newest.read_bytes()
    chance = random.Random(2)
    for _ in range(100):
        at = chance.randrange(len(whole))
        torn = whole[:at] if chance.random() < 0.5 else whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
        newest.write_bytes(torn)
        assert last_checkpoint(tmp_path) in (checkpoint(1), checkpoint(2))
    newest.unlink()
    assert last_checkpoint(tmp_path) == checkpoint(1)
    before.write_bytes(b"")
    assert last_checkpoint(tmp_path) is None


def test_a_disk_that_refuses_leaves_the_old_ones(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    with nothing_can_be_written(), pytest.raises(OSError, match="too large"):
        save_checkpoint(tmp_path, checkpoint(2))
    assert last_checkpoint(tmp_path) == checkpoint(1)
    save_checkpoint(tmp_path, checkpoint(3))
    assert last_checkpoint(tmp_path) == checkpoint(3)


# --- what goes -----------------------------------------------------------------------------------------------------


def test_old_segments_go_and_a_full_disk_takes_the_oldest_and_what_is_needed_last() -> None:
    kept = [Span(10.0 * i, 10.0 * i + 10.0, str(i), 100) for i in range(6)]

    def gone(needed: list[Span], keep_s: float, excess_bytes: float, urgent_bytes: float = -1.0) -> list[str]:
        going = due_to_go(
            kept, needed, now_s=100.0, keep_s=keep_s, needed_keep_s=85.0, excess_bytes=excess_bytes,
            urgent_bytes=urgent_bytes,
        )  # fmt: skip
        return [s.name for s in going]

    assert gone([], 1e9, 0.0) == []
    assert gone([], 75.0, 0.0) == ["0", "1"]
    assert gone([], 1e9, 150.0) == ["0", "1"]
    assert gone([Span(12.0, 13.0)], 1e9, 150.0) == ["0", "2"]
    assert gone([Span(12.0, 1e9)], 0.0, 1e9) == ["0"], "what somebody may ask about stays, though it is old"
    assert gone([Span(0.0, 1e9)], 0.0, 1e9) == ["0"], "and goes in the end, by an age of its own"
    assert gone([Span(0.0, 35.0)], 1e9, 500.0, 450.0) == ["4", "5", "0", "1", "2"], "or where a full disk is in need"


def test_neither_the_segment_at_work_nor_what_a_restart_needs_nor_a_visit_in_progress_goes(tmp_path: Path) -> None:
    store = load_store(write_store(tmp_path / "store"))
    folder = tmp_path / "recordings"
    into = recorder(folder)
    write(into, 0, 100, 200, 300, 400)
    names = [path.name for path in segments(folder)]
    save_checkpoint(folder, Checkpoint("1.0", Position(names[3], 1), b""))
    state = open_shop(store)
    state.door.visits["v1"] = Visit("v1", "ana", {"in": AT_S + 100.0}, AT_S + 100.0, 1)
    keep_nothing = Settings(keep_days=1e-9, review_days=1e-9, disk_share=1e-9)
    with Book() as book:
        book.append([LedgerEntry("visit:v1", AT_S + 100.0, "visit", "v1", {})])
        later_s = segments(folder)[0].stat().st_mtime + 1e6
        gone = tidy(into, book, state, keep_nothing, later_s)
    assert names[3] not in [path.name for path in gone]
    assert names[4] not in [path.name for path in gone]
    assert {path.name for path in segments(folder)} >= {*names[3:]}


def test_a_book_that_cannot_be_read_deletes_nothing_and_stops_nobody(tmp_path: Path) -> None:
    store = load_store(write_store(tmp_path / "store"))
    folder = tmp_path / "recordings"
    into = recorder(folder)
    write(into, 0, 100, 200)
    save_checkpoint(folder, Checkpoint("1.0", Position(segments(folder)[-1].name, 1), b""))
    book = Book(tmp_path / "ledger.db")
    book.append(LedgerEntry(f"k{i}", AT_S, "visit", "v1", {"x": "y" * 500}) for i in range(200))
    book.close()
    data = bytearray((tmp_path / "ledger.db").read_bytes())
    data[4096:] = random.Random(3).randbytes(len(data) - 4096)
    (tmp_path / "ledger.db").write_bytes(data)
    state = open_shop(store)
    state.door.visits["v1"] = Visit("v1", "ana", {"in": AT_S}, AT_S, 1)
    with Book(tmp_path / "ledger.db") as damaged:
        assert tidy(into, damaged, state, Settings(keep_days=1e-9), AT_S + 1e9) == []
    assert len(segments(folder)) == 3


@pytest.mark.parametrize("name", ["20260230T000000Z-000009.mcap", "99999999T999999Z-000009.mcap", "copy.mcap"])
def test_a_file_that_is_called_almost_like_a_segment_is_somebodys_own_business(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    (tmp_path / "20260228T000000Z-000003.mcap").write_bytes(b"")
    assert [path.name for path in segments(tmp_path)] == ["20260228T000000Z-000003.mcap"]
