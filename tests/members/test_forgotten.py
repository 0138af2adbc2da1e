"""Somebody does everything that a member can, is deleted, and then every file of the shop is read for them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.daemon.desk import ask
from edge.gate import issue
from edge.insight.feed import FILE as FEED
from edge.insight.feed import Feed
from edge.web.shopper.enrol import Enrolments
from edge.web.staff import FILE as STAFF
from edge.web.staff import Staff
from tests.adapters.brokers import until
from tests.insight.test_feed import Receiver, receiving
from tests.members.shops import with_points
from tests.members.test_deleted import COUPON
from tests.members.traces import traces
from tests.typed import typed
from tests.web.served import Served
from tests.web.shopper.phones import Phone, b64
from tests.web.shopper.walks import ONIGIRI_G, Walk
from tests.web.shops import PASSWORD

WHO, NAME = "m-7731-kestrel", "Hanako Fujimori"
WALLET, PROOF = "cus_77kestrel", "licence no 55-1234"
OPINION = "as good as that of my grandmother in Aomori"
COMPLAINT, ANSWERED = "the bottle leaked on my blue satchel", "we are sorry about your satchel"

BOOK = {"ledger.db", "ledger.db-wal", "ledger.jsonl"}
CHECKPOINTS = {f"recordings/checkpoint{which}" for which in ("", ".before", ".new")}
RECORDED = {"number", "key", "key id", "proof"}
"""What recordings hold until they are too old."""
STAYS = {
    "number": BOOK | CHECKPOINTS | {"payments.jsonl", "staff.db", "staff.db-wal", "insight.db", "insight.db-wal"},
    "key": set[str](),
    "key id": BOOK,
}
"""What may be found, and where, as docs/members.md says (*To be forgotten*); beside recordings, until they are too old.
Whatever else stands anywhere, or in a file that nobody has thought of, is a fault.
"""


def left(folders: list[Path], needles: dict[str, list[bytes]]) -> dict[str, set[str]]:
    """What stands where it must not."""
    found = traces(folders, needles)
    wrong = {
        what: {path for path in files - STAYS.get(what, set()) if what not in RECORDED or not path.endswith(".mcap")}
        for what, files in found.items()
    }
    return {what: files for what, files in wrong.items() if files}


def taken(state: Path, order: dict[str, Any]) -> bool:
    """Whether the shop did it."""
    try:
        return bool(ask(state, order))
    except ValueError:
        return False


class Everything:
    """A shop with its screens, a member who has a phone, and somebody of the staff with a browser."""

    def __init__(self, walk: Walk, served: Served, hook: Receiver) -> None:
        self.walk, self.url, self.hook = walk, served.url, hook
        self.phone, self.desk = Phone(walk.id), requests.Session()
        self.cookie = self.code = ""
        self.needles: dict[str, list[bytes]] = {}

    def said(self, method: str, path: str, **body: object) -> requests.Response:
        """What the phone is answered."""
        data = json.dumps(body).encode() if body else b""
        signed = self.phone.headers(method, path, time.time(), data)
        return requests.request(method, self.url + path, data=data, headers=signed, timeout=20)

    def typed_at_the_desk(self, path: str, **fields: str) -> requests.Response:
        """As a form of the console."""
        page = self.desk.get(f"{self.url}/staff/me", timeout=20).text
        mark = page.partition('name="csrf" value="')[2].partition('"')[0]
        return self.desk.post(self.url + path, data={"csrf": mark, **fields}, timeout=20)

    def joins(self) -> None:
        state = self.walk.state
        self.code = Enrolments(state).invite(WHO, "member", "oda", time.time())
        answer = self.said("POST", "/api/m/enrol", code=self.code, key=b64(self.phone.public_key))
        assert answer.status_code == 201, answer.text
        self.cookie = answer.cookies.get("tebura-again") or answer.headers["set-cookie"].split("=", 1)[1].split(";")[0]
        where = ("--state", state)
        assert typed("member", "name", WHO, NAME, *where).returncode == 0
        assert typed("member", "wallet", WHO, WALLET, *where).returncode == 0
        with Members(state / MEMBERS) as members:
            members.prove_age(WHO, 20, PROOF, "oda", time.time())
        self.desk.post(f"{self.url}/staff/login", data={"name": "oda", "password": PASSWORD}, timeout=20)
        for text in (NAME, "Fujimori", WHO):
            assert NAME in self.desk.get(f"{self.url}/staff/members", params={"text": text}, timeout=20).text
        assert self.said("POST", "/api/m/consent", purpose="insight", given=True).json()["purposes"][0]["given"]

    def shops(self) -> None:
        walk, state = self.walk, self.walk.state
        orders: list[dict[str, Any]] = [
            {"do": "points", "subject": WHO, "points": "200", "by": "oda", "reason": "welcome"},
            {"do": "coupon", "what": "issue", "promotion": "tea-50", "subjects": [WHO], "until": "", "by": "oda",
             "reason": "welcome"},
        ]  # fmt: skip
        for order in orders:
            until(partial(taken, state, order), "the shop has heard of them, and does it", 10.0)
        private = self.phone.key.private_bytes_raw()
        walk.scan(issue(private, walk.id, int(time.time()), secrets.token_bytes(4), 1))
        until(lambda: bool(walk.entries("visit")), "the gate takes it", 5.0)
        visit = walk.entries("visit")[-1].visit
        walk.come_in()
        walk.take(1, 2 * ONIGIRI_G)
        until(lambda: bool(self.said("GET", "/api/m/me").json()["visit"]["lines"]), "the phone shows it", 10.0)
        said = self.said("POST", f"/api/m/visits/{visit}/contests", about="other", message=COMPLAINT)
        assert said.status_code == 201, said.text
        kept = self.said("POST", "/api/m/delete", subject=WHO)
        assert (kept.status_code, kept.json()["error"]) == (409, "refused")
        assert "in the shop" in kept.json()["text"]
        walk.leave()
        receipt = f"/api/m/receipts/{visit}"
        until(lambda: self.said("GET", receipt).json().get("state") == "paid", "it is settled and paid", 20.0)
        (contest,) = walk.entries("contested")
        self.typed_at_the_desk(f"/staff/visits/{visit}/answer", contest=contest.key, message=ANSWERED)
        until(lambda: bool(walk.entries("contest-answered")), "staff answer", 5.0)
        told = self.said("GET", receipt).json()["contests"]
        assert (told[0]["message"], told[0]["answers"][0]["message"]) == (COMPLAINT, ANSWERED)
        mine = self.said("POST", "/api/m/opinion", sku="onigiri-salmon", stars=5, text=OPINION)
        assert mine.json()["stars"] == 5, mine.text
        self.typed_at_the_desk("/staff/opinions", step="shown", sku="onigiri-salmon", subject=WHO)
        assert OPINION in requests.get(f"{self.url}/p/onigiri-salmon", timeout=20).text
        until(lambda: WHO in self.told_elsewhere(), "receivers are told of them by name", 15.0)

    def told_elsewhere(self) -> str:
        return " ".join(body.decode() for _, body in self.hook.heard)

    def look_for_them(self) -> dict[str, list[bytes]]:
        """Everything by which somebody could be known again."""
        key, identity = self.phone.public_key, hashlib.sha256(self.phone.public_key).digest()[:8]
        with Members(self.walk.state / MEMBERS) as members:
            secret = members.secret(WHO)
        assert secret
        return {
            "number": [WHO.encode()],
            "name": [NAME.encode(), b"Fujimori", b"Hanako"],
            "wallet": [WALLET.encode()],
            "proof": [PROOF.encode()],
            "opinion": [OPINION.encode(), b"grandmother"],
            "complaint": [COMPLAINT.encode(), b"satchel"],
            "key": [key, base64.b64encode(key).rstrip(b"="), base64.urlsafe_b64encode(key).rstrip(b"=")],
            "key id": [identity, identity.hex().encode()],
            "cookie": [self.cookie.encode(), hashlib.sha256(self.cookie.encode()).digest()],
            "code": [self.code.encode(), hashlib.sha256(self.code.encode()).digest()],
            "secret": [secret],
        }


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    folder = tmp_path_factory.mktemp("corner")
    walk = Walk(folder)
    (walk.store / "store.toml").write_text(with_points(more=COUPON), encoding="utf-8")
    with walk, receiving(200) as hook:
        with Staff(walk.state / STAFF) as staff:
            staff.add("oda", PASSWORD, ["owner"], time.time())
        with Feed(walk.state / FEED) as feed:
            feed.add_receiver("warehouse", hook.url, time.time())
            feed.add_receiver("hangs", "http://127.0.0.1:9/", time.time())
        with Served(walk.store, walk.state) as served:
            yield Everything(walk, served, hook)


def test_nothing_is_left_of_a_member_who_is_deleted_but_what_the_docs_name(everything: Everything) -> None:
    walk, state = everything.walk, everything.walk.state
    everything.joins()
    everything.shops()
    needles = everything.look_for_them()
    folders = [state, walk.store]
    before = traces(folders, needles)
    assert {"number", "name", "wallet", "proof", "key", "key id", "code", "secret"} <= set(before), "they can be found"

    gone = everything.said("POST", "/api/m/delete", subject=WHO)
    assert gone.json() == {"deleted": True}
    assert everything.said("GET", "/api/m/me").json()["error"] == "unknown"
    end_s = time.monotonic() + 15.0  # what happened in the shop is some seconds behind it
    while (still := left(folders, needles)) and time.monotonic() < end_s:
        time.sleep(0.2)
    assert still == {}
    until(lambda: "insight.v1.forgotten" in everything.told_elsewhere(), "receivers are told to forget", 15.0)
    told = [event for _, body in everything.hook.heard for event in json.loads(body)]
    assert [e["data"]["member"] for e in told if e["type"] == "tebura.insight.v1.forgotten"] == [WHO]
    assert OPINION not in requests.get(f"{everything.url}/p/onigiri-salmon", timeout=20).text
    assert NAME not in everything.desk.get(f"{everything.url}/staff/members", timeout=20).text
    assert "was deleted" in typed("member", "add", WHO, "--no-key", "--state", state).stderr
