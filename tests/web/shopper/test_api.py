"""What a phone is told, and what nobody gets out of it: other people's visits, replayed requests, codes by guessing."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.adapters.members import FILE, Members
from edge.ledger import Book
from edge.site import Site
from edge.web.app import app_of
from edge.web.shop import Screens
from edge.web.shopper.api import AGAIN, COOKIE
from edge.web.shopper.enrol import TRIES, Enrolments
from edge.web.shopper.told import Voice, owed_minor, whole
from tests.daemon.test_reviews import VISIT, Reviewed
from tests.web.shopper.phones import Phone

VISITS = f"/api/m/visits/{VISIT}/contests"
RECEIPT = f"/api/m/receipts/{VISIT}"


@dataclass
class Door:
    """The screens of a shop in which Ana has bought two onigiri; Ana and Ben have phones."""

    client: TestClient
    screens: Screens
    shop: Reviewed
    ana: Phone = field(default_factory=lambda: Phone("corner"))
    ben: Phone = field(default_factory=lambda: Phone("corner"))

    def ask(self, phone: Phone, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
        plain, _, query = path.partition("?")
        signed = phone.headers(method, plain, time.time(), body, query)
        return self.client.request(method, path, content=body, headers=signed | headers)

    def enrol(self, phone: Phone, code: str, **headers: str) -> Any:
        key = base64.b64encode(phone.public_key).decode()
        body = f'{{"code": "{code}", "key": "{key}"}}'.encode()
        return self.ask(phone, "/api/m/enrol", "POST", body, **headers)

    def again(self, phone: Phone, **headers: str) -> Any:
        key = base64.b64encode(phone.public_key).decode()
        return self.ask(phone, AGAIN, "POST", f'{{"key": "{key}"}}'.encode(), **headers)

    def invited(self, subject: str) -> str:
        return Enrolments(self.screens.state_folder).invite(subject, "member", "aki", time.time())


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    screens = Screens(shop.store, Site(), shop.state, tmp_path / "store")
    with TestClient(app_of(screens), base_url="https://127.0.0.1:8322") as client:
        door = Door(client, screens, shop)
        with Members(shop.state / FILE) as members:
            for subject, phone in (("ana", door.ana), ("ben", door.ben)):
                members.add(subject, phone.public_key, "member", time.time())
        yield door
    shop.shop.close()


def test_ana_sees_her_visit_as_people_write_it(door: Door) -> None:
    (row,) = door.ask(door.ana, "/api/m/receipts?lang=en").json()["receipts"]
    assert (row["visit"], row["total_minor"], row["total"], row["units"]) == (VISIT, 356, "¥356", 2)
    told = door.ask(door.ana, RECEIPT + "?lang=ja").json()
    assert [(line["sku"], line["quantity"], line["amount"]) for line in told["lines"]] == [
        ("onigiri-salmon", 2, "¥356")
    ]
    assert "合計" in told["paper"]
    me = door.ask(door.ana, "/api/m/me").json()
    assert (me["subject"], me["visit"], me["owed_minor"], me["last"]["visit"]) == ("ana", None, 0, VISIT)


def test_what_is_owed_is_told(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open({"ana": "decline"})
    shop.play(0.0, 18.0)
    shop.settle()
    with Book(shop.state / "ledger.db", read_only=True) as book:
        told = whole(book, VISIT, Voice(shop.store, "ja"))
        assert owed_minor(book, [VISIT]) == 356
    assert told is not None
    assert (told["state"], told["open_minor"], told["open"]) == ("declined", 356, "¥356")
    assert told["state_text"] == "お支払いが承認されませんでした。代金は未払いです。"
    shop.shop.close()


def test_a_visit_in_review_says_what_is_unclear_and_not_whose_it_may_be(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.leave()
    with Book(shop.state / "ledger.db", read_only=True) as book:
        told = whole(book, VISIT, Voice(shop.store, "en"))
    assert told is not None
    assert (told["state"], told["review_text"]) == ("review", "We are not sure that it was you who left.")
    assert "50%" not in str(told)
    shop.shop.close()


def test_a_cart_says_how_sure_it_is_in_plain_words(door: Door) -> None:
    def line(sku: str, quantity: int, certainty: float) -> dict[str, object]:
        return {"sku": sku, "quantity": quantity, "certainty": certainty}

    said = {"t": 1.0, "total": 507, "lines": [
        line("onigiri-salmon", 1, 0.99), line("onigiri-salmon", 2, 0.85), line("green-tea", 1, 0.4),
        line("gone", 1, 1.0),
    ]}  # fmt: skip
    age = {"state": "asked", "in_words": {"en": "Please wait", "ja": "お待ちください"}}
    told = Voice(door.screens.store, "en").cart(VISIT, said, age)
    assert [(each["name"], each["quantity"], each["sure"], each["text"]) for each in told["lines"]] == [
        ("Salmon onigiri", 2, True, "We are fairly sure of this."),
        ("Green tea <600 ml> & lemon", 1, False, "We are not sure. If it stays so, you do not pay for it."),
        ("gone", 1, True, ""),
    ]
    assert (told["total"], told["age"]) == ("¥507", {"state": "asked", "text": "Please wait"})
    assert Voice(door.screens.store, "ja").cart(VISIT, None, None)["lines"] == []


def test_what_is_only_for_staff_is_not_told(door: Door) -> None:
    said = door.ask(door.ana, RECEIPT).text
    for word in ("events", "rival", "certainty", '"who"', '"what"', "reason", "key"):
        assert word not in said, word


def test_nobody_sees_anybody_else_s_visit(door: Door) -> None:
    assert door.ask(door.ben, "/api/m/receipts").json()["receipts"] == []
    other, none = door.ask(door.ben, RECEIPT), door.ask(door.ben, "/api/m/receipts/20231115-0009")
    assert (other.status_code, other.json()) == (none.status_code, none.json()), "not even that there is one"
    assert other.status_code == 404
    assert door.ask(door.ben, VISITS, "POST", b'{"about": "other"}').status_code == 404
    me = door.ask(door.ben, "/api/m/me").json()
    assert (me["visit"], me["last"]) == (None, None)
    for visit in ("..%2f..%2fme", "%00", VISIT + "%0d%0aX: y", "' OR 1=1 --".replace(" ", "%20"), "x" * 3000):
        assert door.ask(door.ben, f"/api/m/receipts/{visit}").status_code in (401, 404), visit


@pytest.mark.parametrize("path", ["/api/m/me", "/api/m/receipts", RECEIPT, "/api/m/events"])
def test_nothing_is_told_to_who_does_not_sign(door: Door, path: str) -> None:
    assert door.client.get(path).status_code == 401
    stranger = door.ask(Phone("corner"), path)
    assert (stranger.status_code, stranger.json()["error"]) == (401, "unknown")
    foreign = Phone("other-shop", door.ana.key)
    assert door.ask(foreign, path).status_code == 401


def test_a_request_that_is_heard_twice_or_late_is_not_answered(door: Door) -> None:
    signed = door.ana.headers("GET", RECEIPT, time.time())
    codes = [door.client.get(RECEIPT, headers=signed).status_code for _ in range(2)]
    assert codes == [200, 409]
    late = door.client.get(RECEIPT, headers=door.ana.headers("GET", RECEIPT, time.time() - 90))
    assert (late.status_code, late.json()["error"]) == (401, "stale")
    assert abs(late.json()["now_s"] - time.time()) < 5, "the phone learns the shop's time"
    moved = door.client.get("/api/m/me", headers=door.ana.headers("GET", RECEIPT, time.time()))
    assert (moved.status_code, moved.json()["error"]) == (401, "forged")


def test_a_revoked_phone_is_told_so(door: Door) -> None:
    with Members(door.shop.state / FILE) as members:
        members.revoke("ana", time.time())
    answer = door.ask(door.ana, RECEIPT + "?lang=ja")
    assert answer.status_code == 403
    assert "ご入店いただけません" in answer.json()["text"]


def test_codes_cannot_be_guessed(door: Door) -> None:
    good = door.invited("eve")
    for i in range(TRIES):
        assert door.enrol(Phone("corner"), f"{i:010d}").json()["error"] == "no-such-code"
    blocked = door.enrol(Phone("corner"), good)
    assert (blocked.status_code, blocked.json()["error"]) == (429, "too-many")
    assert door.ask(door.ana, RECEIPT).status_code == 200, "members are not stopped by who guesses"


def test_a_phone_is_enrolled_and_comes_back(door: Door) -> None:
    phone = Phone("corner")
    done = door.enrol(phone, door.invited("eve"))
    assert (done.status_code, done.json()["subject"]) == (201, "eve")
    cookie = done.headers["set-cookie"]
    for words in (f"{COOKIE}=", "HttpOnly", "Secure", "SameSite=strict", f"Path={AGAIN}"):
        assert words in cookie, cookie
    assert door.ask(phone, "/api/m/me").json()["subject"] == "eve"
    assert door.client.get(AGAIN).json() == {"possible": True}
    first = door.client.cookies[COOKIE]
    new = Phone("corner")
    back = door.again(new)
    assert (back.status_code, back.json()["subject"]) == (201, "eve")
    assert door.client.cookies[COOKIE] != first, "it is another one now"
    assert door.ask(new, "/api/m/me").status_code == 200
    assert door.ask(phone, "/api/m/me").json()["error"] == "unknown", "the old key is nobody's"
    door.client.cookies.clear()
    assert door.again(Phone("corner")).json()["error"] == "no-way-back"


def test_another_site_s_page_takes_nobody_s_place(door: Door) -> None:
    door.enrol(Phone("corner"), door.invited("eve"))
    thief = Phone("corner")
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert door.again(thief, **headers).status_code == 403
    assert door.ask(thief, "/api/m/me").json()["error"] == "unknown"


def test_who_shows_another_s_key_without_having_it_is_not_enrolled(door: Door) -> None:
    key = base64.b64encode(Phone("corner").public_key).decode()
    body = f'{{"code": "{door.invited("eve")}", "key": "{key}"}}'.encode()
    assert door.ask(Phone("corner"), "/api/m/enrol", "POST", body).json()["error"] == "forged"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": 1, "key": 2}', b"\xff", b'{"code": "x", "key": "x"}'])
def test_what_cannot_be_understood_is_refused(door: Door, body: bytes) -> None:
    assert door.ask(door.ana, "/api/m/enrol", "POST", body).status_code == 400


def test_with_the_shop_away_receipts_are_there_and_a_contest_waits(door: Door) -> None:
    assert door.ask(door.ana, RECEIPT).status_code == 200
    answer = door.ask(door.ana, VISITS, "POST", b'{"about": "other"}')
    assert (answer.status_code, answer.json()["error"]) == (503, "no-shop")
    assert door.ask(door.ana, VISITS, "POST", b'{"about": "x"}').status_code == 400
    long = b'{"about": "other", "message": "%s"}' % (b"x" * 501)
    assert door.ask(door.ana, VISITS, "POST", long).status_code == 400
