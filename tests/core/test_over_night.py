"""What happens to shelves while the shop is shut is nobody's: the second morning is judged like the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from edge.ledger.book import Book
from edge.wire import Heard, open_recording
from tests.core.mornings import ANA_AT_THE_FRIDGE, SHOP, busy, entries_of, hear_all, story_of

DAY_S = 86_400.0


def next_day(heard: Heard, by_s: float) -> Heard:
    """The same message so much later, as its sensor would have said it then."""
    payload = heard.payload
    at = payload.index(b'"t":') + 4
    end = min(i for i in (payload.find(b",", at), payload.find(b"}", at)) if i > 0)
    return replace(heard, payload=payload[:at] + b"%.4f" % (float(payload[at:end]) + by_s) + payload[end:],
                   received_s=heard.received_s + by_s)  # fmt: skip


@pytest.mark.parametrize("seed", [3, 4])
def test_shelves_that_were_filled_over_night_are_nobodys_doing(tmp_path: Path, seed: int) -> None:
    """Yesterday's shoppers emptied what is full this morning: nobody is asked about it, and nothing lies astray."""
    yesterday = list(open_recording(busy(tmp_path / "one.mcap", 6, seed)))
    today = [next_day(h, DAY_S) for h in open_recording(busy(tmp_path / "two.mcap", 6, seed + 10))]
    book = Book()
    hear_all(SHOP, yesterday, book)
    before = len(entries_of(book, "shelf-event"))
    book = Book()
    shop = hear_all(SHOP, [*yesterday, *today], book)
    told = entries_of(book, "shelf-event")[before:]
    assert told
    assert not [e.key for e in told if e.body["blind"]]
    assert not entries_of(book, "shelf-filled")
    assert not [s for s in shop.state.belief.strays if s.since_s < today[0].received_s + 1.0]


def test_what_is_taken_on_the_second_morning_is_charged(tmp_path: Path) -> None:
    day = list(open_recording(story_of(ANA_AT_THE_FRIDGE, tmp_path / "day.mcap")))
    book = Book()
    hear_all(SHOP, [*day, *(next_day(h, DAY_S) for h in day)], book)
    first, second = (
        [(line["sku"], line["quantity"]) for line in cast("list[dict[str, Any]]", e.body["lines"])]
        for e in entries_of(book, "settlement")
    )
    assert first == second == [("bento-karaage", 1), ("onigiri-salmon", 1)]
