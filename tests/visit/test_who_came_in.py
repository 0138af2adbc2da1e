"""Who came in on whose scan: two entry gates, parties that part at once, newcomers while somebody is out of sight."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import GatePassage, GateScan, LedgerEntry, PeopleFrame, PersonSeen, Record
from edge.store import Store, read_store
from edge.wire import decode, open_recording
from tests.corner import FILES, OPENS_S, STORE, errand

BESIDE = STORE.replace("position = [0.2, 0.8]", "position = [0.2, 1.8]", 1)
GATE = '[[gate]]\nid = "in2"\nkind = "entry"\nposition = [0.2, 0.8]\ntrusted_reader = true\n\n[[camera]]'
TWO_ENTRIES = read_store(FILES | {"store.toml": BESIDE.replace("[[camera]]", GATE, 1).encode()})
ONE_ENTRY = read_store(FILES)


def at(second: float) -> float:
    return OPENS_S + second


def scan(second: float, subject: str, gate: str = "in", party: int = 1) -> GateScan:
    return GateScan(at(second), at(second), gate, subject, "palm", party)


def passage(second: float, gate: str = "in", direction: str = "in") -> GatePassage:
    return GatePassage(at(second), at(second), gate, "in" if direction == "in" else "out")


def outcome(store: Store, records: Iterable[Record]) -> dict[str, tuple[str, dict[str, int]]]:
    """Subject -> how their visit ended, and what of."""
    with Book() as book:
        driver = Driver(store, book=book, provider=LocalProvider())
        for record in sorted(records, key=lambda r: r.received_s):
            driver.feed(record)
        driver.finish()
        assert book.prove() == []
        ends = [w.entry for w in book.entries() if w.entry.kind in ("settlement", "review")]
    return {str(e.body["subject"]): (e.kind, _units(e)) for e in ends}


def _units(entry: LedgerEntry) -> dict[str, int]:
    lines = entry.body["lines"]
    assert isinstance(lines, list)
    return {line["sku"]: line["quantity"] for line in lines}


def errand_without_gates(store: Store, tmp_path: Path) -> list[Record]:
    """Two rice balls are taken at 7 s by somebody who walks in at 1.2 s and out at 13 s."""
    messages = open_recording(errand(tmp_path / "errand.mcap"))
    return [decode(store, h.topic, h.payload, h.received_s) for h in messages if not h.topic.startswith("gate/")]


@pytest.mark.parametrize(("first", "second"), [("in", "in2"), ("in2", "in"), ("in2", "in2")])
def test_who_scans_at_two_gates_comes_in_through_either(tmp_path: Path, first: str, second: str) -> None:
    records = errand_without_gates(TWO_ENTRIES, tmp_path)
    records += [scan(0.3, "ana", first), scan(0.8, "ana", second), passage(1.2, "in2")]
    records.append(passage(13.0, "out", "out"))
    assert outcome(TWO_ENTRIES, records) == {"ana": ("settlement", {"onigiri-salmon": 2})}


def test_a_party_of_which_one_leaves_before_the_other_comes_is_one_visit_still(tmp_path: Path) -> None:
    """The first looks in, thinks better of it and goes out again; the second shops."""
    records = errand_without_gates(ONE_ENTRY, tmp_path)
    early = -4.0
    records += [_look(early - 1.0 + n / 10, 0.2, 0.8 - max(0.0, n / 10 - 2.0)) for n in range(28)]
    records += [_look(early - 1.0 + n / 10) for n in range(28, 50)]
    records += [scan(early, "ana", party=2), passage(early + 0.5), passage(early + 1.5, "in", "out")]
    records += [passage(1.2), passage(13.0, "out", "out")]
    assert outcome(ONE_ENTRY, records) == {"ana": ("settlement", {"onigiri-salmon": 2})}


def test_a_party_of_which_nobody_else_comes_ends_when_their_time_is_over(tmp_path: Path) -> None:
    records = errand_without_gates(ONE_ENTRY, tmp_path)
    records += [scan(0.5, "ana", party=2), passage(1.2), passage(13.0, "out", "out")]
    assert outcome(ONE_ENTRY, records) == {"ana": ("settlement", {"onigiri-salmon": 2})}


@pytest.mark.parametrize("away_s", [2.0, 8.0, 30.0])
@pytest.mark.parametrize("taller_m", [0.0, 0.2])
@pytest.mark.parametrize("hidden_at", [(0.6, 1.2), (2.5, 1.6)])
def test_whoever_is_hidden_while_somebody_comes_in_does_not_pay_for_them(
    tmp_path: Path, away_s: float, taller_m: float, hidden_at: tuple[float, float]
) -> None:
    """Dora stands somewhere and is not seen for a while. Ana comes in on her own scan, and takes what she takes."""
    records = errand_without_gates(ONE_ENTRY, tmp_path)
    first_s = -away_s - 12.0
    dora_z = 1.6 - taller_m
    way = [(0.2, 0.8)] * 20 + [_between((0.2, 0.8), hidden_at, n / 60) for n in range(60)] + [hidden_at] * 40
    records += [_look(first_s + n / 10, x, y, dora_z) for n, (x, y) in enumerate(way)]
    records += [scan(first_s + 0.5, "dora"), passage(first_s + 1.5)]
    records += [_look(first_s + len(way) / 10 + n / 10) for n in range(round((away_s + 11.9 - len(way) / 10) * 10))]
    records += [scan(0.5, "ana"), passage(1.2), passage(13.0, "out", "out")]
    found = outcome(ONE_ENTRY, records)
    assert "onigiri-salmon" not in found.get("dora", ("", {}))[1]
    assert found["ana"][1] == {"onigiri-salmon": 2}


def test_who_came_in_a_moment_ago_does_not_come_in_again(tmp_path: Path) -> None:
    """Dora goes in and stays near the gate. Behind her, hidden, Ana does; a camera shows her only inside."""
    records: list[Record] = []
    for record in errand_without_gates(ONE_ENTRY, tmp_path):
        if isinstance(record, PeopleFrame):
            second = record.at_s - OPENS_S
            x, y = _between((0.2, 0.8), (0.2, 1.9), min(1.0, max(0.0, second + 0.2)))
            dora = PersonSeen((x, y, 1.8), (), 0.9)
            record = replace(record, people=(dora, *(record.people if second > 2.2 else ())))
        records.append(record)
    records += [_look(n / 10, 0.2, 0.8, 1.8) for n in range(-15, 0)]
    records += [scan(-1.0, "dora"), passage(0.3), scan(0.6, "ana"), passage(1.2), passage(13.0, "out", "out")]
    found = outcome(ONE_ENTRY, records)
    assert "onigiri-salmon" not in found.get("dora", ("", {}))[1]
    assert found["ana"][1] == {"onigiri-salmon": 2}


def _look(second: float, x: float | None = None, y: float = 0.0, z: float = 1.6) -> PeopleFrame:
    """What the camera sees: one person, or nobody."""
    people = () if x is None else (PersonSeen((x, y, z), (), 0.9),)
    return PeopleFrame(at(second) + 0.03, at(second), "cam", people)


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
