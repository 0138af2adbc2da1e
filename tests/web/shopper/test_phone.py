"""The page on a phone, in a real browser: its codes are those of the contract, it is small, it comes back, it fits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from edge.web.shopper.enrol import Enrolments
from tests.corner import write_store
from tests.gate.vectors import vectors
from tests.web.axe import serious
from tests.web.browsers import chromium, phone, read_qr
from tests.web.served import Served

FIRST_VIEW_AT_MOST = 100 * 1024

MAKES_CODE = """
async ([library, given]) => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
  const { code } = await import("/static/shopper/code.js");
  let sign;
  if (library) {
    const noble = await import("/static/vendor/noble-ed25519/noble-ed25519-3.2.0.js");
    sign = (data) => noble.signAsync(data, bytes(given.private_key));
  } else {
    const wrapped = [...bytes("302e020100300506032b657004220420"), ...bytes(given.private_key)];
    const key = await crypto.subtle.importKey("pkcs8", Uint8Array.from(wrapped), "Ed25519", false, ["sign"]);
    sign = async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, data));
  }
  const key = { publicKey: bytes(given.public_key), sign };
  return code(key, given.store_id, given.issued_s, bytes(given.nonce), given.party);
}
"""

WITHOUT_ED25519 = """
const generate = crypto.subtle.generateKey.bind(crypto.subtle);
crypto.subtle.generateKey = (algorithm, ...rest) => algorithm === "Ed25519"
  ? Promise.reject(new DOMException("not here", "NotSupportedError")) : generate(algorithm, ...rest);
"""


class Shop:
    """A shop's screens, without the shop."""

    def __init__(self, served: Served, state: Path) -> None:
        self.url = served.url.replace("127.0.0.1", "localhost")  # browsers make keys there without a certificate
        self._state = state

    def invited(self, subject: str) -> str:
        return Enrolments(self._state).invite(subject, "member", "aki", time.time())

    def enrolled(self, page: Page, subject: str) -> None:
        page.goto(f"{self.url}/m/#join={self.invited(subject)}")
        page.locator("#join button").click()
        expect(page.locator("#qr")).to_be_visible()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    store, state = write_store(folder / "store"), folder / "state"
    state.mkdir()
    with Served(store, state) as served:
        yield Shop(served, state)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = phone(browser)
    yield context
    context.close()


@pytest.mark.parametrize("library", [False, True], ids=["browser", "library"])
@pytest.mark.parametrize("given", vectors(), ids=lambda given: str(given["store_id"]))
def test_its_codes_are_those_of_the_contract(
    shop: Shop, context: BrowserContext, given: dict[str, object], library: bool
) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/m/notices")
    assert page.evaluate(MAKES_CODE, [library, given]) == given["text"]


def test_a_key_of_the_browser_s_own_cannot_be_read(shop: Shop, context: BrowserContext) -> None:
    page = context.new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    shop.enrolled(page, "ana")
    kept = page.evaluate("async () => (await import('/static/shopper/kept.js')).get('keys', 'own')")
    assert not page.evaluate(
        "async () => (await (await import('/static/shopper/kept.js')).get('keys', 'own')).privateKey.extractable"
    )
    assert "seed" not in kept
    assert not [url for url in loaded if "noble" in url], "the library is for browsers that need it"


def test_a_browser_without_ed25519_gets_a_library(shop: Shop, context: BrowserContext) -> None:
    context.add_init_script(WITHOUT_ED25519)
    page = context.new_page()
    shop.enrolled(page, "ben")
    page.locator("#qr[data-party]").wait_for()
    assert len(read_qr(page)) == 129


def test_a_browser_that_keeps_nothing_uses_no_code_up(shop: Shop, browser: Browser, context: BrowserContext) -> None:
    context.add_init_script("IDBObjectStore.prototype.put = () => { throw new DOMException('full') };")
    page, code = context.new_page(), shop.invited("noa")
    page.goto(f"{shop.url}/m/#join={code}")
    page.locator("#join button").click()
    expect(page.get_by_role("alert")).to_contain_text("keeps nothing")
    other = phone(browser).new_page()
    other.goto(f"{shop.url}/m/#join={code}")
    other.locator("#join button").click()
    expect(other.locator("#qr")).to_be_visible()
    other.context.close()


@pytest.mark.parametrize("typed", ["#receipt/%", "#contest/%E0%A4%A", "#receipt/20990101-0001", "#x", "#join"])
def test_whatever_is_typed_behind_the_address(shop: Shop, context: BrowserContext, typed: str) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    shop.enrolled(page, "tom")
    page.goto(f"{shop.url}/m/{typed}")
    expect(page.locator("[data-view]:not([hidden])")).to_have_count(1)
    assert faults == []


def test_whose_key_was_forgotten_comes_back_with_one_tap(shop: Shop, context: BrowserContext) -> None:
    page = context.new_page()
    shop.enrolled(page, "eve")
    before = page.evaluate("async () => (await (await import('/static/shopper/key.js')).ownKey()).publicKey.join()")
    page.evaluate("async () => (await import('/static/shopper/kept.js')).forget('keys')")
    page.goto(f"{shop.url}/m/")
    page.get_by_role("button", name="Use this phone again").click()
    expect(page.locator("#qr")).to_be_visible()
    after = page.evaluate("async () => (await (await import('/static/shopper/key.js')).ownKey()).publicKey.join()")
    assert after != before


def test_the_keyboard_alone_suffices(shop: Shop, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/m/")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "join-code":
            break
    page.keyboard.type(shop.invited("pat"))
    page.keyboard.press("Enter")
    expect(page.locator("#qr")).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "more":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#qr")).to_have_attribute("data-party", "2")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hash") == "#receipts":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Receipts")).to_be_focused()


def test_a_phone_that_another_one_has_replaced_says_so(shop: Shop, browser: Browser) -> None:
    pages = [phone(browser).new_page() for _ in range(2)]
    for page in pages:
        shop.enrolled(page, "uma")
    pages[0].reload()
    expect(pages[0].get_by_role("alert")).to_contain_text("not enrolled here any more")
    expect(pages[0].get_by_label("Your code")).to_be_visible()
    expect(pages[0].get_by_role("button", name="Use this phone again")).to_be_hidden()
    for page in pages:
        page.context.close()


def test_a_wrong_code_is_told_in_the_phone_s_language(shop: Shop, browser: Browser) -> None:
    context = phone(browser, "ja")
    page = context.new_page()
    page.goto(f"{shop.url}/m/")
    page.locator("#join-code").fill("00000-00000")
    page.get_by_role("button", name="このスマートフォンを登録").click()
    expect(page.get_by_role("alert")).to_contain_text("このコードは誤りか")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Enrol this phone")).to_be_visible()
    context.close()


def test_the_first_view_is_small_and_asks_no_other_host(shop: Shop, context: BrowserContext) -> None:
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{shop.url}/m/", wait_until="networkidle")
    sizes = {answer.url: len(answer.body()) for answer in answers if answer.status == 200}
    assert 20_000 < sum(sizes.values()) <= FIRST_VIEW_AT_MOST, sizes
    assert all(url.startswith(shop.url) for url in sizes)


def test_the_code_is_there_within_a_second_and_without_network(shop: Shop, context: BrowserContext) -> None:
    page = context.new_page()
    shop.enrolled(page, "ida")
    page.evaluate("navigator.serviceWorker.ready")
    context.set_offline(True)
    page.goto(f"{shop.url}/m/")
    page.locator("#qr[data-party]").wait_for()
    took_ms = page.evaluate("performance.now()")
    assert took_ms < 1000, took_ms
    expect(page.locator("#trouble")).to_contain_text("Your code works all the same")
    assert len(read_qr(page)) == 129


@pytest.mark.parametrize("view", ["", "#code", "#receipts", "notices"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_fits_a_small_phone_and_large_letters_and_everybody_can_use_it(
    shop: Shop, browser: Browser, view: str, language: str
) -> None:
    context = phone(browser, language)
    page = context.new_page()
    if view.startswith("#"):
        shop.enrolled(page, "kai")
    for width in (360, 180):  # the latter is what 200 % zoom leaves
        page.set_viewport_size({"width": width, "height": 740})
        page.goto(f"{shop.url}/m/{view}")
        page.wait_for_load_state("networkidle") if not view else page.wait_for_timeout(0)
        seen: Any = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert seen[0] <= width, (view, language, seen)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert serious(page) == []
    context.close()
