"""The page behind a shelf's QR code, the label that leads there, and what a phone adds for who is inside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.site import Site
from edge.store import load_store
from edge.store.lots import read_lots
from edge.store.tables import Fault
from edge.web.app import app_of
from edge.web.shop import Screens
from edge.web.shopper.enrol import Enrolments
from tests.corner import CATALOGUE, OPENS_S, STORE, write_store
from tests.members.shops import Club, with_points
from tests.typed import typed
from tests.web.axe import serious
from tests.web.browsers import chromium, phone, read_qr
from tests.web.served import Served
from tests.web.shopper.phones import Phone

TEA = "4901234567894"
HEAD, *ROWS = CATALOGUE.splitlines()
GOODS = "\n".join(
    [
        f"{HEAD},name_ja,allergens,allergens_ja,origin",
        f"{ROWS[0]},おにぎり 鮭,Wheat; salmon,小麦・さけ,Japan",
        ROWS[1].replace("2000000000022", TEA) + ",緑茶,,,",
        "",
    ]
)
LOTS = """\
sku,lot,best_before,harvested,origin,origin_ja,route
green-tea,A1,2099-01-31,2026-05-02,Uji,宇治,Uji - Tokyo - here
green-tea,OLD,2001-01-31,,Uji,宇治,
"""
PRICES = "sku,price,from,until,why,why_ja\nonigiri-salmon,150,,2099-12-31,Evening,夕方の値引き\n"


def folder_in(path: Path, toml: str = STORE) -> Path:
    folder = write_store(path, store_toml=toml, catalogue_csv=GOODS)
    (folder / "lots.csv").write_text(LOTS)
    (folder / "prices.csv").write_text(PRICES)
    return folder


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    folder = folder_in(tmp_path / "store")
    site = Site().model_copy(
        update={"screens": Site().screens.model_copy(update={"address": "https://shop.example.jp"})}
    )
    with TestClient(app_of(Screens(load_store(folder), site, tmp_path / "state", folder))) as client:
        client.base_url = "http://127.0.0.1:8322"
        yield client


def test_the_page_says_what_it_costs_what_is_in_it_and_where_it_comes_from(client: TestClient) -> None:
    page = client.get("/p/onigiri-salmon?lang=ja").text
    for part in (
        "おにぎり 鮭",
        "¥150",
        "(税込)",
        "¥178",
        "夕方の値引き",
        "うち消費税等 ¥11(8%)",
        "小麦・さけ",
        "Japan",
    ):
        assert part in page, part
    client.cookies.clear()
    answer = client.get(f"/01/0{TEA}?s=g1-s1", headers={"Accept-Language": "en"})
    for part in ("Green tea &lt;600 ml&gt; &amp; lemon", "¥151", "Uji - Tokyo - here", "Jan 31, 2099", "May 2, 2026"):
        assert part in answer.text, part
    assert "OLD" not in answer.text, "what is over is not told"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "OLD" in client.get(f"/01/{TEA}/10/OLD").text, "unless it is asked for"
    assert len(answer.content) < 6000


def test_machines_are_told_by_what_they_accept(client: TestClient) -> None:
    told = client.get(f"/01/{TEA}?lang=ja", headers={"Accept": "application/ld+json"}).json()
    url = f"https://shop.example.jp/01/0{TEA}"
    assert (told["@type"], told["name"], told["gtin14"], told["@id"]) == ("Product", "緑茶", f"0{TEA}", url)
    assert (told["offers"]["price"], told["offers"]["priceCurrency"]) == ("151", "JPY")
    answer = client.get(f"/01/{TEA}", headers={"Accept": "application/linkset+json"})
    (one,) = answer.json()["linkset"]
    assert answer.headers["content-type"].startswith("application/linkset+json")
    assert one["anchor"] == url
    assert [link["hreflang"] for link in one["https://ref.gs1.org/voc/pip"]] == [["en"], ["ja"]]
    onigiri = client.get("/p/onigiri-salmon", headers={"Accept": "application/ld+json"}).json()
    assert "gtin14" not in onigiri, "a number that only this shop knows means something else elsewhere"
    assert onigiri["offers"]["priceValidUntil"].startswith("2100-01-01")


@pytest.mark.parametrize("path", ["/01/04901234567800", "/01/moon", "/p/moon", "/p/%3Cscript%3E", f"/01/{'9' * 400}"])
def test_what_is_not_sold_gets_a_page_that_helps(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "ask at the counter" in answer.text


def test_lots_are_read_like_the_other_files(tmp_path: Path) -> None:
    faults: list[Fault] = []
    text = LOTS + "moon,B,,,,,\ngreen-tea,,soon,,,,\ngreen-tea,A1,,,,,\n"
    assert len(read_lots(text, {"green-tea"}, faults)) == 2
    told = [str(fault) for fault in faults]
    for part in ("line 4: sku 'moon'", "line 5: lot ''", "line 5: best_before 'soon' is no day", "on line 2 already"):
        assert any(part in each for each in told), (part, told)
    folder = folder_in(tmp_path / "store")
    (folder / "lots.csv").write_text(text)
    checked = typed("check", "--store", folder, "--state", tmp_path / "state")
    assert checked.returncode == 2
    assert "lots.csv: line 4" in checked.stderr


def test_labels_want_to_know_where_the_shop_is_found(tmp_path: Path) -> None:
    folder, out = folder_in(tmp_path / "store"), tmp_path / "labels.html"
    refused = typed("labels", "--store", folder, "--out", out)
    assert refused.returncode != 0
    assert "--domain https://" in refused.stderr
    assert "no address" in typed("labels", "--store", folder, "--out", out, "--domain", "not a host").stderr
    assert not out.exists()
    assert "2 labels" in typed("labels", "--store", folder, "--out", out, "--domain", "shop.example.jp").stdout
    assert f'data-link="https://shop.example.jp/01/0{TEA}?s=g1-s1"' in out.read_text()


def test_who_is_inside_reads_when_they_held_it(tmp_path: Path) -> None:
    shop = Club(tmp_path)
    shop.open()
    shop.play(0.0, 12.0)
    ana, ben = Phone("corner"), Phone("corner")
    with Members(shop.state / MEMBERS) as members:
        for subject, each in (("ana", ana), ("ben", ben)):
            members.add(subject, each.public_key, "member", OPENS_S)
    screens = Screens(shop.store, Site(), shop.state, tmp_path / "store")
    with TestClient(app_of(screens), base_url="https://127.0.0.1:8322") as client:

        def held(each: Phone, sku: str) -> Any:
            query = f"sku={sku}&lang=en"
            headers = each.headers("GET", "/api/m/held", time.time(), b"", query)
            return client.get(f"/api/m/held?{query}", headers=headers).json()["held"]

        (once,) = held(ana, "onigiri-salmon")
        assert (once["quantity"], once["sure"], once["when"]) == (2, True, "7:13\u202fAM")
        assert held(ana, "green-tea") == held(ben, "onigiri-salmon") == []
        assert client.get("/api/m/held?sku=onigiri-salmon").status_code == 401
    shop.shop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious(page) == []


def test_on_a_phone_in_both_languages_from_the_label_to_the_list(browser: Browser, tmp_path: Path) -> None:
    shop = Club(tmp_path)
    shop.store = load_store(folder_in(tmp_path / "store", with_points()))
    shop.visit()
    shop.adjust(40)
    shop.shop.close()
    code = Enrolments(shop.state).invite("ana", "member", "aki", time.time())
    with Served(tmp_path / "store", shop.state) as served:
        url = served.url.replace("127.0.0.1", "localhost")
        typed(
            "labels", "--store", tmp_path / "store", "--out", tmp_path / "labels.html", "--domain", "http://a.localhost"
        )
        desk = browser.new_page(viewport={"width": 900, "height": 400}, device_scale_factor=2)
        desk.goto(f"file://{tmp_path / 'labels.html'}")
        desk.evaluate("document.querySelector('article').remove()")
        link = read_qr(desk)
        assert link == f"http://a.localhost/01/0{TEA}?s=g1-s1"
        context = phone(browser)
        page = context.new_page()
        page.goto(f"{url}/m/#join={code}")
        page.locator("#join button").click()
        expect(page.locator("#points-count")).to_have_text("43 points")
        fits(page)
        page.goto(link.replace("http://a.localhost", url))
        expect(page.locator("h1")).to_have_text("Green tea <600 ml> & lemon")
        fits(page)
        page.locator("#keep").click()
        expect(page.locator("#keep")).to_have_attribute("aria-pressed", "true")
        page.goto(f"{url}/p/onigiri-salmon?lang=ja")
        expect(page.locator("h1")).to_have_text("おにぎり 鮭")
        fits(page)
        page.goto(f"{url}/m/?lang=ja#bought")
        expect(page.locator("#bought-lines .name")).to_have_text("おにぎり 鮭")
        expect(page.locator("#marked-lines a")).to_have_attribute("href", f"/01/0{TEA}")
        page.locator("#bought-lines .star").click()
        expect(page.locator("#liked-lines .name")).to_have_text("おにぎり 鮭")
        fits(page)
        page.goto(f"{url}/m/#code")
        expect(page.locator("#points-count")).to_have_text("43ポイント")
        context.close()
