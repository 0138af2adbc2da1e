"""The live book: what must be written at once is, what the disk refuses waits, and what was written first counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.daemon.books import LiveBook
from edge.journal import Recorder
from edge.ledger.mirror import open_mirrored
from edge.records import LedgerEntry, PaymentRequest, Posting
from tests.ledger.days import a_day


def entry(key: str, kind: str = "visit", **body: object) -> LedgerEntry:
    return LedgerEntry(key, 1.0, kind, key, body)


class Desk:
    """A live book over real files; ``told`` is what staff read."""

    def __init__(self, folder: Path) -> None:
        self.lines = folder / "ledger.jsonl"
        self.book, mirror, _ = open_mirrored(folder / "ledger.db")
        recorder = Recorder(folder / "recordings", {}, segment_s=60.0, segment_bytes=1e9)
        self.told: list[tuple[str, str]] = []
        self.live = LiveBook(self.book, mirror, recorder, lambda source, what: self.told.append((source, what)))

    def keys(self) -> list[str]:
        return [w.entry.key for w in self.book.entries()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.book.close()


def test_what_shelves_told_waits_for_the_next_entry_that_cannot(desk: Desk) -> None:
    assert desk.live.append([entry("e1", "shelf-event"), entry("e2", "shelf-event")]) == 0
    assert (desk.live.waiting, desk.keys()) == (2, [])
    assert desk.live.append([entry("v1")]) == 3
    assert (desk.live.waiting, desk.keys()) == (0, ["e1", "e2", "v1"])
    assert desk.lines.read_bytes().count(b"\n") == 3
    assert desk.told == []


def test_what_the_disk_refuses_waits_in_its_order_and_staff_are_told_once_it_is_over(desk: Desk) -> None:
    """A folder stands where the mirror should: the book alone is not enough."""
    desk.lines.mkdir()
    assert desk.live.append([entry("v1")]) == 0
    assert desk.live.append([entry("v2")]) == 0
    assert desk.live.refused
    assert desk.live.waiting == 2
    assert {source for source, _ in desk.told} == {"ledger"}
    desk.lines.rmdir()
    desk.live.write()
    assert not desk.live.refused
    assert (desk.live.waiting, desk.keys()) == (0, ["v1", "v2"])
    assert desk.lines.read_bytes().count(b"\n") == 2
    assert desk.told[-1] == ("ledger", "")


@pytest.mark.parametrize(
    "impossible",
    [
        LedgerEntry("x", 1.0, "settlement", "x", {}, (Posting("cash", 1),), "JPY"),
        LedgerEntry("x", 1.0, "settlement", "x", {}, (Posting("a", 2**70), Posting("b", -(2**70))), "JPY"),
        LedgerEntry("x", 1.0, "settlement", "x", {}, (Posting("", 1), Posting("b", -1)), "JPY"),
        LedgerEntry("x", 1.0, "settlement", "x", {"price": float("nan")}),
        LedgerEntry("x", 1.0, "settlement", "x", {"what": object()}),
        LedgerEntry("", 1.0, "settlement", "x", {}),
    ],
    ids=["unbalanced", "too large", "no account", "no number", "no JSON", "no key"],
)
def test_an_entry_that_can_stand_in_no_book_is_told_and_stops_nobody(desk: Desk, impossible: LedgerEntry) -> None:
    assert desk.live.append([entry("v1"), impossible, entry("v2")]) == 2
    assert desk.keys() == ["v1", "v2"]
    ((source, what),) = desk.told
    assert (source, "the book cannot take" in what) == ("book", True)
    assert (desk.live.waiting, desk.live.refused) == (0, False)
    assert desk.book.prove() == []


def test_nobody_is_asked_for_money_that_the_book_does_not_know_just_so(desk: Desk) -> None:
    """The shop may work out another sum after a loss: what was written first counts, and is asked for as it was."""
    day = a_day(1)
    settlement = day[0]
    total, key = int(str(settlement.body["total_minor"])), str(settlement.body["key"])
    right = PaymentRequest(settlement.visit, key, "member-0", total, "JPY")
    assert not desk.live.stands(right), "before it is written"
    desk.live.append([settlement])
    assert desk.live.stands(right)
    for wrong in (
        replace(right, amount_minor=1000), replace(right, subject="bo"), replace(right, key="k"),
        replace(right, currency="USD"), replace(right, settlement="v9"),
    ):  # fmt: skip
        assert not desk.live.stands(wrong)
    desk.live.append(day)
    assert not desk.live.stands(right), "it is paid"


def test_an_entry_that_contradicts_the_book_is_left_out_and_the_others_are_written(desk: Desk) -> None:
    desk.live.append([entry("v1", subject="ana")])
    assert desk.live.append([entry("v2"), entry("v1", subject="bob"), entry("v3")]) == 2
    assert desk.keys() == ["v1", "v2", "v3"]
    assert [w.entry.body for w in desk.book.entries(visit="v1")] == [{"subject": "ana"}]
    ((source, what),) = desk.told
    assert source == "book"
    assert "v1 stands in the book" in what
    assert not desk.live.refused
