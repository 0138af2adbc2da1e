"""What staff do at the console becomes what the shop records; one evening after the other on one corner shop."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from calibration.camera import told
from calibration.camera.bumped import CameraHealth
from calibration.health import show
from calibration.health.sources import from_recordings
from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.daemon.desk import ask
from edge.facts.checked import keep_checked
from edge.ledger import settlement_in
from edge.web.staff import FILE, FRESH_S, Staff
from simulator.rig import healthy, spoil
from tests.adapters.brokers import until
from tests.calibration.test_health_command import SHELF, record
from tests.corner import OPENS_S
from tests.daemon.test_reload import MARKDOWN
from tests.web.shops import PASSWORD, Browser, Clocked, Corner, hire, screens_of

VISIT, AGAIN = Corner.visit, "20231115-0002"
REFUND = f"/staff/visits/{VISIT}/refund"


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    """Ana was there twice: two onigiri each time."""
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        hire(found.state)
        with Members(found.state / MEMBERS) as members:
            members.add("ana", b"", "member", OPENS_S)
        found.errand()
        found.do(lambda running: running.again())
        yield found


@pytest.fixture
def mika(browser: Browser) -> Browser:
    browser.log_in("mika")
    return browser


def audit(corner: Corner, name: str) -> list[tuple[str, str, str]]:
    with Staff(corner.state / FILE) as staff:
        return [(n.what, n.visit, n.detail) for n in staff.audit(name=name)]


def taken_back(corner: Corner, visit: str = VISIT) -> dict[str, int]:
    found = corner.do(lambda running: settlement_in(running.shop.book, visit))
    assert found is not None
    return dict(found.corrected)


# --- visits ----------------------------------------------------------------------------------------------------------


def test_visits_are_found_by_what_is_known_of_them(mika: Browser, corner: Corner) -> None:
    def found(**asked: str) -> list[str]:
        page = mika.client.get("/staff/visits", params=asked).text
        _, _, listed = page.partition("<table")  # above it stands what was decided just now
        return re.findall(r'href="/staff/visits/(\d{8}-\d{4})"', listed)

    reference = str(corner.do(lambda r: [w.entry for w in r.shop.book.entries(kind="payment-approved")])[0]
                    .body["reference"])  # fmt: skip
    assert found() == [AGAIN, VISIT]
    assert found(text="ana") == [AGAIN, VISIT]
    assert found(text="onigiri", to="2023-11-15") == [AGAIN, VISIT]
    assert found(text=reference) == [VISIT]
    assert found(amount="¥356", text=VISIT) == [VISIT]
    assert found(amount="357") == []
    assert found(**{"from": "2023-11-16"}) == []
    assert found(to="2023-11-14") == []
    assert "Write days like" in mika.client.get("/staff/visits", params={"from": "yesterday"}).text
    assert "Write an amount like" in mika.client.get("/staff/visits", params={"amount": "1e999999"}).text
    assert ("searched visits", "", "ana") in audit(corner, "mika")


def test_a_visit_shows_its_receipt_and_what_happened(mika: Browser, corner: Corner) -> None:
    page = mika.get(f"/staff/visits/{VISIT}").text
    assert "¥356" in page
    assert "was charged" in page
    assert "the provider did it" in page
    assert ("looked at a visit", VISIT, "") in audit(corner, "mika")
    japanese = mika.get(f"/staff/visits/{VISIT}/receipt?in=ja")
    assert japanese.headers["content-type"] == "text/plain; charset=utf-8"
    assert "合計" in japanese.text
    assert "Total" in mika.get(f"/staff/visits/{VISIT}/receipt?in=en").text
    assert mika.get("/staff/visits/20231115-0099").status_code == 404


def test_whoever_opens_a_visit_is_shown_to_the_next(mika: Browser) -> None:
    claim = f"/staff/visits/{AGAIN}/claim"
    mika.get(f"/staff/visits/{AGAIN}")
    assert "is looking" not in mika.get(claim).text
    mika.log_in("sato")
    assert "mika is looking at this visit as well." in mika.get(claim).text


def test_a_line_is_taken_back_after_some_seconds_and_undone_before(
    mika: Browser, corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", 3.0)
    before = taken_back(corner)
    mika.post(REFUND, **{"units:onigiri-salmon": "1", "reason": "correction"})
    page = mika.get(f"/staff/visits/{VISIT}").text
    assert "sent in" in page
    number = re.search(r"/staff/pending/(\d+)/undo", page)
    assert number is not None
    mika.post(REFUND, **{"units:onigiri-salmon": "2", "reason": "correction"})
    assert "mika has decided about this visit just now" in mika.told()
    mika.post(f"/staff/pending/{number[1]}/undo")
    assert "taken back, nothing was done" in mika.get("/staff").text
    time.sleep(3.1)
    assert taken_back(corner) == before
    monkeypatch.setattr("edge.web.pending.UNDO_S", 0.0)
    mika.post(REFUND, **{"units:onigiri-salmon": "1", "reason": "return"})
    one_more = {"onigiri-salmon": before.get("onigiri-salmon", 0) + 1}
    until(lambda: taken_back(corner) == one_more, "the shop has taken one back")
    until(lambda: "· done" in " ".join(mika.get("/staff/pending").text.split()), "the page says so")
    page = mika.get(f"/staff/visits/{VISIT}").text
    assert "was taken back ¥178 <strong>mika</strong>" in " ".join(page.split())
    assert ("decided: Take back", VISIT, "return: 1 onigiri-salmon") in audit(corner, "mika")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"units:onigiri-salmon": "1"}, "Say why"),
        ({"units:onigiri-salmon": "1", "reason": "spite"}, "Say why"),
        ({"reason": "return"}, "Say how many of what"),
        ({"units:onigiri-salmon": "0", "reason": "return"}, "Say how many of what"),
        ({"units:onigiri-salmon": "-1", "reason": "return"}, "whole numbers from 0 to 1000"),
        ({"units:onigiri-salmon": "1001", "reason": "return"}, "whole numbers from 0 to 1000"),
        ({"units:onigiri-salmon": "１", "reason": "return"}, "whole numbers from 0 to 1000"),
    ],
)
def test_what_cannot_be_taken_back_is_told(mika: Browser, fields: dict[str, str], told: str) -> None:
    mika.post(REFUND, **fields)
    assert told in mika.told()


def test_what_the_shop_refuses_is_told(mika: Browser, corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", 0.0)
    before = taken_back(corner)
    mika.post(REFUND, **{"units:onigiri-salmon": "9", "reason": "return"})
    until(lambda: "the shop did not do it:" in mika.get("/staff/pending").text, "the page says so")
    assert taken_back(corner) == before


def test_money_moves_only_with_a_password_of_just_now(
    mika: Browser, screens: Clocked, corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", 0.0)
    before = taken_back(corner)
    fields = {"units:onigiri-salmon": "1", "reason": "correction"}
    screens.ahead_s += FRESH_S
    mika.post(REFUND, **fields)
    assert "Type your password for this" in mika.told()
    mika.post(REFUND, **fields, password="not this one, surely")
    assert "This is not your password" in mika.told()
    assert taken_back(corner) == before
    token = mika.client.cookies["staff"]
    mika.post(REFUND, **fields, password=PASSWORD)
    assert mika.client.cookies["staff"] != token, "a new token with each proof"
    one_more = {"onigiri-salmon": before.get("onigiri-salmon", 0) + 1}
    until(lambda: taken_back(corner) == one_more, "the shop has taken one back")


def test_what_a_shopper_says_is_answered(mika: Browser, corner: Corner) -> None:
    said = {"do": "contest", "visit": AGAIN, "subject": "ana", "about": "not-taken", "message": "I put <it> back",
            "lines": {"onigiri-salmon": 1}}  # fmt: skip
    ask(corner.state, said)
    assert f'href="/staff/visits/{AGAIN}#contests"' in mika.get("/staff/visits").text
    page = mika.get(f"/staff/visits/{AGAIN}").text
    assert "I put &lt;it&gt; back" in page
    contest = re.search(r'name="contest" value="([^"]+)"', page)
    assert contest is not None
    mika.post(f"/staff/visits/{AGAIN}/answer", contest=contest[1], message="")
    assert "1 to 500 characters" in mika.told()
    mika.post(f"/staff/visits/{AGAIN}/answer", contest=contest[1], message="You are right, and get it back.")
    assert "Answered" in mika.told()
    assert "You are right, and get it back." in mika.get(f"/staff/visits/{AGAIN}").text
    assert "#contests" not in mika.get("/staff/visits").text


# --- the shop --------------------------------------------------------------------------------------------------------


def test_the_floor_is_drawn_with_nobody_inside(mika: Browser) -> None:
    page = mika.get("/staff/now/floor", **{"x-part": "floor"}).text
    assert page.startswith("<svg")
    assert 'class="gondola"' in page
    assert 'class="person' not in page
    assert "Nobody is inside." in mika.get("/staff/now/inside", **{"x-part": "inside"}).text


@pytest.mark.parametrize("mode", ["restock", "closed", "open"])
def test_the_mode_is_set_under_ones_name(mika: Browser, corner: Corner, mode: str) -> None:
    for set_to in ("closed" if mode != "closed" else "restock", mode):
        mika.post("/staff/mode", mode=set_to)
        until(lambda set_to=set_to: ask(corner.state, {"do": "status"})["mode"] == set_to, "the shop has heard of it")  # type: ignore[misc]
    entry = corner.do(lambda running: running.shop.book.last("mode"))
    assert entry is not None
    assert entry.entry.body == {"mode": mode, "by": "mika"}
    assert (f"mode {mode}", "", "") in audit(corner, "mika")


def test_a_place_is_counted(mika: Browser, corner: Corner) -> None:
    place = ask(corner.state, {"do": "stock"})["places"][0]
    first, last = place["plates"]
    assert place["name"] in mika.get("/staff/shelves").text
    told = {"shelf": place["shelf"], "first": str(first), "last": str(last), "sku": place["sku"]}
    mika.post("/staff/shelves/count", **told, quantity="many")
    assert "whole numbers" in mika.told()
    mika.post("/staff/shelves/count", **{**told, "sku": "no such thing"}, quantity="7")
    assert "The shop did not do it." in mika.told()
    mika.post("/staff/shelves/count", **told, quantity="7")
    assert "Counted." in mika.told()
    until(lambda: ask(corner.state, {"do": "stock"})["places"][0]["quantity"] == 7, "it is counted")


def plain(page: str) -> str:
    """What is read of a page."""
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_prices_now_and_next_and_the_files_read_anew(mika: Browser, corner: Corner) -> None:
    assert "¥178" in mika.get("/staff/prices").text
    prices = corner.folder / "prices.csv"
    prices.write_text("sku,price,from,until,why\nonigiri-salmon,150,2023-11-16,,Evening\n", encoding="utf-8")
    page = " ".join(mika.get("/staff/prices").text.split())
    assert "What changes next" in page
    assert ": ¥150" in page
    assert "¥150</strong>" in mika.get("/staff/prices?at=2023-11-17T10:00").text
    prices.write_text(MARKDOWN.replace("150", "cheap"), encoding="utf-8")
    mika.post("/staff/prices/reload")
    assert "the files have faults" in mika.told()
    assert plain(mika.get("/staff/prices").text).count("prices.csv, line 2: price 'cheap' cannot be charged") == 1
    japanese = plain(mika.get("/staff/prices?lang=ja").text)
    assert "prices.csv, 2 行目: price の 'cheap' は請求できません" in japanese
    assert "までの整数を、通貨記号なしで書いてください" in japanese
    mika.get("/staff/prices?lang=en")
    prices.write_text(MARKDOWN, encoding="utf-8")
    store_toml = (corner.folder / "store.toml").read_text(encoding="utf-8")
    (corner.folder / "store.toml").write_text(store_toml.replace("JPY", "KRW"), encoding="utf-8")
    mika.post("/staff/prices/reload")
    assert "store.toml, store.currency: cannot change while the shop runs" in plain(mika.told())
    (corner.folder / "store.toml").write_text(store_toml, encoding="utf-8")
    mika.post("/staff/prices/reload")
    assert "From now on as in prices.csv" in mika.told()
    mika.post("/staff/prices/reload")
    assert "Nothing has changed since" in mika.told()


def test_members_are_invited_revoked_and_old_enough(mika: Browser, corner: Corner) -> None:
    page = mika.post("/staff/members/invite", subject="kenji", role="member").text
    assert re.search(r'class="code">[0-9A-Z]{5}-[0-9A-Z]{5}<', page)
    assert "<svg" in page
    assert "style=" not in page
    mika.post("/staff/members/invite", subject=" ", role="member")
    assert "member-17" in mika.told()
    mika.post("/staff/members/age", subject="ana", years="20", how="passport")
    assert "ana is 20 or older" in mika.told()
    mika.post("/staff/members/age", subject="ana", years="20", how="a look in the eyes")
    assert "what you looked at" in mika.told()
    mika.post("/staff/members/revoke", subject="nobody of this name")
    assert "Nothing was changed." in mika.told()
    mika.post("/staff/members/revoke", subject="ana")
    with Members(corner.state / MEMBERS) as members:
        (ana,) = members.everybody()
    assert ana.revoked_s is not None
    assert (ana.age, ana.age_how, ana.age_by) == (20, "passport", "mika")
    assert "may not come in" in mika.get("/staff/members?text=an").text
    assert {what for what, _, _ in audit(corner, "mika")} >= {
        "invited a member", "revoked a member", "proved an age", "looked at members",
    }  # fmt: skip


def test_health_names_what_is_late_and_what_is_not(mika: Browser) -> None:
    page = mika.get("/staff/health").text
    assert "g1-s1" in page
    assert "Running for" in page


def test_health_shows_what_the_last_check_has_found(mika: Browser, corner: Corner, tmp_path: Path) -> None:
    """As `tebura calibrate check` tells it of a shelf with a hum, and of a camera that was bumped."""
    assert "Nobody has checked the shelves and cameras yet." in mika.get("/staff/health").text
    hardware, (plate,) = spoil(healthy(SHELF.plates, 2), "hum", 2)
    ear = from_recordings([record(tmp_path / "hum.mcap", hardware, 60.0)], None, [SHELF.id])
    (shelf,) = (show.facts(s) for s in ear.verdict() if s.shelf == SHELF.id)
    bumped = CameraHealth("cam", heads=100, hands=0, shift_cm=12.0, error_cm=1.0, learned=True, bumped=True)
    keep_checked(corner.state, OPENS_S, [shelf], [told.facts(bumped)])
    page = unescape(mika.get("/staff/health").text)
    (fault,) = shelf["faults"]
    assert fault["plates"] == [plate]
    assert fault["means"] in page
    assert fault["remedy"] in page
    assert "what it sees is 12.0 ± 1.0 cm off since it was learned" in page
    japanese = unescape(mika.get("/staff/health?lang=ja").text)
    assert "機械か電源に合わせて値が揺れています" in japanese
    assert "ゴンドラの足にゴムを敷いてください" in japanese
    assert "見えている位置が、覚えた時から 12.0 ± 1.0 cm ずれています" in japanese
    keep_checked(corner.state, OPENS_S, [shelf | {"well": True, "faults": []}], [])
    assert "All shelves and cameras were well." in mika.get("/staff/health?lang=en").text


def test_owners_keep_the_staff(browser: Browser, corner: Corner) -> None:
    browser.log_in("oda")
    browser.post("/staff/people/add", name="rin", first="short", role="staff")
    assert "guessed too easily" in browser.told()
    browser.post("/staff/people/add", name="sato", first=PASSWORD, role="staff")
    assert "called so already" in browser.told()
    browser.post("/staff/people/add", name="rin", first=PASSWORD, role="boss")
    assert "somebody has a role at least" in browser.told()
    browser.post("/staff/people/add", name="rin", first=PASSWORD, role="staff")
    assert "rin may log in now" in browser.told()
    browser.log_in("rin")
    assert browser.get("/staff").headers["location"] == "/staff/me"
    assert "Somebody else has chosen your password" in browser.told()
    assert browser.post("/staff/mode", mode="closed").headers["location"] == "/staff/me"
    mine = "four words of my own"
    browser.post("/staff/me/password", password=PASSWORD, new=mine, again=mine)
    assert browser.get("/staff").status_code == 200
    browser.log_in("oda")
    browser.post("/staff/people/rin", do="roles", role="manager")
    browser.post("/staff/people/oda", do="revoke")
    assert "Make somebody else owner first" in browser.told()
    browser.post("/staff/people/rin", do="revoke")
    browser.post("/staff/people/nobody", do="revoke")
    with Staff(corner.state / FILE) as staff:
        (rin,) = [p for p in staff.everybody() if p.name == "rin"]
    assert rin.roles == ("manager",)
    assert rin.revoked_s is not None
    page = browser.get("/staff/people/audit?name=oda").text
    assert "added to the staff" in page
    assert "changed roles" in page


def test_a_shop_that_is_down_says_so_and_shows_what_it_last_knew(tmp_path: Path) -> None:
    with Corner(tmp_path) as corner:
        hire(corner.state)
        corner.errand()
        screens = screens_of(corner)
    with Browser(screens) as browser:
        browser.log_in("mika")
        assert "The shop is not running" in browser.get("/staff").text
        assert "The shop is not running" in browser.get("/staff/shelves").text
        assert "The shop is not running" in browser.get("/staff/health").text
        assert "¥356" in browser.get(f"/staff/visits/{VISIT}").text, "the book is readable"
        answer = browser.post("/staff/mode", mode="closed")
        assert answer.status_code == 503
        assert "The shop is not running" in answer.text
