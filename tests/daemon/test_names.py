"""Names that two things must never share: entries of the very same moment, and charges of two lives of one shop."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.shop import PAYMENTS
from edge.driver import Driver
from edge.keys import REMEMBERED, moment, payment_key, unique
from edge.ledger import Book
from edge.store import read_store
from edge.wire import Heard, encode_counted, encode_mode, encode_passage
from tests.corner import FILES, OPENS_S
from tests.daemon.rehearsals import Rehearsal

SHOP = read_store(FILES)
AN_HOUR_S = 3600.0


def later(heard: Heard, by_s: float) -> Heard:
    """The same, said another time."""
    told = msgspec.json.decode(heard.payload)
    told["t"] += by_s
    return Heard(heard.topic, msgspec.json.encode(told), heard.received_s + by_s)


def test_where_all_is_lost_but_the_providers_memory_the_next_visit_is_no_repetition(tmp_path: Path) -> None:
    """Both are the day's first visit, of the same person over the same sum."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    (first,) = shop.entries_of_closed("settlement")
    for path in shop.state.iterdir():
        if path.name != PAYMENTS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shop.at_s = OPENS_S + AN_HOUR_S
    shop.open()
    shop.play(AN_HOUR_S, AN_HOUR_S + 18.0, [later(heard, AN_HOUR_S) for heard in shop.messages])
    shop.settle()
    (second,) = shop.entries("settlement")
    assert (first.visit, first.body["total_minor"]) == (second.visit, second.body["total_minor"])
    assert first.body["key"] != second.body["key"]
    assert shop.charges() == [356, 356]
    shop.shop.close()


def test_a_visit_that_only_the_book_knows_keeps_its_key(tmp_path: Path) -> None:
    """What a person charges after a loss is asked for with the key that it would have had."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    (visit,) = shop.shop.driver.state.door.visits.values()
    shop.leave_as_killed()
    shutil.rmtree(shop.state / "recordings")
    shop.open()
    (waits,) = shop.shop.driver.state.settlements.values()
    assert (waits.state, waits.key) == ("review", visit.key)
    shop.shop.close()


def driven(*heard: Heard) -> list[str]:
    """Keys of the book after these messages, stepped twice: as a shop does, and as the way back after a kill does."""
    with Book() as book:
        for _ in range(2):
            driver = Driver(SHOP, book=book)
            for message in heard:
                driver.hear(message)
            driver.finish()
        return [w.entry.key for w in book.entries()]


@pytest.mark.parametrize("apart_s", [0.0002, 2.4e-7])
def test_two_tailgaters_a_moment_apart_are_two_entries(apart_s: float) -> None:
    at = [OPENS_S, OPENS_S + apart_s]
    heard = [Heard("gate/in/passage", msgspec.json.encode({"t": t, "direction": "in"}), OPENS_S + 0.1) for t in at]
    assert len(set(at)) == len(driven(*heard)) == 2


def test_two_strangers_who_leave_a_moment_apart_are_two_entries() -> None:
    ins = [Heard("gate/in/passage", encode_passage(OPENS_S + i, "in"), OPENS_S + i) for i in (0.0, 1.0)]
    outs = [
        Heard("gate/out/passage", msgspec.json.encode({"t": OPENS_S + 20.0 + t, "direction": "out"}), OPENS_S + 20.1)
        for t in (0.0, 0.0003)
    ]
    assert sum(key.startswith("stranger") for key in driven(*ins, *outs)) == 2


def test_what_staff_say_at_the_very_same_moment_is_said_as_often(tmp_path: Path) -> None:
    """The clock of a rehearsal stands until a recording is played."""
    facing = SHOP.planogram.on("g1-s1")[0]
    modes = [encode_mode(OPENS_S, mode, "aki") for mode in ("closed", "open", "closed", "open")]
    counts = [encode_counted(OPENS_S, facing, units, "aki") for units in (4, 5, 5)]
    heard = [Heard("shop/mode/set", payload, OPENS_S) for payload in modes]
    heard += [Heard("shop/stock/counted", payload, OPENS_S) for payload in counts]
    keys = driven(*heard)
    assert len(keys) == len(set(keys)) == 7
    assert keys[:2] == [f"mode@{OPENS_S!r}", f"mode@{OPENS_S!r}+1"]


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_no_name_is_given_twice(names: list[str]) -> None:
    named: dict[str, int] = {}
    given_ = [unique(named, name) for name in names]
    assert len(set(given_)) == len(names)


def test_names_are_remembered_for_a_while_and_not_for_ever() -> None:
    named: dict[str, int] = {}
    for i in range(10 * REMEMBERED):
        unique(named, moment("mode", float(i)))
    assert len(named) == REMEMBERED


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.floats(1e9, 2e9)), unique=True, max_size=20))
def test_scans_that_differ_in_anything_have_keys_that_differ(scans: list[tuple[str, str, float]]) -> None:
    keys = {payment_key("s", "v", subject, gate, at_s, "") for subject, gate, at_s in scans}
    assert len(keys) == len(scans)
