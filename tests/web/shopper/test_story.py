"""A shopper's whole visit, in a real browser and a shop that runs: from the code that staff show to the refund. On a
phone and at a desk, in both languages.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.checkout.words import WORDS
from edge.web.languages import words
from edge.web.staff import FILE, Staff
from tests.adapters.brokers import until
from tests.web.axe import serious
from tests.web.served import Served
from tests.web.shopper.browsers import chromium, phone, read_qr
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


def at_the_desk(browser: Browser, served: Served, language: str) -> Page:
    """Somebody of the staff, at a desktop."""
    view = {"width": 1280, "height": 800}
    page = browser.new_context(viewport=view, locale=LANGUAGES[language], base_url=served.url).new_page()  # type: ignore[arg-type]
    page.goto("/staff/login")
    page.fill("#name", "oda")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/staff")
    return page


def invited(desk: Page, subject: str) -> str:
    """What a phone's camera reads from staff's screen."""
    desk.goto("/staff/members")
    desk.fill("#subject", subject)
    desk.locator("form[action='/staff/members/invite'] button.main").click()
    expect(desk.locator("figure svg")).to_be_visible()
    return read_qr(desk)


@pytest.mark.parametrize(("language", "subject"), [("en", "ana"), ("ja", "ben")])
def test_from_the_first_code_to_the_answer(
    walk: Walk, served: Served, browser: Browser, language: str, subject: str
) -> None:
    _ = words(language).gettext
    desk, context, before = at_the_desk(browser, served, language), phone(browser, language), len(walk.entries("visit"))
    page = context.new_page()
    faults: list[str] = []
    for shown in (page, desk):
        shown.on("pageerror", lambda error: faults.append(str(error)))
        shown.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)

    page.goto(invited(desk, subject))
    page.get_by_role("button", name=_("Enrol this phone")).click()
    expect(page.locator("#qr")).to_be_visible(timeout=SOON_MS)
    until(lambda: len(read_qr(page)) == 129, "a reader reads the code", 5.0)
    page.get_by_role("button", name=_("One more")).click()
    expect(page.locator("#qr")).to_have_attribute("data-party", "2")
    page.get_by_role("button", name=_("One fewer")).click()
    expect(page.locator("#qr")).to_have_attribute("data-party", "1")

    board, exit_board = browser.new_page(), browser.new_page()
    board.goto(f"{served.url}/gate/in")
    exit_board.goto(f"{served.url}/gate/out")
    expect(board.locator("#board")).to_contain_text("Show your code")
    assert serious(board) == []
    context.set_offline(True)  # the gate's code needs no network
    page.reload()
    expect(page.locator("#qr")).to_be_visible(timeout=SOON_MS)
    text = read_qr(page)
    until(lambda: read_qr(page) not in ("", text), "the next code, without network", 15.0)
    walk.scan(read_qr(page))
    until(lambda: len(walk.entries("visit")) > before, "the gate takes it", 5.0)
    visit = walk.entries("visit")[-1].visit
    expect(board.locator("#board")).to_contain_text("Welcome", timeout=SOON_MS)
    context.set_offline(False)
    walk.come_in()

    expect(page.get_by_role("heading", name=_("Your cart"))).to_be_visible(timeout=SOON_MS)
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

    page.get_by_role("link", name=_("Something is wrong")).click()
    page.get_by_label(_("Something is missing")).check()
    page.get_by_label(_("Say it in your words")).fill("I hold a tea <b>as well</b>")
    page.get_by_role("button", name=_("Tell the shop")).click()
    expect(page.locator("#cart-said")).to_contain_text("I hold a tea <b>as well</b>", timeout=SOON_MS)

    walk.leave()
    expect(exit_board.locator("#board")).to_contain_text("¥356", timeout=SOON_MS)
    expect(exit_board.locator("#board")).to_contain_text("Just walk out", timeout=15_000)
    expect(page.get_by_role("heading", name=re.compile(r"\d{4}"))).to_be_visible(timeout=15_000)
    expect(page.locator("#receipt-total")).to_have_text("¥356")
    expect(page.locator("#receipt-lines")).to_contain_text("Salmon onigiri × 2")

    page.locator("#receipt-wrong").click()
    page.get_by_label(_("I did not take this")).check()
    page.locator("#contest-lines select").select_option("1")
    assert serious(page) == []
    page.get_by_role("button", name=_("Tell the shop")).click()
    expect(page.locator("#receipt-said .said")).to_have_count(2, timeout=SOON_MS)
    expect(page.locator("#receipt-said .said").last).to_contain_text(_("Staff have it, and will answer here."))
    contests = [entry for entry in walk.entries("contested") if entry.visit == visit]
    assert [entry.body["about"] for entry in contests] == ["missing", "not-taken"]
    assert contests[1].body["lines"] == [{"sku": "onigiri-salmon", "quantity": 1}]

    desk.goto(f"/staff/visits/{visit}")
    said = desk.locator("#contests .note").last
    said.locator("textarea").fill("Sorry!")
    said.locator("button").click()
    expect(page.locator("#receipt-said .answers").last).to_contain_text("Sorry!", timeout=SOON_MS)
    desk.locator("input.units").fill("1")
    desk.locator("input[name=reason][value=correction]").check()
    desk.locator("form[action$='/refund'] button").click()
    expect(page.locator("#taken-back-lines")).to_contain_text("Salmon onigiri", timeout=20_000)
    page.get_by_text(_("The receipt in full")).click()
    expect(page.locator("#papers-shown .paper")).to_have_count(2)
    expect(page.locator("#papers-shown")).to_contain_text(WORDS[language].corrected)
    assert serious(page) == []
    page.get_by_role("link", name=_("Receipts"), exact=True).click()
    expect(page.locator("#receipts li")).to_have_count(1)
    assert serious(page) == []
    assert faults == []
