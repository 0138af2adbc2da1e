"""A shopper's whole visit, in a real browser and a shop that runs: from the code that staff give to their answer."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import pytest
import segno
from playwright.sync_api import BrowserContext, Page, expect

from edge.daemon.desk import ask
from tests.adapters.brokers import until
from tests.live.faults import command
from tests.web.axe import serious
from tests.web.served import Served
from tests.web.shopper.browsers import chromium, phone, read_qr
from tests.web.shopper.walks import ONIGIRI_G, TEA_G, Walk

SOON_MS = 8000


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with Walk(tmp_path_factory.mktemp("corner")) as walk:
        yield walk


@pytest.fixture(scope="module")
def served(walk: Walk) -> Iterator[Served]:
    with Served(walk.store, walk.state) as served:
        yield served


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with chromium() as browser:
        yield phone(browser)


def shop_at(served: Served) -> str:
    """A name for which browsers make keys without a certificate."""
    return served.url.replace("127.0.0.1", "localhost")


def invited(walk: Walk, subject: str, address: str) -> str:
    """The link that staff's command prints."""
    words = command("member", "invite", subject, "--store", str(walk.store), "--state", str(walk.state))
    done = subprocess.run([*words, "--address", address], capture_output=True, text=True, check=True, env=os.environ)
    found = re.search(r"^http\S+$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return found[0]


def seen(page: Page, text: str) -> str:
    """The same text, after it was shown as a QR code on another screen and read from there."""
    page.set_content(segno.make_qr(text, error="m").svg_inline(scale=6))
    return read_qr(page)


def test_from_the_first_code_to_the_answer(walk: Walk, served: Served, context: BrowserContext) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)

    link = invited(walk, "ana", shop_at(served))
    assert seen(page, link) == link
    page.goto(link)
    page.get_by_role("button", name="Enrol this phone").click()
    expect(page.locator("#qr")).to_be_visible(timeout=SOON_MS)
    until(lambda: len(read_qr(page)) == 129, "a reader reads the code", 5.0)
    page.get_by_role("button", name="One more").click()
    expect(page.locator("#qr")).to_have_attribute("data-party", "2")
    page.get_by_role("button", name="One fewer").click()
    expect(page.locator("#qr")).to_have_attribute("data-party", "1")

    board, exit_board = context.browser.new_page(), context.browser.new_page()  # type: ignore[union-attr]
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
    until(lambda: bool(walk.entries("visit")), "the gate takes it", 5.0)
    expect(board.locator("#board")).to_contain_text("Welcome", timeout=SOON_MS)
    context.set_offline(False)
    walk.come_in()

    expect(page.get_by_role("heading", name="Your cart")).to_be_visible(timeout=SOON_MS)
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

    page.get_by_role("link", name="Something is wrong").click()
    page.get_by_label("Something is missing").check()
    page.get_by_label("Say it in your words").fill("I hold a tea <b>as well</b>")
    page.get_by_role("button", name="Tell the shop").click()
    expect(page.locator("#cart-said")).to_contain_text("I hold a tea <b>as well</b>", timeout=SOON_MS)

    walk.leave()
    expect(exit_board.locator("#board")).to_contain_text("¥356", timeout=SOON_MS)
    expect(exit_board.locator("#board")).to_contain_text("Just walk out", timeout=15_000)
    expect(page.get_by_role("heading", name=re.compile(r"\d{4}"))).to_be_visible(timeout=15_000)
    expect(page.locator("#receipt-total")).to_have_text("¥356")
    expect(page.locator("#receipt-lines")).to_contain_text("Salmon onigiri × 2")

    page.locator("#receipt-wrong").click()
    page.get_by_label("I did not take this").check()
    page.locator("#contest-lines select").select_option("1")
    assert serious(page) == []
    page.get_by_role("button", name="Tell the shop").click()
    expect(page.locator("#receipt-said .said")).to_have_count(2, timeout=SOON_MS)
    expect(page.locator("#receipt-said .said").last).to_contain_text("Staff have it")
    contests = walk.entries("contested")
    assert [entry.body["about"] for entry in contests] == ["missing", "not-taken"]
    assert contests[1].body["lines"] == [{"sku": "onigiri-salmon", "quantity": 1}]

    visit = contests[1].visit
    ask(walk.state, {"do": "decide", "visit": visit, "verdict": "refund", "by": "aki",
                     "lines": {"onigiri-salmon": 1}, "reason": "correction"})  # fmt: skip
    ask(walk.state, {"do": "answer", "visit": visit, "contest": contests[1].key, "by": "aki", "message": "Sorry!"})
    expect(page.locator("#receipt-said .answers").last).to_contain_text("Sorry!", timeout=SOON_MS)
    expect(page.locator("#taken-back-lines")).to_contain_text("Salmon onigiri", timeout=SOON_MS)
    page.get_by_text("The receipt in full").click()
    expect(page.locator("#papers-shown .paper")).to_have_count(2)
    expect(page.locator("#papers-shown")).to_contain_text("Corrected receipt")
    assert serious(page) == []
    page.get_by_role("link", name="Receipts", exact=True).click()
    expect(page.locator("#receipts li")).to_have_count(1)
    assert serious(page) == []
    assert faults == []
