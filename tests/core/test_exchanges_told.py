"""Two people whom nobody could tell apart for a while: staff are told who with whom, and what hangs on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import sale_of
from edge.cli.reviewed import table_of, told
from edge.driver import Driver
from edge.facts.reviews import story_of
from edge.ledger import Book, who_waits
from edge.records import Effect, Exchange, Publish, Record, Units
from edge.state import State
from edge.wire import open_recording
from edge.wire.payloads import AlertPayload
from tests.core.mornings import SHOP, entries_of
from tests.core.mornings import story_of as recorded

STORY = (Path(__file__).parents[1] / "scenarios" / "blind-in-company.story").read_text(encoding="utf-8")
ANA, BEN = "20260512-0001", "20260512-0002"


@pytest.fixture(scope="module")
def told_staff(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, list[dict[str, Any]]]:
    """The book, and what staff were told."""
    alerts: list[dict[str, Any]] = []

    def listen(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        alerts.extend(e.payload for e in effects if isinstance(e, Publish) and e.topic == "runtime/alert")

    book = Book()
    driver = Driver(SHOP, book=book, provider=LocalProvider(), observers=[listen])
    for heard in open_recording(recorded(STORY, tmp_path_factory.mktemp("company") / "blind.mcap")):
        driver.hear(heard)
    driver.finish()
    return book, [alert for alert in alerts if alert["kind"] == "review"]


def test_each_review_names_the_other_visit_and_what_hangs_on_it(
    told_staff: tuple[Book, list[dict[str, Any]]],
) -> None:
    book, _ = told_staff
    said = {entry.visit: sale_of(entry.body).exchanged for entry in entries_of(book, "review")}
    assert said == {
        ANA: (Exchange(BEN, (Units("chips-salt", 1),)),),
        BEN: (Exchange(ANA, (Units("chips-nori", 1),)),),
    }
    assert {visit: s.exchanged for visit, s in who_waits(book).items()} == said
    assert book.prove() == []


def test_the_alert_says_so_to_programs_and_to_people_in_both_languages(
    told_staff: tuple[Book, list[dict[str, Any]]],
) -> None:
    _, alerts = told_staff
    assert [alert["visit"] for alert in alerts] == [ANA, BEN]
    alert = msgspec.convert(alerts[0], AlertPayload)
    assert msgspec.to_builtins(alert.exchanged) == [{"visit": BEN, "lines": [{"sku": "chips-salt", "quantity": 1}]}]
    assert alert.text.endswith(f"may have been exchanged with {BEN}: chips-salt ×1 hangs on it")
    chips = SHOP.catalogue["chips-salt"]
    assert f"{chips.name('en')} ×1 hangs on it" in alert.exchanged_in_words["en"]
    assert f"(対象: {chips.name('ja')} ×1)" in alert.exchanged_in_words["ja"]


def test_who_looks_at_the_visit_reads_it(told_staff: tuple[Book, list[dict[str, Any]]], tmp_path: Path) -> None:
    """Also where no recording is left."""
    book, _ = told_staff
    story = story_of(book, ANA, tmp_path)
    assert json.loads(json.dumps(story))["exchanged"] == [
        {"visit": BEN, "lines": [{"sku": "chips-salt", "quantity": 1}]}
    ]
    assert set(story["exchanged_in_words"]) == {"en", "ja"}
    words = f"may have been exchanged with {BEN}: chips-salt ×1 hangs on it"
    assert f"\n       {words}\n" in told(story, "--store DIR")
    assert words in next(iter(table_of([story]).columns[5].cells)).plain  # type: ignore[union-attr]
