"""What a gate or a shelf says twice, late or wrongly: nobody is charged for it, and nobody is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edge.ledger.book import Book
from edge.wire import Heard, open_recording
from tests.core.mornings import SHOP, entries_of, hear_all, story_of

ANA_AND_BEN = """\
shop demo
seed 5

09:00:00  ana enters
09:00:03  ben enters
09:00:09  ana takes 1 onigiri-salmon
09:00:12  ben takes 1 cup-udon
09:00:16  ana takes 1 bento-karaage
09:00:20  ben leaves
09:00:28  ana leaves
"""
BEN_THEN_ANA = [
    ("ben", {"cup-udon": 1}),
    ("ana", {"bento-karaage": 1, "onigiri-salmon": 1}),
]

Sold = list[tuple[object, dict[str, int]]]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(story_of(ANA_AND_BEN, tmp_path_factory.mktemp("gates") / "two.mcap")))


def sold(messages: list[Heard]) -> Sold:
    """Who was charged what, in the order in which they settled; nobody may have gone to a review."""
    with Book() as book:
        hear_all(SHOP, messages, book)
        assert not entries_of(book, "review")
        bodies = [json.loads(json.dumps(e.body)) for e in entries_of(book, "settlement")]
        return [(body["subject"], {line["sku"]: line["quantity"] for line in body["lines"]}) for body in bodies]


def test_each_pays_for_their_own(heard: list[Heard]) -> None:
    assert sold(heard) == BEN_THEN_ANA


TWICE = [
    (topic, number, delay_s)
    for topic in ("gate/entry/scan", "gate/entry/passage", "gate/exit/passage")
    for number in (0, 1)
    for delay_s in (0.01, 1.5, 2.5, 6.0, 18.0)
]


@pytest.mark.parametrize(("topic", "number", "delay_s"), TWICE)
def test_a_gate_that_says_it_twice(heard: list[Heard], topic: str, number: int, delay_s: float) -> None:
    said = [h for h in heard if h.topic == topic][number]
    again = replace(said, received_s=said.received_s + delay_s)
    messages = sorted([*heard, again], key=lambda h: h.received_s)
    assert sold(messages) == BEN_THEN_ANA


@pytest.mark.parametrize("hz", [1e-9, 0.001, 0.5])
def test_a_rate_that_cannot_be_does_not_deafen_a_shelf(heard: list[Heard], hz: float) -> None:
    """A batch that claims to last for hours must not put its shelf's clock hours ahead."""
    first = next(i for i, h in enumerate(heard) if h.topic == "shelf/fridge-s4/weight")
    payload = json.dumps({**json.loads(heard[first].payload), "hz": hz}).encode()
    messages = [*heard[: first + 1], replace(heard[first], payload=payload), *heard[first + 1 :]]
    assert sold(messages) == BEN_THEN_ANA
