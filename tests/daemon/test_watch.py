"""What a monitor sees: numbers that move, and a health page that names the sensor that is late."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.watch import WatchPage
from edge.site import Web
from tests.adapters.brokers import free_port
from tests.daemon.rehearsals import Rehearsal


class Page:
    def __init__(self, shop: Rehearsal) -> None:
        self.page = WatchPage(Web(port=free_port()), shop.watch, shop.shop)
        self.page.open()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.page.url + path, timeout=5.0) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def number(self, name: str) -> float:
        """A metric by its name and labels."""
        (line,) = [x for x in self.get("/metrics")[1].splitlines() if x.rpartition(" ")[0] == name]
        return float(line.rpartition(" ")[2])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Rehearsal]:
    shop = Rehearsal(tmp_path)
    shop.open()
    yield shop
    shop.shop.close()


@pytest.fixture
def page(shop: Rehearsal) -> Iterator[Page]:
    page = Page(shop)
    yield page
    page.page.close()


def test_a_healthy_shop_is_well_and_its_numbers_move(shop: Rehearsal, page: Page) -> None:
    shop.play(0.0, 9.0)
    code, body = page.get("/healthz")
    health = json.loads(body)
    assert (code, health["state"], health["late"]) == (200, "open", {})
    assert page.number("tebura_visits_inside") == 1.0
    assert page.number("tebura_open") == 1.0
    assert page.number('tebura_messages_total{kind="weight"}') > 40.0
    assert page.number('tebura_step_seconds_count{kind="weight"}') == page.number(
        'tebura_messages_total{kind="weight"}'
    )
    assert page.number('tebura_ledger_entries_total{kind="visit"}') == 1.0
    assert page.number('tebura_source_age_seconds{source="camera/cam"}') < 1.0


def test_the_late_sensor_is_named_with_how_long_ago_it_was_heard(shop: Rehearsal, page: Page) -> None:
    shop.play(0.0, 5.0)
    shop.messages = [h for h in shop.messages if not h.topic.startswith("shelf/")]
    shop.play(5.0, 11.0)
    code, body = page.get("/healthz")
    health = json.loads(body)
    assert (code, health["state"], health["why"]) == (503, "closed", "cannot-weigh")
    assert list(health["late"]) == ["shelf/g1-s1"]
    assert 5.0 < health["late"]["shelf/g1-s1"] < 7.0
    assert page.number("tebura_sources_late") == 1.0
    assert page.number("tebura_open") == 0.0
    assert page.number('tebura_source_age_seconds{source="shelf/g1-s1"}') > 5.0


def test_a_sensor_that_was_never_heard_has_no_age(shop: Rehearsal, page: Page) -> None:
    shop.messages = [h for h in shop.messages if not h.topic.startswith("camera/")]
    shop.play(0.0, 7.0)
    assert json.loads(page.get("/healthz")[1])["late"] == {"camera/cam": None}


def test_what_could_not_be_used_is_counted_by_source_and_reason(shop: Rehearsal, page: Page) -> None:
    for i in range(7):
        shop.shop.ear.hear("shelf/g1-s1/weight", b"?")
        shop.shop.ear.hear(f"shelf/made-up-{i}/weight", b"?")
    shop.work()
    assert page.number('tebura_refused{reason="not JSON",source="shelf/g1-s1"}') == 7.0
    assert page.number('tebura_refused{reason="not JSON",source="shelf"}') == 7.0


def test_other_pages_are_not_there_and_threads_end_with_their_requests(shop: Rehearsal, page: Page) -> None:
    assert page.get("/")[0] == 404
    before = threading.active_count()
    for _ in range(50):
        page.get("/metrics")
    with contextlib.suppress(OSError):
        urllib.request.urlopen(page.page.url + "/metrics?x=" + "y" * 100_000, timeout=5.0)
    assert threading.active_count() <= before + 2
