"""Codes that make a phone a member's, and the way back for a phone that lost its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members, UnusableMembers
from edge.web.shopper import enrol
from edge.web.shopper.enrol import AGAIN_S, LIFE_S, TRIES, TRIES_WITHIN_S, Enrolments, NotEnrolled, Tries
from tests.web.shopper.phones import Phone

T = 1_700_000_000.0


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    with Members(tmp_path / FILE) as register:
        yield register


@pytest.fixture
def enrolments(tmp_path: Path) -> Enrolments:
    return Enrolments(tmp_path)


def key() -> bytes:
    return Phone("demo").public_key


def why(do: Callable[[], object]) -> str:
    with pytest.raises(NotEnrolled) as refused:
        do()
    return refused.value.why


def test_a_code_enrols_one_phone_once(enrolments: Enrolments, members: Members) -> None:
    code, mine = enrolments.invite("ana", "member", "aki", T), key()
    assert why(lambda: enrolments.redeem(code, bytes(32), members, T)) == "bad-key"
    done = enrolments.redeem(code, mine, members, T + 1)
    assert (done.enrolment.subject, done.enrolment.key, done.enrolment.role) == ("ana", mine, "member")
    assert why(lambda: enrolments.redeem(code, key(), members, T + 2)) == "no-such-code"
    assert [e.key for e in members.everybody()] == [mine]


def test_a_code_dies_with_its_time_and_with_the_next_one(enrolments: Enrolments, members: Members) -> None:
    first = enrolments.invite("ana", "member", "aki", T)
    second = enrolments.invite("ana", "staff", "aki", T)
    assert why(lambda: enrolments.redeem(first, key(), members, T)) == "no-such-code"
    assert why(lambda: enrolments.redeem(second, key(), members, T + LIFE_S + 1)) == "no-such-code"
    assert enrolments.redeem(second, key(), members, T + LIFE_S).enrolment.role == "staff"
    for wrong in ("", "x", "0" * 10):
        assert why(lambda wrong=wrong: enrolments.redeem(wrong, key(), members, T)) == "no-such-code"  # type: ignore[misc]
    with pytest.raises(UnusableMembers, match="seven days"):
        enrolments.invite("ana", "member", "aki", T, life_s=1e9)


def test_who_was_revoked_since_comes_in_by_no_older_code(enrolments: Enrolments, members: Members) -> None:
    members.add("ana", key(), "member", T)
    code = enrolments.invite("ana", "member", "aki", T)
    members.revoke("ana", T + 1)
    assert why(lambda: enrolments.redeem(code, key(), members, T + 2)) == "no-such-code"
    code = enrolments.invite("ana", "member", "aki", T + 3)
    assert enrolments.redeem(code, key(), members, T + 4).enrolment.revoked_s is None


def test_nobody_takes_another_s_key(enrolments: Enrolments, members: Members) -> None:
    bens = key()
    members.add("ben", bens, "member", T)
    code = enrolments.invite("ana", "member", "aki", T)
    assert why(lambda: enrolments.redeem(code, bens, members, T)) == "key-taken"
    assert enrolments.redeem(code, key(), members, T).enrolment.subject == "ana", "the code is still good"


def test_a_phone_that_lost_its_key_comes_back_by_its_secret(enrolments: Enrolments, members: Members) -> None:
    first = enrolments.redeem(enrolments.invite("ana", "staff", "aki", T), key(), members, T)
    new = key()
    assert enrolments.knows(first.secret)
    back = enrolments.again(first.secret, new, members, T + 9e5)
    assert (back.enrolment.subject, back.enrolment.key, back.enrolment.role) == ("ana", new, "staff")
    assert not enrolments.knows(first.secret), "it is used up"
    said_again = enrolments.again(first.secret, new, members, T + 9e5 + AGAIN_S)
    assert said_again.enrolment.key == new, "the phone did not hear the answer"
    assert enrolments.again(back.secret, key(), members, T + 1e6).enrolment.subject == "ana"


def test_a_copied_secret_ends_the_way_back_for_both(enrolments: Enrolments, members: Members) -> None:
    first = enrolments.redeem(enrolments.invite("ana", "member", "aki", T), key(), members, T)
    thief = enrolments.again(first.secret, key(), members, T + 1)
    assert why(lambda: enrolments.again(first.secret, key(), members, T + 2)) == "no-way-back"
    assert why(lambda: enrolments.again(thief.secret, key(), members, T + 3)) == "no-way-back"


@pytest.mark.parametrize("what", ["revoked", "new key", "revoked secrets", "new code", "too old"])
def test_a_secret_ends_with_what_staff_do(enrolments: Enrolments, members: Members, what: str) -> None:
    secret = enrolments.redeem(enrolments.invite("ana", "member", "aki", T), key(), members, T).secret
    at_s = T + 10
    if what == "revoked":
        members.revoke("ana", T)
    elif what == "new key":
        members.add("ana", key(), "member", T)
    elif what == "revoked secrets":
        enrolments.revoke("ana")
    elif what == "new code":
        enrolments.redeem(enrolments.invite("ana", "member", "aki", T), key(), members, T)
    else:
        at_s = T + enrol.SECRET_LIFE_S + 1
    before = members.everybody()
    assert why(lambda: enrolments.again(secret, key(), members, at_s)) == "no-way-back"
    assert members.everybody() == before


def test_neither_codes_nor_secrets_stand_in_the_file(enrolments: Enrolments, members: Members, tmp_path: Path) -> None:
    code = enrolments.invite("ana", "member", "aki", T)
    secret = enrolments.redeem(code, key(), members, T).secret
    file = tmp_path / enrol.FILE
    assert code.encode() not in file.read_bytes()
    assert secret.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_who_guesses_waits() -> None:
    tries = Tries()
    for i in range(TRIES):
        tries.check("10.0.0.9", T + i)
        tries.failed("10.0.0.9", T + i)
    assert why(lambda: tries.check("10.0.0.9", T + TRIES)) == "too-many"
    tries.check("10.0.0.8", T + TRIES)
    tries.check("10.0.0.9", T + TRIES_WITHIN_S + 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [("0123A-BCDEF", "0123ABCDEF"), (" o123a bcdef ", "0123ABCDEF"), ("IL23A-BCDEF", "1123ABCDEF"),
     ("0123A-BCDE", ""), ("0123A-BCDEU", ""), ("0123ABCDEFG", ""), ("", ""), ("é" * 10, "")],
)  # fmt: skip
def test_codes_are_read_as_they_are_typed(text: str, code: str) -> None:
    assert enrol.typed(text) == code
    assert enrol.typed(enrol.shown("0123ABCDEF")) == "0123ABCDEF"
