"""*Your account* on a small phone, in both languages: what a member allows, and how they leave for good."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from edge.adapters.members import FILE, Members
from edge.facts.consents import consents_in
from edge.ledger import Book
from edge.web.languages import words
from edge.web.shopper.enrol import Enrolments
from tests.web.axe import serious
from tests.web.browsers import chromium, phone
from tests.web.served import Served
from tests.web.shops import Corner

SUBJECTS = {"en": "member-17", "ja": "member-18"}


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    with Corner(tmp_path_factory.mktemp("corner")) as corner:
        yield corner


@pytest.fixture(scope="module")
def served(corner: Corner) -> Iterator[Served]:
    with Served(corner.folder, corner.state) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_member_allows_takes_it_back_and_leaves(
    corner: Corner, served: Served, browser: Browser, language: str
) -> None:
    subject, _ = SUBJECTS[language], words(language).gettext
    url = served.url.replace("127.0.0.1", "localhost")
    context = phone(browser, language)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 640})
    code = Enrolments(corner.state).invite(subject, "member", "aki", time.time())
    page.goto(f"{url}/m/#join={code}")
    page.locator("#join button").click()
    expect(page.locator("#qr")).to_be_visible()
    page.goto(f"{url}/m/#bought")
    page.get_by_role("link", name=_("Your account: what you allow, and how to leave")).click()
    expect(page.locator("#account-subject")).to_have_text(subject)
    box = page.get_by_label(_("Your name beside what happened in the shop"))
    expect(box).not_to_be_checked()
    for given in (True, False, True):
        box.click()
        expect(box).to_be_enabled()
        expect(box).to_be_checked(checked=given)
        with Book(corner.state / "ledger.db", read_only=True) as book:
            assert consents_in(book).get(subject, frozenset()) == ({"insight"} if given else set())
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    leave = page.get_by_role("button", name=_("Delete my account"))
    expect(leave).to_be_disabled()
    page.locator("#delete-sure").check()
    leave.click()
    expect(page.locator("#join-told")).to_have_text(_("You are forgotten here. This phone has no key any more."))
    page.reload()
    expect(page.locator("#join")).to_be_visible()
    expect(page.locator("#again")).to_be_hidden()
    with Members(corner.state / FILE) as members:
        assert subject not in {enrolment.subject for enrolment in members.everybody()}
    context.close()
