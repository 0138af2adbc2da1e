"""``python -m tests.web.pictures``: the pictures of the screens in the docs, of `tebura demo --screens` at work."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
from playwright.sync_api import Browser, Page, expect

from tests.live.faults import command
from tests.web.browsers import chromium, phone

DOCS = Path(__file__).parents[2] / "docs" / "pictures"
PATIENCE_MS = 180_000

COLOURS_BITS = 5
"""Of eight: what a page needs, and half the bytes."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log.txt"
        with log.open("wb") as file:
            demo = subprocess.Popen(command("demo", "--screens", "--out", name), stdout=file, stderr=file)
        try:
            _draw(log)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def _draw(log: Path) -> None:
    said = ""
    while "Ctrl-C ends it" not in said:
        time.sleep(0.5)
        said = log.read_text(encoding="utf-8")
    found = re.search(r"(http://\S+)/staff   name (\S+), password (\S+)\n.*code (\S+)", said)
    if found is None:
        sys.exit(f"this is not what the demo says:\n{said}")
    url, member, password, code = found.groups()
    with chromium() as browser:
        _phone(browser, url, code)
        page = browser.new_context(viewport={"width": 1200, "height": 980}, base_url=url).new_page()
        page.goto("/staff/login")
        page.fill("#name", member)
        page.fill("#password", password)
        page.click("main button.main")
        expect(page.locator("#inside .cart").nth(1)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#floor .person").nth(3)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#exit .dot").first).to_be_visible(timeout=PATIENCE_MS)
        _shot(page, "console-now.png")
        _review(page)


def _phone(browser: Browser, url: str, code: str) -> None:
    page = phone(browser).new_page()
    page.goto(f"{url.replace('127.0.0.1', 'localhost')}/m/#join={code.replace('-', '')}")
    page.locator("#join button").click()
    page.locator("#qr").wait_for()
    page.wait_for_timeout(500)
    _shot(page, "phone-code.png")


def _review(page: Page) -> None:
    """The first one in which somebody may have been exchanged, or any."""
    for _ in range(60):
        page.goto("/staff/reviews")
        links = [str(a.get_attribute("href")) for a in page.locator("tbody a").all()]
        for link in links:
            page.goto(link)
            if page.locator(".event.unsure").count() and page.locator(".way.other").count():
                page.locator("#when").fill("600")
                expect(page.locator("#charge")).to_be_enabled()  # a moment after it came up
                page.locator("main").click(position={"x": 2, "y": 2})  # nothing has the focus
                _shot(page, "console-review.png", full=True)
                return
        page.wait_for_timeout(2000)
    sys.exit("nothing waits that shows anything")


def _shot(page: Page, name: str, *, full: bool = False) -> None:
    path = DOCS / name
    page.screenshot(path=path, full_page=full)
    picture = cv2.imread(str(path))
    assert picture is not None
    step = 1 << (8 - COLOURS_BITS)
    cv2.imwrite(str(path), (picture // step) * step + step // 2, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
