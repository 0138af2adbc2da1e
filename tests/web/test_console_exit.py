"""What *Now* says of the exits: who stands there, what they wait for, and who left last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.web.console.exits import MONEY, WAITS, at_exits
from tests.web.shops import Browser, Corner, hire, screens_of


def standing(corner: Corner, **visit: Any) -> list[dict[str, Any]]:
    """Ana at the exit, as the floor would tell it."""
    layout = corner.running.store.layout
    gate = next(gate for gate in layout.gates if gate.kind == "exit")
    ana = {"visit": "v1", "subject": "ana", "role": "member", "state": "shopping", "age": "", **visit}
    x, y = gate.position
    person = {"x": x, "y": y + 0.5, "lost": False, "who": {"v1": 0.9, "": 0.1}}
    far = {"x": x + 30.0, "y": y, "lost": False, "who": {"v2": 1.0}}
    return at_exits(layout, {"people": [person, far], "visits": [ana]})


@pytest.mark.parametrize(
    ("visit", "waits"),
    [
        ({}, WAITS[""]),
        ({"age": "confirmed"}, WAITS[""]),
        ({"age": "asked"}, WAITS["asked"]),
        ({"age": "unanswered"}, WAITS["unanswered"]),
        ({"age": "refused"}, WAITS["refused"]),
        ({"state": "leaving"}, WAITS["leaving"]),
    ],
)
def test_what_somebody_at_the_exit_waits_for(corner: Corner, visit: dict[str, str], waits: str) -> None:
    (row,) = standing(corner, **visit)
    assert (row["visit"], row["subject"], row["waits"]) == ("v1", "ana", waits)


def test_whoever_works_here_waits_for_nothing_and_a_stranger_is_told(corner: Corner) -> None:
    assert standing(corner, role="staff") == []
    gate = next(gate for gate in corner.running.store.layout.gates if gate.kind == "exit")
    someone = {"x": gate.position[0], "y": gate.position[1], "lost": False, "who": {"": 1.0}}
    rows = at_exits(corner.running.store.layout, {"people": [someone, someone], "visits": []})
    told = ("", gate.id, "somebody whom no scan let in")
    assert [(row["visit"], row["gate"], row["waits"]) for row in rows] == [told, told], "of strangers each"


@pytest.mark.parametrize(("conduct", "word"), [("approve", "paid"), ("decline", MONEY["declined"])])
def test_who_left_last_and_what_their_money_waits_for(tmp_path: Path, conduct: str, word: str) -> None:
    screens_now = -3500.0
    with Corner(tmp_path, {"ana": conduct}) as corner:
        hire(corner.state)
        screens = screens_of(corner)
        with Browser(screens) as browser:
            browser.log_in("sato")
            assert "Nobody in the last ten minutes." in browser.get("/staff").text
            corner.errand()
            screens.ahead_s = screens_now
            browser.log_in("sato")
            page = " ".join(browser.get("/staff/now/exit").text.split())
            assert f"visits/{Corner.visit}" in page
            assert "ana ¥356" in page
            assert word in page
            screens.ahead_s = 0.0
            browser.log_in("sato")
            assert Corner.visit not in browser.get("/staff/now/exit").text, "that is long ago"


def test_in_japanese(corner: Corner, browser: Browser) -> None:
    browser.log_in("vera")
    page = browser.get("/staff?lang=ja").text
    assert "出口" in page
    assert "最近出た人" in page
    assert "この十分間はいません。" in page
