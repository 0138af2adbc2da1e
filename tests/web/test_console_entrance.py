"""Logging in at the console, and what nobody gets past."""

from __future__ import annotations

import re

import pytest

from edge.web.console.office import within
from edge.web.failures import TRIES_OF_A_NAME
from edge.web.staff import FILE, IDLE_S, Staff
from tests.web.shops import PASSWORD, Browser, Clocked, Corner

pytestmark = pytest.mark.usefixtures("fresh")


def test_whoever_is_not_logged_in_gets_the_login_and_comes_back(browser: Browser) -> None:
    answer = browser.get("/staff?lang=ja")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/login?next=%2Fstaff%3Flang%3Dja")
    form = browser.get(answer.headers["location"])
    assert 'name="next" value="/staff?lang=ja"' in form.text
    answer = browser.client.post("/staff/login", data={"name": "sato", "password": PASSWORD, "next": "/staff?lang=ja"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff?lang=ja")
    page = browser.get("/staff")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert browser.get("/staff/login?next=/staff/me").headers["location"] == "/staff/me"


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example/staff", "/staffing", "/\\evil.example", "/staff/\r\nx: y", "javascript:1",
     "/m/", "", "/staff@evil.example"],
)  # fmt: skip
def test_a_login_leads_nowhere_else(browser: Browser, path: str) -> None:
    assert within(path) == "/staff"
    answer = browser.client.post("/staff/login", data={"name": "sato", "password": PASSWORD, "next": path})
    assert answer.headers["location"] == "/staff"


def test_the_cookie_is_for_nobody_else(browser: Browser) -> None:
    cookie = browser.log_in("sato").headers["set-cookie"]
    assert re.fullmatch(r"staff=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=strict", cookie)
    answer = browser.client.post("https://127.0.0.1:8322/staff/login", data={"name": "sato", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-staff=")
    assert answer.headers["set-cookie"].endswith("; Path=/; SameSite=strict; Secure")


def test_a_token_that_was_there_before_the_login_is_worth_nothing(browser: Browser) -> None:
    browser.log_in("vera")
    planted = browser.client.cookies["staff"]
    answer = browser.client.post("/staff/login", data={"name": "oda", "password": PASSWORD})
    assert answer.cookies["staff"] != planted
    browser.client.cookies.clear()
    browser.client.cookies.set("staff", planted)
    assert browser.get("/staff").status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set("staff", "chosen by somebody else")
    assert browser.log_in("oda").cookies["staff"] != "chosen by somebody else"


def test_logging_out_ends_it_for_whoever_copied_the_token(browser: Browser) -> None:
    browser.log_in("sato")
    token = browser.client.cookies["staff"]
    answer = browser.post("/staff/logout")
    assert answer.headers["location"] == "/staff/login"
    assert 'staff=""' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"cache"'
    browser.client.cookies.set("staff", token)
    assert browser.get("/staff").status_code == 303


def test_wrong_passwords_are_told_alike_and_then_waited_for(browser: Browser, screens: Clocked) -> None:
    known = browser.log_in("sato", "not this one, surely")
    unknown = browser.log_in("nobody", "not this one, surely")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("sato", "nobody") == unknown.text
    for _ in range(TRIES_OF_A_NAME - 1):
        browser.log_in("sato", "not this one, surely")
    answer = browser.log_in("sato")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert "Wait 30 seconds" in answer.text
    assert "set-cookie" not in answer.headers
    screens.ahead_s += 31.0
    assert browser.log_in("sato").status_code == 303


def test_a_form_counts_only_with_the_mark_of_its_own_session(browser: Browser, screens: Clocked) -> None:
    with Browser(screens) as other:
        other.log_in("oda")
        others = other.mark()
    browser.log_in("mika")
    for mark in ("", "guessed", others, "\u3042"):
        answer = browser.client.post("/staff/mode", data={"mode": "closed", "csrf": mark})
        assert answer.status_code == 403
    assert browser.client.post("/staff/mode", data={"mode": "closed"}).status_code == 403
    ours = browser.mark()
    answer = browser.client.post(
        "/staff/mode", data={"mode": "closed", "csrf": ours}, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    answer = browser.client.post("/staff/mode", data={"mode": "nothing"}, headers={"x-csrf-token": ours})
    assert answer.status_code == 303


def test_a_session_ends_and_a_page_that_looks_by_itself_does_not_keep_it(browser: Browser, screens: Clocked) -> None:
    browser.log_in("sato")
    for _ in range(3):
        screens.ahead_s += IDLE_S / 2
        assert browser.get("/staff/pending", **{"x-part": "decisions"}).status_code in (200, 401)
    assert browser.get("/staff/pending", **{"x-part": "decisions"}).status_code == 401
    assert browser.get("/staff").status_code == 303


def test_a_password_is_changed_by_whoever_knows_it(browser: Browser, screens: Clocked, corner: Corner) -> None:
    with Browser(screens) as elsewhere:
        elsewhere.log_in("sato")
        browser.log_in("sato")
        new = "another four of them"
        browser.post("/staff/me/password", password="not this one, surely", new=new, again=new)
        assert "This is not your password" in browser.told()
        browser.post("/staff/me/password", password=PASSWORD, new="short", again="short")
        assert "guessed too easily" in browser.told()
        browser.post("/staff/me/password", password=PASSWORD, new=new, again="another one")
        assert "not the same" in browser.told()
        assert elsewhere.get("/staff").status_code == 200
        browser.post("/staff/me/password", password=PASSWORD, new=new, again=new)
        assert browser.get("/staff").status_code == 200
        assert elsewhere.get("/staff").status_code == 303
    assert browser.log_in("sato").status_code == 401
    assert browser.log_in("sato", new).status_code == 303
    with Staff(corner.state / FILE) as staff:
        assert "changed a password" in [n.what for n in staff.audit(name="sato")]


def test_one_sees_where_one_is_logged_in_and_ends_it_all(browser: Browser, screens: Clocked) -> None:
    browser.log_in("sato")
    elsewhere = browser.client.cookies["staff"]
    browser.log_in("sato")
    page = browser.get("/staff/me").text
    assert page.count("<li>testclient") == 2
    assert page.count(">here<") == 1
    screens.ahead_s += 600.0
    browser.post("/staff/me/everywhere")
    assert "Type your password" in browser.told()
    browser.post("/staff/me/everywhere", password=PASSWORD)
    assert browser.get("/staff").status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set("staff", elsewhere)
    assert browser.get("/staff").status_code == 303


def test_nobody_works_here_yet(browser: Browser, corner: Corner) -> None:
    for path in corner.state.glob(f"{FILE}*"):
        path.unlink()
    assert "tebura staff add NAME --role owner" in browser.get("/staff/login").text
    assert browser.log_in("sato").status_code == 401
    assert not (corner.state / FILE).exists(), "who only asks begins no register"
