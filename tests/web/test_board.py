"""The board at a gate: what somebody who stands there reads, and what nobody reads there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from edge.site import Screens as ScreensOf
from edge.site import Site, load_site
from edge.store import BrokenStore, load_store
from edge.web.app import app_of
from edge.web.board import LEFT_S, REFUSALS, REFUSED_S, WELCOME_S
from edge.web.kiosk import HOUR_S, MOST_AN_HOUR, Kiosk
from edge.web.shop import Screens
from edge.web.shopper.enrol import LIFE_S, Enrolments, NotEnrolled
from tests.corner import OPENS_S, write_store
from tests.daemon.test_reviews import Reviewed

GATE_PAGE = Path("docs/gate.md").read_text(encoding="utf-8")


class Clocked(Screens):
    at_s = time.time()

    def now_s(self) -> float:
        return self.at_s


class Board:
    def __init__(self, client: TestClient, screens: Clocked) -> None:
        self.client, self.screens = client, screens

    def shows(self, gate: str = "in", query: str = "") -> dict[str, Any]:
        answer = self.client.get(f"/gate/{gate}/state{query}")
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    def reads(self, gate: str = "in", query: str = "") -> tuple[str, str, str, str]:
        """What kind, and what the shop's first language says, large and small, and the amount."""
        told = self.shows(gate, query)
        first = told["texts"][0]
        return told["kind"], first["large"], first["small"], first["amount"]

    def hear(self, **command: object) -> None:
        self.screens.live.commands["in"] = (self.screens.at_s, command)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    folder = write_store(tmp_path / "store")
    screens = Clocked(load_store(folder), Site(), tmp_path, folder)
    with TestClient(app_of(screens), base_url="http://127.0.0.1:8322") as client:
        screens.live.connected = True
        yield Board(client, screens)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Board]:
    """A board at which newcomers join by themselves."""
    folder = write_store(tmp_path / "store")
    site = Site(screens=ScreensOf(join_at=("in",)))
    screens = Clocked(load_store(folder), site, tmp_path, folder)
    with TestClient(app_of(screens), base_url="http://127.0.0.1:8322") as client:
        screens.live.connected = True
        yield Board(client, screens)


def test_whoever_comes_in_is_welcome_for_a_moment(board: Board) -> None:
    assert board.reads()[:2] == ("ready", "Show your code")
    board.hear(open=True, for_s=5.0, visit="20231115-0001")
    assert board.reads() == ("welcome", "Welcome", "Please come in", "")
    assert "20231115-0001" not in str(board.shows()), "nobody's visit is named"
    board.screens.at_s += WELCOME_S
    assert board.reads()[0] == "ready"


def test_each_refusal_of_the_contract_has_its_words_in_both_languages(board: Board) -> None:
    tables = GATE_PAGE[GATE_PAGE.index("| reason | what it means") :]
    reasons = {
        name for row in re.findall(r"^\| (`[^|]*) \|", tables, re.MULTILINE) for name in re.findall("`(.*?)`", row)
    }
    reasons -= {"waiting", "reason"}
    assert reasons == REFUSALS.keys()
    for reason in reasons:
        board.hear(open=False, reason=reason, detail="ana owes 300")
        told = board.shows()
        assert (told["kind"], told["reason"]) == ("refused", reason)
        english, japanese = (text["large"] for text in told["texts"])
        assert english == REFUSALS[reason] != japanese
        assert "ana" not in str(told)
    board.hear(open=False, reason="of-next-year")
    assert board.reads()[:2] == ("refused", "Please try again, or ask at the counter")
    board.screens.at_s += REFUSED_S
    assert board.reads()[0] == "ready"
    board.hear(open=False, reason="waiting", detail="also needed: face")
    assert board.reads()[0] == "waiting"


def test_a_shop_that_is_away_or_shut_says_so(board: Board) -> None:
    board.screens.live._said["runtime/status"] = {"state": "closed", "why": "restocking"}
    assert board.reads()[:2] == ("shut", "We are filling the shelves. Please come back soon")
    board.screens.live.connected = False
    assert board.reads()[0] == "away"


def test_a_gate_that_the_shop_does_not_have(board: Board) -> None:
    for path in ("/gate/x", "/gate/x/state", "/gate/x/events", "/gate/..%2f..%2fm"):
        assert board.client.get(path).status_code == 404
    assert board.client.get("/gate/in").status_code == 200


def test_goods_for_adults_wait_for_staff(board: Board) -> None:
    board.screens.live._said["visit/20231115-0001/age"] = {"state": "asked", "in_words": {}}
    assert board.reads("out")[:2] == ("wait", "Goods for adults")
    board.screens.live._said["visit/20231115-0001/age"] = {"state": "confirmed", "in_words": {}}
    assert board.reads("out")[0] == "ready"


def test_what_the_exit_settled_is_shown_for_seconds_or_not_at_all(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    screens = Clocked(shop.store, Site(), shop.state, tmp_path / "store")
    left_s = shop.entries("settlement")[0].at_s
    with TestClient(app_of(screens), base_url="http://127.0.0.1:8322") as client:
        board = Board(client, screens)
        screens.at_s = left_s + 1.0
        assert board.reads("out") == ("thanks", "Thank you", "The receipt is on your phone", "¥356")
        assert "356" not in str(board.shows("out", "?total=no"))
        assert "ana" not in str(board.shows("out"))
        screens.at_s = left_s + LEFT_S
        assert board.reads("out")[0] == "ready"
        assert board.reads("in")[0] == "away"
    assert left_s > OPENS_S
    shop.shop.close()


def test_a_visit_that_staff_look_at_first_shows_no_sum(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.leave()
    screens = Clocked(shop.store, Site(), shop.state, tmp_path / "store")
    screens.at_s = shop.entries("review")[0].at_s + 1.0
    with TestClient(app_of(screens), base_url="http://127.0.0.1:8322") as client:
        kind, _, small, amount = Board(client, screens).reads("out")
    assert (kind, small, amount) == ("thanks", "Staff look at this visit first. See your phone", "")
    shop.shop.close()


def test_newcomers_are_shown_a_code_where_the_shop_wants_it(kiosk: Board, board: Board) -> None:
    assert "join" not in board.shows()
    assert board.client.get("/gate/in/join.svg").status_code == 404
    join = kiosk.shows()["join"]
    assert [text["language"] for text in join["texts"]] == ["en", "ja"]
    assert kiosk.shows()["join"] == join, "the same one while nobody has used it"
    assert kiosk.client.get("/gate/in/join.svg").headers["cache-control"] == "no-store"
    assert "join" not in kiosk.shows("out")
    assert kiosk.client.get("/gate/out/join.svg").status_code == 404
    kiosk.hear(open=True, for_s=5.0)
    assert "join" not in kiosk.shows(), "who comes in reads their welcome"


def test_each_code_of_the_kiosk_is_for_one_newcomer_and_not_for_ever(kiosk: Board, tmp_path: Path) -> None:
    screens, enrolments = kiosk.screens, Enrolments(tmp_path)
    shown = Kiosk(screens, "in")
    with screens.members() as members:
        joined = []
        for _ in range(MOST_AN_HOUR):
            now = shown.shown()
            assert now is not None
            assert now.mark not in now.link
            code = now.link.partition("#join=")[2]
            key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
            joined.append(enrolments.redeem(code, key, members, screens.at_s).enrolment)
            with pytest.raises(NotEnrolled):
                enrolments.redeem(code, bytes(range(32)), members, screens.at_s)
    assert {e.role for e in joined} == {"member"}
    assert len({e.subject for e in joined}) == MOST_AN_HOUR
    assert shown.shown() is None, "a door lets in no more than that"
    screens.at_s += HOUR_S
    later = shown.shown()
    assert later is not None
    screens.at_s += LIFE_S / 2
    assert shown.shown() != later, "nobody reads one that ends before they have tapped"


def test_a_kiosk_where_nobody_comes_in_is_a_fault(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "store")
    (folder / "site.toml").write_text('[screens]\njoin_at = ["out"]\n', encoding="utf-8")
    with pytest.raises(BrokenStore, match=r"screens\.join_at: there is no entry 'out'\. Name one of in"):
        load_site(folder, load_store(folder))
