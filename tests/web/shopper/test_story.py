"""A shopper's whole visit, in a real browser and a shop that runs: from the code that staff show to the refund. On a
phone and at a desk, in both languages.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from edge.checkout.words import WORDS
from edge.web.languages import words
from edge.web.staff import FILE, Staff
from tests.adapters.brokers import until
from tests.web.axe import serious
from tests.web.browsers import at_the_desk, chromium, phone, read_qr
from tests.web.served import Served
from tests.web.shopper.walks import ONIGIRI_G, TEA_G, Walk
from tests.web.shops import PASSWORD

SOON_MS = 8000
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with Walk(tmp_path_factory.mktemp("corner")) as walk:
        with Staff(walk.state / FILE) as staff:
            staff.add("oda", PASSWORD, ["owner"], time.time())
        yield walk


@pytest.fixture(scope="module")
def served(walk: Walk) -> Iterator[Served]:
    with Served(walk.store, walk.state) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def invited(desk: Page, subject: str) -> str:
    """What a phone's camera reads from staff's screen."""
    desk.goto("/staff/members")
    desk.fill("#subject", subject)
    desk.locator("form[action='/staff/members/invite'] button.main").click()
    expect(desk.locator("figure svg")).to_be_visible()
    return read_qr(desk)


class Story:
    """One shopper with a phone, somebody of the staff at a desk, and the boards at both gates; in one language."""

    def __init__(self, walk: Walk, served: Served, browser: Browser, language: str) -> None:
        self.walk, self.language, self._ = walk, language, words(language).gettext
        self.desk = at_the_desk(browser, served.url, "oda", LANGUAGES[language])
        self.phone = phone(browser, language)
        self.page = self.phone.new_page()
        self.entry, self.exit = browser.new_page(), browser.new_page()
        self.entry.goto(f"{served.url}/gate/in")
        self.exit.goto(f"{served.url}/gate/out")
        self.visit = ""
        self.faults: list[str] = []
        for page in (self.page, self.desk):
            page.on("pageerror", lambda error: self.faults.append(str(error)))
            page.on("console", self._said)

    def _said(self, said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            self.faults.append(said.text)

    def enrols(self, subject: str) -> None:
        page, _ = self.page, self._
        page.goto(invited(self.desk, subject))
        page.get_by_role("button", name=_("Enrol this phone")).click()
        expect(page.locator("#qr")).to_be_visible(timeout=SOON_MS)
        until(lambda: len(read_qr(page)) == 129, "a reader reads the code", 5.0)
        page.get_by_role("button", name=_("One more")).click()
        expect(page.locator("#qr")).to_have_attribute("data-party", "2")
        page.get_by_role("button", name=_("One fewer")).click()
        expect(page.locator("#qr")).to_have_attribute("data-party", "1")

    def comes_in_without_network(self) -> None:
        page, walk, before = self.page, self.walk, len(self.walk.entries("visit"))
        expect(self.entry.locator("#board")).to_contain_text("Show your code")
        assert serious(self.entry) == []
        self.phone.set_offline(True)
        page.reload()
        expect(page.locator("#qr")).to_be_visible(timeout=SOON_MS)
        text = read_qr(page)
        until(lambda: read_qr(page) not in ("", text), "the next code, without network", 15.0)
        walk.scan(read_qr(page))
        until(lambda: len(walk.entries("visit")) > before, "the gate takes it", 5.0)
        self.visit = walk.entries("visit")[-1].visit
        expect(self.entry.locator("#board")).to_contain_text("Welcome", timeout=SOON_MS)
        self.phone.set_offline(False)
        walk.come_in()

    def takes_and_puts_back(self) -> None:
        page, walk = self.page, self.walk
        expect(page.get_by_role("heading", name=self._("Your cart"))).to_be_visible(timeout=SOON_MS)
        lines = page.locator("#cart-lines li")
        walk.take(3, TEA_G)
        expect(lines).to_have_count(1, timeout=SOON_MS)
        expect(lines.first).to_contain_text("Green tea <600 ml> & lemon")
        walk.take(1, 2 * ONIGIRI_G)
        expect(page.locator("#cart-total")).to_have_text("¥507", timeout=SOON_MS)
        assert serious(page) == []
        walk.take(3, -TEA_G)
        expect(lines).to_have_count(1, timeout=SOON_MS)
        expect(lines.first).to_contain_text("Salmon onigiri × 2")
        expect(page.locator("#cart-total")).to_have_text("¥356")

    def contests_while_inside(self) -> None:
        page, _ = self.page, self._
        page.get_by_role("link", name=_("Something is wrong")).click()
        page.get_by_label(_("Something is missing")).check()
        page.get_by_label(_("Say it in your words")).fill("I hold a tea <b>as well</b>")
        page.get_by_role("button", name=_("Tell the shop")).click()
        expect(page.locator("#cart-said")).to_contain_text("I hold a tea <b>as well</b>", timeout=SOON_MS)

    def leaves(self) -> None:
        self.walk.leave()
        page = self.page
        expect(self.exit.locator("#board")).to_contain_text("¥356", timeout=SOON_MS)
        expect(self.exit.locator("#board")).to_contain_text("Just walk out", timeout=15_000)
        expect(page.get_by_role("heading", name=re.compile(r"\d{4}"))).to_be_visible(timeout=15_000)
        expect(page.locator("#receipt-total")).to_have_text("¥356")
        expect(page.locator("#receipt-lines")).to_contain_text("Salmon onigiri × 2")

    def contests_the_receipt(self) -> None:
        page, _ = self.page, self._
        page.locator("#receipt-wrong").click()
        page.get_by_label(_("I did not take this")).check()
        page.locator("#contest-lines select").select_option("1")
        assert serious(page) == []
        page.get_by_role("button", name=_("Tell the shop")).click()
        expect(page.locator("#receipt-said .said")).to_have_count(2, timeout=SOON_MS)
        expect(page.locator("#receipt-said .said").last).to_contain_text(_("Staff have it, and will answer here."))
        contests = [entry for entry in self.walk.entries("contested") if entry.visit == self.visit]
        assert [entry.body["about"] for entry in contests] == ["missing", "not-taken"]
        assert contests[1].body["lines"] == [{"sku": "onigiri-salmon", "quantity": 1}]

    def is_answered_and_given_back(self) -> None:
        page, desk = self.page, self.desk
        desk.goto(f"/staff/visits/{self.visit}")
        said = desk.locator("#contests .note").last
        said.locator("textarea").fill("Sorry!")
        said.locator("button").click()
        expect(page.locator("#receipt-said .answers").last).to_contain_text("Sorry!", timeout=SOON_MS)
        desk.locator("input.units").fill("1")
        desk.locator("input[name=reason][value=correction]").check()
        desk.locator("form[action$='/refund'] button").click()
        expect(page.locator("#taken-back-lines")).to_contain_text("Salmon onigiri", timeout=20_000)

    def reads_all_papers(self) -> None:
        page, _ = self.page, self._
        page.get_by_text(_("The receipt in full")).click()
        expect(page.locator("#papers-shown .paper")).to_have_count(2)
        expect(page.locator("#papers-shown")).to_contain_text(WORDS[self.language].corrected)
        assert serious(page) == []
        page.get_by_role("link", name=_("Receipts"), exact=True).click()
        expect(page.locator("#receipts li")).to_have_count(1)
        assert serious(page) == []


@pytest.mark.parametrize(("language", "subject"), [("en", "ana"), ("ja", "ben")])
def test_from_the_first_code_to_the_answer(
    walk: Walk, served: Served, browser: Browser, language: str, subject: str
) -> None:
    story = Story(walk, served, browser, language)
    story.enrols(subject)
    story.comes_in_without_network()
    story.takes_and_puts_back()
    story.contests_while_inside()
    story.leaves()
    story.contests_the_receipt()
    story.is_answered_and_given_back()
    story.reads_all_papers()
    assert story.faults == []


def test_a_newcomer_joins_at_the_board(walk: Walk, served: Served, browser: Browser) -> None:
    """The phone reads the code off the tablet at the gate; the next one who stands there is shown another."""
    board = browser.new_context(viewport={"width": 1024, "height": 768}, locale="ja-JP").new_page()
    board.goto(f"{served.url}/gate/in")
    until(lambda: "#join=" in read_qr(board), "a phone reads the board")
    link = read_qr(board)
    assert serious(board) == []
    page = phone(browser, "ja").new_page()
    page.goto(link)
    page.get_by_role("button", name=words("ja").gettext("Enrol this phone")).click()
    until(lambda: len(read_qr(page)) == 129, "the phone shows a code for the gate")
    until(lambda: read_qr(board) not in ("", link), "the next one has a code of their own")
    before = len(walk.entries("visit"))
    walk.scan(read_qr(page))
    until(lambda: len(walk.entries("visit")) > before, "the gate lets a newcomer in")
    assert str(walk.entries("visit")[-1].body["subject"]).startswith("guest-")
    expect(board.locator("#board")).to_contain_text("いらっしゃいませ", timeout=SOON_MS)
    expect(board.locator(".join")).to_have_count(0)
