"""A camera whose vectors tell nobody apart: staff read whose and what to do, and nobody pays for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from edge.adapters.payment.local import LocalProvider
from edge.appearance import Gauges, tells_nobody_apart
from edge.checkout import receipt_text
from edge.driver import Driver
from edge.ledger import Book, receipts
from edge.records import Publish
from edge.wire import Heard, encode_tick, open_recording
from tests.core.mornings import SHOP, busy

CAMERA = SHOP.layout.cameras[0].id
Person = dict[str, Any]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    """Half a dozen visits, whose cameras all say what people look like."""
    return list(open_recording(busy(tmp_path_factory.mktemp("mornings") / "looks.mcap", 6, seed=4)))


def retold(messages: Iterable[Heard], change: Callable[[Person], Person]) -> list[Heard]:
    """The same with other words of one camera's."""
    found = []
    for heard in messages:
        if heard.topic == f"camera/{CAMERA}/people":
            told = json.loads(heard.payload)
            told["people"] = [change(person) for person in told["people"]]
            heard = Heard(heard.topic, json.dumps(told).encode(), heard.received_s)
        found.append(heard)
    return found


def played(messages: Iterable[Heard]) -> tuple[list[Person], list[str], Driver]:
    """Every status that was told, every receipt, and the shop at its end."""
    said: list[Publish] = []
    with Book() as book:
        driver = Driver(SHOP, book=book, provider=LocalProvider(), publish=said.append)
        ticked_s = 0.0
        for heard in messages:
            if heard.received_s > ticked_s + 1.0:
                ticked_s = heard.received_s
                driver.hear(Heard("shop/clock/tick", encode_tick(ticked_s), ticked_s))
            driver.hear(heard)
        driver.finish()
        told = [receipt_text(receipt, "en") for receipt in receipts(book)]
    return [dict(p.payload) for p in said if p.topic == "runtime/status"], told, driver


def test_random_vectors_are_told_and_cost_nobody_anything(morning: list[Heard]) -> None:
    chance = np.random.default_rng(3)
    wild, receipts_of_wild, driver = played(
        retold(morning, lambda person: person | {"embedding": chance.normal(0, 1, 24).round(3).tolist()})
    )
    _, receipts_without, _ = played(
        retold(morning, lambda person: {key: value for key, value in person.items() if key != "embedding"})
    )
    assert len(receipts_without) >= 5
    assert receipts_of_wild == receipts_without
    source = f"appearance/{CAMERA}"
    assert tells_nobody_apart(driver.state.floor.gauges, CAMERA)
    assert source not in wild[0]["troubles"]
    last = wild[-1]
    assert [s for s in last["troubles"] if s.startswith("appearance/")] == [source], "and nobody else's"
    assert last["state"] == "degraded"
    assert last["troubles"][source].startswith("what it says of people's looks tells nobody apart, and is not used.")
    assert "appearance = false" in last["troubles"][source]

    said: list[Publish] = []
    driver.publish = said.append
    driver.state.floor.gauges = Gauges()  # as after a stop with other settings
    at_s = driver.heard_s + 1.0
    driver.hear(Heard("shop/clock/tick", encode_tick(at_s), at_s))
    assert said[-1].payload["troubles"] == {}, "it is over"


def test_cameras_that_tell_people_apart_are_no_trouble(morning: list[Heard]) -> None:
    statuses, _, driver = played(morning)
    gauges = driver.state.floor.gauges.within
    assert any(min(gauge.one.count, gauge.two.count) > 80 for gauge in gauges.values()), "they have been judged"
    assert not [s for status in statuses for s in status["troubles"] if s.startswith("appearance/")]
