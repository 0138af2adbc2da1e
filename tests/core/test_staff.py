"""Staff at work: what they move is nobody's purchase, and a stop in the middle of it changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.wire import Heard, open_recording
from tests.core.mornings import SHOP, entries_of, hear_all, story_of

AT_WORK = """\
shop demo
seed 31

09:00:00  aki enters as staff with a code
09:00:04  the shop is being restocked
09:00:14  aki takes away 2 sandwich-egg from fridge-s4:11
09:00:22  aki restocks 4 sandwich-egg on fridge-s4:12
09:00:38  aki leaves
09:00:42  the shop is open
09:00:46  ana enters
09:00:58  ana takes 2 sandwich-egg from fridge-s4:12
09:01:14  ana leaves
"""


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    path: Path = story_of(AT_WORK, tmp_path_factory.mktemp("staff") / "work.mcap")
    return list(open_recording(path))


def test_staff_leave_without_a_receipt(heard: list[Heard]) -> None:
    with Book() as book:
        hear_all(SHOP, heard, book)
        (left,) = entries_of(book, "staff-left")
        assert left.visit not in {entry.visit for entry in entries_of(book, "settlement")}
        (sale,) = entries_of(book, "settlement")
        lines = json.loads(json.dumps(sale.body))["lines"]
        assert [(line["sku"], line["quantity"]) for line in lines] == [("sandwich-egg", 2)]


def test_what_staff_moved_is_in_the_book_as_nobodys(heard: list[Heard]) -> None:
    with Book() as book:
        hear_all(SHOP, heard, book)
        moved: dict[str, int] = {}
        (left,) = entries_of(book, "staff-left")
        for entry in entries_of(book, "shelf-event"):
            explanations = json.loads(json.dumps(entry.body))["explanations"]
            for share in explanations[0]["shares"] if explanations else []:
                assert share["visit"] != left.visit
                if not share["visit"]:
                    moved[share["sku"]] = moved.get(share["sku"], 0) + share["quantity"]
        assert moved == {"sandwich-egg": 2 - 4}


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8])
def test_a_stop_while_they_work_changes_nothing(heard: list[Heard], share: float) -> None:
    with Book() as whole, Book() as parts:
        hear_all(SHOP, heard, whole)
        first, cut = Driver(SHOP, book=parts, provider=LocalProvider()), int(share * len(heard))
        for message in heard[:cut]:
            first.hear(message)
        then = Driver(SHOP, book=parts, provider=LocalProvider())
        then.thaw(first.freeze())
        for message in heard[cut:]:
            then.hear(message)
        then.finish()
        assert entries_of(parts) == entries_of(whole)
