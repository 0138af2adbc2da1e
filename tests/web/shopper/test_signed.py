"""Whose request it is, or why nobody is believed to have made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members
from edge.web.shopper.signed import MOST_REMEMBERED, Asked, Signatures, Unsigned, is_by, parts_of
from tests.gate.vectors import vectors
from tests.web.shopper.phones import Phone

T = 1_700_000_000.0
PATH = "/api/m/receipts/20260512-0001"


class Door:
    """Ana and Ben are members; it is ``T``, and the process runs since an hour."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_s = folder, T - 3600.0
        self.ana, self.ben = Phone("demo"), Phone("demo")
        self.enrol("ana", self.ana)
        self.enrol("ben", self.ben)
        self.signatures = self.opened()
        self.now_s = T

    def opened(self) -> Signatures:
        return Signatures("demo", self.members, lambda: self.now_s)

    def enrol(self, subject: str, phone: Phone) -> None:
        with self.members() as members:
            members.add(subject, phone.public_key, "member", self.now_s)

    @contextmanager
    def members(self) -> Iterator[Members]:
        with Members(self.folder / FILE) as members:
            yield members

    def who(
        self, headers: dict[str, str], method: str = "GET", path: str = PATH, query: str = "", body: bytes = b""
    ) -> str:
        """The member, or why it is nobody."""
        try:
            return self.signatures.who(Asked(method, path, query, headers, body)).subject
        except Unsigned as error:
            return error.why


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_a_signed_request_is_its_member_s(door: Door) -> None:
    assert door.who(door.ana.headers("GET", PATH, T)) == "ana"
    assert door.who(door.ben.headers("GET", PATH, T)) == "ben"
    body = b'{"about": "missing"}'
    assert door.who(door.ana.headers("POST", PATH, T, body, "lang=ja"), "POST", PATH, "lang=ja", body) == "ana"


def test_what_was_signed_is_what_counts(door: Door) -> None:
    body = b"{}"
    signed = door.ana.headers("POST", PATH, T, body, "a=1")
    assert door.who(signed, "PUT", PATH, "a=1", body) == "forged"
    assert door.who(signed, "POST", PATH.replace("1", "2"), "a=1", body) == "forged"
    assert door.who(signed, "POST", PATH, "a=2", body) == "forged"
    assert door.who(signed, "POST", PATH, "a=1", b"{} ") == "forged"
    bens = signed | {"signature": door.ben.headers("GET", PATH, T)["signature"]}
    assert door.who(bens, "POST", PATH, "a=1", body) == "forged"
    assert door.who(door.ana.headers("GET", PATH, T, shop="other")) == "forged"
    assert door.who(signed, "POST", PATH, "a=1", body) == "ana", "what was refused used nothing up"


@pytest.mark.parametrize("name", ["signature", "signature-input", "content-digest"])
@pytest.mark.parametrize("value", ["", "sig=", "sig=:AAAA:", "sig=();created=1", "é", "sha-256=:!:"])
def test_what_is_not_of_this_form_is_unsigned(door: Door, name: str, value: str) -> None:
    assert door.who(door.ana.headers("GET", PATH, T) | {name: value}) == "unsigned"
    assert door.who({}) == "unsigned"


@pytest.mark.parametrize(("off_s", "who"), [(-61, "stale"), (-59, "ana"), (59, "ana"), (61, "stale")])
def test_a_signature_is_good_for_a_minute(door: Door, off_s: float, who: str) -> None:
    assert door.who(door.ana.headers("GET", PATH, T + off_s)) == who


def test_the_same_request_counts_once_for_as_long_as_it_is_good(door: Door) -> None:
    ahead = door.ana.headers("GET", PATH, T + 59)
    assert [door.who(ahead) for _ in range(3)] == ["ana", "replayed", "replayed"]
    door.now_s = T + 118
    assert door.who(ahead) == "replayed"
    door.now_s = T + 121
    assert door.who(ahead) == "stale"
    nonce = "n" * 16
    assert door.who(door.ana.headers("GET", PATH, door.now_s, nonce=nonce)) == "ana"
    assert door.who(door.ana.headers("GET", PATH + "x", door.now_s, nonce=nonce), path=PATH + "x") == "replayed"
    assert door.who(door.ben.headers("GET", PATH, door.now_s, nonce=nonce)) == "ben", "each key has nonces of its own"


def test_what_was_heard_before_a_restart_is_not_heard_again(door: Door) -> None:
    signed = door.ana.headers("GET", PATH, T)
    assert door.who(signed) == "ana"
    door.now_s = T + 5
    door.signatures = door.opened()
    assert door.who(signed) == "stale"
    assert door.who(door.ana.headers("GET", PATH, T + 5)) == "ana"


def test_a_key_that_asks_without_end_is_stopped_and_others_are_not(door: Door) -> None:
    said = [door.who(door.ana.headers("GET", PATH, T)) for _ in range(MOST_REMEMBERED + 1)]
    assert said[-2:] == ["ana", "too-many"]
    assert door.who(door.ben.headers("GET", PATH, T)) == "ben"
    door.now_s = T + 62
    assert door.who(door.ana.headers("GET", PATH, door.now_s)) == "ana"


def test_the_example_on_the_page_is_good() -> None:
    """What whoever writes an app compares with."""
    page = Path("docs/shopper.md").read_text(encoding="utf-8")
    (request,) = re.findall(r"```\n(GET .*?)\n```", page, re.DOTALL)
    (lines,) = re.findall(r'```\n("@method".*?)\n```', page, re.DOTALL)
    first, *rest = request.splitlines()
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    parts = parts_of(Asked(method, path, query, headers, b""), "demo")
    assert parts.message.decode() == lines
    assert is_by(parts, bytes.fromhex(str(vectors()[0]["public_key"])))


def test_the_register_counts_as_it_stands_now(door: Door) -> None:
    eve = Phone("demo")
    assert door.who(eve.headers("GET", PATH, T)) == "unknown"
    door.enrol("eve", eve)
    assert door.who(eve.headers("GET", PATH, T)) == "eve"
    with door.members() as members:
        members.revoke("eve", T)
    assert door.who(eve.headers("GET", PATH, T)) == "revoked"
    new = Phone("demo")
    door.enrol("ana", new)
    assert (door.who(new.headers("GET", PATH, T)), door.who(door.ana.headers("GET", PATH, T))) == ("ana", "unknown")
