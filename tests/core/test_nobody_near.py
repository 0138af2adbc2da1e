"""What leaves a shelf that nobody is near was not taken by the only shopper in the shop."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from edge.ledger.book import Book
from edge.wire import Heard, open_recording
from tests.core.mornings import ANA_AT_THE_FRIDGE, SHOP, entries_of, hear_all, story_of

SHELF, PLATE, MASS_G = "g3-s1", 10, SHOP.catalogue["notebook-a5"].weight_g


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(story_of(ANA_AT_THE_FRIDGE, tmp_path_factory.mktemp("far") / "ana.mcap")))


def lighter_from(messages: Sequence[Heard], from_s: float) -> Iterator[Heard]:
    """The same shop, only that a plate loses a notebook's weight at some moment."""
    for heard in messages:
        told = json.loads(heard.payload)
        if heard.topic == f"shelf/{SHELF}/weight" and told["t"] >= from_s:
            told["g"][PLATE - 1] = [g - MASS_G for g in told["g"][PLATE - 1]]
            yield replace(heard, payload=json.dumps(told).encode())
        else:
            yield heard


@pytest.mark.parametrize(
    ("after_s", "where"), [(1.0, "in the entry gate"), (9.5, "at the fridge"), (14.0, "at the fridge still")]
)
def test_who_is_metres_away_is_not_charged(heard: list[Heard], after_s: float, where: str) -> None:
    admitted_s = json.loads(next(h for h in heard if h.topic == "gate/entry/scan").payload)["t"]
    with Book() as book:
        hear_all(SHOP, lighter_from(heard, admitted_s + after_s), book)
        (settlement,) = entries_of(book, "settlement")
        body = json.loads(json.dumps(settlement.body))
        assert [line["sku"] for line in body["lines"]] == ["bento-karaage", "onigiri-salmon"], f"she was {where}"
