"""A member asks to be forgotten: who may be, what goes, what stays, and that nothing brings them back."""

from __future__ import annotations

import base64
import gzip
import shutil
import sqlite3
import time
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members, UnusableMembers
from edge.daemon.desk import Desk
from edge.daemon.shop import RECORDINGS
from edge.journal.housekeeping import tidy
from edge.told import told
from edge.web.staff import FILE as STAFF
from edge.web.staff import Staff
from simulator.commands import DEMO
from tests.corner import OPENS_S
from tests.daemon.test_reviews import VISIT
from tests.members.shops import KEY, Club
from tests.members.traces import traces
from tests.typed import typed
from tests.web.shops import Browser, Corner, hire, screens_of

COUPON = """
[[promotion]]
id = "tea-50"
name = "お茶50円引き"
skus = ["green-tea"]
off = 50
coupon = true
"""


@pytest.fixture
def club(tmp_path: Path) -> Club:
    return Club(tmp_path, more=COUPON)


def deleted(club: Club, by: str = "sato") -> dict[str, object]:
    answer: dict[str, object] = club.order(do="delete-member", subject="ana", by=by)
    return answer


def test_what_a_member_has_ends_with_them_and_the_book_balances(club: Club) -> None:
    club.visit()
    club.adjust(100)
    club.order(do="coupon", what="issue", promotion="tea-50", subjects=["ana"], until="", reason="welcome", by="sato")
    assert club.points() > 100
    assert "error" not in deleted(club)
    assert club.points() == 0
    assert club.driver_coupons() == []
    assert club.shop.members.everybody() == []
    assert [w.entry.body for w in club.shop.book.entries(kind="member-deleted")] == [{"subject": "ana", "by": "sato"}]
    assert "ana" not in club.shop.driver.state.gate.members
    assert "no member" in str(deleted(club)["error"])
    club.shop.close()


@pytest.mark.parametrize(
    ("conducts", "told"), [({"ana": "decline"}, "owes the shop"), ({"ana": "silent"}, "is not over")]
)
def test_nobody_is_deleted_whose_money_is_open(tmp_path: Path, conducts: dict[str, str], told: str) -> None:
    club = Club(tmp_path)
    club.open(conducts)
    club.play(0.0, 9.0)
    assert "is in the shop" in str(deleted(club)["error"])
    club.play(9.0, 18.0)
    club.settle()
    assert told in str(deleted(club)["error"])
    assert club.shop.members.everybody()
    assert not list(club.shop.book.entries(kind="member-deleted"))
    club.shop.close()


def test_a_debt_that_is_written_off_keeps_nobody(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.open({"ana": "decline"})
    club.play(0.0, 18.0)
    club.settle()
    assert "error" not in club.decide("waive")
    assert "error" not in deleted(club)
    club.shop.close()


def test_a_visit_that_waits_for_a_person_keeps_them(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.leave()
    assert "waits for a person" in str(deleted(club)["error"])
    club.shop.close()


@pytest.mark.parametrize("lost", ["checkpoints", "register put back", "both"])
def test_nothing_older_brings_them_back(tmp_path: Path, lost: str) -> None:
    club = Club(tmp_path)
    club.visit()
    with Members(club.state / FILE) as members:
        members.wipe()
    older = (club.state / FILE).read_bytes()
    assert "error" not in deleted(club)
    club.shop.close()
    if lost != "register put back":
        for checkpoint in (club.state / RECORDINGS).glob("checkpoint*"):
            checkpoint.unlink()
    if lost != "checkpoints":
        for beside in ("", "-wal", "-shm"):
            (club.state / f"{FILE}{beside}").unlink(missing_ok=True)
        (club.state / FILE).write_bytes(older)
    club.open()
    state = club.shop.driver.state
    assert club.shop.members.everybody() == []
    assert "ana" not in state.gate.members
    assert KEY not in {key.public_key for key in state.gate.keys.values()}
    assert "ana" not in state.points
    with pytest.raises(UnusableMembers, match="was deleted"):
        club.shop.members.add("ana", KEY, "member", OPENS_S)
    club.shop.close()


def test_a_kill_right_behind_the_record_brings_nobody_back(tmp_path: Path) -> None:
    """The recording has heard it, the book and the register have not: with the next start all of them have."""
    club = Club(tmp_path)
    club.visit()
    with Members(club.state / FILE) as members:
        members.call("ana", "Hanako Fujimori")
    club.shop.close()
    shutil.copytree(club.state, tmp_path / "before")
    club.open()
    assert "error" not in deleted(club)
    club.shop.close()
    for path in club.state.rglob("*"):
        if path.is_file() and path.suffix != ".mcap":
            path.unlink()
    shutil.copytree(tmp_path / "before", club.state, dirs_exist_ok=True)
    club.open()
    assert [w.entry.body["subject"] for w in club.shop.book.entries(kind="member-deleted")] == ["ana"]
    assert club.shop.members.everybody() == []
    assert club.points() == 0
    club.shop.close()
    assert traces([club.state], {"name": [b"Fujimori"]}) == {}
    assert all(path.endswith(".mcap") for path in traces([club.state], {"key": [KEY]}).get("key", ()))


def test_a_shop_that_dies_before_it_answers_leaves_no_name_in_the_audit(tmp_path: Path) -> None:
    """With the next start the register has lost it, and nobody could tell any more what to look for."""
    with Members(tmp_path / FILE) as members:
        members.add("ana", KEY, "member", OPENS_S)
        members.call("ana", "Hanako Fujimori")
    with Staff(tmp_path / STAFF) as staff:
        staff.note(OPENS_S, "sato", "", told("searched visits"), detail="hanako fujimori")

    def dies(_: dict[str, object]) -> dict[str, object]:
        raise ConnectionError

    desk = Desk(tmp_path, dies)
    desk.open()
    try:
        done = typed("member", "delete", "ana", "--yes", "--state", tmp_path, "--store", DEMO)
    finally:
        desk.close()
    assert (done.returncode, "look there before you ask again" in done.stderr) == (2, True), done.stderr
    with Staff(tmp_path / STAFF) as staff:
        assert [line.detail for line in staff.audit()] == ["…"]


def test_goods_that_are_taken_back_later_give_nobody_points(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.visit()
    assert "error" not in deleted(club)
    assert "error" not in club.order(
        do="decide", visit=VISIT, verdict="refund", by="sato", lines={"onigiri-salmon": 2}, reason="return"
    )
    club.settle()
    assert club.points() == 0
    assert club.shop.book.prove() == []
    club.shop.close()


def test_recordings_that_are_too_old_take_the_last_of_them_along(tmp_path: Path) -> None:
    """Until then they hold the number and the phone's public key, as docs/members.md says."""
    club = Club(tmp_path)
    club.visit()
    assert "error" not in deleted(club)
    club.work()
    club.shop.forget([])  # a checkpoint that needs nothing of what was recorded before
    needles = {"key": [KEY, base64.b64encode(KEY).rstrip(b"=")]}
    assert traces([club.state], needles)["key"]
    assert all(path.endswith(".mcap") for path in traces([club.state], needles)["key"])
    shop, days = club.shop, club.shop.site.recorder.review_days
    tidy(shop.recorder, shop.book, shop.driver.state, shop.site.recorder, time.time() + (days + 1) * 86400.0)
    assert traces([club.state], needles) == {}
    club.shop.close()


def test_the_console_asks_once_more_and_says_what_stays(tmp_path: Path) -> None:
    with Corner(tmp_path) as corner:
        hire(corner.state)
        with Members(corner.state / FILE) as members:
            members.add("ana", KEY, "member", OPENS_S)
            members.call("ana", "Ana Sato")
        with Browser(screens_of(corner)) as browser:
            browser.log_in("sato")
            assert browser.get("/staff/members/delete?who=ana").status_code == 403
            browser.log_in("mika")
            assert "Ana Sato" in browser.get("/staff/members?text=sato").text
            asked = browser.get("/staff/members/delete?who=ana").text
            assert all(part in asked for part in ("Ana Sato", "What stays, and why", "90 days"))
            browser.post("/staff/members/delete", subject="ana")
            assert "sure" in browser.told("/staff/members/delete?who=ana")
            browser.post("/staff/members/delete", subject="bo", sure="yes")
            assert "no member of this shop" in browser.told()
            browser.post("/staff/members/delete", subject="ana", sure="yes")
            assert "forgotten" in browser.told()
            assert "Ana Sato" not in browser.get("/staff/members").text
            browser.post("/staff/members/invite", subject="ana", role="member")
            assert "was deleted" in browser.told(), "nobody gets a code with which no phone could ever join"
        with Staff(corner.state / STAFF) as staff:
            noted = [(line.name, str(line.what), line.detail) for line in staff.audit()]
            assert ("mika", "deleted a member", "ana") in noted
            assert all("ana sato" not in detail.lower() for _, _, detail in noted)
        where = ("--store", corner.folder, "--state", corner.state)
        assert "no member" in typed("member", "delete", "ana", "--yes", *where).stderr
        invited = typed("member", "invite", "ana", *where, "--address", "https://shop.example.com")
        assert (invited.returncode, "was deleted" in invited.stderr) == (2, True)
        with Members(corner.state / FILE) as members:
            members.add("ben", b"", "member", OPENS_S)
        assert "docs/members.md" in typed("member", "delete", "ben", "--yes", *where).stdout
        with Members(corner.state / FILE) as members:
            assert members.everybody() == []


def test_what_somebody_looks_for_them_in_is_read_to_its_last_byte(tmp_path: Path) -> None:
    """Compressed, in a value of a table, and on a page that is free: a file that is new is found out."""
    needles = {"name": [b"Fujimori"]}
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"of Hanako FUJIMORI"))
    for name, secure in (("b.db", False), ("c.db", True)):
        with closing(sqlite3.connect(tmp_path / name, isolation_level=None)) as db:
            db.execute(f"PRAGMA secure_delete = {secure}")
            db.execute("CREATE TABLE t (v)")
            db.execute("INSERT INTO t VALUES ('Fujimori')")
            db.execute("DELETE FROM t")
    with closing(sqlite3.connect(tmp_path / "d.db", isolation_level=None)) as db:
        db.execute("CREATE TABLE t (v)")
        db.execute("INSERT INTO t VALUES (?)", [zlib.compress(b"Fujimori " * 9)])
    assert traces([tmp_path], needles) == {"name": {"a.gz", "b.db", "d.db"}}
