"""Reviews in a real browser: a person who knows nothing decides what waits, by keys and by the page alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.web.console.pictures import NEAR_S
from edge.web.staff import FILE, Staff
from tests.adapters.brokers import until
from tests.web.browsers import at_the_desk, chromium
from tests.web.evening import Evening
from tests.web.served import Served
from tests.web.shops import PASSWORD

JPEG = cv2.imencode(".jpg", np.full((40, 60, 3), 90, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    with Evening(tmp_path_factory.mktemp("evening"), 20, 4) as evening:
        with Staff(evening.state / FILE) as staff:
            staff.add("aki", PASSWORD, ["staff"], 1.0)
            staff.add("ren", PASSWORD, ["staff"], 1.0)
            staff.add("vera", PASSWORD, ["viewer"], 1.0)
        yield evening


@pytest.fixture(scope="module")
def url(evening: Evening) -> Iterator[str]:
    with Served(evening.store, evening.state) as served:
        yield served.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def log_in(browser: Browser, url: str, name: str, language: str = "en-GB", wide: int = 1280) -> Page:
    page = at_the_desk(browser, url, name, language, (wide, 800))
    page.goto("/staff/reviews")
    return page


def of(page: Page) -> str:
    return page.url.rpartition("/")[2].partition("?")[0]


def press(page: Page, key: str) -> None:
    """A decision, once the page takes one."""
    expect(page.locator("#waive")).to_be_enabled()
    page.keyboard.press(key)


def test_a_key_while_the_screens_are_gone_sends_nothing_and_keeps_what_was_typed(
    evening: Evening, browser: Browser
) -> None:
    with Served(evening.store, evening.state) as served:
        page = log_in(browser, served.url, "ren")
        page.keyboard.press("Enter")
        page.wait_for_url("**/staff/reviews/2*")
        visit = of(page)
        expect(page.locator("#waive")).to_be_enabled()
        page.locator(".units").first.fill("7")
        page.context.set_offline(True)
        page.locator("main").click(position={"x": 5, "y": 5})
        for key in ("w", "l", "n"):
            page.keyboard.press(key)
            expect(page.locator("#unsent")).to_be_visible()
            assert of(page) == visit
        assert page.locator(".units").first.input_value() == "7"
        with Staff(evening.state / FILE) as staff:
            assert not [n for n in staff.audit(name="ren") if n.what.startswith("decided")]
        page.context.set_offline(False)
        page.locator("main").click(position={"x": 5, "y": 5})
        page.keyboard.press("l")
        page.wait_for_url(lambda address: visit not in address)
        expect(page.locator("#unsent")).to_be_hidden()
        page.context.close()


def test_everything_that_waits_is_decided_by_keys(evening: Evening, url: str, browser: Browser) -> None:
    waiting = evening.waiting()
    assert waiting >= 8, "the tests below need some as well"
    page = log_in(browser, url, "aki")
    expect(page.locator("tbody tr")).to_have_count(waiting)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/reviews/2*")

    # As it is listed; what is believed stands beside it.
    charged = of(page)
    listed = {str(i.get_attribute("name"))[6:]: int(i.input_value()) for i in page.locator(".units").all()}
    assert page.locator(".way.own").count() > 0
    assert page.locator(".event .trace").count() > 0
    press(page, "c")
    page.wait_for_url(lambda address: charged not in address)

    # One unit less of the first line: arrows choose it, minus takes it away.
    changed = of(page)
    before = {str(i.get_attribute("name"))[6:]: int(i.input_value()) for i in page.locator(".units").all()}
    page.keyboard.press("ArrowDown")
    page.keyboard.press("-")
    expect(page.locator("#charge")).to_contain_text("Charge what is changed")
    after = {str(i.get_attribute("name"))[6:]: int(i.input_value()) for i in page.locator(".units").all()}
    assert sum(after.values()) == sum(before.values()) - 1
    expect(page.locator("#total")).to_be_hidden()
    page.locator("body").press("Tab")
    page.evaluate("document.activeElement.blur()")
    press(page, "c")
    page.wait_for_url(lambda address: changed not in address)

    # Nothing at all; and one that is left for later comes again at the end.
    waived = of(page)
    press(page, "w")
    page.wait_for_url(lambda address: waived not in address)
    left = of(page)
    page.keyboard.press("l")
    page.wait_for_url(lambda address: left not in address)
    page.goto("/staff/reviews")
    expect(page.locator("tr", has_text="later (aki)")).to_have_count(1)

    until(lambda: evening.waiting() == waiting - 3, "the shop has heard of three", 30.0)
    assert evening.decided(charged)[1:] == ("aki", {sku: n for sku, n in listed.items() if n})
    assert evening.decided(changed)[1:] == ("aki", {sku: n for sku, n in after.items() if n})
    assert evening.decided(waived)[1:] == ("aki", {})
    assert evening.decided(left)[0] == ""
    page.context.close()


def test_who_decides_can_take_it_back_before_the_shop_hears_of_it(evening: Evening, url: str, browser: Browser) -> None:
    page = log_in(browser, url, "aki")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/reviews/2*")
    visit = of(page)
    press(page, "w")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("taken back, nothing was done")).to_be_visible()
    page.goto(f"/staff/reviews/{visit}")
    press(page, "c")
    page.wait_for_url(lambda address: visit not in address)
    until(lambda: evening.decided(visit)[0] != "", "the shop has heard of the second decision", 30.0)
    assert evening.decided(visit)[2], "had it heard of the first, nothing would be charged"
    page.context.close()


def test_one_press_too_many_decides_nothing_more(evening: Evening, url: str, browser: Browser) -> None:
    """A double click, a key that is held down: the visit that comes up next has been read by nobody."""
    page = log_in(browser, url, "ren")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/reviews/2*")
    first = of(page)
    page.locator("#charge").dblclick()
    page.wait_for_url(lambda address: first not in address)
    expect(page.locator("#decisions .decision")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("taken back, nothing was done")).to_be_visible()

    second = of(page)
    assert second != first
    expect(page.locator("#waive")).to_be_enabled()
    page.keyboard.down("w")
    page.wait_for_url(lambda address: second not in address)
    third = of(page)
    expect(page.locator("#waive")).to_be_enabled()
    page.keyboard.down("w")  # it was never let go: a repetition
    page.keyboard.up("w")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.get_by_text("taken back, nothing was done")).to_have_count(2)
    assert of(page) == third
    page.context.close()


def test_two_people_do_not_decide_one_visit(evening: Evening, url: str, browser: Browser) -> None:
    aki, ren = log_in(browser, url, "aki"), log_in(browser, url, "ren")
    aki.keyboard.press("Enter")
    aki.wait_for_url("**/staff/reviews/2*")
    visit = of(aki)
    ren.goto(f"/staff/reviews/{visit}")
    expect(ren.get_by_text("aki looks at this one, too.")).to_be_visible()
    press(aki, "w")
    aki.wait_for_url(lambda address: visit not in address)
    press(ren, "c")
    expect(ren.get_by_text("aki has decided about it just now.")).to_be_visible()
    until(lambda: evening.decided(visit)[0] != "", "the shop has heard of it", 30.0)
    assert evening.decided(visit)[1:] == ("aki", {})
    ren.reload()
    expect(ren.get_by_text("Nothing is to be decided here any more.")).to_be_visible()
    for page in (aki, ren):
        page.context.close()


def test_who_may_only_look_sees_no_evidence_no_names_and_decides_nothing(
    evening: Evening, url: str, browser: Browser
) -> None:
    page = log_in(browser, url, "vera")
    page.locator("tbody a").first.click()
    expect(page.get_by_text("You may not see what cameras and shelves measured.")).to_be_visible()
    assert page.locator("#charge, #waive, .plan, .trace").count() == 0
    assert page.locator("h1").inner_text().split()[-1].startswith("2026")
    page.context.close()


@pytest.mark.parametrize("language", ["en-GB", "ja-JP"])
def test_a_small_phone_needs_no_sideways_scrolling(evening: Evening, url: str, browser: Browser, language: str) -> None:
    page = log_in(browser, url, "ren", language, wide=360)
    for path in ("/staff/reviews", "/staff/reviews/next"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


def test_cut_outs_are_shown_beside_what_they_show_and_only_there(evening: Evening, url: str, browser: Browser) -> None:
    """Where the policy keeps any. Somebody else's are not at this visit's address."""
    page = log_in(browser, url, "ren")
    page.goto("/staff/reviews/next")
    visit = of(page)
    moments_s = [float(str(link.get_attribute("data-seek"))) for link in page.locator("[data-seek]").all()]
    moment_s = moments_s[0]
    folder = evening.state / "evidence" / "c1"
    folder.mkdir(parents=True, exist_ok=True)
    for away_s in (0.4, -900.0):
        name = datetime.fromtimestamp(moment_s + away_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
        (folder / f"{name}.jpg").write_bytes(JPEG)
    page.reload()
    picture = page.locator(f'img[src*="{visit}/pictures/c1/"]')
    expect(picture).to_have_count(sum(abs(s - moment_s - 0.4) <= NEAR_S for s in moments_s))
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    picture.first.evaluate("i => i.scrollIntoView()")
    until(lambda: picture.first.evaluate("i => i.complete && i.naturalWidth > 0"), "the picture is there", 20.0)
    assert page.request.get(f"/staff/reviews/{visit}/pictures/c1/{name}.jpg").status == 404
    assert page.request.get(f"/staff/reviews/{visit}/pictures/../c1/{name}.jpg").status == 404
    page.context.close()
