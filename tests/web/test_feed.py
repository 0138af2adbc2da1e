"""``GET /events?after=``: what happened, for programs with a key, beside the stream for pages that listen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.insight.feed import FILE, Feed
from tests.corner import OPENS_S
from tests.web.shops import Browser, Corner, insight_of, screens_of


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        found.errand()
        insight_of(found)
        yield found


@pytest.fixture(scope="module")
def key(corner: Corner) -> dict[str, str]:
    with Feed(corner.state / FILE) as feed:
        return {"Authorization": f"Bearer {feed.add_key('analyst', OPENS_S)}"}


@pytest.fixture
def browser(corner: Corner) -> Iterator[Browser]:
    with Browser(screens_of(corner)) as browser:
        yield browser


def test_reading_on_from_a_cursor_gives_everything_once(browser: Browser, corner: Corner, key: dict[str, str]) -> None:
    ids: list[str] = []
    there = "/events?after=&limit=2"
    while True:
        answer = browser.client.get(there, headers=key)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        found = [event["id"] for event in answer.json()]
        if not found:
            break
        ids += found
        there = answer.headers["link"].partition(">")[0].removeprefix("<")
        insight_of(corner)  # a rebuild between two looks changes nothing
    assert len(ids) == len(set(ids)) == 5
    assert {identity.partition("/")[0] for identity in ids} == {"ledger", "floor"}


@pytest.mark.parametrize("said", ["", "Bearer nonsense", "Basic YTpi"])
def test_without_a_key_nobody_reads(browser: Browser, said: str) -> None:
    answer = browser.client.get("/events?after=", headers={"Authorization": said} if said else {})
    assert answer.status_code == 401
    assert "tebura feed key" in answer.json()["error"]


@pytest.mark.parametrize("asked", ["after=nonsense", "after=&limit=0", "after=&limit=many", "after=&limit=1001"])
def test_what_is_not_understood_is_told(browser: Browser, key: dict[str, str], asked: str) -> None:
    answer = browser.client.get(f"/events?{asked}", headers=key)
    assert answer.status_code == 400
    assert answer.json()["error"]
