"""Debian's Chromium, as tests drive it: on a phone's screen, and what a QR code's reader sees of it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web.shops import PASSWORD

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


PATIENCE_MS = 20_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; skipped where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def phone(browser: Browser, language: str = "en") -> BrowserContext:
    """360 x 740, as small as phones are."""
    return browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, locale=language, has_touch=True, is_mobile=True
    )


def at_the_desk(
    browser: Browser, url: str, name: str, language: str = "en-GB", size: tuple[int, int] = (1280, 800), *,
    dark: bool = False,
) -> Page:  # fmt: skip
    """Somebody of the staff who has logged in, by the keyboard alone: the name's field has the focus."""
    wide, high = size
    context = browser.new_context(
        viewport={"width": wide, "height": high}, locale=language, base_url=url,
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/staff/login", wait_until="load")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")
    return page


def read_qr(page: Page) -> str:
    """What a reader in front of the screen reads; empty: nothing."""
    import cv2

    shot = np.frombuffer(io.BytesIO(page.screenshot()).getvalue(), np.uint8)
    picture = cv2.imdecode(shot, cv2.IMREAD_GRAYSCALE)
    found = zxingcpp.read_barcode(picture)
    return "" if found is None else found.text
